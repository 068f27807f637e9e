//! Values inside an event, by names whose dots may lead through objects and lists.

use serde_json::{Map, Value};

/// The value of a name: the exact key first, then member by member, through lists of one element.
pub(super) fn get<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = fields.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    match fields.get(first)? {
        Value::Object(inner) => get(inner, rest),
        Value::Array(list) => match list.as_slice() {
            [Value::Object(inner)] => get(inner, rest),
            _ => None,
        },
        _ => None,
    }
}

/// Sets or takes away the value of a name that [`get`] finds.
pub(super) fn replace(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    if fields.contains_key(name) {
        match value {
            Some(value) => fields.insert(name.to_owned(), value),
            None => fields.shift_remove(name),
        };
        return;
    }
    let Some((first, rest)) = name.split_once('.') else { return };
    match fields.get_mut(first) {
        Some(Value::Object(inner)) => replace(inner, rest, value),
        Some(Value::Array(list)) => {
            if let [Value::Object(inner)] = list.as_mut_slice() {
                replace(inner, rest, value);
            }
        }
        _ => {}
    }
}

/// Puts a value behind a path, making objects, and lists where `lists` names the path, on the way. What is there stays.
pub(super) fn put(fields: &mut Map<String, Value>, path: &str, value: Value, lists: &[String]) {
    put_below(fields, "", path, value, lists);
}

fn put_below(fields: &mut Map<String, Value>, above: &str, path: &str, value: Value, lists: &[String]) {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let here = if above.is_empty() { first.to_owned() } else { format!("{above}.{first}") };
    let listed = |value: Value| if lists.contains(&here) { Value::Array(vec![value]) } else { value };
    let Some(rest) = rest else {
        fields.entry(first).or_insert_with(|| listed(value));
        return;
    };
    let inner = fields.entry(first).or_insert_with(|| listed(Value::Object(Map::new())));
    let inner = match inner {
        Value::Array(list) => list.first_mut(),
        other => Some(other),
    };
    if let Some(Value::Object(inner)) = inner {
        put_below(inner, &here, rest, value, lists);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{get, put, replace};

    #[test]
    fn what_is_put_is_found_and_replaced() {
        let lists = ["a.items".to_owned()];
        let mut fields = Map::new();
        put(&mut fields, "a.items.x", json!(1), &lists);
        put(&mut fields, "a.items.y", json!(2), &lists);
        assert_eq!(json!(fields), json!({"a": {"items": [{"x": 1, "y": 2}]}}));
        assert_eq!(get(&fields, "a.items.y"), Some(&json!(2)));
        replace(&mut fields, "a.items.y", Some(json!("z")));
        replace(&mut fields, "a.items.x", None);
        assert_eq!(json!(fields), json!({"a": {"items": [{"y": "z"}]}}));
        let mut flat = Map::from_iter([("a.b".to_owned(), json!(1))]);
        replace(&mut flat, "a.b", None);
        assert!(flat.is_empty() && get(&flat, "a.b").is_none());
    }
}
