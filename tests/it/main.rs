//! The one test binary.

mod formats;
mod tidy;

mod picture;
mod widgets;
