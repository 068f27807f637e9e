//! The rules that ship, as tests see them: each rule file with the events beside it, and one rule through the stages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value as Json};

use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::{Diagnostic, Diagnostics};
use sigmaglot::ir::{Matching, Plan};
use sigmaglot::link::{Collection, link};
use sigmaglot::lower;
use sigmaglot::render::{self, RuleInfo};
use sigmaglot::sigma::{self, Value};
use sigmaglot::source::Sources;

/// The project's folder.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What stands beside a rule: `<rule>.events.yml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Events {
    /// The codes of the warnings that the rule is to raise, each once.
    #[serde(default)]
    pub(crate) lints: Vec<String>,
    /// Values for `|expand`.
    #[serde(default)]
    pub(crate) placeholders: BTreeMap<String, Vec<String>>,
    /// The events.
    pub(crate) events: Vec<Expectation>,
}

/// An event with the verdict that the rule is to give.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    /// Whether the rule means it.
    #[serde(rename = "match")]
    pub(crate) matches: bool,
    /// What the event shows; every non-match says it.
    #[serde(default)]
    pub(crate) why: Option<String>,
    /// The event.
    pub(crate) event: Map<String, Json>,
}

impl Events {
    /// The events beside a rule, or what is wrong with the file.
    pub(crate) fn beside(rule: &Path) -> Result<Events, String> {
        let path = rule.with_extension("events.yml");
        let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        serde_yaml::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// The placeholders as lowering takes them.
    pub(crate) fn options(&self) -> lower::Options {
        let value = |text: &String| Value::Text(text.as_str().into());
        let placeholders = self.placeholders.iter();
        lower::Options {
            placeholders: placeholders
                .map(|(name, values)| (name.clone(), values.iter().map(value).collect()))
                .collect(),
        }
    }
}

/// The rule files of a folder of `rules/`, sorted.
pub(crate) fn rule_files(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(root().join("rules").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(".yml") && !name.ends_with(".events.yml") && name != "pack.yml"
        })
        .collect();
    files.sort();
    files
}

/// The folders of `rules/` that hold good rules.
pub(crate) fn packs() -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(root().join("rules"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "invalid")
        .collect();
    names.sort();
    names
}

/// A text with one rule, read and linked.
pub(crate) struct Loaded {
    /// The text, for messages.
    pub(crate) sources: Sources,
    /// The rule.
    pub(crate) collection: Collection,
    /// What the stages said.
    pub(crate) diagnostics: Diagnostics,
    /// What it means; none where it is refused.
    pub(crate) plan: Option<Plan<Matching>>,
}

impl Loaded {
    /// Takes a text through the stages.
    pub(crate) fn new(path: &str, text: &str, options: &lower::Options) -> Loaded {
        let mut diagnostics = Diagnostics::new();
        let mut sources = Sources::default();
        let id = sources.add(path, text);
        let documents = sigma::parse(id, text, &mut diagnostics);
        let collection = link(documents, &mut diagnostics);
        let plan = prepare(&collection, 0, options, &mut diagnostics);
        Loaded { sources, collection, diagnostics, plan }
    }

    /// The file's rule; the stages must have something to say only where the events file lists it.
    pub(crate) fn file(path: &Path) -> Loaded {
        let text = fs::read_to_string(path).unwrap();
        let shown = path.strip_prefix(root()).unwrap().to_string_lossy();
        let options = Events::beside(path).unwrap().options();
        Loaded::new(&shown, &text, &options)
    }

    /// The deployable text for a target, or why there is none.
    pub(crate) fn document(&self, target: &Target) -> Result<String, Vec<Diagnostic>> {
        let plan = self.plan.as_ref().expect("the rule has a meaning");
        let outcome = target.compile(plan, &render::Options::default());
        let meta = self.collection.rules[0].meta();
        let info = RuleInfo { title: meta.title.clone(), id: meta.id.as_ref().map(|id| id.value.clone()) };
        match outcome.query {
            Some(query) => Ok(target.document(&info, &query, &outcome.coverage)),
            None => Err(outcome.diagnostics),
        }
    }

    /// Findings, a line each: place, code, message.
    pub(crate) fn findings(&self, diagnostics: &[Diagnostic]) -> String {
        let lines = diagnostics.iter().map(|found| {
            let place = found.span.map(|span| self.sources.line_column(span)).unwrap_or_default();
            format!("{}:{}: {} {}\n", place.0, place.1, found.code, found.message)
        });
        lines.collect()
    }
}
