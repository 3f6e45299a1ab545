//! The one test binary.

mod formats;
mod import;
mod picture;
mod random;
mod sample;
mod sql;
mod store;
mod suite;
mod tidy;
mod views_events;
mod widgets;
