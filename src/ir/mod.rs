//! The algebra: what a rule means, free of Sigma's spelling and of any target's.
//!
//! `Expr<F>` is generic over what a test is on: a [`Subject`] (a field as the rule names it, or the text of the
//! whole event) before placing, a `schema::Column` after it. Spans ride along in [`At`], which is equal to every
//! other, so that equal tests are equal wherever they were written.

mod at;
mod distinct;
mod expr;
mod fidelity;
mod logsource;
mod number;
mod pattern;
mod plan;
pub mod regex;
mod show;

pub use at::At;
pub use distinct::distinct;
pub use expr::{Check, Cmp, Expr, FieldName, Order, Part, Subject, Test, TimePart};
pub use fidelity::Fidelity;
pub use logsource::LogSource;
pub use number::Number;
pub use pattern::{Case, Pattern, Segment, Shape};
pub use plan::{Aggregate, Bound, Correlation, Fires, Matching, Plan};
pub use regex::Regex;
pub use show::{show, show_plan};
