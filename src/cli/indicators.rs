//! The fields, kinds and values a rule names, selection by selection.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;

use crate::sigma::{Condition, Detection, Filter, Group, Item, Modifier, Rule, Value};

/// Values of a field that a rule looks for, or excludes.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Indicator {
    /// The field; none for keywords.
    pub(crate) field: Option<String>,
    /// How values are compared: `equals`, `contains`, `ends_with`, `regex`, ...
    pub(crate) kind: String,
    /// The values as written.
    pub(crate) values: Vec<String>,
    /// Whether all of the values must be found, not one of them.
    pub(crate) all: bool,
    /// The selection.
    pub(crate) selection: String,
    /// Whether the rule leaves out what matches.
    pub(crate) excluded: bool,
}

/// The indicators of a rule and of the filters that apply to it.
pub(crate) fn indicators(rule: &Rule, filters: &[Arc<Filter>]) -> Vec<Indicator> {
    let mut out = Vec::new();
    of_detection(&rule.detection, &mut out);
    filters.iter().for_each(|filter| of_detection(&filter.detection, &mut out));
    out
}

fn of_detection(detection: &Detection, out: &mut Vec<Indicator>) {
    let mut wanted = BTreeSet::new();
    let mut excluded = BTreeSet::new();
    for condition in &detection.conditions {
        polarity(&condition.value, detection, false, &mut wanted, &mut excluded);
    }
    for selection in &detection.selections {
        let name = &*selection.name.value;
        if wanted.contains(name) || excluded.contains(name) {
            of_group(&selection.body, name, !wanted.contains(name), out);
        }
    }
}

/// Which selections a condition wants, and which it negates.
fn polarity<'a>(
    condition: &Condition,
    detection: &'a Detection,
    negated: bool,
    wanted: &mut BTreeSet<&'a str>,
    excluded: &mut BTreeSet<&'a str>,
) {
    let mut take = |matches: &dyn Fn(&str) -> bool| {
        let names = detection.selections.iter().map(|selection| &*selection.name.value);
        let set = if negated { &mut *excluded } else { &mut *wanted };
        set.extend(names.filter(|name| matches(name)));
    };
    match condition {
        Condition::Name(name) => take(&|other| other == &*name.value),
        Condition::Of { pattern, .. } => {
            take(&|other| {
                if &*pattern.value == "them" { !other.starts_with('_') } else { glob(&pattern.value, other) }
            });
        }
        Condition::Not(inner) => polarity(inner, detection, !negated, wanted, excluded),
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().for_each(|part| polarity(part, detection, negated, wanted, excluded));
        }
    }
}

/// Whether a name matches a selector with `*`.
fn glob(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(mut rest) = name.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.ends_with(last)
}

fn of_group(group: &Group, selection: &str, excluded: bool, out: &mut Vec<Indicator>) {
    match group {
        Group::Map(items) => items.iter().for_each(|item| out.push(of_item(item, selection, excluded))),
        Group::AnyOf(groups) => groups.iter().for_each(|group| of_group(group, selection, excluded, out)),
        Group::Keywords(item) => out.push(of_item(item, selection, excluded)),
    }
}

fn of_item(item: &Item, selection: &str, excluded: bool) -> Indicator {
    let modifiers: Vec<Modifier> = item.modifiers.iter().map(|modifier| modifier.value).collect();
    let words: Vec<&str> = modifiers.iter().filter(|m| **m != Modifier::All).map(|m| word(*m)).collect();
    let kind = match (words.as_slice(), &item.field) {
        ([], Some(_)) => "equals".to_owned(),
        ([], None) => "keyword".to_owned(),
        (words, _) => words.join(" "),
    };
    Indicator {
        field: item.field.as_ref().map(|field| field.as_str().to_owned()),
        kind,
        values: item.values.iter().map(|value| text(&value.value)).collect(),
        all: modifiers.contains(&Modifier::All),
        selection: selection.to_owned(),
        excluded,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Null => "null".to_owned(),
    }
}

fn word(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::Contains => "contains",
        Modifier::StartsWith => "starts_with",
        Modifier::EndsWith => "ends_with",
        Modifier::All => "all",
        Modifier::Exists => "exists",
        Modifier::Cased => "cased",
        Modifier::Neq => "not_equal",
        Modifier::Re => "regex",
        Modifier::IgnoreCase => "ignore_case",
        Modifier::MultiLine => "multi_line",
        Modifier::DotAll => "dot_all",
        Modifier::Base64 => "base64",
        Modifier::Base64Offset => "base64_offset",
        Modifier::Utf16Le => "utf16le",
        Modifier::Utf16Be => "utf16be",
        Modifier::Utf16 => "utf16",
        Modifier::Windash => "any_dash",
        Modifier::Cidr => "cidr",
        Modifier::Lt => "less",
        Modifier::Lte => "less_or_equal",
        Modifier::Gt => "greater",
        Modifier::Gte => "greater_or_equal",
        Modifier::Minute => "minute",
        Modifier::Hour => "hour",
        Modifier::Day => "day",
        Modifier::Week => "week",
        Modifier::Month => "month",
        Modifier::Year => "year",
        Modifier::FieldRef => "field",
        Modifier::Expand => "placeholder",
    }
}
