//! Values of an event by paths, whose dots lead through objects and lists.

use serde_json::{Map, Value};

/// A value as one text; null is none.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// The text of a field; none where it is empty.
pub(super) fn field(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(text).filter(|text| !text.is_empty())
}

/// The value at a path: the exact key first, then member by member, of a list its first element's.
pub(super) fn get<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    if let Some(value) = fields.get(path) {
        return Some(value);
    }
    let (first, rest) = path.split_once('.')?;
    match fields.get(first)? {
        Value::Object(inner) => get(inner, rest),
        Value::Array(list) => list.iter().find_map(|value| get(value.as_object()?, rest)),
        _ => None,
    }
}

/// Whether there is anything at a path but null and ''.
pub(super) fn has(fields: &Map<String, Value>, path: &str) -> bool {
    get(fields, path).is_some_and(|value| !value.is_null() && value != "")
}

/// Puts a value behind a path of objects; what stands in its way stays.
pub(super) fn put(fields: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            fields.entry(path).or_insert(value);
        }
        Some((first, rest)) => {
            if let Value::Object(inner) = fields.entry(first).or_insert_with(|| Value::Object(Map::new())) {
                put(inner, rest, value);
            }
        }
    }
}

/// Takes away what [`get`] finds in objects, and the objects that are empty then.
pub(super) fn remove(fields: &mut Map<String, Value>, path: &str) {
    if fields.shift_remove(path).is_some() {
        return;
    }
    let Some((first, rest)) = path.split_once('.') else { return };
    if let Some(Value::Object(inner)) = fields.get_mut(first) {
        remove(inner, rest);
        if inner.is_empty() {
            fields.shift_remove(first);
        }
    }
}

/// A field's name as extraction writes it: characters outside `A-Za-z0-9_` become `_`, underscores and digits before the
/// first letter go (transforms.conf.spec, CLEAN_KEYS).
pub(super) fn clean(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    name.trim_start_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned()
}
