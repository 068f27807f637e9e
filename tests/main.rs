//! The project's tests.

mod place;
