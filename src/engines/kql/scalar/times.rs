//! Functions of time; all in UTC (K: the page of each function).

use jiff::civil::DateTime;

use super::Given;
use crate::engines::Refusal;
use crate::engines::kql::run::Run;
use crate::engines::kql::time::{self, DAY};
use crate::engines::kql::value::Value;

fn at(values: &[Value], place: usize) -> Option<i64> {
    match values.get(place)?.plain() {
        Value::Time(ticks) => Some(ticks),
        _ => None,
    }
}

fn span(values: &[Value], place: usize) -> Option<i64> {
    match values.get(place)? {
        Value::Span(ticks) => Some(*ticks),
        _ => None,
    }
}

fn part_of(values: &[Value], place: usize, part: fn(DateTime) -> i64) -> Given<Value> {
    Ok(at(values, place).and_then(time::civil).map_or(Value::Null, |civil| Value::Long(part(civil))))
}

pub(super) fn now(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Time(run.now.saturating_add(span(values, 0).unwrap_or(0))))
}

pub(super) fn ago(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    Ok(span(values, 0).map_or(Value::Null, |span| Value::Time(run.now.saturating_sub(span))))
}

pub(super) fn getyear(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.year()))
}

pub(super) fn getmonth(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.month()))
}

pub(super) fn dayofmonth(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.day()))
}

pub(super) fn dayofyear(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.day_of_year()))
}

pub(super) fn hourofday(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.hour()))
}

/// The week of ISO 8601.
pub(super) fn week_of_year(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    part_of(values, 0, |civil| i64::from(civil.date().iso_week_date().week()))
}

/// The time since the last Sunday, in whole days.
pub(super) fn dayofweek(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(at(values, 0)
        .and_then(time::civil)
        .map_or(Value::Null, |civil| Value::Span(i64::from(civil.weekday().to_sunday_zero_offset()) * DAY)))
}

/// Part, datetime.
pub(super) fn datetime_part(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let name = values.first().map(Value::to_text).unwrap_or_default().to_ascii_lowercase();
    let part: fn(DateTime) -> i64 = match name.as_str() {
        "year" => |civil| i64::from(civil.year()),
        "quarter" => |civil| i64::from((civil.month() - 1) / 3 + 1),
        "month" => |civil| i64::from(civil.month()),
        "week_of_year" | "weekofyear" => |civil| i64::from(civil.date().iso_week_date().week()),
        "day" => |civil| i64::from(civil.day()),
        "dayofyear" => |civil| i64::from(civil.day_of_year()),
        "hour" => |civil| i64::from(civil.hour()),
        "minute" => |civil| i64::from(civil.minute()),
        "second" => |civil| i64::from(civil.second()),
        "millisecond" => |civil| i64::from(civil.subsec_nanosecond() / 1_000_000),
        "microsecond" => |civil| i64::from(civil.subsec_nanosecond() / 1000),
        "nanosecond" => |civil| i64::from(civil.subsec_nanosecond()),
        other => return Err(Refusal::Error(format!("datetime_part() knows no part {other:?}"))),
    };
    part_of(values, 1, part)
}

/// The start of the period, with an offset in periods.
fn start(values: &[Value], floor: fn(DateTime, i64) -> Option<i64>) -> Given<Value> {
    let offset = match values.get(1) {
        Some(Value::Long(offset)) => *offset,
        _ => 0,
    };
    let civil = at(values, 0).and_then(time::civil);
    Ok(civil.and_then(|civil| floor(civil, offset)).map_or(Value::Null, Value::Time))
}

fn midnight(civil: DateTime) -> Option<i64> {
    time::ticks(civil.date().to_datetime(jiff::civil::Time::midnight()))
}

pub(super) fn startofday(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    start(values, |civil, offset| midnight(civil)?.checked_add(offset.checked_mul(DAY)?))
}

pub(super) fn startofweek(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    start(values, |civil, offset| {
        let back = i64::from(civil.weekday().to_sunday_zero_offset());
        midnight(civil)?.checked_add(offset.checked_mul(7)?.checked_sub(back)?.checked_mul(DAY)?)
    })
}

pub(super) fn startofmonth(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    start(values, |civil, offset| if offset == 0 { midnight(civil.with().day(1).build().ok()?) } else { None })
}

pub(super) fn endofday(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    start(values, |civil, offset| {
        midnight(civil)?.checked_add(offset.checked_add(1)?.checked_mul(DAY)?)?.checked_sub(1)
    })
}

/// Part, later, earlier: how many boundaries of the part lie between.
pub(super) fn datetime_diff(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let name = values.first().map(Value::to_text).unwrap_or_default().to_ascii_lowercase();
    let (Some(later), Some(earlier)) = (at(values, 1), at(values, 2)) else { return Ok(Value::Null) };
    let unit = match name.as_str() {
        "day" => DAY,
        "hour" => time::HOUR,
        "minute" => time::MINUTE,
        "second" => time::SECOND,
        "millisecond" => time::SECOND / 1000,
        other => return Err(Refusal::Unknown(format!("datetime_diff() in {other:?}"))),
    };
    Ok(Value::Long(later.div_euclid(unit) - earlier.div_euclid(unit)))
}

/// Part, amount, datetime.
pub(super) fn datetime_add(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let name = values.first().map(Value::to_text).unwrap_or_default().to_ascii_lowercase();
    let (Some(Value::Long(amount)), Some(ticks)) = (values.get(1), at(values, 2)) else { return Ok(Value::Null) };
    let unit = match name.as_str() {
        "week" => 7 * DAY,
        "day" => DAY,
        "hour" => time::HOUR,
        "minute" => time::MINUTE,
        "second" => time::SECOND,
        other => return Err(Refusal::Unknown(format!("datetime_add() in {other:?}"))),
    };
    Ok(amount.checked_mul(unit).and_then(|span| ticks.checked_add(span)).map_or(Value::Null, Value::Time))
}

pub(super) fn unixtime_seconds(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let seconds = match values.first() {
        Some(Value::Long(seconds)) => seconds.checked_mul(time::SECOND),
        _ => None,
    };
    Ok(seconds.map_or(Value::Null, Value::Time))
}

/// The letters of the format that stand for whole parts; others are refused.
pub(super) fn format_datetime(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let Some(civil) = at(values, 0).and_then(time::civil) else { return Ok(Value::text("")) };
    let format = values.get(1).map(Value::to_text).unwrap_or_default();
    let mut written = String::new();
    let mut rest: &str = &format;
    while let Some(letter) = rest.chars().next() {
        let length = rest.len() - rest.trim_start_matches(letter).len();
        let run = rest.get(..length).unwrap_or_default();
        written.push_str(&match run {
            "yyyy" => format!("{:04}", civil.year()),
            "yy" => format!("{:02}", civil.year() % 100),
            "MM" => format!("{:02}", civil.month()),
            "M" => civil.month().to_string(),
            "dd" => format!("{:02}", civil.day()),
            "d" => civil.day().to_string(),
            "HH" => format!("{:02}", civil.hour()),
            "H" => civil.hour().to_string(),
            "mm" => format!("{:02}", civil.minute()),
            "m" => civil.minute().to_string(),
            "ss" => format!("{:02}", civil.second()),
            "s" => civil.second().to_string(),
            run if run.chars().all(|letter| " /-:,._[]".contains(letter)) => run.to_owned(),
            other => return Err(Refusal::Unknown(format!("format_datetime() with {other:?}"))),
        });
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(Value::text(&written))
}
