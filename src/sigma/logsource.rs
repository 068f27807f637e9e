//! `logsource` (SEMANTICS 1.3).

use std::sync::Arc;

use super::context::{Context, get, suggest, wrong_kind};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, LogSource};
use crate::yaml::Node;

/// Reads a log source; none where it is unusable. Other keys are allowed and not evaluated.
/// Errors: E0202, E0205; lints W0803, W0809.
pub(super) fn parse(cx: &mut Context<'_>, key: &Node, node: &Node) -> Option<LogSource> {
    if node.is_null() {
        return None;
    }
    let Some(map) = node.as_map() else {
        cx.report(wrong_kind(key, node, "a map").help("write `product:`, `category:` and `service:` below it"));
        return None;
    };
    let before = cx.errors;
    let product = attribute(cx, map, "product");
    let category = attribute(cx, map, "category");
    let service = attribute(cx, map, "service");
    for (key, _) in map {
        let known = ["product", "category", "service", "definition"];
        let meant = suggest(key.key(), known).filter(|meant| get(map, meant).is_none());
        if let (false, Some(meant)) = (known.contains(&key.key()), meant) {
            cx.report(
                Diagnostic::new(Code::W0803, format!("`{}` is no attribute of a log source", key.key()))
                    .at(key.span)
                    .label(format!("did you mean `{meant}`?"))
                    .help("here it has no effect: the rule looks at more events than it says")
                    .edit(key.span, meant, false),
            );
        }
    }
    if cx.errors > before {
        return None;
    }
    if product.is_none() && category.is_none() && service.is_none() {
        let span = if map.is_empty() { key.span } else { node.span };
        cx.report(
            Diagnostic::new(Code::E0205, "log source names nothing")
                .at(span)
                .help("give at least one of `product`, `category` and `service`, such as `product: windows`"),
        );
        return None;
    }
    Some(LogSource { product, category, service, at: At::new(node.span, None) })
}

fn attribute(cx: &mut Context<'_>, map: &[(Node, Node)], name: &str) -> Option<Arc<str>> {
    let (key, value) = get(map, name)?;
    if value.is_null() || value.as_text().is_some_and(|text| text.trim().is_empty()) {
        let span = if value.is_absent() { key.span } else { value.span };
        cx.report(
            Diagnostic::new(Code::E0202, format!("`{name}` is empty"))
                .at(span)
                .help("name one, or leave the key out if every one is meant"),
        );
        return None;
    }
    let text = cx.text_of(key, value)?;
    if text.value.chars().any(char::is_uppercase) || text.value.contains(' ') {
        let usual = text.value.to_lowercase().replace(' ', "_");
        cx.report(
            Diagnostic::new(Code::W0809, format!("`{name}: {}` is not in lower case", text.value))
                .at(text.span)
                .help("log sources are compared letter by letter, and all known ones are lower case")
                .edit(text.span, usual, false),
        );
    }
    Some(text.value)
}
