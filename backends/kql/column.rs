//! What a column is in a query: its name, a member of it, or a name that an `extend` gives to something computed.

use std::sync::Arc;

use super::literal::{literal, member, name};
use crate::render::{Fragment, Hoist};
use crate::schema::{Column, From, Type};

/// A column ready to be tested.
#[derive(Debug, Clone)]
pub(super) struct Value {
    /// The text that stands for it.
    pub(super) text: String,
    /// The `extend` it needs, if it is computed.
    pub(super) hoist: Option<Hoist>,
    /// For a joined column: the columns it is made of, and what stands between them.
    pub(super) parts: Option<(Vec<String>, Arc<str>)>,
    /// For a member of a dynamic column: the bag that holds it, and its key.
    pub(super) bag: Option<(String, Arc<str>)>,
}

impl Value {
    /// The column as a value of its own type.
    pub(super) fn of(column: &Column) -> Value {
        let plain = |text| Value { text, hoist: None, parts: None, bag: None };
        match &column.from {
            From::Path(path) => match &**path {
                [] => plain(literal("")),
                [only] if column.traits.mapped => {
                    let stored = stored(only, column);
                    let text = format!("iff({stored} startswith \"::ffff:\", substring({stored}, 7), {stored})");
                    Value::computed(column, text)
                }
                [only] => plain(stored(only, column)),
                [first, inner @ .., last] => {
                    let bag = inner.iter().fold(stored(first, column), |text, key| text + &member(key));
                    let text = cast(&format!("{bag}{}", member(last)), column.kind);
                    Value { bag: Some((bag, last.clone())), ..plain(text) }
                }
            },
            From::JsonText(text, path) => {
                let json = format!("parse_json({})", name(text));
                let inner = path.iter().fold(json, |text, key| text + &member(key));
                Value::computed(column, cast(&inner, column.kind))
            }
            From::Joined(columns, separator) => {
                let names: Vec<String> = columns.iter().map(|column| name(column)).collect();
                let between = if separator.is_empty() { ", ".into() } else { format!(", {}, ", literal(separator)) };
                let computed = Value::computed(column, format!("strcat({})", names.join(&between)));
                Value { parts: Some((names, separator.clone())), ..computed }
            }
            From::Native(text) => Value::computed(column, text.to_string()),
        }
    }

    fn computed(column: &Column, text: String) -> Value {
        let alias: Arc<str> = name(column.field.as_str()).into();
        let hoist = Hoist { name: alias.clone(), text: text.into() };
        Value { text: alias.to_string(), hoist: Some(hoist), parts: None, bag: None }
    }

    /// The same as text: what number and dynamic columns are matched by where a pattern asks for text.
    pub(super) fn as_text(&self, kind: Type) -> Value {
        match kind {
            Type::String | Type::Untyped => self.clone(),
            _ => Value { text: format!("tostring({})", self.text), ..self.clone() },
        }
    }

    /// The fragment with the definition that the value needs.
    pub(super) fn needed_by(&self, fragment: Fragment) -> Fragment {
        match &self.hoist {
            Some(hoist) => fragment.needs(hoist.clone()),
            None => fragment,
        }
    }
}

/// The table's column; one that a workspace may lack is asked for by name, or the whole query would fail.
fn stored(text: &str, column: &Column) -> String {
    if column.traits.optional {
        let missing = match column.kind {
            Type::String | Type::Untyped => "\"\"",
            Type::Int => "int(null)",
            Type::Long => "long(null)",
            Type::Real => "real(null)",
            Type::Bool => "bool(null)",
            Type::Datetime => "datetime(null)",
            Type::Dynamic => "dynamic(null)",
        };
        return format!("column_ifexists({}, {missing})", literal(text));
    }
    name(text)
}

/// A dynamic value as the type that the schema gives it.
fn cast(text: &str, kind: Type) -> String {
    let function = match kind {
        Type::String | Type::Untyped => "tostring",
        Type::Int => "toint",
        Type::Long => "tolong",
        Type::Real => "toreal",
        Type::Bool => "tobool",
        Type::Datetime => "todatetime",
        Type::Dynamic => return text.to_owned(),
    };
    format!("{function}({text})")
}
