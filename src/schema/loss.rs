//! What a place loses of every event, as its schema declares it: notes for the rules that would see the difference.

use std::sync::Arc;

use super::model::{File, TableFile};
use super::{Branch, Column, Text};
use crate::diag::{Code, Diagnostic};
use crate::ir::{Check, Matching, distinct};

/// The notes for a placed rule: W0701 at each test to which an empty value is not as good as none, W0708 once for each
/// place that lists are kept in.
pub(super) fn notes(file: &File, matching: &Matching, branches: &[Branch]) -> Vec<Diagnostic> {
    let mut notes: Vec<Diagnostic> = Vec::new();
    for branch in branches {
        let json = branch.table.text == Text::Json;
        let (why, seen): (_, fn(&Check<Column>) -> bool) =
            if json { (&file.null_is_a_word, sees_null) } else { (&file.drops_empty, sees_empty) };
        if let Some(why) = why {
            branch.filter.for_each_test(&mut |test| {
                if seen(&test.check) {
                    let what =
                        if json { "a text when it is null" } else { "the same when it is missing, null and empty" };
                    let message = format!("{} is {what}", test.on.field);
                    notes.push(Diagnostic::new(Code::W0701, message).at(test.at.span).help(why.to_string()));
                }
            });
        }
        if let Some(where_) = file.tables.get(&branch.table.name).and_then(lists_elsewhere) {
            let message = format!("{}: {where_}", file.title);
            notes.push(Diagnostic::new(Code::W0708, message).at(matching.logsource.at.span));
        }
    }
    distinct(notes)
}

fn lists_elsewhere(table: &TableFile) -> Option<&Arc<str>> {
    table.lists_elsewhere.as_ref()
}

/// Whether a check holds for an empty value and not for a missing one, or the other way round.
fn sees_empty(check: &Check<Column>) -> bool {
    match check {
        // Two empty values are equal, and every text starts and ends with one.
        Check::Null | Check::Exists | Check::SameAs { .. } => true,
        Check::Like { any_of, .. } => any_of.iter().any(|(pattern, _)| pattern.matches_empty()),
        Check::Matches(regex) => regex.finds_empty(),
        Check::Equal { .. } | Check::Order { .. } | Check::Is(_) | Check::Within(_) | Check::TimeOf { .. } => false,
    }
}

/// Whether a check holds for the word null and not for a missing value, or the other way round.
fn sees_null(check: &Check<Column>) -> bool {
    match check {
        // Two empty values are equal, and every text starts and ends with one.
        Check::Null | Check::Exists | Check::SameAs { .. } => true,
        Check::Like { any_of, case } => any_of.iter().any(|(pattern, _)| pattern.matches("null", *case)),
        Check::Matches(regex) => regex.is_found_in("null"),
        Check::Equal { .. } | Check::Order { .. } | Check::Is(_) | Check::Within(_) | Check::TimeOf { .. } => false,
    }
}
