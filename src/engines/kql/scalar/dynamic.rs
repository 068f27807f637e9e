//! Functions of dynamic values (K: "The dynamic data type", "bag_has_key()", "set_has_element()", ...).

use serde_json::{Map, Value as Json};

use super::{Given, same};
use crate::engines::Refusal;
use crate::engines::kql::run::Run;
use crate::engines::kql::value::Value;

/// `value.key`, `value[0]`: null where there is none. A negative index counts from the end.
pub(super) fn member(of: &Value, key: &Value) -> Given<Value> {
    let Value::Json(json) = of else { return Ok(Value::Null) };
    let found = match (json.as_ref(), key.plain()) {
        (Json::Object(members), Value::Text(name)) => members.get(name.as_ref()),
        (Json::Array(items), Value::Long(index)) => {
            let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
            let index = if index < 0 { length + index } else { index };
            usize::try_from(index).ok().and_then(|index| items.get(index))
        }
        _ => None,
    };
    Ok(found.map_or(Value::Null, |found| Value::json(found.clone())))
}

/// Text → dynamic: text that is no JSON becomes a string.
pub(super) fn parse_json(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match values.first() {
        Some(Value::Text(text)) if text.is_empty() => Value::Null,
        Some(Value::Text(text)) => match serde_json::from_str::<Json>(text) {
            Ok(Json::Null) => Value::Null,
            Ok(json) => Value::json(json),
            Err(_) => Value::json(Json::String(text.to_string())),
        },
        Some(Value::Null) | None => Value::Null,
        Some(Value::Json(json)) => Value::Json(json.clone()),
        Some(other) => Value::json(other.to_json()),
    })
}

/// Null on a null bag: the page is silent.
pub(super) fn bag_has_key(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let [bag, key] = values else { return Ok(Value::Null) };
    let key = key.to_text();
    if key.starts_with('$') {
        return Err(Refusal::Unknown("bag_has_key() with a path".to_owned()));
    }
    match bag {
        Value::Json(json) => match json.as_ref() {
            Json::Object(members) => Ok(Value::Bool(members.contains_key(key.as_ref()))),
            Json::Null => Ok(Value::Null),
            _ => Err(Refusal::Unknown("bag_has_key() of what is no bag".to_owned())),
        },
        _ => Ok(Value::Null),
    }
}

pub(super) fn bag_keys(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(match values.first() {
        Some(Value::Json(json)) => match json.as_ref() {
            Json::Object(members) => Value::json(members.keys().map(|key| Json::String(key.clone())).collect()),
            _ => Value::Null,
        },
        _ => Value::Null,
    })
}

fn list(value: Option<&Value>) -> Option<&Vec<Json>> {
    match value {
        Some(Value::Json(json)) => json.as_array(),
        _ => None,
    }
}

/// Whether two values are the same element: exact, and without conversion.
fn same_element(a: &Value, b: &Value) -> bool {
    match (a.plain(), b.plain()) {
        (Value::Json(a), Value::Json(b)) => a == b,
        (a, b) => a.order(&b).is_some_and(std::cmp::Ordering::is_eq),
    }
}

/// Case-sensitive; null where the first argument is no list.
pub(super) fn set_has_element(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let Some(items) = list(values.first()) else { return Ok(Value::Null) };
    run.budget.step(items.len() as u64)?;
    let Some(wanted) = values.get(1) else { return Ok(Value::Null) };
    Ok(Value::Bool(items.iter().any(|item| same_element(&Value::json(item.clone()), wanted))))
}

pub(super) fn array_length(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(list(values.first()).map_or(Value::Null, |items| Value::Long(items.len() as i64)))
}

/// The first place of a value; -1 where there is none. Its page does not say what it gives of what is no list.
pub(super) fn array_index_of(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let Some(items) = list(values.first()) else {
        return Err(Refusal::Unknown("array_index_of() of what is no array".to_owned()));
    };
    run.budget.step(items.len() as u64)?;
    let Some(wanted) = values.get(1) else { return Ok(Value::Null) };
    let found = items.iter().position(|item| same_element(&Value::json(item.clone()), wanted));
    Ok(Value::Long(found.map_or(-1, |at| at as i64)))
}

/// The array as text, with a delimiter between the elements; what is no array as its own text.
pub(super) fn strcat_array(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let Some(items) = list(values.first()) else {
        return Ok(Value::Text(values.first().map(Value::to_text).unwrap_or_default()));
    };
    let between = values.get(1).map(Value::to_text).unwrap_or_default();
    let texts: Vec<String> = items.iter().map(|item| Value::json(item.clone()).to_text().to_string()).collect();
    Ok(Value::text(&texts.join(&between)))
}

pub(super) fn pack_array(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::json(values.iter().map(Value::to_json).collect()))
}

/// An array of an array's elements without repetition, or of several arrays'.
pub(super) fn array_concat(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let mut all = Vec::new();
    for value in values {
        let Some(items) = list(Some(value)) else { return Ok(Value::Null) };
        all.extend(items.iter().cloned());
    }
    Ok(Value::json(Json::Array(all)))
}

/// `name, value, name, value, ..`
pub(super) fn bag_pack(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let mut members = Map::new();
    for pair in values.chunks(2) {
        if let [name, value] = pair {
            members.insert(name.to_text().to_string(), value.to_json());
        }
    }
    Ok(Value::json(Json::Object(members)))
}

/// The value as a member of `in`: used by aggregates that keep distinct values.
pub(in crate::engines::kql) fn insert(set: &mut Vec<Value>, value: Value) -> Given<()> {
    for known in set.iter() {
        if known == &value || same(known, &value).unwrap_or(false) {
            return Ok(());
        }
    }
    set.push(value);
    Ok(())
}
