//! Tests of one kind on one subject become one test of a list.

use std::collections::HashMap;
use std::hash::Hash;

use super::{Term, bottom_up};
use crate::ir::{At, Case, Check, Expr, Test, distinct};

/// What tests must share to become one.
#[derive(PartialEq, Eq, Hash)]
enum Kind {
    Like(Case),
    Equal,
    Within,
}

fn kind<F>(check: &Check<F>) -> Option<Kind> {
    match check {
        Check::Like { case, .. } => Some(Kind::Like(*case)),
        Check::Equal { .. } => Some(Kind::Equal),
        Check::Within(_) => Some(Kind::Within),
        _ => None,
    }
}

/// `a in [x] or a in [y]` is `a in [x, y]`: one list, where the first stood, in the order written; no value twice.
pub(super) fn merge<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| match expr {
        Expr::Any(parts) => Expr::Any(merged(
            parts,
            |part| match part {
                Expr::Test(test) => Ok(test),
                part => Err(part),
            },
            Expr::Test,
        )),
        Expr::Test(mut test) => {
            unique_values(&mut test.check);
            Expr::Test(test)
        }
        other => other,
    })
}

/// `not a in [x] and not a in [y]` is `not a in [x, y]`.
pub(super) fn merge_negated<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| match expr {
        Expr::All(parts) => Expr::All(merged(
            parts,
            |part| match part {
                Expr::Not(inner) => match *inner {
                    Expr::Test(test) => Ok(test),
                    inner => Err(inner.not()),
                },
                part => Err(part),
            },
            |test| Expr::Test(test).not(),
        )),
        other => other,
    })
}

/// A part that is a test, perhaps negated, or any other.
type Part<F> = Result<Test<F>, Expr<F>>;

fn merged<F: Term>(parts: Vec<Expr<F>>, unwrap: fn(Expr<F>) -> Part<F>, wrap: fn(Test<F>) -> Expr<F>) -> Vec<Expr<F>> {
    let mut out: Vec<Part<F>> = Vec::with_capacity(parts.len());
    let mut places: HashMap<(F, Kind), usize> = HashMap::new();
    for part in parts.into_iter().map(unwrap) {
        if let Ok(test) = &part
            && let Some(kind) = kind(&test.check)
        {
            let place = *places.entry((test.on.clone(), kind)).or_insert(out.len());
            if let (Some(Ok(first)), Ok(test)) = (out.get_mut(place), &part) {
                extend(&mut first.check, &test.check);
                continue;
            }
        }
        out.push(part);
    }
    let finished = out.into_iter().map(|part| match part {
        Ok(mut test) => {
            unique_values(&mut test.check);
            wrap(test)
        }
        Err(part) => part,
    });
    finished.collect()
}

fn extend<F>(check: &mut Check<F>, other: &Check<F>) {
    match (check, other) {
        (Check::Like { any_of, .. }, Check::Like { any_of: more, .. }) => any_of.extend(more.iter().cloned()),
        (Check::Equal { any_of }, Check::Equal { any_of: more }) => any_of.extend(more.iter().cloned()),
        (Check::Within(any_of), Check::Within(more)) => any_of.extend(more.iter().cloned()),
        _ => {}
    }
}

fn unique_values<F>(check: &mut Check<F>) {
    fn unique<T: Eq + Hash>(values: &mut Vec<(T, At)>) {
        *values = distinct(std::mem::take(values));
    }
    match check {
        Check::Like { any_of, .. } => unique(any_of),
        Check::Equal { any_of } => unique(any_of),
        Check::Within(any_of) => unique(any_of),
        _ => {}
    }
}
