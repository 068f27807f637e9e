//! What a place's tables hold of an event, from `tables/*.yml`.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::forms::{self, Form};
use super::run::{Columns, Schemas};
use super::value::Type;
use crate::engines::Stored;
use crate::event::Event;

/// The file of a place.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    logs: BTreeMap<String, Log>,
    tables: BTreeMap<String, TableFile>,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct Log {
    channel: String,
    provider: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    #[serde(default)]
    kinds: BTreeMap<String, BTreeMap<String, Json>>,
    columns: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    empty: BTreeMap<String, Vec<String>>,
}

/// A kind of event that a table records.
struct Kind {
    name: String,
    log: Log,
    id: i64,
    /// Fields that must have these values.
    only: Vec<(String, String)>,
}

struct Table {
    name: String,
    kinds: Vec<Kind>,
    /// Column, type, kind → form; `all` is any kind.
    columns: Vec<(String, Type, BTreeMap<String, Form>)>,
}

/// A place: its tables, and what they hold.
pub(super) struct Place {
    tables: Vec<Table>,
    schemas: Schemas,
}

/// The place of that name.
pub(super) fn place(name: &str) -> Result<&'static Place, String> {
    static DEFENDER: OnceLock<Result<Place, String>> = OnceLock::new();
    match name {
        "defender" => DEFENDER.get_or_init(|| read(include_str!("tables/defender.yml"))).as_ref().map_err(Clone::clone),
        other => Err(format!("what kql:{other} holds of an event is not described")),
    }
}

fn read(text: &str) -> Result<Place, String> {
    let file: File = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
    let mut place = Place { tables: Vec::new(), schemas: Schemas::new() };
    for (name, table) in file.tables {
        let mut columns = Vec::new();
        let mut schema = Columns::new();
        let kind_of = |name: &str| Type::named(name).ok_or_else(|| format!("no type {name}"));
        for (column, mut entry) in table.columns {
            let kind = kind_of(&entry.remove("type").unwrap_or_default())?;
            schema.push((column.clone(), kind));
            let forms = entry.into_iter().map(|(key, form)| Ok((key, Form::read(&form)?)));
            columns.push((column, kind, forms.collect::<Result<_, String>>()?));
        }
        for (kind, names) in table.empty {
            let kind = kind_of(&kind)?;
            schema.extend(names.into_iter().map(|column| (column, kind)));
        }
        let mut kinds = Vec::new();
        for (kind, mut conditions) in table.kinds {
            let log = conditions.remove("log").and_then(|log| file.logs.get(log.as_str()?).cloned());
            let log = log.ok_or_else(|| format!("{name}: {kind} is of no log"))?;
            let id = conditions.remove("id").and_then(|id| id.as_i64()).ok_or_else(|| format!("{kind} has no id"))?;
            let only = conditions.into_iter().map(|(field, value)| (field, forms::text(&value)));
            kinds.push(Kind { name: kind, log, id, only: only.collect() });
        }
        place.schemas.insert(name.clone(), schema);
        place.tables.push(Table { name, kinds, columns });
    }
    Ok(place)
}

impl Kind {
    fn is_of(&self, event: &Event) -> bool {
        let origin = &event.origin;
        let same = |given: &Option<std::sync::Arc<str>>, wanted: &str| {
            given.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(wanted))
        };
        // Channel and provider, as far as the event names them; the security log also has events of the log service itself.
        let services = [self.log.provider.as_str(), "Microsoft-Windows-Eventlog"];
        let provider = services.iter().any(|service| same(&origin.provider, service));
        let log = match &origin.channel {
            Some(_) => same(&origin.channel, &self.log.channel) && (origin.provider.is_none() || provider),
            None => same(&origin.provider, &self.log.provider),
        };
        log && origin.event_id == Some(self.id)
            && self.only.iter().all(|(field, wanted)| match event.lookup(field).as_deref() {
                Some([value]) => forms::text(value) == *wanted,
                _ => false,
            })
    }
}

impl Place {
    pub(super) fn schemas(&self) -> &Schemas {
        &self.schemas
    }

    fn kind_of(&self, event: &Event) -> Option<(&Table, &Kind)> {
        let mut all = self.tables.iter().flat_map(|table| table.kinds.iter().map(move |kind| (table, kind)));
        all.find(|(_, kind)| kind.is_of(event))
    }

    pub(super) fn store(&self, event: &Event) -> Stored {
        if event.origin.is_unknown() {
            return Stored::Outside("the event does not say which log it is of".to_owned());
        }
        let Some((table, kind)) = self.kind_of(event) else {
            return Stored::Outside("no table is fed with events of this kind".to_owned());
        };
        let mut columns = Map::new();
        for (column, holds, forms) in &table.columns {
            let Some(form) = forms.get(&kind.name).or_else(|| forms.get("all")) else { continue };
            match form.value(event, *holds) {
                // A row without these is none that the sensor writes.
                Ok(Json::Null) if matches!(column.as_str(), "ActionType" | "RegistryKey" | "RegistryValueType") => {
                    return Stored::Outside(format!("{}.{column} cannot be told from the event", table.name));
                }
                Ok(Json::Null) => {}
                Ok(value) => {
                    columns.insert(column.clone(), value);
                }
                Err(why) => return Stored::Outside(format!("{}.{column}: {why}", table.name)),
            }
        }
        Stored::Rows(vec![(table.name.clone(), columns)])
    }

    /// The event with what the place gives back instead of what was put in.
    pub(super) fn held(&self, event: &Event) -> Option<Event> {
        let Stored::Rows(_) = self.store(event) else { return None };
        let (table, kind) = self.kind_of(event)?;
        let mut held = event.clone();
        for (_, holds, forms) in &table.columns {
            if let Some(form) = forms.get(&kind.name).or_else(|| forms.get("all")) {
                form.read_back(event, *holds, &mut held);
            }
        }
        Some(held)
    }
}
