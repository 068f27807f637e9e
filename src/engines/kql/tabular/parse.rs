//! `parse` in its simple mode.

use std::fmt::Write as _;

use super::{Given, bind};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Piece};
use crate::engines::kql::run::{Run, Table};
use crate::engines::kql::value::{Type, Value};

/// New columns from the parts of a text; where the whole pattern does not fit, they are null or empty.
pub(super) fn parse(mut rows: Table, from: &Expr, pattern: &[Piece], run: &mut Run<'_>) -> Given<Table> {
    let from = bind(from, &rows.columns, run)?;
    if !from.kind.is_textual() {
        return Err(Refusal::Error(format!("parse takes a string, not {}", from.kind.name())));
    }
    let mut regex = "(?s)^".to_owned();
    let mut columns = Vec::new();
    for (at, piece) in pattern.iter().enumerate() {
        let last = at + 1 == pattern.len();
        match piece {
            Piece::Any => regex.push_str(if last { ".*" } else { ".*?" }),
            Piece::Text(text) => regex.push_str(&regex::escape(text)),
            Piece::Column(name, kind) => {
                let form = match kind {
                    Type::String if last => "(.*)",
                    Type::String => "(.*?)",
                    Type::Int | Type::Long => "(-?[0-9]+)",
                    other => return Err(Refusal::Unknown(format!("parse into a column of type {}", other.name()))),
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
        record.values.resize(rows.columns.len(), Value::Null);
        for (number, ((_, kind), place)) in columns.iter().zip(&places).enumerate() {
            let part = captures.as_ref().and_then(|captures| captures.get(number + 1)).map(|part| part.as_str());
            let value = match (part, kind) {
                (None, kind) => kind.missing(),
                (Some(part), Type::String) => Value::text(part),
                (Some(part), _) => part.parse().map_or(Value::Null, Value::Long),
            };
            if let Some(cell) = record.values.get_mut(*place) {
                *cell = value;
            }
        }
    }
    Ok(rows)
}
