//! The ways through a rule: for each alternative of each disjunction, one choice of tests that makes the rule true.

use crate::ir::{Check, Expr, Subject, Test};

/// One way to make an expression true.
#[derive(Debug, Clone, Default)]
pub(super) struct Path<'a>(pub(super) Vec<Step<'a>>);

/// A test and what it must come to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    pub(super) test: &'a Test<Subject>,
    pub(super) holds: bool,
    /// Which of the test's alternatives.
    pub(super) choice: usize,
}

/// At most `most` ways; every alternative of every disjunction is in one of them, as long as `most` allows.
pub(super) fn paths(expr: &Expr<Subject>, wanted: bool, most: usize) -> Vec<Path<'_>> {
    match expr {
        Expr::Const(value) if *value == wanted => vec![Path::default()],
        Expr::Const(_) => Vec::new(),
        Expr::Not(inner) => paths(inner, !wanted, most),
        Expr::All(parts) if wanted => together(parts, wanted, most),
        Expr::Any(parts) if !wanted => together(parts, wanted, most),
        Expr::All(parts) | Expr::Any(parts) => {
            let each: Vec<_> = parts.iter().map(|part| paths(part, wanted, most)).collect();
            spread(each.into_iter().flatten().collect(), most)
        }
        Expr::Test(test) => {
            let choices = if wanted { alternatives(&test.check) } else { 1 };
            let step = |choice| Path(vec![Step { test, holds: wanted, choice }]);
            spread((0..choices).map(step).collect(), most)
        }
    }
}

/// Ways in which all of a conjunction holds but for one negated part, whose inside holds: what a filter keeps out.
pub(super) fn blocked(expr: &Expr<Subject>, most: usize) -> Vec<Path<'_>> {
    let Expr::All(parts) = expr else { return Vec::new() };
    let mut out = Vec::new();
    for (n, part) in parts.iter().enumerate() {
        let Expr::Not(inner) = part else { continue };
        let others = parts.iter().enumerate().filter(|(other, _)| *other != n);
        let mut each: Vec<_> = others.map(|(_, other)| paths(other, true, most)).collect();
        each.push(paths(inner, true, most));
        out.extend(turns(&each));
    }
    spread(out, most)
}

/// All parts at once: as many ways as the part with the most has, the others taking turns.
fn together<'a>(parts: &'a [Expr<Subject>], wanted: bool, most: usize) -> Vec<Path<'a>> {
    turns(&parts.iter().map(|part| paths(part, wanted, most)).collect::<Vec<_>>())
}

/// One way of each, taking turns.
fn turns<'a>(each: &[Vec<Path<'a>>]) -> Vec<Path<'a>> {
    if each.iter().any(Vec::is_empty) {
        return Vec::new();
    }
    let count = each.iter().map(Vec::len).max().unwrap_or(1);
    let way = |n: usize| {
        let steps = each.iter().filter_map(|ways| ways.get(n % ways.len())).flat_map(|path| path.0.iter().copied());
        Path(steps.collect())
    };
    (0..count).map(way).collect()
}

/// At most `most` of them, evenly from the whole.
fn spread<T>(all: Vec<T>, most: usize) -> Vec<T> {
    let count = all.len();
    if count <= most {
        return all;
    }
    let chosen: Vec<usize> = (0..most).map(|n| n * count / most).collect();
    all.into_iter().enumerate().filter(|(n, _)| chosen.contains(n)).map(|(_, item)| item).collect()
}

fn alternatives(check: &Check<Subject>) -> usize {
    match check {
        Check::Like { any_of, .. } => any_of.len(),
        Check::Equal { any_of } => any_of.len(),
        Check::Within(networks) => networks.len(),
        _ => 1,
    }
}
