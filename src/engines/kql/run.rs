//! What a run knows: tables, names, the clock, its limits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use super::ast::Function;
use super::scalar::Node;
use super::value::{Type, Value, stored};
use crate::engines::common::Budget;
use crate::engines::{Database, Found, Refusal};

/// The columns of a table with their types.
pub type Columns = Vec<(String, Type)>;

/// Table → its columns.
pub type Schemas = BTreeMap<String, Columns>;

/// A row: its values in the order of the columns, and the event that it came from.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) event: usize,
    pub(super) values: Vec<Value>,
}

/// A table on its way through the operators.
#[derive(Debug, Clone, Default)]
pub(super) struct Table {
    pub(super) columns: Columns,
    pub(super) records: Vec<Record>,
    /// The rows no longer stand for one event each.
    pub(super) summary: bool,
}

impl Table {
    /// What it found.
    pub(super) fn found(&self) -> Found {
        if self.summary {
            Found::Any(!self.records.is_empty())
        } else {
            Found::Events(self.records.iter().map(|record| record.event).collect())
        }
    }
}

/// What a `let` gave a name to.
#[derive(Debug, Clone)]
pub(super) enum Let {
    Value(Value, Type),
    Table(Rc<Table>),
    Function(Rc<Function>),
    /// The parameter of a function that is called: what it was given, over the columns of the place of the call.
    Given(Node),
}

pub(super) struct Run<'a> {
    pub(super) budget: Budget,
    /// How deep binding stands.
    pub(super) depth: u32,
    /// The clock, in ticks since 1970.
    pub(super) now: i64,
    pub(super) lets: HashMap<String, Let>,
    /// Names that stand for (part of) a table that no event feeds.
    pub(super) unfed: HashSet<String>,
    schemas: &'a Schemas,
    rows: &'a Database,
}

impl<'a> Run<'a> {
    pub(super) fn new(schemas: &'a Schemas, rows: &'a Database, now: f64) -> Self {
        let now = (now * super::time::SECOND as f64) as i64;
        Run { budget: Budget::default(), depth: 0, now, lets: HashMap::new(), unfed: HashSet::new(), schemas, rows }
    }

    /// Whether there is a table of that name.
    pub(super) fn has_table(&self, name: &str) -> bool {
        matches!(self.lets.get(name), Some(Let::Table(_)))
            || (!self.lets.contains_key(name) && self.schemas.contains_key(name))
    }

    /// A table by its name, with its stored rows.
    pub(super) fn table(&mut self, name: &str) -> Result<Table, Refusal> {
        match self.lets.get(name) {
            Some(Let::Table(table)) => return Ok(table.as_ref().clone()),
            Some(Let::Function(_)) => return Err(Refusal::Unknown(format!("the function {name} without its call"))),
            Some(Let::Value(..) | Let::Given(_)) => {
                return Err(Refusal::Error(format!("{name} is a value, not a table")));
            }
            None => {}
        }
        let Some(columns) = self.schemas.get(name) else {
            return Err(Refusal::Error(format!(
                "KS142: the name '{name}' does not refer to any known column, table, variable or function"
            )));
        };
        let mut table = Table { columns: columns.clone(), ..Table::default() };
        for row in self.rows.get(name).into_iter().flatten() {
            self.budget.step(columns.len() as u64)?;
            let value = |(name, kind): &(String, Type)| {
                // A value that the column's type cannot hold is a null.
                row.columns.get(name).and_then(|json| stored(json, *kind)).unwrap_or_else(|| kind.missing())
            };
            table.records.push(Record { event: row.event, values: columns.iter().map(value).collect() });
        }
        Ok(table)
    }

    /// Whether the name is that of a table of the product that no event feeds, and that has no rows, or stands for one.
    pub(super) fn is_unfed(&self, name: &str) -> bool {
        if self.lets.contains_key(name) {
            return self.unfed.contains(name);
        }
        self.has_table(name)
            && !self.rows.contains_key(name)
            && super::store::place("defender").is_ok_and(|place| place.is_unfed(name))
    }

    /// Pays for rows that are about to be made.
    pub(super) fn rows(&mut self, rows: usize, width: usize) -> Result<(), Refusal> {
        self.budget.step((rows as u64).saturating_mul(width as u64 + 1).saturating_mul(32))
    }
}
