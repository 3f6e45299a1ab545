//! What egui would paint, as PNG or SVG, without a display or a GPU.
