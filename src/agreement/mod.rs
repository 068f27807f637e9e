//! Agreement: a query's claim is tried on events, by the evaluator and by an engine that did not write the query.

mod compare;
mod held;
pub mod witness;

pub use compare::{Claim, Trial, shrunk};
