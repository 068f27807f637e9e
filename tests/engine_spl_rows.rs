//! What Splunk's tables say is held of an event is what the product made of real ones, and reading a row back changes
//! nothing more.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::engines::spl::Spl;
use sigmaglot::engines::{Engine, Storage, Stored};
use sigmaglot::event::Event;

use crate::rule_files::{Events, packs, rule_files};
use crate::shared;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    about: String,
    source: String,
    taken_by: String,
    event: Map<String, Value>,
    /// All fields that the product lists of the event's members.
    fields: Option<BTreeSet<String>>,
    #[serde(default)]
    values: Map<String, Value>,
    #[serde(default)]
    absent: Vec<String>,
}

/// Columns of every row.
const COMMON: &[&str] = &["source", "sourcetype", "index", "host", "_time", "_raw"];

fn facts() -> Vec<Fact> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/rows/splunk.yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn row(event: &Event) -> Option<Map<String, Value>> {
    match Spl.store("windows", event) {
        Stored::Rows(mut rows) => Some(rows.remove(0).1),
        Stored::Outside(_) => None,
    }
}

#[test]
fn rows_have_the_fields_that_the_product_made() {
    let mut wrong = Vec::new();
    for Fact { about, source, taken_by, event, fields, values, absent } in facts() {
        assert!(!source.is_empty(), "{about} has no source");
        let event = Event::from_json(event);
        let by = Spl.known("windows", &event).map(|known| known.name.as_str());
        if by != Some(&taken_by) {
            wrong.push(format!("{about}: taken by {by:?}"));
        }
        let Some(row) = row(&event) else {
            wrong.push(format!("{about}: {:?}", Spl.store("windows", &event)));
            continue;
        };
        if let Some(fields) = fields {
            let columns: BTreeSet<String> =
                row.keys().filter(|name| !COMMON.contains(&name.as_str())).cloned().collect();
            let (missing, more): (Vec<_>, Vec<_>) =
                (fields.difference(&columns).collect(), columns.difference(&fields).collect());
            if !missing.is_empty() || !more.is_empty() {
                wrong.push(format!("{about}: lacks {missing:?}, and has {more:?} besides"));
            }
        }
        let differ = values.iter().filter(|(name, value)| row.get(*name) != Some(value));
        wrong.extend(differ.map(|(name, value)| format!("{about}: {name} is {:?}, not {value}", row.get(name))));
        let there = absent.iter().filter(|name| row.contains_key(*name));
        wrong.extend(there.map(|name| format!("{about}: {name} is a column")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn sources_are_as_well_known_as_they_say() {
    let observed: BTreeSet<String> = facts().into_iter().map(|fact| fact.taken_by).collect();
    let known = Spl.all_known("windows");
    for source in &known {
        assert!(!source.pages.is_empty(), "{} has no page", source.name);
        let has_row = observed.contains(&source.name);
        assert_eq!(source.evidence == Storage::Observed, has_row, "{} and its rows", source.name);
    }
    assert!(known.len() > 12, "{} sources", known.len());
}

/// Events of all kinds: those of the facts and beside our rules, and real ones where the shared collection is there.
fn events() -> Vec<Event> {
    let mut events: Vec<Event> = facts().into_iter().map(|fact| Event::from_json(fact.event)).collect();
    for path in packs().iter().flat_map(|pack| rule_files(pack)) {
        events.extend(Events::beside(&path).unwrap().events.into_iter().map(|event| Event::from_json(event.event)));
    }
    if let Some(root) = shared::folder() {
        let text = fs::read_to_string(root.join("events/sample.jsonl")).unwrap();
        events.extend(text.lines().map(|line| Event::from_json(serde_json::from_str(line).unwrap())));
    }
    events
}

/// A row without its text: JSON that says `5` and JSON that says `"5"` are one field and two texts.
fn columns(event: &Event) -> Option<Map<String, Value>> {
    let mut row = row(event)?;
    row.retain(|name, _| {
        !matches!(name.as_str(), "_raw" | "EventData_Xml" | "UserData_Xml" | "System_Props_Xml" | "_time")
    });
    Some(row)
}

#[test]
fn what_is_read_back_is_stored_and_read_alike() {
    let mut tried = 0;
    for event in events() {
        let Some(before) = columns(&event) else { continue };
        let held = Spl.held("windows", &event).unwrap();
        let shown = Value::Object(event.fields.clone());
        assert_eq!(columns(&held).as_ref(), Some(&before), "the row of what is held of {shown}");
        assert_eq!(Spl.held("windows", &held).unwrap().fields, held.fields, "what is held of what is held of {shown}");
        tried += 1;
    }
    assert!(tried > 100, "{tried} events");
}

#[test]
fn what_no_source_writes_is_outside_and_says_why() {
    let why = |text: &str| match Spl.store("windows", &Event::from_json(serde_json::from_str(text).unwrap())) {
        Stored::Outside(why) => why,
        Stored::Rows(rows) => panic!("{rows:?}"),
    };
    let sysmon = r#""Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 1"#;
    assert!(why(&format!(r#"{{{sysmon}, "Image": ["a", "b"]}}"#)).contains("Image is one Data element"));
    assert!(why(&format!(r#"{{{sysmon}, "Image": {{"a": "b"}}}}"#)).contains("Image holds an object"));
    assert!(why(r#"{"eventName": ["a", "b"]}"#).contains("eventName holds one value"));
    assert!(why(r#"{"eventName": "a", "requestParameters": "b"}"#).contains("requestParameters holds an object"));
    assert!(why(r#"{"Operation": "a", "Workload": "b", "Parameters": ["c"]}"#).contains("Parameters holds objects"));
    assert!(why(r#"{"cs-method": "GET", "cs-uri-stem": "/", "cs-uri-query": "a b"}"#).contains("has a blank"));
    assert!(why(r#"{"type": "EXECVE", "msg": "audit(1:1)", "a0": "a\nb"}"#).contains("one line"));
    let twice = r#"{"category": "AuditLogs", "tenantId": "t", "operationName": "a", "OperationName": "b"}"#;
    assert!(why(twice).contains("OperationName says otherwise"));
}

#[test]
fn what_no_source_writes_is_outside() {
    let events = [
        (r#"{"Channel": "System", "EventID": "v"}"#, "EventID is a number"),
        (r#"{"Channel": 4, "EventID": 1}"#, "Channel is a text"),
        (r#"{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 12}"#, "without EventType"),
        (
            r#"{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 12, "EventType": "v"}"#,
            "EventType is one of CreateKey",
        ),
        (r#"{"Channel": "Windows PowerShell", "EventID": 600, "T": "c"}"#, "the data of its events has no names"),
        (
            r#"{"Channel": "Application", "EventID": 1, "T": "c", "Data": "d"}"#,
            "data without a name stands in no event",
        ),
        (r#"{"category": "v", "operationName": "r", "tenantId": "2"}"#, "category is one of AuditLogs"),
        (
            r#"{"category": "SignInLogs", "operationName": "r", "tenantId": "2", "TargetResources": {"id": 1}}"#,
            "properties.targetResources holds a list",
        ),
        (r#"{"cs-method": "GET", "cs-uri-stem": "/", "sc-status": "B c"}"#, "sc-status is a number"),
        (r#"{"cs-method": "B c", "cs-uri-stem": "/"}"#, "cs-method has a blank"),
        (r#"{"cs-method": "GET", "c-uri": "/a", "cs-uri": "/b"}"#, "cs-uri says otherwise"),
    ];
    for (event, why) in events {
        let event = Event::from_json(serde_json::from_str(event).unwrap());
        match Spl.store("windows", &event) {
            Stored::Outside(reason) => assert!(reason.contains(why), "{reason}, not {why}"),
            Stored::Rows(rows) => panic!("{why}: {rows:?}"),
        }
    }
}
