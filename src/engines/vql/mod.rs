//! VQL: what a query finds in rows, by the rules of vfilter and of Velociraptor's own protocols and functions.
//!
//! Sources: docs.velociraptor.app (VQL fundamentals and the reference), and the source of the open engine,
//! github.com/Velocidex/vfilter and github.com/Velocidex/velociraptor, whose files the comments name.

mod aggregate;
mod ast;
mod compare;
mod eval;
mod files;
mod functions;
mod lex;
mod parse;
mod plugins;
mod regex;
mod scope;
mod select;
mod store;
mod text;
mod time;
mod value;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use super::common::Budget;
use super::{Database, Engine, Found, Refusal, Storage, Stored};
use crate::event::Event;
use ast::Statement;
use eval::Run;
use scope::Scope;
use value::Record;

/// Statements that a query may have; each definition is a scope inside the one before.
const STATEMENTS: usize = 1_000;

/// The engine of VQL. Places: `evtx`, the event log files of Windows as `parse_evtx()` reads them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vql;

impl Engine for Vql {
    fn language(&self) -> &'static str {
        "vql"
    }

    fn store(&self, place: &str, event: &Event) -> Stored {
        match place {
            "evtx" => store::evtx(event),
            other => Stored::Outside(format!("no place {other} is known")),
        }
    }

    fn storage(&self, _: &str, _: &Event, file: &str) -> Storage {
        store::storage(file)
    }

    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal> {
        let (records, summary) = records(query, rows, now)?;
        let events: Option<BTreeSet<usize>> = records.iter().map(|record| record.event).collect();
        Ok(match events {
            Some(events) if !(summary && events.is_empty()) => Found::Events(events),
            _ => Found::Any(!records.is_empty()),
        })
    }
}

impl Vql {
    /// The rows that the query's statements return, in order, their columns as JSON. Errors as [`Engine::run`].
    pub fn rows(&self, query: &str, rows: &Database, now: f64) -> Result<Vec<Map<String, Json>>, Refusal> {
        let (records, _) = records(query, rows, now)?;
        let row = |record: &Record<'_>| match record.row.json()? {
            Json::Object(columns) => Ok(columns),
            other => Ok(Map::from_iter([("_value".to_owned(), other)])),
        };
        records.iter().map(row).collect()
    }
}

/// The rows of all statements, and whether a summary was made on the way.
fn records<'a>(query: &str, database: &'a Database, now: f64) -> Result<(Vec<Record<'a>>, bool), Refusal> {
    let mut budget = Budget::default();
    let statements = parse::parse(query, &mut budget)?;
    if statements.len() > STATEMENTS {
        return Err(Refusal::Limit);
    }
    let mut run = Run::new(database, now);
    let mut scope = Scope::new();
    let mut records = Vec::new();
    for (at, statement) in &statements {
        match statement {
            Statement::Query(select) => {
                let rows = run.select(select, &scope, &mut budget).map_err(|refusal| refusal.at(*at))?;
                records.extend(rows);
            }
            Statement::Let { name, eager, body } => {
                let defined = run.define(name, *eager, body, &scope, &mut budget);
                scope = defined.map_err(|refusal| refusal.at(*at))?;
            }
        }
    }
    Ok((records, run.summary))
}
