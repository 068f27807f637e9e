//! Linked rules → the algebra: modifiers, selectors and encodings expanded, wildcards parsed once.
//!
//! Meaning: SEMANTICS sections 2 (values), 3 (modifiers), 1.5 (conditions) and 4.4 (filters).

mod chain;
mod correlation;
mod detection;
mod encode;
mod item;
mod placeholder;
mod value;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::ir::{Check, Expr, Matching, Plan, Subject};
use crate::link::{Collection, LinkedKind};
use crate::sigma::Value;
use crate::source::Span;

/// How many tests, values counted one by one, a rule may come to. The largest public rules have about 5,000.
pub const MAX_TESTS: usize = 200_000;

/// How many bytes of text a rule's encodings, dashes and placeholders may come to.
pub const MAX_EXPANDED: usize = 4 << 20;

/// What the user says beside the rules.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The values of `|expand` placeholders, by name without the percent signs.
    pub placeholders: BTreeMap<String, Vec<Value>>,
}

/// The meaning of one rule of a collection; none, with errors in `diagnostics`, where it has none.
///
/// Errors: E0402 to E0408, E0413, E0414, E0417, E0418 (modifiers and values), E0210 (correlations); E0302 and E0303 only for
/// conditions that `sigma::parse` has not checked.
pub fn lower(
    collection: &Collection,
    index: usize,
    options: &Options,
    diagnostics: &mut Diagnostics,
) -> Option<Plan<Matching>> {
    let mut context = Context { options, diagnostics, tests: 0, expanded: 0, depth: 0 };
    context.plan(collection, index)
}

/// What lowering one rule carries along.
struct Context<'a> {
    options: &'a Options,
    diagnostics: &'a mut Diagnostics,
    /// Tests made so far, those of referenced rules included.
    tests: usize,
    /// Bytes of text that its expansions made so far.
    expanded: usize,
    /// How many correlations stand around.
    depth: usize,
}

impl Context<'_> {
    fn plan(&mut self, collection: &Collection, index: usize) -> Option<Plan<Matching>> {
        match &collection.rules.get(index)?.kind {
            LinkedKind::Rule { rule, filters } => {
                let own = self.detection(&rule.detection);
                // Every filter is looked at, so that all errors are reported at once.
                let filters: Vec<_> = filters.iter().map(|filter| self.detection(&filter.detection)).collect();
                let mut parts = vec![own?];
                parts.extend(filters.into_iter().collect::<Option<Vec<_>>>()?);
                Some(Plan::Select(Matching { logsource: rule.logsource.clone(), expr: all(parts) }))
            }
            LinkedKind::Correlation { correlation, rules } => self.correlation(collection, correlation, rules),
        }
    }

    fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Counts tests; none, with an error, where they become too many.
    fn count(&mut self, tests: usize, span: Span) -> Option<()> {
        let before = self.tests;
        self.tests = self.tests.saturating_add(tests);
        if self.tests <= MAX_TESTS {
            return Some(());
        }
        if before <= MAX_TESTS {
            let message = format!("the rule expands to more than {MAX_TESTS} tests");
            self.error(Diagnostic::new(Code::E0418, message).at(span).help("split the rule, or shorten its lists"));
        }
        None
    }

    /// Counts text that an expansion is about to make, copies of a length; none, with an error, where it becomes too much.
    fn make(&mut self, copies: usize, length: usize, span: Span) -> Option<()> {
        let before = self.expanded;
        self.expanded = before.saturating_add(copies.saturating_mul(length));
        if self.expanded <= MAX_EXPANDED {
            return Some(());
        }
        if before <= MAX_EXPANDED {
            let message = format!("the rule's values expand to more than {} MiB of text", MAX_EXPANDED >> 20);
            self.error(
                Diagnostic::new(Code::E0418, message).at(span).help("shorten the value, or expand it less often"),
            );
        }
        None
    }
}

/// The conjunction; of a single part, the part.
fn all(mut parts: Vec<Expr<Subject>>) -> Expr<Subject> {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => Expr::All(parts.into_iter().chain(last).collect()),
    }
}

/// The disjunction; of a single part, the part.
fn any(mut parts: Vec<Expr<Subject>>) -> Expr<Subject> {
    match (parts.len(), parts.pop()) {
        (1, Some(part)) => part,
        (_, last) => Expr::Any(parts.into_iter().chain(last).collect()),
    }
}

/// How many tests an expression has, the values of a list counted one by one.
fn tests(expr: &Expr<Subject>) -> usize {
    let mut count = 0usize;
    expr.for_each_test(&mut |test| {
        count = count.saturating_add(match &test.check {
            Check::Like { any_of, .. } => any_of.len(),
            Check::Equal { any_of } => any_of.len(),
            Check::Within(any_of) => any_of.len(),
            _ => 1,
        });
    });
    count
}
