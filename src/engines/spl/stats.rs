//! `stats` (Search Reference, stats; Statistical and charting functions): rows that are events no longer.

use std::collections::BTreeMap;

use super::commands::Arg;
use super::lex;
use super::record::Record;
use super::value::number;
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// Functions with their fields and names, and the fields of the groups.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Stats {
    functions: Vec<(String, Option<String>, String)>,
    by: Vec<String>,
}

impl Stats {
    /// The fields that a row must have to be counted.
    pub(super) fn by(&self) -> &[String] {
        &self.by
    }
}

const FUNCTIONS: &[&str] = &["count", "dc", "distinct_count", "values", "list", "min", "max", "first", "last"];

/// Reads `count, values(x) AS y BY a, b`.
pub(super) fn parse(arguments: &[Arg<'_>], at: usize) -> Result<Stats, Refusal> {
    let is = |argument: &Arg<'_>, word: &str| matches!(argument, Arg::Word(w) if w.eq_ignore_ascii_case(word));
    let by_at = arguments.iter().position(|argument| is(argument, "by")).unwrap_or(arguments.len());
    let (mut rest, by) = arguments.split_at(by_at);
    let by = super::commands::names(by.get(1..).unwrap_or_default(), "stats")?;
    let mut functions = Vec::new();
    while let Some((first, after)) = rest.split_first() {
        let function = match first {
            Arg::Sign(",") => {
                rest = after;
                continue;
            }
            Arg::Word(name) if FUNCTIONS.contains(name) => *name,
            Arg::Word(name) => return Err(Refusal::Unknown(format!("stats {name}"))),
            _ => return Err(Refusal::Syntax(at, "stats: a function is missing".to_owned())),
        };
        let (field, after) = match after {
            [Arg::Sign("("), Arg::Word(field), Arg::Sign(")"), after @ ..] => (Some((*field).to_owned()), after),
            [Arg::Sign("("), Arg::Quoted(field), Arg::Sign(")"), after @ ..] => (Some(lex::plain(field)), after),
            [Arg::Sign("("), ..] => return Err(Refusal::Unknown("stats of an expression".to_owned())),
            after => (None, after),
        };
        if field.as_ref().is_some_and(|field| field.contains('*')) || (field.is_none() && function != "count") {
            return Err(Refusal::Unknown(format!("stats {function} of all fields")));
        }
        let name = match &field {
            Some(field) => format!("{function}({field})"),
            None => function.to_owned(),
        };
        let (name, after) = match after {
            [word, Arg::Word(name), after @ ..] if is(word, "as") => ((*name).to_owned(), after),
            [word, Arg::Quoted(name), after @ ..] if is(word, "as") => (lex::plain(name), after),
            after => (name, after),
        };
        functions.push((function.to_owned(), field, name));
        rest = after;
    }
    if functions.is_empty() {
        return Err(Refusal::Syntax(at, "stats: a function is missing".to_owned()));
    }
    Ok(Stats { functions, by })
}

impl Stats {
    /// The summary's rows. A row without a field of the groups is in none; several values are several groups.
    pub(super) fn run<'r>(&self, rows: &[Record<'r>], budget: &mut Budget) -> Result<Vec<Record<'r>>, Refusal> {
        let mut groups: BTreeMap<Vec<String>, Vec<&Record<'r>>> = BTreeMap::new();
        if self.by.is_empty() {
            groups.insert(Vec::new(), Vec::new());
        }
        for row in rows {
            let mut keys = vec![Vec::new()];
            for field in &self.by {
                let values = row.get(field);
                budget.step((keys.len() * values.len()) as u64 + 1)?;
                let longer = |key: &Vec<String>, value: &String| {
                    let mut key = key.clone();
                    key.push(value.clone());
                    key
                };
                keys = keys.iter().flat_map(|key| values.iter().map(move |value| longer(key, value))).collect();
            }
            keys.into_iter().for_each(|key| groups.entry(key).or_default().push(row));
        }
        let mut summary = Vec::new();
        for (key, rows) in groups {
            let mut row = Record::made();
            for (name, value) in self.by.iter().zip(key) {
                row.set(name, vec![value]);
            }
            for (function, field, name) in &self.functions {
                let values: Vec<String> = match field {
                    Some(field) => rows.iter().flat_map(|row| row.get(field)).collect(),
                    None => Vec::new(),
                };
                budget.step(1 + values.len() as u64)?;
                let result = match field {
                    None => vec![rows.len().to_string()],
                    Some(_) => compute(function, values),
                };
                row.set(name, result);
            }
            summary.push(row);
        }
        Ok(summary)
    }
}

fn compute(function: &str, mut values: Vec<String>) -> Vec<String> {
    match function {
        "count" => vec![values.len().to_string()],
        "dc" | "distinct_count" => {
            values.sort();
            values.dedup();
            vec![values.len().to_string()]
        }
        "values" => {
            values.sort();
            values.dedup();
            values
        }
        // list() keeps 100.
        "list" => {
            values.truncate(100);
            values
        }
        "first" => values.into_iter().take(1).collect(),
        "last" => values.into_iter().next_back().into_iter().collect(),
        extreme => {
            // Numbers where all are, else texts.
            let numeric = values.iter().all(|value| number(value).is_some());
            values.sort_by(|a, b| if numeric { order(a, b) } else { a.cmp(b) });
            let one = if extreme == "min" { values.first() } else { values.last() };
            one.cloned().into_iter().collect()
        }
    }
}

/// The order of two values: numbers where both are, else texts.
pub(super) fn order(a: &str, b: &str) -> std::cmp::Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => a.cmp(b),
    }
}
