//! What a person can do to a workspace: pure functions from a workspace to an edit.

pub mod normalize;
pub mod plan;
pub mod queries;
pub mod settings;
