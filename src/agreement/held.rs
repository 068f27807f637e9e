//! What a rule means of an event as a place holds it: claims are about that, because storing loses things that no query
//! brings back (a text column that holds '' for a missing value).

use serde_json::{Map, Value};

use super::compare::Rows;
use super::path_in;
use crate::event::Event;
use crate::ir::{At, Case, Check, Expr, FieldName, Matching, Pattern, Shape, Subject, distinct};
use crate::schema::{From, Schema, Traits, Type, WholeColumns};

/// How the fields of one rule are held.
#[derive(Debug, Clone)]
pub(super) struct Holding {
    /// For each table, the fields that a column holds whole.
    tables: Vec<WholeColumns>,
    /// Whether text columns hold '' for missing and null.
    blanks: bool,
    /// Fields that text columns hold in parts.
    parts: Vec<FieldName>,
    /// Fields with a word of events, such as `-`, that is stored as nothing, and so read back for nothing.
    words: Vec<(FieldName, String)>,
    /// Fields whose column has a word where the event has nothing: read back for nothing unless the rule asks for the word.
    fillings: Vec<(FieldName, String)>,
    /// Fields that the kind of event gives a value, whatever the event says or leaves out.
    constants: Vec<(FieldName, String)>,
}

impl Holding {
    /// How a place holds the fields of a rule.
    pub(super) fn of(matching: &Matching, schema: &Schema) -> Holding {
        let mut fields: Vec<FieldName> = Vec::new();
        matching.expr.for_each_test(&mut |test| fields.extend(test.fields().cloned()));
        let fields = distinct(fields);
        let word = |field: &FieldName| {
            let words = schema.words_for_nothing(&matching.logsource, field);
            let asked = words.iter().find(|word| means(&matching.expr, field, word))?;
            Some((field.clone(), asked.to_string()))
        };
        let words = fields.iter().filter_map(word).collect();
        let tables = schema.whole_columns(&matching.logsource, &fields);
        // A string column of Kusto has no null (Microsoft's page "Null values").
        let constant = |field: &FieldName| Some((field.clone(), schema.constant(&matching.logsource, field)?));
        let constants = fields.iter().filter_map(constant).collect();
        let filling = |field: &FieldName| Some((field.clone(), schema.filling(&matching.logsource, field)?.to_owned()));
        let mut fillings: Vec<_> = fields.iter().filter_map(filling).collect();
        fillings.retain(|(field, word)| !asks_for(&matching.expr, field, word));
        let parts = fields.iter().filter(|field| schema.in_parts(&matching.logsource, field)).cloned().collect();
        Holding { tables, blanks: schema.target().starts_with("kql:"), parts, words, fillings, constants }
    }

    /// The same, had the place lost nothing of some fields.
    pub(super) fn without(&self, excused: impl Fn(&FieldName) -> bool) -> Holding {
        let mut rest = self.clone();
        rest.tables.iter_mut().for_each(|table| table.fields.retain(|(field, _)| !excused(field)));
        rest.parts.retain(|field| !excused(field));
        for named in [&mut rest.words, &mut rest.fillings, &mut rest.constants] {
            named.retain(|(field, _)| !excused(field));
        }
        rest
    }

    /// The rule, with missing, null and '' the same where they are one cell: missing to every test, but equal to ''.
    pub(super) fn rule(&self, matching: &Matching) -> Matching {
        let blank = |field: &FieldName| {
            let mut whole = self.tables.iter().flat_map(|known| &known.fields);
            self.blanks
                && (self.parts.contains(field)
                    || whole.any(|(name, column)| name == field && column.kind == Type::String))
        };
        Matching { logsource: matching.logsource.clone(), expr: merged(&matching.expr, &blank) }
    }

    /// The event as the first of its rows gives it back.
    pub(super) fn read_back(&self, event: &Event, rows: &Rows) -> Event {
        rows.first().map_or_else(|| event.clone(), |(table, row)| self.event(event, table, row))
    }

    /// What the schema says of a row.
    fn known(&self, table: &str, row: &Map<String, Value>) -> Option<&WholeColumns> {
        let is_of = |known: &&WholeColumns| known.is_of(table, row) == Some(true);
        let unmarked = || self.tables.iter().find(|known| known.is_of(table, row).is_none());
        self.tables.iter().find(is_of).or_else(unmarked)
    }

    /// A field of the event that no event of its kind carries where the rows come from.
    pub(super) fn never_carried(&self, event: &Event, rows: &Rows) -> Option<&FieldName> {
        let (table, row) = rows.first()?;
        self.known(table, row)?.absent.iter().find(|field| path_in::get(&event.fields, field.as_str()).is_some())
    }

    /// The event with each value that a column holds whole put into that column and read back.
    fn event(&self, event: &Event, table: &str, row: &Map<String, Value>) -> Event {
        let known = self.known(table, row);
        let mut held = event.clone();
        for (field, value) in &self.constants {
            if held.fields.get(field.as_str()).is_none_or(|value| value.is_null() || value.as_str() == Some("")) {
                held.fields.insert(field.as_str().to_owned(), Value::from(value.as_str()));
            }
        }
        for field in self.parts.iter().filter(|_| self.blanks) {
            if path_in::get(&held.fields, field.as_str()).is_some_and(|value| value.as_str() == Some("")) {
                path_in::replace(&mut held.fields, field.as_str(), None);
            }
        }
        for (field, column) in known.iter().flat_map(|known| &known.fields) {
            let From::Path(path) = &column.from else { continue };
            let mut value = path.first().and_then(|first| row.get(&**first));
            for name in path.iter().skip(1) {
                value = value.and_then(|value| value.get(&**name));
            }
            let filled = |text: &str| self.fillings.iter().any(|(name, word)| name == field && word == text);
            value = value.filter(|value| !value.as_str().is_some_and(filled));
            let nothing = value.is_none_or(|value| value.is_null() || value.as_str() == Some(""));
            let word = self.words.iter().find(|(name, _)| nothing && name == field);
            if let Some((_, word)) = word {
                held.fields.insert(field.as_str().to_owned(), Value::from(word.as_str()));
                continue;
            }
            match value {
                None => {
                    path_in::replace(&mut held.fields, field.as_str(), None);
                }
                Some(Value::Null) => {
                    let null = (!self.blanks).then_some(Value::Null);
                    path_in::replace(&mut held.fields, field.as_str(), null);
                }
                Some(Value::String(text)) if text.is_empty() && self.blanks => {
                    path_in::replace(&mut held.fields, field.as_str(), None);
                }
                Some(value) => {
                    let hex =
                        value.as_u64().filter(|_| column.traits.hex).map(|number| Value::from(format!("0x{number:x}")));
                    let value = hex.unwrap_or_else(|| read(value, column.traits));
                    // Under a name that the event does not have, the value is new.
                    match path_in::get(&held.fields, field.as_str()) {
                        Some(_) => path_in::replace(&mut held.fields, field.as_str(), Some(value)),
                        None => {
                            held.fields.insert(field.as_str().to_owned(), value);
                        }
                    }
                }
            }
        }
        held
    }
}

/// A stored value as what it says: its text without what the column's spelling adds.
fn read(value: &Value, traits: Traits) -> Value {
    match value {
        Value::String(stored) => {
            let inner = stored.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).filter(|_| traits.quoted);
            let text = traits.text.read(inner.unwrap_or(stored));
            Value::from(if traits.plus { text.replace('+', " ") } else { text })
        }
        Value::Array(values) => values.iter().map(|value| read(value, traits)).collect(),
        other => other.clone(),
    }
}

/// Whether a test of the field, other than for any value, means that word.
fn means(expr: &Expr<Subject>, field: &FieldName, word: &str) -> bool {
    let mut means = false;
    expr.for_each_test(&mut |test| {
        if let (Subject::Field(name), Check::Like { any_of, case }) = (&test.on, &test.check) {
            let is_meant = |p: &Pattern| p.shape() != Shape::Everything && p.matches(word, *case);
            means |= name == field && any_of.iter().any(|(pattern, _)| is_meant(pattern));
        }
    });
    means
}

/// Whether the rule compares the field with that word.
fn asks_for(expr: &Expr<Subject>, field: &FieldName, word: &str) -> bool {
    let mut asks = false;
    expr.for_each_test(&mut |test| {
        let is_word = |pattern: &Pattern| pattern.as_literal().is_some_and(|_| pattern.matches(word, Case::Fold));
        if let (Subject::Field(name), Check::Like { any_of, .. }) = (&test.on, &test.check) {
            asks |= name == field && any_of.iter().any(|(pattern, _)| is_word(pattern));
        }
    });
    asks
}

fn merged(expr: &Expr<Subject>, blank: &impl Fn(&FieldName) -> bool) -> Expr<Subject> {
    match expr {
        Expr::Const(value) => Expr::Const(*value),
        Expr::All(parts) => Expr::All(parts.iter().map(|part| merged(part, blank)).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(|part| merged(part, blank)).collect()),
        Expr::Not(inner) => merged(inner, blank).not(),
        Expr::Test(test) => {
            let Subject::Field(field) = &test.on else { return expr.clone() };
            let null = || Expr::test(test.on.clone(), Check::Null, test.at.clone());
            match &test.check {
                _ if !blank(field) => expr.clone(),
                Check::Exists => null().not(),
                Check::Null => {
                    let empty = Check::Like { any_of: vec![(Pattern::literal(""), At::default())], case: Case::Exact };
                    Expr::Any(vec![null(), Expr::test(test.on.clone(), empty, test.at.clone())])
                }
                Check::Like { any_of, .. } if any_of.iter().any(|(pattern, _)| pattern.as_literal() == Some("")) => {
                    Expr::Any(vec![expr.clone(), null()])
                }
                _ => expr.clone(),
            }
        }
    }
}
