//! The SPL engine follows the rules of Splunk's manuals: each fact is a query, a row and whether it is found.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sigmaglot::engines::spl::Spl;
use sigmaglot::engines::{Engine, Found, Refusal, Row, Stored};
use sigmaglot::event::Event;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    about: String,
    source: String,
    status: Status,
    facts: Vec<Fact>,
}

#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Status {
    Documented,
    Observed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fact {
    /// A whole query, or a search alone.
    query: Option<String>,
    /// An expression of `where`.
    #[serde(rename = "where")]
    where_: Option<String>,
    row: Map<String, Value>,
    verdict: Verdict,
}

#[derive(Deserialize, PartialEq, Debug)]
#[serde(untagged)]
enum Verdict {
    Found(bool),
    /// How it is refused: syntax, unknown, error, limit.
    Refused(String),
}

/// Midnight of the first day of 2024, UTC.
const NOW: f64 = 1_704_067_200.0;

fn run(query: &str, row: Map<String, Value>) -> Verdict {
    let rows = BTreeMap::from([("events".to_owned(), vec![Row { event: 0, columns: row }])]);
    match Spl.run(query, &rows, NOW) {
        Ok(Found::Events(events)) => Verdict::Found(!events.is_empty()),
        Ok(Found::Any(any)) => Verdict::Found(any),
        Err(refusal) => Verdict::Refused(
            match refusal.placed().1 {
                Refusal::Syntax(..) => "syntax",
                Refusal::Unknown(_) => "unknown",
                Refusal::Error(_) => "error",
                Refusal::Limit => "limit",
                Refusal::Broken(_) | Refusal::At(..) => "broken",
            }
            .to_owned(),
        ),
    }
}

fn groups() -> Vec<Group> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/facts/spl.yml");
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn the_facts_hold() {
    let (mut wrong, mut count, mut documented) = (Vec::new(), 0, 0);
    for group in groups() {
        assert!(!group.source.is_empty(), "{} has no source", group.about);
        for fact in group.facts {
            let query = match (&fact.query, &fact.where_) {
                (Some(query), None) => query.clone(),
                (None, Some(expression)) => format!("* | where {expression}"),
                _ => panic!("a fact of `{}` has no query or two", group.about),
            };
            let got = run(&query, fact.row.clone());
            if got != fact.verdict {
                let row = Value::Object(fact.row);
                wrong.push(format!("{}: `{query}` on {row}: {got:?}, not {:?}", group.about, fact.verdict));
            }
            count += 1;
            documented += usize::from(group.status == Status::Documented);
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 250 && documented >= 150, "{count} facts, {documented} of them documented");
}

fn stored(fields: Value) -> Stored {
    let Value::Object(object) = fields else { panic!("no object") };
    Spl.store("windows", &Event::from_json(object))
}

fn row(fields: Value) -> Map<String, Value> {
    match stored(fields) {
        Stored::Rows(mut rows) => rows.remove(0).1,
        Stored::Outside(why) => panic!("{why}"),
    }
}

#[test]
fn an_event_of_windows_is_stored_as_its_xml() {
    let row = row(json!({
        "Channel": "Microsoft-Windows-Sysmon/Operational",
        "EventID": 1,
        "Provider_Name": "Microsoft-Windows-Sysmon",
        "CommandLine": "a \"b\" <c> & 'd'",
        "Hashes": "MD5=0A,IMPHASH=0B",
        "ParentImage": "",
        "User": null,
    }));
    let get = |name: &str| row.get(name).and_then(Value::as_str);
    assert_eq!(get("source"), Some("XmlWinEventLog:Microsoft-Windows-Sysmon/Operational"));
    assert_eq!(get("sourcetype"), Some("XmlWinEventLog"));
    assert_eq!((get("EventCode"), get("EventID")), (Some("1"), Some("1")));
    assert_eq!(get("Name"), Some("'Microsoft-Windows-Sysmon'"));
    assert_eq!(get("CommandLine"), Some("a \"b\" &lt;c&gt; &amp; 'd'"));
    assert_eq!((get("MD5"), get("IMPHASH")), (Some("0A"), Some("0B")));
    assert_eq!((row.get("ParentImage"), row.get("User"), row.get("Provider_Name")), (None, None, None));
    let raw = get("_raw").unwrap();
    assert!(raw.contains("<Data Name='CommandLine'>a \"b\" &lt;c&gt; &amp; 'd'</Data>"), "{raw}");
    assert!(raw.contains("<Provider Name='Microsoft-Windows-Sysmon'/><EventID>1</EventID>"), "{raw}");
}

#[test]
fn json_is_stored_by_path() {
    let row = row(json!({
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "userIdentity": {"type": "Root", "userName": ""},
        "requestParameters": {"tags": ["a", "b"], "items": [{"ip": "1"}, {"ip": "2"}], "none": [], "count": 5},
        "readOnly": true,
        "responseElements": null,
    }));
    assert_eq!(row.get("sourcetype"), Some(&json!("aws:cloudtrail")));
    assert_eq!(row.get("userIdentity.type"), Some(&json!("Root")));
    assert_eq!(row.get("userIdentity.userName"), Some(&json!("")));
    assert_eq!(row.get("requestParameters.tags{}"), Some(&json!(["a", "b"])));
    assert_eq!(row.get("requestParameters.items{}.ip"), Some(&json!(["1", "2"])));
    assert_eq!((row.get("requestParameters.none{}"), row.get("requestParameters")), (None, None));
    assert_eq!(row.get("readOnly"), Some(&json!("true")));
    assert_eq!(row.get("responseElements"), Some(&json!("null")));
    assert_eq!(row.get("requestParameters.count"), Some(&json!("5")));
}

#[test]
fn what_no_source_writes_is_outside() {
    assert!(matches!(stored(json!({"a": "b"})), Stored::Outside(_)));
    let event = Event::default();
    assert!(matches!(Spl.store("nowhere", &event), Stored::Outside(_)));
}

#[test]
fn work_is_bounded() {
    let row = Map::from_iter([("F".to_owned(), json!("a".repeat(5_000)))]);
    let deep = format!("{}F=a{}", "(".repeat(100_000), ")".repeat(100_000));
    assert_eq!(run(&deep, row.clone()), Verdict::Refused("limit".to_owned()));
    assert_eq!(run(&format!("* | where {deep}"), row.clone()), Verdict::Refused("limit".to_owned()));
    assert_eq!(run(&format!("* | where {}F=1", "NOT ".repeat(100_000)), row.clone()), Verdict::Found(false));
    assert_eq!(run(&format!("* | where {}1=1", "-".repeat(100_000)), row.clone()), Verdict::Found(true));
    let deepest = format!("* | where {}F=\"x\"{}", "(NOT ".repeat(98), ")".repeat(98));
    assert_eq!(run(&deepest, row.clone()), Verdict::Found(false));
    let calls = format!("* | where {}F{}=\"x\"", "lower(".repeat(98), ")".repeat(98));
    assert_eq!(run(&calls, row.clone()), Verdict::Found(false));
    let groups = format!("* | regex F=\"{}a{}\"", "(".repeat(10_000), ")".repeat(10_000));
    assert_eq!(run(&groups, row.clone()), Verdict::Refused("limit".to_owned()));
    assert_eq!(run(r#"* | regex F="(a|aa)+(?=b)\1""#, row.clone()), Verdict::Refused("limit".to_owned()));
    let stars = format!("F=\"{}b\"", "a*".repeat(2_000));
    assert_eq!(run(&stars, row.clone()), Verdict::Found(false));
    let row = Map::from_iter([("F".to_owned(), json!("a".repeat(50)))]);
    let many = format!("F=\"x\"{}", " OR F=\"y\"".repeat(50_000));
    assert_eq!(run(&many, row.clone()), Verdict::Found(false));
    let long = format!("* | where F=\"x\"{}", " OR F=\"y\"".repeat(50_000));
    assert_eq!(run(&long, row.clone()), Verdict::Found(false));
    let sum = format!("* | where 0{}=50000", "+1".repeat(50_000));
    assert_eq!(run(&sum, row), Verdict::Found(true));
}
