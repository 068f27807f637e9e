//! `mv-expand` and `mv-apply`.

use serde_json::{Map, Value as Json};

use super::{Given, Node, named, shape, steps};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expand, Placed};
use crate::engines::kql::run::{Columns, Record, Run, Table};
use crate::engines::kql::value::{Type, Value};

struct Item {
    node: Node,
    place: usize,
    kind: Type,
}

/// The columns after expanding, and what goes where.
fn bound(rows: &Table, index: Option<&str>, items: &[Expand], run: &mut Run<'_>) -> Given<(Columns, Vec<Item>)> {
    let mut columns = rows.columns.clone();
    let mut all = Vec::new();
    for item in items {
        let (name, node) = named(&item.item, &rows.columns, run)?;
        let name = name.ok_or_else(|| Refusal::Unknown("an expanded expression without a name".to_owned()))?;
        if node.kind != Type::Dynamic {
            return Err(Refusal::Error(format!("mv-expand takes a dynamic value, not {}", node.kind.name())));
        }
        let kind = item.to.unwrap_or(Type::Dynamic);
        let place = match columns.iter().position(|(column, _)| *column == name) {
            Some(place) => place,
            None => {
                columns.push((name.clone(), kind));
                columns.len() - 1
            }
        };
        if let Some(column) = columns.get_mut(place) {
            column.1 = kind;
        }
        all.push(Item { node, place, kind });
    }
    columns.extend(index.map(|name| (name.to_owned(), Type::Long)));
    Ok((columns, all))
}

/// The elements of a value: of a bag its members, a bag each; a null stays one null, what is empty gives none.
fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Json(json) => match json.as_ref() {
            Json::Array(items) => items.iter().map(|item| Value::json(item.clone())).collect(),
            Json::Object(members) => {
                let one = |(name, value): (&String, &Json)| {
                    Value::json(Json::Object(Map::from_iter([(name.clone(), value.clone())])))
                };
                members.iter().map(one).collect()
            }
            Json::Null => vec![Value::Null],
            _ => vec![value.clone()],
        },
        other => vec![other.clone()],
    }
}

/// The rows that one row becomes; several items are expanded side by side.
fn expanded(
    record: &Record,
    items: &[Item],
    width: usize,
    index: bool,
    limit: Option<u64>,
    run: &mut Run<'_>,
) -> Given<Vec<Record>> {
    let mut lists = Vec::new();
    for item in items {
        lists.push(elements(&item.node.value(&record.values, run)?));
    }
    let most = lists.iter().map(Vec::len).max().unwrap_or(0);
    let most = limit.map_or(most, |limit| most.min(usize::try_from(limit).unwrap_or(usize::MAX)));
    run.rows(most, width)?;
    let mut rows = Vec::with_capacity(most);
    for at in 0..most {
        let mut values = record.values.clone();
        values.resize(width, Value::Null);
        for (item, list) in items.iter().zip(&lists) {
            let element = list.get(at).cloned().unwrap_or(Value::Null);
            if let Some(cell) = values.get_mut(item.place) {
                *cell = shape::cast(&element, item.kind);
            }
        }
        if index && let Some(cell) = values.last_mut() {
            *cell = Value::Long(at as i64);
        }
        rows.push(Record { event: record.event, values });
    }
    Ok(rows)
}

pub(super) fn mv_expand(
    rows: Table,
    index: Option<&str>,
    items: &[Expand],
    limit: Option<u64>,
    run: &mut Run<'_>,
) -> Given<Table> {
    let (columns, items) = bound(&rows, index, items, run)?;
    let mut records = Vec::new();
    for record in &rows.records {
        records.extend(expanded(record, &items, columns.len(), index.is_some(), limit, run)?);
    }
    Ok(Table { columns, records, summary: rows.summary })
}

/// Each row's own table passes the steps; what comes out stands beside the row's other columns.
pub(super) fn mv_apply(
    rows: Table,
    index: Option<&str>,
    items: &[Expand],
    inner: &[Placed],
    run: &mut Run<'_>,
) -> Given<Table> {
    let (columns, items) = bound(&rows, index, items, run)?;
    // Without a row there is still a schema, and its errors.
    let empty = Table { columns: columns.clone(), ..Table::default() };
    let shape = steps(empty, inner, run)?.columns;
    let kept: Vec<usize> = (0..rows.columns.len())
        .filter(|at| rows.columns.get(*at).is_some_and(|(name, _)| !shape.iter().any(|(column, _)| column == name)))
        .collect();
    let mut result = Table { columns: Columns::new(), records: Vec::new(), summary: rows.summary };
    result.columns.extend(kept.iter().filter_map(|at| rows.columns.get(*at).cloned()));
    result.columns.extend(shape);
    for record in &rows.records {
        let records = expanded(record, &items, columns.len(), index.is_some(), None, run)?;
        if records.is_empty() {
            continue;
        }
        let part = steps(Table { columns: columns.clone(), records, summary: false }, inner, run)?;
        for found in part.records {
            let values = kept.iter().filter_map(|at| record.values.get(*at).cloned()).chain(found.values);
            result.records.push(Record { event: record.event, values: values.collect() });
        }
    }
    Ok(result)
}
