//! VQL queries against the reference evaluator: what the engine finds in the stored events is what the rule means.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use sigmaglot::compile::Target;
use sigmaglot::engines::vql::Vql;
use sigmaglot::engines::{Database, Engine, Found, Row, Stored};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::ir::{Fidelity, Matching, Plan};
use sigmaglot::lower;
use sigmaglot::render::{Options, Query};

use crate::rule_files::{Events, Loaded, packs, rule_files};
use crate::shared;

const NOW: f64 = 1_790_000_000.0;

/// Where a row has what Sigma calls so; anything else is data.
const SYSTEM: [(&str, &str); 16] = [
    ("Provider_Name", "/System/Provider/Name"),
    ("Provider_Guid", "/System/Provider/Guid"),
    ("EventID", "/System/EventID/Value"),
    ("EventID_Qualifiers", "/System/EventID/Qualifiers"),
    ("Version", "/System/Version"),
    ("Level", "/System/Level"),
    ("Task", "/System/Task"),
    ("Opcode", "/System/Opcode"),
    ("Keywords", "/System/Keywords"),
    ("EventRecordID", "/System/EventRecordID"),
    ("Correlation_ActivityID", "/System/Correlation/ActivityID"),
    ("Execution_ProcessID", "/System/Execution/ProcessID"),
    ("Execution_ThreadID", "/System/Execution/ThreadID"),
    ("Channel", "/System/Channel"),
    ("Computer", "/System/Computer"),
    ("Security_UserID", "/System/Security/UserID"),
];

/// The event as it can be read back from its row.
fn held(event: &Event, row: &Map<String, Value>) -> Event {
    let row = Value::Object(row.clone());
    let data = row.get("EventData").or_else(|| row.get("UserData")?.as_object()?.values().next());
    let blank = |name: &str| {
        let found = data?.as_object()?.iter().find(|(spelled, _)| spelled.replace(' ', "") == name)?;
        Some(found.1.clone())
    };
    let stored = |name: &str| {
        let path = SYSTEM.iter().find(|(sigma, _)| *sigma == name).map(|(_, path)| *path);
        path.and_then(|path| row.pointer(path).cloned()).or_else(|| data?.get(name).cloned()).or_else(|| blank(name))
    };
    // A number is read back in the notation that the field is written in.
    let read = |name: &str, value: &Value| match (value, stored(name)) {
        (Value::String(text), Some(Value::Number(number))) if text.starts_with("0x") => match number.as_u64() {
            Some(number) => json!(format!("{number:#x}")),
            None => Value::Number(number),
        },
        (_, stored) => stored.unwrap_or_else(|| value.clone()),
    };
    let fields = event.fields.iter().map(|(name, value)| (name.clone(), read(name, value))).collect();
    Event { fields, origin: event.origin.clone() }
}

/// Events in their files; those that no file holds are left out.
pub(crate) struct Stores {
    files: Database,
    held: Vec<Option<Event>>,
}

impl Stores {
    pub(crate) fn of(events: &[Event]) -> Self {
        let mut stores = Stores { files: Database::new(), held: Vec::new() };
        for (number, event) in events.iter().enumerate() {
            let Stored::Rows(rows) = Vql.store("evtx", event) else {
                stores.held.push(None);
                continue;
            };
            for (file, columns) in rows {
                stores.held.push(Some(held(event, &columns)));
                stores.files.entry(file).or_default().push(Row { event: number, columns });
            }
        }
        stores
    }

    /// The events on which the query does other than it claims: number, whether meant.
    pub(crate) fn disagreements(&self, query: &Query, evaluator: &Evaluator) -> Result<Vec<(usize, bool)>, String> {
        let found = match Vql.run(&query.text, &self.files, NOW) {
            Ok(Found::Events(events)) => events,
            other => return Err(format!("{other:?}")),
        };
        let judged = self.held.iter().enumerate().filter_map(|(number, held)| {
            let meant = evaluator.meant(held.as_ref()?);
            let agrees = match query.claim {
                Fidelity::Exact => meant == found.contains(&number),
                Fidelity::Wider => !meant || found.contains(&number),
                Fidelity::Narrower => meant || !found.contains(&number),
                Fidelity::Either => true,
            };
            (!agrees).then_some((number, meant))
        });
        Ok(judged.collect())
    }
}

pub(crate) fn target() -> Target {
    Target::resolve("vql:evtx").unwrap().remove(0)
}

/// The query of a plan; none where the rule is refused or relates several events.
pub(crate) fn query(target: &Target, plan: &Plan<Matching>) -> Option<(Query, Evaluator)> {
    let evaluator = Evaluator::new(plan).ok()?;
    target.compile(plan, &Options::default()).query.map(|query| (query, evaluator))
}

#[test]
fn queries_of_the_rules_find_what_they_mean() {
    let target = target();
    let (mut wrong, mut compiled, mut judged, mut found) = (String::new(), 0, 0, BTreeSet::new());
    for path in packs().iter().flat_map(|pack| rule_files(pack)) {
        let loaded = Loaded::file(&path);
        let Some((query, evaluator)) = loaded.plan.as_ref().and_then(|plan| query(&target, plan)) else { continue };
        let events: Vec<Event> = Events::beside(&path)
            .unwrap()
            .events
            .into_iter()
            .map(|expectation| Event::from_json(expectation.event))
            .collect();
        let stores = Stores::of(&events);
        compiled += 1;
        judged += stores.held.iter().flatten().count();
        if stores.held.iter().flatten().any(|held| evaluator.meant(held)) {
            found.insert(path.clone());
        }
        match stores.disagreements(&query, &evaluator) {
            Err(why) => writeln!(wrong, "{}: {why}\n{}", path.display(), query.text).unwrap(),
            Ok(events_wrong) => {
                for (number, meant) in events_wrong {
                    let event = Value::Object(events[number].fields.clone());
                    writeln!(wrong, "{}: meant {meant}: {event}\n{}", path.display(), query.text).unwrap();
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(compiled > 30 && judged > 100 && found.len() > 30, "{compiled} {judged} {}", found.len());
}

/// The real events beside the project: those that a named rule must match, and a sample of others.
fn real_events(shared: &Path) -> Vec<Event> {
    let mut events = Vec::new();
    let text = fs::read_to_string(shared.join("regression/regression_dev.jsonl")).unwrap();
    for rule in text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
        for test in rule["tests"].as_array().unwrap() {
            events.extend(test["events"].as_array().unwrap().iter().filter_map(Value::as_object).cloned());
        }
    }
    let sample = fs::read_to_string(shared.join("events/sample.jsonl")).unwrap();
    events.extend(sample.lines().map(|line| serde_json::from_str::<Map<String, Value>>(line).unwrap()));
    events.into_iter().map(Event::from_json).collect()
}

/// A process creation of the security log: the rules mean it, the queries read Sysmon's log alone and yet claim to be exact.
fn is_security_process(event: &Event) -> bool {
    event.origin.event_id == Some(4688) && event.origin.channel.as_deref() == Some("Security")
}

#[test]
fn queries_of_the_corpus_find_what_they_mean_in_real_events() {
    let (Some(shared), Some(rules)) = (shared::folder(), shared::rules("corpus")) else { return };
    let target = target();
    let events = real_events(&shared);
    let stores = Stores::of(&events);
    let (mut wrong, mut compiled, mut meant) = (String::new(), 0, 0);
    let mut unread = BTreeSet::new();
    for (path, text) in &rules {
        let loaded = Loaded::new(path, text, &lower::Options::default());
        let Some((query, evaluator)) = loaded.plan.as_ref().and_then(|plan| query(&target, plan)) else { continue };
        compiled += 1;
        meant += usize::from(stores.held.iter().flatten().any(|held| evaluator.meant(held)));
        match stores.disagreements(&query, &evaluator) {
            Err(why) => writeln!(wrong, "{path}: {why}").unwrap(),
            Ok(disagreements) => {
                for (number, meant) in disagreements {
                    let event = &events[number];
                    if meant && is_security_process(event) {
                        unread.insert(path.as_str());
                        continue;
                    }
                    let event = Value::Object(event.fields.clone());
                    writeln!(wrong, "{path}: meant {meant}: {event}").unwrap();
                }
            }
        }
    }
    let stored = stores.held.iter().flatten().count();
    println!(
        "{} rules, {compiled} queries, {meant} with an event; {stored} of {} events stored",
        rules.len(),
        events.len()
    );
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(unread, BTreeSet::from(["deprecated/windows/proc_creation_win_sysinternals_psexesvc_start.yml"]));
    assert!(compiled > 2_000 && meant > 100 && stored > 100, "{compiled} {meant} {stored}");
}

/// Texts that could leave their literal, or mean something in a pattern.
const HOSTILE: [&str; 24] = [
    "'''",
    "''",
    "'",
    "\"",
    "a'",
    "'a",
    "\\",
    "\\\\",
    "\\'",
    "`",
    "a'''b",
    "' OR TRUE --",
    "\"; SELECT * FROM info()",
    "-- x",
    "/* x",
    "// x",
    "a\nb",
    "a\tb",
    "(?i)",
    "[a",
    "a{2}",
    "$x^",
    "é\u{212a}ſ",
    "a.b|c",
];

#[test]
fn hostile_values_stay_in_their_literals() {
    let target = target();
    let mut judged = 0;
    for (text, chain) in
        HOSTILE.iter().flat_map(|text| ["", "|contains", "|startswith", "|endswith", "|cased"].map(|c| (text, c)))
    {
        // In a rule a backslash before a wildcard or another backslash is an escape.
        let value = json!(text.replace('\\', "\\\\"));
        let rule = format!(
            "title: t\nlogsource: {{product: windows, category: process_creation}}\ndetection:\n  s: {{'CommandLine{chain}': {value}}}\n  condition: s\n"
        );
        let loaded = Loaded::new("rule.yml", &rule, &lower::Options::default());
        let (query, evaluator) = query(&target, loaded.plan.as_ref().unwrap()).unwrap();
        let lines = [
            text.to_string(),
            format!("{text}x"),
            format!("x{text}"),
            text.to_uppercase(),
            String::new(),
            "TRUE".to_owned(),
        ];
        let event = |line: &String| json!({"EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "CommandLine": line});
        let events: Vec<Event> =
            lines.iter().map(|line| Event::from_json(event(line).as_object().unwrap().clone())).collect();
        assert!(evaluator.meant(&events[0]), "{rule}");
        judged += events.len();
        assert_eq!(
            Stores::of(&events).disagreements(&query, &evaluator),
            Ok(Vec::new()),
            "{text:?}{chain}\n{}",
            query.text
        );
    }
    assert_eq!(judged, HOSTILE.len() * 5 * 6);
}
