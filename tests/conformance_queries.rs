//! The conformance cases as queries for real engines: `tests/engines/{kql,spl,vql}/conformance.jsonl` hold what the backends write today for a schema whose columns are the case's fields, with the rows and the verdicts.
//! `SIGMAGLOT_CASES=FOLDER` writes these files there, for the cases of the folder of shared material too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::{Map, Value, json};
use sigmaglot::backends::{kql::Kql, spl::Spl, vql::Vql};
use sigmaglot::compile::Target;
use sigmaglot::ir::{Expr, Matching, Plan, Subject};
use sigmaglot::render::{Backend, Options};
use sigmaglot::schema::Schema;

use crate::conformance::{Case, File};
use crate::rules::plans;
use crate::shared;

/// The names of the fields that a rule tests.
fn fields(expr: &Expr<Subject>, out: &mut BTreeSet<String>) {
    match expr {
        Expr::Const(_) => {}
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| fields(part, out)),
        Expr::Not(inner) => fields(inner, out),
        Expr::Test(test) => {
            let other = match &test.check {
                sigmaglot::ir::Check::SameAs { other, .. } => Some(other),
                _ => None,
            };
            for subject in [Some(&test.on), other].into_iter().flatten() {
                if let Subject::Field(name) = subject {
                    out.insert(name.as_str().to_owned());
                }
            }
        }
    }
}

/// The column of each field, by the values that the case's events have there: text, a number, or dynamic.
fn columns(case: &Case) -> BTreeMap<String, &'static str> {
    let mut kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (key, value) in case.events.iter().flat_map(|verdict| &verdict.event) {
        kinds.entry(key).or_default().insert(match value {
            Value::Null => "null",
            Value::String(_) => "text",
            Value::Number(number) if number.is_f64() => "real",
            Value::Number(_) => "number",
            Value::Bool(_) => "bool",
            Value::Array(_) | Value::Object(_) => "structure",
        });
    }
    let column = |kinds: BTreeSet<&str>| match *kinds.into_iter().collect::<Vec<_>>() {
        ["text"] | ["null"] | ["null", "text"] => "string",
        ["number"] | ["null", "number"] => "long",
        ["real"] | ["number", "real"] => "real",
        ["bool"] => "bool",
        _ => "dynamic",
    };
    kinds.into_iter().map(|(key, kinds)| (key.to_owned(), column(kinds))).collect()
}

/// A schema for one case: a column a field in KQL, where a dotted name is a member of a dynamic column; a field of its own name
/// in SPL, as events in JSON have it; members of `EventData` in VQL.
fn schema(columns: &BTreeMap<String, &'static str>, names: &BTreeSet<String>, language: &str) -> Schema {
    let mut entries = Map::new();
    let mut members = Map::from_iter([("System.EventID.Value".to_owned(), json!("int"))]);
    for name in names {
        let is_member = name.split_once('.').is_some_and(|(first, _)| columns.get(first) == Some(&"dynamic"));
        let mut path: Vec<&str> = if is_member { name.split('.').collect() } else { vec![name] };
        if language == "spl" {
            members.insert(name.clone(), json!({"type": "untyped", "multi": true}));
            entries.insert(name.clone(), json!({"path": [name]}));
            continue;
        }
        let kind = if is_member { "dynamic" } else { columns.get(name).copied().unwrap_or("string") };
        if language == "vql" {
            path.insert(0, "EventData");
            let multi = columns.get(name.split('.').next().unwrap_or(name)) == Some(&"dynamic");
            members.insert(path.join("."), json!({"type": "untyped", "multi": multi}));
            entries.insert(name.clone(), json!({"path": path}));
            continue;
        }
        entries.insert(name.clone(), json!({"path": path, "type": kind}));
    }
    let texts: Vec<&String> = columns.iter().filter(|(_, kind)| **kind == "string").map(|(name, _)| name).collect();
    let text = match language {
        "kql" => json!({
            "name": "case", "title": "a case", "time": "Timestamp",
            "tables": {"T": {"columns": columns}},
            "logsources": [{"for": {"category": "test"}, "branches": [
                {"table": "T", "fields": entries, "keywords": texts}]}],
        }),
        "spl" => json!({
            "name": "case", "title": "a case", "time": "_time", "default_type": "untyped",
            "tables": {"T": {"attributes": {"source": "case"}, "columns": members}},
            "logsources": [{"for": {"category": "test"}, "branches": [
                {"table": "T", "fields": entries, "keywords": [{"native": "_raw", "type": "string"}]}]}],
        }),
        _ => json!({
            "name": "case", "title": "a case", "time": "System.TimeCreated.SystemTime", "separator": ".",
            "default_type": "untyped",
            "tables": {"T": {"attributes": {"file": "T.evtx"}, "columns": members}},
            "logsources": [{"for": {"category": "test"}, "branches": [
                {"table": "T", "kind": {"System.EventID.Value": 1}, "fields": entries,
                 "keywords": [{"native": "Leaves(x=EventData)._value", "type": "dynamic"}]}]}],
        }),
    };
    Schema::parse(language, &text.to_string()).unwrap()
}

/// A line for each case of a file: the query, or the code that refuses it.
fn lines(path: &Path, backend: &'static dyn Backend) -> Vec<String> {
    let file: File = serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut out = Vec::new();
    for case in file.cases.iter().filter(|case| !case.error) {
        let (mut plans, _) = plans(&case.rule(), &case.options());
        let plan: Plan<Matching> = plans.remove(0).1;
        let mut names = BTreeSet::new();
        if let Plan::Select(matching) = &plan {
            fields(&matching.expr, &mut names);
        }
        let mut columns = columns(case);
        for name in &names {
            let is_member = name.split_once('.').is_some_and(|(first, _)| columns.get(first) == Some(&"dynamic"));
            if !is_member {
                columns.entry(name.clone()).or_insert("string");
            }
        }
        let target = Target { backend, schema: schema(&columns, &names, backend.language()) };
        let outcome = target.compile(&plan, &Options::default());
        let rows: Vec<Value> = case.events.iter().map(|verdict| row(&verdict.event, backend.language())).collect();
        let expected: Vec<usize> = (0..rows.len()).filter(|n| case.events[*n].matches).collect();
        let line = match outcome.query {
            Some(query) => {
                json!({"case": case.id, "query": query.text, "columns": columns, "rows": rows, "expected": expected,
                       "claim": format!("{:?}", query.claim).to_lowercase()})
            }
            None => {
                json!({"case": case.id, "refused": outcome.diagnostics.first().map(|found| found.code.to_string())})
            }
        };
        out.push(line.to_string());
    }
    out
}

fn row(event: &Map<String, Value>, language: &str) -> Value {
    match language {
        "kql" => Value::Object(event.clone()),
        "spl" => {
            let mut fields = Map::new();
            for (name, value) in event {
                flatten(name.clone(), value, &mut fields);
            }
            fields.insert("_raw".to_owned(), json!([Value::Object(event.clone()).to_string()]));
            fields.insert("source".to_owned(), json!(["case"]));
            fields.insert("_time".to_owned(), json!(["1700000000"]));
            Value::Object(fields)
        }
        _ => {
            json!({"System": {"EventID": {"Value": 1}, "Computer": "host", "TimeCreated": {"SystemTime": 1_700_000_000.5}},
                    "EventData": event})
        }
    }
}

/// The texts of a value under its name, members of objects under names with dots; null and what is empty have none.
fn flatten(name: String, value: &Value, fields: &mut Map<String, Value>) {
    let text = match value {
        Value::Null => return,
        Value::Object(members) => {
            return members.iter().for_each(|(member, value)| flatten(format!("{name}.{member}"), value, fields));
        }
        Value::Array(values) => return values.iter().for_each(|value| flatten(name.clone(), value, fields)),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some(texts) = fields.entry(name).or_insert_with(|| json!([])).as_array_mut() {
        texts.push(json!(text));
    }
}

fn own(backend: &'static dyn Backend) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    ["conditions.yml", "modifiers.yml", "values.yml"]
        .iter()
        .flat_map(|file| lines(&folder.join(file), backend))
        .collect()
}

#[test]
fn the_cases_of_the_engines_are_what_is_written_today() {
    let targets: [(&'static dyn Backend, &str); 3] = [(&Kql, "kql"), (&Spl, "spl"), (&Vql, "vql")];
    for (backend, name) in targets {
        let mut today = own(backend);
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/engines/{name}/conformance.jsonl"));
        if let Some(folder) = std::env::var_os("SIGMAGLOT_CASES") {
            if let Some(shared) = shared::folder() {
                today.extend(lines(&shared.join("conformance.yml"), backend));
            }
            std::fs::write(Path::new(&folder).join(format!("{name}.jsonl")), today.join("\n") + "\n").unwrap();
            continue;
        }
        let held = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(held.lines().map(str::to_owned).collect::<Vec<_>>(), today, "{}", path.display());
    }
}
