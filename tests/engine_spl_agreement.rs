//! Queries for Splunk find what their rules mean: the engine runs them on events as the place stores them, and the
//! reference evaluator says what is meant.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Map, Value};
use sigmaglot::compile::Target;
use sigmaglot::engines::spl::Spl;
use sigmaglot::engines::{Database, Engine, Found, Refusal, Row, Stored};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::ir::{Fidelity, Plan};
use sigmaglot::lower;
use sigmaglot::render;

use crate::rule_files::{Events, Loaded, packs, rule_files};
use crate::shared;

/// Midnight of the first day of 2024, UTC.
const NOW: f64 = 1_704_067_200.0;

/// Events with their rows.
struct Stock {
    /// As the place holds them.
    events: Vec<Event>,
    /// The product whose add-on took them.
    products: Vec<&'static str>,
    rows: Database,
    outside: BTreeMap<usize, String>,
}

impl Stock {
    fn new(events: Vec<Event>) -> Self {
        let (mut rows, mut outside) = (Vec::new(), BTreeMap::new());
        let (mut all, mut products) = (Vec::new(), Vec::new());
        for (n, event) in events.into_iter().enumerate() {
            let product = match Spl.store("windows", &event) {
                Stored::Rows(found) => {
                    let sourcetype = found[0].1["sourcetype"].as_str().unwrap().to_owned();
                    rows.extend(found.into_iter().map(|(_, columns)| Row { event: n, columns }));
                    product(&sourcetype)
                }
                Stored::Outside(why) => {
                    outside.insert(n, why);
                    ""
                }
            };
            products.push(product);
            all.push(Spl.held("windows", &event).unwrap_or(event));
        }
        Stock { events: all, products, rows: BTreeMap::from([("events".to_owned(), rows)]), outside }
    }
}

/// Whose events a sourcetype has.
fn product(sourcetype: &str) -> &'static str {
    let products = [
        ("XmlWinEventLog", "windows"),
        ("aws:", "aws"),
        ("bro:", "zeek"),
        ("sysmon:linux", "linux"),
        ("linux:", "linux"),
        ("o365:", "m365"),
        ("azure:", "azure"),
        ("mscs:azure:", "azure"),
        ("OktaIM2:", "okta"),
        ("google:gcp:", "gcp"),
        ("gws:", "gcp"),
        ("github:", "github"),
        ("_json", "kubernetes"),
        // Web servers and proxies are categories of no product.
        ("ms:iis:", ""),
        ("bluecoat:", ""),
    ];
    products.into_iter().find(|(start, _)| sourcetype.starts_with(start)).unwrap().1
}

#[derive(Debug, Default)]
struct Tally {
    agree: usize,
    with_match: usize,
    refused_to_compile: usize,
    not_exact: usize,
    refusals: BTreeMap<String, usize>,
    differ: Vec<String>,
}

/// Compares a rule's query with its meaning on all events that are not outside.
fn compare(name: &str, loaded: &Loaded, stock: &Stock, target: &Target, tally: &mut Tally) {
    let Some(plan @ Plan::Select(_)) = &loaded.plan else { return };
    let Ok(evaluator) = Evaluator::new(plan) else { return };
    let Some(query) = target.compile(plan, &render::Options::default()).query else {
        tally.refused_to_compile += 1;
        return;
    };
    let found = match Spl.run(&query.text, &stock.rows, NOW).map_err(Refusal::unplaced) {
        Ok(Found::Events(events)) => events,
        Ok(Found::Any(_)) => return,
        Err(Refusal::Unknown(what) | Refusal::Error(what)) => {
            *tally.refusals.entry(what).or_default() += 1;
            return;
        }
        Err(other) => {
            tally.differ.push(format!("{name}: {other:?} of\n{}", query.text));
            return;
        }
    };
    // An event that says nothing of its log may be of any to the evaluator; the place knows whose it is.
    let Plan::Select(matching) = plan else { return };
    let product = matching.logsource.product.as_deref();
    let of = |n: &usize| stock.events[*n].origin.is_unknown() && product.is_some_and(|p| p != stock.products[*n]);
    let inside = (0..stock.events.len()).filter(|n| !stock.outside.contains_key(n) && !of(n));
    let meant: BTreeSet<usize> = inside.filter(|n| evaluator.meant(&stock.events[*n])).collect();
    tally.with_match += usize::from(!meant.is_empty());
    let missed: Vec<&usize> = meant.difference(&found).collect();
    let more: Vec<&usize> = found.difference(&meant).collect();
    let agrees = match query.claim {
        Fidelity::Exact => missed.is_empty() && more.is_empty(),
        Fidelity::Wider => missed.is_empty(),
        Fidelity::Narrower => more.is_empty(),
        Fidelity::Either => true,
    };
    tally.not_exact += usize::from(query.claim != Fidelity::Exact);
    if agrees {
        tally.agree += 1;
        return;
    }
    let one = |n: &&usize| Value::Object(stock.events[**n].fields.clone()).to_string();
    let shortest = |list: &[&usize]| list.iter().map(one).min_by_key(String::len).unwrap_or_default();
    tally.differ.push(format!(
        "{name} ({:?}): missed {} {}\n  more {} {}\n{}\n",
        query.claim,
        missed.len(),
        shortest(&missed).chars().take(900).collect::<String>(),
        more.len(),
        shortest(&more).chars().take(900).collect::<String>(),
        query.text
    ));
}

fn target() -> Target {
    Target::resolve("spl:windows").unwrap().remove(0)
}

#[test]
fn queries_of_our_rules_find_what_they_mean() {
    let (target, mut tally, mut outside) = (target(), Tally::default(), 0);
    for pack in packs() {
        for path in rule_files(&pack) {
            let expected = Events::beside(&path).unwrap();
            let loaded = Loaded::file(&path);
            let stock = Stock::new(expected.events.into_iter().map(|event| Event::from_json(event.event)).collect());
            outside += stock.outside.len();
            compare(&path.display().to_string(), &loaded, &stock, &target, &mut tally);
        }
    }
    eprintln!("{outside} events outside; {} rules agree, {} have a match", tally.agree, tally.with_match);
    assert!(tally.refusals.is_empty(), "{:?}", tally.refusals);
    let new = unexpected(&tally.differ, |name| name.starts_with("rules/constructs/"));
    assert!(new.is_empty(), "{}", new.join("\n"));
    assert!(tally.with_match > 75, "{} rules with a match", tally.with_match);
}

fn all_rules() -> Option<Vec<(String, Loaded)>> {
    let rules = shared::rules("corpus")?;
    Some(
        rules
            .into_iter()
            .map(|(name, text)| {
                let loaded = Loaded::new(&name, &text, &lower::Options::default());
                (name, loaded)
            })
            .collect(),
    )
}

fn regression(root: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(root.join("regression/regression_dev.jsonl")).unwrap();
    let mut events = Vec::new();
    for line in text.lines() {
        let rule: Value = serde_json::from_str(line).unwrap();
        for test in rule["tests"].as_array().unwrap() {
            for event in test["events"].as_array().unwrap() {
                events.push(Event::from_json(event.as_object().unwrap().clone()));
            }
        }
    }
    events
}

fn sample(root: &Path) -> Vec<Event> {
    let text = std::fs::read_to_string(root.join("events/sample.jsonl")).unwrap();
    text.lines().map(|line| Event::from_json(serde_json::from_str::<Map<String, Value>>(line).unwrap())).collect()
}

/// Rules whose queries differ from them, each with its reason; what no longer differs is to be taken off.
const KNOWN: &[&str] = &[
    // The schema reads process creation from Sysmon alone; this event is 4688 of Security.
    "deprecated/windows/proc_creation_win_sysinternals_psexesvc_start.yml",
];

/// The differences that are not known, and those known that should be there and are not.
fn unexpected(differ: &[String], expected: impl Fn(&str) -> bool) -> Vec<String> {
    let is = |text: &str, name: &str| text.split(" (").next().is_some_and(|path| path.ends_with(name));
    let new = differ.iter().filter(|text| !KNOWN.iter().any(|name| is(text, name))).cloned();
    let gone = KNOWN.iter().filter(|name| expected(name) && !differ.iter().any(|text| is(text, name)));
    new.chain(gone.map(|name| format!("{name} does not differ any more"))).collect()
}

#[test]
fn queries_of_real_rules_find_what_they_mean_of_real_events() {
    let Some(root) = shared::folder() else { return };
    let Some(rules) = all_rules() else { return };
    let target = target();
    let mut events = regression(&root);
    events.extend(sample(&root));
    let stock = Stock::new(events);
    let mut tally = Tally::default();
    for (name, loaded) in &rules {
        compare(name, loaded, &stock, &target, &mut tally);
    }
    let mut why: BTreeMap<&str, usize> = BTreeMap::new();
    stock.outside.values().for_each(|text| *why.entry(text).or_default() += 1);
    let Tally { agree, with_match, refused_to_compile, not_exact, refusals, differ } = tally;
    eprintln!(
        "{} events, outside {why:?}; {agree} rules agree, {with_match} have a match, {refused_to_compile} refused, \
         {not_exact} not exact; the engine refuses {refusals:?}",
        stock.events.len()
    );
    let new = unexpected(&differ, |name| !name.starts_with("rules/constructs/"));
    assert!(new.is_empty(), "{}", new.join("\n"));
    assert!(refusals.is_empty(), "{refusals:?}");
    assert!(agree > 2_700 && with_match > 150, "{agree} agree, {with_match} with a match");
}

/// Events one change away: each text field missing, in the other case, longer at either end, with a new line behind.
fn near(event: &Map<String, Value>) -> Vec<Map<String, Value>> {
    let mut found = vec![event.clone()];
    for (name, value) in event {
        // What makes it an event of its kind stays (EventType is of every registry event).
        if matches!(name.as_str(), "Channel" | "Provider_Name" | "EventID" | "Computer" | "EventType") {
            continue;
        }
        // A name with blanks is there without them as well: both are one field.
        if !name.contains(' ') && event.keys().any(|other| other.contains(' ') && other.replace(' ', "") == *name) {
            continue;
        }
        let mut changed = |value: Option<String>| {
            let mut event = event.clone();
            for name in [name.clone(), name.replace(' ', "")] {
                match &value {
                    Some(text) => event.insert(name, Value::String(text.clone())),
                    None => event.shift_remove(&name),
                };
            }
            found.push(event);
        };
        changed(None);
        if let Value::String(text) = value {
            let flip = |c: char| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
            changed(Some(text.chars().map(flip).collect()));
            changed(Some(format!("{text}x")));
            changed(Some(format!("x{text}")));
            changed(Some(format!("{text}\n")));
            changed(Some(text.chars().skip(1).collect()));
            changed(Some(format!("{text} \"a\\*?<b>")));
        }
    }
    found
}

#[test]
fn queries_agree_on_near_misses_of_real_events() {
    let Some(root) = shared::folder() else { return };
    let target = target();
    let mut tally = Tally::default();
    let text = std::fs::read_to_string(root.join("regression/regression_dev.jsonl")).unwrap();
    let mut tried = 0;
    for line in text.lines() {
        let rule: Value = serde_json::from_str(line).unwrap();
        let path = rule["rule_path"].as_str().unwrap();
        let text = std::fs::read_to_string(root.join("corpus").join(path)).unwrap();
        let loaded = Loaded::new(path, &text, &lower::Options::default());
        let events = rule["tests"].as_array().unwrap().iter().flat_map(|test| test["events"].as_array().unwrap());
        let events = events.map(|event| Event::from_json(event.as_object().unwrap().clone()).fields);
        let stock = Stock::new(events.flat_map(|event| near(&event)).map(Event::from_json).collect());
        tried += stock.events.len();
        compare(path, &loaded, &stock, &target, &mut tally);
    }
    eprintln!("{tried} events; {} rules agree, {:?}", tally.agree, tally.refusals);
    let new = unexpected(&tally.differ, |_| false);
    assert!(new.is_empty(), "{}", new.join("\n"));
    assert!(tally.refusals.is_empty(), "{:?}", tally.refusals);
    assert!(tally.with_match > 130 && tried > 10_000, "{} rules, {tried} events", tally.with_match);
}

#[derive(serde::Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    id: String,
    detection: Option<serde_yaml::Value>,
    #[serde(default)]
    placeholders: Map<String, Value>,
    #[serde(default)]
    events: Vec<Verdict>,
}

#[derive(serde::Deserialize)]
struct Verdict {
    event: Map<String, Value>,
    #[serde(rename = "match")]
    matches: bool,
}

/// A case's rule in a log, and what makes its events ones of that log.
const LOGS: &[(&str, &str)] = &[
    ("product: windows\n  service: application", r#"{"Channel": "Application", "EventID": 1, "Provider_Name": "P"}"#),
    ("product: aws\n  service: cloudtrail", r#"{"eventName": "E"}"#),
];

/// Cases that fail in a log in JSON: a member whose name has dots and a member of a member are one field of two values
/// there (B14), and an object has its members' fields alone (B16).
const ONE_FIELD: &[&str] = &["B14", "B16"];

/// Each case as a query of a log of Windows and of one in JSON; its verdict is the file's, not the evaluator's. A name
/// with dots or an object is no field of an event of Windows, and an empty value none of either.
#[test]
fn conformance_cases_hold_as_queries() {
    let Some(root) = shared::folder() else { return };
    let text = std::fs::read_to_string(root.join("conformance.yml")).unwrap();
    let cases: Cases = serde_yaml::from_str(&text).unwrap();
    let target = target();
    let (mut tried, mut skipped, mut refused, mut wrong) = (0, 0, Vec::new(), Vec::new());
    for case in &cases.cases {
        let Some(detection) =
            case.detection.as_ref().filter(|_| case.placeholders.is_empty() && !case.events.is_empty())
        else {
            continue;
        };
        let detection = serde_yaml::to_string(detection).unwrap();
        let detection: String = detection.lines().map(|line| format!("  {line}\n")).collect();
        for (log, marks) in LOGS {
            let rule = format!("title: x\nlogsource:\n  {log}\ndetection:\n{detection}");
            let loaded = Loaded::new(&case.id, &rule, &lower::Options::default());
            let query = loaded.plan.as_ref().and_then(|plan| target.compile(plan, &render::Options::default()).query);
            let Some(query) = query else {
                refused.push(case.id.as_str());
                continue;
            };
            let marks: Map<String, Value> = serde_json::from_str(marks).unwrap();
            let windows = marks.contains_key("Channel");
            for Verdict { event, matches } in &case.events {
                let empty = |value: &Value| value.is_null() || value == "" || *value == Value::Array(Vec::new());
                let blank = event.iter().any(|(name, value)| empty(value) || windows && name.contains('.'));
                let mut event = event.clone();
                marks.iter().for_each(|(name, value)| {
                    event.entry(name).or_insert(value.clone());
                });
                let shown = Value::Object(event.clone()).to_string();
                let stock = Stock::new(vec![Event::from_json(event)]);
                if blank || !stock.outside.is_empty() {
                    skipped += 1;
                    continue;
                }
                tried += 1;
                let found = Spl.run(&query.text, &stock.rows, NOW);
                let agrees = match (&found, query.claim) {
                    (Ok(Found::Events(events)), Fidelity::Exact) => events.is_empty() != *matches,
                    (Ok(Found::Events(events)), Fidelity::Wider) => !matches || !events.is_empty(),
                    (Ok(Found::Events(events)), Fidelity::Narrower) => *matches || events.is_empty(),
                    _ => false,
                };
                if !agrees && (windows || !ONE_FIELD.contains(&case.id.as_str())) {
                    let id = &case.id;
                    wrong.push(format!("{id} {:?}: {found:?}, not {matches}, of {shown}\n{}", query.claim, query.text));
                }
            }
        }
    }
    eprintln!("{tried} events agree, {skipped} outside or blank, refused {refused:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 300, "{tried} events");
}

/// Texts that entities and quotes could be mistaken for, or hide.
const ODD: &[&str] = &[
    "", "a", "m", "p", "t", "lt", "amp", "LT", ";", "a;", "t;", ";a", "p;x", "<", ">", "&", "&&", "<a", "a>b", "a&b",
    "&lt;", "&l", "&amp;", "amp;", "quot;", "\"", "a\"b", "'", "'a'", "a'", "x<y&z>", "2>&1", "lt;gt", "é<", "a b",
    "&#39;",
];

/// Rules on each way of asking for an odd text, in a log with entities and one with more of them: the query finds what
/// the rule means of all odd texts.
#[test]
fn entities_and_quotes_are_neither_missed_nor_mistaken() {
    let target = target();
    let mut tally = Tally::default();
    let logs = [
        (
            "product: windows\n  category: process_creation",
            "Microsoft-Windows-Sysmon/Operational",
            "Microsoft-Windows-Sysmon",
        ),
        ("product: linux\n  category: process_creation", "Linux-Sysmon/Operational", "Linux-Sysmon"),
    ];
    for (log, channel, provider) in logs {
        let event = |text: &str| {
            let fields = serde_json::json!({
                "Channel": channel, "Provider_Name": provider, "EventID": 1, "Image": "i", "CommandLine": text
            });
            Event::from_json(fields.as_object().unwrap().clone())
        };
        let pairs = ODD.iter().flat_map(|a| ["", "a", ";", "<", "&", "t;"].map(|b| format!("{a}{b}")));
        let stock = Stock::new(pairs.filter(|text| !text.is_empty()).map(|text| event(&text)).collect());
        for text in ODD.iter().filter(|text| !text.is_empty()) {
            let escaped = sigmaglot::ir::Pattern::literal(text).to_sigma();
            for modifier in ["", "|contains", "|startswith", "|endswith", "|re", "|contains|cased"] {
                let value = if modifier == "|re" { format!("{text}.*a+") } else { escaped.clone() };
                for value in [value.clone(), format!("{value}?"), format!("{value}.;")] {
                    let value = Value::from(value);
                    let rule = format!(
                        "title: x\nlogsource:\n  {log}\ndetection:\n  s:\n    CommandLine{modifier}: {value}\n"
                    );
                    for condition in ["s", "not s"] {
                        let rule = format!("{rule}  condition: {condition}\n");
                        let loaded = Loaded::new(text, &rule, &lower::Options::default());
                        compare(&format!("{condition} {modifier} {value}"), &loaded, &stock, &target, &mut tally);
                    }
                }
            }
        }
    }
    let event = |name: &str| {
        let fields =
            serde_json::json!({"Channel": "System", "Provider_Name": name, "EventID": 7045, "ServiceName": "s"});
        Event::from_json(fields.as_object().unwrap().clone())
    };
    let stock = Stock::new(vec![event("Service Control Manager"), event("Service")]);
    for text in ["Service Control Manager", "Service", "Manager", "r", "S", "Manager?", "'", "S*r"] {
        for modifier in ["", "|contains", "|startswith", "|endswith", "|re", "|contains|cased"] {
            let rule = format!(
                "title: x\nlogsource:\n  product: windows\n  service: system\ndetection:\n  s:\n    Provider_Name{modifier}: {}\n  condition: s\n",
                Value::from(text)
            );
            let loaded = Loaded::new(text, &rule, &lower::Options::default());
            compare(&format!("{modifier} {text}"), &loaded, &stock, &target, &mut tally);
        }
    }
    eprintln!("{} agree, {} with a match, {:?}", tally.agree, tally.with_match, tally.refusals);
    assert!(tally.differ.is_empty(), "{}", tally.differ.join("\n"));
    assert!(tally.refusals.is_empty(), "{:?}", tally.refusals);
    assert!(tally.agree > 1_000, "{}", tally.agree);
}
