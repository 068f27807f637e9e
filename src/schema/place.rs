//! `Plan<Matching>` → branches: log source → tables, fields → columns.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::load::{Field, View};
use super::model::{Entry, LogSourceFile, OneOrMany, Scalar};
use super::rewrite::{self, Context};
use super::{Branch, Column, From, Schema, Traits, Type, constant, kind};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Check, Expr, Fidelity, FieldName, Matching, Number, Plan, Shape, Subject, Test, distinct};
use crate::render::{Gap, Options, weakened};
use crate::simplify::simplify;

/// A placed rule.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The branches; never empty.
    pub plan: Plan<Vec<Branch>>,
    /// What placing did to the claim.
    pub fidelity: Fidelity,
    /// What was left out and why, at the rule's lines.
    pub notes: Vec<Diagnostic>,
}

/// What placing one rule has to report.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    pub(super) fidelity: Fidelity,
    pub(super) notes: Vec<Diagnostic>,
}

/// Gives every test its columns in every table that holds events of the rule's log source. Gaps E0501 to E0506 where
/// no table can hold what the rule means, E0601 for correlations.
pub fn place(plan: &Plan<Matching>, schema: &Schema, options: &Options) -> Result<Placed, Vec<Gap>> {
    let Plan::Select(matching) = plan else {
        let gap = Gap::new(Code::E0601, &At::default(), "correlations cannot be converted yet");
        return Err(vec![gap.help("convert the rules that it refers to one by one")]);
    };
    let source = &matching.logsource;
    let Some(entry) = schema.logsource(source) else {
        let message = format!("{} has no table for the log source {source}", schema.target());
        return Err(vec![
            Gap::new(Code::E0501, &source.at, message)
                .help("`sigmaglot targets` lists the log sources each target holds"),
        ]);
    };
    if let Some(why) = &entry.none {
        let message = format!("{} does not hold the log source {source}", schema.target());
        return Err(vec![Gap::new(Code::E0501, &source.at, message).help(why.to_string())]);
    }
    Placing { schema, entry, matching, options }.run()
}

struct Placing<'a> {
    schema: &'a Schema,
    entry: &'a LogSourceFile,
    matching: &'a Matching,
    options: &'a Options,
}

/// A branch that some tests of the rule cannot be placed in.
struct Failed {
    table: Arc<str>,
    gaps: Vec<Gap>,
}

impl Placing<'_> {
    fn run(&self) -> Result<Placed, Vec<Gap>> {
        let mut report = Report::default();
        let mut branches: Vec<Branch> = Vec::new();
        let mut failed: Vec<Failed> = Vec::new();
        for file in &self.entry.branches {
            let view = self
                .schema
                .branch(self.entry, file)
                .map_err(|d| vec![Gap::new(d.code, &self.matching.logsource.at, d.message)])?;
            let mut own = Report::default();
            match self.branch(view, &mut own) {
                Ok(Some(branch)) => {
                    branches.push(branch);
                    report.fidelity = report.fidelity.join(own.fidelity);
                    report.notes.extend(own.notes);
                }
                Ok(None) => {}
                Err(gaps) => failed.push(Failed { table: file.table.clone(), gaps }),
            }
        }
        report.notes = distinct(report.notes);
        if branches.is_empty() {
            let best = failed.into_iter().min_by_key(|failed| failed.gaps.len());
            return Err(best.map_or_else(|| vec![self.never()], |failed| failed.gaps));
        }
        for failed in failed {
            report.fidelity = report.fidelity.join(Fidelity::Narrower);
            for gap in failed.gaps {
                let message = format!("the table {} is left out: {}", failed.table, gap.message);
                report.notes.push(Diagnostic::new(Code::W0702, message).at(gap.at.span));
            }
        }
        if !self.entry.complete {
            self.report_events_not_held(&mut report);
        }
        if let Some(mixed) = &self.entry.mixed {
            let note = Diagnostic::new(Code::W0706, format!("{} does not keep apart {mixed}", self.schema.target()));
            report.notes.push(note.at(self.matching.logsource.at.span));
            report.fidelity = report.fidelity.join(Fidelity::Wider);
        }
        report.notes.extend(self.schema.losses(self.matching, &branches));
        Ok(Placed { plan: Plan::Select(branches), fidelity: report.fidelity, notes: report.notes })
    }

    /// The rule in one table; none where it can match no event of that kind.
    fn branch(&self, view: View<'_>, report: &mut Report) -> Result<Option<Branch>, Vec<Gap>> {
        let mut gaps = Vec::new();
        let expr = self.columns(&self.matching.expr, view, true, report, &mut gaps);
        let mut filter = simplify(expr);
        let remaining = gaps_left(&filter, &gaps);
        if !remaining.is_empty() {
            if !self.options.approximate {
                return Err(remaining);
            }
            filter = simplify(weaken(filter, true));
            if filter == Expr::Const(true) {
                return Err(remaining);
            }
            report.fidelity = report.fidelity.join(Fidelity::Wider);
            report.notes.extend(remaining.iter().map(weakened));
        }
        let kind = kind::select(&view);
        let (kind, filter) = kind::narrow(kind, filter);
        if filter == Expr::Const(false) || kind == Expr::Const(false) {
            return Ok(None);
        }
        let keep = view.branch.keep.keys().filter_map(|field| {
            let name = FieldName(field.clone());
            view.kept(&name).map(|column| (name, column))
        });
        let keep = keep.collect();
        Ok(Some(Branch { table: Arc::new(view.table()), kind, filter, keep, coverage: view.coverage() }))
    }

    /// The expression with every test in columns; a test that cannot be placed becomes a marker that
    /// [`gaps_left`] finds again, so that one in a part that is false here anyway does no harm.
    fn columns(
        &self,
        expr: &Expr<Subject>,
        view: View<'_>,
        positive: bool,
        report: &mut Report,
        gaps: &mut Vec<Gap>,
    ) -> Expr<Column> {
        match expr {
            Expr::Const(value) => Expr::Const(*value),
            Expr::Not(inner) => self.columns(inner, view, !positive, report, gaps).not(),
            Expr::All(parts) => {
                Expr::All(parts.iter().map(|part| self.columns(part, view, positive, report, gaps)).collect())
            }
            Expr::Any(parts) => {
                Expr::Any(parts.iter().map(|part| self.columns(part, view, positive, report, gaps)).collect())
            }
            Expr::Test(test) => {
                let mut cx = Context { view, target: self.schema.target(), positive, report };
                rewrite::test(&mut cx, test).unwrap_or_else(|gap| {
                    gaps.push(gap);
                    marker(gaps.len() - 1)
                })
            }
        }
    }

    /// Why no branch is left: the rule asks for an event kind that is not held, or contradicts itself.
    fn never(&self) -> Gap {
        let target = self.schema.target();
        let mut event_id = None;
        self.matching.expr.for_each_test(&mut |test| {
            if is_event_id(&test.on) && event_id.is_none() {
                event_id = Some(test.at.clone());
            }
        });
        match event_id {
            Some(at) => {
                let wanted = self.event_ids().iter().map(i128::to_string).collect::<Vec<_>>().join(", ");
                Gap::new(Code::E0503, &at, format!("{target} holds no events {wanted} of {}", self.matching.logsource))
                    .help("choose a target that holds them (`sigmaglot targets`)")
            }
            None => match self.absent_field() {
                Some((field, at)) => {
                    let message = format!("no event of {} carries {field} in {target}", self.matching.logsource);
                    Gap::new(Code::E0506, &at, message).help("the rule needs it, so that it could never match there")
                }
                None => {
                    let message = format!("the rule can match nothing in {target}");
                    Gap::new(Code::E0506, &self.matching.logsource.at, message)
                        .help("some test asks for a value that no event of this log source has there")
                }
            },
        }
    }

    /// The first field that the rule looks at and no branch's events carry.
    fn absent_field(&self) -> Option<(FieldName, At)> {
        let views: Vec<_> =
            self.entry.branches.iter().filter_map(|branch| self.schema.branch(self.entry, branch).ok()).collect();
        let absent = |view: &View<'_>, field: &FieldName| matches!(view.field(field), Field::Entry(Entry::Name(name)) if &**name == "absent");
        let mut found = None;
        self.matching.expr.for_each_test(&mut |test| {
            if let Subject::Field(field) = &test.on
                && found.is_none()
                && views.iter().all(|view| absent(view, field))
            {
                found = Some((field.clone(), test.at.clone()));
            }
        });
        found
    }

    /// The event ids that the rule names.
    fn event_ids(&self) -> BTreeSet<i128> {
        let mut ids = BTreeSet::new();
        self.matching.expr.for_each_test(&mut |test| {
            if !is_event_id(&test.on) {
                return;
            }
            match &test.check {
                Check::Equal { any_of } => ids.extend(any_of.iter().filter_map(|(number, _)| match number {
                    Number::Int(id) => Some(*id),
                    Number::Float(_) => None,
                })),
                Check::Like { any_of, .. } => {
                    ids.extend(any_of.iter().filter_map(|(pattern, _)| match pattern.shape() {
                        Shape::Equals(text) => text.parse::<i128>().ok(),
                        _ => None,
                    }))
                }
                _ => {}
            }
        });
        ids
    }

    /// The log source has events that no branch holds: those that the rule could match make the query narrower.
    fn report_events_not_held(&self, report: &mut Report) {
        let views = self.entry.branches.iter().filter_map(|branch| self.schema.branch(self.entry, branch).ok());
        let ids = views.flat_map(|view| view.event_ids().map_or_else(Vec::new, <[Scalar]>::to_vec));
        let held: BTreeSet<i128> = ids
            .filter_map(|id| match id {
                Scalar::Int(id) => Some(i128::from(id)),
                _ => None,
            })
            .collect();
        let could_match = |id: Option<i128>| simplify(with_event_id(&self.matching.expr, id)) != Expr::Const(false);
        let named = self.event_ids();
        let lost: Vec<i128> = named.iter().copied().filter(|id| !held.contains(id) && could_match(Some(*id))).collect();
        let others = could_match(None);
        if lost.is_empty() && !others {
            return;
        }
        let what = if others {
            format!("events of {} other than {}", self.matching.logsource, join(&held))
        } else {
            format!("events {}", join(&lost))
        };
        report.fidelity = report.fidelity.join(Fidelity::Narrower);
        report.notes.push(
            Diagnostic::new(Code::W0702, format!("{} does not hold {what}", self.schema.target())).at(self
                .matching
                .logsource
                .at
                .span),
        );
    }
}

fn join<'a>(ids: impl IntoIterator<Item = &'a i128>) -> String {
    ids.into_iter().map(i128::to_string).collect::<Vec<_>>().join(", ")
}

fn is_event_id(subject: &Subject) -> bool {
    matches!(subject, Subject::Field(field) if matches!(field.as_str(), "EventID" | "EventCode"))
}

/// The rule as an event with that id sees it; none stands for an id that the rule does not name.
fn with_event_id(expr: &Expr<Subject>, id: Option<i128>) -> Expr<Subject> {
    match expr {
        Expr::Const(value) => Expr::Const(*value),
        Expr::All(parts) => Expr::All(parts.iter().map(|part| with_event_id(part, id)).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(|part| with_event_id(part, id)).collect()),
        Expr::Not(inner) => with_event_id(inner, id).not(),
        Expr::Test(test) if is_event_id(&test.on) => match (id.and_then(|id| i64::try_from(id).ok()), &test.check) {
            (Some(id), check) => constant::decide(check, &Scalar::Int(id)).map_or_else(|| expr.clone(), Expr::Const),
            (None, Check::Equal { .. } | Check::Like { .. }) => Expr::Const(false),
            _ => expr.clone(),
        },
        Expr::Test(_) => expr.clone(),
    }
}

/// Stands for the test behind gap number `index`; no schema can write this column.
fn marker(index: usize) -> Expr<Column> {
    let from = From::Native(format!("\0{index}").into());
    let on = Column { field: FieldName::from(""), from, kind: Type::Untyped, traits: Traits::default() };
    Expr::Test(Test { on, check: Check::Null, at: At::default() })
}

fn marked(test: &Test<Column>) -> Option<usize> {
    match &test.on.from {
        From::Native(text) => text.strip_prefix('\0')?.parse().ok(),
        _ => None,
    }
}

fn gaps_left(expr: &Expr<Column>, gaps: &[Gap]) -> Vec<Gap> {
    let mut left: Vec<Gap> = Vec::new();
    expr.for_each_test(&mut |test| left.extend(marked(test).and_then(|index| gaps.get(index)).cloned()));
    distinct(left)
}

/// Markers become true in positive and false in negated position: the query can only find more.
fn weaken(expr: Expr<Column>, positive: bool) -> Expr<Column> {
    match expr {
        Expr::Test(test) if marked(&test).is_some() => Expr::Const(positive),
        Expr::All(parts) => Expr::All(parts.into_iter().map(|part| weaken(part, positive)).collect()),
        Expr::Any(parts) => Expr::Any(parts.into_iter().map(|part| weaken(part, positive)).collect()),
        Expr::Not(inner) => weaken(*inner, !positive).not(),
        other => other,
    }
}

impl View<'_> {
    /// A column of `keep`.
    fn kept(&self, field: &FieldName) -> Option<Column> {
        match self.branch.keep.get(&field.0)? {
            Entry::Name(name) => Some(self.column(field, name)),
            _ => match self.field(field) {
                Field::Column(column) => Some(column),
                _ => None,
            },
        }
    }

    /// The event kind's columns with their values.
    pub(super) fn kind(&self) -> impl Iterator<Item = (Column, &OneOrMany<Scalar>)> {
        self.branch.kind.iter().map(|(name, values)| (self.column(&FieldName(name.clone()), name), values))
    }
}
