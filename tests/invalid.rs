//! Broken rules, one mistake each: `rules/invalid`.

use std::fmt::Write as _;
use std::path::Path;

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Diagnostic, Diagnostics};
use sigmaglot::source::{Sources, Span};
use sigmaglot::{link, logic, lower, sigma};

/// All findings of a file up to the algebra.
fn findings(sources: &mut Sources, name: &str, text: &str) -> Vec<Diagnostic> {
    let mut diagnostics = Diagnostics::new();
    let id = sources.add(name, text);
    let documents = sigma::parse(id, text, &mut diagnostics);
    let collection = link::link(documents, &mut diagnostics);
    for index in 0..collection.rules.len() {
        let plan = lower::lower(&collection, index, &lower::Options::default(), &mut diagnostics);
        diagnostics.0.extend(plan.iter().flat_map(logic::findings));
    }
    diagnostics.0
}

fn codes(diagnostics: &[Diagnostic]) -> Vec<&'static str> {
    let mut codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A finding as plain text, with every place and edit.
fn render(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let place = |span: Span| {
        let (line, column) = sources.line_column(span);
        let text: String = sources.slice(span).lines().next().unwrap_or("").chars().take(60).collect();
        format!("{line}:{column} `{text}`")
    };
    let mut out = format!("{}[{}]: {}\n", diagnostic.severity.as_str(), diagnostic.code, diagnostic.message);
    if let Some(span) = diagnostic.span {
        writeln!(out, "  at {} {}", place(span), diagnostic.label).unwrap();
    }
    for (span, label) in &diagnostic.labels {
        writeln!(out, "  at {} {label}", place(*span)).unwrap();
    }
    for help in &diagnostic.help {
        writeln!(out, "  help: {}", help.replace('\n', "\n    ")).unwrap();
    }
    for edit in &diagnostic.edits {
        let kind = if edit.safe { "safe edit" } else { "edit" };
        writeln!(out, "  {kind}: {} becomes `{}`", place(edit.span), edit.text).unwrap();
    }
    out.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// Each broken rule has the findings that its first line names, each once, and every finding points at something
/// smaller than a document.
#[test]
fn one_finding_each() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/invalid");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 50);
    for path in paths {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let mut sources = Sources::default();
        let found = findings(&mut sources, &name, &text);
        let first = text.lines().next().unwrap().trim_start_matches("# ");
        let expected: Vec<&str> = first.split(':').next().unwrap().split(" and ").collect();
        assert_eq!(codes(&found), expected, "{name}: {found:#?}");
        assert_eq!(found.len(), expected.len(), "{name}: {found:#?}");
        for diagnostic in &found {
            let lines = diagnostic.span.map(|span| sources.slice(span).trim_end().lines().count());
            assert!(lines.is_some_and(|lines| lines <= 3), "{name} points at {lines:?} lines");
        }
        let rendered: Vec<String> = found.iter().map(|diagnostic| render(&sources, diagnostic)).collect();
        insta::with_settings!({ snapshot_path => "../snapshots/diagnostics", prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(name.trim_end_matches(".yml"), rendered.join("\n"));
        });
    }
}
