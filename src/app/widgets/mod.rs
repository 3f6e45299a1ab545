//! Shared components: every view is built of these.
