//! The tables themselves, as they stand in `tables/*.yml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::Row;
use super::json::Json;
use super::line::Line;
use super::paths::{field, get, has, text};
use super::windows::Windows;
use crate::engines::Storage;
use crate::event::Event;

/// The tables of the place `windows`; of an event's sources the first one is taken.
const WINDOWS: &[&str] = &[
    include_str!("../tables/windows.yml"),
    include_str!("../tables/cloud.yml"),
    include_str!("../tables/network.yml"),
    include_str!("../tables/unix.yml"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    sources: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    evidence: Storage,
    pages: Vec<String>,
    when: When,
    source: Option<String>,
    sourcetype: String,
    host: Option<String>,
    #[serde(default)]
    time: Vec<String>,
    windows: Option<Windows>,
    json: Option<Json>,
    line: Option<Line>,
}

/// A source: what writes events, and what the product makes of them.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) known: Known,
    pub(super) when: When,
    /// The text of the column `source`, where a page tells it.
    source: Option<String>,
    sourcetype: String,
    /// The field whose value is the host.
    host: Option<String>,
    /// Fields that tell the time, the first that does.
    time: Vec<String>,
    pub(super) form: Form,
}

/// How its events are written and read.
pub(super) enum Form {
    /// As the XML of the Windows event log.
    Windows(Windows),
    /// As a JSON object.
    Json(Json),
    /// As a line of text.
    Line(Line),
}

/// What is known of a source, and from where.
#[derive(Debug)]
pub struct Known {
    /// The source's name in the tables.
    pub name: String,
    /// How well it is known; what was observed stands in `tests/facts/rows/splunk.yml`.
    pub evidence: Storage,
    /// Where it stands.
    pub pages: Vec<String>,
}

/// Which events a source writes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// Paths that all of them have.
    #[serde(default)]
    has: Vec<String>,
    /// Paths of which they have one.
    #[serde(default)]
    any: Vec<String>,
    /// Paths that none of them has.
    #[serde(default)]
    lacks: Vec<String>,
    /// Path → what its text begins with, without regard to case.
    #[serde(default)]
    starts: BTreeMap<String, String>,
    /// The channel of its events, for those that name one.
    channel: Option<String>,
    /// A field that is an absolute path of Unix, for those that name no channel.
    absolute: Option<String>,
}

/// The sources of a place.
pub(super) fn place(name: &str) -> Result<&'static [Source], String> {
    static PLACE: OnceLock<Result<Vec<Source>, String>> = OnceLock::new();
    if name != "windows" {
        return Err(format!("the engine has no place {name}"));
    }
    let place = PLACE.get_or_init(|| {
        let mut sources = Vec::new();
        for text in WINDOWS {
            let table: Table = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
            for entry in table.sources {
                sources.push(entry.checked()?);
            }
        }
        Ok(sources)
    });
    place.as_deref().map_err(Clone::clone)
}

impl Entry {
    fn checked(self) -> Result<Source, String> {
        let form = match (self.windows, self.json, self.line) {
            (Some(form), None, None) => Form::Windows(form),
            (None, Some(form), None) => Form::Json(form),
            (None, None, Some(form)) => Form::Line(form),
            _ => return Err(format!("{} is to have one form", self.name)),
        };
        Ok(Source {
            known: Known { name: self.name.clone(), evidence: self.evidence, pages: self.pages },
            name: self.name,
            when: self.when,
            source: self.source,
            sourcetype: self.sourcetype,
            host: self.host,
            time: self.time,
            form,
        })
    }
}

impl When {
    /// Whether the event is one of these.
    pub(super) fn fits(&self, event: &Event) -> bool {
        let fields = &event.fields;
        let absolute = |name: &String| field(fields, name).is_some_and(|path| path.starts_with('/'));
        let marked = match (&self.channel, field(fields, "Channel")) {
            (Some(wanted), Some(channel)) => channel.eq_ignore_ascii_case(wanted),
            _ => self.absolute.as_ref().is_none_or(absolute),
        };
        let lower = |path: &str| get(fields, path).and_then(text).unwrap_or_default().to_lowercase();
        marked
            && self.has.iter().all(|path| has(fields, path))
            && (self.any.is_empty() || self.any.iter().any(|path| has(fields, path)))
            && !self.lacks.iter().any(|path| get(fields, path).is_some())
            && self.starts.iter().all(|(path, start)| lower(path).starts_with(&start.to_lowercase()))
    }
}

impl Source {
    /// The columns that every row has: where it comes from, and when.
    pub(super) fn name_in(&self, event: &Event, row: &mut Row) {
        let mut put = |name: &str, text: String| row.insert(name.to_owned(), Value::String(text));
        if let Some(source) = &self.source {
            put("source", filled(source, event));
        }
        put("sourcetype", filled(&self.sourcetype, event));
        put("index", "main".to_owned());
        if let Some(host) = self.host.as_ref().and_then(|name| field(&event.fields, name)) {
            put("host", host);
        }
        if let Some(time) = self.time.iter().find_map(|path| seconds(get(&event.fields, path)?)) {
            put("_time", time.to_string());
        }
    }
}

/// A text with `{x}` for the event's field x.
fn filled(template: &str, event: &Event) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        out.push_str(before);
        out.push_str(&field(&event.fields, name).unwrap_or_default());
        rest = after;
    }
    out + rest
}

/// A time in seconds since 1970: a number of seconds or of milliseconds, or a text of ISO 8601, of UTC where it says no zone.
fn seconds(value: &Value) -> Option<f64> {
    if let Some(number) = value.as_f64() {
        return Some(if number > 1e11 { number / 1000.0 } else { number });
    }
    let text = value.as_str()?;
    let instant = match text.parse::<jiff::Timestamp>() {
        Ok(time) => time,
        Err(_) => {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            jiff::tz::TimeZone::UTC.to_timestamp(civil).ok()?
        }
    };
    Some(instant.as_millisecond() as f64 / 1000.0)
}
