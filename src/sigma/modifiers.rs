//! The names of modifiers (SEMANTICS section 3).

use std::sync::Arc;

use super::context::{Context, suggest};
use super::{Modifier, Spanned};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::Node;

/// Every name a modifier has.
const NAMES: &[(&str, Modifier)] = &[
    ("contains", Modifier::Contains),
    ("startswith", Modifier::StartsWith),
    ("endswith", Modifier::EndsWith),
    ("all", Modifier::All),
    ("exists", Modifier::Exists),
    ("cased", Modifier::Cased),
    ("neq", Modifier::Neq),
    ("re", Modifier::Re),
    ("i", Modifier::IgnoreCase),
    ("ignorecase", Modifier::IgnoreCase),
    ("m", Modifier::MultiLine),
    ("multiline", Modifier::MultiLine),
    ("s", Modifier::DotAll),
    ("dotall", Modifier::DotAll),
    ("base64", Modifier::Base64),
    ("base64offset", Modifier::Base64Offset),
    ("wide", Modifier::Utf16Le),
    ("utf16le", Modifier::Utf16Le),
    ("utf16be", Modifier::Utf16Be),
    ("utf16", Modifier::Utf16),
    ("windash", Modifier::Windash),
    ("cidr", Modifier::Cidr),
    ("lt", Modifier::Lt),
    ("lte", Modifier::Lte),
    ("gt", Modifier::Gt),
    ("gte", Modifier::Gte),
    ("minute", Modifier::Minute),
    ("hour", Modifier::Hour),
    ("day", Modifier::Day),
    ("week", Modifier::Week),
    ("month", Modifier::Month),
    ("year", Modifier::Year),
    ("fieldref", Modifier::FieldRef),
    ("expand", Modifier::Expand),
];

/// What other languages call a modifier.
const OTHERS: &[(&[&str], &str)] = &[
    (&["not", "ne", "noteq", "notequal", "notequals", "neg", "isnot", "!"], "neq"),
    (&["regex", "regexp", "matches", "pattern"], "re"),
    (&["begins", "beginswith", "starts", "prefix"], "startswith"),
    (&["ends", "suffix"], "endswith"),
    (&["has", "includes", "like", "substring"], "contains"),
    (&["casesensitive", "case", "case_sensitive"], "cased"),
    (&["insensitive", "caseinsensitive"], "i"),
    (&["b64"], "base64"),
    (&["b64offset"], "base64offset"),
    (&["network", "subnet", "ip"], "cidr"),
    (&["greater", "min"], "gt"),
    (&["less", "max"], "lt"),
    (&["exist", "present"], "exists"),
    (&["utf16-le", "utf-16le"], "utf16le"),
    (&["utf16-be", "utf-16be"], "utf16be"),
    (&["utf-16"], "utf16"),
    (&["placeholder"], "expand"),
    (&["field", "ref"], "fieldref"),
];

/// A key of a selection taken apart.
pub(super) struct Key {
    /// The field; empty for keywords.
    pub(super) field: Arc<str>,
    /// The modifiers, in order.
    pub(super) modifiers: Vec<Spanned<Modifier>>,
}

/// Takes `field|modifier|modifier` apart; none where a modifier is unknown (E0401) or repeated (E0415).
pub(super) fn parse(cx: &mut Context<'_>, key: &Node) -> Option<Key> {
    let text = key.key();
    let Some((field, rest)) = text.split_once('|') else {
        return Some(Key { field: text.into(), modifiers: Vec::new() });
    };
    let places = key.places(cx.text);
    let before = cx.errors;
    let mut modifiers: Vec<Spanned<Modifier>> = Vec::new();
    let mut start = field.len() + 1;
    for name in rest.split('|') {
        let span = if name.trim().is_empty() { key.span } else { places.span(start..start + name.len()) };
        start += name.len() + 1;
        let Some((_, modifier)) = NAMES.iter().find(|(known, _)| *known == name) else {
            cx.report(unknown(name, span));
            continue;
        };
        // Encoding twice is meant; everything else twice is a slip of the pen.
        if let Some(first) = modifiers.iter().find(|m| m.value == *modifier && *modifier != Modifier::Base64) {
            cx.report(
                Diagnostic::new(Code::E0415, format!("modifier `{name}` occurs twice"))
                    .at(span)
                    .also(first.span, "first here")
                    .help("leave one of them out"),
            );
            continue;
        }
        modifiers.push(Spanned { value: *modifier, span });
    }
    (cx.errors == before).then(|| Key { field: field.into(), modifiers })
}

fn unknown(name: &str, span: Span) -> Diagnostic {
    if name.trim().is_empty() {
        return Diagnostic::new(Code::E0401, "`|` without the name of a modifier")
            .at(span)
            .help("leave the `|` out, or name a modifier after it");
    }
    let diagnostic = Diagnostic::new(Code::E0401, format!("unknown modifier `{name}`")).at(span);
    let plain = name.trim().to_lowercase();
    if let "equals" | "eq" | "is" | "in" | "any" | "or" = plain.as_str() {
        return diagnostic
            .help("leave it out: without a modifier a value must be equal, and a list means any of its values");
    }
    let other = OTHERS.iter().find(|(others, _)| others.contains(&plain.as_str())).map(|(_, meant)| *meant);
    match other.or_else(|| suggest(&plain, NAMES.iter().map(|(known, _)| *known))) {
        Some("neq") => diagnostic
            .label("did you mean `|neq`?")
            .help("`|neq` is the modifier for \"none of these values\"; it also matches events without the field")
            .help("or put the values in a selection of their own and write `not` before it in the condition")
            .edit(span, "neq", false),
        Some(meant) => diagnostic.label(format!("did you mean `|{meant}`?")).edit(span, meant, false),
        None => {
            let names: Vec<&str> = NAMES.iter().map(|(known, _)| *known).collect();
            diagnostic.help(format!("the modifiers are {}", names.join(", ")))
        }
    }
}
