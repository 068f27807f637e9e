//! `sigmaglot eval`, and what changes a rule's meaning from outside: filters and placeholders.

use std::fs;

use pretty_assertions::assert_eq;

use crate::cli::{RULE, folder, run, status, stderr, stdout, with_input};

#[test]
fn eval_tells_rule_and_event() {
    let folder = folder();
    let events = "\
{\"Image\":\"C:\\\\run.exe\",\"CommandLine\":\"x\"}
{\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"-Encode a b\"}
{broken
{\"Image\":\"C:\\\\CERTUTIL.EXE\",\"CommandLine\":\"-encode\"}
";
    fs::write(folder.path().join("e.jsonl"), events).unwrap();
    let output = run(folder.path(), &["eval", "--rules", "rules/win", "e.jsonl", "--json"]);
    let found = stdout(&output);
    let expected = |index: usize| {
        format!(
            "{{\"rule\":{{\"id\":\"7c0f5e0e-3c8e-4b0a-9f4e-2f6d2a9b7c11\",\"title\":\"Certutil Encodes\",\"level\":\"high\",\
             \"author\":\"Somebody\",\"path\":\"rules/win/good.yml\"}},\"event\":{{\"path\":\"e.jsonl\",\"index\":{index}}}}}\n"
        )
    };
    assert_eq!(found, expected(1) + &expected(3));
    assert!(stderr(&output).contains("E1001"), "{}", stderr(&output));
    assert!(stderr(&output).contains("1 rule, 3 events: 2 matches; 1 event could not be read"), "{}", stderr(&output));
    let human = with_input(folder.path(), &["eval", "--rules", "rules/win", "-"], events);
    assert!(stdout(&human).contains("Certutil Encodes") && stdout(&human).contains("<stdin>#1"), "{}", stdout(&human));
}

#[test]
fn eval_asks_only_rules_of_the_log_source() {
    let folder = folder();
    let event =
        "{\"Channel\":\"Security\",\"EventID\":4624,\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"encode\"}\n";
    let matches = |args: &[&str]| {
        let args = [&["eval", "--rules", "rules/win", "-", "--json"], args].concat();
        stdout(&with_input(folder.path(), &args, event)).lines().count()
    };
    assert_eq!(matches(&[]), 0);
    assert_eq!(matches(&["--any-logsource"]), 1);
}

#[test]
fn filters_narrow_rules() {
    let folder = folder();
    let filter = "\
title: Our Own Use
id: 11111111-2222-4333-8444-555555555555
logsource:
    product: windows
    category: process_creation
filter:
    rules:
        - 7c0f5e0e-3c8e-4b0a-9f4e-2f6d2a9b7c11
    selection:
        User: backup
    condition: not selection
";
    fs::write(folder.path().join("filter.yml"), filter).unwrap();
    let event = "{\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"encode\",\"User\":\"backup\"}\n";
    let matches = |args: &[&str]| {
        let args = [&["eval", "--rules", "rules/win", "-", "--json"], args].concat();
        let output = with_input(folder.path(), &args, event);
        assert_eq!(status(&output), 0, "{}", stderr(&output));
        stdout(&output).lines().count()
    };
    assert_eq!(matches(&[]), 1);
    assert_eq!(matches(&["--filter", "filter.yml"]), 0);
}

#[test]
fn placeholders_come_from_a_file() {
    let folder = folder();
    let rule = RULE.replace("contains: 'encode'", "contains|expand: '%words%'");
    fs::write(folder.path().join("rule.yml"), rule).unwrap();
    fs::write(folder.path().join("words.yml"), "words: [encode, decode]\n").unwrap();
    let refused = run(folder.path(), &["convert", "rule.yml", "--to", "kql"]);
    assert_eq!(status(&refused), 1);
    assert!(stderr(&refused).contains("E0408"), "{}", stderr(&refused));
    let output = run(folder.path(), &["convert", "rule.yml", "--to", "kql", "--placeholders", "words.yml"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    assert!(stdout(&output).contains("decode"), "{}", stdout(&output));
}
