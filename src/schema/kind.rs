//! The event kind of a branch: which rows of its table are events of the log source.

use super::Column;
use super::load::View;
use super::model::Scalar;
use super::rewrite::one_of;
use crate::ir::{At, Case, Check, Expr, Pattern, Test};

/// The condition that selects the branch's events in its table.
pub(super) fn select(view: &View<'_>) -> Expr<Column> {
    let mut tests: Vec<_> = view
        .kind()
        .map(|(column, values)| {
            one_of(&column, &values.as_slice().iter().collect::<Vec<&Scalar>>(), view.kind_case(), &At::default())
        })
        .collect();
    match tests.len() {
        0 => Expr::Const(true),
        1 => tests.swap_remove(0),
        _ => Expr::All(tests),
    }
}

/// Moves what the filter's top level says of the kind's own column into the kind: `ActionType in (A, B, C)` and
/// `ActionType in (A, B)` are `ActionType in (A, B)`.
pub(super) fn narrow(kind: Expr<Column>, filter: Expr<Column>) -> (Expr<Column>, Expr<Column>) {
    let Expr::Test(Test { on, check: Check::Like { any_of, case: Case::Exact }, at }) = kind else {
        return (kind, filter);
    };
    let mut words = any_of;
    let mut keep = |part: &Expr<Column>| {
        let (wanted, negated) = match part {
            Expr::Not(inner) => (exact_words(inner, &on), true),
            other => (exact_words(other, &on), false),
        };
        match wanted {
            Some(wanted) => {
                words.retain(|(word, _)| wanted.iter().any(|(other, _)| other == word) != negated);
                false
            }
            None => true,
        }
    };
    let filter = match filter {
        Expr::All(mut parts) => {
            parts.retain(&mut keep);
            match parts.len() {
                0 => Expr::Const(true),
                1 => parts.swap_remove(0),
                _ => Expr::All(parts),
            }
        }
        single if !keep(&single) => Expr::Const(true),
        single => single,
    };
    let kind = if words.is_empty() {
        Expr::Const(false)
    } else {
        Expr::Test(Test { on, check: Check::Like { any_of: words, case: Case::Exact }, at })
    };
    (kind, filter)
}

/// The words that a test on this column allows, if it is one.
fn exact_words<'a>(expr: &'a Expr<Column>, column: &Column) -> Option<&'a [(Pattern, At)]> {
    match expr {
        Expr::Test(Test { on, check: Check::Like { any_of, case: Case::Exact }, .. })
            if on.from == column.from && any_of.iter().all(|(word, _)| word.as_literal().is_some()) =>
        {
            Some(any_of)
        }
        _ => None,
    }
}
