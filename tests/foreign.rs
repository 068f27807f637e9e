//! `verify --query`: queries as people write them by hand, equal to their rules, subtly wrong, or not to be judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::Value;

use crate::cli::{folder, json, run, status, stderr, stdout, with_input};
use crate::rule_files::root;

/// What becomes of a query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    rule: Option<String>,
    status: String,
    finds: Option<String>,
    says: Option<String>,
    at: Option<(usize, usize)>,
}

fn cases() -> BTreeMap<String, BTreeMap<String, Expected>> {
    serde_yaml::from_str(&fs::read_to_string(root().join("tests/foreign/cases.yml")).unwrap()).unwrap()
}

/// Which side finds the events that are shown.
fn finds(line: &Value) -> Option<&'static str> {
    let shown = line["refuted"].as_array().unwrap();
    let rule = shown.iter().any(|event| event["meant"] == true && event["found"] == false);
    let query = shown.iter().any(|event| event["meant"] == false && event["found"] == true);
    match (rule, query) {
        (true, true) => Some("both"),
        (true, false) => Some("rule"),
        (false, true) => Some("query"),
        (false, false) => None,
    }
}

#[test]
fn queries_written_by_hand_are_judged() {
    let mut wrong = Vec::new();
    for (target, queries) in cases() {
        let language = target.split(':').next().unwrap();
        for (name, expected) in queries {
            let rule = expected.rule.as_deref().unwrap_or_else(|| name.split('_').next().unwrap());
            let (rule, query) = (format!("tests/foreign/rules/{rule}.yml"), format!("tests/foreign/{name}.{language}"));
            let output = run(root(), &["verify", &rule, "--to", &target, "--json", "--query", &query]);
            let line = &json(&output)[0];
            let reason = line["reason"].as_str().unwrap_or_default();
            let place = expected.at.map(|(line, column)| format!(", at line {line}, column {column}"));
            let right = line["status"] == expected.status.as_str()
                && status(&output) == i32::from(expected.status != "agrees")
                && finds(line) == expected.finds.as_deref()
                && (expected.says.is_none() == reason.is_empty())
                && expected.says.is_none_or(|says| reason.contains(&says))
                && place.is_none_or(|place| reason.ends_with(&place));
            if !right {
                wrong.push(format!("{query}: {line:#}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_query_of_the_folder_is_a_case() {
    let files = fs::read_dir(root().join("tests/foreign")).unwrap().map(|entry| entry.unwrap().path());
    let is_query = |path: &std::path::PathBuf| path.extension().is_some_and(|kind| kind != "yml");
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let there: BTreeSet<String> = files.filter(is_query).map(name).collect();
    let listed = cases().into_iter().flat_map(|(target, queries)| {
        let language = target.split(':').next().unwrap().to_owned();
        queries.into_keys().map(move |query| format!("{query}.{language}"))
    });
    assert_eq!(there, listed.collect());
}

#[test]
fn what_is_shown_of_a_refuted_query_is_the_smallest_event_once() {
    let args = ["verify", "tests/foreign/rules/certutil.yml", "--to", "spl:windows"];
    let output = run(root(), &[&args[..], &["--query", "tests/foreign/certutil_wildcard.spl"]].concat());
    let shown = "          {\"Channel\":\"Microsoft-Windows-Sysmon/Operational\",\
        \"Provider_Name\":\"Microsoft-Windows-Sysmon\",\"EventID\":1,\
        \"CommandLine\":\"httpurlcache\",\"Image\":\"\\\\certutil.exe\"}\n          \
        is meant by the rule, and is not found by the query\n";
    let (first, rest) = stdout(&output).split_once('\n').unwrap();
    assert!(first.starts_with("refuted   spl:windows  Certutil Downloads A File"), "{first}");
    assert_eq!(rest, shown);
}

#[test]
fn a_limit_is_no_difference() {
    let folder = folder();
    let query = fs::read_to_string(root().join("tests/foreign/encoded_equal.kql")).unwrap();
    for limit in ["| take 1", "| top 1 by Timestamp", "| summarize arg_max(Timestamp, *) by DeviceName"] {
        let args = ["verify", "rule.yml", "--to", "kql:defender", "--query", "-"];
        fs::copy(root().join("tests/foreign/rules/encoded.yml"), folder.path().join("rule.yml")).unwrap();
        let output = with_input(folder.path(), &args, &format!("{query}{limit}"));
        assert_eq!(status(&output), 0, "{limit}: {}", stdout(&output));
    }
}

/// Writes a query and judges it against the rule of encoded commands.
fn judged(folder: &Path, name: &str, query: &[u8]) -> std::process::Output {
    fs::copy(root().join("tests/foreign/rules/encoded.yml"), folder.join("rule.yml")).unwrap();
    fs::write(folder.join(name), query).unwrap();
    let target = match name.rsplit('.').next().unwrap() {
        "kql" => "kql:defender",
        "spl" => "spl:windows",
        _ => "vql:evtx",
    };
    run(folder, &["verify", "rule.yml", "--to", target, "--query", name])
}

#[test]
fn how_a_file_is_saved_makes_no_difference() {
    let folder = folder();
    for language in ["kql", "spl", "vql"] {
        let query = fs::read_to_string(root().join(format!("tests/foreign/encoded_equal.{language}"))).unwrap();
        let windows = query.replace('\n', "\r\n");
        for text in
            [format!("\u{feff}{query}"), windows.clone(), format!("\u{feff}{windows}"), format!("\n\n{query}\n\n")]
        {
            let output = judged(folder.path(), &format!("q.{language}"), text.as_bytes());
            assert_eq!(
                (status(&output), stderr(&output).contains("error")),
                (0, false),
                "{text:?}: {}",
                stdout(&output)
            );
        }
    }
}

#[test]
fn what_is_no_query_is_unusable() {
    let folder = folder();
    let huge = b"// a comment\n".repeat(1 << 20);
    for language in ["kql", "spl", "vql"] {
        for (query, said) in [
            (&b""[..], "holds no query"),
            (b"\xef\xbb\xbf \r\n\n", "holds no query"),
            (b"\x80\x81\xff\xfe", "not UTF-8"),
            (b"\xff\xfeD\0e\0", "UTF-16"),
            (b"a\0b", "zero bytes"),
            (&huge, "larger than 10 MB"),
        ] {
            let name = format!("q.{language}");
            let output = judged(folder.path(), &name, query);
            assert_eq!((status(&output), stdout(&output)), (2, ""), "{said}");
            let error = stderr(&output);
            assert!(error.contains(said) && error.contains(&name), "{error}");
        }
    }
    for (query, said) in [(".", "is a directory"), ("absent.kql", "no such file")] {
        let output = run(folder.path(), &["verify", "rule.yml", "--to", "kql", "--query", query]);
        assert_eq!((status(&output), stdout(&output)), (2, ""), "{query}");
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
}

#[test]
fn a_query_of_comments_alone_never_passes() {
    let folder = folder();
    for (name, query) in [("q.kql", "// nothing\n"), ("q.vql", "-- nothing\n"), ("q.spl", "```nothing```\n")] {
        let output = judged(folder.path(), name, query.as_bytes());
        assert_eq!(status(&output), 1, "{name}: {}", stdout(&output));
    }
}
