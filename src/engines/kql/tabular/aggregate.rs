//! `summarize` (K: "summarize operator" and the page of each aggregation function).

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{Given, Node, bind, condition, named, natural_name};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Kind};
use crate::engines::kql::run::{Columns, Record, Run, Table};
use crate::engines::kql::scalar::{insert, key};
use crate::engines::kql::value::{Type, Value};

/// An aggregation function over bound arguments.
struct Aggregate {
    name: String,
    arguments: Vec<Node>,
}

/// An output column: an aggregate by itself, or an expression over hidden ones.
struct Output {
    name: String,
    expr: Expr,
}

const HIDDEN: &str = "\u{0}aggregate";

/// How the names of aggregates begin that are not known here (K: "Aggregation functions").
const OTHERS: [&str; 11] = [
    "percentile",
    "stdev",
    "variance",
    "covariance",
    "hll",
    "tdigest",
    "make_bag",
    "make_dictionary",
    "buildschema",
    "binary_all_",
    "take_any",
];

fn is_aggregate(name: &str) -> bool {
    matches!(
        name,
        "count"
            | "countif"
            | "dcount"
            | "dcountif"
            | "count_distinct"
            | "count_distinctif"
            | "sum"
            | "sumif"
            | "avg"
            | "avgif"
            | "min"
            | "minif"
            | "max"
            | "maxif"
            | "make_set"
            | "makeset"
            | "make_list"
            | "makelist"
            | "make_set_if"
            | "make_list_if"
            | "any"
            | "take_any"
            | "arg_max"
            | "arg_min"
    )
}

/// The default name of an aggregate's column.
fn default_name(name: &str, arguments: &[Expr]) -> String {
    let of = arguments.first().and_then(natural_name).unwrap_or_default();
    match name {
        "count" => "count_".to_owned(),
        "countif" => "countif_".to_owned(),
        "make_set" | "makeset" | "make_set_if" => format!("set_{of}"),
        "make_list" | "makelist" | "make_list_if" => format!("list_{of}"),
        "take_any" => of,
        name => format!("{name}_{of}"),
    }
}

/// Takes the aggregates out of an expression: a hidden column each.
fn extract(expr: &Expr, found: &mut Vec<(String, Vec<Expr>)>) -> Given<Expr> {
    let mut walk = |expr: &Expr| extract(expr, found).map(Box::new);
    let kind = match &expr.kind {
        Kind::Call(name, arguments) if is_aggregate(name) => {
            found.push((name.clone(), arguments.clone()));
            Kind::Name(format!("{HIDDEN}{}", found.len() - 1))
        }
        Kind::Call(name, arguments) => {
            let arguments = arguments.iter().map(|argument| extract(argument, found)).collect::<Given<_>>()?;
            Kind::Call(name.clone(), arguments)
        }
        Kind::Binary(op, left, right) => Kind::Binary(op, walk(left)?, walk(right)?),
        Kind::Minus(inner) => Kind::Minus(walk(inner)?),
        Kind::Member(of, key) => Kind::Member(walk(of)?, key.clone()),
        Kind::Index(of, key) => Kind::Index(walk(of)?, walk(key)?),
        other => other.clone(),
    };
    Ok(Expr { kind, depth: expr.depth, at: expr.at })
}

pub(super) fn summarize(rows: Table, what: &[Expr], by: &[Expr], run: &mut Run<'_>) -> Given<Table> {
    let mut groups: Vec<(String, Node)> = Vec::new();
    for (at, expr) in by.iter().enumerate() {
        let (name, node) = named(expr, &rows.columns, run)?;
        if node.kind == Type::Dynamic {
            return Err(Refusal::Error("summarize by a dynamic value; cast it".to_owned()));
        }
        groups.push((name.unwrap_or_else(|| format!("Column{}", at + 1)), node));
    }
    let mut found = Vec::new();
    let mut outputs: Vec<Output> = Vec::new();
    for expr in what {
        outputs_of(expr, &rows.columns, &groups, &mut found, &mut outputs)?;
    }
    let mut aggregates = Vec::new();
    for (name, arguments) in &found {
        aggregates.push(aggregate(name, arguments, &rows.columns, run)?);
    }
    let buckets = buckets(&rows, &groups, run)?;
    let mut hidden: Columns = groups.iter().map(|(name, node)| (name.clone(), node.kind)).collect();
    for (at, aggregate) in aggregates.iter().enumerate() {
        hidden.push((format!("{HIDDEN}{at}"), aggregate.gives()));
    }
    let mut columns: Columns = groups.iter().map(|(name, node)| (name.clone(), node.kind)).collect();
    let mut nodes = Vec::new();
    for output in &outputs {
        let node = bind(&output.expr, &hidden, run)?;
        columns.push((output.name.clone(), node.kind));
        nodes.push(node);
    }
    let mut records = Vec::new();
    for (mut values, members) in buckets {
        run.rows(1, hidden.len())?;
        for aggregate in &aggregates {
            let members = members.iter().filter_map(|at| rows.records.get(*at));
            values.push(aggregate.value(members, run)?);
        }
        let mut shown: Vec<Value> = values.iter().take(groups.len()).cloned().collect();
        for node in &nodes {
            shown.push(node.value(&values, run)?);
        }
        records.push(Record { event: 0, values: shown });
    }
    Ok(Table { columns, records, summary: true })
}

/// The output columns of one entry: several for `arg_max(x, *)`.
fn outputs_of(
    expr: &Expr,
    columns: &Columns,
    groups: &[(String, Node)],
    found: &mut Vec<(String, Vec<Expr>)>,
    outputs: &mut Vec<Output>,
) -> Given<()> {
    let (given, inner) = match &expr.kind {
        Kind::Named(name, inner) => (Some(name.clone()), inner.as_ref()),
        _ => (None, expr),
    };
    if let Kind::Call(name, arguments) = &inner.kind
        && matches!(name.as_str(), "arg_max" | "arg_min" | "any" | "take_any")
        && (arguments.len() > 1 || arguments.iter().any(|argument| argument.kind == Kind::Star))
    {
        // One aggregate a column, all of the same row.
        let all = arguments.iter().flat_map(|argument| match &argument.kind {
            Kind::Star => columns
                .iter()
                .map(|(name, _)| name)
                .filter(|name| !groups.iter().any(|(group, _)| group == *name))
                .filter(|name| !arguments.iter().any(|argument| natural_name(argument).as_ref() == Some(*name)))
                .map(|name| Expr { kind: Kind::Name(name.clone()), depth: 0, at: None })
                .collect(),
            _ => vec![argument.clone()],
        });
        let order = arguments.first().cloned();
        for (at, column) in all.enumerate() {
            let name_given = given.clone().filter(|_| at == 0);
            let column_name = name_given.or_else(|| natural_name(&column));
            let column_name = column_name.ok_or_else(|| Refusal::Unknown(format!("{name}() of an expression")))?;
            let arguments = match (&order, name.starts_with("arg_")) {
                (Some(order), true) => vec![order.clone(), column],
                _ => vec![column],
            };
            found.push((name.clone(), arguments));
            let kind = Kind::Name(format!("{HIDDEN}{}", found.len() - 1));
            outputs.push(Output { name: column_name, expr: Expr { kind, depth: 0, at: None } });
        }
        return Ok(());
    }
    let name = match (&given, &inner.kind) {
        (Some(name), _) => name.clone(),
        (None, Kind::Call(name, arguments)) if is_aggregate(name) => default_name(name, arguments),
        _ => format!("Column{}", outputs.len() + 1),
    };
    let before = found.len();
    let expr = extract(inner, found)?;
    if found.len() == before {
        if let Kind::Call(function, _) = &inner.kind
            && OTHERS.iter().any(|other| function.starts_with(other))
        {
            return Err(Refusal::Unknown(format!("the aggregate {function}()")));
        }
        return Err(Refusal::Error(format!("{name} of summarize is no aggregate")));
    }
    outputs.push(Output { name, expr });
    Ok(())
}

fn aggregate(name: &str, arguments: &[Expr], columns: &Columns, run: &mut Run<'_>) -> Given<Aggregate> {
    let mut nodes = Vec::new();
    let condition_at = match name {
        "countif" => Some(0),
        _ if name.ends_with("if") => Some(1),
        _ => None,
    };
    for (at, argument) in arguments.iter().enumerate() {
        let is_condition = condition_at == Some(at);
        nodes.push(if is_condition { condition(argument, columns, run)? } else { bind(argument, columns, run)? });
    }
    let (least, most) = match name {
        "count" => (0, 0),
        "arg_max" | "arg_min" => (1, 2),
        "make_set_if" | "make_list_if" => (2, 3),
        _ if name.ends_with("if") && name != "countif" => (2, 3),
        _ => (1, 2),
    };
    if nodes.len() < least || nodes.len() > most {
        return Err(Refusal::Error(format!("{name}() does not take {} arguments", nodes.len())));
    }
    let first = nodes.first().map(|node| node.kind);
    let ordered = name.starts_with("min") || name.starts_with("max") || name.starts_with("arg_");
    if (ordered && matches!(first, Some(Type::Dynamic | Type::Guid)))
        || (name.starts_with("count_distinct") && first == Some(Type::Dynamic))
    {
        return Err(Refusal::Error(format!("KS206: {name}() takes no dynamic values")));
    }
    let number = matches!(name, "sum" | "sumif" | "avg" | "avgif");
    if number && first == Some(Type::DateTime) {
        return Err(Refusal::Unknown(format!("{name}() of times")));
    }
    if number && !nodes.first().is_some_and(|node| node.kind.is_number() || node.kind == Type::TimeSpan) {
        return Err(Refusal::Error(format!("{name}() takes numbers")));
    }
    Ok(Aggregate { name: name.to_owned(), arguments: nodes })
}

/// Group keys with the rows of each, in the order of their first row.
fn buckets(rows: &Table, groups: &[(String, Node)], run: &mut Run<'_>) -> Given<Vec<(Vec<Value>, Vec<usize>)>> {
    let mut order: HashMap<String, usize> = HashMap::new();
    let mut buckets: Vec<(Vec<Value>, Vec<usize>)> = Vec::new();
    if groups.is_empty() {
        // Without `by` there is one group, even of no rows.
        buckets.push((Vec::new(), (0..rows.records.len()).collect()));
        return Ok(buckets);
    }
    for (at, record) in rows.records.iter().enumerate() {
        let mut values = Vec::with_capacity(groups.len());
        for (_, node) in groups {
            values.push(node.value(&record.values, run)?);
        }
        let place = *order.entry(key(&values)).or_insert(buckets.len());
        match buckets.get_mut(place) {
            Some((_, members)) => members.push(at),
            None => buckets.push((values, vec![at])),
        }
    }
    Ok(buckets)
}

impl Aggregate {
    fn gives(&self) -> Type {
        let first = self.arguments.first().map_or(Type::Dynamic, |node| node.kind);
        match self.name.as_str() {
            "avg" | "avgif" if first != Type::TimeSpan => Type::Real,
            "make_set" | "makeset" | "make_list" | "makelist" | "make_set_if" | "make_list_if" => Type::Dynamic,
            "sum" | "sumif" if first == Type::Int => Type::Long,
            "arg_max" | "arg_min" => self.arguments.last().map_or(Type::Dynamic, |node| node.kind),
            name if name.contains("count") => Type::Long,
            _ => first,
        }
    }

    /// The aggregate of a group. Nulls do not count, except in `count()`.
    fn value<'r>(&self, records: impl Iterator<Item = &'r Record>, run: &mut Run<'_>) -> Given<Value> {
        let conditional = self.name.ends_with("if") && self.name != "countif";
        let mut values: Vec<(Value, Value)> = Vec::new();
        let mut count: i64 = 0;
        for record in records {
            run.budget.step(4)?;
            let first = match self.arguments.first() {
                Some(node) => node.value(&record.values, run)?,
                None => Value::Null,
            };
            let second = match self.arguments.get(1) {
                Some(node) => node.value(&record.values, run)?,
                None => first.clone(),
            };
            match self.name.as_str() {
                "count" => count += 1,
                "countif" => count += i64::from(first == Value::Bool(true)),
                _ if conditional && second != Value::Bool(true) => {}
                _ => values.push((first, second)),
            }
        }
        let plain = || values.iter().map(|(value, _)| value).filter(|value| !value.is_blank());
        Ok(match self.name.trim_end_matches("if").trim_end_matches('_') {
            "count" => Value::Long(count),
            "dcount" | "count_distinct" => Value::Long(distinct(plain(), run)?.len() as i64),
            "make_set" | "makeset" => list(distinct(plain(), run)?, self.limit(conditional)?),
            "make_list" | "makelist" => list(plain().cloned().collect(), self.limit(conditional)?),
            "sum" => sum(plain(), self.gives()),
            "avg" => {
                let all: Vec<f64> = plain().filter_map(Value::to_real).collect();
                if all.is_empty() { Value::Null } else { Value::Real(all.iter().sum::<f64>() / all.len() as f64) }
            }
            "any" | "take_any" => {
                plain().next().or(values.first().map(|(value, _)| value)).cloned().unwrap_or(Value::Null)
            }
            "min" | "max" => {
                let wanted =
                    if self.name.starts_with("min") { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
                let best = plain().reduce(|best, next| if next.order(best) == Some(wanted) { next } else { best });
                best.cloned().unwrap_or_else(|| self.gives().missing())
            }
            "arg_max" | "arg_min" => {
                let wanted =
                    if self.name == "arg_min" { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater };
                let best = values.iter().reduce(|best, next| {
                    if best.0.is_null() || next.0.order(&best.0) == Some(wanted) { next } else { best }
                });
                best.map_or(Value::Null, |(_, carried)| carried.clone())
            }
            other => return Err(Refusal::Unknown(format!("the aggregate {other}()"))),
        })
    }

    /// The most elements of a set or list.
    fn limit(&self, conditional: bool) -> Given<usize> {
        match self.arguments.get(if conditional { 2 } else { 1 }) {
            None => Ok(1_048_576),
            Some(node) => match node.known() {
                Some(Value::Long(limit)) => Ok(usize::try_from(*limit).unwrap_or(0)),
                _ => Err(Refusal::Unknown("a limit of a set that is no literal".to_owned())),
            },
        }
    }
}

fn distinct<'v>(values: impl Iterator<Item = &'v Value>, run: &mut Run<'_>) -> Given<Vec<Value>> {
    let mut set = Vec::new();
    for value in values {
        run.budget.step(set.len() as u64 + 1)?;
        insert(&mut set, value.clone())?;
    }
    Ok(set)
}

fn list(values: Vec<Value>, limit: usize) -> Value {
    Value::json(Json::Array(values.iter().take(limit).map(Value::to_json).collect()))
}

fn sum<'v>(values: impl Iterator<Item = &'v Value>, kind: Type) -> Value {
    let mut whole: i64 = 0;
    let mut real = 0.0;
    for value in values {
        match value {
            Value::Long(value) | Value::Span(value) => whole = whole.saturating_add(*value),
            other => real += other.to_real().unwrap_or(0.0),
        }
    }
    match kind {
        Type::Real => Value::Real(real + whole as f64),
        Type::TimeSpan => Value::Span(whole),
        _ => Value::Long(whole),
    }
}
