//! A number where Sigma's events carry hexadecimal text (`0x3e7`), lower case and without leading zeros.

use std::sync::Arc;

use super::{Context, unplaceable};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, FieldName, Number, Shape};
use crate::render::Gap;
use crate::schema::typed::{any, typed};
use crate::schema::{Column, From, Traits, Type};

pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    column: &str,
    as_text: Option<&Arc<str>>,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let number = cx.view.column(field, column);
    let text = as_text.map(|native| Column {
        field: field.clone(),
        from: From::Native(native.clone()),
        kind: Type::String,
        traits: Traits::default(),
    });
    let computed = |check: Check<Column>| match &text {
        Some(text) => Ok(typed(text.clone(), check, at)),
        None => {
            Err(unplaceable(field, at, "the column holds a number, and only whole hexadecimal values can be compared"))
        }
    };
    match check {
        Check::Null | Check::Exists => Ok(typed(number, check, at)),
        // The decimal text of a number is never hexadecimal text.
        Check::Equal { .. } | Check::Is(_) => Ok(Expr::Const(false)),
        Check::Like { any_of, case } => {
            let mut equal = Vec::new();
            let mut patterns = Vec::new();
            for (pattern, at) in any_of {
                match pattern.shape() {
                    Shape::Everything => return Ok(typed(number, Check::Null, &at).not()),
                    Shape::Equals(text) => equal.extend(canonical(text).map(|value| (value, at))),
                    _ => patterns.push((pattern, at)),
                }
            }
            let mut tests = Vec::new();
            if !equal.is_empty() {
                tests.push(typed(number, Check::Equal { any_of: equal }, at));
            }
            if !patterns.is_empty() && case == Case::Exact {
                let note =
                    Diagnostic::new(Code::W0701, format!("{field} is a number: the case of its digits is not stored"));
                cx.report.notes.push(note.at(at.span));
            }
            if !patterns.is_empty() {
                tests.push(computed(Check::Like { any_of: patterns, case })?);
            }
            Ok(any(tests))
        }
        other => computed(other),
    }
}

/// The number of a hexadecimal text as events carry it; other texts (`143a`, `0x0040`) are in no event.
fn canonical(text: &str) -> Option<Number> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let value = i128::from(u64::from_str_radix(digits, 16).ok()?);
    format!("0x{value:x}").eq_ignore_ascii_case(text).then_some(Number::Int(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_canonical_text_is_in_an_event() {
        assert_eq!(canonical("0x3E7"), Some(Number::Int(999)));
        assert_eq!(canonical("0x0040"), None);
        assert_eq!(canonical("143a"), None);
        assert_eq!(canonical("0xffffffffffffffff"), Some(Number::Int(u64::MAX.into())));
    }
}
