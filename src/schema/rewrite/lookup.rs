//! Other words for the values: `Initiated: true` is an ActionType, `LogonType: 10` is RemoteInteractive.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Context, unplaceable};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, FieldName, Number, Pattern};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::constant::decide;
use crate::schema::model::{OneOrMany, Scalar};
use crate::schema::typed::{any, typed};

pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    column: &str,
    values: &BTreeMap<Arc<str>, OneOrMany<Scalar>>,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let column = cx.view.column(field, column);
    if matches!(check, Check::Null | Check::Exists) {
        return Ok(typed(column, check, at));
    }
    if decide(&check, &Scalar::Text(Arc::from(""))) == Some(true) {
        let note = Diagnostic::new(Code::W0701, format!("{field} is the same when it is missing, null and empty"));
        cx.report.notes.push(note.at(at.span).help("the column has words of its own, and none for an empty value"));
    }
    let mut words = Vec::new();
    for (word, mapped) in values {
        match decide(&check, &Scalar::Text(word.clone())) {
            Some(true) => words.extend(mapped.as_slice()),
            Some(false) => {}
            None => return Err(unplaceable(field, at, "the column has other words for the values")),
        }
    }
    Ok(one_of(&column, &words, Case::Exact, at))
}

/// The column holds one of the words that the schema writes.
pub(in crate::schema) fn one_of(column: &Column, words: &[&Scalar], case: Case, at: &At) -> Expr<Column> {
    let mut texts = Vec::new();
    let mut numbers = Vec::new();
    let mut tests = Vec::new();
    for word in words {
        match word {
            Scalar::Text(text) => texts.push((Pattern::literal(text), at.clone())),
            Scalar::Int(number) => numbers.push((Number::Int(i128::from(*number)), at.clone())),
            Scalar::Bool(value) => tests.push(typed(column.clone(), Check::Is(*value), at)),
        }
    }
    if !texts.is_empty() {
        tests.push(typed(column.clone(), Check::Like { any_of: texts, case }, at));
    }
    if !numbers.is_empty() {
        tests.push(typed(column.clone(), Check::Equal { any_of: numbers }, at));
    }
    any(tests)
}
