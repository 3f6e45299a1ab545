//! Colors, sizes, spacing and fonts: the only place that has any.
