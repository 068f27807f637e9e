//! The query around the tests: table, event kind, one `where` a conjunct of the rule, cheap ones first.

use std::collections::HashMap;
use std::sync::Arc;

use super::branches::{Shared, merged, shared};
use super::column::Value;
use super::dialect::Kql;
use super::limits::{DEPTH, LENGTH, depth};
use super::literal::name;
use super::prefilter::last_part;
use crate::diag::{Code, Diagnostic, Severity};
use crate::ir::{At, Case, Check, Expr, Fidelity, Pattern, Plan, Test, distinct};
use crate::render::{Conjunct, Dialect, Gap, Hoist, Options, Query, below, conjunct, indent};
use crate::schema::{Branch, Column, Type};

/// Comments stand behind this column where the line leaves room.
const COMMENT: usize = 78;

/// A longer first line leaves the comment to the last one.
const FULL: usize = 100;

/// How many `where` lines a table has at most.
const LINES: usize = 100;

/// How many selections a comment names.
const SHOWN: usize = 4;

/// The query for a placed rule.
pub(super) fn query(plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>> {
    let Plan::Select(branches) = plan else {
        let gap = Gap::new(Code::E0601, &At::default(), "correlations cannot be converted yet");
        return Err(vec![gap.help("convert the rules that it refers to one by one")]);
    };
    let branches = merged(branches);
    let mut writer = Writer { options, fidelity: Fidelity::Exact, notes: Vec::new() };
    let text = match branches.as_slice() {
        [] => return Err(vec![Gap::new(Code::E0506, &At::default(), "no table can hold what the rule means")]),
        [only] => written(&writer.pipe(only, None)?, ""),
        several => writer.union(several)?,
    };
    let tables = distinct(branches.iter().map(|branch| branch.table.name.clone()).collect());
    if depth(&text) > DEPTH {
        let message = "the query is nested more deeply than Microsoft's parser reads";
        return Err(vec![Gap::new(Code::E0604, &At::default(), message).help("split the rule in two")]);
    }
    if text.chars().count() > LENGTH {
        let mut note = Diagnostic::new(Code::E0604, format!("the query is longer than {LENGTH} characters"))
            .help("a scheduled rule of Microsoft Sentinel does not take it; split the rule, or keep its values in a watchlist");
        note.severity = Severity::Warning;
        writer.notes.push(note);
    }
    Ok(Query { text, claim: writer.fidelity, tables, notes: distinct(writer.notes) })
}

struct Writer<'a> {
    options: &'a Options,
    fidelity: Fidelity,
    notes: Vec<Diagnostic>,
}

impl Writer<'_> {
    /// One table's lines; with a shared filter, only up to the columns that it needs.
    fn pipe(&mut self, branch: &Branch, computed: Option<&[Column]>) -> Result<Vec<Line>, Vec<Gap>> {
        let mut lines = vec![Line::plain(name(&branch.table.name))];
        let mut defined = Vec::new();
        lines.extend(self.filter(&branch.kind, &mut defined)?);
        match computed {
            Some(columns) => lines.extend(extend(columns.iter().map(definition))),
            None => lines.extend(self.filter(&branch.filter, &mut defined)?),
        }
        Ok(lines)
    }

    fn union(&mut self, branches: &[Branch]) -> Result<String, Vec<Gap>> {
        let common = shared(branches);
        let mut parts = Vec::new();
        let mut gaps = Vec::new();
        for (n, branch) in branches.iter().enumerate() {
            let computed = common.as_ref().and_then(|Shared { computed, .. }| computed.get(n)).map(Vec::as_slice);
            match self.pipe(branch, computed) {
                Ok(lines) => {
                    let close = if n + 1 == branches.len() { ")" } else { ")," };
                    parts.push(format!("    ({}", indent(&written(&lines, close), 5)));
                }
                Err(more) => gaps.extend(more),
            }
        }
        let mut text = format!("union isfuzzy=true\n{}", parts.join("\n"));
        if let Some(Shared { filter, .. }) = common {
            match self.filter(&filter, &mut Vec::new()) {
                Ok(lines) => text = format!("{text}\n{}", written(&lines, "")),
                Err(more) => gaps.extend(more),
            }
        }
        gaps.dedup();
        if gaps.is_empty() { Ok(text) } else { Err(gaps) }
    }

    /// The `where` lines of a condition, each behind the definitions it is the first to need.
    fn filter(&mut self, expr: &Expr<Column>, defined: &mut Vec<Hoist>) -> Result<Vec<Line>, Vec<Gap>> {
        let mut gaps = Vec::new();
        let mut conjuncts: Vec<(Conjunct, bool)> = Vec::new();
        for part in few(conjuncts_of(expr)) {
            match conjunct(&part.expr, &Kql, self.options) {
                Ok(mut conjunct) => {
                    conjunct.selections.extend(part.also);
                    let same = |known: &&mut (Conjunct, bool)| known.0.fragment.text == conjunct.fragment.text;
                    match conjuncts.iter_mut().find(same) {
                        Some((known, implied)) => {
                            known.selections.extend(conjunct.selections);
                            known.fragment.notes.extend(conjunct.fragment.notes);
                            *implied = false;
                        }
                        None => conjuncts.push((conjunct, false)),
                    }
                }
                Err(more) => gaps.extend(more),
            }
            if let Some(implied) = last_part(&part.expr)
                && let Ok(conjunct) = conjunct(&implied, &Kql, self.options)
            {
                conjuncts.push((conjunct, true));
            }
        }
        if !gaps.is_empty() {
            return Err(gaps);
        }
        conjuncts.sort_by_key(|(conjunct, _)| rank(conjunct));
        let mut lines = Vec::new();
        for (Conjunct { fragment, selections }, implied) in conjuncts {
            let selections = distinct(selections);
            self.fidelity = self.fidelity.join(fragment.fidelity);
            self.notes.extend(fragment.notes);
            if fragment.text == "true" {
                continue;
            }
            let new: Vec<Hoist> = fragment.hoist.iter().filter(|hoist| !defined.contains(hoist)).cloned().collect();
            lines.extend(extend(new.iter().cloned()));
            defined.extend(new);
            let text = format!("| where {}", below(&fragment.text, fragment.binding, Kql.spelling(), 8));
            let comment = if implied { "prefilter, implied below".to_owned() } else { names(&selections) };
            lines.push(Line { text, comment });
        }
        Ok(lines)
    }
}

/// Cheap and positive tests first, then regular expressions, then what an `extend` computes, then negations in the
/// rule's order.
fn rank(conjunct: &Conjunct) -> u8 {
    let text = &conjunct.fragment.text;
    if text.starts_with("not(") {
        3
    } else if !conjunct.fragment.hoist.is_empty() {
        2
    } else {
        u8::from(text.contains(" matches regex "))
    }
}

/// `| extend A = .., B = ..`, or nothing.
fn extend(definitions: impl Iterator<Item = Hoist>) -> Option<Line> {
    let items: Vec<String> = definitions.map(|hoist| format!("{} = {}", hoist.name, hoist.text)).collect();
    (!items.is_empty()).then(|| Line::plain(format!("| extend {}", items.join(",\n         "))))
}

/// The column under the name that a shared filter knows it by.
fn definition(column: &Column) -> Hoist {
    let value = Value::of(column);
    value.hoist.unwrap_or_else(|| Hoist { name: name(column.field.as_str()).into(), text: value.text.into() })
}

/// The selections of the rule that a line comes from, as a comment: `[selection, filter_main]`.
fn names(selections: &[Arc<str>]) -> String {
    let plain = |name: &Arc<str>| -> String {
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect()
    };
    let names: Vec<String> = selections.iter().map(plain).collect();
    match names.split_at_checked(SHOWN) {
        None if names.is_empty() => String::new(),
        Some((shown, rest)) if rest.len() > 1 => format!("[{}, and {} more]", shown.join(", "), rest.len()),
        _ => format!("[{}]", names.join(", ")),
    }
}

/// A step of the pipe, with what a comment says of it.
struct Line {
    text: String,
    comment: String,
}

impl Line {
    fn plain(text: String) -> Line {
        Line { text, comment: String::new() }
    }

    /// The text with the comment behind its first line, or behind the last where the first is full.
    fn commented(&self, close: &str) -> String {
        let text = format!("{}{close}", self.text);
        if self.comment.is_empty() {
            return text;
        }
        let width = COMMENT - 2;
        let comment = format!("  // {}", self.comment);
        match text.split_once('\n') {
            Some((first, rest)) if first.chars().count() <= FULL => format!("{first:<width$}{comment}\n{rest}"),
            _ => match text.rsplit_once('\n') {
                Some((rest, last)) => format!("{rest}\n{last:<width$}{comment}"),
                None => format!("{text:<width$}{comment}"),
            },
        }
    }
}

/// The steps, closed in front of the last one's comment.
fn written(lines: &[Line], close: &str) -> String {
    let last = lines.len().saturating_sub(1);
    let texts = lines.iter().enumerate().map(|(n, line)| line.commented(if n == last { close } else { "" }));
    texts.collect::<Vec<_>>().join("\n")
}

/// A conjunct, with selections that say the same.
struct Part {
    expr: Expr<Column>,
    also: Vec<Arc<str>>,
}

/// The conjuncts of a condition, each once. What several negations say of one column is one negated list, which an analyst
/// adds a line to.
fn conjuncts_of(expr: &Expr<Column>) -> Vec<Part> {
    let mut flat = Vec::new();
    flatten(expr, &mut flat);
    let mut groups: Vec<Vec<Expr<Column>>> = Vec::new();
    let mut negations: HashMap<Column, usize> = HashMap::new();
    for part in flat {
        let on = match &part {
            Expr::Not(inner) => match &**inner {
                Expr::Test(test) => Some(test.on.clone()),
                _ => None,
            },
            _ => None,
        };
        let next = groups.len();
        let place = on.map_or(next, |on| *negations.entry(on).or_insert(next));
        match groups.get_mut(place) {
            Some(group) => group.push(part),
            None => groups.push(vec![part]),
        }
    }
    let mut out: Vec<Part> = Vec::new();
    let mut places: HashMap<Expr<Column>, usize> = HashMap::new();
    for mut group in groups {
        let expr = match (group.pop(), group.is_empty()) {
            (None, _) => continue,
            (Some(only), true) => only,
            (Some(last), false) => {
                let inner = group.into_iter().chain([last]).map(|part| match part {
                    Expr::Not(inner) => *inner,
                    other => other.not(),
                });
                Expr::Any(inner.collect()).not()
            }
        };
        let place = *places.entry(expr.clone()).or_insert(out.len());
        match out.get_mut(place) {
            Some(known) => expr.for_each_test(&mut |test| known.also.extend(test.at.selection.clone())),
            None => out.push(Part { expr, also: Vec::new() }),
        }
    }
    out
}

/// No more parts than lines that the target reads: Microsoft's parser counts each as a level. Above that each line has several.
fn few(mut parts: Vec<Part>) -> Vec<Part> {
    if parts.len() <= LINES {
        return parts;
    }
    let size = parts.len().div_ceil(LINES);
    let mut lines = Vec::new();
    while !parts.is_empty() {
        let rest = parts.split_off(size.min(parts.len()));
        let (exprs, also): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.expr, part.also)).unzip();
        lines.push(Part { expr: Expr::All(exprs), also: also.concat() });
        parts = rest;
    }
    lines
}

fn flatten(expr: &Expr<Column>, out: &mut Vec<Expr<Column>>) {
    match expr {
        Expr::All(parts) => parts.iter().for_each(|part| flatten(part, out)),
        Expr::Not(inner) => match &**inner {
            Expr::Any(parts) => parts.iter().for_each(|part| flatten(&part.clone().not(), out)),
            Expr::Not(twice) => flatten(twice, out),
            Expr::Test(test) => out.extend(negated(test)),
            other => out.push(other.clone().not()),
        },
        other => out.push(said(other)),
    }
}

/// Alternatives whose negated tests are said as at the top.
fn said(expr: &Expr<Column>) -> Expr<Column> {
    let part = |part: &Expr<Column>| match part {
        Expr::Not(inner) => match &**inner {
            Expr::Test(test) => match negated(test).as_slice() {
                [only] => only.clone(),
                several => Expr::All(several.to_vec()),
            },
            _ => part.clone(),
        },
        other => other.clone(),
    };
    match expr {
        Expr::Any(parts) => Expr::Any(parts.iter().map(part).collect()),
        other => other.clone(),
    }
}

/// The negation of a test: "is not missing" is said by `isnotempty` and `isnotnull`.
fn negated(test: &Test<Column>) -> Vec<Expr<Column>> {
    let with = |check, at: &At| Expr::Test(Test { on: test.on.clone(), check, at: at.clone() });
    let present = |at: &At| {
        let everything = Pattern::new([crate::ir::Segment::Any]);
        with(Check::Like { any_of: vec![(everything, at.clone())], case: Case::Fold }, at)
    };
    let text = matches!(test.on.kind, Type::String | Type::Untyped);
    match &test.check {
        Check::Null if test.on.kind != Type::Dynamic => vec![present(&test.at)],
        Check::Like { any_of, case } if text => {
            let (empty, rest): (Vec<_>, Vec<_>) =
                any_of.iter().cloned().partition(|(pattern, _)| pattern.as_literal() == Some(""));
            let mut out: Vec<Expr<Column>> = empty.first().map(|(_, at)| present(at)).into_iter().collect();
            if let Some(at) = rest.first().map(|(_, at)| at.clone()) {
                out.push(with(Check::Like { any_of: rest, case: *case }, &at).not());
            }
            out
        }
        _ => vec![Expr::Test(test.clone()).not()],
    }
}
