//! Comparison and arithmetic (K: "Numerical operators", "Datetime / timespan arithmetic", "Null values").

use std::cmp::Ordering;

use serde_json::Value as Json;

use super::Given;
use crate::engines::Refusal;
use crate::engines::kql::value::{Type, Value};

/// Whether `==` may stand between these types; the product has no implicit conversions between them.
pub(super) fn comparable(op: &str, left: Type, right: Type) -> Given<()> {
    let wrong = || {
        Err(Refusal::Error(format!(
            "the operator '{op}' is not defined for the operand types {} and {}",
            left.name(),
            right.name()
        )))
    };
    let equality = matches!(op, "==" | "!=" | "in");
    match (left, right) {
        (Type::Dynamic, _) | (_, Type::Dynamic) if equality => Ok(()),
        (Type::Dynamic, _) | (_, Type::Dynamic) => {
            Err(Refusal::Unknown(format!("the order of dynamic values ('{op}'); cast them")))
        }
        (Type::Guid, Type::String) | (Type::String, Type::Guid) => {
            Err(Refusal::Unknown("a guid compared with a string".to_owned()))
        }
        (left, right) if left.is_number() && right.is_number() => Ok(()),
        (Type::Bool, other) | (other, Type::Bool) if other.is_number() => {
            Err(Refusal::Unknown("a bool compared with a number".to_owned()))
        }
        (left, right) if left != right => wrong(),
        (Type::Bool, _) if !equality => Err(Refusal::Unknown("the order of bool values".to_owned())),
        (Type::String | Type::Guid, _) if !equality => wrong(),
        _ => Ok(()),
    }
}

/// `==` as `in` uses it: two-valued.
pub(in crate::engines::kql) fn same(left: &Value, right: &Value) -> Given<bool> {
    Ok(compare("==", left, right)? == Value::Bool(true))
}

/// A null is equal to no value and unlike every value; what any other comparison with it gives is null.
pub(super) fn compare(op: &str, left: &Value, right: &Value) -> Given<Value> {
    let dynamic = matches!(left, Value::Json(_)) || matches!(right, Value::Json(_));
    let (left, right) = (left.plain(), right.plain());
    if dynamic_null(&left, &right) || dynamic_null(&right, &left) {
        return Err(Refusal::Unknown("a missing dynamic value compared with the empty text".to_owned()));
    }
    match (left.is_null(), right.is_null(), op) {
        (true, true, _) => return Ok(Value::Null),
        (true, false, "==") | (false, true, "==") => return Ok(Value::Bool(false)),
        (true, false, "!=") | (false, true, "!=") => return Ok(Value::Bool(true)),
        (true, false, _) | (false, true, _) => return Ok(Value::Null),
        (false, false, _) => {}
    }
    let Some(order) = left.order(&right) else {
        if let (Some(_), Some(_)) = (left.to_real(), right.to_real()) {
            // Not a number: unlike all, ordered with none.
            return Ok(Value::Bool(op == "!="));
        }
        let what = if dynamic { "a dynamic value compared with one of another kind" } else { "this comparison" };
        return Err(Refusal::Unknown(what.to_owned()));
    };
    Ok(Value::Bool(match op {
        "==" => order == Ordering::Equal,
        "!=" => order != Ordering::Equal,
        "<" => order == Ordering::Less,
        "<=" => order != Ordering::Greater,
        ">" => order == Ordering::Greater,
        ">=" => order != Ordering::Less,
        other => return Err(Refusal::Unknown(format!("the operator {other}"))),
    }))
}

/// Whether a null stands beside the empty text. Only a dynamic value can: no page says whether it is taken for its text, which
/// is empty, or for a null.
fn dynamic_null(null: &Value, text: &Value) -> bool {
    null.is_null() && matches!(text, Value::Text(text) if text.is_empty())
}

/// The type of an arithmetic result: real wins, two integers give a long (K: "Numerical operators").
pub(super) fn arithmetic_type(op: &str, left: Type, right: Type) -> Given<Type> {
    use Type::{DateTime, Dynamic, Real, TimeSpan};
    Ok(match (left, op, right) {
        (left, _, right) if left.is_number() && right.is_number() => {
            if left == Real || right == Real {
                Real
            } else {
                Type::Long
            }
        }
        (DateTime, "-", DateTime) | (TimeSpan, "+" | "-", TimeSpan) => TimeSpan,
        (DateTime, "+" | "-", TimeSpan) | (TimeSpan, "+", DateTime) => DateTime,
        (TimeSpan, "/", TimeSpan) => Real,
        (TimeSpan, "*" | "/", right) if right.is_number() => TimeSpan,
        (left, "*", TimeSpan) if left.is_number() => TimeSpan,
        (Dynamic, _, _) | (_, _, Dynamic) => {
            return Err(Refusal::Unknown("arithmetic on dynamic values; cast them".to_owned()));
        }
        // The binder accepts most of these; what comes out no page says.
        (left, _, right)
            if [left, right].iter().all(|kind| kind.is_number() || matches!(kind, DateTime | TimeSpan)) =>
        {
            return Err(Refusal::Unknown(format!("{} {op} {}", left.name(), right.name())));
        }
        _ => {
            return Err(Refusal::Error(format!(
                "the operator '{op}' is not defined for the operand types {} and {}",
                left.name(),
                right.name()
            )));
        }
    })
}

/// Arithmetic; a null operand gives null. Measured on Kusto's emulator by the author of duckdb-kql: a remainder is never
/// negative, an integer divided by zero is null.
pub(super) fn arithmetic(op: &str, left: &Value, right: &Value) -> Given<Value> {
    use Value::{Long, Null, Real, Span, Time};
    let overflow = || Refusal::Unknown("a number beyond 64 bits".to_owned());
    Ok(match (left, right) {
        (Null, _) | (_, Null) => Null,
        (Long(_), Long(0)) if matches!(op, "/" | "%") => Null,
        (Long(a), Long(b)) => Long(
            match op {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" => a.checked_div(*b),
                _ => a.checked_rem_euclid(*b),
            }
            .ok_or_else(overflow)?,
        ),
        (Span(a), Span(b)) if op == "/" => Real(*a as f64 / *b as f64),
        (Span(a), Span(b)) => Span(sum(op, *a, *b).ok_or_else(overflow)?),
        (Time(a), Time(b)) => Span(sum(op, *a, *b).ok_or_else(overflow)?),
        (Time(a), Span(b)) => Time(sum(op, *a, *b).ok_or_else(overflow)?),
        (Span(a), Time(b)) => Time(sum("+", *a, *b).ok_or_else(overflow)?),
        (Span(span), number) | (number, Span(span)) => {
            let number = number.to_real().unwrap_or(f64::NAN);
            Span(if op == "*" { *span as f64 * number } else { *span as f64 / number } as i64)
        }
        (left, right) => match (left.to_real(), right.to_real()) {
            (Some(_), Some(0.0)) if matches!(op, "/" | "%") => {
                return Err(Refusal::Unknown("a real number divided by zero".to_owned()));
            }
            (Some(a), Some(b)) => Real(match op {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                _ => a.rem_euclid(b),
            }),
            _ => return Err(Refusal::Unknown("arithmetic on these values".to_owned())),
        },
    })
}

fn sum(op: &str, a: i64, b: i64) -> Option<i64> {
    if op == "-" { a.checked_sub(b) } else { a.checked_add(b) }
}

/// A key that groups equal values: nulls are one group.
pub(in crate::engines::kql) fn key(values: &[Value]) -> String {
    let list = values.iter().map(|value| Json::String(format!("{}\u{0}{}", tag(value), value.to_text()))).collect();
    Json::Array(list).to_string()
}

fn tag(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Long(_) | Value::Real(_) => "number",
        Value::Text(_) => "text",
        Value::Time(_) => "time",
        Value::Span(_) => "span",
        Value::Json(_) => "json",
    }
}
