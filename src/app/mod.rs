//! The window: the only layer that names egui.

pub mod theme;

pub mod icon;

pub mod widgets;

pub mod action;

pub mod command;

pub mod route;

pub mod settings;

pub mod answers;

pub mod context;

pub mod session;

pub mod filter_editor;

pub mod views;

pub mod dialogs;

pub mod palette;

pub mod shell;

pub mod picture;

mod window;

pub use window::{NoWindow, run};
