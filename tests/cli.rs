//! The program as its users see it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use pretty_assertions::assert_eq;
use serde_json::Value;
use tempfile::TempDir;

/// Runs the program in a folder.
pub(crate) fn run(folder: &Path, args: &[&str]) -> Output {
    with_input(folder, args, "")
}

pub(crate) fn with_input(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_sigmaglot"))
        .args(args)
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that does not read its input may have ended already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub(crate) fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

pub(crate) fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub(crate) fn json(output: &Output) -> Vec<Value> {
    stdout(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn codes(line: &Value) -> Vec<&str> {
    line["diagnostics"].as_array().unwrap().iter().map(|d| d["code"].as_str().unwrap()).collect()
}

pub(crate) const RULE: &str = "\
title: Certutil Encodes
id: 7c0f5e0e-3c8e-4b0a-9f4e-2f6d2a9b7c11
status: test
description: Finds certutil encoding a file.
author: Somebody
date: 2026-01-02
tags:
    - attack.defense-evasion
    - attack.t1027
logsource:
    product: windows
    category: process_creation
detection:
    selection:
        Image|endswith: '\\certutil.exe'
        CommandLine|contains: 'encode'
    condition: selection
level: high
";

/// Compares with a file of `snapshots/cli`.
fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../snapshots/cli");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// A folder with a good rule, a refused one and one of another product.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    write("rules/win/good.yml", RULE);
    write(
        "rules/bad.yml",
        &RULE.replace("contains", "contians").replace("7c0f5e0e", "7c0f5e0f").replace("Certutil Encodes", "Bad"),
    );
    write(
        "rules/linux.yaml",
        &RULE
            .replace("windows", "linux")
            .replace("7c0f5e0e", "7c0f5e10")
            .replace("level: high", "level: low")
            .replace("Certutil Encodes", "Linux"),
    );
    write("rules/.hidden.yml", "not: [a rule");
    write("rules/notes.txt", "not a rule");
    folder
}

#[test]
fn help_names_every_verb_and_every_verb_has_examples() {
    let here = tempfile::tempdir().unwrap();
    let help = run(here.path(), &["--help"]);
    assert_eq!(status(&help), 0);
    for verb in ["convert", "eval", "check", "show", "explain", "targets", "completions"] {
        assert!(stdout(&help).contains(verb), "{verb}");
        let own = run(here.path(), &[verb, "--help"]);
        assert_eq!(status(&own), 0);
        assert!(stdout(&own).contains("Examples:\n  "), "{verb}");
    }
}

/// Every `sigmaglot ...` line of every help text is a command line that the program takes.
#[test]
fn examples_of_the_help_are_true() {
    let folder = folder();
    let events = "{\"Image\":\"C:\\\\certutil.exe\",\"CommandLine\":\"-encode\"}\n";
    fs::create_dir_all(folder.path().join("rules/constructs")).unwrap();
    fs::copy(folder.path().join("rules/win/good.yml"), folder.path().join("rules/constructs/good.yml")).unwrap();
    fs::copy(folder.path().join("rules/win/good.yml"), folder.path().join("rule.yml")).unwrap();
    fs::write(folder.path().join("events.jsonl"), events).unwrap();
    let mut examples = 0;
    for verb in ["", "convert", "eval", "check", "show", "explain", "targets", "completions"] {
        let help = run(folder.path(), &[verb, "--help"].into_iter().filter(|arg| !arg.is_empty()).collect::<Vec<_>>());
        let text = stdout(&help).split("Examples:").nth(1).unwrap().to_owned();
        for line in text.lines().filter(|line| line.starts_with("  ")) {
            let Some(at) = line.find("sigmaglot ") else { panic!("no command in {line}") };
            let command = line[at + "sigmaglot ".len()..].split(" > ").next().unwrap();
            let input = if line.contains("cat rule.yml") { RULE } else { events };
            let args: Vec<&str> = command.split_whitespace().filter(|arg| !arg.contains(".evtx")).collect();
            let args = if command.contains(".evtx") { [args, vec!["events.jsonl"]].concat() } else { args };
            let output = with_input(folder.path(), &args, input);
            assert!(status(&output) < 2, "{command}: {}", stderr(&output));
            examples += 1;
        }
    }
    assert!(examples > 20, "{examples}");
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = folder();
    for args in [
        &["convert"][..],
        &["convert", "rules"],
        &["convert", "rules", "--to", "cobol"],
        &["convert", "rules", "--to", "kql", "--format", "pdf"],
        &["convert", "rules", "--to", "kql", "--min-level", "severe"],
        &["eval", "--rules", "rules"],
        &["explain", "E9999"],
        &["nonsense"],
        &[],
    ] {
        let output = run(folder.path(), args);
        assert_eq!(status(&output), 2, "{args:?}");
        assert_eq!(stdout(&output), "", "{args:?}");
        assert!(!stderr(&output).is_empty(), "{args:?}");
    }
}

#[test]
fn convert_json_has_the_keys_in_their_order() {
    let folder = folder();
    let output = run(folder.path(), &["convert", "rules/win/good.yml", "--to", "kql", "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let line = &json(&output)[0];
    let keys: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        [
            "path",
            "document",
            "id",
            "title",
            "level",
            "author",
            "target",
            "format",
            "claim",
            "query",
            "diagnostics",
            "status",
            "tags",
            "tables",
            "coverage",
            "schema"
        ]
    );
    assert_eq!(line["path"], "rules/win/good.yml");
    assert_eq!(line["document"], 0);
    assert_eq!(line["author"], "Somebody");
    assert_eq!(line["target"], "kql");
    assert_eq!(line["schema"], "defender");
    assert_eq!(line["claim"], "exact");
    assert!(line["query"].as_str().unwrap().contains("DeviceProcessEvents"));
}

#[test]
fn a_refused_rule_has_its_line_and_the_others_go_on() {
    let folder = folder();
    let output = run(folder.path(), &["convert", "rules", "--to", "kql,spl,vql", "--json"]);
    assert_eq!(status(&output), 1);
    let lines = json(&output);
    assert_eq!(lines.len(), 9);
    let bad: Vec<&Value> = lines.iter().filter(|line| line["path"] == "rules/bad.yml").collect();
    assert_eq!(bad.len(), 3);
    for line in bad {
        assert_eq!(line["query"], Value::Null);
        assert_eq!(line["claim"], Value::Null);
        assert_eq!(line["title"], "Bad");
        assert_eq!(line["id"], "7c0f5e0f-3c8e-4b0a-9f4e-2f6d2a9b7c11");
        assert_eq!(codes(line), ["E0401"]);
        let diagnostic = line["diagnostics"][0].as_object().unwrap();
        let keys: Vec<&str> = diagnostic.keys().map(String::as_str).collect();
        assert_eq!(keys, ["code", "severity", "message", "path", "line", "column", "help"]);
        assert_eq!(diagnostic["path"], "rules/bad.yml");
        assert_eq!(diagnostic["line"], 16);
    }
    assert!(lines.iter().any(|line| line["path"] == "rules/win/good.yml" && line["query"].is_string()));
}

#[test]
fn text_output_separates_rules_by_comments() {
    let folder = folder();
    let output =
        run(folder.path(), &["convert", "rules", "--to", "vql", "--exclude", "bad.yml", "--product", "windows,linux"]);
    let one = run(folder.path(), &["convert", "rules/win/good.yml", "--to", "kql"]);
    assert!(
        stdout(&one).starts_with("// Certutil Encodes (7c0f5e0e-3c8e-4b0a-9f4e-2f6d2a9b7c11)\n"),
        "{}",
        stdout(&one)
    );
    assert!(!stdout(&one).contains("good.yml"));
    assert!(stdout(&output).contains("rules/win/good.yml"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("Bad"));
}

#[test]
fn flags_choose_rules() {
    let folder = folder();
    let titles = |args: &[&str]| -> Vec<String> {
        let args = [&["convert", "rules", "--to", "vql", "--json", "--exclude", "bad.yml"], args].concat();
        json(&run(folder.path(), &args)).iter().map(|line| line["title"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(titles(&[]), ["Linux", "Certutil Encodes"]);
    assert_eq!(titles(&["--min-level", "medium"]), ["Certutil Encodes"]);
    assert_eq!(titles(&["--product", "linux"]), ["Linux"]);
    assert_eq!(titles(&["--tag", "attack.t1027"]), ["Linux", "Certutil Encodes"]);
    assert_eq!(titles(&["--tag", "attack.t1*", "--min-level", "high"]), ["Certutil Encodes"]);
    assert_eq!(titles(&["--status", "stable"]), [""; 0]);
    assert_eq!(titles(&["--exclude", "win"]), ["Linux"]);
    assert_eq!(titles(&["--exclude", "rules/*.yaml"]), ["Certutil Encodes"]);
    assert_eq!(titles(&["--exclude", "7C0F5E10-3c8e-4b0a-9f4e-2f6d2a9b7c11"]), ["Certutil Encodes"]);
}

#[test]
fn out_mirrors_the_input() {
    let folder = folder();
    let both = RULE.to_owned() + "---\n" + &RULE.replace("7c0f5e0e", "7c0f5e99").replace("name:", "name2:");
    fs::write(folder.path().join("rules/two.yml"), both).unwrap();
    let output = run(folder.path(), &["convert", "rules", "--to", "kql,vql", "--out", "q", "--exclude", "bad.yml"]);
    assert_eq!(stdout(&output), "");
    for file in ["win/good.kql", "win/good.vql", "linux.vql", "two-1.kql"] {
        let found = folder.path().join("q").join(file).exists();
        // A product that one target lacks is refused there.
        assert!(found || file == "linux.vql", "{file}: {}", stderr(&output));
    }
}

#[test]
fn out_never_leaves_its_folder() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("q")).unwrap();
    run(&folder.path().join("q"), &["convert", "../rules/win/../win/good.yml", "--to", "kql", "--out", "inside"]);
    assert!(folder.path().join("q/inside/good.kql").exists());
    let input = with_input(folder.path(), &["convert", "-", "--to", "kql", "--out", "q2"], RULE);
    assert_eq!(status(&input), 0, "{}", stderr(&input));
    assert!(folder.path().join("q2/stdin.kql").exists());
}

#[cfg(unix)]
#[test]
fn out_does_not_follow_links() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("elsewhere")).unwrap();
    fs::create_dir_all(folder.path().join("q")).unwrap();
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), folder.path().join("q/win")).unwrap();
    let output = run(folder.path(), &["convert", "rules", "--to", "kql", "--out", "q"]);
    assert_eq!(status(&output), 2);
    assert_eq!(fs::read_dir(folder.path().join("elsewhere")).unwrap().count(), 0);
}

#[test]
fn check_finds_and_fixes() {
    let folder = folder();
    let path = folder.path().join("slashes.yml");
    fs::write(&path, RULE.replace("2026-01-02", "2026/01/02")).unwrap();
    let before = run(folder.path(), &["check", "slashes.yml", "--json"]);
    assert_eq!(status(&before), 0, "{}", stdout(&before));
    assert!(stdout(&before).contains("W0801"), "{}", stdout(&before));
    assert_eq!(status(&run(folder.path(), &["check", "slashes.yml", "--strict"])), 1);
    let fixed = run(folder.path(), &["check", "slashes.yml", "--fix", "--strict"]);
    assert_eq!(status(&fixed), 0, "{}", stdout(&fixed));
    assert!(stdout(&fixed).starts_with("fixed slashes.yml:6: W0801"), "{}", stdout(&fixed));
    assert_eq!(fs::read_to_string(&path).unwrap(), RULE);
}

#[test]
fn sarif_names_codes_and_places() {
    let folder = folder();
    let output = run(folder.path(), &["check", "rules", "--sarif", "found.sarif"]);
    assert_eq!(status(&output), 1);
    let log: Value = serde_json::from_str(&fs::read_to_string(folder.path().join("found.sarif")).unwrap()).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let result = log["runs"][0]["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "E0401").unwrap();
    assert_eq!(result["level"], "error");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "rules/bad.yml");
    assert_eq!(place["region"]["startLine"], 16);
    let index = result["ruleIndex"].as_u64().unwrap() as usize;
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][index]["id"], "E0401");
}

#[test]
fn a_rule_cannot_colour_the_terminal() {
    let folder = folder();
    let rule = RULE.replace("title: Certutil Encodes", "title: \"Red \\x1b[31m\"").replace("contains", "contians");
    fs::write(folder.path().join("red.yml"), rule).unwrap();
    for args in [&["check", "red.yml"][..], &["show", "red.yml"], &["convert", "red.yml", "--to", "kql"]] {
        let output = run(folder.path(), args);
        assert!(!stdout(&output).contains('\x1b') && !stderr(&output).contains('\x1b'), "{args:?}");
    }
    let coloured = run(folder.path(), &["check", "red.yml", "--color", "always"]);
    assert!(stdout(&coloured).contains('\x1b'));
}

#[test]
fn show_lists_stages_and_indicators() {
    let folder = folder();
    let output = run(folder.path(), &["show", "rules/win/good.yml", "--json"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
    let line = &json(&output)[0];
    assert_eq!(line["stages"][0]["name"], "condition");
    assert_eq!(
        line["stages"][1]["text"],
        "selection:\n    Image|endswith: '\\certutil.exe'\n    CommandLine|contains: 'encode'"
    );
    assert_eq!(line["indicators"][1]["field"], "CommandLine");
    assert_eq!(line["indicators"][1]["kind"], "contains");
    assert_eq!(line["indicators"][1]["values"][0], "encode");
    let human = run(folder.path(), &["show", "rules/win/good.yml"]);
    snapshot("show", stdout(&human));
}

#[test]
fn texts_for_readers() {
    let folder = folder();
    let output = run(folder.path(), &["convert", "rules", "--to", "kql,vql"]);
    snapshot("convert", stdout(&output));
    snapshot("convert_messages", stderr(&output));
    snapshot("convert_json", stdout(&run(folder.path(), &["convert", "rules/win", "--to", "all", "--json"])));
    snapshot("check", stdout(&run(folder.path(), &["check", "rules"])));
    snapshot("show_ir", stdout(&run(folder.path(), &["show", "rules/win", "--ir"])));
    snapshot("help", stdout(&run(folder.path(), &["--help"])));
}

#[test]
fn explain_knows_every_code() {
    let here = tempfile::tempdir().unwrap();
    let page = run(here.path(), &["explain", "e0401"]);
    assert_eq!(status(&page), 0);
    assert!(stdout(&page).starts_with("# E0401: unknown modifier\n"));
    let all = run(here.path(), &["explain"]);
    assert_eq!(stdout(&all).lines().count(), sigmaglot::diag::ALL_CODES.len());
    assert!(stderr(&run(here.path(), &["explain", "EO401"])).contains("did you mean E0401?"));
}

#[test]
fn targets_say_what_they_hold() {
    let here = tempfile::tempdir().unwrap();
    let output = run(here.path(), &["targets", "--json"]);
    let lines = json(&output);
    for target in ["kql:defender", "spl:windows", "vql:evtx"] {
        let line = lines.iter().find(|line| line["target"] == target).unwrap_or_else(|| panic!("{target}"));
        assert_eq!(line["default"], true);
        assert!(line["logsources"].as_array().unwrap().iter().any(|s| s["category"] == "process_creation"));
    }
}

#[test]
fn completions_are_scripts() {
    let here = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let output = run(here.path(), &["completions", shell]);
        assert_eq!(status(&output), 0);
        assert!(stdout(&output).contains("convert"), "{shell}");
    }
}

#[cfg(unix)]
#[test]
fn a_reader_that_hangs_up_is_no_error() {
    let folder = folder();
    for n in 0..300 {
        let id = format!("{n:08x}-3c8e-4b0a-9f4e-2f6d2a9b7c11");
        let rule = RULE.replace("7c0f5e0e-3c8e-4b0a-9f4e-2f6d2a9b7c11", &id);
        fs::write(folder.path().join(format!("rules/win/{n}.yml")), rule).unwrap();
    }
    let mut child = Command::new(env!("CARGO_BIN_EXE_sigmaglot"))
        .args(["convert", "rules/win", "--to", "all", "--json"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(stderr(&output), "");
    assert_eq!(status(&output), 0);
}

#[test]
fn names_of_any_length_are_shown() {
    let folder = folder();
    let rule = RULE.replace("CommandLine|contains:", &format!("? {}|contains\n        :", "F".repeat(100_000)));
    std::fs::write(folder.path().join("long.yml"), rule).unwrap();
    assert!(run(folder.path(), &["show", "long.yml"]).status.success());
}

#[test]
fn titles_stay_in_their_comment_and_reorder_nothing() {
    let folder = folder();
    let title = r#"title: "a\n| take 1\u2028b\u202Ec\uFEFF ```'''""#;
    let rule: String =
        RULE.lines().map(|line| if line.starts_with("title:") { title } else { line }.to_owned() + "\n").collect();
    std::fs::write(folder.path().join("odd.yml"), rule).unwrap();
    for (target, first) in [
        ("kql", "// a | take 1 b c  ```''' ("),
        ("vql", "-- a | take 1 b c  ```''' ("),
        ("spl", "``` a | take 1 b c  '''''' ("),
    ] {
        let output = run(folder.path(), &["convert", "odd.yml", "--to", target]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with(first), "{text}");
    }
}

#[test]
fn a_query_is_verified_in_the_index_that_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let verify = |set: &str| with_input(folder.path(), &["verify", "-", "--to", "spl", "--set", set], RULE);
    let output = verify("index=windows");
    assert_eq!(status(&output), 0, "{}", stdout(&output));
    assert!(stdout(&output).starts_with("agrees "), "{}", stdout(&output));
    assert!(stderr(&verify("idx=windows")).contains("no target has `idx`"));
}

#[test]
fn what_an_add_on_of_splunk_computes_is_no_field_of_an_event() {
    let folder = tempfile::tempdir().unwrap();
    let rule = "title: T\nlogsource: {product: windows, category: process_creation}\ndetection: {s: {process_name: a.exe}, condition: s}\n";
    let output = with_input(folder.path(), &["convert", "-", "--to", "spl"], rule);
    assert!(stdout(&output).is_empty() && stderr(&output).contains("E0502"), "{}", stderr(&output));
}
