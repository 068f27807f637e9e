//! What a rule means of an event as a place holds it: claims are about that, because storing loses things that no query
//! brings back (a text column that holds '' for a missing value).

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::compare::Rows;
use super::path_in;
use crate::engines::Refusal;
use crate::eval::Evaluator;
use crate::event::Event;
use crate::ir::{At, Case, Check, Expr, FieldName, Matching, Pattern, Plan, Shape, Subject, distinct};
use crate::logsource::{LogSources, View};
use crate::schema::{Column, From, Schema, Traits, Type, WholeColumns};

/// How the fields of one rule are held.
#[derive(Debug)]
pub(super) struct Holding<'a> {
    matching: &'a Matching,
    /// The rule prepared for the rows of each table, and for those of none.
    judges: Vec<OnceCell<Evaluator>>,
    /// For each table, the fields that a column holds whole.
    tables: Vec<WholeColumns>,
    /// Whether text columns hold '' for missing and null.
    blanks: bool,
    /// Fields with a word of events, such as `-`, that is stored as nothing, and so read back for nothing.
    words: Vec<(FieldName, String)>,
    /// Fields whose column has a word where the event has nothing: read back for nothing unless the rule asks for the word.
    fillings: Vec<(FieldName, String)>,
    /// Fields that the kind of event gives a value, whatever the event says or leaves out.
    constants: Vec<(FieldName, String)>,
}

impl<'a> Holding<'a> {
    /// How a place holds the fields of a rule.
    pub(super) fn of(matching: &'a Matching, schema: &Schema) -> Holding<'a> {
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
        let judges = judges(&tables);
        Holding { matching, judges, tables, blanks: schema.target().starts_with("kql:"), words, fillings, constants }
    }

    /// The same, had the place lost nothing of some fields.
    pub(super) fn without(&self, excused: impl Fn(&FieldName) -> bool) -> Holding<'a> {
        let mut tables = self.tables.clone();
        for table in &mut tables {
            table.fields.retain(|(field, _)| !excused(field));
            table.parts.retain(|field| !excused(field));
        }
        let rest = |named: &[(FieldName, String)]| {
            named.iter().filter(|(field, _)| !excused(field)).cloned().collect::<Vec<_>>()
        };
        let (words, fillings, constants) = (rest(&self.words), rest(&self.fillings), rest(&self.constants));
        Holding {
            matching: self.matching,
            judges: judges(&tables),
            tables,
            blanks: self.blanks,
            words,
            fillings,
            constants,
        }
    }

    /// The rule for rows of which the schema says that, with missing, null and '' the same where they are one cell: missing to
    /// every test, but equal to ''.
    fn rule(&self, known: Option<&WholeColumns>) -> Matching {
        let blank = |field: &FieldName| {
            let known = known.filter(|_| self.blanks)?;
            let whole = known.fields.iter().find(|(name, _)| name == field).map(|(_, column)| column);
            let in_parts = known.parts.contains(field);
            (in_parts || whole.is_some_and(|column| column.kind == Type::String))
                .then(|| Blank { exists: !in_parts && whole.is_some_and(is_member) })
        };
        Matching { logsource: self.matching.logsource.clone(), expr: merged(&self.matching.expr, &blank) }
    }

    /// Whether the rule means an event as the first of its rows gives it back.
    ///
    /// # Errors
    /// Expressions that the evaluator cannot prepare.
    pub(super) fn meant(&self, event: &Event, rows: &Rows) -> Result<bool, Refusal> {
        let Some((table, row)) = rows.first() else { return Ok(evaluator(self.rule(None))?.meant(event)) };
        let known = self.known(table, row);
        let (columns, judge) =
            (known.and_then(|known| self.tables.get(known)), known.map_or(self.tables.len(), |known| known));
        let Some(judge) = self.judges.get(judge) else { return Ok(false) };
        if judge.get().is_none() {
            let _ = judge.set(evaluator(self.rule(columns))?);
        }
        Ok(judge.get().is_some_and(|judge| judge.meant(&self.event(event, columns, row))))
    }

    /// Which of the tables a row is of.
    fn known(&self, table: &str, row: &Map<String, Value>) -> Option<usize> {
        let is_of = |known: &WholeColumns| known.is_of(table, row) == Some(true);
        let unmarked = || self.tables.iter().position(|known| known.is_of(table, row).is_none());
        self.tables.iter().position(is_of).or_else(unmarked)
    }

    /// Whether the rows are in no table that the place reads the log source from.
    pub(super) fn is_elsewhere(&self, rows: &Rows) -> bool {
        let is_in = |known: &WholeColumns| rows.iter().any(|(table, row)| known.is_in(table, row) != Some(false));
        !rows.is_empty() && !self.tables.iter().any(is_in)
    }

    /// A field of the event that no event of its kind carries where the rows come from.
    pub(super) fn never_carried(&self, event: &Event, rows: &Rows) -> Option<&FieldName> {
        let (table, row) = rows.first()?;
        self.tables
            .get(self.known(table, row)?)?
            .absent
            .iter()
            .find(|field| path_in::get(&event.fields, field.as_str()).is_some())
    }

    /// The event with each value that a column holds whole put into that column and read back.
    fn event(&self, event: &Event, known: Option<&WholeColumns>, row: &Map<String, Value>) -> Event {
        let view = LogSources::standard().admits(&self.matching.logsource, event).unwrap_or(View::NONE);
        let mut held = event.clone();
        for (field, value) in &self.constants {
            if held.fields.get(field.as_str()).is_none_or(|value| value.is_null() || value.as_str() == Some("")) {
                held.fields.insert(field.as_str().to_owned(), Value::from(value.as_str()));
            }
        }
        for field in known.iter().flat_map(|known| &known.parts).filter(|_| self.blanks) {
            let leaves = view.lookup(event, field.as_str()).unwrap_or_default();
            if !leaves.is_empty() && leaves.iter().all(|leaf| leaf.as_str() == Some("")) {
                put(&mut held, view, field, None);
            }
        }
        for (known, field) in known.iter().flat_map(|known| known.parts.iter().map(move |field| (known, field))) {
            let leaves = view.lookup(event, field.as_str()).unwrap_or_default();
            let stored: Vec<Value> = leaves.iter().filter_map(|leaf| known.computed(leaf)).collect();
            if !leaves.iter().map(|leaf| &**leaf).eq(&stored) {
                put(&mut held, view, field, (!stored.is_empty()).then(|| Value::Array(stored)));
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
            let value = match value {
                None => None,
                Some(Value::Null) if self.blanks && !is_member(column) => None,
                Some(Value::String(text)) if text.is_empty() && self.blanks => is_member(column).then_some(Value::Null),
                Some(value) => {
                    let number = value.as_u64().filter(|_| column.traits.hex);
                    let hex = number.map(|number| Value::from(format!("0x{number:x}")));
                    Some(hex.unwrap_or_else(|| read(value, column.traits)))
                }
            };
            put(&mut held, view, field, value);
        }
        held
    }
}

fn judges(tables: &[WholeColumns]) -> Vec<OnceCell<Evaluator>> {
    std::iter::repeat_with(OnceCell::new).take(tables.len() + 1).collect()
}

/// A rule prepared to judge events.
pub(super) fn evaluator(matching: Matching) -> Result<Evaluator, Refusal> {
    Evaluator::new(&Plan::Select(matching)).map_err(|error| Refusal::Unknown(error.to_string()))
}

/// Whether the column is a member of an object, which may be there and have no value.
fn is_member(column: &Column) -> bool {
    matches!(&column.from, From::Path(path) if path.len() > 1)
}

/// Gives the field that value, or none, under whatever name the rule reads it.
fn put(event: &mut Event, view: View<'_>, field: &FieldName, value: Option<Value>) {
    let name = field.as_str();
    let others: Vec<String> = view.sources(event, name).into_iter().map(str::to_owned).collect();
    match (others.as_slice(), &value) {
        // Under a name that the event does not have, the value is new.
        ([], Some(_)) if path_in::get(&event.fields, name).is_some() => {
            path_in::replace(&mut event.fields, name, value);
        }
        ([], None) => path_in::replace(&mut event.fields, name, None),
        (_, Some(value)) => {
            event.fields.insert(name.to_owned(), value.clone());
            // Names that are read before its own.
            let others: Vec<String> = view.sources(event, name).into_iter().map(str::to_owned).collect();
            others.iter().for_each(|other| path_in::replace(&mut event.fields, other, None));
        }
        (others, None) => others.iter().for_each(|other| path_in::replace(&mut event.fields, other, None)),
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

/// A cell that is the same for a missing value, null and ''.
struct Blank {
    /// Whether it still tells what is there from what is missing.
    exists: bool,
}

fn merged(expr: &Expr<Subject>, blank: &impl Fn(&FieldName) -> Option<Blank>) -> Expr<Subject> {
    match expr {
        Expr::Const(value) => Expr::Const(*value),
        Expr::All(parts) => Expr::All(parts.iter().map(|part| merged(part, blank)).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(|part| merged(part, blank)).collect()),
        Expr::Not(inner) => merged(inner, blank).not(),
        Expr::Test(test) => {
            let Subject::Field(field) = &test.on else { return expr.clone() };
            let null = || Expr::test(test.on.clone(), Check::Null, test.at.clone());
            let Some(blank) = blank(field) else { return expr.clone() };
            match &test.check {
                Check::Exists if !blank.exists => null().not(),
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
