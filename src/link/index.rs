//! Rules by id and by name.

use std::collections::HashMap;
use std::sync::Arc;

use super::LinkedRule;
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::sigma::{Meta, Spanned};
use crate::source::Span;

/// The rules that have an id or a name.
pub(super) struct Index {
    ids: HashMap<String, Vec<usize>>,
    names: HashMap<Arc<str>, Vec<usize>>,
}

impl Index {
    pub(super) fn new(rules: &[LinkedRule]) -> Self {
        let mut index = Index { ids: HashMap::new(), names: HashMap::new() };
        for (place, rule) in rules.iter().enumerate() {
            let meta = rule.meta();
            if let Some(id) = &meta.id {
                index.ids.entry(id.value.to_lowercase()).or_default().push(place);
            }
            if let Some(name) = &meta.name {
                index.names.entry(name.value.clone()).or_default().push(place);
            }
        }
        index
    }

    /// The rules that a reference means: those of that id, else those of that name (SEMANTICS 4.1).
    pub(super) fn find(&self, reference: &str) -> &[usize] {
        self.ids.get(&reference.to_lowercase()).or_else(|| self.names.get(reference)).map_or(&[], Vec::as_slice)
    }

    /// Reports rules that share a name (always an error) or an id (an error only where a reference meant one of them;
    /// otherwise a warning, as is a document that was given twice).
    pub(super) fn report_duplicates(&self, rules: &[LinkedRule], referenced: &[bool], diagnostics: &mut Diagnostics) {
        let mut found = Vec::new();
        for (what, groups) in [("id", self.ids.values().collect::<Vec<_>>()), ("name", self.names.values().collect())] {
            for group in groups {
                let [first, rest @ ..] = group.as_slice() else { continue };
                let meant = group.iter().any(|place| referenced.get(*place) == Some(&true));
                for place in rest {
                    let (Some(first), Some(second)) = (rules.get(*first), rules.get(*place)) else { continue };
                    let (first, second) = (first.meta(), second.meta());
                    // One id of a global document, in all documents it is put into.
                    if what == "id" && !meant && second.id.as_ref().map(|i| i.span) == first.id.as_ref().map(|i| i.span)
                    {
                        continue;
                    }
                    // The shared id of a document given twice says it all.
                    if what == "name" && same_document(first, second) && first.id.is_some() {
                        continue;
                    }
                    let error = !same_document(first, second) && (what == "name" || meant);
                    found.push((*place, duplicate(what, first, second, error)));
                }
            }
        }
        found.sort_by_key(|(place, diagnostic)| (*place, diagnostic.span));
        found.into_iter().for_each(|(_, diagnostic)| diagnostics.push(diagnostic));
    }
}

/// Whether two documents are one that was given twice.
pub(super) fn same_document(a: &Meta, b: &Meta) -> bool {
    let text = |field: &Option<Spanned<Arc<str>>>| field.as_ref().map(|f| (f.value.clone(), f.span.start, f.span.end));
    a.document == b.document
        && a.title == b.title
        && a.title_span.start == b.title_span.start
        && text(&a.id) == text(&b.id)
        && text(&a.name) == text(&b.name)
}

fn duplicate(what: &str, first: &Meta, second: &Meta, error: bool) -> Diagnostic {
    let place = |meta: &Meta| -> Span {
        let field = if what == "id" { &meta.id } else { &meta.name };
        field.as_ref().map_or(meta.title_span, |field| field.span)
    };
    let twice = same_document(first, second);
    let message = if twice { "rule was given twice".to_owned() } else { format!("two rules share their {what}") };
    let mut diagnostic = Diagnostic::new(Code::E0209, message).at(place(second)).also(place(first), "first here");
    if !error {
        diagnostic.severity = Severity::Warning;
    }
    let article = if what == "id" { "an" } else { "a" };
    if twice { diagnostic } else { diagnostic.help(format!("give each rule {article} {what} of its own")) }
}
