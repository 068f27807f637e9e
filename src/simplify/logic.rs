//! Laws of Boolean algebra.

use std::collections::HashSet;

use super::{Term, bottom_up};
use crate::ir::{Expr, distinct};

/// No conjunction inside a conjunction, no disjunction inside a disjunction, none of a single part.
pub(super) fn flatten<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| {
        let (parts, is_all) = match expr {
            Expr::All(parts) => (parts, true),
            Expr::Any(parts) => (parts, false),
            other => return other,
        };
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Expr::All(inner) if is_all => out.extend(inner),
                Expr::Any(inner) if !is_all => out.extend(inner),
                part => out.push(part),
            }
        }
        match (out.len(), out.pop()) {
            (1, Some(part)) => part,
            (_, last) => {
                out.extend(last);
                if is_all { Expr::All(out) } else { Expr::Any(out) }
            }
        }
    })
}

/// Constants decide what they stand in, or vanish from it.
pub(super) fn constants<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| {
        // A conjunction is decided by false, a disjunction by true; the other constant says nothing.
        let (mut parts, decided) = match expr {
            Expr::All(parts) => (parts, false),
            Expr::Any(parts) => (parts, true),
            Expr::Not(inner) => match *inner {
                Expr::Const(value) => return Expr::Const(!value),
                inner => return inner.not(),
            },
            other => return other,
        };
        if parts.contains(&Expr::Const(decided)) {
            return Expr::Const(decided);
        }
        parts.retain(|part| !matches!(part, Expr::Const(_)));
        match (parts.is_empty(), decided) {
            (true, _) => Expr::Const(!decided),
            (false, false) => Expr::All(parts),
            (false, true) => Expr::Any(parts),
        }
    })
}

/// `not not a` is `a`.
pub(super) fn double_negation<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| match expr {
        Expr::Not(inner) => match *inner {
            Expr::Not(inner) => *inner,
            inner => inner.not(),
        },
        other => other,
    })
}

/// `a and not (b or c)` is `a and not b and not c`: each filter becomes a conjunct of its own, where it reads on a line
/// of its own and merges with others. Nowhere else is a negation moved.
pub(super) fn split_filters<F: Term>(expr: Expr<F>) -> Expr<F> {
    fn negated<F>(part: Expr<F>) -> Vec<Expr<F>> {
        match part {
            Expr::Not(inner) => match *inner {
                Expr::Any(parts) => parts.into_iter().map(Expr::not).collect(),
                inner => vec![inner.not()],
            },
            part => vec![part],
        }
    }
    let expr = bottom_up(expr, &mut |expr| match expr {
        Expr::All(parts) => Expr::All(parts.into_iter().flat_map(negated).collect()),
        other => other,
    });
    match &expr {
        Expr::Not(inner) if matches!(**inner, Expr::Any(_)) => Expr::All(negated(expr)),
        _ => expr,
    }
}

/// Nothing twice in one conjunction or disjunction.
pub(super) fn duplicates<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| match expr {
        Expr::All(parts) => Expr::All(distinct(parts)),
        Expr::Any(parts) => Expr::Any(distinct(parts)),
        other => other,
    })
}

/// `a or (a and b)` is `a`; `a and (a or b)` is `a`.
pub(super) fn absorb<F: Term>(expr: Expr<F>) -> Expr<F> {
    fn rest<F: Term>(parts: Vec<Expr<F>>, members: fn(&Expr<F>) -> Option<&Vec<Expr<F>>>) -> Vec<Expr<F>> {
        if !parts.iter().any(|part| members(part).is_some()) {
            return parts;
        }
        let known: HashSet<&Expr<F>> = parts.iter().collect();
        let keep: Vec<bool> = parts
            .iter()
            .map(|part| !members(part).is_some_and(|inner| inner.iter().any(|m| known.contains(m))))
            .collect();
        parts.into_iter().zip(keep).filter_map(|(part, keep)| keep.then_some(part)).collect()
    }
    bottom_up(expr, &mut |expr| match expr {
        Expr::Any(parts) => Expr::Any(rest(parts, |part| match part {
            Expr::All(inner) => Some(inner),
            _ => None,
        })),
        Expr::All(parts) => Expr::All(rest(parts, |part| match part {
            Expr::Any(inner) => Some(inner),
            _ => None,
        })),
        other => other,
    })
}
