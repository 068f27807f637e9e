//! Queries for Defender, run by the engine of KQL on what its tables hold of events, against what the rules mean.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::compile::Target;
use sigmaglot::engines::kql::Kql;
use sigmaglot::engines::{Database, Engine, Found, Refusal, Row, Stored};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::ir::Fidelity;
use sigmaglot::lower::Options;

use crate::rules::plans;
use crate::shared;

/// Events with the rows that Defender holds of them.
struct Place {
    /// Place in the list of events, the event, the event as it can be read back.
    events: Vec<(usize, Event, Event)>,
    rows: Database,
    outside: BTreeMap<String, usize>,
}

impl Place {
    fn of(events: impl IntoIterator<Item = Event>) -> Place {
        let mut place = Place { events: Vec::new(), rows: Database::new(), outside: BTreeMap::new() };
        for (number, event) in events.into_iter().enumerate() {
            match Kql.store("defender", &event) {
                Stored::Outside(why) => *place.outside.entry(why).or_default() += 1,
                Stored::Rows(rows) => {
                    for (table, columns) in rows {
                        place.rows.entry(table).or_default().push(Row { event: number, columns });
                    }
                    let held = Kql.held("defender", &event).expect("what is stored can be read back");
                    place.events.push((number, event, held));
                }
            }
        }
        place
    }
}

/// What comparing gave.
#[derive(Debug, Default)]
struct Report {
    refused: usize,
    claims: BTreeMap<String, usize>,
    found: usize,
    /// Verdicts that only what is lost in storing explains.
    losses: usize,
    unknown: BTreeMap<String, usize>,
    disagreements: Vec<String>,
}

/// `Exact` finds what is meant, `Wider` at least that, `Narrower` at most that.
fn agrees(claim: Fidelity, meant: bool, found: bool) -> bool {
    match claim {
        Fidelity::Exact => meant == found,
        Fidelity::Wider => found || !meant,
        Fidelity::Narrower => meant || !found,
        Fidelity::Either => true,
    }
}

fn judge(name: &str, text: &str, place: &Place, target: &Target, report: &mut Report) {
    for (_, plan) in plans(text, &Options::default()).0 {
        let Ok(evaluator) = Evaluator::new(&plan) else { continue };
        let Some(query) = target.compile(&plan, &sigmaglot::render::Options::default()).query else {
            report.refused += 1;
            continue;
        };
        *report.claims.entry(format!("{:?}", query.claim)).or_default() += 1;
        let found: BTreeSet<usize> = match Kql.run(&query.text, &place.rows, 1.7e9).map_err(Refusal::unplaced) {
            Ok(Found::Events(events)) => events,
            Ok(Found::Any(_)) => {
                report.disagreements.push(format!("{name}: the rows are no events"));
                continue;
            }
            Err(Refusal::Unknown(what)) => {
                *report.unknown.entry(what).or_default() += 1;
                continue;
            }
            Err(refusal) => {
                report.disagreements.push(format!("{name}: {refusal:?}\n{}", query.text));
                continue;
            }
        };
        report.found += found.len();
        for (number, event, held) in &place.events {
            let found = found.contains(number);
            if agrees(query.claim, evaluator.meant(held), found) {
                continue;
            }
            if agrees(query.claim, evaluator.meant(event), found) {
                report.losses += 1;
                continue;
            }
            report.disagreements.push(format!(
                "{name} ({:?}): event {number} is {} and {}\n    {}",
                query.claim,
                if evaluator.meant(event) { "meant" } else { "not meant" },
                if found { "found" } else { "not found" },
                Value::Object(event.fields.clone()),
            ));
        }
    }
}

#[derive(Deserialize)]
struct Expectations {
    events: Vec<Expectation>,
}

#[derive(Deserialize)]
struct Expectation {
    event: Map<String, Value>,
}

fn defender() -> Target {
    Target::resolve("kql:defender").unwrap_or_else(|error| panic!("{}", error.message)).remove(0)
}

/// Every rule that ships, on the events that ship with it.
#[test]
fn queries_find_what_the_rules_mean() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let target = defender();
    let mut report = Report::default();
    let mut judged = 0;
    for pack in std::fs::read_dir(&root).expect("rules").flatten() {
        for file in std::fs::read_dir(pack.path()).expect("a pack").flatten() {
            let events = file.path().with_extension("").with_extension("events.yml");
            let name = file.path().display().to_string();
            if name.ends_with(".events.yml") || !name.ends_with(".yml") || !events.exists() {
                continue;
            }
            let text = std::fs::read_to_string(file.path()).expect("a rule");
            let events: Expectations =
                serde_yaml::from_str(&std::fs::read_to_string(events).expect("events")).expect("events");
            let place = Place::of(events.events.into_iter().map(|one| Event::from_json(one.event)));
            judged += place.events.len();
            judge(&name, &text, &place, &target, &mut report);
        }
    }
    assert!(report.disagreements.is_empty(), "{}", report.disagreements.join("\n"));
    assert!(report.unknown.is_empty(), "{:?}", report.unknown);
    assert!(judged > 0 && report.found > 0, "{judged} events judged, {} found", report.found);
}

fn records(text: &str) -> Vec<Event> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines.filter_map(|line| serde_json::from_str(line).ok().map(Event::from_json)).collect()
}

fn regression(text: &str) -> Vec<Event> {
    let rules = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut events = Vec::new();
    for rule in rules {
        for test in rule["tests"].as_array().into_iter().flatten() {
            let each = test["events"].as_array().into_iter().flatten().filter_map(Value::as_object);
            events.extend(each.cloned().map(Event::from_json));
        }
    }
    events
}

/// The public rules on real events.
#[test]
fn queries_of_public_rules_find_what_they_mean_on_real_events() {
    let Some(shared) = shared::folder() else { return };
    let read = |name: &str| std::fs::read_to_string(shared.join(name)).expect("shared events");
    let mut events = regression(&read("regression/regression_dev.jsonl"));
    events.extend(records(&read("events/sample.jsonl")));
    let all = events.len();
    let place = Place::of(events);
    let target = defender();
    let mut report = Report::default();
    for (name, text) in shared::rules("corpus").expect("the corpus") {
        judge(&name, &text, &place, &target, &mut report);
    }
    let Report { refused, claims, found, losses, unknown, disagreements } = report;
    eprintln!("{all} events, {} stored; claims {claims:?}, {refused} refused", place.events.len());
    eprintln!("{found} found, {losses} differ by storage alone; unknown: {unknown:?}");
    for (why, count) in place.outside.iter().filter(|(_, count)| **count > 0).take(40) {
        eprintln!("outside {count}: {why}");
    }
    assert!(unknown.is_empty() && found > 200, "{found} found; unknown: {unknown:?}");
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}

/// An event with one field absent, null, empty, in the other case, with more text, on two lines.
fn near(event: &Event) -> Vec<Event> {
    let mut near = vec![event.clone()];
    let names = event.fields.keys().filter(|name| !["EventID", "Channel", "Provider_Name"].contains(&name.as_str()));
    for name in names {
        let mut add = |value: Option<Value>| {
            let mut other = event.clone();
            match value {
                Some(value) => drop(other.fields.insert(name.clone(), value)),
                None => drop(other.fields.shift_remove(name)),
            }
            near.push(other);
        };
        add(None);
        add(Some(Value::Null));
        add(Some(Value::from("")));
        if let Some(text) = event.fields[name].as_str() {
            let flipped: String = text
                .chars()
                .map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
                .collect();
            for text in
                [flipped, format!("{text}x"), format!("x{text}"), format!("{text}\n"), text.replacen('\\', "/", 1)]
            {
                add(Some(Value::from(text)));
            }
        }
    }
    near
}

/// The public rules on the real events made for them and on near misses of these.
#[test]
fn queries_of_public_rules_agree_on_near_misses() {
    let Some(shared) = shared::folder() else { return };
    let text = std::fs::read_to_string(shared.join("regression/regression_dev.jsonl")).expect("shared events");
    let target = defender();
    let mut report = Report::default();
    let mut judged = 0;
    for line in text.lines() {
        let rule: Value = serde_json::from_str(line).expect("a rule");
        let name = rule["rule_path"].as_str().expect("a path");
        let text = std::fs::read_to_string(shared.join("corpus").join(name)).expect("a rule");
        let place = Place::of(regression(line).iter().take(2).flat_map(near));
        judged += place.events.len();
        judge(name, &text, &place, &target, &mut report);
    }
    eprintln!("{judged} near misses, {} found, {} differ by storage alone", report.found, report.losses);
    let disagreements = report.disagreements;
    assert!(disagreements.is_empty(), "{} disagreements:\n{}", disagreements.len(), disagreements.join("\n"));
}
