//! Fields of the Common Information Model, which the add-ons of Windows compute from those of the event: what they make of it
//! is not known here, so a query that reads one that no row has cannot be judged.

use super::commands::Command;
use super::record::Record;
use super::tree::{Expr, Literal, Search};
use crate::engines::Refusal;

/// Names of the data models Endpoint, Network Traffic and Authentication (Common Information Model Add-on
/// Manual) that no event of Windows has of itself.
const NAMES: &[&str] = &[
    "action",
    "app",
    "dest",
    "dest_ip",
    "dest_port",
    "direction",
    "dvc",
    "file_hash",
    "file_name",
    "file_path",
    "original_file_name",
    "parent_process",
    "parent_process_exec",
    "parent_process_guid",
    "parent_process_id",
    "parent_process_name",
    "parent_process_path",
    "process",
    "process_current_directory",
    "process_exec",
    "process_guid",
    "process_hash",
    "process_id",
    "process_integrity_level",
    "process_name",
    "process_path",
    "registry_hive",
    "registry_key_name",
    "registry_path",
    "registry_value_data",
    "registry_value_name",
    "registry_value_type",
    "service_name",
    "service_path",
    "signature",
    "signature_id",
    "src",
    "src_ip",
    "src_port",
    "src_user",
    "transport",
    "user",
    "user_id",
    "vendor_product",
];

/// Whether what the commands read is known of the rows.
///
/// # Errors
/// A field that an add-on may compute, with the command that reads it.
pub(super) fn known(commands: &[(usize, Command)], rows: &[Record<'_>]) -> Result<(), Refusal> {
    if rows.is_empty()
        || rows.iter().any(|row| !row.one("source").is_some_and(|source| source.starts_with("XmlWinEventLog:")))
    {
        return Ok(());
    }
    if !is_for_windows(commands) {
        return Ok(());
    }
    let mut made: Vec<String> = Vec::new();
    for (at, command) in commands {
        let mut read: Vec<&str> = Vec::new();
        match command {
            Command::Search(search) => {
                let mut found = Vec::new();
                compared(search, &mut found);
                read.extend(found.into_iter().map(|(field, _)| field));
            }
            Command::Where(expr) => in_expr(expr, &mut read),
            Command::Eval(fields) => fields.iter().for_each(|(_, expr)| in_expr(expr, &mut read)),
            Command::Regex(field, ..) | Command::Rex(field, ..) => read.push(field),
            Command::Dedup(_, fields) => read.extend(fields.iter().map(String::as_str)),
            Command::Stats(stats) => read.extend(stats.by().iter().map(String::as_str)),
            _ => {}
        }
        let lacks = |name: &&str| NAMES.contains(name) && rows.iter().all(|row| row.get(name).is_empty());
        if let Some(name) = read.into_iter().find(|name| !made.iter().any(|made| made == name) && lacks(name)) {
            let what = format!("what the add-on computes for the field {name}: name the event's own field");
            return Err(Refusal::Unknown(what).at(*at));
        }
        match command {
            Command::Eval(fields) => made.extend(fields.iter().map(|(name, _)| name.clone())),
            Command::Rename(pairs) => made.extend(pairs.iter().map(|(_, to)| to.clone())),
            Command::Rex(_, pattern, _) => {
                made.extend(
                    NAMES.iter().filter(|name| pattern.contains(&format!("<{name}>"))).map(ToString::to_string),
                );
            }
            // Behind these the fields are no longer those of the rows.
            Command::Spath(..) | Command::Stats(_) => return Ok(()),
            _ => {}
        }
    }
    Ok(())
}

/// The comparisons of a search.
fn compared<'a>(search: &'a Search, found: &mut Vec<(&'a str, &'a Literal)>) {
    match search {
        Search::All(parts) | Search::Any(parts) => parts.iter().for_each(|part| compared(part, found)),
        Search::Not(inner) => compared(inner, found),
        Search::Compare(field, _, literal) => found.push((field, literal)),
        Search::Term(_) => {}
    }
}

/// Whether the searches are for logs of Windows, or name no source and no source type.
fn is_for_windows(commands: &[(usize, Command)]) -> bool {
    let mut found = Vec::new();
    for (_, command) in commands {
        if let Command::Search(search) = command {
            compared(search, &mut found);
        }
    }
    found.retain(|(field, _)| matches!(*field, "source" | "sourcetype"));
    found.is_empty() || found.iter().any(|(_, name)| name.pieces.iter().any(|piece| piece.contains("wineventlog")))
}

fn in_expr<'a>(expr: &'a Expr, read: &mut Vec<&'a str>) {
    if let Expr::Field(name) = expr {
        read.push(name);
    }
    expr.parts().into_iter().for_each(|part| in_expr(part, read));
}
