//! `join` on keys (K: "join operator").

use std::collections::{HashMap, HashSet};

use super::{Given, fed, table};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Kind};
use crate::engines::kql::run::{Columns, Record, Run, Table};
use crate::engines::kql::scalar::key;
use crate::engines::kql::value::{Type, Value};

/// Pairs of key columns, left and right.
fn keys(on: &[Expr], left: &Columns, right: &Columns) -> Given<Vec<(usize, usize)>> {
    let place = |columns: &Columns, name: &str| {
        columns
            .iter()
            .position(|(column, _)| column == name)
            .ok_or_else(|| Refusal::Error(format!("KS142: the name '{name}' does not refer to any known column")))
    };
    let mut pairs = Vec::new();
    for expr in on {
        let (left_name, right_name) = match &expr.kind {
            Kind::Name(name) => (name.as_str(), name.as_str()),
            Kind::Binary("==", a, b) => match (side(a), side(b)) {
                (Some(("$left", a)), Some(("$right", b))) | (Some(("$right", b)), Some(("$left", a))) => (a, b),
                _ => return Err(Refusal::Unknown("a condition of join that compares no two columns".to_owned())),
            },
            _ => return Err(Refusal::Unknown("a condition of join that is no column".to_owned())),
        };
        let (a, b) = (place(left, left_name)?, place(right, right_name)?);
        let kind = |columns: &Columns, at| columns.get(at).map_or(Type::Dynamic, |(_, kind)| *kind);
        let (kind_a, kind_b) = (kind(left, a), kind(right, b));
        if kind_a != kind_b && !(kind_a.is_number() && kind_b.is_number()) {
            return Err(Refusal::Error(format!("join keys of types {} and {}", kind_a.name(), kind_b.name())));
        }
        pairs.push((a, b));
    }
    Ok(pairs)
}

/// `$left.name`
fn side(expr: &Expr) -> Option<(&str, &str)> {
    match &expr.kind {
        Kind::Member(of, name) => match &of.kind {
            Kind::Name(side) => Some((side, name)),
            _ => None,
        },
        _ => None,
    }
}

/// The key of a row; none where a part of it is null.
fn key_of(record: &Record, places: impl Iterator<Item = usize>) -> Option<String> {
    let values: Vec<Value> = places.map(|at| record.values.get(at).cloned().unwrap_or(Value::Null)).collect();
    (!values.iter().any(Value::is_null)).then(|| key(&values))
}

pub(super) fn join(left: Table, kind: &str, right: &Expr, on: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    if kind != "leftouter" {
        fed(right, run)?;
    }
    let right = table(right, run)?;
    let pairs = keys(on, &left.columns, &right.columns)?;
    let left_key = |record: &Record| key_of(record, pairs.iter().map(|(a, _)| *a));
    let right_key = |record: &Record| key_of(record, pairs.iter().map(|(_, b)| *b));
    let null =
        |table: &Table, key: &dyn Fn(&Record) -> Option<String>| table.records.iter().any(|row| key(row).is_none());
    if null(&left, &left_key) && null(&right, &right_key) {
        return Err(Refusal::Unknown("a join in which both sides have null keys".to_owned()));
    }
    run.budget.step((left.records.len() + right.records.len()) as u64 * 8)?;
    let mut found: HashMap<String, Vec<&Record>> = HashMap::new();
    for record in &right.records {
        if let Some(key) = right_key(record) {
            found.entry(key).or_default().push(record);
        }
    }
    let partners = |record: &Record| left_key(record).and_then(|key| found.get(&key)).map_or(&[][..], Vec::as_slice);
    let (unique, outer) = match kind {
        "innerunique" => (true, false),
        "inner" => (false, false),
        "leftouter" => (false, true),
        "leftsemi" | "leftanti" | "anti" | "leftantisemi" => {
            let wanted = kind == "leftsemi";
            let mut kept = left.clone();
            kept.records.retain(|record| partners(record).is_empty() != wanted);
            return Ok(kept);
        }
        other => return Err(Refusal::Unknown(format!("join of kind {other}"))),
    };
    let mut columns = left.columns.clone();
    for (name, kind) in &right.columns {
        columns.push((free_name(name, &columns), *kind));
    }
    let blank: Vec<Value> = right.columns.iter().map(|(_, kind)| kind.missing()).collect();
    let mut joined = Table { columns, records: Vec::new(), summary: left.summary && right.summary };
    let mut seen = HashSet::new();
    for record in &left.records {
        if unique && !seen.insert(left_key(record)) {
            continue;
        }
        let partners = partners(record);
        run.rows(partners.len(), joined.columns.len())?;
        for partner in partners {
            let values = record.values.iter().chain(&partner.values).cloned().collect();
            let event = if left.summary { partner.event } else { record.event };
            joined.records.push(Record { event, values });
        }
        if outer && partners.is_empty() {
            if left.summary && !right.summary {
                return Err(Refusal::Unknown("an outer join of a summary with rows".to_owned()));
            }
            let values = record.values.iter().chain(&blank).cloned().collect();
            joined.records.push(Record { event: record.event, values });
        }
    }
    Ok(joined)
}

/// `lookup` (K: "lookup operator"): a join, `leftouter` or `inner`, without the keys of the right table.
pub(super) fn lookup(left: Table, outer: bool, right: &Expr, on: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    let width = left.columns.len();
    let columns = table(right, run)?.columns;
    let dropped: Vec<usize> = keys(on, &left.columns, &columns)?.into_iter().map(|(_, b)| width + b).collect();
    let mut joined = join(left, if outer { "leftouter" } else { "inner" }, right, on, run)?;
    let kept = |at: &usize| !dropped.contains(at);
    joined.columns =
        joined.columns.into_iter().enumerate().filter(|(at, _)| kept(at)).map(|(_, column)| column).collect();
    for record in &mut joined.records {
        let values = std::mem::take(&mut record.values).into_iter().enumerate();
        record.values = values.filter(|(at, _)| kept(at)).map(|(_, value)| value).collect();
    }
    Ok(joined)
}

/// A column of the right table whose name is taken gets a number.
fn free_name(name: &str, columns: &Columns) -> String {
    let taken = |name: &str| columns.iter().any(|(column, _)| column == name);
    if !taken(name) {
        return name.to_owned();
    }
    (1..).map(|number| format!("{name}{number}")).find(|name| !taken(name)).unwrap_or_default()
}
