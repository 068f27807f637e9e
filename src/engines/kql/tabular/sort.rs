//! `sort`, and with `take` also `top`.

use std::cmp::Ordering;

use super::{Given, bind};
use crate::engines::Refusal;
use crate::engines::kql::ast::Sort;
use crate::engines::kql::run::{Run, Table};
use crate::engines::kql::value::{Type, Value};

/// Sorts rows; ties stay in their order. Nulls come first where the order ascends (K: "sort operator").
pub(super) fn order(mut rows: Table, by: &[Sort], run: &mut Run<'_>) -> Given<Table> {
    let mut nodes = Vec::new();
    for sort in by {
        let node = bind(&sort.by, &rows.columns, run)?;
        if node.kind == Type::Dynamic {
            return Err(Refusal::Error("KS116: sort by a dynamic value; cast it".to_owned()));
        }
        nodes.push(node);
    }
    run.rows(rows.records.len(), nodes.len())?;
    let mut keyed = Vec::with_capacity(rows.records.len());
    for record in rows.records {
        let mut keys = Vec::with_capacity(nodes.len());
        for node in &nodes {
            keys.push(node.value(&record.values, run)?.plain());
        }
        keyed.push((keys, record));
    }
    keyed.sort_by(|(a, _), (b, _)| {
        let orders = a.iter().zip(b).zip(by).map(|((a, b), sort)| compare(a, b, sort));
        orders.fold(Ordering::Equal, Ordering::then)
    });
    rows.records = keyed.into_iter().map(|(_, record)| record).collect();
    Ok(rows)
}

fn compare(a: &Value, b: &Value, sort: &Sort) -> Ordering {
    let null = |first| if first { Ordering::Less } else { Ordering::Greater };
    match (a.is_null(), b.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) => null(sort.nulls_first),
        (false, true) => null(!sort.nulls_first),
        (false, false) => {
            let order = a.order(b).unwrap_or(Ordering::Equal);
            if sort.ascending { order } else { order.reverse() }
        }
    }
}
