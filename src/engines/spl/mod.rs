//! Splunk SPL, from Splunk's Search Manual and Search Reference: `search` and `eval` are two languages with opposite rules
//! of case, precedence and missing fields. What each rule says, with its page, is in `tests/facts/spl.yml`.

mod check;
mod cim;
mod commands;
mod eval;
mod expression;
mod find;
mod functions;
mod index;
mod json;
mod lex;
mod many;
mod pcre;
mod raw;
mod record;
mod run;
mod search;
mod stats;
mod store;
mod text;
mod time;
mod tree;
mod value;
mod xml;

use serde_json::{Map, Value};

use super::{Database, Engine, Found, Refusal, Storage, Stored};
use crate::event::Event;
use commands::Command;
use record::Record;

pub use store::Known;

/// The engine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spl;

impl Spl {
    /// The event as its row gives it back, each value under the name of the source's records: without what the source does
    /// not write, and in the form in which it is held. None where the place holds no row of it.
    pub fn held(&self, place: &str, event: &Event) -> Option<Event> {
        store::held(place, event)
    }

    /// What is known of the source that writes an event, and from where.
    pub fn known(&self, place: &str, event: &Event) -> Option<&'static Known> {
        store::known(place, event)
    }

    /// What is known of each source of a place.
    pub fn all_known(&self, place: &str) -> Vec<&'static Known> {
        store::all_known(place)
    }
}

impl Engine for Spl {
    fn language(&self) -> &'static str {
        "spl"
    }

    fn store(&self, place: &str, event: &Event) -> Stored {
        store::store(place, event)
    }

    /// A row is as well known as the source that writes the event.
    fn storage(&self, place: &str, event: &Event, _: &str) -> Storage {
        self.known(place, event).map_or(Storage::Documented, |source| source.evidence)
    }

    fn decided(&self, query: &str) -> Map<String, Value> {
        let mut budget = eval::Machine::new(0.0).budget;
        let commands = lex::uncomment(query).and_then(|query| commands::parse(&query, &mut budget));
        commands.map(|commands| index::named(&commands)).unwrap_or_default()
    }

    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal> {
        let mut machine = eval::Machine::new(now);
        machine.budget.step(query.len() as u64)?;
        let query = lex::uncomment(query)?;
        let commands = commands::parse(&query, &mut machine.budget)?;
        for (at, command) in &commands {
            check::check(command, &mut machine.patterns).map_err(|refusal| refusal.at(*at))?;
        }
        let mut records: Vec<Record<'_>> =
            rows.values().flatten().map(|row| Record::new(row.event, &row.columns)).collect();
        cim::known(&commands, &records)?;
        if commands
            .iter()
            .any(|(_, command)| matches!(command, Command::Head(_) | Command::Dedup(..) | Command::Stats(_)))
        {
            run::latest_first(&mut records);
        }
        for (at, command) in &commands {
            records = run::run(command, records, &mut machine).map_err(|refusal| refusal.at(*at))?;
        }
        if commands.iter().any(|(_, command)| matches!(command, Command::Stats(_))) {
            return Ok(Found::Any(!records.is_empty()));
        }
        Ok(Found::Events(records.iter().map(|record| record.event).collect()))
    }
}
