//! Stormline: from Event Storming to audience segment in one private, offline file.
//!
//! Layers, each of which may use only those before it (kept by `tests/it/tidy.rs`):
//! `base → model → engine | sql | formats → store → jobs → cli, app`.

pub mod base;
pub mod model;

pub mod engine;
pub mod formats;
pub mod sql;

pub mod store;

pub mod jobs;

pub mod app;
pub mod cli;
