//! The engine of KQL that this project has, behind the protocol of `../README.md`, so that it can be asked what others are asked.

use std::error::Error;
use std::io::{BufRead, Write};

use serde_json::{Map, Value, json};
use sigmaglot::engines::kql::{Columns, Schemas, Type, run_on};
use sigmaglot::engines::{Database, Found, Refusal, Row};

fn schemas(tables: &Map<String, Value>) -> Option<Schemas> {
    let columns = |columns: &Value| -> Option<Columns> {
        columns.as_object()?.iter().map(|(name, kind)| Some((name.clone(), Type::named(kind.as_str()?)?))).collect()
    };
    tables.iter().map(|(table, of)| Some((table.clone(), columns(of)?))).collect()
}

fn database(rows: &[Value]) -> Option<Database> {
    let mut database = Database::new();
    for row in rows {
        let event = usize::try_from(row["row"].as_u64()?).ok()?;
        let table = database.entry(row["table"].as_str()?.to_owned()).or_default();
        table.push(Row { event, columns: row["values"].as_object()?.clone() });
    }
    Some(database)
}

fn answer(request: &Value, schemas: &Schemas) -> Option<Value> {
    let rows = database(request["rows"].as_array()?)?;
    let id = &request["id"];
    let error = |kind: &str, why: &str| json!({"id": id, "error": why, "kind": kind});
    Some(match run_on(request["query"].as_str()?, schemas, &rows, request["now"].as_f64()?) {
        Ok(Found::Events(found)) => json!({"id": id, "found": found}),
        Ok(Found::Any(some)) => json!({"id": id, "some": some}),
        Err(Refusal::Syntax(_, why)) => error("syntax", &why),
        Err(Refusal::Error(why)) => error("failed", &why),
        Err(Refusal::Unknown(what)) => error("unknown", &what),
        Err(Refusal::Limit) => error("limit", "too much work"),
        Err(Refusal::Broken(_)) => return None,
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut tables = None;
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let reply = match &tables {
            None => {
                tables = request["hello"]["tables"].as_object().and_then(schemas);
                json!({"ready": format!("built-in {}", env!("CARGO_PKG_VERSION"))})
            }
            Some(schemas) => answer(&request, schemas).ok_or("a request that is not of the protocol")?,
        };
        println!("{reply}");
        std::io::stdout().flush()?;
    }
    Ok(())
}
