//! Tests on a column, in the column's own type: typed columns are compared with typed literals.

use super::{Column, Type};
use crate::ir::{At, Case, Check, Expr, Number, Pattern, Shape, Test};

/// The test on the column, with its literals in the column's type. What can never hold becomes false.
pub(super) fn typed(column: Column, check: Check<Column>, at: &At) -> Expr<Column> {
    match column.kind {
        Type::String => on_text(column, check, at),
        Type::Int | Type::Long | Type::Real => on_number(column, check, at),
        Type::Bool => on_bool(column, check, at),
        Type::Datetime | Type::Dynamic | Type::Untyped => leaf(column, check, at),
    }
}

fn leaf(column: Column, check: Check<Column>, at: &At) -> Expr<Column> {
    Expr::Test(Test { on: column, check, at: at.clone() })
}

/// Numbers and Booleans are their canonical text in a text column (SEMANTICS 2.2).
fn on_text(column: Column, check: Check<Column>, at: &At) -> Expr<Column> {
    let check = match check {
        Check::Equal { any_of } => Check::Like {
            any_of: any_of.into_iter().map(|(number, at)| (Pattern::literal(&number.to_string()), at)).collect(),
            case: Case::Fold,
        },
        Check::Is(value) => {
            Check::Like { any_of: vec![(Pattern::literal(bool_text(value)), at.clone())], case: Case::Fold }
        }
        other => other,
    };
    leaf(column, check, at)
}

fn bool_text(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Text equals a number only where it is its canonical text: `4625`, not `04625`.
fn on_number(column: Column, check: Check<Column>, at: &At) -> Expr<Column> {
    match check {
        Check::Is(_) => Expr::Const(false),
        Check::Like { any_of, case } => {
            let mut numbers = Vec::new();
            let mut patterns = Vec::new();
            for (pattern, at) in any_of {
                match pattern.shape() {
                    Shape::Everything => return leaf(column, Check::Null, &at).not(),
                    Shape::Equals(text) => {
                        if let Some(number) = Number::from_decimal(text).filter(|number| number.to_string() == text) {
                            numbers.push((number, at));
                        }
                    }
                    _ => patterns.push((pattern, at)),
                }
            }
            let mut tests = Vec::new();
            if !numbers.is_empty() {
                tests.push(leaf(column.clone(), Check::Equal { any_of: numbers }, at));
            }
            if !patterns.is_empty() {
                tests.push(leaf(column, Check::Like { any_of: patterns, case }, at));
            }
            any(tests)
        }
        other => leaf(column, other, at),
    }
}

fn on_bool(column: Column, check: Check<Column>, at: &At) -> Expr<Column> {
    match check {
        Check::Equal { .. } | Check::Order { .. } => Expr::Const(false),
        Check::Like { any_of, case } => {
            let holds = |value| any_of.iter().any(|(pattern, _)| pattern.matches(bool_text(value), case));
            let values = [true, false].into_iter().filter(|value| holds(*value));
            any(values.map(|value| leaf(column.clone(), Check::Is(value), at)).collect())
        }
        other => leaf(column, other, at),
    }
}

/// The disjunction of the tests, without a wrapper around a single one.
pub(super) fn any(mut tests: Vec<Expr<Column>>) -> Expr<Column> {
    match tests.len() {
        0 => Expr::Const(false),
        1 => tests.swap_remove(0),
        _ => Expr::Any(tests),
    }
}
