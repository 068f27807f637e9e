//! The vql backend.
