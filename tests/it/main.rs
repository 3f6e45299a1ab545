//! The one test binary.

mod random;
mod sql;
mod suite;
