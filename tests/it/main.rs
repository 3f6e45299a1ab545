//! The one test binary.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed test says where")]

mod cli;
mod formats;
mod formats_tabular;
mod import;
mod masking;
mod other_values;
mod parts;
mod picture;
mod plan;
mod random;
mod random_flow;
mod replay;
mod retention;
mod sample;
mod saving;
mod sql;
mod store;
mod suite;
mod tidy;
mod views_events;
mod views_explore;
mod views_flow;
mod views_retention;
mod views_shell;
mod widgets;
mod window;
mod wizard;
