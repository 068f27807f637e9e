//! Lints of detections: what is allowed, but probably not what its author meant.

use std::collections::{HashMap, HashSet};

use super::condition::selects;
use super::context::Context;
use super::{Condition, Item, Modifier, Selection, Spanned, Value};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::{self, Node, Resolved, Scalar};

/// Selections that no condition uses (W0804).
pub(super) fn unused(cx: &mut Context<'_>, selections: &[Selection], conditions: &[Spanned<Condition>]) {
    let mut names = HashSet::new();
    let mut patterns = Vec::new();
    let mut todo: Vec<&Condition> = conditions.iter().map(|condition| &condition.value).collect();
    while let Some(condition) = todo.pop() {
        match condition {
            Condition::Name(name) => drop(names.insert(&*name.value)),
            Condition::Of { pattern, .. } => patterns.push(&*pattern.value),
            Condition::Not(inner) => todo.push(inner),
            Condition::And(parts) | Condition::Or(parts) => todo.extend(parts),
        }
    }
    patterns.sort_unstable();
    patterns.dedup();
    for selection in selections {
        let name = &*selection.name.value;
        if !names.contains(name) && !patterns.iter().any(|pattern| selects(pattern, name)) {
            cx.report(
                Diagnostic::new(Code::W0804, format!("selection `{name}` is never used"))
                    .at(selection.name.span)
                    .help("use it in the condition, or leave it out"),
            );
        }
    }
}

/// `and` and `or` side by side (W0812).
pub(super) fn mixed(cx: &mut Context<'_>, node: &Node) {
    cx.report(
        Diagnostic::new(Code::W0812, "`and` and `or` mixed without parentheses")
            .at(node.span)
            .help("`and` binds tighter than `or`: `a or b and c` means `a or (b and c)`; parentheses make it plain"),
    );
}

/// Plain scalars that readers of YAML 1.1, pySigma among them, take for something else (W0805).
pub(super) fn yaml_1_1(cx: &mut Context<'_>, node: &Node, scalar: &Scalar) {
    let Some(other) = yaml::in_yaml_1_1(scalar) else { return };
    let text = &scalar.text;
    let now = match scalar.resolve() {
        Resolved::Number(number) => format!("the number {number}"),
        _ => format!("the text '{text}'"),
    };
    cx.report(
        Diagnostic::new(Code::W0805, format!("`{text}` is {other} to readers of YAML 1.1"))
            .at(node.span)
            .help(format!("here it is {now}; quotes make it a text for every reader"))
            .edit(node.span, format!("'{text}'"), scalar.resolve() == Resolved::Text),
    );
}

/// Lints of one item: W0806, W0807, W0808, W0813, W0815, W0816.
pub(super) fn item(cx: &mut Context<'_>, item: &Item) {
    let has = |modifier| item.modifiers.iter().any(|m| m.value == modifier);
    if let Some(offset) = item.modifiers.iter().find(|m| m.value == Modifier::Base64Offset)
        && !has(Modifier::Contains)
    {
        cx.report(
            Diagnostic::new(Code::W0815, "`base64offset` without `contains` looks for a value that is nothing else")
                .at(offset.span)
                .help("the text is usually encoded inside a longer one: `|base64offset|contains`"),
        );
    }
    duplicates(cx, item, has(Modifier::Cased) || has(Modifier::Re));
    // Values that are no patterns, or that must have no wildcard (E0414).
    let raw = [Modifier::Re, Modifier::Cidr, Modifier::FieldRef, Modifier::Base64, Modifier::Base64Offset];
    let raw = raw.into_iter().any(has);
    if raw {
        return;
    }
    let (start, end) = (has(Modifier::StartsWith), has(Modifier::EndsWith));
    let contains = has(Modifier::Contains) || item.field.is_none();
    redundant(cx, item, contains || end, contains || start);
    for value in &item.values {
        let Value::Text(text) = &value.value else { continue };
        mistaken(cx, text, value.span);
        if text.is_empty() && (contains || start || end) {
            cx.report(
                Diagnostic::new(Code::W0808, "empty value matches everything")
                    .at(value.span)
                    .help("every text contains the empty one; write `'*'` if any value is meant"),
            );
        }
    }
}

/// Values that are written twice (W0816).
fn duplicates(cx: &mut Context<'_>, item: &Item, exact: bool) {
    if item.values.len() < 2 {
        return;
    }
    let mut seen: HashMap<String, Span> = HashMap::with_capacity(item.values.len());
    for value in &item.values {
        let key = match &value.value {
            Value::Text(text) if exact => text.to_string(),
            Value::Text(text) => text.to_lowercase(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => continue,
        };
        if let Some(first) = seen.insert(key, value.span) {
            cx.report(
                Diagnostic::new(Code::W0816, "value occurs twice in the list")
                    .at(value.span)
                    .also(first, "first here")
                    .help(if exact { "leave one of them out" } else { "case does not count; leave one of them out" }),
            );
        }
    }
}

/// Wildcards that do nothing (W0807, once an item). `open_start` and `open_end`: a modifier adds `*` there.
fn redundant(cx: &mut Context<'_>, item: &Item, open_start: bool, open_end: bool) {
    let redundant = |text: &str| {
        let stars = unescaped(text);
        let doubled = stars.windows(2).any(|pair| matches!(pair, [a, b] if a + 1 == *b));
        let at_start = open_start && stars.first() == Some(&0) && !is_keycap(text);
        let at_end = open_end && stars.last().is_some_and(|last| last + 1 == text.len());
        doubled || (!text.bytes().all(|b| b == b'*') && (at_start || at_end))
    };
    let texts = item.values.iter().filter_map(|value| match &value.value {
        Value::Text(text) if text.contains('*') && redundant(text) => Some((text, value.span)),
        _ => None,
    });
    let found: Vec<_> = texts.collect();
    let [(text, span), others @ ..] = found.as_slice() else { return };
    let help = match (text.contains("**"), &item.field) {
        (true, _) => "`**` is the same as `*`",
        (_, None) => "a keyword is looked for anywhere in a value already",
        (_, Some(_)) => "the modifier adds this `*` already",
    };
    let more = if others.is_empty() { String::new() } else { format!(" and in {} more values", others.len()) };
    cx.report(Diagnostic::new(Code::W0807, format!("redundant wildcard in `{text}`{more}")).at(*span).help(help));
}

/// Wildcards that are escaped and were not meant to be (W0806), or that are wildcards and were not meant to be (W0813).
fn mistaken(cx: &mut Context<'_>, text: &str, span: Span) {
    if !text.contains(['*', '?']) {
        return;
    }
    if let Some(path) = escaped_path(text) {
        let help = "a backslash before `*` takes its meaning away; if a folder and anything in it are meant, write";
        cx.report(
            Diagnostic::new(Code::W0806, format!("`\\*` in `{text}` is a literal star"))
                .at(span)
                .help(format!("{help} `{path}`")),
        );
    }
    let (mark, meant) = match question_mark(text) {
        Some(meant) => ("?", meant),
        None if is_keycap(text) => ("*", "the star on a key"),
        None => return,
    };
    let stands = if mark == "?" { "any character" } else { "any text" };
    cx.report(
        Diagnostic::new(Code::W0813, format!("`{mark}` in `{text}` stands for {stands}"))
            .at(span)
            .help(format!("write `\\{mark}` if {meant} is meant")),
    );
}

/// Whether the text starts with the emoji of a key with a star: `*` and a combining mark.
fn is_keycap(text: &str) -> bool {
    text.starts_with("*\u{fe0f}") || text.starts_with("*\u{20e3}")
}

/// The places of unescaped `*` (SEMANTICS 2.1).
fn unescaped(text: &str) -> Vec<usize> {
    let mut out = Vec::new();
    let mut escaped = false;
    let bytes = text.as_bytes();
    for (place, byte) in bytes.iter().enumerate() {
        match byte {
            b'\\' if !escaped && matches!(bytes.get(place + 1), Some(b'\\' | b'*' | b'?')) => escaped = true,
            b'*' if !escaped => out.push(place),
            _ => escaped = false,
        }
    }
    out
}

/// The value with its folder meant, if it looks like a Windows path in which `\*` was meant as "any file here":
/// `C:\Temp\*` or `\Users\*\AppData`.
fn escaped_path(text: &str) -> Option<String> {
    let single = text.match_indices("\\*").find(|(place, _)| !text.get(..*place).is_some_and(|t| t.ends_with('\\')))?;
    let (before, after) = (text.get(..single.0)?, text.get(single.0 + 2..)?);
    let folder = before.contains('\\') && before.ends_with(|c: char| c.is_alphanumeric() || c == '%' || c == ')');
    let path = folder && (after.is_empty() || after.starts_with('\\') || after.starts_with('.'));
    path.then(|| format!("{before}\\\\*{after}"))
}

/// What an unescaped `?` was probably meant for.
fn question_mark(text: &str) -> Option<&'static str> {
    text.match_indices('?').find_map(|(place, _)| {
        let before = text.get(..place)?.trim_start_matches('*');
        let after = text.get(place + 1..)?.trim_end_matches('*');
        if before.ends_with('\\') {
            None
        } else if starts_query(before, after) {
            Some("the question mark of an address")
        } else if asks_for_help(before, after) {
            Some("the switch that asks for help")
        } else {
            None
        }
    })
}

/// Whether a `?` starts the query of an address: `/x?id=1`, `?id=1`, `/debug/dump?`.
fn starts_query(before: &str, after: &str) -> bool {
    let in_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b':' | b'.');
    let name = after.bytes().take_while(|b| in_name(b)).count();
    let named = name > 0 && after.as_bytes().get(name) == Some(&b'=');
    let path = before.contains('/');
    let file = path && before.ends_with(|c: char| c.is_ascii_alphanumeric());
    (named && (path || before.is_empty()))
        || (file && (after.is_empty() || after.starts_with('&')))
        || (before.is_empty() && after.starts_with('/'))
}

/// Whether a `?` is all of a switch: `/?`, `whoami -? `.
fn asks_for_help(before: &str, after: &str) -> bool {
    let switch = before.strip_suffix(['/', '-']);
    switch.is_some_and(|rest| rest.is_empty() || rest.ends_with(' ')) && (after.is_empty() || after.starts_with(' '))
}
