//! sigmaglot compiles [Sigma](https://sigmahq.io) detection rules into KQL, Splunk SPL and Velociraptor VQL,
//! and says which events a rule matches.
//!
//! The stages, each with a type of its own (`ARCHITECTURE.md` has the map):
//!
//! ```text
//! text ─yaml─▶ tree ─sigma─▶ Document ─link─▶ Collection ─lower─▶ Plan<Matching> ─schema─▶ Plan<Vec<Branch>> ─render─▶ Query
//!                                                                     └──────────eval──▶ verdict on an Event
//! ```

pub mod agreement;
pub mod compile;
pub mod diag;
pub mod engines;
pub mod eval;
pub mod event;
pub mod ir;
pub mod link;
pub mod logic;
pub mod logsource;
pub mod lower;
pub mod render;
pub mod schema;
pub mod sigma;
pub mod simplify;
pub mod source;
pub mod yaml;

#[cfg(feature = "cli")]
pub mod cli;

#[path = "../backends/mod.rs"]
pub mod backends;
