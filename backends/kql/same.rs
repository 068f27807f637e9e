//! Two fields of one event compared: both must have a value, and Kusto's empty text equals and is part of everything.

use super::absent::same_cell;
use super::column::Value;
use super::text::{lower_case, present};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Part};
use crate::render::{Binding, Fragment, Gap};
use crate::schema::{Column, Type};

/// The field equals, starts with, ends with or contains the other.
pub(super) fn same(column: &Column, other: &Column, part: Part, case: Case, at: &At) -> Result<Fragment, Gap> {
    if case == Case::Exact
        && let Some(lower) = [column, other].into_iter().find(|column| column.traits.lower)
    {
        return Err(lower_case(lower, at));
    }
    let (left, right) = (Value::of(column), Value::of(other));
    if left.bag.is_some() && right.bag.is_some() {
        let message = format!("{} and {} may be lists, which cannot be compared", column.field, other.field);
        return Err(Gap::new(Code::E0602, at, message).help("compare their members in a query of your own"));
    }
    if part == Part::Whole && column.kind.is_number() && other.kind.is_number() {
        let text = format!("isnotnull({0}) and {0} == {1}", left.text, right.text);
        return Ok(right.needed_by(left.needed_by(Fragment::atom(text).binding(Binding::And).nullable())));
    }
    let (this, that) = (left.as_text(column.kind), right.as_text(other.kind));
    let operator = match (part, case) {
        (Part::Whole, Case::Fold) => "=~",
        (Part::Whole, Case::Exact) => "==",
        (Part::Start, Case::Fold) => "startswith",
        (Part::Start, Case::Exact) => "startswith_cs",
        (Part::End, Case::Fold) => "endswith",
        (Part::End, Case::Exact) => "endswith_cs",
        (Part::Within, Case::Fold) => "contains",
        (Part::Within, Case::Exact) => "contains_cs",
    };
    let there = if part == Part::Whole { present(&this) } else { present(&that) };
    let text = format!("{there} and {} {operator} {}", this.text, that.text);
    let mut fragment = right.needed_by(left.needed_by(Fragment::atom(text).binding(Binding::And)));
    fragment.notes.push(same_cell(other, at));
    if case == Case::Fold && (column.kind == Type::String || other.kind == Type::String) {
        let message =
            format!("{} and {} are compared without regard to case for ASCII letters only", column.field, other.field);
        fragment.notes.push(Diagnostic::new(Code::W0704, message).at(at.span));
    }
    Ok(fragment)
}
