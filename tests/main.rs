//! The project's tests.

mod events;
mod pattern;
mod place;
mod regex;
mod spl;
