//! The query around the tests: table, event kind, one `where` a conjunct of the rule, cheap ones first.

use std::sync::Arc;

use super::branches::{Shared, merged, shared};
use super::column::Value;
use super::dialect::Kql;
use super::limits::{DEPTH, LENGTH, depth};
use super::literal::name;
use crate::diag::{Code, Diagnostic, Severity};
use crate::ir::{At, Case, Check, Expr, Fidelity, Pattern, Plan, Test};
use crate::render::{Binding, Conjunct, Gap, Hoist, Options, Query, conjunct, indent};
use crate::schema::{Branch, Column, Type};

/// Comments stand behind this column where the line leaves room.
const COMMENT: usize = 78;

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
        [only] => writer.pipe(only, None)?.join("\n"),
        several => writer.union(several)?,
    };
    let mut tables: Vec<Arc<str>> = Vec::new();
    for branch in &branches {
        if !tables.contains(&branch.table.name) {
            tables.push(branch.table.name.clone());
        }
    }
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
    Ok(Query { text, claim: writer.fidelity, tables, notes: writer.notes })
}

struct Writer<'a> {
    options: &'a Options,
    fidelity: Fidelity,
    notes: Vec<Diagnostic>,
}

impl Writer<'_> {
    /// One table's lines; with a shared filter, only up to the columns that it needs.
    fn pipe(&mut self, branch: &Branch, computed: Option<&[Column]>) -> Result<Vec<String>, Vec<Gap>> {
        let mut lines = vec![name(&branch.table.name)];
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
                Ok(lines) => parts.push(format!("    ({})", lines.join("\n").replace('\n', "\n     "))),
                Err(more) => gaps.extend(more),
            }
        }
        let mut lines = vec!["union isfuzzy=true".to_owned(), parts.join(",\n")];
        if let Some(Shared { filter, .. }) = common {
            match self.filter(&filter, &mut Vec::new()) {
                Ok(more) => lines.extend(more),
                Err(more) => gaps.extend(more),
            }
        }
        gaps.dedup();
        if gaps.is_empty() { Ok(lines.join("\n")) } else { Err(gaps) }
    }

    /// The `where` lines of a condition, each behind the definitions it is the first to need.
    fn filter(&mut self, expr: &Expr<Column>, defined: &mut Vec<Hoist>) -> Result<Vec<String>, Vec<Gap>> {
        let mut gaps = Vec::new();
        let mut conjuncts = Vec::new();
        for part in conjuncts_of(expr) {
            match conjunct(&part.expr, &Kql, self.options) {
                Ok(mut conjunct) => {
                    conjunct.selections.extend(part.also);
                    conjuncts.push(conjunct);
                }
                Err(more) => gaps.extend(more),
            }
        }
        if !gaps.is_empty() {
            return Err(gaps);
        }
        conjuncts.sort_by_key(rank);
        let mut lines = Vec::new();
        for Conjunct { fragment, selections } in conjuncts {
            self.fidelity = self.fidelity.join(fragment.fidelity);
            for note in &fragment.notes {
                if !self.notes.contains(note) {
                    self.notes.push(note.clone());
                }
            }
            if fragment.text == "true" {
                continue;
            }
            let new: Vec<Hoist> = fragment.hoist.iter().filter(|hoist| !defined.contains(hoist)).cloned().collect();
            lines.extend(extend(new.iter().cloned()));
            defined.extend(new);
            let columns = match fragment.binding {
                Binding::Or => 5,
                Binding::And => 4,
                Binding::Not | Binding::Atom => 8,
            };
            let text = format!("| where {}", indent(&fragment.text, columns));
            lines.push(commented(text, &selections));
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
fn extend(definitions: impl Iterator<Item = Hoist>) -> Option<String> {
    let items: Vec<String> = definitions.map(|hoist| format!("{} = {}", hoist.name, hoist.text)).collect();
    (!items.is_empty()).then(|| format!("| extend {}", items.join(",\n         ")))
}

/// The column under the name that a shared filter knows it by.
fn definition(column: &Column) -> Hoist {
    let value = Value::of(column);
    value.hoist.unwrap_or_else(|| Hoist { name: name(column.field.as_str()).into(), text: value.text.into() })
}

/// The line with the selections it comes from in a comment behind its first line.
fn commented(text: String, selections: &[Arc<str>]) -> String {
    if selections.is_empty() {
        return text;
    }
    let plain = |name: &Arc<str>| -> String {
        name.chars().map(|c| if c.is_alphanumeric() || matches!(c, '_' | '-') { c } else { '_' }).collect()
    };
    let names: Vec<String> = selections.iter().map(plain).collect();
    let (first, rest) = match text.split_once('\n') {
        Some((first, rest)) => (first, format!("\n{rest}")),
        None => (text.as_str(), String::new()),
    };
    format!("{first:<COMMENT$}  // [{}]{rest}", names.join(", "), COMMENT = COMMENT - 2)
}

/// A conjunct, with selections that say the same.
struct Part {
    expr: Expr<Column>,
    also: Vec<Arc<str>>,
}

/// The conjuncts of a condition. A negated disjunction is several of them; what it says of one column stays together, as a list
/// that an analyst adds to.
fn conjuncts_of(expr: &Expr<Column>) -> Vec<Part> {
    match expr {
        Expr::All(parts) => parts.iter().flat_map(conjuncts_of).collect(),
        Expr::Not(inner) => match &**inner {
            Expr::Any(parts) => negated(parts),
            Expr::Not(twice) => conjuncts_of(twice),
            one => vec![Part { expr: not(one), also: Vec::new() }],
        },
        other => vec![Part { expr: other.clone(), also: Vec::new() }],
    }
}

fn negated(parts: &[Expr<Column>]) -> Vec<Part> {
    let mut groups: Vec<(Option<&Column>, Vec<Expr<Column>>)> = Vec::new();
    for part in parts {
        match part {
            Expr::Test(test) if !means_absent(test) => match groups.iter_mut().find(|(on, _)| *on == Some(&test.on)) {
                Some((_, group)) => group.push(part.clone()),
                None => groups.push((Some(&test.on), vec![part.clone()])),
            },
            _ => groups.push((None, vec![part.clone()])),
        }
    }
    let mut out: Vec<Part> = Vec::new();
    for (_, mut group) in groups {
        let parts = match (group.pop(), group.is_empty()) {
            (Some(only), true) => conjuncts_of(&only.not()),
            (last, _) => {
                vec![Part { expr: Expr::Any(group.into_iter().chain(last).collect()).not(), also: Vec::new() }]
            }
        };
        for part in parts {
            match out.iter_mut().find(|known| known.expr == part.expr) {
                Some(known) => part.expr.for_each_test(&mut |test| known.also.extend(test.at.selection.clone())),
                None => out.push(part),
            }
        }
    }
    out
}

/// The negation of one test or tree: "is not missing" is said by `isnotempty` and `isnotnull`.
fn not(expr: &Expr<Column>) -> Expr<Column> {
    match expr {
        Expr::Test(test) if means_absent(test) => {
            let any_of = vec![(Pattern::new([crate::ir::Segment::Any]), test.at.clone())];
            let check = Check::Like { any_of, case: Case::Fold };
            Expr::Test(Test { on: test.on.clone(), check, at: test.at.clone() })
        }
        other => other.clone().not(),
    }
}

/// Whether the test holds exactly where the column has no value: of a text column, where it is empty.
fn means_absent(test: &Test<Column>) -> bool {
    let text = matches!(test.on.kind, Type::String | Type::Untyped);
    match &test.check {
        Check::Null => text || test.on.kind != Type::Dynamic,
        Check::Like { any_of, .. } => text && any_of.iter().all(|(pattern, _)| pattern.as_literal() == Some("")),
        _ => false,
    }
}
