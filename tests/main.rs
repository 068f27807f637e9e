//! The project's tests.

mod cli;
mod cli_input;
mod events;
mod events_eval;
mod kql_schema;
mod packs;
mod pattern;
mod place;
mod regex;
mod rule_files;
mod simplify;
mod spl;
mod tidy;
