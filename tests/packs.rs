//! The rules that ship are good rules: read without a warning, unique, and of the meaning that their events say.

use std::collections::BTreeMap;
use std::fmt::Write;

use pretty_assertions::assert_eq;
use serde::Deserialize;

use sigmaglot::compile::Target;
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;

use crate::rule_files::{Events, Loaded, packs, root, rule_files};

#[test]
fn rules_are_read_without_findings() {
    let mut found = String::new();
    for pack in packs() {
        for path in rule_files(&pack) {
            let loaded = Loaded::file(&path);
            let expected = Events::beside(&path).unwrap().lints;
            let codes: Vec<String> = loaded.diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect();
            if codes != expected {
                let findings = loaded.findings(&loaded.diagnostics.0);
                writeln!(found, "{}: expected {expected:?}\n{findings}", path.display()).unwrap();
            }
        }
    }
    assert_eq!(found, "");
}

#[test]
fn ids_and_titles_are_unique() {
    let mut seen = BTreeMap::new();
    for pack in packs() {
        for path in rule_files(&pack) {
            let loaded = Loaded::file(&path);
            assert_eq!(loaded.collection.rules.len(), 1, "{}", path.display());
            let meta = loaded.collection.rules[0].meta();
            let id = meta.id.as_ref().unwrap_or_else(|| panic!("{} has no id", path.display())).value.clone();
            // A random UUID: version 4, variant 1.
            assert!(id.as_bytes()[14] == b'4' && b"89ab".contains(&id.as_bytes()[19]), "{}: {id}", path.display());
            for mark in [id, meta.title.clone()] {
                if let Some(other) = seen.insert(mark.clone(), path.clone()) {
                    panic!("{mark} is in {} and {}", other.display(), path.display());
                }
            }
        }
    }
}

#[test]
fn rules_mean_what_their_events_say() {
    let mut wrong = String::new();
    for pack in packs() {
        for path in rule_files(&pack) {
            let expected = Events::beside(&path).unwrap_or_else(|error| panic!("{error}"));
            for verdict in [true, false] {
                let some = expected.events.iter().any(|event| event.matches == verdict);
                assert!(some, "{}: no event with match: {verdict}", path.display());
            }
            let loaded = Loaded::file(&path);
            let Some(plan) = &loaded.plan else {
                write!(wrong, "{}\n{}", path.display(), loaded.findings(&loaded.diagnostics.0)).unwrap();
                continue;
            };
            let evaluator = Evaluator::new(plan).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            for (index, expectation) in expected.events.into_iter().enumerate() {
                assert!(expectation.matches || expectation.why.is_some(), "{}: say why", path.display());
                let meant = evaluator.meant(&Event::from_json(expectation.event));
                if meant != expectation.matches {
                    let why = expectation.why.unwrap_or_default();
                    writeln!(wrong, "{} event {index} ({why}): meant is {meant}", path.display()).unwrap();
                }
            }
        }
    }
    assert_eq!(wrong, "");
}

/// What a pack says of itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pack {
    name: String,
    title: String,
    version: String,
    description: String,
    references: Vec<String>,
}

#[test]
fn packs_say_what_they_are() {
    for pack in packs() {
        let path = root().join("rules").join(&pack).join("pack.yml");
        if pack == "constructs" && !path.exists() {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let read: Pack = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!(read.name, pack);
        assert_eq!(read.version.split('.').count(), 3);
        assert!(!read.title.is_empty() && !read.description.is_empty() && !read.references.is_empty());
    }
}

#[test]
fn the_pack_is_a_query_in_every_language() {
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for target in Target::resolve("all").unwrap() {
        settings.set_snapshot_path(root().join("snapshots").join(target.backend.language()));
        for path in rule_files("axios-npm-compromise") {
            let loaded = Loaded::file(&path);
            let text = loaded.document(&target).unwrap_or_else(|refused| {
                panic!("{} on {}:\n{}", path.display(), target.name(), loaded.findings(&refused))
            });
            let name = format!("axios-npm-compromise__{}", path.file_stem().unwrap().to_string_lossy());
            settings.bind(|| insta::assert_snapshot!(name, text));
        }
    }
}
