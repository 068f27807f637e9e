//! What the event log files of Windows hold of an event, by `tables/evtx.yml`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::super::{Storage, Stored};
use crate::event::Event;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Table {
    /// Path below `System` → the field that it holds.
    system: BTreeMap<String, Part>,
    data: BTreeMap<String, Types>,
    spelled: BTreeMap<String, Vec<String>>,
    forwarder: Forwarder,
    user_data: Vec<Element>,
    /// Channels all of whose events have their data there.
    user_data_alone: BTreeSet<String>,
    /// Channel → event → data of these events, with its values.
    words: BTreeMap<String, BTreeMap<i64, BTreeMap<String, Vec<String>>>>,
    /// Channel → event → data without which it cannot be told what happened.
    needed: BTreeMap<String, BTreeMap<i64, Vec<String>>>,
    /// Files of which real rows are known.
    observed: BTreeSet<String>,
}

/// What forwarders add that is no value of the log.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Forwarder {
    objects: BTreeSet<String>,
    lists: BTreeSet<String>,
}

impl Forwarder {
    fn added(&self, name: &str, value: &Value) -> bool {
        (value.is_object() && self.objects.contains(name)) || (value.is_array() && self.lists.contains(name))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    of: String,
    form: Form,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Form {
    Text,
    Number,
    Guid,
    Epoch,
    /// A hexadecimal number.
    Hex,
    /// An element without attributes.
    Empty,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Types {
    number: BTreeSet<String>,
    hex: BTreeSet<String>,
    guid: BTreeSet<String>,
    text: BTreeMap<i64, BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Element {
    channel: String,
    events: Vec<i64>,
    element: String,
    /// Data of the provider's other events that this one does not have.
    #[serde(default)]
    lacks: Vec<String>,
}

impl Table {
    /// The channels that the table names.
    fn channels(&self) -> impl Iterator<Item = &str> {
        let elements = self.user_data.iter().map(|element| element.channel.as_str());
        self.data.keys().chain(self.spelled.keys()).map(String::as_str).chain(elements)
    }
}

/// A table that cannot be read knows no column; a test reads it.
static TABLE: LazyLock<Table> =
    LazyLock::new(|| serde_yaml::from_str(include_str!("tables/evtx.yml")).unwrap_or_default());

/// How well it is known what a log file holds.
pub(super) fn storage(file: &str) -> Storage {
    if TABLE.observed.contains(file) { Storage::Observed } else { Storage::Documented }
}

/// The row of an event, in the file of its channel.
pub(super) fn evtx(event: &Event) -> Stored {
    let Some(channel) = &event.origin.channel else {
        return Stored::Outside("it names no Windows channel".to_owned());
    };
    // Windows knows one spelling of a channel's name, whatever a forwarder makes of it.
    let channel = TABLE.channels().find(|known| known.eq_ignore_ascii_case(channel)).unwrap_or(channel);
    if channel.contains(['\\', ':', '*', '?', '"', '<', '>', '|', '\n']) {
        return Stored::Outside(format!("{channel:?} is no name of a channel: it names a file"));
    }
    match row(event, channel) {
        Ok(row) => Stored::Rows(vec![(format!("{}.evtx", channel.replace('/', "%4")), row)]),
        Err(why) => Stored::Outside(why),
    }
}

fn row(event: &Event, channel: &str) -> Result<Map<String, Value>, String> {
    let table = &*TABLE;
    let mut left = event.fields.clone();
    let mut system = Map::new();
    for (path, part) in &table.system {
        let own = |name: &&str| event.fields.contains_key(*name);
        let Some(name) = part.of.split('|').find(own) else { continue };
        let Some(value) = event.fields.get(name) else { continue };
        match formed(value, part.form) {
            Some(Value::Array(_)) => return Err(format!("{name} is one value")),
            Some(value) => {
                part.of.split('|').for_each(|name| drop(left.shift_remove(name)));
                let value = if name == "Channel" { Value::from(channel) } else { value };
                put(&mut system, path, value);
            }
            // Data of the same name: the version that Sysmon's event 4 tells.
            None if name == "Version" => {}
            None => return Err(format!("{name} is no value of System.{path}")),
        }
    }
    let element = table.user_data.iter().find(|element| {
        element.channel == channel && event.origin.event_id.is_some_and(|id| element.events.contains(&id))
    });
    left.retain(|name, value| !table.forwarder.added(name, value));
    if let Some(name) = element.and_then(|element| element.lacks.iter().find(|name| left.contains_key(*name))) {
        return Err(format!("events of this kind have no {name}"));
    }
    if element.is_none()
        && let Some((name, _)) = left.iter().find(|(name, value)| !is_data(name, value))
    {
        return Err(format!("{name} is neither a text nor a number, which the data of an event log is"));
    }
    if element.is_none() && !left.is_empty() && table.user_data_alone.contains(channel) {
        return Err("it is not known which element holds the data of events of this id".to_owned());
    }
    if event.origin.event_id.is_none() && table.user_data.iter().any(|element| element.channel == channel) {
        return Err("no id tells which element holds the data".to_owned());
    }
    for (name, words) in table.words.get(channel).and_then(|of| of.get(&event.origin.event_id?)).into_iter().flatten() {
        let value = left.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        if value.is_some_and(|value| !words.iter().any(|word| word.eq_ignore_ascii_case(&value))) {
            return Err(format!("{name} is one of {} there", words.join(", ")));
        }
    }
    let mut needed = table.needed.get(channel).and_then(|of| of.get(&event.origin.event_id?)).into_iter().flatten();
    if let Some(name) = needed.find(|name| left.get(*name).is_none_or(Value::is_null)) {
        return Err(format!("without {name} it cannot be told what happened"));
    }
    let data = data(left, channel, event.origin.event_id)?;
    let mut row = Map::from_iter([("System".to_owned(), Value::Object(system))]);
    match element {
        Some(element) => {
            let inner = Map::from_iter([(element.element.clone(), Value::Object(data))]);
            row.insert("UserData".to_owned(), Value::Object(inner));
        }
        None => {
            row.insert("EventData".to_owned(), Value::Object(data));
        }
    }
    Ok(row)
}

/// Whether EventData can hold the value: a scalar; a list only of the values that have no name, which are `Data`.
fn is_data(name: &str, value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => name == "Data" && !items.iter().any(|item| item.is_object() || item.is_array()),
        _ => true,
    }
}

/// The data of an event, typed by the manifest.
fn data(fields: Map<String, Value>, channel: &str, id: Option<i64>) -> Result<Map<String, Value>, String> {
    let table = &*TABLE;
    let types = table.data.get(channel);
    let spelled = table.spelled.get(channel);
    let blanks: BTreeSet<String> =
        fields.keys().filter(|name| name.contains(' ')).map(|name| name.replace(' ', "")).collect();
    let mut data = Map::new();
    for (name, value) in fields {
        // The name without blanks is another name of the same value.
        if blanks.contains(&name) {
            continue;
        }
        if value.is_array() && name != "Data" {
            return Err(format!("a record holds one value under the name {name}"));
        }
        let spelling = spelled.and_then(|names| names.iter().find(|spelled| spelled.replace(' ', "") == name));
        let text =
            types.is_some_and(|types| id.and_then(|id| types.text.get(&id)).is_some_and(|names| names.contains(&name)));
        let form = match types {
            Some(types) if types.hex.contains(&name) && !text => Form::Hex,
            Some(types) if types.number.contains(&name) && !text => Form::Number,
            Some(types) if types.guid.contains(&name) => Form::Guid,
            _ => Form::Text,
        };
        let stored = formed(&value, form).ok_or_else(|| match form {
            Form::Hex => format!("{name} is a number in hexadecimal, which {value} is not"),
            Form::Guid => format!("{name} is a GUID, which {value} is not"),
            _ => format!("{name} is a number, which {value} is not"),
        })?;
        data.insert(spelling.cloned().unwrap_or(name), stored);
    }
    Ok(data)
}

fn put(system: &mut Map<String, Value>, path: &str, value: Value) {
    let Some((outer, inner)) = path.split_once('.') else {
        system.insert(path.to_owned(), value);
        return;
    };
    if let Value::Object(map) = system.entry(outer).or_insert_with(|| Value::Object(Map::new())) {
        map.insert(inner.to_owned(), value);
    }
}

/// The value in its form; none where it has no such form.
fn formed(value: &Value, form: Form) -> Option<Value> {
    match (form, value) {
        (Form::Empty, Value::Null) => Some(Value::Object(Map::new())),
        (_, Value::Null) => Some(Value::Null),
        (Form::Text, Value::Bool(bool)) => Some(Value::from(bool.to_string())),
        (Form::Text, Value::Array(values)) => values.iter().map(|value| formed(value, Form::Text)).collect(),
        (Form::Text, other) => Some(other.clone()),
        (Form::Number, Value::Number(number)) if !number.is_f64() => Some(value.clone()),
        (Form::Number, Value::String(text)) => number(text),
        (Form::Hex, Value::String(text)) if text.starts_with("0x") || text.starts_with("0X") => number(text),
        (Form::Guid, Value::String(text)) => {
            let bare = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or(text);
            is_guid(bare).then(|| Value::from(bare.to_uppercase()))
        }
        (Form::Epoch, Value::String(text)) => {
            let time: Timestamp = text.parse().ok()?;
            #[expect(clippy::cast_precision_loss, reason = "the row holds a float")]
            Some(Value::from(time.as_microsecond() as f64 / 1e6))
        }
        (Form::Epoch, Value::Number(_)) => Some(value.clone()),
        _ => None,
    }
}

/// Whether the text is written as `00000000-0000-0000-0000-000000000000`.
fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
        && parts.iter().all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// A whole number written in decimal or, behind `0x`, in hexadecimal.
fn number(text: &str) -> Option<Value> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match hex {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok().map(Value::from)
        }
        Some(_) => None,
        // The log writes numbers without a sign before them or zeros.
        None if text.starts_with('+') || (text.len() > 1 && text.starts_with('0')) => None,
        None => text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let table: Table = serde_yaml::from_str(include_str!("tables/evtx.yml")).unwrap();
        assert!(table.system.len() > 15 && table.data.len() > 1 && table.user_data.len() > 10);
    }
}
