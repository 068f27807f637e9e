//! Documents of all files → one collection: `action` documents merged, references resolved, filters attached.

use std::sync::Arc;

use crate::sigma::{Correlation, Filter, Meta, Rule};

/// All rules of a run, each with what it refers to.
#[derive(Debug, Clone, Default)]
pub struct Collection {
    /// In the order of the inputs: path as given, then document.
    pub rules: Vec<LinkedRule>,
}

/// A rule ready to be lowered.
#[derive(Debug, Clone)]
pub struct LinkedRule {
    /// What it is.
    pub kind: LinkedKind,
    /// Whether it emits a query of its own (false for a rule that only a correlation without `generate` uses).
    pub emits: bool,
}

/// A detection rule with its filters, or a correlation with its rules.
#[derive(Debug, Clone)]
pub enum LinkedKind {
    /// A detection rule.
    Rule {
        /// The rule.
        rule: Arc<Rule>,
        /// The filters that apply to it; all of them must hold as well (SEMANTICS 4.4).
        filters: Vec<Arc<Filter>>,
    },
    /// A correlation rule.
    Correlation {
        /// The correlation.
        correlation: Arc<Correlation>,
        /// For each entry of its `rules`, the index of the rule meant in [`Collection::rules`].
        rules: Vec<usize>,
    },
}

impl LinkedRule {
    /// What the rule says of itself.
    pub fn meta(&self) -> &Meta {
        match &self.kind {
            LinkedKind::Rule { rule, .. } => &rule.meta,
            LinkedKind::Correlation { correlation, .. } => &correlation.meta,
        }
    }
}
