//! In which form a column holds what of an event.

use serde_json::{Map, Value as Json};

use super::texts::{self, Made};
use crate::engines::kql::lex::integer;
use crate::engines::kql::time;
use crate::engines::kql::value::Type;
use crate::event::Event;

/// What a column holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// `'text'`
    Constant(String),
    /// `Field` or `form(Field)`
    Of(&'static Made, Field),
    /// `hash(NAME, Field)`
    Hash(String, Field),
    /// `named(Field, theirs: held, *: '')`: another spelling; `*` is any other value, `''` nothing.
    Named(Field, Vec<(String, String)>),
    /// `json(Key: form Field, Key: 'text')`
    Object(Vec<(String, Form)>),
    /// `time()`
    Time,
    /// `record(Target, texts Recipients)`: the whole event; of its members only these are lists, of objects or of texts.
    Record(Vec<(String, bool)>),
}

/// The name of a field; `One|other|its.path` is the first of them that the event has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field(Vec<String>);

impl Field {
    fn read(text: &str) -> Field {
        Field(text.split('|').map(str::to_owned).collect())
    }

    /// The field's one scalar as text; none where it is missing or null.
    fn scalar(&self, event: &Event) -> Result<Option<String>, String> {
        for name in &self.0 {
            match inside(&event.fields, name) {
                None | Some(Json::Null) => {}
                Some(Json::Array(_) | Json::Object(_)) => return Err(format!("{name} is no single value")),
                Some(value) => return Ok(Some(text(value))),
            }
        }
        Ok(None)
    }

    /// The name under which the event itself has it.
    fn own<'a>(&'a self, event: &Event) -> Option<&'a str> {
        self.0.iter().map(String::as_str).find(|name| event.fields.contains_key(*name))
    }
}

/// A member of members by its path, or under the whole name.
fn inside<'e>(fields: &'e Map<String, Json>, name: &str) -> Option<&'e Json> {
    fields.get(name).or_else(|| {
        let (first, rest) = name.split_once('.')?;
        inside(fields.get(first)?.as_object()?, rest)
    })
}

impl Form {
    /// Reads a form as the file writes it.
    pub(super) fn read(text: &str) -> Result<Form, String> {
        let text = text.trim();
        if let Some(constant) = quoted(text) {
            return Ok(Form::Constant(constant.to_owned()));
        }
        let Some((name, inside)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
            return Ok(Form::Of(texts::named("text")?, Field::read(text)));
        };
        let parts = |text: &str| -> Result<Vec<(String, String)>, String> {
            let part = |part: &str| match part.split_once(": ") {
                Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
                None => Err(format!("no member {part}")),
            };
            text.split(", ").map(part).collect()
        };
        match (name, inside.split_once(", ")) {
            ("time", _) => Ok(Form::Time),
            ("record", _) => {
                let list = |part: &str| match part.strip_prefix("texts ") {
                    Some(name) => (name.to_owned(), true),
                    None => (part.to_owned(), false),
                };
                Ok(Form::Record(inside.split(", ").map(list).collect()))
            }
            ("hash", Some((hash, field))) => Ok(Form::Hash(hash.to_owned(), Field::read(field))),
            ("named", Some((field, names))) => Ok(Form::Named(Field::read(field), parts(names)?)),
            ("json", _) => {
                let member = |(key, form): (String, String)| {
                    let form = match form.split_once(' ') {
                        Some((form, field)) if !form.starts_with('\'') => Form::read(&format!("{form}({field})"))?,
                        _ => Form::read(&form)?,
                    };
                    Ok((key, form))
                };
                Ok(Form::Object(parts(inside)?.into_iter().map(member).collect::<Result<_, String>>()?))
            }
            (name, _) => Ok(Form::Of(texts::named(name)?, Field::read(inside))),
        }
    }

    /// What a column of that type holds of the event; null where nothing.
    pub(super) fn value(&self, event: &Event, kind: Type) -> Result<Json, String> {
        match self {
            Form::Constant(constant) => Ok(Json::String(constant.clone())),
            Form::Time => Ok(timestamp(event)),
            Form::Record(lists) => {
                for (name, value) in &event.fields {
                    let Json::Array(values) = value else { continue };
                    match lists.iter().find(|(list, _)| list == name) {
                        None => return Err(format!("{name} holds one value")),
                        Some((_, texts)) if values.iter().any(|value| value.is_object() == *texts) => {
                            let what = if *texts { "texts" } else { "objects" };
                            return Err(format!("{name} is a list of {what}"));
                        }
                        Some(_) => {}
                    }
                }
                Ok(Json::Object(event.fields.clone()))
            }
            Form::Hash(name, field) => match field.scalar(event)? {
                Some(all) => hash(name, &all),
                // Under its own name, as Sigma's older rules have it.
                None => match Field::read(&name.to_lowercase()).scalar(event)? {
                    Some(one) if one.bytes().any(|byte| !byte.is_ascii_hexdigit()) => {
                        Err(format!("{one:?} is no hash"))
                    }
                    Some(one) if !one.is_empty() => hash(name, &format!("{name}={one}")),
                    _ => Ok(Json::Null),
                },
            },
            Form::Object(members) => {
                let mut object = Map::new();
                for (key, form) in members {
                    let value = form.value(event, Type::String)?;
                    if !value.is_null() {
                        object.insert(key.clone(), value);
                    }
                }
                // An object in a string column is its text.
                let object = Json::Object(object);
                Ok(if kind == Type::Dynamic { object } else { Json::String(object.to_string()) })
            }
            Form::Of(made, field) => match field.scalar(event)? {
                Some(text) if !text.is_empty() => match (made.of)(&text)? {
                    nothing if nothing.is_empty() => Ok(Json::Null),
                    made_of_it => typed(&made_of_it, kind, made.name == "hex"),
                },
                // An empty text is no number.
                Some(_) if kind.is_number() => Err("an empty text is no number".to_owned()),
                _ => Ok(Json::Null),
            },
            Form::Named(field, names) => match field.scalar(event)? {
                Some(text) if !text.is_empty() => {
                    let known = |(theirs, _): &&(String, String)| theirs == "*" || theirs.eq_ignore_ascii_case(&text);
                    let (_, held) = names.iter().find(known).ok_or_else(|| format!("{text:?} has no known name"))?;
                    match quoted(held).unwrap_or(held) {
                        "" => Ok(Json::Null),
                        held => typed(held, kind, false),
                    }
                }
                Some(_) if kind.is_number() => Err("an empty text is no number".to_owned()),
                _ => Ok(Json::Null),
            },
        }
    }

    /// Whether a column of the form holds its field whole.
    pub(super) fn is_whole(&self) -> bool {
        matches!(self, Form::Of(made, _) if made.whole)
    }

    /// Puts what the column gives back into the event, where it holds the field whole.
    pub(super) fn read_back(&self, event: &Event, kind: Type, held: &mut Event) {
        let Form::Of(made, field) = self else { return };
        let Some(name) = field.own(event) else { return };
        let value = match (made.name, self.value(event, kind)) {
            (_, Ok(value)) if made.whole => value,
            ("hex", Ok(Json::Number(number))) => match number.as_u64() {
                Some(number) => Json::String(format!("{number:#x}")),
                None => return,
            },
            // The name at the end of a path that is held in lower case.
            ("file" | "unixfile", Ok(Json::String(file))) => match held.fields.get(name).and_then(Json::as_str) {
                Some(path) => match path.to_lowercase().strip_suffix(&file.to_lowercase()) {
                    Some(folder) if path.starts_with(folder) => Json::String(format!("{folder}{file}")),
                    _ => return,
                },
                None => return,
            },
            // Domain and name are two columns; together they are the account.
            ("domain", _) => match field.scalar(event) {
                Ok(Some(text)) => Json::String(text.to_lowercase()),
                _ => return,
            },
            _ => return,
        };
        match value {
            // Missing, null and empty are the same to the column.
            Json::Null => drop(held.fields.shift_remove(name)),
            value => drop(held.fields.insert(name.to_owned(), value)),
        }
    }
}

/// What stands between `'` and `'`.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''))
}

/// A scalar as text.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

fn hash(name: &str, all: &str) -> Result<Json, String> {
    // Sysmon for Linux has none, and writes a dash.
    if matches!(all, "" | "-") {
        return Ok(Json::Null);
    }
    let is_hash = |part: &str| {
        part.trim().split_once('=').is_some_and(|(key, hash)| {
            key.bytes().all(|b| b.is_ascii_alphanumeric())
                && !hash.is_empty()
                && hash.bytes().all(|b| b.is_ascii_hexdigit())
        })
    };
    if !all.split(',').all(is_hash) {
        return Err(format!("{all:?} is no list of hashes"));
    }
    let found = all.split(',').filter_map(|part| part.trim().split_once('='));
    let hash = found.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    Ok(hash.map_or(Json::Null, |(_, hash)| Json::String(hash.to_ascii_lowercase())))
}

fn timestamp(event: &Event) -> Json {
    let fields = ["TimeCreated", "UtcTime", "@timestamp", "EventTime", "time", "CreationTime"];
    let found = fields.iter().filter_map(|field| event.fields.get(*field)?.as_str());
    let ticks = found.filter_map(time::parse_datetime).next();
    ticks.map_or(Json::Null, |ticks| Json::String(time::datetime_text(ticks)))
}

/// A text as a column of the type holds it. Only whole numbers have a place in a column of numbers.
fn typed(text: &str, kind: Type, hex: bool) -> Result<Json, String> {
    if !kind.is_number() {
        return Ok(Json::String(text.to_owned()));
    }
    let hex = hex && text.starts_with("0x");
    match integer(text).filter(|number| hex || number.to_string() == text) {
        Some(number) => Ok(Json::Number(number.into())),
        None => Err(format!("{text:?} is no number as the column holds it")),
    }
}
