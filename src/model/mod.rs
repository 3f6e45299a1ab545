//! The vocabulary: plain data and pure functions. No input or output, no clock, no randomness.

pub mod value;

pub mod time;

pub mod event;

pub mod place;

pub mod plan;

pub mod lint;

pub mod violation;

pub mod board;

pub mod predicate;

pub mod query;

pub mod funnel;

pub mod retention;

pub mod flow;

pub mod trend;

pub mod text;

pub mod sentence;

pub mod item;

pub mod workspace;

pub mod edit;

pub mod operations;

pub mod privacy;
