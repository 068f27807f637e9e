//! Documents of all files → one collection: references resolved, correlations checked, filters attached.

mod correlations;
mod filters;
mod index;

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::sigma::Document;

use crate::sigma::{Correlation, Filter, Meta, Rule};

/// Links all documents of a run. A correlation that cannot be resolved is reported and left out; everything else is
/// kept, in the order given. Filters apply to rules wherever they stand.
/// Errors: E0208, E0209, E0210 (SEMANTICS 4.1, 4.4).
pub fn link(documents: Vec<Document>, diagnostics: &mut Diagnostics) -> Collection {
    let mut filters = Vec::new();
    let mut rules = Vec::new();
    for document in documents {
        match document {
            Document::Filter(filter) => filters.push(Arc::<Filter>::from(filter)),
            Document::Rule(rule) => {
                let kind = LinkedKind::Rule { rule: Arc::from(rule), filters: Vec::new() };
                rules.push(LinkedRule { kind, emits: true });
            }
            Document::Correlation(correlation) => {
                let kind = LinkedKind::Correlation { correlation: Arc::from(correlation), rules: Vec::new() };
                rules.push(LinkedRule { kind, emits: true });
            }
        }
    }
    let index = index::Index::new(&rules);
    let mut referenced = vec![false; rules.len()];
    filters::attach(&mut rules, &filters, &index, &mut referenced, diagnostics);
    let broken = correlations::resolve(&mut rules, &index, &mut referenced, diagnostics);
    index.report_duplicates(&rules, &referenced, diagnostics);
    Collection { rules: correlations::remove(rules, &broken) }
}

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
