//! What VQL's tables say that a log file holds of an event is what Velociraptor read of real records.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::engines::vql::Vql;
use sigmaglot::engines::{Engine, Storage, Stored};
use sigmaglot::event::Event;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    about: String,
    source: String,
    file: String,
    event: Map<String, Value>,
    row: Map<String, Value>,
}

fn facts() -> Vec<Fact> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/rows/evtx.yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// Takes the time out of a row: a float that holds less than the log's clock.
fn without_time(row: &mut Map<String, Value>) -> f64 {
    let time = row["System"].as_object_mut().unwrap().shift_remove("TimeCreated").unwrap();
    time["SystemTime"].as_f64().unwrap()
}

#[test]
fn rows_are_those_that_the_product_made() {
    let mut wrong = Vec::new();
    for Fact { about, source, file, event, mut row } in facts() {
        assert!(!source.is_empty(), "{about} has no source");
        let Stored::Rows(mut rows) = Vql.store("evtx", &Event::from_json(event)) else {
            wrong.push(format!("{about}: outside"));
            continue;
        };
        let (named, mut stored) = rows.remove(0);
        let apart = (without_time(&mut stored) - without_time(&mut row)).abs();
        if named != file || !rows.is_empty() || apart > 1e-5 {
            wrong.push(format!("{about}: in {named}, {} rows more, {apart} s apart", rows.len()));
        }
        for part in stored.keys().chain(row.keys()).collect::<BTreeSet<_>>() {
            let (ours, theirs) = (stored.get(part), row.get(part));
            if ours != theirs {
                wrong.push(format!("{about}: {part} is {ours:?}, not {theirs:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(facts().len() > 5);
}

#[test]
fn files_are_as_well_known_as_they_say() {
    #[derive(Deserialize)]
    struct Table {
        observed: BTreeSet<String>,
    }
    let table: Table = serde_yaml::from_str(include_str!("../src/engines/vql/tables/evtx.yml")).unwrap();
    assert_eq!(table.observed, facts().into_iter().map(|fact| fact.file).collect());
    let storage = |file| Vql.storage("evtx", &Event::default(), file);
    assert_eq!((storage("Security.evtx"), storage("Setup.evtx")), (Storage::Observed, Storage::Documented));
}

/// A number that the log writes in hexadecimal alone cannot have been written otherwise.
#[test]
fn a_hexadecimal_number_has_no_other_notation() {
    let stored = |mask: &str| {
        let event = format!(
            r#"{{"Channel": "Microsoft-Windows-Sysmon/Operational", "EventID": 10, "GrantedAccess": "{mask}"}}"#
        );
        Vql.store("evtx", &Event::from_json(serde_json::from_str(&event).unwrap()))
    };
    let Stored::Rows(rows) = stored("0x1410") else { panic!("outside") };
    assert_eq!(rows[0].1["EventData"]["GrantedAccess"], 5136);
    let Stored::Outside(why) = stored("10") else { panic!("stored") };
    assert_eq!(why, "GrantedAccess is a number in hexadecimal, which \"10\" is not");
}
