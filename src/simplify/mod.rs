//! Smaller algebra, same meaning: a pass a function.

mod merge;

use std::hash::Hash;

use crate::ir::Expr;

/// The same meaning with constants folded, nested connectives flattened, double negations removed, tests of one
/// subject merged to lists, and `not (a or b)` in a conjunction as two members of it.
pub fn simplify<F: Clone + Ord + Hash>(expr: Expr<F>) -> Expr<F> {
    match fold(expr) {
        Expr::Not(inner) => match *inner {
            parts @ Expr::Any(_) => all(vec![parts.not()]),
            other => other.not(),
        },
        other => other,
    }
}

fn fold<F: Clone + Ord + Hash>(expr: Expr<F>) -> Expr<F> {
    match expr {
        Expr::Not(inner) => match fold(*inner) {
            Expr::Const(value) => Expr::Const(!value),
            Expr::Not(inner) => *inner,
            other => other.not(),
        },
        Expr::All(parts) => {
            let mut out = Vec::new();
            for part in parts {
                match fold(part) {
                    Expr::Const(true) => {}
                    Expr::Const(false) => return Expr::Const(false),
                    Expr::All(inner) => out.extend(inner),
                    other => out.push(other),
                }
            }
            all(out)
        }
        Expr::Any(parts) => {
            let mut out = Vec::new();
            for part in parts {
                match fold(part) {
                    Expr::Const(false) => {}
                    Expr::Const(true) => return Expr::Const(true),
                    Expr::Any(inner) => out.extend(inner),
                    other => out.push(other),
                }
            }
            let mut out = merge::alternatives(out);
            match out.len() {
                0 => Expr::Const(false),
                1 => out.swap_remove(0),
                _ => Expr::Any(out),
            }
        }
        other => other,
    }
}

/// The conjunction of parts that are folded and no conjunctions themselves.
fn all<F: Clone + Ord + Hash>(parts: Vec<Expr<F>>) -> Expr<F> {
    let mut split = Vec::new();
    for part in parts {
        match part {
            Expr::Not(inner) => match *inner {
                Expr::Any(alternatives) => split.extend(alternatives.into_iter().map(|one| match one {
                    Expr::Not(inner) => *inner,
                    other => other.not(),
                })),
                other => split.push(other.not()),
            },
            other => split.push(other),
        }
    }
    // Taking `not (not (a and b) or c)` apart leaves conjunctions.
    let flat = split.into_iter().flat_map(|part| match part {
        Expr::All(inner) => inner,
        other => vec![other],
    });
    let mut out = merge::exclusions(flat.collect());
    match out.len() {
        0 => Expr::Const(true),
        1 => out.swap_remove(0),
        _ => Expr::All(out),
    }
}
