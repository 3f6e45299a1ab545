//! The one test binary.

mod formats;
mod picture;
mod tidy;
mod widgets;
