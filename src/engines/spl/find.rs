//! What a search finds on a row.

use std::net::IpAddr;

use super::raw;
use super::record::Record;
use super::tree::{Literal, Op, Search};
use super::value::{fold, number};
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// Whether a search finds a row. A field that is not there equals nothing and differs from nothing, and NOT turns that
/// around (Search Manual, Difference between != and NOT).
pub(super) fn finds(search: &Search, row: &Record<'_>, budget: &mut Budget) -> Result<bool, Refusal> {
    budget.step(1)?;
    Ok(match search {
        Search::All(parts) => {
            for part in parts {
                if !finds(part, row, budget)? {
                    return Ok(false);
                }
            }
            true
        }
        Search::Any(parts) => {
            for part in parts {
                if finds(part, row, budget)? {
                    return Ok(true);
                }
            }
            false
        }
        Search::Not(search) => !finds(search, row, budget)?,
        Search::Compare(name, op, literal) => {
            if let Some(value) = row.one(name) {
                budget.step(1 + value.len() as u64 / 16)?;
                return Ok(compare(value, *op, literal));
            }
            for value in row.get(name) {
                budget.step(1 + value.len() as u64 / 16)?;
                if compare(&value, *op, literal) {
                    return Ok(true);
                }
            }
            false
        }
        Search::Term(term) if term.text == "*" => true,
        Search::Term(term) => {
            if let Some(text) = row.one("_raw") {
                budget.step(1 + text.len() as u64 / 8)?;
                return raw::holds(text, term);
            }
            for text in row.get("_raw") {
                budget.step(1 + text.len() as u64 / 8)?;
                if raw::holds(&text, term)? {
                    return Ok(true);
                }
            }
            false
        }
    })
}

/// One value of a field and the literal: `=` and `!=` compare texts without case, with wildcards and networks; an order
/// compares numbers where both are, else texts (Search Reference, search: comparison-operator).
fn compare(value: &str, op: Op, literal: &Literal) -> bool {
    match op {
        Op::Eq => equal(value, literal),
        Op::Ne => !equal(value, literal),
        op => match (number(value), number(&literal.text)) {
            (Some(left), Some(right)) => left.partial_cmp(&right).is_some_and(|order| op.holds(order)),
            _ => op.holds(value.cmp(&literal.text)),
        },
    }
}

fn equal(value: &str, literal: &Literal) -> bool {
    if let Some(network) = literal.network
        && let Ok(address) = value.parse::<IpAddr>()
    {
        return network.contains(&address);
    }
    // Most comparisons end at the first letter; only the rest folds case. The literal's pieces are folded already.
    if let (Some(piece), Some(first)) = (literal.pieces.first(), value.chars().next())
        && let Some(wanted) = piece.chars().next()
        && first.is_ascii()
        && wanted.is_ascii()
        && !first.eq_ignore_ascii_case(&wanted)
    {
        return false;
    }
    if literal.pieces.len() == 1 && value.is_ascii() && literal.text.is_ascii() {
        return value.eq_ignore_ascii_case(&literal.text);
    }
    wild(&fold(value), &literal.pieces)
}

/// Whether a text is the pieces with anything between them.
pub(super) fn wild(text: &str, pieces: &[String]) -> bool {
    let Some((last, rest)) = pieces.split_last() else { return false };
    let Some((first, middle)) = rest.split_first() else { return text == last };
    let Some(text) = text.strip_prefix(first.as_str()) else { return false };
    let Some(mut text) = text.strip_suffix(last.as_str()) else { return false };
    for piece in middle {
        match text.find(piece.as_str()).and_then(|at| text.get(at + piece.len()..)) {
            Some(rest) => text = rest,
            None => return false,
        }
    }
    true
}
