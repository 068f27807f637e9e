//! The form of `tables/<place>/*.yml`: the logs, and what each table holds of which of their events.
//!
//! `storage`: whether what the table holds was observed in real rows. `kinds`: the events that it records. `columns`: a
//! column's type, and for each kind (several share a key, `all` is any) the form in which it holds what. `never_empty`: no
//! row lacks these. `empty`: columns, by type, that hold nothing of what is stored here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::forms::Form;
use super::kinds::{Kind, KindFile, Log};
use crate::engines::Storage;
use crate::engines::kql::run::Columns;
use crate::engines::kql::value::Type;

/// Defender XDR: the logs, then the tables.
pub(super) const DEFENDER: &[&str] = &[
    include_str!("../tables/defender/logs.yml"),
    include_str!("../tables/defender/DeviceProcessEvents.yml"),
    include_str!("../tables/defender/DeviceNetworkEvents.yml"),
    include_str!("../tables/defender/DeviceFileEvents.yml"),
    include_str!("../tables/defender/DeviceImageLoadEvents.yml"),
    include_str!("../tables/defender/DeviceRegistryEvents.yml"),
    include_str!("../tables/defender/DeviceEvents.yml"),
    include_str!("../tables/defender/DeviceLogonEvents.yml"),
    include_str!("../tables/defender/CloudAppEvents.yml"),
    include_str!("../tables/defender/AADSignInEventsBeta.yml"),
    include_str!("../tables/defender/AADSpnSignInEventsBeta.yml"),
    include_str!("../tables/defender/EntraIdSignInEvents.yml"),
    include_str!("../tables/defender/EntraIdSpnSignInEvents.yml"),
    include_str!("../tables/defender/unfed.yml"),
];

/// A file of tables, by name.
type File = BTreeMap<String, TableFile>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    storage: Storage,
    #[serde(default)]
    kinds: BTreeMap<String, KindFile>,
    #[serde(default)]
    columns: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    never_empty: Vec<String>,
    #[serde(default)]
    empty: BTreeMap<String, Vec<String>>,
}

pub(super) struct Table {
    pub(super) name: String,
    pub(super) storage: Storage,
    pub(super) kinds: Vec<Kind>,
    /// The columns that hold something.
    pub(super) columns: Vec<Column>,
    /// All columns, with their types.
    pub(super) schema: Columns,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) holds: Type,
    pub(super) never_empty: bool,
    /// By kind.
    forms: BTreeMap<String, Form>,
}

impl Column {
    /// The form in which the column holds something of events of the kind.
    pub(super) fn form(&self, kind: &Kind) -> Option<&Form> {
        self.forms.get(&kind.name).or_else(|| self.forms.get("all"))
    }

    fn read(name: String, mut entry: BTreeMap<String, String>) -> Result<Column, String> {
        let holds = typed(&entry.remove("type").unwrap_or_default())?;
        let mut forms = BTreeMap::new();
        for (kinds, form) in entry {
            let form = Form::read(&form).map_err(|why| format!("{name}: {why}"))?;
            forms.extend(kinds.split(", ").map(|kind| (kind.to_owned(), form.clone())));
        }
        Ok(Column { name, holds, never_empty: false, forms })
    }
}

fn typed(name: &str) -> Result<Type, String> {
    Type::named(name).ok_or_else(|| format!("no type {name}"))
}

/// Reads a place's files, the first of which has the logs.
pub(super) fn read(files: &[&str]) -> Result<Vec<Table>, String> {
    let wrong = |error: serde_yaml::Error| error.to_string();
    let (logs, files) = files.split_first().ok_or("a place has logs")?;
    let logs: BTreeMap<String, Log> = serde_yaml::from_str(logs).map_err(wrong)?;
    let mut tables = Vec::new();
    for file in files {
        for (name, table) in serde_yaml::from_str::<File>(file).map_err(wrong)? {
            tables.push(Table::read(&name, table, &logs).map_err(|why| format!("{name}: {why}"))?);
        }
    }
    Ok(tables)
}

impl Table {
    fn read(name: &str, file: TableFile, logs: &BTreeMap<String, Log>) -> Result<Table, String> {
        let kinds = file.kinds.into_iter().map(|(name, kind)| Kind::read(name, kind, logs));
        let kinds: Vec<Kind> = kinds.collect::<Result<_, _>>()?;
        let columns = file.columns.into_iter().map(|(name, entry)| Column::read(name, entry));
        let mut columns: Vec<Column> = columns.collect::<Result<_, _>>()?;
        for column in &mut columns {
            column.never_empty = file.never_empty.contains(&column.name);
            let known = |name: &String| name == "all" || kinds.iter().any(|kind| kind.name == *name);
            if let Some(kind) = column.forms.keys().find(|name| !known(name)) {
                return Err(format!("{} is given for {kind}, which is no kind", column.name));
            }
        }
        let mut schema: Columns = columns.iter().map(|column| (column.name.clone(), column.holds)).collect();
        for (kind, names) in file.empty {
            let kind = typed(&kind)?;
            schema.extend(names.into_iter().map(|column| (column, kind)));
        }
        let mut names: Vec<&String> = schema.iter().map(|(name, _)| name).collect();
        names.sort();
        if let Some([twice, _]) = names.windows(2).find(|pair| matches!(pair, [a, b] if a == b)) {
            return Err(format!("{twice} is there twice"));
        }
        Ok(Table { name: name.to_owned(), storage: file.storage, kinds, columns, schema })
    }
}

#[cfg(test)]
mod tests {
    use super::{DEFENDER, read};

    #[test]
    fn the_embedded_tables_can_be_read() {
        let tables = read(DEFENDER).unwrap();
        assert!(tables.len() > 25, "{} tables", tables.len());
        for table in &tables {
            assert_eq!(table.kinds.is_empty(), table.columns.is_empty(), "{}", table.name);
        }
    }
}
