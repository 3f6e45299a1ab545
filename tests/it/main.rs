//! The one test binary.

mod picture;
mod widgets;
