//! Answers over an in-memory event table: no I/O, no clock, no randomness.

pub mod identity;
