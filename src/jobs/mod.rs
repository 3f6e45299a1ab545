//! Slow things, one file each, composed of the layers below.

pub mod generate;
pub mod sample;
