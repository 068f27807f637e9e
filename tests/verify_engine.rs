//! `verify --engine`: other people's engines, good and bad, and queries that cannot be judged.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;

use crate::cli::{folder, json, run, status, stderr, stdout, with_input};

/// A program of the shell in the folder.
fn program(folder: &Path, body: &str) -> String {
    let path = folder.join("engine.sh");
    fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// Says hello, then does something for each query.
fn answering(each: &str) -> String {
    format!("read line\necho '{{\"ready\": \"a test\"}}'\nwhile read line; do\n{each}\ndone")
}

fn verify(folder: &Path, engine: &str, more: &[&str]) -> std::process::Output {
    let args = ["verify", "rules/win", "--to", "kql", "--json", "--engine", engine];
    run(folder, &[&args[..], more].concat())
}

#[test]
fn the_built_in_engines_answer_the_same_through_the_door() {
    let folder = folder();
    for language in ["kql", "spl", "vql"] {
        let engine = format!("{language}={} engine {language}", env!("CARGO_BIN_EXE_sigmaglot"));
        let args = ["verify", "rules/win", "--to", language, "--json"];
        let own = json(&run(folder.path(), &args));
        let output = run(folder.path(), &[&args[..], &["--engine", &engine]].concat());
        let mut theirs = json(&output);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        assert_eq!(theirs[0]["status"], "agrees");
        assert_eq!(theirs[0]["engine"], format!("sigmaglot {}", env!("CARGO_PKG_VERSION")));
        theirs[0]["engine"] = "built-in".into();
        assert_eq!(own, theirs);
    }
}

#[test]
fn the_built_in_engine_of_kql_has_the_tables_that_it_is_told_of() {
    let lines = [
        r#"{"hello": {"protocol": 1, "language": "kql", "place": "mine", "tables": {"T": {"F": "string", "N": "long"}}}}"#,
        r#"{"id": 1, "query": "T | where N > 1", "now": 0.0, "rows": [{"row": 7, "table": "T", "values": {"F": "a", "N": 2}}]}"#,
        r#"{"id": 2, "query": "DeviceProcessEvents", "now": 0.0, "rows": []}"#,
    ];
    let output = with_input(Path::new("."), &["engine", "kql"], &lines.join("\n"));
    let answers = json(&output);
    assert_eq!(answers[1], serde_json::json!({"found": [7], "id": 1}));
    assert_eq!(answers[2]["kind"], "failed");
    let hello = r#"{"hello": {"protocol": 1, "language": "kql", "place": "mine", "tables": {"T": {"F": "text"}}}}"#;
    assert!(
        stdout(&with_input(Path::new("."), &["engine", "kql"], hello))
            .contains("the table T is not described as column: type")
    );
}

#[test]
fn an_engine_that_finds_nothing_refutes() {
    let folder = folder();
    let each =
        "id=$(echo \"$line\" | sed 's/.*\"id\":\\([0-9]*\\).*/\\1/')\necho \"{\\\"id\\\": $id, \\\"found\\\": []}\"";
    let engine = format!("kql={}", program(folder.path(), &answering(each)));
    let output = verify(folder.path(), &engine, &[]);
    assert_eq!((status(&output), &json(&output)[0]["status"]), (1, &"refuted".into()), "{}", stderr(&output));
    assert_eq!(json(&output)[0]["refuted"][0]["meant"], true);
}

#[test]
fn an_engine_that_fails_never_passes() {
    let folder = folder();
    let cases = [
        ("exit 1", "ended without an answer"),
        ("echo rubbish", "rubbish"),
        ("echo '{\"id\": 77, \"found\": []}'", "query 77"),
        ("echo '{\"id\": 1, \"found\": [99999]}'", "row 99999"),
        ("echo '{\"id\": 1}'", "not just one of"),
        ("echo '{\"id\": 1, \"found\": [], \"some\": true}'", "not just one of"),
        ("echo '{\"id\": \"one\", \"found\": []}'", "invalid type"),
        ("echo '{\"id\": 1, \"found\": [-1]}'", "invalid value"),
        ("echo", "it answered ``"),
        ("echo null", "null"),
        ("echo '[[[[[[[['", "[[["),
        ("printf 'an answer without its end'; exit 0", "has no end"),
        ("exec 1>&-; exec sleep 600", "ended without an answer"),
        ("kill -9 $$", "ended without an answer"),
        ("echo '{\"id\": 1, \"error\": \"x\", \"kind\": \"odd\"}'", "no known kind"),
        ("printf '\\377\\n'", "no text"),
    ];
    for (each, said) in cases {
        let engine = format!("kql={}", program(folder.path(), &answering(each)));
        let output = verify(folder.path(), &engine, &[]);
        let line = &json(&output)[0];
        assert_eq!((status(&output), &line["status"]), (1, &"unproven".into()), "{each}");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.starts_with("E1105") && reason.contains(said), "{each}: {reason}");
        assert!(stderr(&output).contains("the engine failed on 1 query"), "{}", stderr(&output));
    }
}

#[test]
fn an_engine_that_writes_without_end_is_left() {
    let folder = folder();
    // A line that never ends is read no further than the longest answer.
    let engine = format!("kql={}", program(folder.path(), &answering("exec tr '\\0' a </dev/zero")));
    let output = verify(folder.path(), &engine, &[]);
    assert_eq!((status(&output), &json(&output)[0]["status"]), (1, &"unproven".into()));
    let reason = json(&output)[0]["reason"].as_str().unwrap().to_owned();
    assert!(reason.starts_with("E1105") && reason.contains("has no end"), "{reason}");
}

#[test]
fn what_an_engine_says_beside_its_answers_is_no_answer() {
    let folder = folder();
    let noisy = "head -c 100000000 /dev/zero | tr '\\0' e >&2\nprintf '\\377\\n' >&2\n";
    let each = format!("{noisy}echo '{{\"id\": 1, \"error\": \"later\", \"kind\": \"unknown\"}}'");
    let engine = format!("kql={}", program(folder.path(), &answering(&each)));
    let output = verify(folder.path(), &engine, &[]);
    assert_eq!(status(&output), 0);
    assert!(json(&output)[0]["reason"].as_str().unwrap().contains("later"));
    assert!(output.stderr.len() >= 100_000_000, "{}", output.stderr.len());
}

#[test]
fn an_engine_that_answers_twice_never_passes() {
    let folder = folder();
    let body = "read line\necho '{\"ready\": \"a test\"}'\nwhile read line; do\n\
        echo '{\"id\": 1, \"some\": true}'\necho '{\"id\": 1, \"found\": []}'\ndone";
    let engine = format!("kql={}", program(folder.path(), body));
    let output = verify(folder.path(), &engine, &[]);
    assert_eq!((status(&output), &json(&output)[0]["status"]), (1, &"unproven".into()));
    assert!(json(&output)[0]["reason"].as_str().unwrap().contains("query 1 when query 2 was asked"));
}

#[test]
fn an_engine_that_fails_on_a_foreign_query_never_passes() {
    let folder = folder();
    fs::write(folder.path().join("q.kql"), "DeviceProcessEvents\n| where Strange()\n").unwrap();
    for (each, code) in [
        ("exit 1", "E1105"),
        ("exec sleep 600", "E1105"),
        ("echo rubbish", "E1105"),
        ("echo '{\"id\": 1, \"error\": \"no Strange()\", \"kind\": \"unknown\", \"at\": 28}'", "E1102"),
        ("echo '{\"id\": 1, \"error\": \"no Strange()\", \"kind\": \"failed\", \"at\": 28}'", "E1103"),
        ("echo '{\"id\": 1, \"error\": \"no Strange()\", \"kind\": \"syntax\", \"at\": 28}'", "E1101"),
        ("echo '{\"id\": 1, \"error\": \"no Strange()\", \"kind\": \"syntax\", \"at\": 99999}'", "E1101"),
    ] {
        let engine = format!("kql={}", program(folder.path(), &answering(each)));
        let args = ["--engine-timeout", "1", "--query", "q.kql"];
        let output = verify(folder.path(), &engine, &args);
        let line = &json(&output)[0];
        assert_eq!((status(&output), &line["status"]), (1, &"unproven".into()), "{each}");
        let reason = line["reason"].as_str().unwrap();
        assert!(reason.starts_with(code), "{each}: {reason}");
        assert_eq!(reason.ends_with("at line 2, column 9"), each.contains("28"), "{each}: {reason}");
    }
}

#[test]
fn an_engine_that_hangs_is_left() {
    let folder = folder();
    let engine = format!("kql={}", program(folder.path(), &answering("exec sleep 600")));
    let start = Instant::now();
    let output = verify(folder.path(), &engine, &["--engine-timeout", "1"]);
    assert_eq!((status(&output), &json(&output)[0]["status"]), (1, &"unproven".into()));
    assert!(json(&output)[0]["reason"].as_str().unwrap().contains("within 1 s"));
    assert!(start.elapsed() < Duration::from_secs(60));
}

#[test]
fn an_engine_that_cannot_start_is_wrong_usage() {
    let folder = folder();
    let silent = program(folder.path(), "exit 0");
    for engine in ["kql=no-such-program", "kql=", "sql=x", "kql", "vql=x", &format!("kql={silent}")] {
        let output = verify(folder.path(), engine, &[]);
        assert_eq!((status(&output), stdout(&output)), (2, ""), "{engine}");
        assert!(stderr(&output).contains("--engine"), "{engine}: {}", stderr(&output));
    }
}

#[test]
fn what_gives_no_rule_is_said() {
    let folder = folder();
    std::fs::write(folder.path().join("broken.yml"), "title: a\ndetection: [\n").unwrap();
    std::fs::write(folder.path().join("bytes.yml"), b"title: \xff\n").unwrap();
    let output = run(folder.path(), &["verify", "broken.yml", "bytes.yml", "rules/win", "--to", "kql"]);
    assert_eq!(status(&output), 2);
    let said = stderr(&output);
    for part in ["E0101", "broken.yml:2:12", "E0002", "bytes.yml", "2 documents gave no rule"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let output = run(folder.path(), &["verify", "broken.yml", "rules/win", "--to", "kql", "--json"]);
    assert_eq!(status(&output), 1);
    let lines = json(&output);
    assert_eq!((&lines[0]["status"], lines.len() > 1), (&serde_json::json!("refused"), true));
    assert!(lines[0]["reason"].as_str().unwrap().starts_with("E0101"), "{}", lines[0]);
}

#[test]
fn what_an_engine_refuses_is_said() {
    let folder = folder();
    for (kind, status_of, code) in [
        ("unknown", "unproven", "E1102"),
        ("limit", "unproven", "E1104"),
        ("failed", "refuted", "E1103"),
        ("syntax", "refuted", "E1101"),
    ] {
        // What it does not know, it does not know of no rows either: it is asked twice.
        let answer = format!(r#"{{\"id\": $n, \"error\": \"no such column\", \"kind\": \"{kind}\"}}"#);
        let each = format!("n=$((n+1)); echo \"{answer}\"");
        let engine = format!("kql={}", program(folder.path(), &answering(&each)));
        let line = json(&verify(folder.path(), &engine, &[])).remove(0);
        assert_eq!(line["status"], status_of, "{kind}");
        assert!(line["reason"].as_str().unwrap().starts_with(code), "{kind}: {line}");
    }
}

#[test]
fn a_query_that_cannot_be_read_is_shown_at_its_place() {
    let folder = folder();
    fs::write(folder.path().join("q.kql"), "DeviceProcessEvents\n| where FileName ==\n").unwrap();
    let output = run(folder.path(), &["verify", "rules/win", "--to", "kql", "--query", "q.kql"]);
    assert_eq!(status(&output), 1);
    let text = stdout(&output);
    assert!(text.contains("error[E1101]") && text.contains("q.kql:") && text.contains("unproven"), "{text}");
}

#[test]
fn only_verified_queries_are_written() {
    let folder = folder();
    let fine = run(folder.path(), &["convert", "rules/win", "--to", "all", "--verified"]);
    assert_eq!((status(&fine), stderr(&fine).contains("E11")), (0, false), "{}", stderr(&fine));
    assert!(stdout(&fine).contains("DeviceProcessEvents"));
    let each =
        "id=$(echo \"$line\" | sed 's/.*\"id\":\\([0-9]*\\).*/\\1/')\necho \"{\\\"id\\\": $id, \\\"found\\\": []}\"";
    let engine = format!("kql={}", program(folder.path(), &answering(each)));
    let refused = run(folder.path(), &["convert", "rules/win", "--to", "kql", "--verified", "--engine", &engine]);
    assert_eq!((status(&refused), stdout(&refused)), (1, ""));
    assert!(stderr(&refused).contains("error[E1106]"), "{}", stderr(&refused));
    let usage = run(folder.path(), &["convert", "rules/win", "--to", "kql", "--engine", &engine]);
    assert_eq!(status(&usage), 2);
}
