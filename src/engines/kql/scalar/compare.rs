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
        (Type::Bool, other) | (other, Type::Bool) if equality && other.is_number() => {
            Err(Refusal::Unknown("a bool compared with a number".to_owned()))
        }
        (left, right) if left.is_number() && right.is_number() => Ok(()),
        (left, right) if left != right => wrong(),
        (Type::String | Type::Bool | Type::Guid, _) if !equality => wrong(),
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
        _ => {
            return Err(Refusal::Error(format!(
                "the operator '{op}' is not defined for the operand types {} and {}",
                left.name(),
                right.name()
            )));
        }
    })
}

/// Arithmetic; a null operand gives null.
pub(super) fn arithmetic(op: &str, left: &Value, right: &Value) -> Given<Value> {
    use Value::{Long, Null, Real, Span, Time};
    let overflow = || Refusal::Unknown("a number beyond 64 bits".to_owned());
    Ok(match (left, right) {
        (Null, _) | (_, Null) => Null,
        (Long(a), Long(b)) => Long(
            match op {
                "+" => a.checked_add(*b),
                "-" => a.checked_sub(*b),
                "*" => a.checked_mul(*b),
                "/" | "%" if *b == 0 => return Err(Refusal::Unknown("a division by zero".to_owned())),
                "/" => a.checked_div(*b),
                _ => a.checked_rem(*b),
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
            (Some(a), Some(b)) => Real(match op {
                "+" => a + b,
                "-" => a - b,
                "*" => a * b,
                "/" => a / b,
                _ => a % b,
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
