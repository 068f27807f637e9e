//! Near misses: an event with one field changed a little. Some still match; the evaluator says which.

use serde_json::{Value, json};

use super::MARKS;
use super::path_in;
use crate::event::Event;

/// What each change is called, with the changed events, for one field.
///
/// `one_value`: every such event holds a single object there, never a list.
pub(super) fn misses(event: &Event, field: &str, one_value: bool) -> Vec<(String, Event)> {
    let Some(value) = path_in::get(&event.fields, field) else { return Vec::new() };
    let mut out = Vec::new();
    let mut add = |what: &str, value: Option<Value>| {
        let mut fields = event.fields.clone();
        path_in::replace(&mut fields, field, value);
        out.push((format!("{field} {what}"), Event::from_json(fields)));
    };
    // Every event of a log says which log, from whom and what it is, and says it once.
    if !MARKS.contains(&field) {
        add("missing", None);
        add("null", Some(Value::Null));
        add("empty", Some(json!("")));
        if !one_value && !matches!(value, Value::Array(_) | Value::Object(_)) {
            add("a list with another value", Some(json!(["other.Q7", value])));
        }
    }
    match value {
        Value::String(text) => {
            add("in the other case", Some(Value::from(flipped(text))));
            add("with something before it", Some(Value::from(format!("x{text}"))));
            add("with something behind it", Some(Value::from(format!("{text}x"))));
            add("with a line break behind it", Some(Value::from(format!("{text}\n"))));
            add("one character short", Some(Value::from(text.chars().skip(1).collect::<String>())));
            add("without its last character", {
                let mut text = text.clone();
                text.pop();
                Some(Value::from(text))
            });
            if let Some((n, c)) = text.char_indices().nth(text.chars().count() / 2) {
                let rest = text.get(n + c.len_utf8()..).unwrap_or("");
                let start = text.get(..n).unwrap_or("");
                let other = if c == 'q' { 'Q' } else { 'q' };
                add("with one other character", Some(Value::from(format!("{start}{other}{rest}"))));
                add("with a line break inside", Some(Value::from(format!("{start}{c}\n{rest}"))));
            }
            match text.to_ascii_lowercase().as_str() {
                "true" => add("the other", Some(json!("false"))),
                "false" => add("the other", Some(json!("true"))),
                _ => {}
            }
            if text.contains('\\') {
                add("with doubled backslashes", Some(Value::from(text.replace('\\', "\\\\"))));
                add("with slashes", Some(Value::from(text.replace('\\', "/"))));
            }
            if let Ok(number) = text.parse::<i64>() {
                add("as a number", Some(Value::from(number)));
            }
            add("a literal star", Some(json!("*")));
            add("a literal question mark", Some(json!("?")));
        }
        Value::Number(number) => {
            add("as text", Some(Value::from(number.to_string())));
            add("as text with a zero before it", Some(Value::from(format!("0{number}"))));
            if let Some(value) = number.as_i64() {
                add("one more", Some(Value::from(value.saturating_add(1))));
                add("one less", Some(Value::from(value.saturating_sub(1))));
            }
        }
        Value::Bool(value) => {
            add("the other", Some(Value::from(!value)));
            add("as text", Some(Value::from(value.to_string())));
            add("as a number", Some(Value::from(i32::from(*value))));
        }
        _ => {}
    }
    out
}

fn flipped(text: &str) -> String {
    text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
}
