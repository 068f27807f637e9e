//! House rules that a compiler does not check.

use std::fs;
use std::path::{Path, PathBuf};

use sigmaglot::diag::ALL_CODES;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files of a folder with that extension, with their paths below the root.
fn files(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found.sort();
    found
}

fn rust() -> Vec<(PathBuf, String)> {
    ["src", "backends", "tests"].iter().flat_map(|folder| files(folder, "rs")).collect()
}

#[test]
fn files_are_short() {
    let long: Vec<_> =
        rust().into_iter().map(|(path, text)| (path, text.lines().count())).filter(|(_, lines)| *lines > 500).collect();
    assert!(long.is_empty(), "over 500 lines: {long:?}");
}

/// Names that a part of the program may use, besides the standard library, crates and what is inside the part itself.
const MAY_USE: &[(&str, &[&str])] = &[
    ("src/eval", &["ir", "event", "logsource", "source"]),
    ("src/engines", &["event", "source", "diag"]),
    ("backends", &["ir", "schema", "render", "diag"]),
];

#[test]
fn parts_stay_independent() {
    let mut wrong = Vec::new();
    for (part, allowed) in MAY_USE {
        let own = part.rsplit('/').next().unwrap();
        for (path, text) in files(part, "rs") {
            // Tests inside a module may use the stages that make its input.
            let text = text.split("#[cfg(test)]").next().unwrap();
            for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
                for name in crate_names(line) {
                    if name != own && !allowed.contains(&name) {
                        wrong.push(format!("{}:{}: crate::{name}", path.display(), n + 1));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports outside the white list:\n{}", wrong.join("\n"));
}

/// The names behind `crate::` in a line, those in braces too.
fn crate_names(line: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for rest in line.split("crate::").skip(1) {
        let list = rest.strip_prefix('{').map_or(rest, |inside| inside.split('}').next().unwrap());
        let parts: Vec<&str> = if rest.starts_with('{') { list.split(',').collect() } else { vec![list] };
        for part in parts {
            let name = part.trim().split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
            if !name.is_empty() {
                names.push(name);
            }
        }
    }
    names
}

#[test]
fn the_white_list_sees_names_in_braces() {
    assert_eq!(crate_names("use crate::{ir::Expr, schema};"), ["ir", "schema"]);
    assert_eq!(crate_names("let x = crate::lower::lower(crate::ir::x)"), ["lower", "ir"]);
}

#[test]
fn nothing_is_left_to_do() {
    let words = ["todo".to_owned() + "!", "unimplemented".to_owned() + "!", "#[".to_owned() + "ignore]"];
    let found: Vec<_> = rust()
        .into_iter()
        .flat_map(|(path, text)| {
            let has = words.iter().filter(|word| text.contains(word.as_str())).cloned().collect::<Vec<_>>();
            has.into_iter().map(move |word| format!("{}: {word}", path.display()))
        })
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn every_code_has_a_page() {
    for code in ALL_CODES {
        let page = code.explanation();
        let heading = format!("# {code}: {}", code.title());
        assert_eq!(page.lines().next(), Some(&*heading), "the heading of {code}'s page");
        assert!(page.lines().count() > 3, "the page of {code} says nothing");
    }
    let pages = files("src/diag/explain", "md");
    assert_eq!(pages.len(), ALL_CODES.len(), "a page for each code, and no other");
}

/// Licences that let the project be MIT OR Apache-2.0; `deny.toml` has the same list.
const LICENCES: &[&str] = &[
    "MIT",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "0BSD",
    "CC0-1.0",
    "BSL-1.0",
];

#[test]
fn dependencies_are_permissive() {
    let deny = fs::read_to_string(root().join("deny.toml")).unwrap();
    let rustc = std::process::Command::new("rustc").arg("-vV").output().unwrap();
    let rustc = String::from_utf8(rustc.stdout).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    // Only what was fetched to build this test can be asked about without a network.
    let output = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", host])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    // In `A AND (B OR C)` every part in parentheses or between ANDs needs one licence of the list.
    let fits = |licence: &str| {
        licence
            .replace('/', " OR ")
            .split(" AND ")
            .all(|part| part.trim_matches(['(', ')', ' ']).split(" OR ").any(|one| LICENCES.contains(&one.trim())))
    };
    let packages = metadata["packages"].as_array().unwrap();
    let wrong: Vec<String> = packages
        .iter()
        .filter(|package| !package["license"].as_str().is_some_and(fits))
        .map(|package| format!("{}: {}", package["name"], package["license"]))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    assert!(LICENCES.iter().all(|licence| deny.contains(&format!("\"{licence}\""))), "deny.toml has another list");
    assert!(packages.len() > 50, "{}", packages.len());
}
