//! The frontend on the public rules: what is reported, and that two YAML readers agree.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Code, Diagnostics};
use sigmaglot::source::{SourceId, Sources};
use sigmaglot::yaml::{self, Kind, Node, Resolved};
use sigmaglot::{link, sigma};

use crate::shared;

/// Rules in force have no error; lints are rare. Rules that are wrong are those that Sigma 2 no longer knows:
/// aggregations, and three conditions of a language that never was.
#[test]
fn findings() {
    let Some(corpus) = shared::rules("corpus") else { return };
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let mut documents = Vec::new();
    for (path, text) in &corpus {
        let id = sources.add(path.as_str(), text.as_str());
        documents.extend(sigma::parse(id, text, &mut diagnostics));
    }
    let parsed = documents.len();
    let collection = link::link(documents, &mut diagnostics);
    assert_eq!((corpus.len(), parsed, collection.rules.len()), (3032, 2989, 2989));
    let mut counts: BTreeMap<(Code, String), usize> = BTreeMap::new();
    for diagnostic in diagnostics.iter() {
        let source = sources.get(diagnostic.span.unwrap().source).unwrap();
        let folder = source.path.split('/').next().unwrap().to_owned();
        *counts.entry((diagnostic.code, folder)).or_default() += 1;
    }
    let table: Vec<String> = counts.iter().map(|((code, folder), count)| format!("{code} {folder} {count}")).collect();
    insta::with_settings!({ snapshot_path => "../snapshots/diagnostics", prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("corpus", table.join("\n"));
    });
}

/// The tree and serde_yaml read the same values. They differ, for a reason, in plain numbers with leading zeros:
/// YAML 1.2's core schema reads 010 as ten, serde_yaml as text.
#[test]
fn two_readers_agree() {
    let Some(corpus) = shared::rules("corpus") else { return };
    let mut differences = Vec::new();
    let mut compared = 0;
    for (path, text) in &corpus {
        let mut diagnostics = Diagnostics::new();
        let trees = yaml::read(SourceId(0), text, &mut diagnostics);
        let values: Vec<serde_yaml::Value> = serde_yaml::Deserializer::from_str(text)
            .map(|document| serde::Deserialize::deserialize(document).unwrap())
            .collect();
        assert_eq!(trees.len(), values.len(), "{path}");
        for (tree, value) in trees.iter().zip(&values) {
            compare(tree, value, &mut |node| {
                differences.push(format!("{path}: {}", &text[node.span.start as usize..node.span.end as usize]))
            });
            compared += 1;
        }
    }
    assert_eq!(compared, 3034);
    assert_eq!(
        differences,
        [
            "rules/windows/registry/registry_set/registry_set_susp_keyboard_layout_load.yml: 00000429",
            "rules/windows/registry/registry_set/registry_set_susp_keyboard_layout_load.yml: 00050429",
        ]
    );
}

fn compare(node: &Node, value: &serde_yaml::Value, different: &mut dyn FnMut(&Node)) {
    use serde_yaml::Value;
    let same = match (&node.kind, value) {
        (Kind::Map(pairs), Value::Mapping(map)) => {
            pairs.iter().zip(map).for_each(|((key, value), (other_key, other))| {
                compare(key, other_key, different);
                compare(value, other, different);
            });
            pairs.len() == map.len()
        }
        (Kind::Seq(items), Value::Sequence(list)) => {
            items.iter().zip(list).for_each(|(item, other)| compare(item, other, different));
            items.len() == list.len()
        }
        (Kind::Scalar(scalar), value) => match (scalar.resolve(), value) {
            (Resolved::Text, Value::String(text)) => *scalar.text == **text,
            (Resolved::Null, Value::Null) => true,
            (Resolved::Bool(flag), Value::Bool(other)) => flag == *other,
            (Resolved::Number(number), Value::Number(other)) => number.to_string() == other.to_string(),
            _ => false,
        },
        _ => false,
    };
    if !same {
        different(node);
    }
}

/// Every scalar's bytes hold its text, and parts of it are found where they stand.
#[test]
fn spans_hold_their_text() {
    let Some(corpus) = shared::rules("corpus") else { return };
    let mut checked = 0;
    for (path, text) in &corpus {
        for tree in yaml::read(SourceId(0), text, &mut Diagnostics::new()) {
            check_spans(&tree, text, path, &mut checked);
        }
    }
    assert!(checked > 100_000, "{checked}");
}

fn check_spans(node: &Node, text: &str, path: &str, checked: &mut usize) {
    let raw = &text[node.span.start as usize..node.span.end as usize];
    match &node.kind {
        Kind::Seq(items) => items.iter().for_each(|item| check_spans(item, text, path, checked)),
        Kind::Map(pairs) => pairs.iter().for_each(|(key, value)| {
            check_spans(key, text, path, checked);
            check_spans(value, text, path, checked);
        }),
        Kind::Scalar(scalar) => {
            *checked += 1;
            let inside = match scalar.style {
                yaml::Style::Plain => raw.to_owned(),
                yaml::Style::SingleQuoted => raw[1..raw.len() - 1].replace("''", "'"),
                yaml::Style::DoubleQuoted | yaml::Style::Block => return,
            };
            let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert_eq!(words(&inside), words(&scalar.text), "{path}");
            let Some(word) = scalar.text.split_whitespace().last().filter(|_| !raw.contains("''")) else { return };
            let start = scalar.text.rfind(word).unwrap();
            let span = node.places(text).span(start..start + word.len());
            assert_eq!(&text[span.start as usize..span.end as usize], word, "{path}");
        }
    }
}
