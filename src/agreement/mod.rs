//! Agreement: a query's claim is tried on events, by the evaluator and by an engine that did not write the query.

mod compare;
mod held;
mod loss;
mod path_in;
mod search;
mod shrink;
mod verdict;
pub mod witness;

pub use compare::{Claim, Trial, Verdicts};
pub use loss::Told;
pub use verdict::{Case, Judged, Refutation, Status, Verdict};
