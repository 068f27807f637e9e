//! Engines: each runs the text of a query on rows, with the values, logic, literals, regular expressions and case rules of
//! its own language, written from the vendor's manual. An engine knows nothing of rules, of the algebra or of backends:
//! it reads only query text. What it does not know it names and refuses; it never guesses.
//!
//! Engines share mechanics (`common`), no values and no comparison: the languages differ exactly there.

pub mod common;
pub mod kql;
pub mod spl;
pub mod vql;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::event::Event;

/// A row of a table, with the event that it stores.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The event's number in the list that was stored.
    pub event: usize,
    /// Column → value, as the product shows the row in JSON.
    pub columns: Map<String, Value>,
}

/// Rows by table (KQL), by source (SPL: one table, `events`), by file name (VQL).
pub type Database = BTreeMap<String, Vec<Row>>;

/// What a place holds of one event.
#[derive(Debug, Clone, PartialEq)]
pub enum Stored {
    /// Its rows, with their tables; none where the place records only some events and not this one.
    Rows(Vec<(String, Map<String, Value>)>),
    /// The place is not fed by the event's source, or no row can hold it: why.
    Outside(String),
}

/// How well it is known what a table holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Storage {
    /// From the vendor's pages alone.
    Documented,
    /// Real rows show it.
    Observed,
}

impl Storage {
    /// `documented` or `observed`, as in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Storage::Documented => "documented",
            Storage::Observed => "observed",
        }
    }
}

/// What a query found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The events whose rows it returned.
    Events(BTreeSet<usize>),
    /// The rows are no longer events (a summary): whether there is any.
    Any(bool),
}

/// Why a query was not run to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The text is not of the language: byte offset and message.
    Syntax(usize, String),
    /// A construct of the language that the engine does not know.
    Unknown(String),
    /// The product itself would stop with this error: an unknown column, a type clash.
    Error(String),
    /// It would take more than the limit of work.
    Limit,
    /// The engine itself failed: it ended, did not answer in time, or not in the form it must.
    Broken(String),
    /// One of the others with the byte at which the construct stands that it is about.
    At(usize, Box<Refusal>),
}

impl Refusal {
    /// The refusal with the place of the construct, where it has none yet and a place says something.
    pub(crate) fn at(self, byte: usize) -> Refusal {
        match self {
            Refusal::Unknown(_) | Refusal::Error(_) => Refusal::At(byte, Box::new(self)),
            other => other,
        }
    }

    /// The refusal itself, without its place.
    pub fn unplaced(self) -> Refusal {
        match self {
            Refusal::At(_, refusal) => refusal.unplaced(),
            other => other,
        }
    }

    /// The byte at which the construct stands, where that is known, and the refusal itself.
    pub fn placed(&self) -> (Option<usize>, &Refusal) {
        match self {
            Refusal::At(byte, refusal) => (Some(*byte), refusal.placed().1),
            Refusal::Syntax(byte, _) => (Some(*byte), self),
            other => (None, other),
        }
    }
}

/// A language's engine.
pub trait Engine: Sync {
    /// `kql`, `spl`, `vql`.
    fn language(&self) -> &'static str;

    /// What a place of the language (`defender`, `windows`, `evtx`) holds of an event, from the engine's own `tables/*.yml`:
    /// column first, what it holds of which event, in which form.
    fn store(&self, place: &str, event: &Event) -> Stored;

    /// How well it is known what a table of a place holds of such an event.
    fn storage(&self, place: &str, event: &Event, table: &str) -> Storage;

    /// The columns of a place's tables, with the names of their types, where the language has typed columns.
    fn columns(&self, place: &str) -> BTreeMap<String, BTreeMap<String, &'static str>> {
        let _ = place;
        BTreeMap::new()
    }

    /// Columns that each installation fills as it likes, with the values that a query asks for: Splunk's index. Nothing where
    /// the query cannot be read.
    fn decided(&self, query: &str) -> Map<String, Value> {
        let _ = query;
        Map::new()
    }

    /// Runs a query on rows. `now` is the clock, in seconds since 1970.
    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal>;
}

/// The engines there are.
const ENGINES: &[&dyn Engine] = &[&kql::Kql, &spl::Spl, &vql::Vql];

/// The engine of a language.
pub fn engine(language: &str) -> Option<&'static dyn Engine> {
    ENGINES.iter().copied().find(|engine| engine.language() == language)
}
