//! The kql backend.
