//! Columns: extend, project and its kin.

use super::{Given, Node, named};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Kind};
use crate::engines::kql::run::{Record, Run, Table};
use crate::engines::kql::value::{Type, Value};

/// Computed columns; expressions see the columns as they were before.
fn computed(rows: &Table, columns: &[Expr], run: &mut Run<'_>) -> Given<Vec<(String, Node)>> {
    let mut bound: Vec<(String, Node)> = Vec::new();
    for (at, expr) in columns.iter().enumerate() {
        let (name, node) = named(expr, &rows.columns, run)?;
        bound.push((name.unwrap_or_else(|| format!("Column{}", at + 1)), node));
    }
    Ok(bound)
}

pub(super) fn extend(mut rows: Table, columns: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    let bound = computed(&rows, columns, run)?;
    run.rows(rows.records.len(), bound.len())?;
    let mut places = Vec::new();
    for (name, node) in &bound {
        let place = rows.columns.iter().position(|(column, _)| column == name);
        match place.and_then(|place| rows.columns.get_mut(place)) {
            Some((_, kind)) => *kind = node.kind,
            None => rows.columns.push((name.clone(), node.kind)),
        }
        places.push(place.unwrap_or(rows.columns.len() - 1));
    }
    for record in &mut rows.records {
        let mut values = Vec::with_capacity(bound.len());
        for (_, node) in &bound {
            values.push(node.value(&record.values, run)?);
        }
        record.values.resize(rows.columns.len(), Value::Null);
        for (value, place) in values.into_iter().zip(&places) {
            if let Some(cell) = record.values.get_mut(*place) {
                *cell = value;
            }
        }
    }
    Ok(rows)
}

pub(super) fn project(rows: Table, columns: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    let bound = computed(&rows, columns, run)?;
    run.rows(rows.records.len(), bound.len())?;
    let mut records = Vec::with_capacity(rows.records.len());
    for record in &rows.records {
        let mut values = Vec::with_capacity(bound.len());
        for (_, node) in &bound {
            values.push(node.value(&record.values, run)?);
        }
        records.push(Record { event: record.event, values });
    }
    let columns = bound.into_iter().map(|(name, node)| (name, node.kind)).collect();
    Ok(Table { columns, records, summary: rows.summary })
}

/// Keeps the columns at these places, in this order.
fn pick(rows: Table, places: &[usize]) -> Table {
    let columns = places.iter().filter_map(|at| rows.columns.get(*at).cloned()).collect();
    let pick = |record: Record| Record {
        values: places.iter().filter_map(|at| record.values.get(*at).cloned()).collect(),
        event: record.event,
    };
    Table { columns, records: rows.records.into_iter().map(pick).collect(), summary: rows.summary }
}

/// Whether a name fits a pattern, in which `*` stands for any text.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            let middle: &str = middle;
            match rest.find(middle) {
                Some(at) => rest = rest.get(at + middle.len()..).unwrap_or_default(),
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

/// `project-keep` and `project-away`; a name that is no column is an error.
pub(super) fn keep(rows: Table, patterns: &[String], kept: bool) -> Given<Table> {
    known(&rows, patterns)?;
    let places: Vec<usize> = (0..rows.columns.len())
        .filter(|at| {
            let name = rows.columns.get(*at).map_or("", |(name, _)| name.as_str());
            patterns.iter().any(|pattern| fits(pattern, name)) == kept
        })
        .collect();
    Ok(pick(rows, &places))
}

pub(super) fn reorder(rows: Table, patterns: &[String]) -> Given<Table> {
    known(&rows, patterns)?;
    let mut places: Vec<usize> = Vec::new();
    for pattern in patterns.iter().map(String::as_str).chain(["*"]) {
        for (at, (name, _)) in rows.columns.iter().enumerate() {
            if fits(pattern, name) && !places.contains(&at) {
                places.push(at);
            }
        }
    }
    Ok(pick(rows, &places))
}

fn known(rows: &Table, patterns: &[String]) -> Given<()> {
    for pattern in patterns {
        if !pattern.contains('*') && !rows.columns.iter().any(|(name, _)| name == pattern) {
            return Err(Refusal::Error(format!("KS142: the name '{pattern}' does not refer to any known column")));
        }
    }
    Ok(())
}

pub(super) fn rename(mut rows: Table, pairs: &[Expr]) -> Given<Table> {
    let mut renamed = rows.columns.clone();
    for pair in pairs {
        let Kind::Named(new, old) = &pair.kind else {
            return Err(Refusal::Error("project-rename takes new = old".to_owned()));
        };
        let Kind::Name(old) = &old.kind else {
            return Err(Refusal::Error("project-rename takes columns only".to_owned()));
        };
        known(&rows, std::slice::from_ref(old))?;
        for ((name, _), (column, _)) in renamed.iter_mut().zip(&rows.columns) {
            if column == old {
                name.clone_from(new);
            }
        }
    }
    rows.columns = renamed;
    Ok(rows)
}

/// A cell of a `datatable`, or an expanded element, in its column's type: no conversion of text (K: "mv-expand operator").
pub(super) fn cast(value: &Value, kind: Type) -> Value {
    match (kind, value.plain()) {
        (Type::Dynamic, _) => match value {
            Value::Json(_) | Value::Null => value.clone(),
            other => Value::json(other.to_json()),
        },
        (_, Value::Null) => kind.missing(),
        (Type::String, plain) => Value::Text(plain.to_text()),
        (Type::Real, plain) => plain.to_real().map_or(Value::Null, Value::Real),
        (Type::Int | Type::Long, Value::Real(real)) => Value::Long(real as i64),
        (Type::Int | Type::Long, plain @ Value::Long(_))
        | (Type::Bool, plain @ Value::Bool(_))
        | (Type::DateTime, plain @ Value::Time(_))
        | (Type::TimeSpan, plain @ Value::Span(_))
        | (Type::Guid, plain @ Value::Text(_)) => plain,
        (Type::DateTime, Value::Text(text)) => {
            crate::engines::kql::time::parse_datetime(&text).map_or(Value::Null, Value::Time)
        }
        _ => Value::Null,
    }
}
