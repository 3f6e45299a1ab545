//! Slow things, one file each, composed of the layers below.

pub mod lane;

pub mod import;
