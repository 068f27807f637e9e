//! Parts of a timestamp (SEMANTICS 6, rows 47 and 48).

use super::dialect::Operand;
use crate::diag::Code;
use crate::ir::{At, Cmp, TimePart};
use crate::render::{Binding, Fragment, Gap};

/// The part of the time that the operand holds, in UTC, compared with a number. What is no time becomes the year 1,
/// which no event is from.
pub(super) fn fragment(operand: &Operand, part: TimePart, op: Cmp, value: i64, at: &At) -> Result<Fragment, Gap> {
    let member = match part {
        TimePart::Minute => "Minute",
        TimePart::Hour => "Hour",
        TimePart::Day => "Day",
        TimePart::Year => "Year",
        TimePart::Week | TimePart::Month => {
            let message = "VQL has no number for the week or the month of a time";
            return Err(Gap::new(Code::E0602, at, message).help("use day and hour, or run the rule elsewhere"));
        }
    };
    let time = match operand.kind {
        kind if kind.is_number() => format!("timestamp(epoch={}).UTC", operand.text),
        _ => format!("timestamp(string={}).UTC", operand.text),
    };
    let symbol = match op {
        Cmp::Eq => "=",
        Cmp::Order(order) => order.symbol(),
    };
    Ok(Fragment::atom(format!("{time}.Year > 1 AND {time}.{member} {symbol} {value}")).binding(Binding::And))
}
