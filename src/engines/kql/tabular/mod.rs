//! Tabular expressions: sources, and the operators that rows pass.

mod aggregate;
mod expand;
mod join;
mod parse;
mod shape;
mod sort;

use std::collections::HashSet;

use super::ast::{Expr, Function, Kind, Placed, Query, Source, Statement, Step, Union};
use super::run::{Columns, Let, Record, Run, Table};
use super::scalar::{Node, bind, condition, constant, inside};
use super::value::{Type, Value};
use crate::engines::Refusal;

pub(super) type Given<T> = Result<T, Refusal>;

/// Runs the statements; the last, a query, gives the result.
pub(super) fn statements(statements: &[Statement], run: &mut Run<'_>) -> Given<Table> {
    let mut result = None;
    for statement in statements {
        match statement {
            _ if result.is_some() => {
                return Err(Refusal::Unknown("several queries in one text; judge each by itself".to_owned()));
            }
            Statement::Let(name, expr) => {
                if root(expr).is_some_and(|name| run.is_unfed(name)) {
                    run.unfed.insert(name.clone());
                }
                let bound = if is_table(expr, &Columns::new(), run) {
                    Let::Table(table(expr, run)?.into())
                } else {
                    let (value, kind) = constant(expr, run)?;
                    Let::Value(value, kind)
                };
                run.lets.insert(name.clone(), bound);
            }
            Statement::Function(name, function) => {
                run.lets.insert(name.clone(), Let::Function(function.clone().into()));
            }
            Statement::Query(expr) => result = Some(table(expr, run)?),
        }
    }
    result.ok_or_else(|| Refusal::Error("a text without a query".to_owned()))
}

/// Whether an expression is a table.
pub(super) fn is_table(expr: &Expr, columns: &Columns, run: &Run<'_>) -> bool {
    match &expr.kind {
        Kind::Query(_) => true,
        Kind::Name(name) => !columns.iter().any(|(column, _)| column == name) && run.has_table(name),
        Kind::Call(name, _) => match run.lets.get(name) {
            Some(Let::Function(function)) => is_table_of(function, run),
            _ => name == "materialize",
        },
        _ => false,
    }
}

/// Whether a function gives a table.
fn is_table_of(function: &Function, run: &Run<'_>) -> bool {
    let local = match &function.body.kind {
        Kind::Name(name) => function.lets.iter().find(|(local, _)| local == name),
        _ => None,
    };
    is_table(local.map_or(&function.body, |(_, value)| value), &Columns::new(), run)
}

/// The rows of a tabular expression.
pub(super) fn table(expr: &Expr, run: &mut Run<'_>) -> Given<Table> {
    run.budget.step(1)?;
    match &expr.kind {
        Kind::Name(name) => run.table(name),
        Kind::Query(query) => query_rows(query, run),
        Kind::Call(name, arguments) => match (run.lets.get(name).cloned(), arguments.as_slice()) {
            (Some(Let::Function(function)), arguments) => {
                let given = arguments.iter().map(|argument| bind(argument, &Columns::new(), run));
                let given = given.collect::<Given<Vec<Node>>>()?;
                inside(name, &function, given, run, table)
            }
            (None, [query]) if name == "materialize" => table(query, run),
            _ => Err(Refusal::Unknown(format!("the function {name}() as a table"))),
        },
        _ => Err(Refusal::Error("a value where a table is wanted".to_owned())),
    }
}

/// The values of the first column, as constants.
pub(super) fn first_column(expr: &Expr, run: &mut Run<'_>) -> Given<Vec<Node>> {
    let table = table(expr, run)?;
    let Some((_, kind)) = table.columns.first() else { return Ok(Vec::new()) };
    let values = table.records.into_iter().filter_map(|record| record.values.into_iter().next());
    Ok(values.map(|value| Node::constant(value, *kind)).collect())
}

/// The first column of the first row; a null where there is no row.
pub(super) fn first_cell(expr: &Expr, run: &mut Run<'_>) -> Given<(Value, Type)> {
    let table = table(expr, run)?;
    let Some((_, kind)) = table.columns.first() else {
        return Err(Refusal::Error("toscalar() of a table without columns".to_owned()));
    };
    let value = table.records.into_iter().next().and_then(|record| record.values.into_iter().next());
    Ok((value.unwrap_or_else(|| kind.missing()), *kind))
}

fn query_rows(query: &Query, run: &mut Run<'_>) -> Given<Table> {
    let rows = match &query.source {
        Source::Table(expr) => table(expr, run)?,
        Source::Union(union) => unite(None, union, run)?,
        Source::Rows { columns, cells } => {
            let mut values = Vec::new();
            for cell in cells {
                values.push(constant(cell, run)?.0);
            }
            let records = values.chunks(columns.len().max(1)).enumerate();
            let records = records.map(|(event, values)| Record {
                event,
                values: columns.iter().zip(values).map(|((_, kind), value)| shape::cast(value, *kind)).collect(),
            });
            Table { columns: columns.clone(), records: records.collect(), summary: true }
        }
        Source::Print(columns) => {
            let one = Table { records: vec![Record { event: 0, values: Vec::new() }], ..Table::default() };
            Table { summary: true, ..shape::project(one, columns, run)? }
        }
    };
    steps(rows, &query.steps, run)
}

/// Passes rows through operators.
pub(super) fn steps(mut rows: Table, steps: &[Placed], run: &mut Run<'_>) -> Given<Table> {
    for each in steps {
        rows = step(rows, &each.step, run).map_err(|refusal| refusal.at(each.at))?;
    }
    Ok(rows)
}

fn step(mut rows: Table, step: &Step, run: &mut Run<'_>) -> Given<Table> {
    Ok(match step {
        Step::Nothing => rows,
        Step::Where(predicate) => {
            let predicate = condition(predicate, &rows.columns, run)?;
            let mut kept = Vec::new();
            for record in rows.records {
                if predicate.value(&record.values, run)?.plain() == Value::Bool(true) {
                    kept.push(record);
                }
            }
            rows.records = kept;
            rows
        }
        Step::Extend(columns) => shape::extend(rows, columns, run)?,
        Step::Project(columns) => shape::project(rows, columns, run)?,
        Step::Away(patterns) => shape::keep(rows, patterns, false)?,
        Step::Keep(patterns) => shape::keep(rows, patterns, true)?,
        Step::Rename(pairs) => shape::rename(rows, pairs)?,
        Step::Reorder(patterns) => shape::reorder(rows, patterns)?,
        Step::Summarize { what, by } => aggregate::summarize(rows, what, by, run)?,
        Step::Join { kind, right, on } => join::join(rows, kind, right, on, run)?,
        Step::Lookup { outer, right, on } => join::lookup(rows, *outer, right, on, run)?,
        Step::MvExpand { index, items, limit } => expand::mv_expand(rows, index.as_deref(), items, *limit, run)?,
        Step::MvApply { index, items, steps } => expand::mv_apply(rows, index.as_deref(), items, steps, run)?,
        Step::Order(by) => sort::order(rows, by, run)?,
        Step::Take(count) => {
            rows.records.truncate(usize::try_from(*count).unwrap_or(usize::MAX));
            rows
        }
        Step::Distinct(columns) => distinct(rows, columns, run)?,
        Step::Count => {
            let count = Value::Long(rows.records.len() as i64);
            let columns = vec![("Count".to_owned(), Type::Long)];
            Table { columns, records: vec![Record { event: 0, values: vec![count] }], summary: true }
        }
        Step::Parse { from, pattern } => parse::parse(rows, from, pattern, run)?,
        Step::Union(union) => unite(Some(rows), union, run)?,
    })
}

fn distinct(rows: Table, columns: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    let all = matches!(columns, [Expr { kind: Kind::Star, .. }]);
    let mut rows = if all { rows } else { shape::project(rows, columns, run)? };
    if !all && rows.columns.iter().any(|(_, kind)| *kind == Type::Dynamic) {
        return Err(Refusal::Error("KS116: distinct dynamic values; cast them".to_owned()));
    }
    let mut seen = HashSet::new();
    rows.records.retain(|record| seen.insert(super::scalar::key(&record.values)));
    rows.summary = true;
    Ok(rows)
}

/// The name at the root of a leg, which a fuzzy union may miss.
fn root(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        Kind::Name(name) => Some(name),
        Kind::Query(query) => match &query.source {
            Source::Table(source) => root(source),
            _ => None,
        },
        _ => None,
    }
}

/// Whether it is known what a table that chooses among the rows of another holds.
///
/// # Errors
/// Its name, where it is one that no event feeds: of devices, identities, alerts.
pub(super) fn fed(expr: &Expr, run: &Run<'_>) -> Given<()> {
    match root(expr) {
        Some(name) if run.is_unfed(name) => {
            Err(Refusal::Unknown(format!("what {name} holds, of which the events tell nothing")))
        }
        _ => Ok(()),
    }
}

/// `outer` keeps all columns, `inner` those that all legs have.
fn unite(first: Option<Table>, union: &Union, run: &mut Run<'_>) -> Given<Table> {
    let mut legs: Vec<(String, Table)> = Vec::new();
    legs.extend(first.map(|first| ("union_arg0".to_owned(), first)));
    for leg in &union.legs {
        if union.fuzzy && root(leg).is_some_and(|name| !run.has_table(name)) {
            continue;
        }
        let name = match &leg.kind {
            Kind::Name(name) => name.clone(),
            _ => format!("union_arg{}", legs.len()),
        };
        legs.push((name, table(leg, run)?));
    }
    if legs.is_empty() {
        return Err(Refusal::Error("none of the union's tables exists".to_owned()));
    }
    let mut columns = Columns::new();
    for (_, leg) in &legs {
        for (name, kind) in &leg.columns {
            match columns.iter().find(|(column, _)| column == name) {
                None => columns.push((name.clone(), *kind)),
                Some((_, known)) if known == kind => {}
                Some(_) => return Err(Refusal::Unknown(format!("a union of columns {name} of two types"))),
            }
        }
    }
    if union.inner {
        columns.retain(|column| legs.iter().all(|(_, leg)| leg.columns.contains(column)));
    }
    let mut united = Table { summary: legs.iter().any(|(_, leg)| leg.summary), ..Table::default() };
    united.columns.extend(union.with_source.iter().map(|name| (name.clone(), Type::String)));
    united.columns.extend(columns.iter().cloned());
    for (name, leg) in legs {
        run.rows(leg.records.len(), united.columns.len())?;
        let places: Vec<Option<usize>> =
            columns.iter().map(|column| leg.columns.iter().position(|other| other == column)).collect();
        for record in leg.records {
            let mut values = Vec::with_capacity(united.columns.len());
            values.extend(union.with_source.iter().map(|_| Value::text(&name)));
            values.extend(places.iter().zip(&columns).map(|(place, (_, kind))| {
                place.and_then(|at| record.values.get(at).cloned()).unwrap_or_else(|| kind.missing())
            }));
            united.records.push(Record { event: record.event, values });
        }
    }
    Ok(united)
}

/// The expression over a table's columns, with the name that its column gets.
fn named(expr: &Expr, columns: &Columns, run: &mut Run<'_>) -> Given<(Option<String>, Node)> {
    match &expr.kind {
        Kind::Named(name, inner) => Ok((Some(name.clone()), bind(inner, columns, run)?)),
        _ => Ok((natural_name(expr), bind(expr, columns, run)?)),
    }
}

/// The name that a column takes from its expression.
fn natural_name(expr: &Expr) -> Option<String> {
    match &expr.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Member(of, key) => Some(format!("{}_{key}", natural_name(of)?)),
        Kind::Call(name, arguments) if matches!(name.as_str(), "bin" | "floor") => natural_name(arguments.first()?),
        _ => None,
    }
}
