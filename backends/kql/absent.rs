//! Missing, null and empty. A string column of Kusto has no null: the three are one value there, `""`, and `isnull` of a
//! string is always false (Microsoft's page "Null values").

use super::column::Value;
use super::text;
use crate::diag::{Code, Diagnostic};
use crate::ir::At;
use crate::render::{Binding, Fragment, Gap};
use crate::schema::{Column, Type};

/// The value is missing or null.
pub(super) fn null(value: &Value, column: &Column, at: &At) -> Fragment {
    match column.kind {
        Type::String | Type::Untyped => empty(value, column, at),
        Type::Dynamic if value.bag.is_some() => {
            let mut fragment = Fragment::atom(format!("tostring({}) in (\"\", \"[]\", \"[null]\")", value.text));
            fragment.notes.push(same_cell(column, at));
            value.needed_by(fragment)
        }
        // An empty array holds no value either.
        Type::Dynamic => {
            let text = format!("isnull({0}) or tostring({0}) in (\"[]\", \"[null]\")", value.text);
            value.needed_by(Fragment::atom(text).binding(Binding::Or))
        }
        _ => value.needed_by(Fragment::atom(format!("isnull({})", value.text))),
    }
}

/// The text is empty, which in Kusto also is what a missing one looks like.
pub(super) fn empty(value: &Value, column: &Column, at: &At) -> Fragment {
    let mut fragment = match &value.parts {
        Some((names, _)) => {
            let tests: Vec<String> = names.iter().map(|name| format!("isempty({name})")).collect();
            let binding = if tests.len() > 1 { Binding::And } else { Binding::Atom };
            Fragment::atom(tests.join(" and ")).binding(binding)
        }
        None => Fragment::atom(format!("isempty({})", value.text)),
    };
    fragment.notes.push(same_cell(column, at));
    value.needed_by(fragment)
}

/// The value is there, whatever it is.
pub(super) fn present(value: &Value, column: &Column, at: &At) -> Fragment {
    let fragment = match column.kind {
        Type::String | Type::Untyped => {
            let mut fragment = Fragment::atom(text::present(value));
            fragment.notes.push(same_cell(column, at));
            fragment
        }
        // An empty array holds no value either.
        Type::Dynamic => {
            let text = format!("isnotnull({0}) and tostring({0}) !in (\"\", \"[]\", \"[null]\")", value.text);
            Fragment::atom(text).binding(Binding::And)
        }
        _ => Fragment::atom(format!("isnotnull({})", value.text)),
    };
    value.needed_by(fragment)
}

/// The field is there, even if it is null: only a bag can tell.
pub(super) fn exists(value: &Value, column: &Column, at: &At) -> Result<Fragment, Gap> {
    if let Some((bag, key)) = &value.bag {
        return Ok(Fragment::atom(format!("bag_has_key({bag}, {})", super::literal::literal(key))).nullable());
    }
    let mut fragment = present(value, column, at);
    if fragment.notes.is_empty() {
        let message = format!("{} is the same when it is missing and null", column.field);
        let note = Diagnostic::new(Code::W0701, message).at(at.span);
        fragment.notes.push(note.help("a column has a value or none; no row tells why it has none"));
    }
    Ok(fragment)
}

/// The note that what the rule tells apart is one value in the column.
pub(super) fn same_cell(column: &Column, at: &At) -> Diagnostic {
    Diagnostic::new(Code::W0701, format!("{} is the same when it is missing, null and empty", column.field))
        .at(at.span)
        .help("KQL's string columns have no null")
}
