//! Whole rules.
