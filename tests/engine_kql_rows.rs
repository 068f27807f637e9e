//! What Defender's tables say is held of an event is what rows show, and reading a row back changes nothing more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::engines::kql::Kql;
use sigmaglot::engines::{Engine, Storage, Stored};
use sigmaglot::event::Event;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    about: String,
    source: String,
    storage: Storage,
    event: Map<String, Value>,
    /// Table → columns of its row.
    rows: BTreeMap<String, Map<String, Value>>,
    #[serde(default)]
    absent: Vec<String>,
}

fn facts() -> Vec<Fact> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/rows/defender.yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn rows(event: &Event) -> Result<BTreeMap<String, Map<String, Value>>, String> {
    match Kql.store("defender", event) {
        Stored::Rows(rows) => Ok(rows.into_iter().collect()),
        Stored::Outside(why) => Err(why),
    }
}

fn outside(event: &str) -> String {
    rows(&Event::from_json(serde_json::from_str(event).unwrap())).unwrap_err()
}

#[test]
fn rows_hold_what_the_product_shows() {
    let mut wrong = Vec::new();
    for Fact { about, source, event, rows: wanted, absent, .. } in facts() {
        assert!(!source.is_empty() && !wanted.is_empty(), "{about}");
        let made = match rows(&Event::from_json(event)) {
            Ok(rows) => rows,
            Err(why) => {
                wrong.push(format!("{about}: {why}"));
                continue;
            }
        };
        if !made.keys().eq(wanted.keys()) {
            wrong.push(format!("{about}: rows in {:?}", made.keys()));
            continue;
        }
        for (table, columns) in &wanted {
            let row = &made[table];
            let differ = columns.iter().filter(|(name, value)| row.get(*name) != Some(value));
            wrong.extend(differ.map(|(name, value)| format!("{about}: {name} is {:?}, not {value}", row.get(name))));
            let there = absent.iter().filter(|name| row.contains_key(*name));
            wrong.extend(there.map(|name| format!("{about}: {name} is {:?}", row[name])));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tables_are_as_well_known_as_they_say() {
    let (mut fed, mut observed) = (BTreeSet::new(), BTreeSet::new());
    for fact in facts() {
        fed.extend(fact.rows.keys().cloned());
        if fact.storage == Storage::Observed {
            observed.extend(fact.rows.into_keys());
        }
    }
    for table in Kql.columns("defender").keys() {
        let says = Kql.storage("defender", &Event::default(), table);
        assert_eq!(says == Storage::Observed, observed.contains(table), "{table} and its rows");
    }
    assert!(fed.len() > 10, "{fed:?}");
}

#[test]
fn what_columns_hold_names_its_evidence() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engines/kql/tables/defender");
    let mut columns = 0;
    for file in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let text = fs::read_to_string(&file).unwrap();
        let lines = text.lines().skip_while(|line| *line != "  columns:").skip(1);
        for line in lines.take_while(|line| line.starts_with("    ")) {
            if line.starts_with("     ") || line.trim_start().starts_with('#') {
                continue;
            }
            assert!(line.contains(" # "), "{}: {line}", file.display());
            columns += 1;
        }
    }
    assert!(columns > 150, "{columns} columns");
}

#[test]
fn what_is_read_back_is_stored_and_read_alike() {
    for fact in facts() {
        let event = Event::from_json(fact.event);
        let held = Kql.held("defender", &event).unwrap();
        assert_eq!(rows(&held), rows(&event), "{}", fact.about);
        assert_eq!(Kql.held("defender", &held).unwrap().fields, held.fields, "{}", fact.about);
    }
}

#[test]
fn what_no_sensor_records_is_outside_and_says_why() {
    let sysmon = r#""Channel": "Microsoft-Windows-Sysmon/Operational""#;
    let unfed = "no table is fed with events of this kind";
    for event in [
        // A process that ended, a stream, a WMI filter that is not bound.
        r#""EventID": 5, "Image": "C:\\a.exe""#,
        r#""EventID": 15, "TargetFilename": "C:\\a.exe:Zone.Identifier""#,
        r#""EventID": 19, "Name": "a""#,
        // 12 has no data, and 13 only sets.
        r#""EventID": 12, "EventType": "CreateKey", "TargetObject": "HKLM\\A", "Details": "b""#,
        r#""EventID": 13, "EventType": "DeleteValue", "TargetObject": "HKLM\\A\\B", "Details": "b""#,
    ] {
        assert_eq!(outside(&format!("{{{sysmon}, {event}}}")), unfed, "{event}");
    }
    assert_eq!(outside(r#"{"Image": "C:\\a.exe"}"#), "the event does not say which log it is of");
    let number = outside(&format!(r#"{{{sysmon}, "EventID": 1, "ProcessId": ""}}"#));
    assert_eq!(number, "DeviceProcessEvents.ProcessId: an empty text is no number");
    let list = r#"{"CreationTime": "2026-04-01", "Operation": "a", "Workload": "b", "ResultStatus": ["c", "d"]}"#;
    assert_eq!(outside(list), "CloudAppEvents.RawEventData: ResultStatus holds one value");
    let threats = r#"{"Channel": "Microsoft-Windows-Windows Defender/Operational", "EventID": 1116, "Path": "file:_C:\\a; file:_C:\\b"}"#;
    assert!(outside(threats).ends_with("is not one file"));
}
