//! Every log source of a schema, every field that the schema knows there and some that it does not, and every construct: no
//! claim is refuted. Rules in use ask for few of these; the next one may ask for any.

use std::collections::BTreeSet;
use std::fmt::Write;

use rayon::prelude::*;
use serde_yaml::Value;
use sigmaglot::agreement::Status;
use sigmaglot::compile::Target;

use crate::agreement::{rules, tried};

/// What is asked of a field `F`, and where two are compared, of `F` and `G`.
const CONSTRUCTS: &[&str] = &[
    "F: v",
    "F: ''",
    "F: null",
    "F: 'a*'",
    "F: '*a'",
    "F: '*a*'",
    "F: 'a?b'",
    "F: '*'",
    "F: '?'",
    "F: 4",
    "F: '4'",
    "F: 0x1f",
    "F: '-'",
    "F: true",
    "F: 'null'",
    "F: ['-', 'x']",
    "F: ['', null, 'a']",
    "F: 'a b+c'",
    "F: \"a'\\\"<&>b\"",
    "F|contains: 'é'",
    "F|contains: ['a', 'B c']",
    "F|contains|all: ['a', 'b']",
    "F|contains: '\\'",
    "F|contains: '%'",
    "F|startswith: 'C:\\Win'",
    "F|endswith: '\\x.exe'",
    "F|cased: 'Ab'",
    "F|contains|cased: 'Ab'",
    "F|re: '^a.*b$'",
    "F|re|i: 'a|b'",
    "F|re: '[^x]{2,}'",
    "F|cidr: '10.0.0.0/8'",
    "F|cidr: 'fe80::/10'",
    "F|exists: true",
    "F|exists: false",
    "F|gt: 5",
    "F|lte: 0",
    "F|fieldref: G",
    "F|base64offset|contains: 'abc'",
    "F|windash|contains: ' -e '",
    "F|neq: v",
    "F|neq: null",
    "F|hour: 3",
    "F|endswith: 's'",
    "F|startswith: 'hk'",
    "F|startswith: ['1', 'tr']",
    "F: ['*a', 'b*']",
    "F|re|i: '^[a-z]+\\\\'",
    "F|re: '\\d'",
    "F|contains: '0x'",
    "F|contains: ' '",
    "F|contains: 'data'",
    "F|gt: -1",
    "F|contains|all: ['e', '\\\\']",
    "F|endswith: ['.exe', '.q']",
];

/// Names that no schema knows, and that are hard to write in one language or another.
const UNKNOWN: &[&str] = &[
    "Unknown",
    "two words",
    "é",
    "a-b",
    "a.b",
    "_x",
    "1x",
    "a'b",
    "a{}",
    "a:b",
    "$a",
    "eventid",
    "EventData",
    "System",
    "null",
    "and",
    "NOT",
    "_raw",
    "source",
    "host",
    "index",
    "punct",
    "Timestamp",
];

/// Of the constructs, each field is asked every so many; which ones, goes round. `SIGMAGLOT_SWEEP_SHARE=1` asks all.
fn share() -> usize {
    std::env::var("SIGMAGLOT_SWEEP_SHARE").map_or(11, |share| share.parse().expect("a number from 1"))
}

/// The fields that the branches of a log source name.
fn fields(file: &Value, logsource: &Value) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = UNKNOWN.iter().map(ToString::to_string).collect();
    let mut add = |map: Option<&Value>| {
        let keys = map.and_then(Value::as_mapping).into_iter().flat_map(|map| map.keys());
        names.extend(keys.filter_map(Value::as_str).map(str::to_owned));
    };
    for branch in logsource["branches"].as_sequence().into_iter().flatten() {
        add(branch.get("fields"));
        add(branch.get("values"));
        for name in branch.get("use").and_then(Value::as_sequence).into_iter().flatten() {
            add(file["maps"].get(name));
        }
    }
    names
}

/// The rules for a schema's log sources, as one text for each.
fn texts(schema: &str) -> Vec<(String, String)> {
    let mut file: Value = serde_yaml::from_str(schema).expect("a schema");
    file.apply_merge().expect("a schema");
    let (mut texts, mut turn) = (Vec::new(), 0);
    for logsource in file["logsources"].as_sequence().expect("log sources") {
        let applies = match &logsource["for"] {
            Value::Sequence(several) => several.clone(),
            one => vec![one.clone()],
        };
        let names: Vec<String> = fields(&file, logsource).into_iter().collect();
        for applies in &applies {
            let applies = serde_json::to_string(applies).expect("JSON");
            let mut text = String::new();
            for (n, name) in names.iter().enumerate() {
                let other = &names[(n + 1) % names.len()];
                turn += 1;
                for construct in CONSTRUCTS.iter().skip(turn % share()).step_by(share()) {
                    let (_, rest) = construct.split_at(1);
                    let (modifiers, value) = rest.split_once(": ").expect("a value");
                    let value =
                        if value == "G" { serde_json::to_string(other).expect("JSON") } else { value.to_owned() };
                    let key = serde_json::to_string(&format!("{name}{modifiers}")).expect("JSON");
                    let condition = if turn % 2 == 0 { "s" } else { "not s and t" };
                    let title = format!("{applies} {key} {value} {condition}").replace(['\'', '\\'], " ");
                    write!(
                        text,
                        "---\ntitle: '{title}'\nlogsource: {applies}\ndetection:\n  s:\n    {key}: {value}\n  t:\n    T: c\n  condition: {condition}\n"
                    )
                    .expect("a text");
                }
            }
            texts.push((applies, text));
        }
    }
    texts
}

#[test]
fn no_claim_on_any_field_of_any_log_source_is_refuted() {
    let mut wrong = Vec::new();
    for target in Target::resolve("all").expect("the schemas are sound") {
        let (mut asked, mut queries, mut agreed) = (0, 0, 0);
        // One log source after the other: the witnesses of all of them together are gigabytes.
        for text in texts(target.backend.schemas()[0].1) {
            let all = rules(&[text]);
            let verdicts: Vec<_> = all.par_iter().filter_map(|rule| Some((rule, tried(rule, &target)?))).collect();
            asked += all.len();
            queries += verdicts.len();
            agreed += verdicts.iter().filter(|(_, verdict)| verdict.status == Status::Agrees).count();
            let refuted = verdicts.iter().filter(|(_, verdict)| verdict.status == Status::Refuted);
            wrong.extend(refuted.map(|(rule, verdict)| {
                let event = verdict.refuted.first().map(|refutation| &refutation.event.fields);
                format!("{}: {}: {}", target.name(), rule.title, serde_json::to_string(&event).unwrap_or_default())
            }));
        }
        eprintln!("{}: {asked} rules, {queries} queries, {agreed} agree", target.name());
        assert!(agreed > 500, "{}: {agreed} agree", target.name());
    }
    assert!(
        wrong.is_empty(),
        "{} refuted:\n{}",
        wrong.len(),
        wrong.iter().take(4000).cloned().collect::<Vec<_>>().join("\n")
    );
}
