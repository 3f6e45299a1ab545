//! The one test binary.

mod formats;
mod picture;
mod store;
mod tidy;
mod widgets;
