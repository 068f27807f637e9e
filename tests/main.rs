//! The project's tests.

mod events;
mod events_eval;
mod pattern;
mod place;
mod regex;
mod simplify;
mod spl;
