//! Small rules with events and their verdicts: our own cases, and those shared by all developers.

use std::path::{Path, PathBuf};

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::lower::Options;
use sigmaglot::sigma;

use crate::rules::plans;
use crate::shared;

#[derive(Deserialize)]
pub(crate) struct File {
    pub(crate) cases: Vec<Case>,
}

/// A rule's detection, and events with their verdicts.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    title: String,
    detection: Option<serde_yaml::Value>,
    detection_yaml: Option<String>,
    #[serde(default)]
    placeholders: Map<String, Value>,
    #[serde(default)]
    pub(crate) error: bool,
    #[serde(default)]
    pub(crate) events: Vec<Verdict>,
}

#[derive(Deserialize)]
pub(crate) struct Verdict {
    pub(crate) event: Map<String, Value>,
    #[serde(rename = "match")]
    pub(crate) matches: bool,
}

impl Case {
    /// The case as a rule with nothing else in it.
    pub(crate) fn rule(&self) -> String {
        let detection = match (&self.detection, &self.detection_yaml) {
            (Some(detection), None) => serde_yaml::to_string(detection).unwrap(),
            (None, Some(text)) => text.clone(),
            _ => panic!("{}: one of `detection` and `detection_yaml`", self.id),
        };
        let indented = detection.lines().map(|line| format!("  {line}\n")).collect::<String>();
        format!("title: {}\nlogsource:\n  category: test\ndetection:\n{indented}", serde_json::json!(self.title))
    }

    pub(crate) fn options(&self) -> Options {
        let value = |value: &Value| match value {
            Value::String(text) => sigma::Value::Text(text.as_str().into()),
            other => panic!("a placeholder of {other}"),
        };
        let values = |values: &Value| values.as_array().unwrap().iter().map(value).collect();
        Options { placeholders: self.placeholders.iter().map(|(name, list)| (name.clone(), values(list))).collect() }
    }

    /// What is wrong with the answer, if anything.
    fn fault(&self) -> Option<String> {
        let (mut plans, findings) = plans(&self.rule(), &self.options());
        if self.error {
            let is_refused = plans.is_empty() && findings.iter().any(sigmaglot::diag::Diagnostic::is_error);
            return (!is_refused).then(|| "not refused".to_owned());
        }
        if plans.len() != 1 {
            return Some(format!("refused: {findings:?}"));
        }
        let evaluator = match Evaluator::new(&plans.remove(0).1) {
            Ok(evaluator) => evaluator,
            Err(unsupported) => return Some(unsupported.to_string()),
        };
        let wrong = |verdict: &&Verdict| evaluator.meant(&Event::from_json(verdict.event.clone())) != verdict.matches;
        let wrong: Vec<_> =
            self.events.iter().filter(wrong).map(|verdict| Value::Object(verdict.event.clone())).collect();
        (!wrong.is_empty()).then(|| format!("not {}: {}", self.events.len(), Value::Array(wrong)))
    }
}

/// The number of cases of a file, and those that fail.
fn run(path: &Path) -> (usize, Vec<String>) {
    let text = std::fs::read_to_string(path).unwrap();
    let file: File = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let fault = |case: &Case| Some(format!("{} {}: {}", case.id, case.title, case.fault()?));
    (file.cases.len(), file.cases.iter().filter_map(fault).collect())
}

#[test]
fn our_cases_have_their_verdicts() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut count = 0;
    for file in files {
        let (cases, failing) = run(&file);
        count += cases;
        assert_eq!(failing, Vec::<String>::new(), "{}", file.display());
    }
    assert!(count >= 60, "{count} cases");
}

#[test]
fn the_shared_cases_have_their_verdicts() {
    let Some(folder) = shared::folder() else { return };
    let (cases, failing) = run(&folder.join("conformance.yml"));
    assert!(cases > 100, "{cases} cases");
    assert_eq!(failing, Vec::<String>::new());
}
