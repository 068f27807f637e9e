//! Tests decided without a row: fields that have one value in all events of a kind, and words of a lookup.

use super::model::Scalar;
use crate::ir::{Check, Number, Order};

/// Whether a check holds for this value; none where only a real row could tell (regular expressions, other fields).
pub(super) fn decide<F>(check: &Check<F>, value: &Scalar) -> Option<bool> {
    let text = canonical(value);
    Some(match check {
        Check::Like { any_of, case } => any_of.iter().any(|(pattern, _)| pattern.matches(&text, *case)),
        Check::Equal { any_of } => any_of.iter().any(|(number, _)| number.to_string() == text),
        Check::Order { op, value } => Number::from_decimal(&text).is_some_and(|number| match op {
            Order::Lt => number < *value,
            Order::Lte => number <= *value,
            Order::Gt => number > *value,
            Order::Gte => number >= *value,
        }),
        Check::Is(wanted) => text.eq_ignore_ascii_case(if *wanted { "true" } else { "false" }),
        Check::Null => false,
        Check::Exists => true,
        Check::Matches(_) | Check::Within(_) | Check::SameAs { .. } | Check::TimeOf { .. } => return None,
    })
}

/// What a check says of a field that the events never carry.
pub(super) fn decide_absent<F>(check: &Check<F>) -> bool {
    matches!(check, Check::Null)
}

/// The canonical text of a schema's scalar (SEMANTICS 2.2).
pub(super) fn canonical(value: &Scalar) -> String {
    match value {
        Scalar::Bool(value) => value.to_string(),
        Scalar::Int(value) => value.to_string(),
        Scalar::Text(text) => text.to_string(),
    }
}
