//! What README.md shows is what the tool does. `INSTA_UPDATE=always` writes the page anew, as it does with snapshots.
//!
//! - a block after `<!-- file: PATH -->` is that file
//! - a block after `<!-- output: COMMAND -->` is what the command writes to standard output
//! - a `console` block is a command and all that it writes
//! - `<!-- table: PATH -->` is followed by the table of that snapshot

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use pretty_assertions::assert_eq;

use crate::rule_files::root;

/// What a command of the page writes: standard output, standard error.
fn run(command: &str) -> (String, String) {
    let folder = Path::new(env!("CARGO_BIN_EXE_sigmaglot")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap_or_default());
    let output = Command::new("sh").args(["-c", command]).env("PATH", path).current_dir(root()).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// The table that a snapshot is, or that is made of a snapshot of counts: a row a target.
fn table(path: &str) -> String {
    let text = fs::read_to_string(root().join(path)).unwrap();
    let own: String = text.lines().filter(|line| line.starts_with('|')).flat_map(|line| [line, "\n"]).collect();
    if !own.is_empty() {
        return own;
    }
    let mut rows =
        "| target | queries | exact | wider | narrower | both | refused |\n|---|---|---|---|---|---|---|\n".to_owned();
    let number = |text: &str| text.split(' ').next().and_then(|word| word.parse::<u32>().ok()).unwrap();
    let rules: u32 = number(text.lines().find(|line| line.ends_with(" rules")).unwrap().rsplit(", ").next().unwrap());
    for section in text.split("\n\n") {
        let Some((target, queries)) = section.lines().next().and_then(|line| line.split_once(": ")) else { continue };
        if !queries.ends_with(" queries") {
            continue;
        }
        let queries = number(queries);
        let claims = ["exact", "wider", "narrower", "either"].map(|claim| {
            let line = section.lines().find_map(|line| line.strip_prefix(&format!("  query {claim}: ")));
            line.map_or_else(|| "0".to_owned(), str::to_owned)
        });
        writeln!(rows, "| `{target}` | {queries} | {} | {} |", claims.join(" | "), rules - queries).unwrap();
    }
    rows
}

/// The page as it should be.
fn page(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut page = String::new();
    while let Some(line) = lines.next() {
        writeln!(page, "{line}").unwrap();
        let mark = |name| line.strip_prefix(&format!("<!-- {name}: ")).and_then(|rest| rest.strip_suffix(" -->"));
        let content = if let Some(path) = mark("table") {
            while lines.next_if(|line| line.starts_with('|')).is_some() {}
            page.push_str(&table(path));
            continue;
        } else if let Some(path) = mark("file") {
            fs::read_to_string(root().join(path)).unwrap()
        } else if let Some(command) = mark("output") {
            run(command).0
        } else if line == "```console" {
            let command = lines.next().unwrap();
            let (output, messages) = run(command.strip_prefix("$ ").unwrap());
            format!("{command}\n{output}{messages}")
        } else {
            continue;
        };
        let mut fence = "```";
        if line != "```console" {
            let open = lines.next().unwrap();
            assert!(open.starts_with(fence), "no block after {line}");
            writeln!(page, "{open}").unwrap();
            fence = open.trim_end_matches(char::is_alphabetic);
        }
        writeln!(page, "{}\n{fence}", content.trim_end()).unwrap();
        assert!(lines.by_ref().any(|old| old == fence), "the block after {line} does not end");
    }
    page
}

#[test]
fn the_readme_shows_what_the_tool_does() {
    let path = root().join("README.md");
    let text = fs::read_to_string(&path).unwrap();
    let expected = page(&text);
    if std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&path, expected).unwrap();
    } else {
        assert_eq!(text, expected, "if the tool is right: INSTA_UPDATE=always cargo test --test main readme");
    }
}

#[test]
fn the_links_of_the_pages_lead_somewhere() {
    for page in ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let is_here = link.starts_with("https://") || root().join(link).exists();
            assert!(is_here, "{page}: {link} is not there");
        }
    }
}
