//! The one test binary.

mod formats;
mod import;
mod picture;
mod sample;
mod store;
mod tidy;
mod views_events;
mod widgets;
