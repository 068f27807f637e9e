//! Tests decided without a row: fields that have one value in all events of a kind, and words of a lookup.

use super::model::Scalar;
use crate::ir::{Case, Check, Number, Order, Pattern, Segment};

/// Whether a check holds for this value; none where only a real row could tell (regular expressions, other fields).
pub(super) fn decide<F>(check: &Check<F>, value: &Scalar) -> Option<bool> {
    let text = canonical(value);
    Some(match check {
        Check::Like { any_of, case } => any_of.iter().any(|(pattern, _)| like(pattern, *case, &text)),
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

/// Whether the whole text matches the pattern.
pub(super) fn like(pattern: &Pattern, case: Case, text: &str) -> bool {
    let fold = |c: char| match case {
        Case::Exact => c,
        Case::Fold => c.to_lowercase().next().unwrap_or(c),
    };
    let text: Vec<char> = text.chars().map(fold).collect();
    // The positions in the text that the segments so far can reach.
    let mut reached = vec![false; text.len() + 1];
    if let Some(start) = reached.first_mut() {
        *start = true;
    }
    for segment in pattern.segments() {
        let mut next = vec![false; text.len() + 1];
        for from in (0..=text.len()).filter(|n| reached.get(*n) == Some(&true)) {
            let rest = text.get(from..).unwrap_or_default();
            let end = match segment {
                Segment::Any => {
                    next.iter_mut().skip(from).for_each(|reach| *reach = true);
                    break;
                }
                Segment::One if !rest.is_empty() => from + 1,
                Segment::OneOf(set) if rest.first().is_some_and(|c| set.contains(c)) => from + 1,
                Segment::Literal(literal)
                    if literal.chars().map(fold).eq(rest.iter().copied().take(literal.chars().count())) =>
                {
                    from + literal.chars().count()
                }
                _ => continue,
            };
            if let Some(reach) = next.get_mut(end) {
                *reach = true;
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}
