//! Common factors: `(a and b) or (a and c)` is `a and (b or c)`, where that is smaller.

use std::collections::{HashMap, HashSet};

use super::{Term, bottom_up};
use crate::ir::Expr;

/// How many factors are tried in one disjunction.
const MAX_TRIES: usize = 8;

/// Pulls out what several conjunctions of a disjunction share, where the result has fewer parts. The most frequent
/// factor goes first; the new conjunction stands where the first of them stood.
pub(super) fn factor<F: Term>(expr: Expr<F>) -> Expr<F> {
    bottom_up(expr, &mut |expr| {
        let Expr::Any(mut parts) = expr else {
            return expr;
        };
        let mut refused = HashSet::new();
        for _ in 0..MAX_TRIES {
            let Some(factor) = most_frequent(&parts, &refused) else {
                break;
            };
            match pulled_out(&parts, &factor) {
                Some(smaller) => parts = smaller,
                None => {
                    refused.insert(factor);
                }
            }
        }
        Expr::Any(parts)
    })
}

/// The part that most conjunctions share, the first of equals; none that only one has.
fn most_frequent<F: Term>(parts: &[Expr<F>], refused: &HashSet<Expr<F>>) -> Option<Expr<F>> {
    let members = || parts.iter().filter_map(conjuncts).flatten();
    let mut counts: HashMap<&Expr<F>, usize> = HashMap::new();
    for member in members() {
        *counts.entry(member).or_default() += 1;
    }
    let mut best: Option<(&Expr<F>, usize)> = None;
    for member in members().filter(|member| !refused.contains(*member)) {
        let count = counts.get(member).copied().unwrap_or(0);
        if count > best.map_or(1, |(_, count)| count) {
            best = Some((member, count));
        }
    }
    best.map(|(member, _)| member.clone())
}

/// The parts with the factor, and all else that the conjunctions with it share, pulled out; none if that is no smaller.
fn pulled_out<F: Term>(parts: &[Expr<F>], factor: &Expr<F>) -> Option<Vec<Expr<F>>> {
    let has_factor = |part: &Expr<F>| conjuncts(part).is_some_and(|members| members.contains(factor));
    let group: Vec<&Vec<Expr<F>>> = parts.iter().filter(|part| has_factor(part)).filter_map(conjuncts).collect();
    let sets: Vec<HashSet<&Expr<F>>> = group.iter().map(|members| members.iter().collect()).collect();
    let shared: Vec<&Expr<F>> =
        group.first()?.iter().filter(|member| sets.iter().all(|set| set.contains(member))).collect();
    let is_shared: HashSet<&Expr<F>> = shared.iter().copied().collect();
    let rests = group.iter().map(|members| {
        let mut rest: Vec<Expr<F>> = members.iter().filter(|member| !is_shared.contains(member)).cloned().collect();
        match (rest.len(), rest.pop()) {
            (1, Some(only)) => only,
            (_, last) => Expr::All(rest.into_iter().chain(last).collect()),
        }
    });
    let choice = Expr::Any(rests.collect());
    let pulled = Expr::All(shared.into_iter().cloned().chain([choice]).collect());
    let before: usize = parts.iter().filter(|part| has_factor(part)).map(size).sum();
    if size(&pulled) >= before {
        return None;
    }
    let mut pulled = Some(pulled);
    Some(parts.iter().filter_map(|part| if has_factor(part) { pulled.take() } else { Some(part.clone()) }).collect())
}

fn conjuncts<F>(expr: &Expr<F>) -> Option<&Vec<Expr<F>>> {
    match expr {
        Expr::All(members) => Some(members),
        _ => None,
    }
}

/// How many parts it has.
fn size<F>(expr: &Expr<F>) -> usize {
    match expr {
        Expr::Const(_) | Expr::Test(_) => 1,
        Expr::Not(inner) => 1 + size(inner),
        Expr::All(parts) | Expr::Any(parts) => 1 + parts.iter().map(size).sum::<usize>(),
    }
}
