//! A row on its way through the commands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A row: what was stored, and what the commands changed.
#[derive(Debug, Clone)]
pub(super) struct Record<'r> {
    /// The event that it stores.
    pub(super) event: usize,
    stored: Option<&'r Map<String, Value>>,
    /// Changed fields; one without values is removed.
    own: BTreeMap<String, Vec<String>>,
}

impl<'r> Record<'r> {
    /// A stored row.
    pub(super) fn new(event: usize, stored: &'r Map<String, Value>) -> Self {
        Record { event, stored: Some(stored), own: BTreeMap::new() }
    }

    /// A row that stores no event: of a summary.
    pub(super) fn made() -> Self {
        Record { event: usize::MAX, stored: None, own: BTreeMap::new() }
    }

    /// The values of a field; none where it is not there. Names are case-sensitive.
    pub(super) fn get(&self, name: &str) -> Vec<String> {
        if let Some(values) = self.own.get(name) {
            return values.clone();
        }
        self.stored.and_then(|stored| stored.get(name)).map_or_else(Vec::new, texts)
    }

    /// The only value of a stored field, where it has just one.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        match self.own.get(name) {
            Some(values) if values.len() == 1 => values.first().map(String::as_str),
            Some(_) => None,
            None => self.stored?.get(name)?.as_str(),
        }
    }

    /// Sets a field; without values it is gone.
    pub(super) fn set(&mut self, name: &str, values: Vec<String>) {
        self.own.insert(name.to_owned(), values);
    }

    /// The names of all fields that have a value.
    pub(super) fn names(&self) -> Vec<String> {
        let stored = self.stored.into_iter().flat_map(|stored| stored.keys());
        let mut names: Vec<String> = stored.filter(|name| !self.own.contains_key(*name)).cloned().collect();
        names.extend(self.own.iter().filter(|(_, values)| !values.is_empty()).map(|(name, _)| name.clone()));
        names
    }

    /// Keeps only some fields.
    pub(super) fn keep(&mut self, keep: impl Fn(&str) -> bool) {
        let kept: Vec<_> =
            self.names().into_iter().filter(|name| keep(name)).map(|name| (name.clone(), self.get(&name))).collect();
        self.stored = None;
        self.own = kept.into_iter().collect();
    }
}

/// A column's value as texts: a list has several, null none.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(texts).collect(),
        other => vec![other.to_string()],
    }
}
