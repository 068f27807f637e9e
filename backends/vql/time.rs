//! Parts of a timestamp (SEMANTICS 6, rows 47 and 48).

use super::dialect::Operand;
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Cmp, Fidelity, TimePart};
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
    let part = format!("{time}.Year > 1 AND {time}.{member} {symbol} {value}");
    if operand.kind.is_number() {
        return Ok(Fragment::atom(part).binding(Binding::And));
    }
    let message =
        "times are read in the forms 2026-01-31T12:30:00Z and 2026-01-31 12:30:00 only, not as numbers in text";
    let note = Diagnostic::new(Code::W0702, message).at(at.span);
    let text = format!("{} =~ {TIMES} AND {part}", operand.text);
    Ok(Fragment { fidelity: Fidelity::Narrower, ..Fragment::atom(text).binding(Binding::And).note(note) })
}

/// Velociraptor guesses at texts of any form; these it cannot take for something else.
const TIMES: &str = r"'''(?-i)^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$'''";
