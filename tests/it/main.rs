//! The one test binary.

mod tidy;

mod picture;
mod widgets;
