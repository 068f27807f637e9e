//! A check that cannot fail proves nothing. Deliberate faults are put into queries (as a careless backend would write them), into
//! schemas and into what tables hold; the agreement of query and rule on the rules that ship must find each of them.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::Value;
use sigmaglot::agreement::Judged;
use sigmaglot::compile::Target;
use sigmaglot::engines::{Database, Engine, Found, Refusal, Storage, Stored, engine};
use sigmaglot::event::Event;
use sigmaglot::render::{Options, Query};
use sigmaglot::schema::Schema;

use crate::agreement::{NOW, Rule, own_rules};

/// Where a fault is.
enum In {
    /// In the text of queries: each occurrence of the first text is written as the second.
    Query(&'static str, &'static str),
    /// In the schema's file, likewise.
    Schema(&'static str, &'static str),
    /// In the rows that a place holds: the two columns change places.
    Rows(&'static str, &'static str),
    /// In the rows: the column holds something else.
    Column(&'static str, fn(&str) -> String),
}

/// Faults: language, what a reviewer would call it, where it is.
const FAULTS: &[(&str, &str, In)] = &[
    ("kql", "case of equality lost", In::Query(" =~ ", " == ")),
    ("kql", "case of a list lost", In::Query(" in~ ", " in ")),
    ("kql", "case of regular expressions lost", In::Query("(?i", "(?")),
    ("kql", "term instead of substring", In::Query(" contains ", " has ")),
    ("kql", "case where it counts not", In::Query(" contains_cs ", " contains ")),
    ("kql", "end not anchored", In::Query(" endswith ", " contains ")),
    ("kql", "start not anchored", In::Query(" startswith ", " contains ")),
    ("kql", "null guard dropped", In::Query("coalesce(ipv4_is_in_any_range", "(ipv4_is_in_any_range")),
    ("kql", "guard of an empty column dropped", In::Query("isnotempty(FolderPath) and ", "")),
    ("kql", "negation lost", In::Query("not(", "(")),
    ("kql", "verbatim mark forgotten", In::Query("@\"", "\"")),
    ("kql", "conjunction written as a disjunction", In::Query(" and ", " or ")),
    ("kql", "event kind missing", In::Schema("kind: {ActionType: FileCreated}", "kind: {}")),
    ("kql", "wrong ActionType", In::Schema("ActionType: RegistryValueSet", "ActionType: RegistryKeyCreated")),
    (
        "kql",
        "the parent's command line for the child's",
        In::Schema("CommandLine: ProcessCommandLine", "CommandLine: InitiatingProcessCommandLine"),
    ),
    ("kql", "the file's name for the whole path", In::Schema("TargetFilename: FolderPath", "TargetFilename: FileName")),
    ("kql", "columns of child and parent swapped", In::Rows("FolderPath", "InitiatingProcessFolderPath")),
    ("kql", "addresses swapped", In::Rows("RemoteIP", "LocalIP")),
    ("kql", "command lines swapped", In::Rows("ProcessCommandLine", "InitiatingProcessCommandLine")),
    ("kql", "a folder without the file", In::Column("FolderPath", without_last)),
    ("kql", "key and value name swapped", In::Rows("RegistryKey", "RegistryValueName")),
    ("spl", "parentheses dropped", In::Query("NOT (", "NOT ")),
    ("spl", "!= instead of NOT", In::Query("NOT User=", "User!=")),
    ("spl", "backslash not escaped", In::Query("\\\\", "\\")),
    ("spl", "wildcard at the start missing", In::Query("=\"*", "=\"")),
    ("spl", "wildcard at the end missing", In::Query("*\"", "\"")),
    ("spl", "case of where lost", In::Query("(?i", "(?")),
    ("spl", "event kind missing", In::Schema("kind: {EventCode: 1}", "kind: {}")),
    ("spl", "another event", In::Query("EventCode=1\n", "EventCode=5\n")),
    ("spl", "another source", In::Column("source", |source| source.replace("Sysmon", "Sysmom"))),
    ("spl", "images swapped", In::Rows("Image", "ParentImage")),
    ("vql", "case where it counts not", In::Query("(?-i)", "")),
    ("vql", "dot that stops at line breaks", In::Query("(?s)", "")),
    ("vql", "dot not escaped", In::Query("\\.", ".")),
    ("vql", "start not anchored", In::Query("'''^", "'''")),
    ("vql", "end not anchored", In::Query("$'''", "'''")),
    (
        "vql",
        "guard of missing values dropped",
        In::Query("EventData.Image != NULL AND EventData.ParentImage != NULL", "TRUE"),
    ),
    ("vql", "negation lost", In::Query("NOT ", "")),
    ("vql", "event kind missing", In::Schema("kind: {System.EventID.Value: [1]}", "kind: {}")),
    ("vql", "another channel", In::Query("Microsoft-Windows-Sysmon%4Operational", "Security")),
    ("vql", "images swapped", In::Rows("EventData.Image", "EventData.ParentImage")),
];

/// The path without its last part.
fn without_last(path: &str) -> String {
    path.rsplit_once('\\').map_or_else(String::new, |(folder, _)| folder.to_owned())
}

/// An engine whose tables hold something wrong.
struct Wrong<'a>(&'static dyn Engine, &'a In);

impl Engine for Wrong<'_> {
    fn language(&self) -> &'static str {
        self.0.language()
    }

    fn store(&self, place: &str, event: &Event) -> Stored {
        let mut stored = self.0.store(place, event);
        if let Stored::Rows(rows) = &mut stored {
            for (_, columns) in rows {
                let mut row = Value::Object(std::mem::take(columns));
                self.change(&mut row);
                *columns = row.as_object().expect("a row").clone();
            }
        }
        stored
    }

    fn storage(&self, place: &str, event: &Event, table: &str) -> Storage {
        self.0.storage(place, event, table)
    }

    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal> {
        self.0.run(query, rows, now)
    }
}

impl Wrong<'_> {
    fn change(&self, row: &mut Value) {
        let pointer = |column: &str| format!("/{}", column.replace('.', "/"));
        match self.1 {
            In::Rows(one, other) => {
                let (one, other) = (pointer(one), pointer(other));
                let values = (row.pointer(&one).cloned(), row.pointer(&other).cloned());
                set(row, &one, values.1);
                set(row, &other, values.0);
            }
            In::Column(column, change) => {
                let value = row.pointer(&pointer(column)).and_then(Value::as_str).map(change);
                set(row, &pointer(column), value.map(Value::from));
            }
            In::Query(..) | In::Schema(..) => {}
        }
    }
}

/// Puts a value where the pointer shows, or takes it away.
fn set(row: &mut Value, pointer: &str, value: Option<Value>) {
    let (above, name) = pointer.rsplit_once('/').expect("a pointer");
    let Some(Value::Object(above)) = row.pointer_mut(above) else { return };
    match value {
        Some(value) => above.insert(name.to_owned(), value),
        None => above.remove(name),
    };
}

/// A target whose schema has the fault, if it is there.
fn target(language: &str, fault: &In) -> Target {
    let target = Target::resolve(language).expect("the schema is sound").remove(0);
    let In::Schema(right, wrong) = fault else { return target };
    let text = target.backend.schemas()[0].1;
    assert!(text.contains(right), "the schema of {language} has no `{right}`");
    let schema = Schema::parse(language, &text.replace(right, wrong)).expect("still a schema");
    Target { schema, ..target }
}

/// How many queries the fault changes, and how many of these are found to be wrong.
fn found(language: &str, fault: &In, rules: &[Rule]) -> (usize, usize) {
    let (right, faulty) = (Target::resolve(language).expect("a schema").remove(0), target(language, fault));
    let options = Options::default();
    let sound = engine(language).expect("an engine");
    let (mut changed, mut refuted) = (0, 0);
    for rule in rules {
        let outcome = faulty.compile(&rule.plan, &options);
        let (Some(before), Some(query)) = (right.compile(&rule.plan, &options).query, outcome.query) else { continue };
        let query = match fault {
            In::Query(from, to) => Query { text: query.text.replace(from, to), ..query },
            _ => query,
        };
        if query.text == before.text && matches!(fault, In::Query(..) | In::Schema(..)) {
            continue;
        }
        changed += 1;
        let judged = Judged::Own { query: &query, diagnostics: &outcome.diagnostics, options: &options };
        // As a user would: what is held is read back by the faulty schema itself.
        refuted += usize::from(match rule.case.trial(judged, &faulty, &Wrong(sound, fault), NOW) {
            Ok(trial) => !trial.refuted.is_empty(),
            Err(refusal) => matches!(refusal.unplaced(), Refusal::Syntax(..) | Refusal::Error(_)),
        });
    }
    (changed, refuted)
}

#[test]
fn faults_are_found() {
    let rules = own_rules();
    let mut by_language: BTreeMap<&str, usize> = BTreeMap::new();
    let tried: Vec<(usize, usize)> =
        FAULTS.par_iter().map(|(language, _, fault)| found(language, fault, &rules)).collect();
    let mut missed = Vec::new();
    for ((language, what, _), (changed, refuted)) in FAULTS.iter().zip(tried) {
        *by_language.entry(language).or_default() += 1;
        if refuted == 0 {
            missed.push(format!("{language}, {what}: {changed} queries changed, none refuted"));
        }
    }
    assert!(missed.is_empty(), "faults that agreement does not find:\n{}", missed.join("\n"));
    assert!(by_language.values().all(|faults| *faults >= 10), "{by_language:?}");
}
