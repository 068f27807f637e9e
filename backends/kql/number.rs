//! Numbers, Booleans and times: typed columns with typed literals. Comparisons by order are null for a missing number.

use super::column::Value;
use crate::diag::Code;
use crate::ir::{At, Cmp, Number, Order, TimePart, distinct};
use crate::render::{Binding, Fragment, Gap, wrapped_list};
use crate::schema::{Column, Type};

/// The value is one of the numbers. Never null: `null == 5` is false (Microsoft's page "Null values").
pub(super) fn equal(value: &Value, column: &Column, numbers: &[(Number, At)]) -> Fragment {
    let possible = |number: &Number| matches!(number, Number::Int(_)) || column.kind == Type::Real;
    let numbers = numbers.iter().map(|(number, _)| *number).filter(possible);
    let literals = distinct(numbers.filter_map(number_literal).collect());
    let fragment = match literals.as_slice() {
        [] => Fragment::atom("false"),
        [only] => Fragment::atom(format!("{} == {only}", value.text)),
        several => {
            let open = format!("{} in (", value.text);
            Fragment::atom(wrapped_list(&open, several, ")", open.chars().count()))
        }
    };
    value.needed_by(fragment)
}

/// The number stands in this order to the rule's.
pub(super) fn order(value: &Value, op: Order, number: Number) -> Fragment {
    let fragment = match number_literal(number) {
        Some(literal) => Fragment::atom(format!("{} {} {literal}", value.text, op.symbol())).nullable(),
        // Beyond 64 bits: every number of the column is on one side.
        None if matches!(op, Order::Lt | Order::Lte) == (number > Number::Int(0)) => {
            Fragment::atom(format!("isnotnull({})", value.text))
        }
        None => Fragment::atom("false"),
    };
    value.needed_by(fragment)
}

/// `toreal` is exact up to here.
const EXACT_REAL: f64 = 9_007_199_254_740_992.0;

/// A text that is a plain decimal, compared as a number. The guard keeps out what `toreal` reads and Sigma does not: `1e2`,
/// ` 6`, `inf`; where it holds, `toreal` is never null.
pub(super) fn text_order(value: &Value, column: &Column, op: Order, number: Number, at: &At) -> Result<Fragment, Gap> {
    let bound = number_literal(number).filter(|_| number.as_f64().abs() < EXACT_REAL);
    let Some(bound) = bound else {
        let message =
            format!("KQL compares the text of {} as a number only below 2^53, not with {number}", column.field);
        return Err(Gap::new(Code::E0602, at, message).help("compare with a smaller number, or with whole values"));
    };
    let text =
        format!("{0} matches regex @\"^-?[0-9]+(?:\\.[0-9]+)?$\" and toreal({0}) {1} {bound}", value.text, op.symbol());
    Ok(value.needed_by(Fragment::atom(text).binding(Binding::And)))
}

/// The Boolean. A bare column would be null where it is missing; the comparison is false.
pub(super) fn boolean(value: &Value, wanted: bool) -> Fragment {
    value.needed_by(Fragment::atom(format!("{} == {wanted}", value.text)))
}

/// A part of the timestamp, in UTC as Kusto keeps it.
pub(super) fn time(
    value: &Value,
    column: &Column,
    part: TimePart,
    op: Cmp,
    number: i64,
    at: &At,
) -> Result<Fragment, Gap> {
    if column.kind != Type::Datetime {
        let message = format!("{} is not a time in this table", column.field);
        return Err(Gap::new(Code::E0602, at, message).help("test the column of the event's time"));
    }
    let of = match part {
        TimePart::Minute => format!("datetime_part(\"minute\", {})", value.text),
        TimePart::Hour => format!("datetime_part(\"hour\", {})", value.text),
        TimePart::Day => format!("datetime_part(\"day\", {})", value.text),
        TimePart::Week => format!("week_of_year({})", value.text),
        TimePart::Month => format!("datetime_part(\"month\", {})", value.text),
        TimePart::Year => format!("datetime_part(\"year\", {})", value.text),
    };
    let symbol = match op {
        Cmp::Eq => "==",
        Cmp::Order(order) => order.symbol(),
    };
    Ok(value.needed_by(Fragment::atom(format!("{of} {symbol} {number}")).nullable()))
}

/// The refusal of a text pattern on a column whose text is not Sigma's: times, and numbers with a fraction.
pub(super) fn no_text(column: &Column, at: &At) -> Gap {
    let message =
        format!("{} is no text in this table, and KQL writes it differently than the event does", column.field);
    Gap::new(Code::E0602, at, message).help("compare whole numbers, or use a time modifier such as `|hour`")
}

/// The number as Kusto reads it; none for what fits no 64-bit integer.
fn number_literal(number: Number) -> Option<String> {
    match number {
        Number::Int(value) => i64::try_from(value).ok().map(|value| value.to_string()),
        Number::Float(value) => Some(format!("{value:?}")),
    }
}
