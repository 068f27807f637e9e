//! What scripts rely on: keys and their types, exit statuses, flags.

use std::fs;
use std::io::Write;

use pretty_assertions::assert_eq;
use serde_json::Value;

use crate::cli::{RULE, folder, json, run, status, stderr, stdout, with_input};

/// The type of each key of a line, in order.
fn types(line: &Value) -> Vec<String> {
    let kind = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "map",
    };
    line.as_object().unwrap().iter().map(|(key, value)| format!("{key}: {}", kind(value))).collect()
}

#[test]
fn the_keys_of_convert_have_their_types() {
    let folder = folder();
    let refused = "title: Refused\nlogsource:\n    product: windows\n";
    fs::write(folder.path().join("refused.yml"), refused).unwrap();
    let lines = json(&run(folder.path(), &["convert", "rules/win", "refused.yml", "--to", "spl", "--json"]));
    let keys = |said: &str, attribute: &str| {
        let keys = [
            "path: text",
            "document: number",
            "id: attribute",
            "title: text",
            "level: attribute",
            "author: attribute",
            "target: text",
            "format: text",
            "claim: said",
            "query: said",
            "diagnostics: list",
            "status: attribute",
            "tags: list",
            "tables: list",
            "coverage: list",
            "schema: text",
        ];
        keys.map(|key| key.replace("said", said).replace("attribute", attribute)).to_vec()
    };
    let [good, refused] = lines.as_slice() else { panic!("two lines: {lines:?}") };
    assert_eq!(types(good), keys("text", "text"));
    assert_eq!(types(refused), keys("null", "null"));
    assert_eq!(good["coverage"][0]["coverage"], "partial");
    assert!(good["coverage"][0]["reason"].is_string());
}

#[test]
fn documents_are_counted_from_zero() {
    let folder = folder();
    let second = RULE.replace("7c0f5e0e", "7c0f5e99");
    let broken = "title: Nothing Else\n";
    fs::write(folder.path().join("three.yml"), format!("{RULE}---\n{broken}---\n{second}")).unwrap();
    let lines = json(&run(folder.path(), &["convert", "three.yml", "--to", "vql", "--json"]));
    let found: Vec<(u64, bool)> =
        lines.iter().map(|line| (line["document"].as_u64().unwrap(), line["query"].is_string())).collect();
    assert_eq!(found, [(0, true), (1, false), (2, true)]);
    assert_eq!(lines[1]["title"], "Nothing Else");
}

#[test]
fn a_target_is_named_as_it_was_asked_for() {
    let folder = folder();
    let targets = |to: &str| -> Vec<String> {
        let lines = json(&run(folder.path(), &["convert", "rules/win", "--to", to, "--json"]));
        lines.iter().map(|line| line["target"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(targets("all"), ["kql", "spl", "vql"]);
    assert_eq!(targets("vql,kql:defender"), ["vql", "kql:defender"]);
    assert_eq!(targets("kql,kql:defender"), ["kql"]);
}

/// A rule with a field that Defender does not hold.
fn unsigned() -> String {
    RULE.replace("CommandLine|contains: 'encode'", "CurrentDirectory: 'C:\\'")
}

#[test]
fn claims_are_refused_or_allowed() {
    let folder = folder();
    fs::write(folder.path().join("rule.yml"), unsigned()).unwrap();
    let line = |args: &[&str]| {
        let output = run(folder.path(), &[&["convert", "rule.yml", "--to", "kql", "--json"], args].concat());
        (json(&output).remove(0), status(&output))
    };
    let severities = |line: &Value, code: &str| -> Vec<String> {
        let found = line["diagnostics"].as_array().unwrap().iter().filter(|d| d["code"] == code);
        found.map(|d| d["severity"].as_str().unwrap().to_owned()).collect()
    };
    let (refused, code) = line(&[]);
    assert_eq!((code, &refused["query"], &refused["claim"]), (1, &Value::Null, &Value::Null));
    assert_eq!(severities(&refused, "E0502"), ["error"]);
    let (wider, code) = line(&["--approximate"]);
    assert_eq!((code, &wider["claim"]), (0, &Value::from("wider")));
    assert_eq!(severities(&wider, "W0703"), ["warning"]);
    let (again, code) = line(&["--approximate", "--allow", "exact,narrower"]);
    assert_eq!((code, &again["claim"]), (1, &Value::Null));
    assert_eq!(severities(&again, "W0703"), ["error"]);
    assert_eq!(line(&["--approximate", "--allow", "wider"]).1, 0);
}

#[test]
fn the_exit_status_tells_the_worst() {
    let folder = folder();
    for (expected, args) in [
        (0, &["convert", "rules/win", "--to", "all"][..]),
        (1, &["convert", "rules/win", "rules/bad.yml", "--to", "kql"]),
        (2, &["convert", "rules/win", "missing.yml", "--to", "kql"]),
        (2, &["convert", "rules/bad.yml", "missing.yml", "--to", "kql"]),
        (0, &["check", "rules/win"]),
        (1, &["check", "rules"]),
        (0, &["show", "rules/win"]),
        (1, &["show", "rules"]),
        (2, &["show", "missing.yml"]),
        (2, &["eval", "--rules", "rules/win", "missing.json"]),
        (2, &["convert", "rules/win", "--to", "kql", "--set", "indx=windows"]),
    ] {
        let output = run(folder.path(), args);
        assert_eq!(status(&output), expected, "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn an_unknown_target_has_its_code() {
    let folder = folder();
    let output = run(folder.path(), &["convert", "rules", "--to", "cobol"]);
    assert!(stderr(&output).starts_with("error[E0902]: unknown target `cobol`\n"), "{}", stderr(&output));
    assert!(stderr(&output).contains("kql:defender, spl:windows, vql:evtx"), "{}", stderr(&output));
}

#[test]
fn what_concerns_the_whole_run_is_said_once() {
    let folder = folder();
    fs::write(folder.path().join("rules/win/more.yml"), RULE.replace("7c0f5e0e", "7c0f5e99")).unwrap();
    let output = run(folder.path(), &["convert", "rules/win", "--to", "spl"]);
    assert_eq!(stderr(&output).matches("W0707").count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).contains("role (2 rules)\n"), "{}", stderr(&output));
    let lines = json(&run(folder.path(), &["convert", "rules/win", "--to", "spl", "--json"]));
    assert_eq!(lines.iter().map(|line| line["diagnostics"].as_array().unwrap().len()).collect::<Vec<_>>(), [2, 2]);
    let quiet = run(folder.path(), &["convert", "rules/win", "--to", "spl", "-q"]);
    assert_eq!(stderr(&quiet), "");
}

#[test]
fn check_counts_the_rules_it_looked_at() {
    let folder = folder();
    let last = |args: &[&str]| stderr(&run(folder.path(), args)).lines().last().unwrap().to_owned();
    assert_eq!(last(&["check", "rules/bad.yml"]), "1 rule checked: 1 error");
    assert_eq!(last(&["check", "rules", "missing.yml"]), "3 rules checked: 2 errors");
    assert_eq!(last(&["check", "rules/win"]), "1 rule checked: nothing to complain of");
}

#[test]
fn every_verb_that_needs_placeholders_takes_them() {
    let folder = folder();
    fs::write(folder.path().join("rule.yml"), RULE.replace("contains: 'encode'", "expand: '%words%'")).unwrap();
    fs::write(folder.path().join("words.yml"), "'%words%': encode\n").unwrap();
    let event = "{\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"encode\"}\n";
    for args in [
        &["convert", "rule.yml", "--to", "kql"][..],
        &["check", "rule.yml"],
        &["show", "rule.yml", "--ir"],
        &["eval", "--rules", "rule.yml", "-"],
    ] {
        assert_eq!(status(&with_input(folder.path(), args, event)), 1, "{args:?}");
        let args = [args, &["--placeholders", "words.yml"]].concat();
        let output = with_input(folder.path(), &args, event);
        assert_eq!(status(&output), 0, "{args:?}: {}{}", stdout(&output), stderr(&output));
    }
}

/// A shell's `*.yml` names what stands beside a rule too.
#[test]
fn files_beside_a_rule_are_no_rules() {
    let folder = folder();
    fs::write(folder.path().join("rules/win/good.events.yml"), "events: []\n").unwrap();
    fs::write(folder.path().join("rules/win/pack.yml"), "name: win\n").unwrap();
    let all = ["rules/win/good.events.yml", "rules/win/good.yml", "rules/win/pack.yml"];
    let output = run(folder.path(), &[&["check"], &all[..]].concat());
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    assert!(stderr(&output).starts_with("1 rule checked"), "{}", stderr(&output));
    let output = run(folder.path(), &["convert", "rules/win/good.events.yml", "--to", "kql"]);
    assert_eq!(status(&output), 2);
    assert!(stderr(&output).starts_with("error[E0003]: the file holds events of a rule, not a rule\n"));
}

#[test]
fn events_are_read_as_they_come() {
    let folder = folder();
    let event = "{\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"encode\"}";
    let lines = format!("{event}\n{{}}\n{event}\n");
    let path = |name: &str| folder.path().join("events").join(name);
    fs::create_dir_all(folder.path().join("events")).unwrap();
    fs::write(path("a.jsonl"), &lines).unwrap();
    fs::write(path("b.json"), format!("[{event}, {{}}, {event}]")).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).unwrap();
    fs::write(path("c.ndjson.gz"), gzip.finish().unwrap()).unwrap();
    fs::write(path("d.jsonl.zst"), zstd::encode_all(lines.as_bytes(), 1).unwrap()).unwrap();
    fs::write(path("notes.txt"), "no events").unwrap();
    let output = run(folder.path(), &["eval", "--rules", "rules/win", "events", "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let found: Vec<(String, u64)> = json(&output)
        .iter()
        .map(|line| {
            assert_eq!(types(line), ["rule: map", "event: map"]);
            assert_eq!(types(&line["rule"]), ["id: text", "title: text", "level: text", "author: text", "path: text"]);
            assert_eq!(types(&line["event"]), ["path: text", "index: number"]);
            (line["event"]["path"].as_str().unwrap().to_owned(), line["event"]["index"].as_u64().unwrap())
        })
        .collect();
    let expected = ["a.jsonl", "b.json", "c.ndjson.gz", "d.jsonl.zst"]
        .iter()
        .flat_map(|name| [0, 2].map(|index| (format!("events/{name}"), index)));
    assert_eq!(found, expected.collect::<Vec<_>>());
}

#[test]
fn a_query_that_cannot_be_judged_does_not_pass() {
    let folder = folder();
    fs::write(folder.path().join("broken.kql"), "DeviceProcessEvents | where ((").unwrap();
    let output = run(folder.path(), &["verify", "rules/win", "--to", "kql", "--query", "broken.kql"]);
    assert_eq!(status(&output), 1, "{}", stderr(&output));
    assert!(String::from_utf8_lossy(&output.stdout).contains("E1101"));
}
