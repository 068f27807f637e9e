//! `sigmaglot engine`: the built-in interpreter of a language behind the protocol of `tests/engines/README.md`, for other
//! programs that want to know what a query finds.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::args::EngineArgs;
use super::terminal::Terminal;
use super::{Status, Stop};
use crate::engines::kql::{Columns, Schemas, Type, run_on};
use crate::engines::{Database, Engine, Found, Refusal, Row, engine};

#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    Hello {
        hello: Hello,
    },
    Query {
        id: u64,
        query: String,
        #[serde(default)]
        now: f64,
        rows: Vec<StoredRow>,
    },
}

#[derive(Deserialize)]
struct Hello {
    language: String,
    #[serde(default)]
    tables: Map<String, Value>,
}

#[derive(Deserialize)]
struct StoredRow {
    row: usize,
    table: String,
    values: Map<String, Value>,
}

/// Answers each line of standard input.
pub(crate) fn run(args: &EngineArgs, terminal: &mut Terminal) -> Result<Status, Stop> {
    let Some(engine) = engine(&args.language) else {
        return Err(Stop::Usage(format!("there is no language `{}`: kql, spl or vql", args.language)));
    };
    let mut tables = None;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Stop::Usage(format!("standard input: {error}")))?;
        let answer = match serde_json::from_str(&line) {
            Ok(Request::Hello { hello }) if hello.language == engine.language() => match schemas(&hello) {
                Ok(given) => {
                    tables = given;
                    json!({ "ready": format!("sigmaglot {}", env!("CARGO_PKG_VERSION")) })
                }
                Err(error) => json!({ "error": error }),
            },
            Ok(Request::Hello { hello }) => {
                json!({ "error": format!("this engine runs {}, not {}", engine.language(), hello.language) })
            }
            Ok(Request::Query { id, query, now, rows }) => {
                let mut found = Map::from_iter([("id".to_owned(), Value::from(id))]);
                found.extend(answer(engine, tables.as_ref(), &query, rows, now));
                Value::Object(found)
            }
            Err(error) => json!({ "error": format!("not a line of the protocol: {error}") }),
        };
        terminal.json(&answer)?;
        terminal.flush()?;
    }
    Ok(Status::Well)
}

/// The tables that a hello describes; none where it describes none, as those of SPL and VQL.
fn schemas(hello: &Hello) -> Result<Option<Schemas>, String> {
    if hello.language != "kql" || hello.tables.is_empty() {
        return Ok(None);
    }
    let columns = |table: &Value| -> Option<Columns> {
        let columns = table.as_object()?.iter();
        columns.map(|(column, kind)| Some((column.clone(), Type::named(kind.as_str()?)?))).collect()
    };
    let tables = hello.tables.iter().map(|(name, table)| match columns(table) {
        Some(columns) => Ok((name.clone(), columns)),
        None => Err(format!("the table {name} is not described as column: type")),
    });
    tables.collect::<Result<_, _>>().map(Some)
}

fn answer(
    engine: &dyn Engine,
    tables: Option<&Schemas>,
    query: &str,
    rows: Vec<StoredRow>,
    now: f64,
) -> Map<String, Value> {
    let mut database = Database::new();
    for StoredRow { row, table, values } in rows {
        database.entry(table).or_default().push(Row { event: row, columns: values });
    }
    let found = match tables {
        Some(tables) => run_on(query, tables, &database, now),
        None => engine.run(query, &database, now),
    };
    let refusal = match found {
        Ok(Found::Events(events)) => return Map::from_iter([("found".to_owned(), json!(events))]),
        Ok(Found::Any(some)) => return Map::from_iter([("some".to_owned(), json!(some))]),
        Err(refusal) => refusal,
    };
    let (at, refusal) = refusal.placed();
    let (kind, error) = match refusal {
        Refusal::Syntax(_, message) => ("syntax", message.as_str()),
        Refusal::Unknown(what) => ("unknown", what.as_str()),
        Refusal::Error(message) => ("failed", message.as_str()),
        Refusal::Broken(why) => ("broken", why.as_str()),
        Refusal::Limit | Refusal::At(..) => ("limit", "more work than the engine allows"),
    };
    let mut answer = Map::from_iter([("error".to_owned(), Value::from(error)), ("kind".to_owned(), Value::from(kind))]);
    answer.extend(at.map(|at| ("at".to_owned(), Value::from(at))));
    answer
}
