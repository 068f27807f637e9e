//! The project's tests.

mod place;
mod pattern;
mod regex;
