//! What a place's tables hold of an event: `tables/<place>/*.yml`, column first.

mod forms;
mod kinds;
mod registry;
mod tables;
mod texts;

use std::sync::OnceLock;

use serde_json::{Map, Value as Json};

use super::run::Schemas;
use crate::engines::{Storage, Stored};
use crate::event::Event;
use kinds::Kind;
use tables::Table;

/// A place: its tables, and what they hold.
pub(super) struct Place {
    tables: Vec<Table>,
    schemas: Schemas,
}

/// The place of that name.
pub(super) fn place(name: &str) -> Result<&'static Place, String> {
    static DEFENDER: OnceLock<Result<Place, String>> = OnceLock::new();
    match name {
        "defender" => DEFENDER.get_or_init(|| Place::read(tables::DEFENDER)).as_ref().map_err(Clone::clone),
        other => Err(format!("what kql:{other} holds of an event is not described")),
    }
}

impl Place {
    fn read(files: &[&str]) -> Result<Place, String> {
        let tables = tables::read(files)?;
        let schemas = tables.iter().map(|table| (table.name.clone(), table.schema.clone())).collect();
        Ok(Place { tables, schemas })
    }

    pub(super) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    /// Whether a table is one that no event feeds.
    pub(super) fn is_unfed(&self, table: &str) -> bool {
        self.tables.iter().any(|known| known.name == table && known.kinds.is_empty())
    }

    /// How well it is known what a table holds.
    pub(super) fn storage(&self, table: &str) -> Storage {
        self.tables.iter().find(|known| known.name == table).map_or(Storage::Documented, |table| table.storage)
    }

    /// The tables that record the event, with the kind that it is of there.
    fn kinds_of(&self, event: &Event) -> Vec<(&Table, &Kind)> {
        let kind = |table: &Table| table.kinds.iter().position(|kind| kind.is_of(event));
        let found = self.tables.iter().filter_map(|table| Some((table, table.kinds.get(kind(table)?)?)));
        found.collect()
    }

    /// The rows of an event, one in each table that records it.
    pub(super) fn store(&self, event: &Event) -> Stored {
        let kinds = self.kinds_of(event);
        if kinds.is_empty() {
            let why = match event.origin.is_unknown() {
                true => "the event does not say which log it is of",
                false => "no table is fed with events of this kind",
            };
            return Stored::Outside(why.to_owned());
        }
        let row = |(table, kind): (&Table, &Kind)| Ok((table.name.clone(), row(table, kind, event)?));
        match kinds.into_iter().map(row).collect() {
            Ok(rows) => Stored::Rows(rows),
            Err(why) => Stored::Outside(why),
        }
    }

    /// The event with what the place gives back instead of what was put in.
    pub(super) fn held(&self, event: &Event) -> Option<Event> {
        let Stored::Rows(_) = self.store(event) else { return None };
        let mut held = event.clone();
        for (table, kind) in self.kinds_of(event) {
            let forms = table.columns.iter().filter_map(|column| Some((column.form(kind)?, column.holds)));
            // Fields that are held whole, then the parts that another column holds better.
            let (whole, parts): (Vec<_>, Vec<_>) = forms.partition(|(form, _)| form.is_whole());
            for (form, holds) in whole.into_iter().chain(parts) {
                form.read_back(event, holds, &mut held);
            }
        }
        Some(held)
    }
}

/// The row that a table has of an event.
fn row(table: &Table, kind: &Kind, event: &Event) -> Result<Map<String, Json>, String> {
    let mut columns = Map::new();
    for column in &table.columns {
        let Some(form) = column.form(kind) else { continue };
        let value = form.value(event, column.holds).map_err(|why| format!("{}.{}: {why}", table.name, column.name))?;
        if !value.is_null() {
            columns.insert(column.name.clone(), value);
        } else if column.never_empty {
            // A row without this is none that the sensor writes.
            return Err(format!("{}.{} cannot be told from the event", table.name, column.name));
        }
    }
    Ok(columns)
}
