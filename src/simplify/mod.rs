//! Smaller algebra, same meaning: a pass a function, the list of passes is data.

use std::hash::Hash;

use crate::ir::Expr;

/// The same meaning with constants folded, nested connectives flattened and double negations removed.
pub fn simplify<F: Clone + Ord + Hash>(expr: Expr<F>) -> Expr<F> {
    match expr {
        Expr::Not(inner) => match simplify(*inner) {
            Expr::Const(value) => Expr::Const(!value),
            Expr::Not(inner) => *inner,
            other => other.not(),
        },
        Expr::All(parts) => {
            let mut out = Vec::new();
            for part in parts {
                match simplify(part) {
                    Expr::Const(true) => {}
                    Expr::Const(false) => return Expr::Const(false),
                    Expr::All(inner) => out.extend(inner),
                    other => out.push(other),
                }
            }
            match out.len() {
                0 => Expr::Const(true),
                1 => out.swap_remove(0),
                _ => Expr::All(out),
            }
        }
        Expr::Any(parts) => {
            let mut out = Vec::new();
            for part in parts {
                match simplify(part) {
                    Expr::Const(false) => {}
                    Expr::Const(true) => return Expr::Const(true),
                    Expr::Any(inner) => out.extend(inner),
                    other => out.push(other),
                }
            }
            match out.len() {
                0 => Expr::Const(false),
                1 => out.swap_remove(0),
                _ => Expr::Any(out),
            }
        }
        other => other,
    }
}
