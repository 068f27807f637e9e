//! Values, and what they are as truth, number and text.

use std::borrow::Cow;
use std::rc::Rc;

use serde_json::{Map, Value as Json};

use super::super::Refusal;
use super::ast::Select;
use super::scope::Scope;

/// A value of the language.
#[derive(Debug, Clone)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond the signed range; arithmetic sees it wrapped, as Go converts it.
    Big(u64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Rc<Vec<Value<'a>>>),
    Dict(Dict<'a>),
    /// Nanoseconds since 1970, and whether its zone is UTC.
    Time(i128, bool),
    /// A query that is not run yet, and the scope that it is bound to.
    Query(Rc<Select>, Option<Scope<'a>>),
    /// The rows of a query that was run.
    Rows(Rc<Vec<Record<'a>>>),
}

/// Named values in order.
#[derive(Debug, Clone)]
pub(super) enum Dict<'a> {
    Stored(&'a Map<String, Json>),
    Made(Rc<Vec<(Rc<str>, Value<'a>)>>),
}

/// A row, and the event that it comes from.
#[derive(Debug, Clone)]
pub(super) struct Record<'a> {
    pub row: Value<'a>,
    pub event: Option<usize>,
}

impl<'a> Dict<'a> {
    pub(super) fn get(&self, name: &str) -> Option<Value<'a>> {
        match self {
            Dict::Stored(map) => map.get(name).map(Value::of),
            Dict::Made(pairs) => pairs.iter().rev().find(|(key, _)| &**key == name).map(|(_, value)| value.clone()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        match self {
            Dict::Stored(map) => map.is_empty(),
            Dict::Made(pairs) => pairs.is_empty(),
        }
    }

    pub(super) fn len(&self) -> usize {
        match self {
            Dict::Stored(map) => map.len(),
            Dict::Made(pairs) => pairs.len(),
        }
    }

    pub(super) fn pairs(&self) -> Vec<(Rc<str>, Value<'a>)> {
        match self {
            Dict::Stored(map) => map.iter().map(|(key, value)| (Rc::from(key.as_str()), Value::of(value))).collect(),
            Dict::Made(pairs) => pairs.to_vec(),
        }
    }
}

impl<'a> Value<'a> {
    /// The value that JSON holds.
    pub(super) fn of(json: &'a Json) -> Self {
        match json {
            Json::Null => Value::Null,
            Json::Bool(bool) => Value::Bool(*bool),
            Json::String(text) => Value::Text(Cow::Borrowed(text)),
            Json::Array(items) => Value::List(Rc::new(items.iter().map(Value::of).collect())),
            Json::Object(map) => Value::Dict(Dict::Stored(map)),
            Json::Number(number) => number
                .as_i64()
                .map(Value::Int)
                .or_else(|| number.as_u64().map(Value::Big))
                .or_else(|| number.as_f64().map(Value::Float))
                .unwrap_or(Value::Null),
        }
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Value::Text(Cow::Owned(text.into()))
    }

    pub(super) fn dict(pairs: Vec<(Rc<str>, Value<'a>)>) -> Self {
        Value::Dict(Dict::Made(Rc::new(pairs)))
    }

    /// What AND, OR, NOT and WHERE see (protocol_bool.go): a number is true above zero.
    pub(super) fn truth(&self) -> Result<bool, Refusal> {
        Ok(match self {
            Value::Null => false,
            Value::Bool(bool) => *bool,
            Value::Int(number) => *number > 0,
            Value::Big(_) => true,
            Value::Float(number) => *number > 0.0,
            Value::Text(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Rows(rows) => !rows.is_empty(),
            Value::Dict(dict) => !dict.is_empty(),
            Value::Time(..) => return Err(Refusal::Unknown("a time as a condition".to_owned())),
            Value::Query(..) => return Err(Refusal::Unknown("a query as a condition".to_owned())),
        })
    }

    /// A whole number, as Go converts it; a text is none.
    pub(super) fn int(&self) -> Option<i64> {
        match self {
            Value::Bool(bool) => Some(i64::from(*bool)),
            Value::Int(number) => Some(*number),
            Value::Big(number) => Some(number.cast_signed()),
            #[expect(clippy::cast_possible_truncation, reason = "what Go's conversion does")]
            Value::Float(number) => Some(*number as i64),
            _ => None,
        }
    }

    /// A float; neither a text nor a Boolean is one.
    pub(super) fn float(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "what Go's conversion does")]
            Value::Int(number) => Some(*number as f64),
            #[expect(clippy::cast_precision_loss, reason = "what Go's conversion does")]
            Value::Big(number) => Some(*number as f64),
            Value::Float(number) => Some(*number),
            _ => None,
        }
    }

    /// Go's `%v`.
    pub(super) fn shown(&self) -> Result<Cow<'_, str>, Refusal> {
        Ok(match self {
            Value::Null => Cow::Borrowed("Null"),
            Value::Bool(bool) => Cow::Borrowed(if *bool { "true" } else { "false" }),
            Value::Int(number) => Cow::Owned(number.to_string()),
            Value::Big(number) => Cow::Owned(number.to_string()),
            Value::Float(number) => Cow::Owned(float_text(*number)),
            Value::Text(text) => Cow::Borrowed(text),
            Value::List(items) => {
                let items = items.iter().map(Value::shown).collect::<Result<Vec<_>, _>>()?;
                Cow::Owned(format!("[{}]", items.join(" ")))
            }
            Value::Dict(_) => Cow::Owned(self.json()?.to_string()),
            Value::Time(..) => return Err(Refusal::Unknown("a time as text".to_owned())),
            Value::Query(..) | Value::Rows(_) => return Err(Refusal::Unknown("a query as text".to_owned())),
        })
    }

    /// The value as JSON.
    pub(super) fn json(&self) -> Result<Json, Refusal> {
        Ok(match self {
            Value::Null => Json::Null,
            Value::Bool(bool) => Json::Bool(*bool),
            Value::Int(number) => Json::from(*number),
            Value::Big(number) => Json::from(*number),
            Value::Float(number) => float_json(*number),
            Value::Text(text) => Json::from(&**text),
            Value::List(items) => Json::Array(items.iter().map(Value::json).collect::<Result<_, _>>()?),
            Value::Rows(rows) => Json::Array(rows.iter().map(|record| record.row.json()).collect::<Result<_, _>>()?),
            Value::Dict(Dict::Stored(map)) => {
                Json::Object(map.iter().map(|(key, value)| (key.clone(), as_go(value))).collect())
            }
            Value::Dict(Dict::Made(pairs)) => {
                let pairs = pairs.iter().map(|(key, value)| Ok((key.to_string(), value.json()?)));
                Json::Object(pairs.collect::<Result<_, Refusal>>()?)
            }
            Value::Time(time, _) => {
                let time = jiff::Timestamp::from_nanosecond(*time);
                Json::from(time.map_err(|_| Refusal::Unknown("a time beyond the calendar".to_owned()))?.to_string())
            }
            Value::Query(..) => return Err(Refusal::Unknown("a query as JSON".to_owned())),
        })
    }
}

/// A float in JSON as Go writes it: a whole number has no fraction.
#[expect(clippy::cast_possible_truncation, reason = "within the range")]
fn float_json(number: f64) -> Json {
    if number.fract() == 0.0 && number.abs() < 9e18 { Json::from(number as i64) } else { Json::from(number) }
}

/// The JSON of a row as Go writes it.
fn as_go(value: &Json) -> Json {
    match value {
        Json::Number(number) if number.is_f64() => number.as_f64().map_or(Json::Null, float_json),
        Json::Array(items) => Json::Array(items.iter().map(as_go).collect()),
        Json::Object(map) => Json::Object(map.iter().map(|(key, value)| (key.clone(), as_go(value))).collect()),
        other => other.clone(),
    }
}

/// Go's `%v` of a float: the shortest digits, with an exponent below 1e-4 and from 1e6 (measured: 1e+10).
fn float_text(number: f64) -> String {
    let size = number.abs();
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    if size == 0.0 || (1e-4..1e6).contains(&size) {
        return number.to_string();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(("+", exponent), |exponent| ("-", exponent));
    format!("{digits}e{sign}{exponent:0>2}")
}
