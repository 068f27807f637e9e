//! Types and values of Kusto (K: "Scalar data types", "Null values").

use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::{Number, Value as Json};

use super::time;

/// A scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// `bool`
    Bool,
    /// `int`: 32 bits
    Int,
    /// `long`: 64 bits
    Long,
    /// `real`
    Real,
    /// `string`: never null, the empty text stands for what is missing
    String,
    /// `datetime`
    DateTime,
    /// `timespan`
    TimeSpan,
    /// `guid`
    Guid,
    /// `dynamic`
    Dynamic,
}

impl Type {
    /// The type of that name.
    pub fn named(name: &str) -> Option<Type> {
        Some(match name {
            "bool" | "boolean" => Type::Bool,
            "int" => Type::Int,
            "long" => Type::Long,
            "real" | "double" => Type::Real,
            "string" => Type::String,
            "datetime" | "date" => Type::DateTime,
            "timespan" | "time" => Type::TimeSpan,
            "guid" | "uuid" | "uniqueid" => Type::Guid,
            "dynamic" => Type::Dynamic,
            _ => return None,
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Type::Bool => "bool",
            Type::Int => "int",
            Type::Long => "long",
            Type::Real => "real",
            Type::String => "string",
            Type::DateTime => "datetime",
            Type::TimeSpan => "timespan",
            Type::Guid => "guid",
            Type::Dynamic => "dynamic",
        }
    }

    /// Whether it is one of the numeric types.
    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Real)
    }

    /// Whether string operators take it: string and dynamic alone.
    pub fn is_textual(self) -> bool {
        matches!(self, Type::String | Type::Dynamic)
    }

    /// What a column of this type holds where nothing was stored.
    pub(crate) fn missing(self) -> Value {
        if self == Type::String { Value::text("") } else { Value::Null }
    }
}

/// A value. The null of every type is the same value; strings have none.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// The null of any type but string.
    Null,
    /// `bool`
    Bool(bool),
    /// `int` or `long`
    Long(i64),
    /// `real`
    Real(f64),
    /// `string`, or a `guid` in lower case
    Text(Rc<str>),
    /// `datetime`: ticks of 100 ns since 1970
    Time(i64),
    /// `timespan`: ticks of 100 ns
    Span(i64),
    /// `dynamic`: a list, an object, or a JSON scalar; a JSON null is no null value
    Json(Rc<Json>),
}

impl Value {
    pub(crate) fn text(text: &str) -> Value {
        Value::Text(Rc::from(text))
    }

    pub(crate) fn json(json: Json) -> Value {
        Value::Json(Rc::new(json))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// A null, or the JSON null inside a dynamic value.
    pub(crate) fn is_blank(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Json(json) => json.is_null(),
            _ => false,
        }
    }

    /// What `tostring()` gives; string operators see dynamic values through it.
    pub(crate) fn to_text(&self) -> Rc<str> {
        match self {
            Value::Null => Rc::from(""),
            // Measured on Kusto's emulator by the author of duckdb-kql; inside a dynamic value it is JSON's word.
            Value::Bool(value) => Rc::from(if *value { "True" } else { "False" }),
            Value::Long(value) => Rc::from(value.to_string()),
            Value::Real(value) => Rc::from(real_text(*value)),
            Value::Text(text) => Rc::clone(text),
            Value::Time(ticks) => Rc::from(time::datetime_text(*ticks)),
            Value::Span(ticks) => Rc::from(time::span_text(*ticks)),
            Value::Json(json) => match json.as_ref() {
                Json::Null => Rc::from(""),
                Json::String(text) => Rc::from(text.as_str()),
                Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                    (None, Some(real)) if !number.is_u64() => Rc::from(real_text(real)),
                    _ => Rc::from(number.to_string()),
                },
                other => Rc::from(other.to_string()),
            },
        }
    }

    /// The value inside a dynamic one, where it is a scalar; a JSON null is a null.
    pub(crate) fn plain(&self) -> Value {
        let Value::Json(json) = self else { return self.clone() };
        match json.as_ref() {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::String(text) => Value::text(text),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(long), _) => Value::Long(long),
                (None, Some(real)) => Value::Real(real),
                (None, None) => Value::Null,
            },
            Json::Array(_) | Json::Object(_) => self.clone(),
        }
    }

    /// As a member of a dynamic value.
    pub(crate) fn to_json(&self) -> Json {
        match self {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Long(value) => Json::Number((*value).into()),
            Value::Real(value) => Number::from_f64(*value).map_or(Json::Null, Json::Number),
            Value::Text(text) => Json::String(text.to_string()),
            Value::Time(_) | Value::Span(_) => Json::String(self.to_text().to_string()),
            Value::Json(json) => json.as_ref().clone(),
        }
    }

    /// The number, as a real.
    pub(crate) fn to_real(&self) -> Option<f64> {
        match self {
            Value::Long(value) => Some(*value as f64),
            Value::Real(value) => Some(*value),
            _ => None,
        }
    }

    /// How two values of comparable types are ordered; none where one is null or the types do not compare.
    pub(crate) fn order(&self, other: &Value) -> Option<Ordering> {
        match (self, other) {
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Long(a), Value::Long(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Value::Time(a), Value::Time(b)) | (Value::Span(a), Value::Span(b)) => Some(a.cmp(b)),
            (Value::Long(_) | Value::Real(_), Value::Long(_) | Value::Real(_)) => {
                self.to_real()?.partial_cmp(&other.to_real()?)
            }
            _ => None,
        }
    }
}

fn real_text(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() }
    } else if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.1}")
    } else {
        value.to_string()
    }
}

/// A value as a row shows it in JSON, put into a column; none where the column cannot hold it.
pub(crate) fn stored(json: &Json, kind: Type) -> Option<Value> {
    Some(match (kind, json) {
        (Type::Dynamic, Json::Null) | (_, Json::Null) => kind.missing(),
        (Type::Dynamic, json) => Value::json(json.clone()),
        (Type::String, Json::String(text)) => Value::text(text),
        (Type::String, Json::Bool(_) | Json::Number(_)) => Value::text(&json.to_string()),
        (Type::String, Json::Array(_) | Json::Object(_)) => Value::text(&json.to_string()),
        (Type::Guid, Json::String(text)) => Value::text(&text.to_ascii_lowercase()),
        (Type::Bool, Json::Bool(value)) => Value::Bool(*value),
        (Type::Bool, Json::Number(number)) => Value::Bool(number.as_i64()? != 0),
        (Type::Int | Type::Long, Json::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(long), _) => Value::Long(long),
            (None, Some(real)) if real.fract() == 0.0 && real.abs() < 9e15 => Value::Long(real as i64),
            _ => return None,
        },
        (Type::Real, Json::Number(number)) => Value::Real(number.as_f64()?),
        (Type::DateTime, Json::String(text)) => Value::Time(time::parse_datetime(text)?),
        (Type::TimeSpan, Json::String(text)) => Value::Span(time::parse_span(text)?),
        _ => return None,
    })
}
