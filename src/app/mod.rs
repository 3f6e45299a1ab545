//! The window: the only layer that names egui.

pub mod picture;
pub mod theme;
pub mod widgets;
