//! The same queries as SQL text; no I/O.
