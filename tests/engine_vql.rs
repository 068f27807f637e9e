//! VQL's engine against what is known of the language.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sigmaglot::engines::vql::Vql;
use sigmaglot::engines::{Database, Engine, Found, Refusal, Row, Stored};
use sigmaglot::event::Event;

/// The clock of the facts: a day in 2026.
const NOW: f64 = 1_790_000_000.0;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Facts {
    rows: Map<String, Value>,
    facts: Vec<Fact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    query: Option<String>,
    r#where: Option<String>,
    pattern: Option<String>,
    rows: Option<String>,
    layout: Option<String>,
    #[serde(default)]
    events: Vec<Value>,
    #[serde(default)]
    texts: Vec<String>,
    gives: Option<Vec<Map<String, Value>>>,
    found: Option<BTreeSet<usize>>,
    #[serde(default)]
    syntax: bool,
    unknown: Option<String>,
    source: String,
    how: How,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum How {
    Observed,
    Documented,
}

fn facts() -> Facts {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/facts/vql.yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

pub(crate) fn database(rows: &[Value]) -> Database {
    let row = |(event, columns): (usize, &Value)| Row { event, columns: columns.as_object().unwrap().clone() };
    Database::from([("Rows.evtx".to_owned(), rows.iter().enumerate().map(row).collect())])
}

const ROWS: &str = "LET Rows = SELECT * FROM parse_evtx(filename='Rows.evtx') LET rows = SELECT * FROM Rows ";

/// The rows that a fact is about.
fn rows_of(fact: &Fact, sets: &Map<String, Value>) -> Vec<Value> {
    if let Some(name) = &fact.rows {
        return sets[name].as_array().unwrap().clone();
    }
    if fact.pattern.is_some() {
        return fact.texts.iter().map(|text| json!({"F": text})).collect();
    }
    let nested = fact.layout.as_deref() == Some("nested");
    fact.events.iter().map(|event| if nested { json!({"EventData": event}) } else { event.clone() }).collect()
}

fn query_of(fact: &Fact) -> String {
    match (&fact.query, &fact.r#where, &fact.pattern) {
        (Some(query), ..) => query.clone(),
        (_, Some(condition), _) => format!("SELECT * FROM rows() WHERE {condition}"),
        (.., Some(pattern)) => format!("SELECT * FROM rows() WHERE F =~ '''{pattern}'''"),
        _ => panic!("a fact without a query"),
    }
}

/// What is wrong with the engine's answer.
fn wrong(fact: &Fact, sets: &Map<String, Value>) -> Option<String> {
    let database = database(&rows_of(fact, sets));
    let query = format!("{ROWS}{}", query_of(fact));
    if let Some(gives) = &fact.gives {
        return match Vql.rows(&query, &database, NOW) {
            Ok(rows) if &rows == gives => None,
            other => Some(format!("{other:?}, not {gives:?}")),
        };
    }
    let answer = Vql.run(&query, &database, NOW).map_err(Refusal::unplaced);
    let right = match (&answer, &fact.found, &fact.unknown) {
        (Err(Refusal::Syntax(..)), None, None) => fact.syntax,
        (Err(Refusal::Unknown(what)), None, Some(unknown)) => what == unknown,
        (Ok(Found::Events(events)), Some(found), None) => events == found,
        _ => false,
    };
    (!right).then(|| format!("{answer:?}, not {:?}", fact.found))
}

#[test]
fn facts_hold() {
    let facts = facts();
    let mut wrong_ones = Vec::new();
    for fact in &facts.facts {
        if let Some(wrong) = wrong(fact, &facts.rows) {
            wrong_ones.push(format!("{}\n    [{}] {wrong}", query_of(fact), fact.source));
        }
    }
    assert!(wrong_ones.is_empty(), "{} of {}:\n{}", wrong_ones.len(), facts.facts.len(), wrong_ones.join("\n"));
    assert!(facts.facts.len() > 500);
    assert!(facts.facts.iter().any(|fact| fact.how == How::Documented));
}

#[test]
fn a_query_deep_or_long_ends() {
    let rows = database(&[json!({"F": "x"})]);
    let run = |condition: String| Vql.run(&format!("{ROWS}SELECT * FROM rows() WHERE {condition}"), &rows, NOW);
    assert_eq!(run("(".repeat(100_000)), Err(Refusal::Limit));
    assert_eq!(run("NOT ".repeat(100_000)), Err(Refusal::Limit));
    assert_eq!(run(format!("{}F{}", "(".repeat(5_000), ")".repeat(5_000))), Err(Refusal::Limit));
    assert_eq!(run(format!("F{}", ".a".repeat(100_000))), Err(Refusal::Limit));
    assert_eq!(run(format!("F = 'y' {}", "OR F = 'x' ".repeat(20_000))), Ok(Found::Events(BTreeSet::from([0]))));
    assert_eq!(run("F =~ '''(a{1000}){1000}'''".to_owned()), Err(Refusal::Limit));
    let run = |query: String| Vql.run(&query, &rows, NOW);
    assert_eq!(run("LET x = x SELECT x FROM scope()".to_owned()), Err(Refusal::Limit));
    assert_eq!(run("LET q = SELECT * FROM q SELECT * FROM q".to_owned()), Err(Refusal::Limit));
    assert_eq!(run(format!("{} SELECT * FROM scope()", "LET x = 1 ".repeat(100_000))), Err(Refusal::Limit));
    let doubled =
        "LET a(x) = x + x ".to_owned() + "SELECT " + &"a(x=".repeat(60) + "'yy'" + &")".repeat(60) + " FROM scope()";
    assert_eq!(run(doubled), Err(Refusal::Limit));
}

#[test]
fn a_summary_is_no_event() {
    let rows = database(&[json!({"F": "x"}), json!({"F": "y"})]);
    let run = |query: &str| Vql.run(&format!("{ROWS}{query}"), &rows, NOW).unwrap();
    assert_eq!(run("SELECT count() AS c FROM rows() GROUP BY 1"), Found::Any(true));
    assert_eq!(run("SELECT count() AS c FROM rows() WHERE F = 'z' GROUP BY 1"), Found::Any(false));
    assert_eq!(run("SELECT F AS G FROM rows() WHERE G = 'y'"), Found::Events(BTreeSet::from([1])));
    assert_eq!(run("SELECT 1 FROM scope()"), Found::Any(true));
}

#[test]
fn files_are_found_by_name() {
    let mut rows = database(&[json!({"F": "x"})]);
    let other = vec![Row { event: 7, columns: Map::new() }];
    rows.insert("Microsoft-Windows-Sysmon%4Operational.evtx".to_owned(), other);
    let found = |globs: &str| {
        let query = format!(
            "SELECT * FROM foreach(row={{ SELECT OSPath FROM glob(globs={globs}) }}, query={{ SELECT *, OSPath FROM parse_evtx(filename=OSPath) }})"
        );
        Vql.run(&query, &rows, NOW).unwrap()
    };
    let all = Found::Events(BTreeSet::from([0, 7]));
    assert_eq!(found("'C:/Windows/System32/winevt/Logs/*.evtx'"), all);
    assert_eq!(found(r"'''C:\Windows\System32\WinEvt\Logs\*.evtx'''"), all);
    assert_eq!(found("'C:/Windows/**/*.evtx'"), all);
    let sysmon = Found::Events(BTreeSet::from([7]));
    assert_eq!(found("'C:/Windows/System32/winevt/Logs/Microsoft-Windows-Sysmon%4Operational.evtx'"), sysmon);
    assert_eq!(found("['C:/Windows/System32/winevt/Logs/{Microsoft-Windows-Sysmon%4Operational,x}.evtx',]"), sysmon);
    assert_eq!(found("'D:/Logs/*.evtx'"), Found::Events(BTreeSet::new()));
}

/// What the event log files hold of an event.
fn stored(event: Value) -> Stored {
    Vql.store("evtx", &Event::from_json(event.as_object().unwrap().clone()))
}

#[test]
fn rows_are_typed_by_the_manifest() {
    let event = json!({"Event": {
        "System": {
            "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon", "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"}},
            "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "c",
            "Keywords": "0x8000000000000000", "TimeCreated": {"#attributes": {"SystemTime": "2025-12-06T21:11:02.649150Z"}},
            "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}},
        },
        "EventData": {"ProcessId": "12", "LogonId": "0x03e7", "Image": "0x1", "LogonGuid": "{0197231e-99ca-6934-a8eb-010000000000}", "Elevated": true},
    }});
    let row = json!({
        "System": {
            "Provider": {"Name": "Microsoft-Windows-Sysmon", "Guid": "5770385F-C22A-43E0-BF4C-06F5698FFBD9"},
            "EventID": {"Value": 1}, "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "c",
            "Keywords": 0x8000_0000_0000_0000_u64, "TimeCreated": {"SystemTime": 1_765_055_462.649_15},
            "Execution": {"ProcessID": 4, "ThreadID": 8},
        },
        "EventData": {"ProcessId": 12, "LogonId": 999, "Image": "0x1", "LogonGuid": "0197231E-99CA-6934-A8EB-010000000000", "Elevated": "true"},
    });
    let file = "Microsoft-Windows-Sysmon%4Operational.evtx".to_owned();
    let Stored::Rows(rows) = stored(event) else { panic!("outside") };
    assert_eq!(rows, [(file, row.as_object().unwrap().clone())]);
}

#[test]
fn rows_have_the_product_s_names() {
    let defender = "Microsoft-Windows-Windows Defender/Operational";
    for name in ["Threat Name", "ThreatName"] {
        let Stored::Rows(rows) = stored(json!({"EventID": 1116, "Channel": defender, name: "x"})) else {
            panic!("outside")
        };
        assert_eq!(rows[0].1["EventData"], json!({"Threat Name": "x"}));
    }
    let Stored::Rows(rows) = stored(json!({"EventID": 1102, "Channel": "Security", "SubjectUserName": "x"})) else {
        panic!("outside")
    };
    assert_eq!(rows[0].1["UserData"], json!({"LogFileCleared": {"SubjectUserName": "x"}}));
    let outside = |event: Value| matches!(stored(event), Stored::Outside(_));
    assert!(outside(json!({"eventName": "x"})));
    assert!(outside(json!({"EventID": 1, "Channel": "Application", "a": {"b": "x"}})));
    assert!(outside(json!({"EventID": 1, "Channel": "Application", "a": ["x"]})));
    assert!(!outside(json!({"EventID": 1, "Channel": "Application", "Data": ["x"], "tags": ["y"]})));
    assert!(outside(json!({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "ProcessId": "x"})));
    assert!(matches!(Vql.store("nowhere", &Event::default()), Stored::Outside(_)));
}
