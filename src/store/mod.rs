//! The document file: the only layer that names `rusqlite`. Not for what events and items mean: see `model`.
//!
//! Rows are the truth, the columnar cache is derived from them, and persons come from one stored table.

pub mod error;

mod header;
mod lock;
mod open_files;
mod schema;

pub mod document;

pub mod handles;

pub mod items;

pub mod edits;

pub mod import;

mod fingerprints;

pub mod persons;

pub mod batches;

mod parts;

pub mod events;

mod codec;
mod scan;

pub mod cache;

pub mod columns;

pub mod copy;

pub use batches::{Batch, Counts, Quarantined};
pub use cache::{Layout, LoadedTable};
pub use columns::PropertyInfo;
pub use copy::{CopyContents, CopyFacts, CopyOptions};
pub use document::{Access, Document, Revision, SqlRows};
pub use edits::{EditState, HistoryEntry};
pub use error::StoreError;
pub use events::EventRow;
pub use import::{
    Added, BatchCounts, BatchInfo, ColumnMaker, Folder, Foreseen, Importer, Interrupter, Packed, Ready,
    foresee,
};
pub use persons::{Identifier, IdentifierKind, Link, PersonMatch, PersonTraits};
