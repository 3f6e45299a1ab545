//! The vocabulary: plain data and pure functions, no input or output.
