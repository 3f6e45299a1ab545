//! The window: the only layer that names egui.

pub mod icon;
pub mod picture;
pub mod theme;
pub mod widgets;
