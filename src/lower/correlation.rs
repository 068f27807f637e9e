//! Correlations: typed here, given a meaning by what takes a `Plan::Correlate`.

use std::sync::Arc;

use super::Context;
use crate::diag::{Code, Diagnostic};
use crate::ir::{Aggregate, At, Bound, Check, Correlation, Expr, FieldName, Fires, Matching, Number, Plan};
use crate::link::Collection;
use crate::sigma::{self, Condition, CorrelationCondition, CorrelationType, Spanned};
use crate::source::Span;

/// How deep correlations may stand on correlations.
const MAX_DEPTH: usize = 16;

impl Context<'_> {
    /// A correlation over the rules at those indices.
    pub(super) fn correlation(
        &mut self,
        collection: &Collection,
        correlation: &sigma::Correlation,
        rules: &[usize],
    ) -> Option<Plan<Matching>> {
        if self.depth >= MAX_DEPTH {
            let message = format!("correlations stand on each other more than {MAX_DEPTH} deep");
            self.error(Diagnostic::new(Code::E0418, message).at(correlation.kind.span));
            return None;
        }
        self.depth += 1;
        let sources = self.sources(collection, correlation, rules);
        self.depth -= 1;
        let by = self.group_key(collection, correlation, rules)?;
        let fires = self.fires(collection, correlation, rules)?;
        let window = correlation.timespan.value;
        Some(Plan::Correlate(Box::new(Correlation { sources: sources?, by, window, fires })))
    }

    fn sources(
        &mut self,
        collection: &Collection,
        correlation: &sigma::Correlation,
        rules: &[usize],
    ) -> Option<Vec<(Arc<str>, Plan<Matching>)>> {
        let mut sources = Vec::with_capacity(rules.len());
        for (n, index) in rules.iter().enumerate() {
            let plan = self.plan(collection, *index)?;
            sources.push((source_name(collection, correlation, n, *index), plan));
        }
        Some(sources)
    }

    /// The group key: an alias has a field of its own in each source.
    fn group_key(
        &mut self,
        collection: &Collection,
        correlation: &sigma::Correlation,
        rules: &[usize],
    ) -> Option<Vec<(FieldName, Vec<FieldName>)>> {
        let mut key = Vec::with_capacity(correlation.group_by.len());
        for field in &correlation.group_by {
            let name = &field.value;
            let alias = correlation.aliases.iter().find(|alias| alias.name.value == *name);
            let Some(alias) = alias else {
                key.push((name.clone(), rules.iter().map(|_| name.clone()).collect()));
                continue;
            };
            let in_sources = rules.iter().enumerate().map(|(n, index)| {
                let known = |rule: &Spanned<Arc<str>>| names(collection, correlation, n, *index).contains(&rule.value);
                alias.fields.iter().find(|(rule, _)| known(rule)).map(|(_, field)| field.clone())
            });
            let Some(in_sources) = in_sources.collect::<Option<Vec<_>>>() else {
                let message = format!("alias `{name}` has no field for one of the rules");
                let diagnostic = Diagnostic::new(Code::E0210, message).at(alias.name.span);
                self.error(diagnostic.help("name each rule of the correlation with its field"));
                return None;
            };
            key.push((name.clone(), in_sources));
        }
        Some(key)
    }

    fn fires(&mut self, collection: &Collection, correlation: &sigma::Correlation, rules: &[usize]) -> Option<Fires> {
        use CorrelationType::{Temporal, TemporalOrdered};
        let kind = &correlation.kind;
        let every = || all_sources(rules.len());
        match (&correlation.condition, kind.value) {
            (CorrelationCondition::Default, Temporal) => Some(Fires::Temporal(every())),
            (CorrelationCondition::Default, TemporalOrdered) => Some(Fires::Ordered),
            (CorrelationCondition::Rules(condition), Temporal) => {
                let expr = self.rules_condition(collection, correlation, rules, &condition.value)?;
                Some(Fires::Temporal(expr))
            }
            (CorrelationCondition::Rules(condition), _) => {
                self.incomplete(condition.span, "a condition over rules belongs to the type `temporal`")
            }
            (CorrelationCondition::Default, _) => self.incomplete(kind.span, "the correlation has no condition"),
            (CorrelationCondition::Bounds { bounds, .. }, Temporal | TemporalOrdered) => {
                // Counts of different rules: only "all of them" and "any of them" are plain.
                let count = i128::try_from(rules.len()).unwrap_or(i128::MAX);
                match (bounds.as_slice(), kind.value) {
                    ([(Bound::Gte | Bound::Eq, Number::Int(n))], Temporal) if *n == count => {
                        Some(Fires::Temporal(every()))
                    }
                    ([(Bound::Gte | Bound::Eq, Number::Int(n))], _) if *n == count => Some(Fires::Ordered),
                    ([(Bound::Gte, Number::Int(1))], Temporal) => {
                        Some(Fires::Temporal(Expr::Any((0..rules.len()).map(source).collect())))
                    }
                    _ => self.incomplete(kind.span, "a temporal correlation counts all of its rules, or names them"),
                }
            }
            (CorrelationCondition::Bounds { bounds, fields, percentile }, aggregate) => {
                let what = self.aggregate(kind.span, aggregate, fields, *percentile)?;
                Some(Fires::Aggregate { what, bounds: bounds.clone() })
            }
        }
    }

    fn aggregate(
        &mut self,
        span: Span,
        kind: CorrelationType,
        fields: &[FieldName],
        percentile: Option<Number>,
    ) -> Option<Aggregate> {
        let one = match fields {
            [field] => Some(field.clone()),
            _ => None,
        };
        match (kind, one) {
            (CorrelationType::EventCount, _) => Some(Aggregate::EventCount),
            (CorrelationType::ValueCount, _) if !fields.is_empty() => Some(Aggregate::ValueCount(fields.to_vec())),
            (CorrelationType::ValueSum, Some(field)) => Some(Aggregate::Sum(field)),
            (CorrelationType::ValueAvg, Some(field)) => Some(Aggregate::Average(field)),
            (CorrelationType::ValueMedian, Some(field)) => Some(Aggregate::Percentile(field, Number::Int(50))),
            (CorrelationType::ValuePercentile, Some(field)) => match percentile {
                Some(percentile) => Some(Aggregate::Percentile(field, percentile)),
                None => self.incomplete(span, "the condition names no `percentile`"),
            },
            _ => self.incomplete(span, "the condition needs a `field`"),
        }
    }

    fn rules_condition(
        &mut self,
        collection: &Collection,
        correlation: &sigma::Correlation,
        rules: &[usize],
        condition: &Condition,
    ) -> Option<Expr<usize>> {
        let mut parts = |parts: &[Condition]| {
            let parts = parts.iter().map(|part| self.rules_condition(collection, correlation, rules, part));
            parts.collect::<Option<Vec<_>>>()
        };
        match condition {
            Condition::And(inner) => parts(inner).map(Expr::All),
            Condition::Or(inner) => parts(inner).map(Expr::Any),
            Condition::Not(inner) => self.rules_condition(collection, correlation, rules, inner).map(Expr::not),
            Condition::Of { pattern, .. } => self.incomplete(pattern.span, "a condition over rules names each of them"),
            Condition::Name(name) => {
                let known =
                    |(n, index): (usize, &usize)| names(collection, correlation, n, *index).contains(&name.value);
                match rules.iter().enumerate().position(known) {
                    Some(n) => Some(source(n)),
                    None => self.incomplete(name.span, "the condition names a rule that `rules` does not list"),
                }
            }
        }
    }

    fn incomplete<T>(&mut self, span: Span, message: &str) -> Option<T> {
        self.error(Diagnostic::new(Code::E0210, message).at(span));
        None
    }
}

/// Source number `n` occurs.
fn source(n: usize) -> Expr<usize> {
    Expr::test(n, Check::Exists, At::default())
}

fn all_sources(count: usize) -> Expr<usize> {
    Expr::All((0..count).map(source).collect())
}

/// Every name that the correlation may call its source by: as in `rules`, the rule's name, its id.
fn names(collection: &Collection, correlation: &sigma::Correlation, n: usize, index: usize) -> Vec<Arc<str>> {
    let listed = correlation.rules.get(n).map(|rule| rule.value.clone());
    let meta = collection.rules.get(index).map(|rule| rule.meta());
    let name = meta.and_then(|meta| meta.name.as_ref()).map(|name| name.value.clone());
    let id = meta.and_then(|meta| meta.id.as_ref()).map(|id| id.value.clone());
    listed.into_iter().chain(name).chain(id).collect()
}

fn source_name(collection: &Collection, correlation: &sigma::Correlation, n: usize, index: usize) -> Arc<str> {
    names(collection, correlation, n, index).into_iter().next().unwrap_or_else(|| format!("rule {n}").into())
}
