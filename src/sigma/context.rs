//! What every part of the parser carries: the text, the findings, and the usual complaints about attributes.

use std::sync::Arc;

use super::Spanned;
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};
use crate::yaml::{Kind, Node, Resolved};

/// The file that is being parsed and what was found in it so far.
pub(super) struct Context<'a> {
    pub(super) source: SourceId,
    pub(super) text: &'a str,
    pub(super) diagnostics: &'a mut Diagnostics,
    /// How many of the findings are errors.
    pub(super) errors: usize,
}

impl Context<'_> {
    /// Adds a finding.
    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        self.errors += usize::from(diagnostic.is_error());
        self.diagnostics.push(diagnostic);
    }

    /// The text of an attribute; what is none is reported (E0202), what is empty is none.
    pub(super) fn text_of(&mut self, key: &Node, value: &Node) -> Option<Spanned<Arc<str>>> {
        if value.is_null() {
            return None;
        }
        match (value.as_text(), &value.kind) {
            (Some(text), _) => Some(Spanned { value: text.clone(), span: value.span }),
            (None, Kind::Scalar(scalar)) => {
                let message = format!("`{}` is {}, not a text", key.key(), value.describe());
                self.report(Diagnostic::new(Code::E0202, message).at(value.span).help("put it in quotes").edit(
                    value.span,
                    format!("'{}'", scalar.text),
                    true,
                ));
                Some(Spanned { value: scalar.text.clone(), span: value.span })
            }
            (None, _) => {
                self.report(wrong_kind(key, value, "one text"));
                None
            }
        }
    }

    /// The texts of an attribute that is a list of texts; anything else is reported (E0202).
    pub(super) fn texts_of(&mut self, key: &Node, value: &Node) -> Vec<Spanned<Arc<str>>> {
        match &value.kind {
            Kind::Seq(items) => items.iter().filter_map(|item| self.text_of(key, item)).collect(),
            Kind::Scalar(_) if value.is_null() => Vec::new(),
            Kind::Scalar(scalar) => {
                let written = self.text.get(value.span.start as usize..value.span.end as usize).unwrap_or("");
                self.report(wrong_kind(key, value, "a list").help(format!("write `{}: [{written}]`", key.key())));
                vec![Spanned { value: scalar.text.clone(), span: value.span }]
            }
            Kind::Map(_) => {
                self.report(wrong_kind(key, value, "a list of texts"));
                Vec::new()
            }
        }
    }

    /// `true` or `false`; anything else is reported (E0202).
    pub(super) fn boolean_of(&mut self, key: &Node, value: &Node) -> Option<bool> {
        match value.as_scalar().map(crate::yaml::Scalar::resolve) {
            Some(Resolved::Bool(flag)) => Some(flag),
            _ => {
                self.report(wrong_kind(key, value, "`true` or `false`"));
                None
            }
        }
    }

    /// Reports values that a list of unique texts has twice (W0816).
    pub(super) fn unique(&mut self, key: &Node, values: &[Spanned<Arc<str>>]) {
        let mut seen = std::collections::HashMap::new();
        for value in values {
            if let Some(first) = seen.insert(&value.value, value.span) {
                self.report(
                    Diagnostic::new(Code::W0816, format!("`{}` lists `{}` twice", key.key(), value.value))
                        .at(value.span)
                        .also(first, "first here"),
                );
            }
        }
    }
}

/// `level` is a list, not one text.
pub(super) fn wrong_kind(key: &Node, value: &Node, expected: &str) -> Diagnostic {
    let span = if value.is_absent() { key.span } else { value.span };
    Diagnostic::new(Code::E0202, format!("`{}` is {}, not {expected}", key.key(), value.describe())).at(span)
}

/// The value of a key of a map.
pub(super) fn get<'a>(map: &'a [(Node, Node)], name: &str) -> Option<&'a (Node, Node)> {
    map.iter().find(|(key, _)| key.key() == name)
}

/// The first of the words that somebody who wrote `word` may have meant.
pub(super) fn suggest<'a>(word: &str, words: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace(['_', ' '], "-");
    let wanted = plain(word);
    let allowed = match wanted.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=64 => 2,
        _ => return None,
    };
    (words.into_iter())
        .map(|candidate| (strsim::osa_distance(&wanted, &plain(candidate)), candidate))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `a`, `b` and `c`.
pub(super) fn listing(words: &[&str], and: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} {and} {last}", rest.join(", ")),
    }
}

/// The first key of a map, or where it starts.
pub(super) fn head(node: &Node) -> Span {
    node.as_map().and_then(|map| map.first()).map_or(node.span, |(key, _)| key.span)
}
