//! The project's tests.

mod cli;
mod cli_input;
mod events;
mod events_eval;
mod kql_schema;
mod pattern;
mod place;
mod regex;
mod simplify;
mod spl;
mod tidy;
