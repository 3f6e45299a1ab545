//! The one test binary.

mod formats;
mod import;
mod store;
