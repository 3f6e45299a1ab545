//! Retention worked by keyboard alone over the sample, and as it is drawn. Not for single components.
