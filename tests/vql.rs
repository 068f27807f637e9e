//! VQL: every row of the translation table, the query around the tests, and strings that try to get out.

mod cases;
mod hostile;
mod leaves;
mod queries;

use std::sync::Arc;

use sigmaglot::backends::vql::Vql;
use sigmaglot::ir::regex::{Flags, Regex};
use sigmaglot::ir::{At, Case, Check, Expr, FieldName, Number, Pattern, Plan, Test};
use sigmaglot::render::{Backend, Gap, Options};
use sigmaglot::schema::{Branch, Column, Coverage, From, Table, Traits, Type};

/// A member of `EventData` of that type.
fn member(name: &str, kind: Type) -> Column {
    Column::path(&FieldName::from(name), ["EventData".into(), name.into()], kind, Traits::default())
}

fn string(name: &str) -> Column {
    member(name, Type::String)
}

/// A pattern list in Sigma's own spelling.
fn like(values: &[&str], case: Case) -> Check<Column> {
    Check::Like { any_of: values.iter().map(|value| (Pattern::parse(value), At::default())).collect(), case }
}

fn fold(values: &[&str]) -> Check<Column> {
    like(values, Case::Fold)
}

fn numbers(values: &[i128]) -> Check<Column> {
    Check::Equal { any_of: values.iter().map(|value| (Number::Int(*value), At::default())).collect() }
}

fn re(text: &str, flags: Flags) -> Check<Column> {
    Check::Matches(Regex::parse(text, flags).unwrap())
}

fn within(ranges: &[&str]) -> Check<Column> {
    Check::Within(ranges.iter().map(|range| (range.parse().unwrap(), At::default())).collect())
}

fn test(on: Column, check: Check<Column>) -> Test<Column> {
    Test { on, check, at: At::default() }
}

fn leaf(on: Column, check: Check<Column>) -> Expr<Column> {
    Expr::Test(test(on, check))
}

fn sysmon(filter: Expr<Column>) -> Branch {
    let id = Column::path(
        &FieldName::from("EventID"),
        ["System", "EventID", "Value"].map(Arc::from),
        Type::Int,
        Traits::default(),
    );
    let table = Table {
        name: "Microsoft-Windows-Sysmon/Operational".into(),
        time: "System.TimeCreated.SystemTime".into(),
        text: sigmaglot::schema::Text::Plain,
        attributes: vec![("file".into(), "Microsoft-Windows-Sysmon%4Operational.evtx".into())],
    };
    Branch { table: Arc::new(table), kind: leaf(id, numbers(&[1])), filter, keep: Vec::new(), coverage: Coverage::Full }
}

fn query(filter: Expr<Column>) -> Result<String, Vec<Gap>> {
    Vql.query(&Plan::Select(vec![sysmon(filter)]), &Options::default()).map(|query| query.text)
}

/// The conditions, without what stands before them.
fn conditions(filter: Expr<Column>) -> String {
    let text = query(filter).unwrap();
    let (_, conditions) = text.split_once("WHERE System.EventID.Value = 1\n  AND ").unwrap();
    conditions.to_owned()
}

/// A native expression of a schema.
fn native(text: &str, kind: Type) -> Column {
    Column { field: FieldName::from("x"), from: From::Native(text.into()), kind, traits: Traits::default() }
}
