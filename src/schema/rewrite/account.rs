//! `DOMAIN\user` in two columns. Neither half holds a backslash, so the one in the value is where they meet; a value
//! without one is a user without a domain.

use std::sync::Arc;

use super::{Context, text, unplaceable};
use crate::ir::{At, Case, Check, Expr, FieldName, Pattern, Segment, Shape};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

pub(super) fn rewrite(
    cx: &Context<'_>,
    field: &FieldName,
    (domain, name): (&Arc<str>, &Arc<str>),
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let halves = (cx.view.column(field, domain), cx.view.column(field, name));
    Ok(match check {
        Check::Like { any_of, case } => {
            any(any_of.iter().map(|(pattern, at)| like(&halves, pattern, case, at)).collect())
        }
        Check::Null => Expr::All(vec![typed(halves.0, Check::Null, at), typed(halves.1, Check::Null, at)]),
        Check::Exists => Expr::Any(vec![typed(halves.0, Check::Exists, at), typed(halves.1, Check::Exists, at)]),
        // A number or a Boolean has no backslash.
        Check::Equal { .. } | Check::Is(_) | Check::Order { .. } | Check::Within(_) => Expr::Const(false),
        // Joined by a backslash, a user without a domain would get one.
        _ => return Err(unplaceable(field, at, "the domain and the name are in columns of their own")),
    })
}

fn like(halves: &(Column, Column), pattern: &Pattern, case: Case, at: &At) -> Expr<Column> {
    if pattern.shape() == Shape::Everything {
        return typed(halves.1.clone(), Check::Null, at).not();
    }
    any(splits(pattern)
        .into_iter()
        .map(|(left, right)| Expr::All(vec![half(&halves.0, left, case, at), half(&halves.1, right, case, at)]))
        .collect())
}

/// One half's test. A half that may be anything needs no test beside the other's.
fn half(column: &Column, pattern: Pattern, case: Case, at: &At) -> Expr<Column> {
    if pattern == Pattern::new([Segment::One, Segment::Any]) {
        return typed(column.clone(), Check::Null, at).not();
    }
    if pattern == Pattern::new([Segment::Any]) { Expr::Const(true) } else { text(column.clone(), pattern, case, at) }
}

/// The ways a pattern can meet the one backslash: at a literal one, or inside a wildcard.
fn splits(pattern: &Pattern) -> Vec<(Pattern, Pattern)> {
    let segments = pattern.segments();
    let literals = segments.iter().enumerate().filter_map(|(n, segment)| match segment {
        Segment::Literal(literal) => Some((n, literal)),
        _ => None,
    });
    let backslashes: Vec<_> =
        literals.flat_map(|(n, text)| text.match_indices('\\').map(move |(at, _)| (n, at))).collect();
    let before = |n: usize| segments.iter().take(n).cloned();
    let after = |n: usize| segments.iter().skip(n + 1).cloned();
    match backslashes.as_slice() {
        [(n, at)] => {
            let Some(Segment::Literal(literal)) = segments.get(*n) else { return Vec::new() };
            let (left, right) = literal.split_at(*at);
            let right = right.get(1..).unwrap_or("");
            let left = Pattern::new(before(*n).chain([Segment::Literal(left.into())]));
            let right = Pattern::new([Segment::Literal(right.into())].into_iter().chain(after(*n)));
            // What stands around a backslash is a domain and a name, and neither is empty.
            let empty = Pattern::literal("");
            match (left == empty, right == empty, left == Pattern::new([Segment::Any])) {
                (true, _, _) | (_, true, _) => Vec::new(),
                (_, _, true) => vec![(Pattern::new([Segment::One, Segment::Any]), right)],
                _ => vec![(left, right)],
            }
        }
        [] => {
            let wild = segments.iter().enumerate().filter_map(|(n, segment)| match segment {
                Segment::Any => Some((
                    Pattern::new(before(n).chain([Segment::Any])),
                    Pattern::new([Segment::Any].into_iter().chain(after(n))),
                )),
                Segment::One => Some((Pattern::new(before(n)), Pattern::new(after(n)))),
                _ => None,
            });
            let wild = wild.filter(|(left, right)| ![left, right].contains(&&Pattern::literal("")));
            let alone = (Pattern::literal(""), pattern.clone());
            // A wildcard at the start stands for no domain as well as for some.
            let covered = matches!(segments.first(), Some(Segment::Any));
            wild.chain((!covered).then_some(alone)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(pattern: Pattern) -> Vec<(Pattern, Pattern)> {
        splits(&pattern)
    }

    #[test]
    fn a_literal_backslash_is_the_meeting_point() {
        let parts = show(Pattern::literal("NT AUTHORITY\\SYSTEM"));
        assert_eq!(parts, [(Pattern::literal("NT AUTHORITY"), Pattern::literal("SYSTEM"))]);
        assert_eq!(
            show(Pattern::ends_with("\\bob")),
            [(Pattern::new([Segment::One, Segment::Any]), Pattern::literal("bob"))]
        );
    }

    #[test]
    fn without_one_a_wildcard_spans_it() {
        let any = || Pattern::new([Segment::Any]);
        let parts = show(Pattern::contains("AUTHORI"));
        assert_eq!(parts, [(any(), Pattern::contains("AUTHORI")), (Pattern::contains("AUTHORI"), any())]);
        let nothing = || Pattern::literal("");
        assert_eq!(show(Pattern::literal("SYSTEM")), [(nothing(), Pattern::literal("SYSTEM"))]);
        let parts = show(Pattern::starts_with("adm"));
        assert_eq!(parts, [(Pattern::starts_with("adm"), any()), (nothing(), Pattern::starts_with("adm"))]);
    }
}
