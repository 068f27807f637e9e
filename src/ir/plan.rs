//! What is looked for: events that match, or a pattern of matches in time.

use std::sync::Arc;

use super::{Expr, FieldName, LogSource, Number, Subject};

/// The events a detection rule means.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Matching {
    /// Of which log source.
    pub logsource: LogSource,
    /// With which content.
    pub expr: Expr<Subject>,
}

/// What a rule compiles to, at every stage: `S` is `Matching` after lowering, `Vec<Branch>` after placing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Plan<S> {
    /// Single events.
    Select(S),
    /// Events related in time.
    Correlate(Box<Correlation<S>>),
}

/// A correlation (specification, correlation rules; SEMANTICS section 4).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Correlation<S> {
    /// The referenced rules, by the name or id the correlation uses.
    pub sources: Vec<(Arc<str>, Plan<S>)>,
    /// The group key: for each part, its name, and the field it is in each source, in the order of `sources`.
    pub by: Vec<(FieldName, Vec<FieldName>)>,
    /// The length of the sliding window, closed at both ends, in seconds.
    pub window: u64,
    /// When it fires.
    pub fires: Fires,
}

/// When a correlation fires.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Fires {
    /// A number computed over the window keeps all these bounds.
    Aggregate {
        /// What is computed.
        what: Aggregate,
        /// The bounds, all of them.
        bounds: Vec<(Bound, Number)>,
    },
    /// The sources that occur in the window satisfy the condition (indices into `sources`).
    Temporal(Expr<usize>),
    /// Every source occurs, in this order, within the window.
    Ordered,
}

/// What is computed over the events of a window.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Aggregate {
    /// Their number.
    EventCount,
    /// The number of distinct values (tuples of values) of the fields.
    ValueCount(Vec<FieldName>),
    /// The sum of the field.
    Sum(FieldName),
    /// The mean of the field.
    Average(FieldName),
    /// The percentile of the field, 0 to 100; the median is 50.
    Percentile(FieldName, Number),
}

/// A bound of a correlation's condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Bound {
    Gt,
    Gte,
    Lt,
    Lte,
    Eq,
    Neq,
}
