//! A file's text → its documents.

use super::context::{Context, get, head, listing, suggest};
use super::{Document, Rule, action, correlation, detection, filter, logsource, lost, meta};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::SourceId;
use crate::yaml::{self, Node};

/// The findings of one file after which the rest of it is left out.
const MAX_FINDINGS: usize = 10_000;

/// Parses all documents of a file. A document that is understood is returned even where its metadata has errors;
/// one without a usable log source, detection, correlation or filter is reported and left out.
/// Errors: E0003, E0004, E01xx, E02xx, E03xx, E0401 and E0409 to E0416, lints W08xx (SEMANTICS section 1).
pub fn parse(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Vec<Document> {
    let trees = yaml::read_with_duplicates(source, text, diagnostics);
    let start = diagnostics.0.len();
    let mut cx = Context { source, text, diagnostics, errors: 0 };
    let mut merger = action::Merger::new(&trees);
    let mut documents = Vec::new();
    for (position, tree) in trees.into_iter().enumerate() {
        if cx.diagnostics.0.len() - start > MAX_FINDINGS {
            let message = format!(
                "file has more than {MAX_FINDINGS} findings; its document {position} and the rest are left out"
            );
            cx.report(Diagnostic::new(Code::E0004, message).at(head(&tree)).help("split the file"));
            break;
        }
        if tree.as_map().is_none() {
            let message = format!("document is {}, not a map of attributes", tree.describe());
            let help = "a rule starts with its attributes, such as `title:`, `logsource:` and `detection:`";
            cx.report(Diagnostic::new(Code::E0106, message).at(first_line(&tree, text)).help(help));
            continue;
        }
        if let Some(rest) = lost::report(&mut cx, &tree) {
            meta::parse(&mut cx, &rest, position);
            continue;
        }
        if !unique_keys(&mut cx, &tree) {
            continue;
        }
        let Some(tree) = merger.next(&mut cx, tree) else { continue };
        documents.extend(document(&mut cx, &tree, position));
    }
    documents
}

fn unique_keys(cx: &mut Context<'_>, tree: &Node) -> bool {
    let before = cx.diagnostics.0.len();
    let unique = yaml::unique_keys(tree, cx.diagnostics);
    cx.errors += cx.diagnostics.0.len() - before;
    unique
}

/// The first line of a value, for findings that would otherwise cover all of it.
fn first_line(node: &Node, text: &str) -> crate::source::Span {
    let start = node.span.start as usize;
    let line = text.get(start..node.span.end as usize).unwrap_or("").lines().next().unwrap_or("");
    crate::source::Span::new(node.span.source, start, start + line.len())
}

fn document(cx: &mut Context<'_>, tree: &Node, position: usize) -> Option<Document> {
    let map = tree.as_map()?;
    let has = |name| get(map, name).is_some();
    if has("correlation") {
        let required = required(cx, tree, &["title"], meta::CORRELATION_KEYS);
        unknown_keys(cx, map, meta::CORRELATION_KEYS, &required);
        let meta = meta::parse(cx, tree, position);
        return correlation::parse(cx, tree, meta).map(|c| Document::Correlation(Box::new(c)));
    }
    if has("filter") {
        let required = required(cx, tree, &["title", "logsource"], meta::FILTER_KEYS);
        unknown_keys(cx, map, meta::FILTER_KEYS, &required);
        let meta = meta::parse(cx, tree, position);
        return filter::parse(cx, tree, meta).map(|f| Document::Filter(Box::new(f)));
    }
    let required = required(cx, tree, &["title", "logsource", "detection"], meta::RULE_KEYS);
    unknown_keys(cx, map, meta::RULE_KEYS, &required);
    let meta = meta::parse(cx, tree, position);
    meta::recommended(cx, tree, &meta);
    let logsource = get(map, "logsource").and_then(|(key, value)| logsource::parse(cx, key, value));
    let detection = get(map, "detection").and_then(|(key, value)| detection::parse(cx, key, value, &meta));
    Some(Document::Rule(Box::new(Rule { meta, logsource: logsource?, detection: detection? })))
}

/// Reports the attributes that are missing, all in one finding (E0201); gives the misspelt keys it explained.
fn required(cx: &mut Context<'_>, tree: &Node, names: &[&'static str], known: &[&str]) -> Vec<String> {
    let map = tree.as_map().unwrap_or_default();
    let missing: Vec<&str> =
        names.iter().copied().filter(|name| get(map, name).is_none_or(|(_, value)| value.is_null())).collect();
    let mut explained = Vec::new();
    if missing.is_empty() {
        return explained;
    }
    let empty = missing.iter().find_map(|name| get(map, name)).map(|(key, _)| key.span);
    let verb = if missing.len() == 1 { "is" } else { "are" };
    let state = if empty.is_some() && missing.len() == 1 { "empty" } else { "missing" };
    let mut diagnostic = Diagnostic::new(Code::E0201, format!("{} {verb} {state}", listing(&missing, "and")))
        .at(empty.unwrap_or(head(tree)));
    for (key, _) in map.iter().filter(|(key, _)| !known.contains(&key.key())) {
        if let Some(meant) = suggest(key.key(), missing.iter().copied()) {
            diagnostic = diagnostic.also(key.span, format!("did you mean `{meant}`?")).edit(key.span, meant, false);
            explained.push(key.key().to_owned());
        }
    }
    if explained.is_empty() {
        diagnostic = match missing.as_slice() {
            ["title"] => diagnostic.help("`title: ...` says in a line what the rule finds"),
            ["detection"] if get(map, "condition").is_some() => diagnostic
                .help("`condition` stands at the top level here; it and the selections belong below `detection:`"),
            _ => diagnostic.help("a detection rule has at least `title`, `logsource` and `detection`"),
        };
    }
    cx.report(diagnostic);
    explained
}

/// Lints keys that look like a misspelt attribute, or that belong elsewhere (W0803). Any other unknown key is an
/// attribute of the rule's owner, which the specification allows.
fn unknown_keys(cx: &mut Context<'_>, map: &[(Node, Node)], known: &[&'static str], explained: &[String]) {
    for (key, _) in map {
        let name = key.key();
        if known.contains(&name) || explained.iter().any(|e| e == name) {
            continue;
        }
        let diagnostic = Diagnostic::new(Code::W0803, format!("`{name}` is no attribute of Sigma")).at(key.span);
        let home = match name {
            "product" | "category" | "service" => Some("logsource"),
            "condition" | "selection" | "timeframe" => Some("detection"),
            "group-by" | "timespan" | "aliases" => Some("correlation"),
            _ => None,
        };
        if let Some(home) = home.filter(|home| known.contains(home)) {
            cx.report(diagnostic.help(format!("it belongs below `{home}:`; here it has no effect")));
        } else if let Some(meant) = suggest(name, known.iter().copied()).filter(|meant| get(map, meant).is_none()) {
            cx.report(
                diagnostic
                    .label(format!("did you mean `{meant}`?"))
                    .help("here it has no effect")
                    .edit(key.span, meant, false),
            );
        }
    }
}
