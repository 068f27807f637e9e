//! What a field name means on an event (SEMANTICS 2.2).

use serde_json::Value;

use super::Event;

impl Event {
    /// The values of a field: none where the event has no such field, else its leaves (strings, numbers, Booleans, nulls,
    /// objects). The exact key first, then member by member along the dots, through every element of lists; lists are
    /// flattened. A list that holds objects is a leaf as well, beside its elements: patterns see its text.
    pub fn lookup<'a>(&'a self, name: &str) -> Option<Vec<&'a Value>> {
        let mut leaves = Vec::new();
        if let Some(value) = self.fields.get(name) {
            flatten(value, &mut leaves);
            return Some(leaves);
        }
        let (first, rest) = name.split_once('.')?;
        let mut found = vec![self.fields.get(first)?];
        for part in rest.split('.') {
            let mut next = Vec::new();
            found.into_iter().for_each(|value| members(value, part, &mut next));
            found = next;
        }
        found.iter().for_each(|value| flatten(value, &mut leaves));
        (!found.is_empty()).then_some(leaves)
    }

    /// Every value of the event that is neither object nor list, in order: what a keyword is looked for in.
    pub fn leaves(&self) -> Vec<&Value> {
        let mut leaves = Vec::new();
        self.fields.values().for_each(|value| scalars(value, &mut leaves));
        leaves
    }
}

fn members<'a>(value: &'a Value, name: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => found.extend(object.get(name)),
        Value::Array(list) => list.iter().for_each(|value| members(value, name, found)),
        _ => {}
    }
}

fn flatten<'a>(value: &'a Value, leaves: &mut Vec<&'a Value>) {
    if holds_objects(value) {
        leaves.push(value);
    }
    elements(value, leaves);
}

fn elements<'a>(value: &'a Value, leaves: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|value| elements(value, leaves)),
        leaf => leaves.push(leaf),
    }
}

fn holds_objects(value: &Value) -> bool {
    matches!(value, Value::Array(list) if list.iter().any(|value| value.is_object() || holds_objects(value)))
}

fn scalars<'a>(value: &'a Value, leaves: &mut Vec<&'a Value>) {
    match value {
        Value::Object(object) => object.values().for_each(|value| scalars(value, leaves)),
        Value::Array(list) => list.iter().for_each(|value| scalars(value, leaves)),
        leaf => leaves.push(leaf),
    }
}
