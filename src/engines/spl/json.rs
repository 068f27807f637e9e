//! JSON as fields: what `KV_MODE = json` and `spath` extract (Search Reference, spath).

use serde_json::{Map, Value};

use super::xml;
use crate::engines::Refusal;

/// The text of a value that is no object and no list. JSON's null is the text `null`: the field lists of
/// splunk/security_content have `requestParameters` and `responseElements` of events where they are null.
pub(super) fn leaf(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// All leaves of an object by their paths: members behind a dot, elements of a list as `{}`, several values a field.
pub(super) fn flatten(object: &Map<String, Value>, fields: &mut Map<String, Value>) {
    for (name, value) in object {
        walk(name, value, fields, 0);
    }
}

fn walk(path: &str, value: &Value, fields: &mut Map<String, Value>, depth: usize) {
    // serde_json reads 128 levels.
    if depth > 128 {
        return;
    }
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                walk(&format!("{path}.{name}"), value, fields, depth + 1);
            }
        }
        Value::Array(list) => {
            let path = format!("{path}{{}}");
            list.iter().for_each(|value| walk(&path, value, fields, depth + 1));
        }
        value => {
            let text = Value::String(leaf(value));
            match fields.get_mut(path) {
                None => {
                    fields.insert(path.to_owned(), text);
                }
                Some(Value::Array(list)) => list.push(text),
                Some(one) => *one = Value::Array(vec![one.take(), text]),
            }
        }
    }
}

/// The values of a text of JSON or XML at a path; none where it is neither or has no such path. A path to an object gives its text.
pub(super) fn path(text: &str, path: &str) -> Result<Vec<String>, Refusal> {
    let Ok(root) = serde_json::from_str::<Value>(text) else {
        if text.trim_start().starts_with('<') {
            return xml::path(text, path);
        }
        return Ok(Vec::new());
    };
    let mut found = vec![root];
    for step in path.split('.') {
        let (name, braces) = match step.find('{') {
            Some(at) => step.split_at(at),
            None => (step, ""),
        };
        let lists = braces.len() / 2;
        if braces != "{}".repeat(lists) {
            return Err(Refusal::Unknown(format!("the path {path} of spath")));
        }
        let mut next = Vec::new();
        for value in found {
            if let Value::Object(mut object) = value {
                next.extend(object.shift_remove(name));
            }
        }
        for _ in 0..lists {
            next = next
                .into_iter()
                .flat_map(|value| if let Value::Array(list) = value { list } else { Vec::new() })
                .collect();
        }
        found = next;
    }
    Ok(found.iter().map(leaf).collect())
}
