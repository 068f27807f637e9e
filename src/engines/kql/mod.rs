//! Kusto Query Language, run on rows.
//!
//! Written from Microsoft's pages (K: `MicrosoftDocs/dataexplorer-docs`, `data-explorer/kusto/`) and the grammar of its
//! parser (KL: `microsoft/Kusto-Query-Language`); `tests/facts/kql.yml` names the page or the measurement of each rule.

mod ast;
mod lex;
mod parse;
mod run;
mod scalar;
mod store;
mod tabular;
mod time;
mod value;

pub use run::{Columns, Schemas};
pub use value::Type;

use std::collections::BTreeMap;

use super::{Database, Engine, Found, Refusal, Storage, Stored};
use crate::event::Event;

/// The engine of KQL, with Defender's tables.
#[derive(Debug, Default, Clone, Copy)]
pub struct Kql;

impl Engine for Kql {
    fn language(&self) -> &'static str {
        "kql"
    }

    fn store(&self, place: &str, event: &Event) -> Stored {
        match store::place(place) {
            Ok(place) => place.store(event),
            Err(why) => Stored::Outside(why),
        }
    }

    fn storage(&self, place: &str, _: &Event, table: &str) -> Storage {
        store::place(place).map_or(Storage::Documented, |place| place.storage(table))
    }

    fn columns(&self, place: &str) -> BTreeMap<String, BTreeMap<String, &'static str>> {
        let Ok(place) = store::place(place) else { return BTreeMap::new() };
        let typed = |columns: &Columns| columns.iter().map(|(name, kind)| (name.clone(), kind.name())).collect();
        place.schemas().iter().map(|(table, columns)| (table.clone(), typed(columns))).collect()
    }

    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal> {
        let place = store::place("defender").map_err(Refusal::Unknown)?;
        run_on(query, place.schemas(), rows, now)
    }
}

impl Kql {
    /// The event as the place can give it back: each value that a column holds whole, in the form of that column. None
    /// where the event is outside, or stored in no row.
    pub fn held(&self, place: &str, event: &Event) -> Option<Event> {
        store::place(place).ok()?.held(event)
    }
}

/// Runs a query on tables of any schema. `now` is the clock, in seconds since 1970.
///
/// # Errors
/// [`Refusal`]: text that is no KQL, a construct that is not known here, what the product stops at, too much work.
pub fn run_on(query: &str, schemas: &Schemas, rows: &Database, now: f64) -> Result<Found, Refusal> {
    let brackets = query.bytes().filter(|byte| matches!(byte, b'(' | b'[' | b'{')).count();
    if cfg!(target_family = "wasm") || (brackets <= SHALLOW && query.len() <= SHORT) {
        return run_here(query, schemas, rows, now);
    }
    // As deep as the product's binder goes, recursion needs more stack than a thread has by default.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let run = thread.spawn_scoped(scope, || run_here(query, schemas, rows, now)).map_err(|_| Refusal::Limit)?;
        run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// A text with no more brackets and bytes than these cannot nest deeply.
const SHALLOW: usize = 16;
const SHORT: usize = 600;

/// Bytes of stack for the others; what is not used costs nothing.
const STACK: usize = 128 << 20;

fn run_here(query: &str, schemas: &Schemas, rows: &Database, now: f64) -> Result<Found, Refusal> {
    let statements = parse::parse(query)?;
    let mut run = run::Run::new(schemas, rows, now);
    Ok(tabular::statements(&statements, &mut run)?.found())
}
