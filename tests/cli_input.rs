//! Inputs of the program: files that are no rules, folders, links.

use std::fs;

use pretty_assertions::assert_eq;

use crate::cli::{RULE, folder, json, run, status, stderr, stdout};

#[test]
fn unreadable_files_do_not_stop_the_others() {
    let folder = folder();
    let path = |name: &str| folder.path().join("rules").join(name);
    fs::write(path("empty.yml"), "").unwrap();
    fs::write(path("binary.yml"), [0x7f, b'E', b'L', b'F', 0, 0xff]).unwrap();
    fs::write(path("latin.yml"), b"title: caf\xe9\n").unwrap();
    fs::write(path("large.yml"), vec![b'#'; 11_000_000]).unwrap();
    fs::write(path("deep.yml"), "[".repeat(10_000)).unwrap();
    let output = run(folder.path(), &["check", "rules", "missing.yml", "--json"]);
    assert_eq!(status(&output), 2);
    let lines = json(&output);
    let code = |file: &str| {
        let line =
            lines.iter().find(|line| line["path"].as_str().unwrap().ends_with(file) && line["severity"] == "error");
        line.unwrap_or_else(|| panic!("nothing about {file}"))["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(code("missing.yml"), "E0001");
    assert_eq!(code("binary.yml"), "E0002");
    assert_eq!(code("latin.yml"), "E0002");
    assert_eq!(code("empty.yml"), "E0003");
    assert_eq!(code("large.yml"), "E0004");
    assert_eq!(code("deep.yml"), "E0104");
    assert_eq!(code("bad.yml"), "E0401");
    let output = run(folder.path(), &["convert", "rules", "missing.yml", "--to", "kql", "--json"]);
    assert_eq!(status(&output), 2);
    assert!(json(&output).iter().any(|line| line["title"] == "Certutil Encodes" && line["query"].is_string()));
}

#[cfg(unix)]
#[test]
fn links_that_lead_in_circles_are_reported() {
    let folder = folder();
    std::os::unix::fs::symlink("..", folder.path().join("rules/win/up")).unwrap();
    std::os::unix::fs::symlink("nowhere.yml", folder.path().join("rules/dangling.yml")).unwrap();
    let output = run(folder.path(), &["check", "rules/win", "rules/dangling.yml", "--json"]);
    assert_eq!(status(&output), 2);
    let lines = json(&output);
    let about = |end: &str| lines.iter().any(|l| l["code"] == "E0001" && l["path"].as_str().unwrap().ends_with(end));
    assert!(about("dangling.yml"), "{lines:?}");
    assert!(about("up/win") || about("up"), "{lines:?}");
}

#[test]
fn a_folder_without_rules_is_a_warning() {
    let folder = folder();
    fs::create_dir_all(folder.path().join("none")).unwrap();
    let output = run(folder.path(), &["check", "none"]);
    assert_eq!(status(&output), 0);
    assert!(stdout(&output).contains("holds no rules"), "{}", stdout(&output));
}

#[test]
fn a_file_given_by_name_is_read_whatever_its_name() {
    let folder = folder();
    fs::write(folder.path().join("rule.txt"), RULE).unwrap();
    let output = run(folder.path(), &["convert", "rule.txt", "--to", "kql"]);
    assert_eq!(status(&output), 0, "{}", stderr(&output));
}

/// Work grows with the size of the input, not with its square: thousands of broken documents in one file.
#[test]
fn many_broken_documents_take_seconds() {
    let folder = folder();
    fs::write(folder.path().join("many.yml"), "---\n: :\n".repeat(100_000)).unwrap();
    let start = std::time::Instant::now();
    let output = run(folder.path(), &["convert", "many.yml", "rules/win", "--to", "all", "--json", "-q"]);
    assert_eq!(status(&output), 1);
    assert!(stdout(&output).contains("DeviceProcessEvents"));
    assert!(start.elapsed() < std::time::Duration::from_secs(60), "{:?}", start.elapsed());
}
