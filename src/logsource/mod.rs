//! Which events belong to a log source.
