//! Conversions and choices (K: "tostring()", "toint()", "coalesce()", "iff()", "case()", "isempty()", ...).

use super::Given;
use crate::engines::Refusal;
use crate::engines::kql::lex::integer;
use crate::engines::kql::run::Run;
use crate::engines::kql::time;
use crate::engines::kql::value::{Type, Value};

fn first(values: &[Value]) -> Value {
    values.first().map_or(Value::Null, Value::plain)
}

pub(super) fn tostring(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(values.first().map_or_else(|| Value::text(""), |value| Value::Text(value.to_text())))
}

pub(super) fn tolong(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Long(value) => Value::Long(value),
        Value::Real(value) if value.abs() < 9e18 => Value::Long(value as i64),
        Value::Bool(value) => Value::Long(i64::from(value)),
        Value::Text(text) => integer(text.trim()).map_or(Value::Null, Value::Long),
        Value::Time(ticks) | Value::Span(ticks) => {
            return Err(Refusal::Unknown(format!("tolong() of a time ({ticks} ticks)")));
        }
        _ => Value::Null,
    })
}

pub(super) fn toint(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    Ok(match tolong(values, run)? {
        Value::Long(value) if i32::try_from(value).is_ok() => Value::Long(value),
        _ => Value::Null,
    })
}

/// Decimal numbers, with an exponent or without; blanks around them do not count. Hexadecimal gives null.
pub(super) fn toreal(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Long(value) => Value::Real(value as f64),
        Value::Real(value) => Value::Real(value),
        Value::Bool(value) => Value::Real(f64::from(u8::from(value))),
        Value::Text(text) => text.trim().parse().map_or(Value::Null, Value::Real),
        _ => Value::Null,
    })
}

pub(super) fn tobool(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Bool(value) => Value::Bool(value),
        Value::Long(value) => Value::Bool(value != 0),
        Value::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => text.parse::<i64>().map_or(Value::Null, |value| Value::Bool(value != 0)),
        },
        _ => Value::Null,
    })
}

/// ISO 8601; other texts with letters may be one of the product's further formats, and are refused.
pub(super) fn todatetime(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    match first(values) {
        Value::Time(ticks) => Ok(Value::Time(ticks)),
        Value::Text(text) => match time::parse_datetime(&text) {
            Some(ticks) => Ok(Value::Time(ticks)),
            None if text.contains([':', '/', ',']) && text.bytes().any(|byte| byte.is_ascii_digit()) => {
                Err(Refusal::Unknown(format!("todatetime() of {text:?}")))
            }
            None => Ok(Value::Null),
        },
        _ => Ok(Value::Null),
    }
}

pub(super) fn totimespan(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Span(ticks) => Value::Span(ticks),
        Value::Text(text) => time::parse_span(&text).map_or(Value::Null, Value::Span),
        _ => Value::Null,
    })
}

/// A guid in any of the usual spellings, in lower case.
pub(super) fn toguid(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let text = first(values).to_text().trim_matches(['{', '}']).to_ascii_lowercase();
    let form = text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    Ok(if form { Value::text(&text) } else { Value::Null })
}

/// An empty string or a null.
fn empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null) => true,
        Some(Value::Text(text)) => text.is_empty(),
        Some(json @ Value::Json(_)) => json.to_text().is_empty(),
        Some(_) => false,
    }
}

pub(super) fn isempty(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Bool(empty(values.first())))
}

pub(super) fn isnotempty(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Bool(!empty(values.first())))
}

pub(super) fn isnull(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Bool(values.first().is_none_or(Value::is_null)))
}

pub(super) fn isnotnull(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Bool(values.first().is_some_and(|value| !value.is_null())))
}

/// The first value that is not null; of strings the first that is not empty.
pub(super) fn coalesce(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let found = values.iter().find(|value| !value.is_blank() && !matches!(value, Value::Text(text) if text.is_empty()));
    Ok(found.or(values.last()).cloned().unwrap_or(Value::Null))
}

/// Condition, value, condition, value, .., default. A null condition does not hold.
pub(super) fn choose(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    for pair in values.chunks(2) {
        match pair {
            [condition, value] if condition.plain() == Value::Bool(true) => return Ok(value.clone()),
            [_, _] => {}
            [default] => return Ok(default.clone()),
            _ => {}
        }
    }
    Ok(Value::Null)
}

/// The negation; null of a null.
pub(super) fn not(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Bool(value) => Value::Bool(!value),
        _ => Value::Null,
    })
}

pub(super) fn abs(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match first(values) {
        Value::Long(value) => Value::Long(value.saturating_abs()),
        Value::Real(value) => Value::Real(value.abs()),
        Value::Span(value) => Value::Span(value.saturating_abs()),
        _ => Value::Null,
    })
}

fn extreme(values: &[Value], wanted: std::cmp::Ordering) -> Value {
    let values = values.iter().map(Value::plain).filter(|value| !value.is_null());
    values.reduce(|best, next| if next.order(&best) == Some(wanted) { next } else { best }).unwrap_or(Value::Null)
}

pub(super) fn min_of(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(extreme(values, std::cmp::Ordering::Less))
}

pub(super) fn max_of(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(extreme(values, std::cmp::Ordering::Greater))
}

/// Lower-case hexadecimal digits of a long, two's complement where it is negative.
pub(super) fn tohex(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match (first(values), values.get(1)) {
        (Value::Long(value), None) => Value::text(&format!("{value:x}")),
        (Value::Long(value), Some(Value::Long(width))) => {
            let width = usize::try_from(*width).unwrap_or(0).min(64);
            Value::text(&format!("{value:0width$x}"))
        }
        _ => Value::text(""),
    })
}

/// Rounds down to a multiple: numbers, datetimes and timespans.
pub(super) fn bin(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let step = values.get(1).map_or(Value::Null, Value::plain);
    Ok(match (first(values), step) {
        (Value::Null, _) | (_, Value::Null) => Value::Null,
        (Value::Long(value), Value::Long(step)) if step > 0 => Value::Long(value.div_euclid(step) * step),
        (Value::Time(value), Value::Span(step)) if step > 0 => Value::Time(floor_time(value, step)),
        (Value::Span(value), Value::Span(step)) if step > 0 => Value::Span(value.div_euclid(step) * step),
        (value, step) => match (value.to_real(), step.to_real()) {
            (Some(value), Some(step)) if step > 0.0 => Value::Real((value / step).floor() * step),
            _ => return Err(Refusal::Unknown("bin() of these values".to_owned())),
        },
    })
}

/// Ticks from the year 1 to 1970, where bins start.
const EPOCH: i128 = 719_162 * 864_000_000_000;

fn floor_time(ticks: i64, step: i64) -> i64 {
    let since = i128::from(ticks) + EPOCH;
    i64::try_from(since.div_euclid(i128::from(step)) * i128::from(step) - EPOCH).unwrap_or(ticks)
}

/// The type that all of these have; null literals of any type count as the others'.
pub(super) fn common_type(name: &str, kinds: &[Type]) -> Given<Type> {
    let mut kinds = kinds.iter().copied();
    let Some(mut common) = kinds.next() else {
        return Err(Refusal::Error(format!("{name}() takes more arguments")));
    };
    for kind in kinds {
        common = match (common, kind) {
            (a, b) if a == b => a,
            (a, b) if a.is_number() && b.is_number() => {
                if a == Type::Real || b == Type::Real {
                    Type::Real
                } else {
                    Type::Long
                }
            }
            (Type::Dynamic, _) | (_, Type::Dynamic) if name != "coalesce" => Type::Dynamic,
            (a, b) => {
                return Err(Refusal::Error(format!(
                    "{name}() takes arguments of one type, not {} and {}",
                    a.name(),
                    b.name()
                )));
            }
        };
    }
    Ok(common)
}
