//! Events that are written as JSON and read with `KV_MODE = json` or `INDEXED_EXTRACTIONS = json`: each leaf is a field
//! under its path, each element of a list a value of `path{}`. JSON's null is the text `null` and '' a value
//! (Splunk Add-on for Okta, `'outcome.reason' != "null"`; for Microsoft Cloud Services, `if(description="",null(),description)`);
//! an object, an empty one and an empty list have no field of their own.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::Row;
use super::paths::{get, put, remove};
use crate::engines::spl::json::{flatten, leaf};
use crate::event::Event;

/// Fields that the product gives every event. A member of that name is no field: add-ons read it from `_raw` instead
/// (Splunk Add-on for Zeek, `EVAL-url` of bro:http:json).
const RESERVED: &[&str] = &["host", "source", "sourcetype", "index", "_raw", "_time"];

/// How a source's JSON becomes fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Json {
    /// Path in the record → the names that other exports have for it.
    #[serde(default)]
    names: BTreeMap<String, Vec<String>>,
    /// The paths whose values are lists, where the vendor's page lists the members of its records.
    lists: Option<Vec<String>>,
    /// The paths whose values are lists of objects.
    #[serde(default)]
    tables: Vec<String>,
    /// Paths below which members are not listed.
    #[serde(default)]
    open: Vec<String>,
    /// Paths below those that hold one value, as real records or the vendor's page show.
    #[serde(default)]
    one: Vec<String>,
    /// Paths that hold an object or null.
    #[serde(default)]
    objects: Vec<String>,
    /// Path → the texts of which it holds one.
    #[serde(default)]
    words: BTreeMap<String, Vec<String>>,
    /// Column → the column that it is an alias of (FIELDALIAS).
    #[serde(default)]
    aliases: BTreeMap<String, String>,
    /// What a column holds where the record says nothing (EVAL with coalesce), the first that fits.
    #[serde(default)]
    otherwise: Vec<Otherwise>,
    /// Columns that are taken away where they hold '' (EVAL).
    #[serde(default)]
    blank_is_none: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Otherwise {
    column: String,
    value: String,
    /// Column → the value that it must have.
    #[serde(default)]
    when: BTreeMap<String, String>,
}

impl Json {
    /// The columns of an event.
    pub(super) fn row(&self, event: &Event) -> Result<Row, String> {
        let record = self.record(event)?;
        let mut row = Map::new();
        flatten(&record, &mut row);
        RESERVED.iter().for_each(|name| {
            row.shift_remove(*name);
        });
        for (alias, column) in &self.aliases {
            if let Some(value) = row.get(column).cloned() {
                row.insert(alias.clone(), value);
            }
        }
        row.retain(|name, value| value != "" || !self.blank_is_none.contains(name));
        for Otherwise { column, value, when } in &self.otherwise {
            let fits = when.iter().all(|(name, value)| row.get(name).is_some_and(|held| held == value.as_str()));
            if fits && !row.contains_key(column) {
                row.insert(column.clone(), Value::from(value.as_str()));
            }
        }
        row.insert("_raw".to_owned(), Value::String(Value::Object(record).to_string()));
        Ok(row)
    }

    /// The record with its leaves as the texts that they are held as.
    pub(super) fn held(&self, event: &Event) -> Result<Map<String, Value>, String> {
        let mut record = self.record(event)?;
        RESERVED.iter().for_each(|name| {
            record.shift_remove(*name);
        });
        record.values_mut().for_each(as_text);
        record.retain(|_, value| !is_hollow(value));
        let row = self.row(event)?;
        for Otherwise { column, .. } in &self.otherwise {
            if let Some(value) = row.get(column) {
                put(&mut record, column, value.clone());
            }
        }
        Ok(record)
    }

    /// The event as the source writes it, under the names of its records.
    fn record(&self, event: &Event) -> Result<Map<String, Value>, String> {
        let mut record = event.fields.clone();
        for (path, names) in &self.names {
            for name in names {
                let below = path.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('.'));
                let Some(value) = get(&event.fields, name).filter(|value| !below || !value.is_object()).cloned() else {
                    continue;
                };
                if get(&event.fields, path).is_some_and(|own| *own != value) {
                    return Err(format!("{name} says otherwise what {path} says"));
                }
                remove(&mut record, name);
                put(&mut record, path, value);
            }
        }
        for (path, words) in &self.words {
            let is_one = |value: &Value| words.iter().any(|word| word.eq_ignore_ascii_case(&leaf(value)));
            if get(&record, path).is_some_and(|value| !is_one(value)) {
                return Err(format!("{path} is one of {} in its records", words.join(", ")));
            }
        }
        if let Some(lists) = &self.lists {
            for (name, value) in &record {
                self.check(name, value, lists, 0)?;
            }
        }
        Ok(record)
    }

    /// Whether lists and objects stand where the source writes them.
    fn check(&self, path: &str, value: &Value, lists: &[String], depth: usize) -> Result<(), String> {
        // serde_json reads 128 levels.
        if depth > 128 {
            return Err("it nests too deep".to_owned());
        }
        let is_table = self.tables.iter().any(|known| known == path);
        let is_list = is_table || lists.iter().any(|known| known == path);
        let members = |object: &Map<String, Value>| {
            object.iter().try_for_each(|(name, value)| self.check(&format!("{path}.{name}"), value, lists, depth + 1))
        };
        match value {
            Value::Object(_) if is_list => Err(format!("{path} holds a list in its records, not one value")),
            Value::Object(object) => members(object),
            Value::Array(list) => {
                if !is_list && (!self.is_open(path) || self.one.iter().any(|one| one == path)) {
                    return Err(format!("{path} holds one value in its records, not a list"));
                }
                list.iter().try_for_each(|value| match value {
                    Value::Object(object) => members(object),
                    Value::Array(_) => Err(format!("{path} holds no lists in its list")),
                    _ if is_table => Err(format!("{path} holds objects in its records")),
                    _ => Ok(()),
                })
            }
            Value::Null => Ok(()),
            // As null is read back.
            Value::String(text) if text == "null" => Ok(()),
            _ if is_list => Err(format!("{path} holds a list in its records, not one value")),
            _ if self.objects.iter().any(|object| object == path) => {
                Err(format!("{path} holds an object in its records, not one value"))
            }
            _ => Ok(()),
        }
    }

    /// Whether a path leads below one whose members are not listed.
    fn is_open(&self, path: &str) -> bool {
        self.open.iter().any(|open| path.strip_prefix(open.as_str()).is_some_and(|rest| rest.starts_with('.')))
    }
}

fn as_text(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(as_text);
            object.retain(|_, value| !is_hollow(value));
        }
        Value::Array(list) => {
            list.iter_mut().for_each(as_text);
            list.retain(|value| !is_hollow(value));
        }
        other => *other = Value::String(leaf(other)),
    }
}

fn is_hollow(value: &Value) -> bool {
    match value {
        Value::Object(object) => object.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}
