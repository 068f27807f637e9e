//! In which form a column holds a field.

use serde_json::{Map, Value as Json};

use super::lex::integer;
use super::time;
use super::value::Type;
use crate::event::Event;

/// A field in a form, a constant, or a JSON object of such.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// `'text'`
    Constant(String),
    /// `Field` or `form(Field)`
    Of(String, String),
    /// `hash(NAME, Field)`
    Hash(String, String),
    /// `json(Key: form Field, Key: 'text')`
    Object(Vec<(String, Form)>),
    /// `time()`
    Time,
}

/// The forms that give text back in another form, or a part of it.
const FORMS: [&str; 18] = [
    "text",
    "lower",
    "file",
    "domain",
    "account",
    "hex",
    "dash",
    "capital",
    "integrity",
    "direction",
    "logontype",
    "hive",
    "key",
    "member",
    "regtype",
    "regdata",
    "pipe",
    "number",
];

impl Form {
    /// Reads a form as the file writes it.
    pub(super) fn read(text: &str) -> Result<Form, String> {
        let text = text.trim();
        if let Some(constant) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Ok(Form::Constant(constant.to_owned()));
        }
        let Some((name, inside)) = text.strip_suffix(')').and_then(|text| text.split_once('(')) else {
            return Ok(Form::Of("text".to_owned(), text.to_owned()));
        };
        match (name, inside.split_once(", ")) {
            ("time", _) => Ok(Form::Time),
            ("hash", Some((hash, field))) => Ok(Form::Hash(hash.to_owned(), field.to_owned())),
            ("json", _) => {
                let member = |member: &str| {
                    let (key, form) = member.split_once(": ").ok_or_else(|| format!("no member {member}"))?;
                    let form = match form.split_once(' ') {
                        Some((form, field)) if !form.starts_with('\'') => Form::read(&format!("{form}({field})"))?,
                        _ => Form::read(form)?,
                    };
                    Ok((key.to_owned(), form))
                };
                Ok(Form::Object(inside.split(", ").map(member).collect::<Result<_, String>>()?))
            }
            (name, _) if FORMS.contains(&name) => Ok(Form::Of(name.to_owned(), inside.to_owned())),
            (name, _) => Err(format!("no form {name}")),
        }
    }

    /// What a column of that type holds of the event; null where nothing.
    pub(super) fn value(&self, event: &Event, kind: Type) -> Result<Json, String> {
        let text = match self {
            Form::Constant(constant) => return Ok(Json::String(constant.clone())),
            Form::Time => return Ok(timestamp(event)),
            Form::Hash(name, field) => {
                let all = scalar(event, field)?.unwrap_or_default();
                let is_hash = |part: &str| {
                    part.trim().split_once('=').is_some_and(|(key, hash)| {
                        key.bytes().all(|b| b.is_ascii_alphanumeric()) && hash.bytes().all(|b| b.is_ascii_hexdigit())
                    })
                };
                if !all.is_empty() && !all.split(',').all(is_hash) {
                    return Err(format!("{field} is no list of hashes"));
                }
                let found = all.split(',').filter_map(|part| part.trim().split_once('='));
                let hash = found.into_iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
                return Ok(hash.map_or(Json::Null, |(_, hash)| Json::String(hash.to_ascii_lowercase())));
            }
            Form::Object(members) => {
                let mut object = Map::new();
                for (key, form) in members {
                    match form.value(event, Type::String)? {
                        Json::Null => {}
                        value => {
                            object.insert(key.clone(), value);
                        }
                    }
                }
                // An object in a string column is its text.
                let object = Json::Object(object);
                return Ok(if kind == Type::Dynamic { object } else { Json::String(object.to_string()) });
            }
            Form::Of(form, field) => match scalar(event, field)? {
                Some(text) if !text.is_empty() => (form.as_str(), text),
                _ => return Ok(Json::Null),
            },
        };
        let (form, text) = text;
        let made = made(form, &text)?;
        match kind {
            Type::Int | Type::Long | Type::Real => number(form, &made),
            _ => Ok(Json::String(made)),
        }
    }

    /// Puts what the column gives back into the event, where it holds the field whole.
    pub(super) fn read_back(&self, event: &Event, kind: Type, held: &mut Event) {
        let Form::Of(form, field) = self else { return };
        if !event.fields.contains_key(field) {
            return;
        }
        let value = match (form.as_str(), self.value(event, kind)) {
            ("text" | "lower" | "dash" | "capital" | "number", Ok(value)) => value,
            ("hex", Ok(Json::Number(number))) => match number.as_u64() {
                Some(number) => Json::String(format!("{number:#x}")),
                None => return,
            },
            // Domain and name are two columns; together they are the account.
            ("domain", _) => match scalar(event, field) {
                Ok(Some(text)) => Json::String(text.to_lowercase()),
                _ => return,
            },
            _ => return,
        };
        match value {
            // Missing, null and empty are the same to the column.
            Json::Null => drop(held.fields.shift_remove(field)),
            value => drop(held.fields.insert(field.clone(), value)),
        }
    }
}

/// A scalar as text.
pub(super) fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// The field's one scalar; none where it is missing or null.
fn scalar(event: &Event, field: &str) -> Result<Option<String>, String> {
    match event.fields.get(field) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::Array(_) | Json::Object(_)) => Err(format!("{field} is no single value")),
        Some(value) => Ok(Some(text(value))),
    }
}

fn timestamp(event: &Event) -> Json {
    let fields = ["TimeCreated", "UtcTime", "@timestamp", "EventTime"];
    let found = fields.iter().filter_map(|field| event.fields.get(*field)?.as_str());
    let ticks = found.filter_map(time::parse_datetime).next();
    ticks.map_or(Json::Null, |ticks| Json::String(time::datetime_text(ticks)))
}

/// A whole number in a number column; other text has no place there.
fn number(form: &str, text: &str) -> Result<Json, String> {
    if text.is_empty() {
        return Ok(Json::Null);
    }
    let hex = form == "hex" && text.starts_with("0x");
    match integer(text).filter(|number| hex || number.to_string() == text) {
        Some(number) => Ok(Json::Number(number.into())),
        None => Err(format!("{text:?} is no number as the column holds it")),
    }
}

/// The last component of a path.
fn file(path: &str) -> &str {
    path.rfind(['\\', '/']).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

fn made(form: &str, text: &str) -> Result<String, String> {
    let unknown = |what: &str| Err(format!("{what} {text:?} has no known name"));
    Ok(match form {
        "text" | "number" => text.to_owned(),
        "lower" => dash(text).to_lowercase(),
        "dash" => dash(text).to_owned(),
        "file" => file(text).to_owned(),
        "domain" | "account" if text.matches('\\').count() > 1 => return unknown("the account"),
        "domain" => text.split_once('\\').map_or("", |(domain, _)| domain).to_lowercase(),
        "account" => text.split_once('\\').map_or(text, |(_, name)| name).to_lowercase(),
        "hex" => match integer(text) {
            Some(_) => text.to_owned(),
            None => return unknown("the number"),
        },
        "capital" => {
            let mut letters = text.chars();
            let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
            first.chain(letters.map(|letter| letter.to_ascii_lowercase())).collect()
        }
        "integrity" => match text {
            "S-1-16-0" => "Untrusted",
            "S-1-16-4096" => "Low",
            "S-1-16-8192" => "Medium",
            "S-1-16-12288" => "High",
            "S-1-16-16384" => "System",
            _ => return unknown("the label"),
        }
        .to_owned(),
        "direction" => match text.to_ascii_lowercase().as_str() {
            "true" | "%%14593" => "ConnectionSuccess",
            "false" | "%%14592" => "InboundConnectionAccepted",
            _ => return unknown("the direction"),
        }
        .to_owned(),
        // The names of SECURITY_LOGON_TYPE.
        "logontype" => match text {
            "0" => "",
            "2" => "Interactive",
            "3" => "Network",
            "4" => "Batch",
            "5" => "Service",
            "7" => "Unlock",
            "8" => "NetworkCleartext",
            "9" => "NewCredentials",
            "10" => "RemoteInteractive",
            "11" => "CachedInteractive",
            "12" => "CachedRemoteInteractive",
            "13" => "CachedUnlock",
            _ => return unknown("the logon type"),
        }
        .to_owned(),
        "hive" => hive(text)?,
        "key" => hive(text)?.rsplit_once('\\').map_or_else(String::new, |(key, _)| key.to_owned()),
        // A slash is a character of a name like any other.
        "member" => text.rsplit_once('\\').map_or(text, |(_, name)| name).to_owned(),
        "regtype" => match (data(text), text.to_ascii_lowercase().as_str()) {
            (Some((name, _)), _) => name,
            (None, "binary data") => "Binary",
            (None, _) => "String",
        }
        .to_owned(),
        "regdata" => match (data(text), text.to_ascii_lowercase().as_str()) {
            (Some((_, number)), _) => number.to_string(),
            // The event does not say which bytes.
            (None, "binary data" | "(empty)") => String::new(),
            (None, _) => text.to_owned(),
        },
        // Sysmon writes every name with its backslash.
        "pipe" if !text.starts_with('\\') => return unknown("the pipe"),
        "pipe" => format!("\\Device\\NamedPipe{text}"),
        other => return Err(format!("no form {other}")),
    })
}

/// Windows writes a dash where there is nothing.
fn dash(text: &str) -> &str {
    if text == "-" { "" } else { text }
}

/// A registry key with its hive spelled out. What is below no hive is no key.
fn hive(key: &str) -> Result<String, String> {
    for (short, long) in [
        ("HKLM", "HKEY_LOCAL_MACHINE"),
        ("HKU", "HKEY_USERS"),
        ("HKCU", "HKEY_CURRENT_USER"),
        ("HKCR", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes"),
        ("\\REGISTRY\\MACHINE", "HKEY_LOCAL_MACHINE"),
        ("\\REGISTRY\\USER", "HKEY_USERS"),
    ] {
        let head = key.get(..short.len());
        if head.is_some_and(|head| head.eq_ignore_ascii_case(short))
            && let Some(rest) = key.get(short.len()..)
            && (rest.is_empty() || rest.starts_with('\\'))
        {
            return Ok(format!("{long}{rest}"));
        }
    }
    let start = key.to_ascii_uppercase();
    if start.starts_with("HKEY_") || start.starts_with("\\REGISTRY\\") {
        return Ok(key.to_owned());
    }
    Err(format!("{key:?} is below no hive of the registry"))
}

/// `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`. The event does not tell a number from a text that looks like one.
fn data(details: &str) -> Option<(&'static str, u64)> {
    let details = details.to_ascii_uppercase().replace("0X", "0x");
    let inside = |name: &str| details.strip_prefix(name)?.strip_prefix(" (")?.strip_suffix(')');
    let hex = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    if let Some(word) = inside("DWORD") {
        return Some(("Dword", hex(word)?));
    }
    let (high, low) = inside("QWORD")?.split_once('-')?;
    Some(("Qword", hex(high)? << 32 | hex(low)?))
}
