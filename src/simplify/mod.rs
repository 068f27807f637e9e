//! Smaller algebra, same meaning: a pass a function, the list of passes is data.
//!
//! Every pass keeps the verdict on every event (a law test each). They rest on two facts: the algebra is two-valued, and
//! a test of a list holds for an event when it holds for one of the list's values.

mod factor;
mod imply;
mod lists;
mod logic;
mod regex;

use std::hash::Hash;

use crate::ir::{Expr, Test};

/// What a test can be on: a subject, a column.
pub trait Term: Clone + Ord + Hash {}
impl<F: Clone + Ord + Hash> Term for F {}

/// A pass: its name, and what it does to a whole expression.
pub type Pass<F> = (&'static str, fn(Expr<F>) -> Expr<F>);

/// The passes, in the order of a round.
pub fn passes<F: Term>() -> [Pass<F>; 11] {
    [
        ("flatten", logic::flatten),
        ("constants", logic::constants),
        ("double negation", logic::double_negation),
        ("filters one by one", logic::split_filters),
        ("one list a subject", lists::merge),
        ("one negated list a subject", lists::merge_negated),
        ("duplicates", logic::duplicates),
        ("implied values", imply::implied),
        ("absorption", logic::absorb),
        ("common factors", factor::factor),
        ("optional ends of regular expressions", regex::trim),
    ]
}

/// More rounds than any rule needs; the first in which nothing changes is the last.
const MAX_ROUNDS: usize = 16;

/// The expression made smaller and easier to read, with the same verdict on every event.
pub fn simplify<F: Term>(expr: Expr<F>) -> Expr<F> {
    let mut expr = expr;
    for _ in 0..MAX_ROUNDS {
        let before = expr.clone();
        expr = passes().iter().fold(expr, |expr, (_, pass)| pass(expr));
        if expr == before {
            break;
        }
    }
    expr
}

/// Rewrites every part, inner parts first.
fn bottom_up<F>(expr: Expr<F>, rewrite: &mut impl FnMut(Expr<F>) -> Expr<F>) -> Expr<F> {
    let expr = match expr {
        Expr::All(parts) => Expr::All(parts.into_iter().map(|part| bottom_up(part, rewrite)).collect()),
        Expr::Any(parts) => Expr::Any(parts.into_iter().map(|part| bottom_up(part, rewrite)).collect()),
        Expr::Not(inner) => bottom_up(*inner, rewrite).not(),
        leaf @ (Expr::Const(_) | Expr::Test(_)) => leaf,
    };
    rewrite(expr)
}

/// Rewrites every test.
fn each_test<F>(expr: Expr<F>, rewrite: &mut impl FnMut(Test<F>) -> Test<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| match expr {
        Expr::Test(test) => Expr::Test(rewrite(test)),
        other => other,
    })
}
