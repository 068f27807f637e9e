//! Which columns of one table and kind of event hold the fields of a rule whole: what is stored of an event is read back by it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Column;
use super::constant::canonical;
use super::load::{Field, View};
use super::model::{Entry, OneOrMany, Scalar, TableFile};
use crate::ir::FieldName;

/// What a table holds whole of some fields.
#[derive(Debug, Clone)]
pub struct WholeColumns {
    /// The table.
    pub table: Arc<str>,
    /// What the table's rows say of it, in one of these ways: a column (`source`, `sourcetype`), or the table's own name
    /// in the store (`file`), with its values, whatever their case; a value may end in `*`.
    pub marks: Vec<(Arc<str>, Vec<Arc<str>>)>,
    /// Columns with their values for this kind of event; dots lead through members.
    pub kind: Vec<(Arc<str>, Vec<String>)>,
    /// Field and column.
    pub fields: Vec<(FieldName, Column)>,
    /// Fields whose text is in columns of text in parts, or in another spelling.
    pub parts: Vec<FieldName>,
    /// Whether an empty value is stored as none.
    pub drops_empty: bool,
    /// Whether a null is stored as the text `null`.
    pub null_is_a_word: bool,
    /// Fields that no event of the kind carries.
    pub absent: Vec<FieldName>,
}

impl WholeColumns {
    /// What a branch says of some fields.
    pub(super) fn of(view: View<'_>, fields: &[FieldName]) -> WholeColumns {
        let whole = fields.iter().filter_map(|field| Some((field.clone(), view.whole_column(field)?)));
        let absent =
            |field: &FieldName| matches!(view.field(field), Field::Entry(Entry::Name(name)) if &**name == "absent");
        let words = |values: &OneOrMany<Scalar>| values.as_slice().iter().map(canonical).collect();
        WholeColumns {
            table: view.branch.table.clone(),
            marks: marks(view.table),
            kind: view.branch.kind.iter().map(|(column, values)| (column.clone(), words(values))).collect(),
            fields: whole.collect(),
            parts: fields.iter().filter(|field| in_parts(view, field)).cloned().collect(),
            drops_empty: view.drops_empty(),
            null_is_a_word: view.null_is_a_word(),
            absent: fields.iter().filter(|field| absent(field)).cloned().collect(),
        }
    }

    /// What an expression over the row makes of a value; none where it is stored as nothing.
    pub fn computed(&self, value: &Value) -> Option<Value> {
        let empty = value.is_null() || value.as_str() == Some("");
        match value {
            _ if empty && self.drops_empty => None,
            Value::Null if self.null_is_a_word => Some(Value::from("null")),
            value => Some(value.clone()),
        }
    }

    /// Whether a row of this table of the store is of the schema's table and of this kind; none where nothing tells.
    pub fn is_of(&self, stored_in: &str, row: &Map<String, Value>) -> Option<bool> {
        if !self.kind.iter().all(|(column, words)| is_one(row, column, words)) {
            return Some(false);
        }
        self.is_in(stored_in, row)
    }

    /// Whether a row of this table of the store is of the schema's table; none where nothing tells.
    pub fn is_in(&self, stored_in: &str, row: &Map<String, Value>) -> Option<bool> {
        if *self.table == *stored_in {
            return Some(true);
        }
        let is = |known: &Arc<str>, text: &str| match known.strip_suffix('*') {
            Some(start) => text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start)),
            None => known.eq_ignore_ascii_case(text),
        };
        let held = |(mark, known): &(Arc<str>, Vec<Arc<str>>)| {
            let text = if **mark == *"file" { Some(stored_in) } else { row.get(&**mark).and_then(|v| v.as_str()) };
            text.is_some_and(|text| known.iter().any(|known| is(known, text)))
        };
        (!self.marks.is_empty()).then(|| self.marks.iter().any(held))
    }
}

/// Whether columns of text hold the field's text in parts, or in another spelling.
fn in_parts(view: View<'_>, field: &FieldName) -> bool {
    use Entry::{Account, Basename, Hashes, Joined, Json, Lookup, Native, Registry, RegistryData};
    let Field::Entry(entry) = view.field(field) else { return false };
    matches!(
        entry,
        Account { .. }
            | Basename { .. }
            | Hashes { .. }
            | Joined { .. }
            | Json { .. }
            | Lookup { .. }
            | Native { .. }
            | Registry { .. }
            | RegistryData { .. }
    )
}

/// Whether the row's column holds one of the words, whatever their case.
fn is_one(row: &Map<String, Value>, column: &str, words: &[String]) -> bool {
    let mut members = column.split('.');
    let first = members.next().and_then(|first| row.get(first));
    let text = match members.fold(first, |value, name| value?.get(name)) {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => return false,
    };
    words.iter().any(|word| word.eq_ignore_ascii_case(&text))
}

/// The attributes of a table that its rows show.
fn marks(table: &TableFile) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let shown = table.attributes.iter().filter(|(name, _)| matches!(&***name, "source" | "sourcetype" | "file"));
    shown.map(|(name, values)| (name.clone(), values.split('|').flat_map(alternatives).collect())).collect()
}

/// `{a,b}.evtx` as `a.evtx` and `b.evtx`.
fn alternatives(mark: &str) -> Vec<Arc<str>> {
    let parts = mark.split_once('{').and_then(|(start, rest)| Some((start, rest.split_once('}')?)));
    match parts {
        Some((start, (inner, end))) => inner.split(',').map(|one| format!("{start}{one}{end}").into()).collect(),
        None => vec![mark.into()],
    }
}
