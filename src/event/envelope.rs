//! Takes the envelope off: every shape of a Windows event becomes fields under Sigma's names.
//!
//! Shapes: `Event.System` beside `EventData` or `UserData` is Microsoft's event schema rendered as JSON; Winlogbeat's
//! are on its page "Exported fields" (version 6: top level; since 7: under `winlog`); NXLog's in its manual, `im_msvistalog`.

use serde_json::{Map, Value};

type Fields = Map<String, Value>;

/// What an event is recognised by; its data never overrides these.
const IDENTITY: [&str; 4] = ["EventID", "Channel", "Provider_Name", "Computer"];

/// The fields of an event under Sigma's names. Values are moved.
pub(super) fn open(mut object: Fields) -> Fields {
    if let Some(event) = take_windows(&mut object) {
        return windows(event, object);
    }
    if object.get("winlog").is_some_and(Value::is_object) {
        return winlogbeat(object);
    }
    if object.get("event_data").is_some_and(Value::is_object) || has_all(&object, &["log_name", "event_id"]) {
        return winlogbeat6(object);
    }
    if has_all(&object, &["EventID"]) && (has_all(&object, &["Channel"]) || has_all(&object, &["SourceName"])) {
        copy(&mut object, "SourceName", "Provider_Name");
        copy(&mut object, "Hostname", "Computer");
    }
    object
}

fn has_all(object: &Fields, names: &[&str]) -> bool {
    names.iter().all(|name| object.get(*name).is_some_and(|value| value.is_string() || value.is_number()))
}

fn copy(object: &mut Fields, from: &str, to: &str) {
    if !object.contains_key(to)
        && let Some(value) = object.get(from).cloned()
    {
        object.insert(to.to_owned(), value);
    }
}

/// The content of `Event`, alone or in a list of one, if it is an envelope: it has `System`.
fn take_windows(object: &mut Fields) -> Option<Fields> {
    let event = match object.get_mut("Event")? {
        Value::Object(event) => event,
        Value::Array(list) => match list.as_mut_slice() {
            [Value::Object(event)] => event,
            _ => return None,
        },
        _ => return None,
    };
    event.get("System")?.is_object().then(|| std::mem::take(event))
}

/// The Windows event log's own schema. What stands beside `Event` stays.
fn windows(mut event: Fields, mut rest: Fields) -> Fields {
    rest.shift_remove("Event");
    event.shift_remove("#attributes");
    let mut fields = Fields::new();
    if let Some(Value::Object(system)) = event.shift_remove("System") {
        system.into_iter().for_each(|(name, value)| system_field(&mut fields, name, value));
    }
    for section in ["EventData", "UserData"] {
        match event.shift_remove(section) {
            Some(Value::Object(data)) if section == "UserData" => user_data(&mut fields, data),
            Some(Value::Object(data)) => event_data(&mut fields, data),
            None | Some(Value::Null) => {}
            Some(other) => add(&mut fields, section.to_owned(), other),
        }
    }
    add_missing(&mut fields, event);
    add_missing(&mut fields, rest);
    fields
}

/// `EventID: {"#text": 1, "#attributes": {"Qualifiers": 0}}` becomes `EventID` and `EventID_Qualifiers`,
/// `Provider: {"#attributes": {"Name": ..}}` becomes `Provider_Name`.
fn system_field(fields: &mut Fields, name: String, value: Value) {
    let Value::Object(mut parts) = value else {
        fields.insert(name, value);
        return;
    };
    let attributes = parts.shift_remove("#attributes");
    let text = parts.shift_remove("#text");
    if let Some(Value::Object(attributes)) = attributes {
        for (attribute, value) in attributes {
            // The time of the event is the element's only content.
            let key = match (name.as_str(), attribute.as_str()) {
                ("TimeCreated", "SystemTime") => name.clone(),
                _ => format!("{name}_{attribute}"),
            };
            fields.insert(key, value);
        }
    }
    if let Some(text) = text {
        fields.insert(name, text);
    } else {
        // Other writers render attributes as plain members.
        for (part, value) in parts {
            fields.insert(format!("{name}_{part}"), value);
        }
    }
}

/// The data of an event; unnamed values are `Data`.
fn event_data(fields: &mut Fields, data: Fields) {
    for (name, value) in data {
        match (name.as_str(), value) {
            ("#attributes", Value::Object(attributes)) => {
                add_missing(fields, attributes);
            }
            (_, value) => add(fields, name, text_of(value)),
        }
    }
}

/// `UserData` holds an element of the provider's own, and that one the data.
fn user_data(fields: &mut Fields, data: Fields) {
    for (name, value) in data {
        match value {
            Value::Object(mut inner) if name != "#attributes" && !inner.contains_key("#text") => {
                inner.shift_remove("#attributes");
                event_data(fields, inner);
            }
            value if name != "#attributes" => add(fields, name, text_of(value)),
            _ => {}
        }
    }
}

/// The text of an element that has attributes too.
fn text_of(value: Value) -> Value {
    match value {
        Value::Object(mut parts) if parts.contains_key("#text") => parts.shift_remove("#text").unwrap_or(Value::Null),
        other => other,
    }
}

/// Adds a field of an event's data. A name with blanks (Defender's `Threat Name`) is there without them too, which is
/// how Sigma writes it.
fn add(fields: &mut Fields, name: String, value: Value) {
    if IDENTITY.contains(&name.as_str()) && fields.contains_key(&name) {
        return;
    }
    if name.contains(' ') {
        fields.entry(name.replace(' ', "")).or_insert_with(|| value.clone());
    }
    fields.insert(name, value);
}

/// Adds what is not there yet.
fn add_missing(fields: &mut Fields, more: Fields) {
    for (name, value) in more {
        fields.entry(name).or_insert(value);
    }
}

/// Moves members that Sigma names otherwise.
fn rename(from: &mut Fields, to: &mut Fields, names: [(&str, &str); 4]) {
    for (theirs, sigma) in names {
        if let Some(value) = from.shift_remove(theirs) {
            to.insert(sigma.to_owned(), value);
        }
    }
}

/// Winlogbeat up to version 6: everything at the top, the data under `event_data` or `user_data`.
fn winlogbeat6(mut object: Fields) -> Fields {
    let mut fields = Fields::new();
    let names = [
        ("event_id", "EventID"),
        ("log_name", "Channel"),
        ("source_name", "Provider_Name"),
        ("computer_name", "Computer"),
    ];
    rename(&mut object, &mut fields, names);
    beats_data(&mut object, &mut fields);
    add_missing(&mut fields, object);
    fields
}

/// Winlogbeat since version 7: under `winlog`.
fn winlogbeat(mut object: Fields) -> Fields {
    let mut fields = Fields::new();
    if let Some(Value::Object(winlog)) = object.get_mut("winlog") {
        let names = [
            ("event_id", "EventID"),
            ("channel", "Channel"),
            ("provider_name", "Provider_Name"),
            ("computer_name", "Computer"),
        ];
        rename(winlog, &mut fields, names);
        beats_data(winlog, &mut fields);
    }
    add_missing(&mut fields, object);
    fields
}

fn beats_data(from: &mut Fields, fields: &mut Fields) {
    for section in ["event_data", "user_data"] {
        if from.get(section).is_some_and(Value::is_object)
            && let Some(Value::Object(data)) = from.shift_remove(section)
        {
            data.into_iter().for_each(|(name, value)| add(fields, name, value));
        }
    }
}
