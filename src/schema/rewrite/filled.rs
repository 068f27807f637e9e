//! A column that has a word where the event has nothing: `-` in a W3C log, `success` for the error code of CloudTrail.

use super::super::typed::{any, typed};
use super::{Column, Context, text};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, Fidelity, FieldName, Pattern};

/// The test on the column, which cannot tell the word from nothing: it finds more where missing values are asked for,
/// and less where the word is.
pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    column: Column,
    word: &str,
    check: Check<Column>,
    at: &At,
) -> Expr<Column> {
    let nothing = || text(column.clone(), Pattern::literal(word), Case::Fold, at);
    match check {
        Check::Null => {
            say(cx, field, word, at, true);
            any(vec![typed(column.clone(), Check::Null, at), nothing()])
        }
        Check::Exists => {
            say(cx, field, word, at, false);
            Expr::All(vec![typed(column.clone(), Check::Exists, at), nothing().not()])
        }
        Check::Like { any_of, case } => {
            let is_word = |pattern: &Pattern| pattern.as_literal().is_some_and(|_| pattern.matches(word, Case::Fold));
            let (asked, others): (Vec<_>, Vec<_>) = any_of.into_iter().partition(|(pattern, _)| is_word(pattern));
            let mut tests = Vec::new();
            if let Some((_, at)) = asked.first() {
                say(cx, field, word, at, true);
                tests.push(nothing());
            }
            if !others.is_empty() {
                let finds_word = others.iter().any(|(pattern, _)| pattern.matches(word, case));
                let test = typed(column.clone(), Check::Like { any_of: others, case }, at);
                tests.push(if finds_word {
                    say(cx, field, word, at, false);
                    Expr::All(vec![test, nothing().not()])
                } else {
                    test
                });
            }
            any(tests)
        }
        Check::Matches(regex) if !regex.is_found_in(word) => typed(column, Check::Matches(regex), at),
        check @ (Check::Matches(_) | Check::SameAs { .. }) => {
            say(cx, field, word, at, false);
            Expr::All(vec![typed(column.clone(), check, at), nothing().not()])
        }
        other => typed(column, other, at),
    }
}

/// Notes what the place does, and that the test finds more than it means, or less.
fn say(cx: &mut Context<'_>, field: &FieldName, word: &str, at: &At, more: bool) {
    let note = Diagnostic::new(Code::W0701, format!("{field} is `{word}` when it is missing")).at(at.span);
    cx.report.notes.push(note.help("the place writes this word where the event has no value"));
    let fidelity = if more == cx.positive { Fidelity::Wider } else { Fidelity::Narrower };
    cx.report.fidelity = cx.report.fidelity.join(fidelity);
}
