//! Comparison and arithmetic (vfilter's protocols/, Velociraptor's vql/functions/time.go). The order of the cases is theirs.

use std::rc::Rc;

use super::super::Refusal;
use super::time;
use super::value::{Dict, Value};

fn unknown<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Unknown(what.to_owned()))
}

/// `=`.
pub(super) fn equal(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Refusal> {
    use Value::{Big, Bool, Dict, Float, Int, List, Null, Query, Rows, Text, Time};
    Ok(match (left, right) {
        (Query(..) | Rows(_), _) | (_, Query(..) | Rows(_)) => return unknown("a query compared"),
        (Null, Null) => true,
        (Null, _) | (_, Null) => false,
        (Text(left), Text(right)) => left == right,
        (Bool(left), Bool(right)) => left == right,
        // Every text but this one is FALSE.
        (Bool(bool), Text(text)) => *bool == (&**text == "TRUE"),
        (Bool(bool), Int(number)) | (Int(number), Bool(bool)) => match number {
            0 | 1 => (*number == 1) == *bool,
            _ => return unknown("a Boolean compared with a number"),
        },
        (Bool(_), Float(_) | Big(_)) | (Float(_) | Big(_), Bool(_)) => {
            return unknown("a Boolean compared with a number");
        }
        (Time(..), Text(_)) | (Text(_), Time(..)) => return unknown("= of a time and a text"),
        (Time(left, _), Time(right, _)) => left == right,
        (Time(time, _), Int(_) | Big(_) | Float(_)) => Some(*time) == time::of_number(right),
        (Int(_) | Big(_) | Float(_), Time(time, _)) => Some(*time) == time::of_number(left),
        (Int(_) | Big(_), Int(_) | Big(_)) => left.int() == right.int(),
        (Int(_) | Big(_), Float(_)) => whole(left) == right.float(),
        (Float(_), Int(_) | Big(_)) => left.float() == whole(right),
        (Float(left), Float(right)) => left == right,
        (List(left), List(right)) => {
            if left.len() != right.len() {
                return Ok(false);
            }
            for (left, right) in left.iter().zip(right.iter()) {
                if !equal(left, right)? {
                    return Ok(false);
                }
            }
            true
        }
        (Dict(_), Dict(_)) => return unknown("= of two dicts"),
        _ => false,
    })
}

/// A whole number as a float, by way of the signed range.
fn whole(value: &Value<'_>) -> Option<f64> {
    #[expect(clippy::cast_precision_loss, reason = "what Go's conversion does")]
    value.int().map(|number| number as f64)
}

/// `<`, or `>` where `greater`.
pub(super) fn ordered(left: &Value<'_>, right: &Value<'_>, greater: bool) -> Result<bool, Refusal> {
    use Value::{Big, Bool, Float, Int, Null, Query, Rows, Text, Time};
    let decide = |order: Option<std::cmp::Ordering>| match order {
        Some(order) => order == if greater { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less },
        None => false,
    };
    Ok(match (left, right) {
        (Query(..) | Rows(_), _) | (_, Query(..) | Rows(_)) => return unknown("a query compared"),
        (Null, _) | (_, Null) => false,
        (Text(left), Text(right)) => decide(Some(left.cmp(right))),
        (Bool(_), _) | (_, Bool(_)) => return unknown("< or > of a Boolean"),
        (Int(_) | Big(_), Int(_) | Big(_)) => decide(left.int().cmp(&right.int()).into()),
        (Int(_) | Big(_), Float(_)) => decide(whole(left).partial_cmp(&right.float())),
        (Float(_), Int(_) | Big(_)) => decide(left.float().partial_cmp(&right.float())),
        (Float(left), Float(right)) => decide(left.partial_cmp(right)),
        (Time(left, _), Time(right, _)) => decide(Some(left.cmp(right))),
        (Time(left, _), Int(_) | Big(_) | Float(_)) => decide(time::of_number(right).map(|right| left.cmp(&right))),
        (Int(_) | Big(_) | Float(_), Time(right, _)) => decide(time::of_number(left).map(|left| left.cmp(right))),
        (Time(left, _), Text(text)) => match time::read(text)? {
            Some((right, _)) => decide(Some(left.cmp(&right))),
            None => false,
        },
        (Text(_), Time(..)) => return unknown("< or > of a text and a time"),
        (Int(_) | Big(_), _) => false,
        // Anything else against a whole number is true both ways: vfilter asks only whether the number is not beyond it.
        (Text(_) | Value::List(_) | Value::Dict(_), Int(_) | Big(_)) => true,
        _ => false,
    })
}

/// `IN`.
pub(super) fn member(left: &Value<'_>, right: &Value<'_>) -> Result<bool, Refusal> {
    match (left, right) {
        (Value::Query(..) | Value::Rows(_), _) | (_, Value::Query(..) | Value::Rows(_)) => unknown("IN with a query"),
        (Value::Text(part), Value::Text(whole)) => Ok(whole.contains(&**part)),
        (Value::Text(key), Value::Dict(dict)) => Ok(dict.get(key).is_some()),
        (_, Value::Dict(_)) => unknown("IN of a dict for what is no text"),
        (_, Value::List(items)) => {
            for item in items.iter() {
                if equal(left, item)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        _ => Ok(false),
    }
}

/// `+`.
pub(super) fn add<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Refusal> {
    use Value::{Big, Float, Int, List, Null, Text};
    Ok(match (left, right) {
        (Text(left), Text(right)) => {
            if left.len() + right.len() > 1_000_000 {
                return Err(Refusal::Limit);
            }
            Value::text(format!("{left}{right}"))
        }
        (Null, _) => Null,
        (Int(_) | Big(_), Int(_) | Big(_)) => whole_of(left, right, i64::wrapping_add),
        (Int(_) | Big(_) | Float(_), Int(_) | Big(_) | Float(_)) => floats(left, right, |a, b| a + b),
        (List(left), List(right)) => {
            if left.len() + right.len() > 100_000 {
                return Err(Refusal::Limit);
            }
            List(Rc::new(left.iter().chain(right.iter()).cloned().collect()))
        }
        (Text(_), Null) => Null,
        _ => return unknown("+ of these values"),
    })
}

/// `-`, `*`, `/` of numbers; NULL with NULL.
pub(super) fn subtract<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Refusal> {
    numeric("-", left, right, i64::wrapping_sub, |a, b| a - b)
}

pub(super) fn multiply<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Refusal> {
    numeric("*", left, right, i64::wrapping_mul, |a, b| a * b)
}

pub(super) fn divide<'a>(left: &Value<'a>, right: &Value<'a>) -> Result<Value<'a>, Refusal> {
    if matches!(left, Value::Null) || matches!(right, Value::Null) {
        return Ok(Value::Null);
    }
    match (left, right) {
        (Value::Int(_) | Value::Big(_) | Value::Float(_), Value::Int(_) | Value::Big(_)) => {
            let right = right.float().unwrap_or_default();
            Ok(if right == 0.0 { Value::Null } else { Value::Float(left.float().unwrap_or_default() / right) })
        }
        (Value::Float(left), Value::Float(right)) => {
            Ok(if *right == 0.0 { Value::Null } else { Value::Float(left / right) })
        }
        _ => unknown("/ of these values"),
    }
}

fn numeric<'a>(
    name: &str,
    left: &Value<'a>,
    right: &Value<'a>,
    ints: fn(i64, i64) -> i64,
    float: fn(f64, f64) -> f64,
) -> Result<Value<'a>, Refusal> {
    use Value::{Big, Float, Int, Null};
    Ok(match (left, right) {
        (Null, _) | (_, Null) => Null,
        (Int(_) | Big(_), Int(_) | Big(_)) => whole_of(left, right, ints),
        (Int(_) | Big(_) | Float(_), Int(_) | Big(_) | Float(_)) => floats(left, right, float),
        _ => return unknown(&format!("{name} of these values")),
    })
}

fn whole_of<'a>(left: &Value<'a>, right: &Value<'a>, compute: fn(i64, i64) -> i64) -> Value<'a> {
    left.int().zip(right.int()).map_or(Value::Null, |(left, right)| Value::Int(compute(left, right)))
}

fn floats<'a>(left: &Value<'a>, right: &Value<'a>, compute: fn(f64, f64) -> f64) -> Value<'a> {
    left.float().zip(right.float()).map_or(Value::Null, |(left, right)| Value::Float(compute(left, right)))
}

/// `.name`: a member of a dict, of each element of a list, of a time.
pub(super) fn member_of<'a>(value: &Value<'a>, name: &str) -> Result<Value<'a>, Refusal> {
    Ok(match value {
        Value::Dict(dict) => dict.get(name).unwrap_or(Value::Null),
        Value::List(items) => {
            let mut found = Vec::new();
            for item in items.iter() {
                match item {
                    Value::Dict(dict) => found.extend(dict.get(name)),
                    Value::Null => found.push(Value::Null),
                    Value::List(_) => return unknown("a member of lists in a list"),
                    _ => {}
                }
            }
            Value::List(Rc::new(found))
        }
        Value::Rows(rows) => {
            let column = |row: &Value<'a>| match row {
                Value::Dict(dict) => dict.get(name).unwrap_or(Value::Null),
                _ => Value::Null,
            };
            Value::List(Rc::new(rows.iter().map(|record| column(&record.row)).collect()))
        }
        Value::Time(nanoseconds, utc) => time::member(*nanoseconds, *utc, name)?,
        _ => Value::Null,
    })
}

/// `[index]`.
pub(super) fn element<'a>(value: &Value<'a>, index: &Value<'a>) -> Result<Value<'a>, Refusal> {
    if let (_, Value::Text(name)) = (value, index) {
        return member_of(value, name);
    }
    let Some(at) = index.int() else { return unknown("an index that is neither text nor number") };
    let Ok(at) = usize::try_from(at) else { return unknown("an index below 0") };
    Ok(match value {
        Value::List(items) => items.get(at).cloned().unwrap_or(Value::Null),
        Value::Rows(rows) => rows.get(at).map_or(Value::Null, |record| record.row.clone()),
        Value::Text(text) => text.as_bytes().get(at).map_or(Value::Null, |byte| Value::Int(i64::from(*byte))),
        Value::Dict(Dict::Made(_) | Dict::Stored(_)) => return unknown("a number as a dict's index"),
        _ => Value::Null,
    })
}
