//! The document file: the only layer that names `rusqlite`.
