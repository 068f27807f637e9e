//! Names and types: what Microsoft's binder refuses is refused here, whatever the rows hold.

use std::rc::Rc;

use super::compare::{arithmetic_type, comparable};
use super::text::TextOp;
use super::{Among, Given, Node, Work, functions, regexes};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Function, Kind};
use crate::engines::kql::run::{Columns, Let, Run};
use crate::engines::kql::tabular;
use crate::engines::kql::time;
use crate::engines::kql::value::{Type, Value};

/// An expression over the columns of a table.
pub(in crate::engines::kql) fn bind(expr: &Expr, columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    run.budget.step(1)?;
    if run.depth >= DEEPEST {
        return Err(Refusal::Limit);
    }
    run.depth += 1;
    let node = node(expr, columns, run);
    run.depth -= 1;
    node.and_then(|node| fold(node, run)).map_err(|refusal| match expr.at {
        Some(at) => refusal.at(at),
        None => refusal,
    })
}

/// How deep trees may be that no bracket made deep: chains of arithmetic and members.
const DEEPEST: u32 = 500;

/// A predicate: a bool.
pub(in crate::engines::kql) fn condition(expr: &Expr, columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    let node = bind(expr, columns, run)?;
    match node.kind {
        Type::Bool => Ok(node),
        Type::Dynamic => Err(Refusal::Unknown("a dynamic value as a condition; cast it".to_owned())),
        other => Err(Refusal::Error(format!("a condition must be bool, not {}", other.name()))),
    }
}

/// The value of an expression that names no column.
pub(in crate::engines::kql) fn constant(expr: &Expr, run: &mut Run<'_>) -> Given<(Value, Type)> {
    let node = bind(expr, &Vec::new(), run)?;
    Ok((node.value(&[], run)?, node.kind))
}

/// Constants are computed once.
fn fold(node: Node, run: &mut Run<'_>) -> Given<Node> {
    let known = match &node.work {
        Work::Call { arguments, .. } => arguments.iter().all(|argument| argument.known().is_some()),
        Work::Arithmetic { left, right, .. } => left.known().is_some() && right.known().is_some(),
        Work::Member { of, key } => of.known().is_some() && key.known().is_some(),
        _ => false,
    };
    if known { Ok(Node::constant(node.value(&[], run)?, node.kind)) } else { Ok(node) }
}

fn node(expr: &Expr, columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    match &expr.kind {
        Kind::Literal(value, kind) => Ok(Node::constant(value.clone(), *kind)),
        Kind::Name(name) => name_of(name, columns, run),
        Kind::Star => Err(Refusal::Unknown("* in an expression".to_owned())),
        Kind::Member(of, key) => member(bind(of, columns, run)?, Node::constant(Value::text(key), Type::String)),
        Kind::Index(of, key) => {
            let of = bind(of, columns, run)?;
            member(of, bind(key, columns, run)?)
        }
        Kind::Call(name, arguments) => call(name, arguments, columns, run),
        Kind::Minus(inner) => {
            let inner = bind(inner, columns, run)?;
            let zero = if inner.kind == Type::TimeSpan { Value::Span(0) } else { Value::Long(0) };
            let zero_kind = if inner.kind == Type::TimeSpan { Type::TimeSpan } else { Type::Long };
            arithmetic("-", Node::constant(zero, zero_kind), inner)
        }
        Kind::And(parts) => Ok(Node { kind: Type::Bool, work: Work::And(conditions(parts, columns, run)?) }),
        Kind::Or(parts) => Ok(Node { kind: Type::Bool, work: Work::Or(conditions(parts, columns, run)?) }),
        Kind::Binary(op, left, right) => {
            let (left, right) = (bind(left, columns, run)?, bind(right, columns, run)?);
            if matches!(*op, "+" | "-" | "*" | "/" | "%") {
                return arithmetic(op, left, right);
            }
            let (left, right) = if matches!(*op, "==" | "!=") { timely(left, right)? } else { (left, right) };
            comparable(op, left.kind, right.kind)?;
            Ok(Node { kind: Type::Bool, work: Work::Compare { op, left: left.into(), right: right.into() } })
        }
        Kind::Text { op, negated, left, right } => {
            let (left, right) = (bind(left, columns, run)?, bind(right, columns, run)?);
            text(op, *negated, left, right)
        }
        Kind::List { op, negated, left, items } => {
            let left = bind(left, columns, run)?;
            list(op, *negated, left, items, columns, run)
        }
        Kind::Between { negated, left, low, high } => {
            let left = bind(left, columns, run)?;
            let (low, high) = (bind(low, columns, run)?, bind(high, columns, run)?);
            // `between (t .. 2h)`: a timespan counts from the lower end.
            let high = match (low.kind, high.kind) {
                (Type::DateTime, Type::TimeSpan) => fold(arithmetic("+", low.clone(), high)?, run)?,
                _ => high,
            };
            comparable(">=", left.kind, low.kind)?;
            comparable("<=", left.kind, high.kind)?;
            let (left, low, high) = (left.into(), low.into(), high.into());
            Ok(Node { kind: Type::Bool, work: Work::Between { negated: *negated, left, low, high } })
        }
        Kind::Named(name, _) => Err(Refusal::Unknown(format!("the named argument {name}"))),
        Kind::Query(_) => Err(Refusal::Error("a table where a value is wanted".to_owned())),
    }
}

/// A text compared with a datetime is taken for one (measured on Kusto's emulator by the author of duckdb-kql, for a constant).
fn timely(left: Node, right: Node) -> Given<(Node, Node)> {
    let time = |text: Node| match text.known().map(|text| time::parse_datetime(&text.to_text())) {
        Some(Some(ticks)) => Ok(Node::constant(Value::Time(ticks), Type::DateTime)),
        _ => Err(Refusal::Unknown("a datetime compared with a string".to_owned())),
    };
    Ok(match (left.kind, right.kind) {
        (Type::DateTime, Type::String) => (left, time(right)?),
        (Type::String, Type::DateTime) => (time(left)?, right),
        _ => (left, right),
    })
}

fn name_of(name: &str, columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    if let Some(at) = columns.iter().position(|(column, _)| column == name) {
        let kind = columns.get(at).map_or(Type::Dynamic, |(_, kind)| *kind);
        return Ok(Node { kind, work: Work::Column(at) });
    }
    match run.lets.get(name) {
        Some(Let::Value(value, kind)) => Ok(Node::constant(value.clone(), *kind)),
        // What was given stands over the caller's columns.
        Some(Let::Given(node)) if node.known().is_none() && !columns.is_empty() => {
            Err(Refusal::Unknown(format!("the parameter {name} inside a query of its function")))
        }
        Some(Let::Given(node)) => Ok(node.clone()),
        Some(Let::Table(_) | Let::Function(_)) => {
            Err(Refusal::Error(format!("{name} is a table or a function, not a value")))
        }
        None => Err(Refusal::Error(format!(
            "KS142: the name '{name}' does not refer to any known column, table, variable or function"
        ))),
    }
}

fn member(of: Node, key: Node) -> Given<Node> {
    if of.kind != Type::Dynamic {
        return Err(Refusal::Error(format!("a value of type {} has no members", of.kind.name())));
    }
    if !matches!(key.kind, Type::Int | Type::Long | Type::String | Type::Dynamic) {
        return Err(Refusal::Error(format!("KS141: a value of type {} names no member", key.kind.name())));
    }
    Ok(Node { kind: Type::Dynamic, work: Work::Member { of: of.into(), key: key.into() } })
}

fn conditions(parts: &[Expr], columns: &Columns, run: &mut Run<'_>) -> Given<Vec<Node>> {
    parts.iter().map(|part| condition(part, columns, run)).collect()
}

fn arithmetic(op: &'static str, left: Node, right: Node) -> Given<Node> {
    let kind = arithmetic_type(op, left.kind, right.kind)?;
    Ok(Node { kind, work: Work::Arithmetic { op, left: left.into(), right: right.into() } })
}

fn textual(node: &Node, op: &str) -> Given<()> {
    if node.kind.is_textual() {
        return Ok(());
    }
    Err(Refusal::Error(format!(
        "KS107: the operator '{op}' takes a value of type string or dynamic, not {}",
        node.kind.name()
    )))
}

fn text(name: &str, negated: bool, left: Node, right: Node) -> Given<Node> {
    let Some(op) = TextOp::named(name) else { return Err(Refusal::Unknown(format!("the operator {name}"))) };
    textual(&left, name)?;
    textual(&right, name)?;
    if let Some(pattern) = right.known() {
        let pattern = pattern.to_text();
        match op {
            TextOp::Regex => drop(regexes::compiled(&pattern)?),
            TextOp::Has(..) if pattern.is_empty() => {
                return Err(Refusal::Unknown(format!("{name} with the empty text")));
            }
            _ => {}
        }
    }
    Ok(Node { kind: Type::Bool, work: Work::Text { op, negated, left: left.into(), right: right.into() } })
}

fn list(name: &str, negated: bool, left: Node, items: &[Expr], columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    let op = match name {
        "in" => Among::Same,
        "in~" => Among::Folded,
        "has_any" => Among::HasAny,
        _ => Among::HasAll,
    };
    if op != Among::Same {
        textual(&left, name)?;
    }
    let items = match items {
        [only] if tabular::is_table(only, columns, run) => {
            tabular::fed(only, run)?;
            tabular::first_column(only, run)?
        }
        items => items.iter().map(|item| bind(item, columns, run)).collect::<Given<Vec<_>>>()?,
    };
    for item in &items {
        if op == Among::Same {
            comparable("in", left.kind, item.kind)?;
        } else {
            textual(item, name)?;
        }
    }
    let folds = op == Among::Folded && left.kind == Type::String;
    let constants: Option<Vec<Value>> = items.iter().map(|item| item.known().cloned()).collect();
    let folded = constants.filter(|_| folds).map(|constants| {
        let texts = super::flat(constants).into_iter().map(|item| Rc::from(item.to_text().to_ascii_lowercase()));
        Rc::new(texts.collect())
    });
    Ok(Node { kind: Type::Bool, work: Work::Among { op, negated, left: left.into(), items, folded } })
}

/// What the body of a function comes to. It sees its parameters and what was defined before, no column of the caller, and
/// not itself.
pub(in crate::engines::kql) fn inside<'a, T>(
    name: &str,
    function: &Function,
    given: Vec<Node>,
    run: &mut Run<'a>,
    body: impl FnOnce(&Expr, &mut Run<'a>) -> Given<T>,
) -> Given<T> {
    if given.len() != function.parameters.len() {
        return Err(Refusal::Error(format!("{name}() does not take {} arguments", given.len())));
    }
    let outer = run.lets.clone();
    run.lets.remove(name);
    let mut result = Ok(());
    for ((parameter, kind), node) in function.parameters.iter().zip(given) {
        if node.kind != *kind {
            let kinds = format!("a {} given for the {} {parameter}", node.kind.name(), kind.name());
            result = Err(Refusal::Unknown(format!("{kinds} of {name}()")));
        }
        run.lets.insert(parameter.clone(), Let::Given(node));
    }
    for (local, value) in &function.lets {
        let bound = match tabular::is_table(value, &Columns::new(), run) {
            _ if result.is_err() => break,
            true => tabular::table(value, run).map(|table| Let::Table(table.into())),
            false => bind(value, &Columns::new(), run).map(Let::Given),
        };
        result = bound.map(|bound| drop(run.lets.insert(local.clone(), bound)));
    }
    let result = result.and_then(|()| body(&function.body, run));
    run.lets = outer;
    result
}

fn call(name: &str, arguments: &[Expr], columns: &Columns, run: &mut Run<'_>) -> Given<Node> {
    match (name, arguments) {
        ("column_ifexists" | "columnifexists", [column, default]) => {
            let (column, _) = constant(column, run)?;
            let column = column.to_text();
            return match columns.iter().any(|(name, _)| *name == *column) {
                true => name_of(&column, columns, run),
                false => bind(default, columns, run),
            };
        }
        ("toscalar", [query]) => {
            let first = tabular::first_cell(query, run)?;
            return Ok(Node::constant(first.0, first.1));
        }
        ("pack_all", []) => {
            let all = columns.iter().enumerate().map(|(at, (name, _))| (name.clone(), at)).collect();
            return Ok(Node { kind: Type::Dynamic, work: Work::All(all) });
        }
        _ => {}
    }
    let arguments = arguments.iter().map(|argument| bind(argument, columns, run)).collect::<Given<Vec<_>>>()?;
    if let Some(Let::Function(function)) = run.lets.get(name) {
        let function = Rc::clone(function);
        return inside(name, &function, arguments, run, |body, run| bind(body, &Columns::new(), run));
    }
    let kinds: Vec<Type> = arguments.iter().map(|argument| argument.kind).collect();
    let (kind, function) = functions::function(name, &kinds)?;
    if functions::constants(name).iter().any(|at| arguments.get(*at).is_some_and(|given| given.known().is_none())) {
        return Err(Refusal::Error(format!("{name}() takes a constant there")));
    }
    Ok(Node { kind, work: Work::Call { function, arguments } })
}
