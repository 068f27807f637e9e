//! The project's tests.

mod pattern;
mod place;
mod regex;
