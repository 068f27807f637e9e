//! Commands on rows.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::commands::Command;
use super::eval::{Machine, eval, truth};
use super::find::{finds, wild};
use super::record::Record;
use super::value::number;
use super::{json, stats};
use crate::engines::Refusal;

/// Runs a command on all rows.
pub(super) fn run<'r>(
    command: &Command,
    mut rows: Vec<Record<'r>>,
    machine: &mut Machine,
) -> Result<Vec<Record<'r>>, Refusal> {
    match command {
        Command::Search(search) => filter(rows, |row| finds(search, row, &mut machine.budget)),
        Command::Where(expr) => filter(rows, |row| Ok(truth(&eval(expr, row, machine)?, "where")? == Some(true))),
        Command::Eval(fields) => {
            for row in &mut rows {
                for (name, expr) in fields {
                    let values = eval(expr, row, machine)?.into_field();
                    let values =
                        values.ok_or_else(|| Refusal::Error("eval: a field cannot be a Boolean".to_owned()))?;
                    row.set(name, values);
                }
            }
            Ok(rows)
        }
        Command::Regex(field, wanted, pattern) => filter(rows, |row| match row.get(field).as_slice() {
            // `!=` also keeps what has no such field (Search Reference, regex: Using the regex command with !=).
            [] => Ok(!*wanted),
            [value] => Ok(machine.matches(pattern, value)? == *wanted),
            _ => Err(Refusal::Unknown("regex on a field with several values".to_owned())),
        }),
        Command::Rex(field, pattern, most) => {
            for row in &mut rows {
                rex(row, field, pattern, *most, machine)?;
            }
            Ok(rows)
        }
        Command::Fields(keep, names) => {
            let named = |field: &str| names.iter().any(|name| fits(field, name));
            // The internal fields _raw and _time stay unless they are removed by name.
            let stays = |field: &str| matches!(field, "_raw" | "_time") || named(field);
            for row in &mut rows {
                machine.budget.step(50 + names.len() as u64)?;
                if *keep { row.keep(stays) } else { row.keep(|field| !named(field)) }
            }
            Ok(rows)
        }
        Command::Table(names) => {
            for row in &mut rows {
                machine.budget.step(50 + names.len() as u64)?;
                row.keep(|field| names.iter().any(|name| fits(field, name)));
            }
            Ok(rows)
        }
        Command::Rename(pairs) => {
            for row in &mut rows {
                for (from, to) in pairs {
                    machine.budget.step(1)?;
                    let values = row.get(from);
                    // A field that is not there takes the other away (Search Reference, rename).
                    row.set(from, Vec::new());
                    row.set(to, values);
                }
            }
            Ok(rows)
        }
        Command::Dedup(most, fields) => dedup(rows, *most, fields, machine),
        Command::Sort(limit, fields) => {
            machine.budget.step(rows.len() as u64 * 20)?;
            rows.sort_by(|a, b| {
                for (field, falls) in fields {
                    let (left, right) = (a.get(field).join(" "), b.get(field).join(" "));
                    let order = stats::order(&left, &right);
                    let order = if *falls { order.reverse() } else { order };
                    if order.is_ne() {
                        return order;
                    }
                }
                std::cmp::Ordering::Equal
            });
            if *limit > 0 {
                rows.truncate(*limit);
            }
            Ok(rows)
        }
        Command::Head(most) => {
            rows.truncate(*most);
            Ok(rows)
        }
        Command::Spath(input, path) => {
            for row in &mut rows {
                spath(row, input, path.as_ref(), machine)?;
            }
            Ok(rows)
        }
        Command::Stats(stats) => stats.run(&rows, &mut machine.budget),
    }
}

fn filter<'r>(
    rows: Vec<Record<'r>>,
    mut keep: impl FnMut(&Record<'r>) -> Result<bool, Refusal>,
) -> Result<Vec<Record<'r>>, Refusal> {
    let mut kept = Vec::new();
    for row in rows {
        if keep(&row)? {
            kept.push(row);
        }
    }
    Ok(kept)
}

/// Whether a field has that name, which may hold `*`.
fn fits(field: &str, name: &str) -> bool {
    let pieces: Vec<String> = name.split('*').map(str::to_owned).collect();
    wild(field, &pieces)
}

fn rex(row: &mut Record<'_>, field: &str, pattern: &str, most: usize, machine: &mut Machine) -> Result<(), Refusal> {
    let values = row.get(field);
    let text = match values.as_slice() {
        [] => return Ok(()),
        [text] => text,
        _ => return Err(Refusal::Unknown("rex on a field with several values".to_owned())),
    };
    machine.budget.step(1 + text.len() as u64)?;
    let regex = machine.patterns.get(pattern)?;
    let names: Vec<&str> = regex.capture_names().flatten().collect();
    if names.is_empty() {
        return Err(Refusal::Error("rex: the pattern has no named group".to_owned()));
    }
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (n, matched) in regex.captures_iter(text).enumerate() {
        let matched = matched.map_err(|_| Refusal::Limit)?;
        if most > 0 && n >= most {
            break;
        }
        for name in &names {
            machine.budget.step(1)?;
            if let Some(group) = matched.name(name) {
                found.entry(name).or_default().push(group.as_str().to_owned());
            }
        }
    }
    for (name, values) in found {
        row.set(name, values);
    }
    Ok(())
}

/// Rows that lack a field are dropped (Search Reference, dedup: keepempty).
fn dedup<'r>(
    rows: Vec<Record<'r>>,
    most: usize,
    fields: &[String],
    machine: &mut Machine,
) -> Result<Vec<Record<'r>>, Refusal> {
    let mut seen: BTreeMap<Vec<Vec<String>>, usize> = BTreeMap::new();
    filter(rows, |row| {
        machine.budget.step(10)?;
        let key: Vec<_> = fields.iter().map(|field| row.get(field)).collect();
        if key.iter().any(Vec::is_empty) {
            return Ok(false);
        }
        let count = seen.entry(key).or_default();
        *count += 1;
        Ok(*count <= most)
    })
}

fn spath(
    row: &mut Record<'_>,
    input: &str,
    path: Option<&(String, String)>,
    machine: &mut Machine,
) -> Result<(), Refusal> {
    let values = row.get(input);
    let text = match values.as_slice() {
        [] => return Ok(()),
        [text] => text,
        _ => return Err(Refusal::Unknown("spath of a field with several values".to_owned())),
    };
    machine.budget.step(1 + text.len() as u64)?;
    if let Some((path, output)) = path {
        let found = json::path(text, path)?;
        if !found.is_empty() {
            row.set(output, found);
        }
        return Ok(());
    }
    if text.trim_start().starts_with('<') {
        return Err(Refusal::Unknown("spath of XML".to_owned()));
    }
    if let Ok(Json::Object(object)) = serde_json::from_str::<Json>(text) {
        let mut fields = Map::new();
        json::flatten(&object, &mut fields);
        for (name, value) in fields {
            let values = match value {
                Json::Array(list) => list.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect(),
                other => vec![other.as_str().unwrap_or_default().to_owned()],
            };
            row.set(&name, values);
        }
    }
    Ok(())
}

/// Events come latest first.
pub(super) fn latest_first(rows: &mut [Record<'_>]) {
    let time = |row: &Record<'_>| row.get("_time").first().and_then(|text| number(text)).unwrap_or(f64::MIN);
    rows.sort_by(|a, b| time(b).total_cmp(&time(a)));
}
