//! The questions that views ask, one file each. Not for keeping their answers: see `app::answers`.

pub mod report;

pub mod members;

pub mod returners;

pub mod explain;

pub mod flow;

pub mod names;

pub mod properties;

pub mod list;

pub mod rows;

pub mod timeline;

pub mod persons;

pub mod quarantine;

pub mod copy_facts;

pub mod batch_path;
