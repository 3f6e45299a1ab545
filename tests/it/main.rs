//! The one test binary.

mod formats;
mod import;
mod picture;
mod store;
mod tidy;
mod widgets;
