//! The one test binary.

mod sql;
mod suite;
