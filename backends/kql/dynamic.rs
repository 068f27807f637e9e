//! Columns of any JSON shape: a value, or an array of which any member may match.

use super::column::Value;
use super::{absent, any_of, literal::literal};
use crate::diag::Code;
use crate::ir::{At, Case, Number, Pattern, Shape};
use crate::render::{Fragment, Gap};
use crate::schema::Column;

/// The value, or a member of the array, is one of the texts. Other patterns would match the array's JSON text instead.
pub(super) fn like(
    value: &Value,
    column: &Column,
    patterns: &[(Pattern, At)],
    case: Case,
    at: &At,
) -> Result<Fragment, Gap> {
    let mut parts = Vec::new();
    for (pattern, _) in patterns {
        match pattern.shape() {
            Shape::Everything => return Ok(absent::present(value, column, at)),
            Shape::Equals(text) if text.is_ascii() || case == Case::Exact => {
                parts.extend(member(value, text, case));
                if let Some(number) = Number::from_decimal(text).filter(|number| number.to_string() == text) {
                    parts.extend(number_member(value, number));
                }
            }
            _ => return Err(refused(column, at)),
        }
    }
    Ok(value.needed_by(any_of(parts)))
}

/// The value, or a member of the array, is one of the numbers, as a number or as its text.
pub(super) fn equal(value: &Value, numbers: &[(Number, At)]) -> Fragment {
    let parts = numbers.iter().flat_map(|(number, _)| {
        let text = member(value, &number.to_string(), Case::Exact);
        text.into_iter().chain(number_member(value, *number))
    });
    value.needed_by(any_of(parts.collect()))
}

fn member(value: &Value, text: &str, case: Case) -> [Fragment; 2] {
    let (array, operator, wanted) = match case {
        Case::Exact => (value.text.clone(), "==", text.to_owned()),
        Case::Fold => (format!("parse_json(tolower(tostring({})))", value.text), "=~", text.to_ascii_lowercase()),
    };
    [
        Fragment::atom(format!("coalesce(set_has_element({array}, {}), false)", literal(&wanted))),
        Fragment::atom(format!("tostring({}) {operator} {}", value.text, literal(text))),
    ]
}

/// None for a number beyond 64 bits, which Kusto has no literal for.
fn number_member(value: &Value, number: Number) -> Option<Fragment> {
    if matches!(number, Number::Int(value) if i64::try_from(value).is_err()) {
        return None;
    }
    Some(Fragment::atom(format!("coalesce(set_has_element({}, {number}), false)", value.text)))
}

/// The refusal of what only `mv-apply` could say.
pub(super) fn refused(column: &Column, at: &At) -> Gap {
    let message = format!("{} may hold several values, and KQL can only compare them whole", column.field);
    Gap::new(Code::E0602, at, message).help("compare whole values, or test a field that holds one value")
}
