//! Flows worked by keyboard over the sample: made, changed, walked through, opened. Not for single components.
