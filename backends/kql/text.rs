//! Tests of text: string columns, and others as text.

use super::column::Value;
use super::literal::literal;
use super::regex::{has_dot, regex_literal, tells_case};
use super::{absent, any_of};
use crate::diag::Code;
use crate::ir::regex::{Flags, Node};
use crate::ir::{At, Case, Pattern, Regex, Shape, distinct};
use crate::render::{Binding, Fragment, Gap, wrapped_list};
use crate::schema::{Column, Type};

/// As many `contains` on one column stay a chain; more become one regular expression, which is shorter and one pass.
const CONTAINS: usize = 4;

/// As many `startswith` or `endswith` stay a chain, a line each, that an analyst can add to.
const ENDS: usize = 20;

/// The patterns of a test by the operator that says them.
#[derive(Default)]
struct Sorted<'a> {
    empty: bool,
    everything: bool,
    equal: Vec<&'a str>,
    starts: Vec<(&'a Pattern, &'a str)>,
    ends: Vec<(&'a Pattern, &'a str)>,
    contains: Vec<(&'a Pattern, &'a str)>,
    general: Vec<&'a Pattern>,
}

fn sort<'a>(patterns: &'a [(Pattern, At)], case: Case) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for (pattern, _) in patterns {
        // Kusto's insensitive operators are defined for ASCII text; its regular expressions fold Unicode.
        let plain = |text: &str| case == Case::Exact || text.is_ascii();
        match pattern.shape() {
            Shape::Everything => sorted.everything = true,
            Shape::Equals("") => sorted.empty = true,
            Shape::Equals(text) if plain(text) => sorted.equal.push(text),
            Shape::StartsWith(text) if plain(text) => sorted.starts.push((pattern, text)),
            Shape::EndsWith(text) if plain(text) => sorted.ends.push((pattern, text)),
            Shape::Contains(text) if plain(text) => sorted.contains.push((pattern, text)),
            _ => sorted.general.push(pattern),
        }
    }
    sorted.equal = distinct(sorted.equal);
    sorted
}

/// The value's text matches one of the patterns, whole.
pub(super) fn like(
    value: &Value,
    column: &Column,
    patterns: &[(Pattern, At)],
    case: Case,
    at: &At,
) -> Result<Fragment, Gap> {
    if column.traits.lower && case == Case::Exact && patterns.iter().any(|(pattern, _)| has_letters(pattern)) {
        return Err(lower_case(column, at));
    }
    let sorted = sort(patterns, case);
    if sorted.everything {
        return Ok(absent::present(value, column, at));
    }
    let mut parts = Vec::new();
    if sorted.empty && matches!(column.kind, Type::String | Type::Untyped) {
        parts.push(absent::empty(value, column, at));
    }
    parts.extend(equal(value, &sorted.equal, case));
    for (operator, list, limit) in [
        ("startswith", &sorted.starts, ENDS),
        ("endswith", &sorted.ends, ENDS),
        ("contains", &sorted.contains, CONTAINS),
    ] {
        let operator = if case == Case::Exact { format!("{operator}_cs") } else { operator.to_owned() };
        if list.len() > limit {
            parts.push(as_regex(value, list.iter().map(|(pattern, _)| *pattern), case, at)?);
        } else {
            parts.extend(
                list.iter().map(|(_, text)| Fragment::atom(format!("{} {operator} {}", value.text, literal(text)))),
            );
        }
    }
    if sorted.general.len() > CONTAINS {
        parts.push(as_regex(value, sorted.general.iter().copied(), case, at)?);
    } else {
        for pattern in &sorted.general {
            parts.push(as_regex(value, [*pattern], case, at)?);
        }
    }
    let fragment = guard_separators(any_of(parts), value, patterns);
    Ok(value.needed_by(fragment))
}

/// Equality: one comparison, or a list. Text without letters has no case, and `==` is the cheaper test.
fn equal(value: &Value, texts: &[&str], case: Case) -> Option<Fragment> {
    let folded = case == Case::Fold && texts.iter().any(|text| text.contains(|c: char| c.is_alphabetic()));
    let text = match texts {
        [] => return None,
        [text] => format!("{} {} {}", value.text, if folded { "=~" } else { "==" }, literal(text)),
        texts => {
            let open = format!("{} {} (", value.text, if folded { "in~" } else { "in" });
            let items: Vec<String> = texts.iter().map(|text| literal(text)).collect();
            wrapped_list(&open, &items, ")", open.chars().count())
        }
    };
    Some(Fragment::atom(text))
}

/// The patterns as one regular expression, anchored where they are.
fn as_regex<'a>(
    value: &Value,
    patterns: impl IntoIterator<Item = &'a Pattern>,
    case: Case,
    at: &At,
) -> Result<Fragment, Gap> {
    let node = Node::from_patterns(patterns);
    let flags = Flags { ignore_case: case == Case::Fold, multi_line: false, dot_all: has_dot(&node) };
    Ok(Fragment::atom(format!("{} matches regex {}", value.text, regex_literal(&Regex { node, flags }, at)?)))
}

/// The regular expression is found somewhere in the value's text.
pub(super) fn matches(value: &Value, column: &Column, regex: &Regex, at: &At) -> Result<Fragment, Gap> {
    if column.traits.lower && tells_case(&regex.node, regex.flags) {
        return Err(lower_case(column, at));
    }
    let found = format!("{} matches regex {}", value.text, regex_literal(regex, at)?);
    let fragment = if regex.finds_empty() {
        let mut guarded = Fragment::atom(format!("{} and {found}", present(value))).binding(Binding::And);
        guarded.notes.push(absent::same_cell(column, at));
        guarded
    } else if value.parts.is_some() {
        Fragment::atom(format!("{} and {found}", present(value))).binding(Binding::And)
    } else {
        Fragment::atom(found)
    };
    Ok(value.needed_by(fragment))
}

/// A test that the value is there: of a joined column, that one of its parts is.
pub(super) fn present(value: &Value) -> String {
    match &value.parts {
        Some((names, _)) if names.len() > 1 => {
            let tests: Vec<String> = names.iter().map(|name| format!("isnotempty({name})")).collect();
            format!("({})", tests.join(" or "))
        }
        _ => format!("isnotempty({})", value.text),
    }
}

/// A joined column of empty parts is not empty: its separators are there. A pattern that they match asks for the parts.
fn guard_separators(fragment: Fragment, value: &Value, patterns: &[(Pattern, At)]) -> Fragment {
    let Some((names, separator)) = &value.parts else {
        return fragment;
    };
    let separators = separator.repeat(names.len().saturating_sub(1));
    let matched = patterns.iter().any(|(pattern, _)| match pattern.shape() {
        Shape::Everything | Shape::General => true,
        Shape::Equals(text) => !text.is_empty() && text == separators,
        Shape::StartsWith(text) => separators.starts_with(text),
        Shape::EndsWith(text) => separators.ends_with(text),
        Shape::Contains(text) => separators.contains(text),
    });
    if !matched {
        return fragment;
    }
    let text = match fragment.binding {
        Binding::Or => format!("({})", crate::render::indent(&fragment.text, 1)),
        _ => fragment.text,
    };
    Fragment { text: format!("{} and {text}", present(value)), binding: Binding::And, ..fragment }
}

fn has_letters(pattern: &Pattern) -> bool {
    pattern.to_sigma().contains(|c: char| c.is_lowercase() || c.is_uppercase())
}

pub(super) fn lower_case(column: &Column, at: &At) -> Gap {
    let message = format!("{} is stored in lower case, so that the case of its letters cannot be tested", column.field);
    Gap::new(Code::E0602, at, message).help("drop `|cased`, or add `|i` to the regular expression")
}
