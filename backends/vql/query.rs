//! What stands around the conditions: the log files, the columns shown, one sub-query a table.

use std::sync::Arc;

use ipnet::IpNet;

use super::dialect::Where;
use super::text::{name, path, plain, raw};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, Fidelity, Pattern, Plan, Segment, Test};
use crate::render::{Binding, Conjunct, Fragment, Gap, Hoist, Options, Query, conjunct, indent};
use crate::schema::{Branch, Column, From};

/// Where Windows keeps its event logs, unless `--set logs=` says otherwise.
const LOGS: &str = "C:/Windows/System32/winevt/Logs/";

/// The rows of a channel's files. The glob gives no row where the host lacks the channel; reading a file that is not
/// there would be an error.
const CHANNEL: &str = "LET Channel(file) = SELECT * FROM foreach(
    row={ SELECT OSPath FROM glob(globs=Logs + file) },
    query={ SELECT * FROM parse_evtx(filename=OSPath) })";

/// The parser takes time by the square of the operands of a chain: some seconds from here on.
const MAX_TESTS: usize = 2_000;

/// Names that mean something else in the query; an alias of that name would hide it.
const TAKEN: &[&str] = &["System", "EventData", "UserData", "EventTime", "Channel", "Logs", "Leaves", "Hex", "OSPath"];

/// The query for a placed rule: the definitions it needs, then one SELECT, or a `chain` of one a table.
pub(super) fn query(plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>> {
    let branches = match plan {
        Plan::Select(branches) => branches,
        Plan::Correlate(_) => {
            let message = "correlations cannot be written in VQL yet";
            return Err(vec![Gap::new(Code::E0601, &At::default(), message)]);
        }
    };
    let mut selects = Vec::new();
    let mut gaps = Vec::new();
    for branch in branches {
        match select(branch, options) {
            Ok(select) => selects.push(select),
            Err(more) => gaps.extend(more),
        }
    }
    if !gaps.is_empty() || selects.is_empty() {
        return Err(gaps);
    }
    let mut query = Query { text: String::new(), claim: Fidelity::Exact, tables: Vec::new(), notes: Vec::new() };
    let mut definitions: Vec<Hoist> = Vec::new();
    for (select, branch) in selects.iter().zip(branches) {
        query.claim = query.claim.join(select.claim);
        if !query.tables.contains(&branch.table.name) {
            query.tables.push(branch.table.name.clone());
        }
        query.notes.extend(select.notes.iter().cloned());
        for hoist in &select.hoist {
            if !definitions.contains(hoist) {
                definitions.push(hoist.clone());
            }
        }
    }
    let logs = raw(LOGS);
    query.text = format!("LET Logs <= {logs}\n{CHANNEL}\n");
    for definition in definitions {
        query.text.push_str(&definition.text);
        query.text.push('\n');
    }
    query.text.push('\n');
    match selects.as_slice() {
        [select] => query.text.push_str(&select.text),
        selects => {
            query.text.push_str("SELECT * FROM chain(\n");
            for (n, select) in selects.iter().enumerate() {
                let end = if n + 1 == selects.len() { ")" } else { ",\n" };
                query.text.push_str(&format!("    t{}={{ {} }}{end}", n + 1, indent(&select.text, 9)));
            }
        }
    }
    Ok(query)
}

/// One table's share.
struct Select {
    text: String,
    claim: Fidelity,
    hoist: Vec<Hoist>,
    notes: Vec<Diagnostic>,
}

fn select(branch: &Branch, options: &Options) -> Result<Select, Vec<Gap>> {
    let mut tests = 0;
    branch.filter.for_each_test(&mut |_| tests += 1);
    if tests > MAX_TESTS {
        let message = format!("the rule has {tests} tests, and VQL's parser takes minutes for more than {MAX_TESTS}");
        return Err(vec![Gap::new(Code::E0604, &At::default(), message).help("split the rule")]);
    }
    let mut parts = Vec::new();
    conjuncts(&branch.kind, &mut parts);
    conjuncts(&branch.filter, &mut parts);
    let mut written: Vec<Conjunct> = Vec::new();
    let mut gaps = Vec::new();
    for part in parts {
        match conjunct(&part, &Where, options) {
            Ok(conjunct) => written.push(conjunct),
            Err(more) => gaps.extend(more),
        }
    }
    if !gaps.is_empty() {
        return Err(gaps);
    }
    let mut out = Select { text: columns(branch), claim: Fidelity::Exact, hoist: Vec::new(), notes: Vec::new() };
    let file = plain(branch.table.attribute("file").unwrap_or(&branch.table.name));
    out.text.push_str(&format!("\nFROM Channel(file={file})"));
    for (n, Conjunct { fragment, .. }) in written.into_iter().enumerate() {
        let word = if n == 0 { "\nWHERE " } else { "\n  AND " };
        out.text.push_str(word);
        out.text.push_str(&line(&fragment));
        out.claim = out.claim.join(fragment.fidelity);
        out.hoist.extend(fragment.hoist);
        out.notes.extend(fragment.notes);
    }
    Ok(out)
}

/// A conjunct behind `WHERE` or `AND`: OR binds tighter, but is parenthesised all the same.
fn line(fragment: &Fragment) -> String {
    if fragment.binding == Binding::Or { format!("({})", indent(&fragment.text, 7)) } else { indent(&fragment.text, 6) }
}

/// The members of the top-level conjunction, each to be a line: `not (a or b)` is `not a` and `not b`.
fn conjuncts(expr: &Expr<Column>, out: &mut Vec<Expr<Column>>) {
    match expr {
        Expr::Const(true) => {}
        Expr::All(parts) => parts.iter().for_each(|part| conjuncts(part, out)),
        Expr::Not(inner) => match &**inner {
            Expr::Any(parts) => parts.iter().for_each(|part| conjuncts(&part.clone().not(), out)),
            Expr::Not(inner) => conjuncts(inner, out),
            Expr::Test(test) => out.extend(families(test).map(|test| present(Expr::Test(test).not()))),
            _ => out.push(present(expr.clone())),
        },
        expr => out.push(present(expr.clone())),
    }
}

/// A test of networks of both families as one each: in no network is in none of IPv4 and in none of IPv6.
fn families(test: &Test<Column>) -> impl Iterator<Item = Test<Column>> {
    let Check::Within(ranges) = &test.check else { return vec![test.clone()].into_iter() };
    let (four, six): (Vec<_>, Vec<_>) = ranges.iter().cloned().partition(|(range, _)| matches!(range, IpNet::V4(_)));
    let part = |ranges: Vec<(IpNet, At)>| Test { check: Check::Within(ranges), ..test.clone() };
    [four, six].into_iter().filter(|ranges| !ranges.is_empty()).map(part).collect::<Vec<_>>().into_iter()
}

/// `x != NULL` for `NOT x = NULL`: a value that is anything at all.
fn present(expr: Expr<Column>) -> Expr<Column> {
    match expr {
        Expr::Not(inner) => match *inner {
            Expr::Test(test) if test.check == Check::Null => {
                let anything = (Pattern::new([Segment::Any]), test.at.clone());
                Expr::test(test.on, Check::Like { any_of: vec![anything], case: Case::Fold }, test.at)
            }
            inner => present(inner).not(),
        },
        Expr::All(parts) => Expr::All(parts.into_iter().map(present).collect()),
        Expr::Any(parts) => Expr::Any(parts.into_iter().map(present).collect()),
        leaf => leaf,
    }
}

/// `SELECT` with the time, the host and the fields that the rule looks at, by its own names.
fn columns(branch: &Branch) -> String {
    let mut shown = vec![
        "timestamp(epoch=System.TimeCreated.SystemTime) AS EventTime".to_owned(),
        "System.Computer AS Computer".to_owned(),
    ];
    let mut names: Vec<Arc<str>> = vec!["EventTime".into(), "Computer".into()];
    let mut show = |column: &Column| {
        let From::Path(parts) = &column.from else { return };
        if names.contains(&column.field.0) || TAKEN.contains(&column.field.as_str()) {
            return;
        }
        if let (Ok(path), Some(alias)) = (path(parts.iter().map(|part| &**part), &At::default()), name(&column.field.0))
        {
            names.push(column.field.0.clone());
            shown.push(format!("{path} AS {alias}"));
        }
    };
    let mut keywords = false;
    branch.filter.for_each_test(&mut |test| {
        keywords |= matches!(&test.on.from, From::Native(text) if text.ends_with("._value"));
        show(&test.on);
        if let Check::SameAs { other, .. } = &test.check {
            show(other);
        }
    });
    branch.keep.iter().for_each(|(_, column)| show(column));
    // A keyword may be in any value: the whole row is shown, of which no column can be missing.
    if keywords {
        shown.insert(0, "*".to_owned());
    }
    format!("SELECT {}", shown.join(",\n       "))
}
