//! Tests of one subject become one test of several values.

use std::collections::HashMap;
use std::hash::Hash;

use crate::ir::{Case, Check, Expr, Test};

/// `F is a or F is b` is `F is one of (a, b)`, also where several values of F are looked at. Order is kept.
pub(super) fn alternatives<F: Clone + Eq + Hash>(parts: Vec<Expr<F>>) -> Vec<Expr<F>> {
    let tests = parts.into_iter().map(|part| match part {
        Expr::Test(test) => Ok(test),
        other => Err(other),
    });
    merged(tests, Expr::Test)
}

/// `not (F is a) and not (F is b)` is `not (F is one of (a, b))`.
pub(super) fn exclusions<F: Clone + Eq + Hash>(parts: Vec<Expr<F>>) -> Vec<Expr<F>> {
    let tests = parts.into_iter().map(|part| match part {
        Expr::Not(inner) => match *inner {
            Expr::Test(test) => Ok(test),
            other => Err(other.not()),
        },
        other => Err(other),
    });
    merged(tests, |test| Expr::Test(test).not())
}

/// Merges what are tests, and puts each test back into an expression.
fn merged<F: Clone + Eq + Hash>(
    parts: impl Iterator<Item = Result<Test<F>, Expr<F>>>,
    expr: impl Fn(Test<F>) -> Expr<F>,
) -> Vec<Expr<F>> {
    let mut out: Vec<Result<Test<F>, Expr<F>>> = Vec::new();
    let mut places: HashMap<(F, Question), usize> = HashMap::new();
    for part in parts {
        let Ok(test) = part else {
            out.push(part);
            continue;
        };
        let Some(question) = Question::of(&test.check) else {
            out.push(Ok(test));
            continue;
        };
        match places.get(&(test.on.clone(), question)).and_then(|place| out.get_mut(*place)) {
            Some(Ok(other)) => extend(&mut other.check, test.check),
            _ => {
                places.insert((test.on.clone(), question), out.len());
                out.push(Ok(test));
            }
        }
    }
    out.into_iter().map(|part| part.map_or_else(|other| other, &expr)).collect()
}

/// What a test with a list of values asks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Question {
    Like(Case),
    Equal,
    Within,
}

impl Question {
    fn of<F>(check: &Check<F>) -> Option<Question> {
        match check {
            Check::Like { case, .. } => Some(Question::Like(*case)),
            Check::Equal { .. } => Some(Question::Equal),
            Check::Within(_) => Some(Question::Within),
            _ => None,
        }
    }
}

/// Adds the values of a test to those of one that asks the same.
fn extend<F>(into: &mut Check<F>, check: Check<F>) {
    match (into, check) {
        (Check::Like { any_of: into, .. }, Check::Like { any_of, .. }) => into.extend(any_of),
        (Check::Equal { any_of: into }, Check::Equal { any_of }) => into.extend(any_of),
        (Check::Within(into), Check::Within(networks)) => into.extend(networks),
        _ => {}
    }
}
