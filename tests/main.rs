//! The project's tests.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests too stop where something that a test made itself is not there"
)]

mod agreement;
mod cli;
mod cli_contract;
mod cli_eval;
mod cli_input;
mod conformance;
mod conformance_queries;
mod corpus;
mod engine_kql;
mod engine_kql_agreement;
mod engine_kql_rows;
mod engine_spl;
mod engine_spl_agreement;
mod engine_spl_rows;
mod engine_vql;
mod engine_vql_agreement;
mod engine_vql_conformance;
mod engine_vql_rows;
mod events;
mod events_eval;
mod explain;
mod faults;
mod foreign;
mod frontend_any;
mod frontend_conditions;
mod frontend_corpus;
mod frontend_link;
mod frontend_seeds;
mod frontend_yaml;
mod golden;
mod hostile;
mod invalid;
mod kql;
mod kql_literal;
mod kql_query;
mod kql_schema;
mod laws;
mod lints;
mod lower;
mod matrix;
mod packs;
mod pattern;
mod place;
mod readme;
mod regex;
mod regression;
mod rule_files;
mod rules;
mod shared;
mod simplify;
mod spl;
mod sweep;
mod tidy;
mod verify_engine;
mod vql;
