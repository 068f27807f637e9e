//! The spl backend.
