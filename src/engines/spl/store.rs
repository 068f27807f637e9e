//! What a place holds of an event: `tables/*.yml`, column first.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::json;
use crate::engines::Stored;
use crate::event::Event;

const WINDOWS: &str = include_str!("tables/windows.yml");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    sources: Vec<Source>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    name: String,
    /// Fields that every event of it has.
    has: Vec<String>,
    /// The channel of its events, for those that name one.
    channel: Option<String>,
    /// A field that is an absolute path of Unix, for those that name no channel.
    absolute: Option<String>,
    source: String,
    sourcetype: String,
    /// The field whose value is the host.
    host: Option<String>,
    raw: Raw,
    /// Column → field.
    #[serde(default)]
    columns: BTreeMap<String, String>,
    /// Column → a field whose presence takes it away.
    #[serde(default)]
    without: BTreeMap<String, String>,
    /// Fields that are in no column.
    #[serde(default)]
    never: Vec<String>,
    rest: Rest,
    /// The field that lists hashes by their algorithms.
    hashes: Option<String>,
    /// Channels whose data is not taken apart.
    #[serde(default)]
    user_data: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Raw {
    /// The event as Windows renders it.
    Xml,
    /// Its JSON.
    Json,
    /// `name=value` pairs.
    Pairs,
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Rest {
    /// Under their names, characters outside `A-Za-z0-9_` as `_`.
    Data,
    /// By path.
    Json,
}

fn place(name: &str) -> Result<&'static Place, String> {
    static PLACE: OnceLock<Result<Place, String>> = OnceLock::new();
    if name != "windows" {
        return Err(format!("the engine has no place {name}"));
    }
    let place = PLACE.get_or_init(|| serde_yaml::from_str(WINDOWS).map_err(|error| error.to_string()));
    place.as_ref().map_err(Clone::clone)
}

/// The row that a place holds of an event.
pub(super) fn store(name: &str, event: &Event) -> Stored {
    let place = match place(name) {
        Ok(place) => place,
        Err(why) => return Stored::Outside(why),
    };
    let Some(source) = place.sources.iter().find(|source| source.takes(event)) else {
        return Stored::Outside(format!("no source of {name} writes an event with these fields"));
    };
    match source.row(event) {
        Ok(row) => Stored::Rows(vec![("events".to_owned(), row)]),
        Err(why) => Stored::Outside(format!("{}: {why}", source.name)),
    }
}

/// A value as one text; null is none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn field(event: &Event, name: &str) -> Option<String> {
    event.fields.get(name).and_then(text).filter(|text| !text.is_empty())
}

impl Source {
    fn takes(&self, event: &Event) -> bool {
        let absolute = |name: &String| field(event, name).is_some_and(|path| path.starts_with('/'));
        let marked = match (&self.channel, field(event, "Channel")) {
            (Some(wanted), Some(channel)) => channel.eq_ignore_ascii_case(wanted),
            _ => self.absolute.as_ref().is_none_or(absolute),
        };
        marked && self.has.iter().all(|name| field(event, name).is_some())
    }

    fn filled(&self, template: &str, event: &Event) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(&field(event, name).unwrap_or_default());
            rest = after;
        }
        out + rest
    }

    fn row(&self, event: &Event) -> Result<Map<String, Value>, String> {
        let mut row = Map::new();
        if self.rest == Rest::Json {
            json::flatten(&event.fields, &mut row);
            row.retain(|_, value| value != "");
        } else {
            self.named(event, &mut row)?;
        }
        let mut put = |name: &str, text: String| row.insert(name.to_owned(), Value::String(text));
        put("source", self.filled(&self.source, event));
        put("sourcetype", self.filled(&self.sourcetype, event));
        put("index", "main".to_owned());
        if let Some(host) = self.host.as_ref().and_then(|name| field(event, name)) {
            put("host", host);
        }
        if let Some(time) = time(event) {
            put("_time", time);
        }
        let raw = match self.raw {
            Raw::Xml => self.xml(event),
            Raw::Json => Value::Object(event.fields.clone()).to_string(),
            Raw::Pairs => {
                let pair = |(name, value): (&String, &Value)| text(value).map(|value| format!("{name}={value}"));
                event.fields.iter().filter_map(pair).collect::<Vec<_>>().join(" ")
            }
        };
        put("_raw", raw);
        Ok(row)
    }

    /// Columns of the table, then the rest by name.
    fn named(&self, event: &Event, row: &mut Map<String, Value>) -> Result<(), String> {
        for (column, from) in &self.columns {
            let gone = self.without.get(column).is_some_and(|name| field(event, name).is_some());
            if let Some(value) = field(event, from).filter(|_| !gone) {
                row.insert(column.clone(), Value::String(value));
            }
        }
        let whole = field(event, "Channel").is_some_and(|channel| self.user_data.contains(&channel));
        if whole {
            row.insert("UserData_Xml".to_owned(), Value::String(self.data(event)));
            return Ok(());
        }
        for (name, value) in self.rest(event) {
            let mut texts = Vec::new();
            leaves(value, &mut texts).map_err(|()| format!("{name} holds an object, which no Data element can"))?;
            texts.retain(|text| !text.is_empty());
            let column: String =
                name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
            let value = match texts.len() {
                0 => continue,
                1 => Value::String(texts.swap_remove(0)),
                _ => Value::Array(texts.into_iter().map(Value::String).collect()),
            };
            row.insert(column, value);
        }
        if let Some(hashes) = self.hashes.as_ref().and_then(|name| field(event, name)) {
            for hash in hashes.split(',') {
                if let Some((name, hash)) = hash.split_once('=') {
                    row.insert(name.to_owned(), Value::String(hash.to_owned()));
                }
            }
        }
        Ok(())
    }

    /// The event's fields that no column names. A name with blanks was also read without them; the product has one.
    fn rest<'e>(&'e self, event: &'e Event) -> impl Iterator<Item = (&'e String, &'e Value)> {
        let copy = |name: &String| {
            event.fields.keys().any(|other| other.contains(' ') && other != name && other.replace(' ', "") == *name)
        };
        event.fields.iter().filter(move |(name, _)| {
            !self.columns.values().any(|from| from == *name) && !self.never.contains(name) && !copy(name)
        })
    }

    fn data(&self, event: &Event) -> String {
        let mut out = String::new();
        for (name, value) in self.rest(event) {
            let mut texts = Vec::new();
            if leaves(value, &mut texts).is_err() {
                continue;
            }
            for text in texts {
                let text = escaped(&text);
                if name == "Data" {
                    out.push_str(&format!("<Data>{text}</Data>"));
                } else {
                    out.push_str(&format!("<Data Name='{}'>{text}</Data>", escaped(name)));
                }
            }
        }
        out
    }

    /// The event as XML, as Windows renders it.
    fn xml(&self, event: &Event) -> String {
        let get = |name: &str| escaped(&field(event, name).unwrap_or_default());
        let attribute = |name: &str, from: &str| match field(event, from) {
            Some(value) => format!(" {name}='{}'", escaped(&value)),
            None => String::new(),
        };
        let mut out = format!(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='{}'{}/>\
             <EventID{}>{}</EventID>",
            get("Provider_Name"),
            attribute("Guid", "Provider_Guid"),
            attribute("Qualifiers", "EventID_Qualifiers"),
            get("EventID"),
        );
        for name in ["Version", "Level", "Task", "Opcode", "Keywords"] {
            if field(event, name).is_some() {
                out.push_str(&format!("<{name}>{}</{name}>", get(name)));
            }
        }
        out.push_str(&format!(
            "<TimeCreated{}/><EventRecordID>{}</EventRecordID><Correlation{}/><Execution{}{}/><Channel>{}</Channel>\
             <Computer>{}</Computer><Security{}/></System>",
            attribute("SystemTime", "TimeCreated"),
            get("EventRecordID"),
            attribute("ActivityID", "Correlation_ActivityID"),
            attribute("ProcessID", "Execution_ProcessID"),
            attribute("ThreadID", "Execution_ThreadID"),
            get("Channel"),
            get("Computer"),
            attribute("UserID", "Security_UserID"),
        ));
        out.push_str(&format!("<EventData>{}</EventData></Event>", self.data(event)));
        out
    }
}

/// The texts of a value; an error where an object is among them.
fn leaves(value: &Value, texts: &mut Vec<String>) -> Result<(), ()> {
    match value {
        Value::Array(list) => list.iter().try_for_each(|value| leaves(value, texts)),
        Value::Object(_) => Err(()),
        // An element without content.
        Value::Null => {
            texts.push(String::new());
            Ok(())
        }
        value => {
            texts.extend(text(value));
            Ok(())
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&apos;")
}

/// The time of an event in seconds since 1970, from what says it.
fn time(event: &Event) -> Option<String> {
    let text = ["TimeCreated", "UtcTime", "@timestamp", "eventTime", "EventTime", "CreationTime", "time"]
        .iter()
        .find_map(|name| field(event, name));
    let read = |text: String| -> Option<f64> {
        let instant = match text.parse::<jiff::Timestamp>() {
            Ok(time) => time,
            Err(_) => {
                let civil: jiff::civil::DateTime = text.parse().ok()?;
                jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?
            }
        };
        Some(instant.as_millisecond() as f64 / 1000.0)
    };
    let seconds = match text {
        Some(text) => read(text),
        None => event.fields.get("ts").and_then(Value::as_f64),
    };
    seconds.map(|seconds| seconds.to_string())
}
