//! The one test binary.

mod sample;
