//! `parse` in its simple mode (K: "parse operator"; measured on Kusto's emulator by the author of duckdb-kql: the pattern may begin
//! anywhere and ends where the text ends, nothing between its parts spans lines, one number that does not convert fails all).

use std::fmt::Write as _;

use super::{Given, bind};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Piece};
use crate::engines::kql::run::{Run, Table};
use crate::engines::kql::value::{Type, Value};

/// New columns from the parts of a text; where the whole pattern does not fit, they are null or empty.
pub(super) fn parse(mut rows: Table, from: &Expr, pattern: &[Piece], run: &mut Run<'_>) -> Given<Table> {
    let from = bind(from, &rows.columns, run)?;
    let mut regex = String::new();
    let mut columns = Vec::new();
    for (at, piece) in pattern.iter().enumerate() {
        match piece {
            Piece::Any => regex.push_str(".*?"),
            Piece::Text(text) => regex.push_str(&regex::escape(text)),
            Piece::Column(name, kind) => {
                let form = match (kind, pattern.get(at + 1)) {
                    (Type::String, Some(Piece::Any)) => {
                        return Err(Refusal::Error("SEM0476: '*' after a string column is ambiguous".to_owned()));
                    }
                    // Only before a `*` does the type tell where the part ends.
                    (Type::Int | Type::Long, Some(Piece::Any)) => r"([\t\n\f\r ]*[-+]?[0-9]+)",
                    (Type::String | Type::Int | Type::Long, _) => "(.*?)",
                    (other, _) => {
                        return Err(Refusal::Unknown(format!("parse into a column of type {}", other.name())));
                    }
                };
                let _ = write!(regex, "{form}");
                columns.push((name.clone(), *kind));
            }
        }
    }
    regex.push('$');
    let regex = regex::Regex::new(&regex).map_err(|_| Refusal::Limit)?;
    run.rows(rows.records.len(), columns.len())?;
    let mut places = Vec::new();
    for (name, kind) in &columns {
        let place = rows.columns.iter().position(|(column, _)| column == name);
        match place.and_then(|place| rows.columns.get_mut(place)) {
            Some(column) => column.1 = *kind,
            None => rows.columns.push((name.clone(), *kind)),
        }
        places.push(place.unwrap_or(rows.columns.len() - 1));
    }
    for record in &mut rows.records {
        let text = from.value(&record.values, run)?.to_text();
        run.budget.step(text.len() as u64)?;
        let captures = regex.captures(&text);
        let parts = captures.and_then(|captures| {
            let part = |(number, (_, kind)): (usize, &(String, Type))| {
                let part = captures.get(number + 1)?.as_str();
                if *kind == Type::String { Some(Value::text(part)) } else { part.trim().parse().ok().map(Value::Long) }
            };
            columns.iter().enumerate().map(part).collect::<Option<Vec<Value>>>()
        });
        let parts = parts.unwrap_or_else(|| columns.iter().map(|(_, kind)| kind.missing()).collect());
        record.values.resize(rows.columns.len(), Value::Null);
        for (part, place) in parts.into_iter().zip(&places) {
            if let Some(cell) = record.values.get_mut(*place) {
                *cell = part;
            }
        }
    }
    Ok(rows)
}
