//! The one test binary.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod random;
mod sql;
mod suite;
