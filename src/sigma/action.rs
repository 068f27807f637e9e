//! Legacy collections: documents with `action`, merged as trees before they are given types (SEMANTICS 1.1).

use std::collections::HashMap;

use super::context::{Context, get, head, suggest};
use crate::diag::{Code, Diagnostic};
use crate::yaml::{Kind, Node};

/// The state between the documents of one file.
pub(super) struct Merger {
    /// Whether a document of the file has an `action` at all.
    legacy: bool,
    /// The template of the last `action: global`.
    global: Option<Node>,
    /// The document before this one, without the template: what `repeat` changes.
    previous: Option<Node>,
    /// Whether the deprecation was already said in this file.
    linted: bool,
}

impl Merger {
    /// Before the first of these documents.
    pub(super) fn new(trees: &[Node]) -> Self {
        let legacy = trees.iter().any(|tree| tree.as_map().is_some_and(|map| get(map, "action").is_some()));
        Merger { legacy, global: None, previous: None, linted: false }
    }

    /// The document that a tree stands for; none for a template or an error.
    /// Errors: E0207, E0212; lint W0810, once a file.
    pub(super) fn next(&mut self, cx: &mut Context<'_>, tree: Node) -> Option<Node> {
        if !self.legacy {
            return Some(tree);
        }
        let map = tree.as_map()?;
        let Some((key, value)) = get(map, "action") else {
            if get(map, "correlation").is_some() || get(map, "filter").is_some() {
                return Some(tree);
            }
            let merged = self.with_global(cx, &tree);
            self.previous = Some(tree);
            return merged;
        };
        let known = value.as_text().is_some_and(|word| matches!(&**word, "global" | "reset" | "repeat"));
        if known && !self.linted {
            self.linted = true;
            cx.report(
                Diagnostic::new(Code::W0810, "`action` documents are deprecated and not part of Sigma 2")
                    .at(value.span)
                    .help("write every rule out in full, one document each"),
            );
        }
        let rest = Node {
            kind: Kind::Map(map.iter().filter(|(k, _)| k.key() != "action").cloned().collect()),
            span: tree.span,
        };
        match value.as_text().map(|text| &**text) {
            Some("global") => {
                self.previous = Some(rest.clone());
                self.global = Some(rest);
                None
            }
            Some("reset") => {
                self.global = None;
                if rest.as_map().is_some_and(|map| !map.is_empty()) {
                    cx.report(
                        Diagnostic::new(Code::E0207, "a document with `action: reset` has other attributes")
                            .at(head(&rest))
                            .help("put them in a document of their own; `reset` only ends the `global` document before it"),
                    );
                }
                None
            }
            Some("repeat") => {
                let Some(previous) = self.previous.take() else {
                    cx.report(
                        Diagnostic::new(Code::E0207, "`action: repeat` without a document before it")
                            .at(value.span)
                            .help("`repeat` changes the document before it; as the first of its file it has none"),
                    );
                    return None;
                };
                let repeated = merge(&previous, &rest, &mut |_, _| {});
                self.previous = Some(repeated.clone());
                self.with_global(cx, &repeated)
            }
            _ => {
                let word = value.as_scalar().map_or("", |scalar| &scalar.text);
                let mut diagnostic = Diagnostic::new(Code::E0207, format!("unknown `{}`: `{word}`", key.key()))
                    .at(if value.is_absent() { key.span } else { value.span })
                    .help("an action is `global`, `reset` or `repeat`");
                if let Some(meant) = suggest(word, ["global", "reset", "repeat"]) {
                    diagnostic = diagnostic.label(format!("did you mean `{meant}`?")).edit(value.span, meant, false);
                }
                cx.report(diagnostic);
                None
            }
        }
    }

    /// The document with the template's attributes added; none where they disagree, because readers differ in who wins.
    fn with_global(&self, cx: &mut Context<'_>, document: &Node) -> Option<Node> {
        let Some(global) = &self.global else { return Some(document.clone()) };
        let before = cx.errors;
        let merged = merge(global, document, &mut |template, own| {
            if !same(template, own) {
                cx.report(
                    Diagnostic::new(Code::E0212, "the global document and this one give different values")
                        .at(own.span)
                        .label("this document")
                        .also(template.span, "the global document")
                        .help("readers differ in which of the two wins; keep one of them"),
                );
            }
        });
        (cx.errors == before).then_some(merged)
    }
}

/// `base` with the values of `over` put over it; maps are merged, everything else is replaced, which `replaced` hears of.
fn merge(base: &Node, over: &Node, replaced: &mut dyn FnMut(&Node, &Node)) -> Node {
    let (Kind::Map(below), Kind::Map(above)) = (&base.kind, &over.kind) else {
        replaced(base, over);
        return over.clone();
    };
    let mut pairs = below.clone();
    let places: HashMap<&str, usize> = below.iter().enumerate().map(|(place, (key, _))| (key.key(), place)).collect();
    for (key, value) in above {
        match places.get(key.key()).and_then(|place| pairs.get_mut(*place)) {
            Some(pair) => *pair = (key.clone(), merge(&pair.1, value, replaced)),
            None => pairs.push((key.clone(), value.clone())),
        }
    }
    Node { kind: Kind::Map(pairs), span: over.span }
}

/// Whether two trees hold the same values.
fn same(a: &Node, b: &Node) -> bool {
    match (&a.kind, &b.kind) {
        (Kind::Scalar(a), Kind::Scalar(b)) => a.text == b.text && a.resolve() == b.resolve(),
        (Kind::Seq(a), Kind::Seq(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Kind::Map(a), Kind::Map(b)) => {
            let theirs: HashMap<&str, &Node> = b.iter().map(|(key, value)| (key.key(), value)).collect();
            a.len() == b.len()
                && a.iter().all(|(key, value)| theirs.get(key.key()).is_some_and(|other| same(value, other)))
        }
        _ => false,
    }
}
