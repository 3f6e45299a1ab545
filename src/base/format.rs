//! Numbers and durations as people read them. Not for parsing.
