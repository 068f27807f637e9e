//! Events that are a line of text: the values of a header's fields in their order (W3C extended log file format), or
//! `name=value` pairs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Row;
use super::paths::{clean, text};
use crate::event::Event;

/// How a source writes lines, and which parts are fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    raw: Raw,
    /// Column → the fields that it may hold, the first that the event has. A field without a column keeps its name, as
    /// extraction writes it.
    #[serde(default)]
    columns: BTreeMap<String, Vec<String>>,
    /// Columns that every line has: `-` where there is no value.
    #[serde(default)]
    always: Vec<String>,
    /// Whether blanks within values are written as `+`.
    #[serde(default)]
    plus: bool,
    /// Fields whose values have no blanks: the parts of a request's line (RFC 9112, section 3), names of hosts and sites.
    #[serde(default)]
    unbroken: Vec<String>,
    /// Fields that are whole numbers.
    #[serde(default)]
    numbers: Vec<String>,
    /// Column → the column that it is an alias of (FIELDALIAS).
    #[serde(default)]
    aliases: BTreeMap<String, String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Raw {
    /// Values with blanks between them.
    W3c,
    /// `name=value` pairs.
    Pairs,
}

impl Line {
    /// The columns of an event.
    pub(super) fn row(&self, event: &Event) -> Result<Row, String> {
        let mut row = Map::new();
        let mut raw: Vec<String> = Vec::new();
        for (name, text) in self.values(event)? {
            let column = self.columns.iter().find(|(_, from)| from.iter().any(|from| from == name));
            let column = column.map_or_else(|| clean(name), |(column, _)| column.clone());
            raw.push(match self.raw {
                Raw::W3c => text.clone(),
                Raw::Pairs => format!("{name}={text}"),
            });
            match row.get(&column) {
                Some(other) if *other != text.as_str() => {
                    return Err(format!("{name} says otherwise what {column} holds"));
                }
                _ => drop(row.insert(column, Value::String(text))),
            }
        }
        for column in &self.always {
            row.entry(column).or_insert_with(|| {
                raw.push("-".to_owned());
                Value::from("-")
            });
        }
        for (alias, column) in &self.aliases {
            if let Some(value) = row.get(column).cloned() {
                row.entry(alias).or_insert(value);
            }
        }
        row.insert("_raw".to_owned(), Value::String(raw.join(" ")));
        Ok(row)
    }

    /// The event with its values as texts, `-` where a line has it for none.
    pub(super) fn held(&self, event: &Event) -> Result<Map<String, Value>, String> {
        let mut held: Map<String, Value> =
            self.values(event)?.into_iter().map(|(name, text)| (name.to_owned(), Value::String(text))).collect();
        for column in &self.always {
            let from = self.columns.get(column).cloned().unwrap_or_default();
            if let Some(first) = from.first().filter(|_| !from.iter().any(|name| held.contains_key(name))) {
                held.insert(first.clone(), Value::from("-"));
            }
        }
        Ok(held)
    }

    /// The texts of the event's fields; an empty one is not written.
    fn values<'e>(&self, event: &'e Event) -> Result<Vec<(&'e str, String)>, String> {
        let mut values = Vec::new();
        for (name, value) in &event.fields {
            if value.is_array() || value.is_object() {
                return Err(format!("{name} holds one value, not several"));
            }
            let Some(text) = text(value).filter(|text| !text.is_empty()) else { continue };
            if text.contains(['\n', '\r']) {
                return Err(format!("{name} has a line break, and a record is one line"));
            }
            if text.contains(' ') && self.unbroken.contains(name) {
                return Err(format!("{name} has a blank, which none of its values has"));
            }
            if self.numbers.contains(name) && !text.bytes().all(|c| c.is_ascii_digit()) {
                return Err(format!("{name} is a number"));
            }
            values.push((name.as_str(), if self.plus { text.replace(' ', "+") } else { text }));
        }
        Ok(values)
    }
}
