//! `detection`: selections and conditions (SEMANTICS 1.4, 1.5).

use std::sync::Arc;

use super::condition::{self, Parsed, selects};
use super::context::{Context, get, listing, suggest, wrong_kind};
use super::{Condition, Detection, Group, Item, Meta, Selection, Spanned, Value, legacy, lint, modifiers};
use crate::diag::{Code, Diagnostic};
use crate::ir::FieldName;
use crate::yaml::{Kind, Node, Resolved};

/// Words that a condition gives a meaning of their own.
const RESERVED: &[&str] = &["them", "all", "any", "1", "and", "or", "not", "of"];

/// The selections of a rule; written ones have dozens.
const MAX_SELECTIONS: usize = 2_000;
/// The bytes of all conditions of a rule; written ones have hundreds.
const MAX_CONDITION: usize = 50_000;

/// Reads a rule's detection; none where it is unusable.
/// Errors: E0202, E0301 to E0309, E0401, E0409 to E0412, E0415 to E0417; lints.
pub(super) fn parse(cx: &mut Context<'_>, key: &Node, node: &Node, meta: &Meta) -> Option<Detection> {
    if node.is_null() {
        return None;
    }
    let Some(map) = node.as_map() else {
        cx.report(wrong_kind(key, node, "a map of selections and a condition"));
        return None;
    };
    let before = cx.errors;
    if !within_limits(cx, key, map) {
        return None;
    }
    let names = names(map, &["condition", "timeframe"]);
    let timeframe = get(map, "timeframe");
    let legacy = legacy::Surroundings { meta, timeframe: timeframe.map(|(_, value)| value), names: &names };
    let mut aggregates = false;
    let conditions = conditions(cx, key, map, &names, &mut |cx, text, pipe, place| {
        aggregates = true;
        cx.report(legacy::refuse(text, pipe, place, &legacy));
    });
    if let Some((key, _)) = timeframe.filter(|_| !aggregates) {
        cx.report(
            Diagnostic::new(Code::W0817, "`timeframe` without an aggregation has no effect")
                .at(key.span)
                .help("leave it out, or write a correlation with `timespan`"),
        );
    }
    let selections = selections(cx, map, &["condition", "timeframe"]);
    if selections.is_empty() && cx.errors == before {
        cx.report(Diagnostic::new(Code::E0411, "detection has no selection").at(key.span));
    }
    if cx.errors == before {
        lint::unused(cx, &selections, &conditions);
    }
    (cx.errors == before).then_some(Detection { selections, conditions })
}

/// Reports more selections or longer conditions than can be looked up in reasonable time (E0418).
pub(super) fn within_limits(cx: &mut Context<'_>, key: &Node, map: &[(Node, Node)]) -> bool {
    let length = |node: &Node| node.as_scalar().map_or(0, |scalar| scalar.text.len());
    let conditions = get(map, "condition").map_or(0, |(_, value)| match &value.kind {
        Kind::Seq(items) => items.iter().map(length).sum(),
        _ => length(value),
    });
    let good = map.len() <= MAX_SELECTIONS && conditions <= MAX_CONDITION;
    if !good {
        let message =
            format!("detection has more than {MAX_SELECTIONS} selections, or {MAX_CONDITION} bytes of conditions");
        cx.report(Diagnostic::new(Code::E0418, message).at(key.span).help("put many values in one list"));
    }
    good
}

/// The names of the selections.
pub(super) fn names<'a>(map: &'a [(Node, Node)], others: &[&str]) -> Vec<&'a str> {
    map.iter().map(|(key, _)| key.key()).filter(|name| !others.contains(name)).collect()
}

/// What to do with an aggregation behind a pipe: the condition's text, where the pipe is, and where that is in the file.
pub(super) type OnPipe<'a> = dyn FnMut(&mut Context<'_>, &str, usize, crate::source::Span) + 'a;

/// The conditions; reported where there are none (E0309).
pub(super) fn conditions(
    cx: &mut Context<'_>,
    owner: &Node,
    map: &[(Node, Node)],
    names: &[&str],
    on_pipe: &mut OnPipe<'_>,
) -> Vec<Spanned<Condition>> {
    let missing = |span| Diagnostic::new(Code::E0309, "condition is missing").at(span);
    let Some((key, value)) = get(map, "condition") else {
        let mut diagnostic = missing(owner.span).help("`condition: selection` says how the selections are combined");
        if let Some((key, _)) = map.iter().find(|(key, _)| suggest(key.key(), ["condition"]).is_some()) {
            diagnostic = diagnostic.also(key.span, "did you mean `condition`?").edit(key.span, "condition", false);
        }
        cx.report(diagnostic);
        return Vec::new();
    };
    let written: Vec<&Node> = match &value.kind {
        Kind::Seq(items) => items.iter().collect(),
        _ => vec![value],
    };
    if value.is_null() || written.is_empty() {
        cx.report(missing(key.span).help("`condition: selection` says how the selections are combined"));
    }
    let mut out = Vec::new();
    for node in written {
        let Some(scalar) = node.as_scalar() else {
            cx.report(wrong_kind(key, node, "a text"));
            continue;
        };
        if node.is_null() {
            if !value.is_null() {
                cx.report(missing(key.span));
            }
            continue;
        }
        let places = node.places(cx.text);
        let place = |range| places.span(range);
        match condition::parse(&scalar.text, &|name| names.contains(&name), &place) {
            Err(diagnostic) => {
                let diagnostic = legacy_number(*diagnostic, names, &scalar.text);
                cx.report(diagnostic);
            }
            Ok(Parsed::Aggregation(range)) => {
                on_pipe(cx, &scalar.text, range.start, place(range.start..scalar.text.len()));
            }
            Ok(Parsed::Condition { condition, mixed }) => {
                if check(cx, &condition, names) {
                    if mixed {
                        lint::mixed(cx, node);
                    }
                    out.push(Spanned { value: condition, span: node.span });
                }
            }
        }
    }
    out
}

/// Looks up the names of a condition (E0302, E0303); whether all are there.
fn check(cx: &mut Context<'_>, condition: &Condition, names: &[&str]) -> bool {
    match condition {
        Condition::Name(name) => {
            let found = names.contains(&&*name.value);
            if !found {
                cx.report(unknown_selection(name, names));
            }
            found
        }
        Condition::Of { pattern, .. } => {
            let found = names.iter().any(|name| selects(&pattern.value, name));
            if !found {
                let diagnostic =
                    Diagnostic::new(Code::E0303, format!("`{}` matches no selection", pattern.value)).at(pattern.span);
                cx.report(known_names(diagnostic, names));
            }
            found
        }
        Condition::Not(inner) => check(cx, inner, names),
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter().filter(|part| !check(cx, part, names)).count() == 0
        }
    }
}

fn unknown_selection(name: &Spanned<Arc<str>>, names: &[&str]) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::E0302, format!("there is no selection `{}`", name.value)).at(name.span);
    let prefix = format!("{}_", name.value);
    if names.iter().any(|known| known.starts_with(&prefix)) {
        return diagnostic.help(format!("write `1 of {prefix}*` or `all of {prefix}*` for all that start so"));
    }
    match suggest(&name.value, names.iter().copied().take(200)) {
        Some(meant) => diagnostic.label(format!("did you mean `{meant}`?")).edit(name.span, meant, false),
        None => known_names(diagnostic, names),
    }
}

fn known_names(diagnostic: Diagnostic, names: &[&str]) -> Diagnostic {
    match names {
        [] => diagnostic.help("there are no selections"),
        names if names.len() <= 12 => diagnostic.help(format!("the selections are {}", listing(names, "and"))),
        names => diagnostic.help(format!("there are {} selections", names.len())),
    }
}

/// For `2 of selection*`, the combinations written out where they are few.
fn legacy_number(diagnostic: Diagnostic, names: &[&str], text: &str) -> Diagnostic {
    if diagnostic.code != Code::E0305 {
        return diagnostic;
    }
    let mut words = text.split_whitespace().skip_while(|word| word.parse::<usize>().is_err());
    let (Some(number), Some("of"), Some(pattern)) = (words.next(), words.next(), words.next()) else {
        return diagnostic;
    };
    let meant: Vec<&str> = names.iter().copied().filter(|name| selects(pattern, name)).collect();
    match (number, meant.as_slice()) {
        ("2", [_, _]) => diagnostic.help(format!("here: `{}`", meant.join(" and "))),
        ("2", [a, b, c]) => diagnostic.help(format!("here: `({a} and {b}) or ({a} and {c}) or ({b} and {c})`")),
        ("3", [_, _, _]) => diagnostic.help(format!("here: `{}`", meant.join(" and "))),
        _ => diagnostic,
    }
}

/// The selections of a map, all keys but `others`.
pub(super) fn selections(cx: &mut Context<'_>, map: &[(Node, Node)], others: &[&str]) -> Vec<Selection> {
    let mut out = Vec::new();
    for (key, value) in map.iter().filter(|(key, _)| !others.contains(&key.key())) {
        let name = key.key();
        if RESERVED.contains(&name) {
            cx.report(
                Diagnostic::new(Code::E0306, format!("`{name}` is a word of conditions and cannot name a selection"))
                    .at(key.span)
                    .help("give the selection another name"),
            );
            continue;
        }
        if value.is_null() {
            cx.report(
                Diagnostic::new(Code::E0411, format!("selection `{name}` is empty"))
                    .at(key.span)
                    .help("a selection needs at least one field or keyword; are the lines below it indented enough?"),
            );
            continue;
        }
        if let Some(body) = group(cx, key, value) {
            out.push(Selection { name: Spanned { value: name.into(), span: key.span }, body });
        }
    }
    out
}

/// The content of a selection; none where some of it is wrong.
fn group(cx: &mut Context<'_>, key: &Node, node: &Node) -> Option<Group> {
    match &node.kind {
        Kind::Map(pairs) if pairs.is_empty() => {
            let diagnostic = Diagnostic::new(Code::E0411, "selection is an empty map").at(node.span);
            cx.report(diagnostic.help("a selection needs at least one field"));
            None
        }
        Kind::Map(pairs) => {
            let before = cx.errors;
            let items: Vec<Item> = pairs.iter().filter_map(|(key, value)| item(cx, key, value)).collect();
            (cx.errors == before).then_some(Group::Map(items))
        }
        Kind::Seq(elements) if elements.is_empty() => {
            let diagnostic = Diagnostic::new(Code::E0410, "list of keywords is empty").at(key.span);
            cx.report(diagnostic.help("a selection needs at least one keyword or field"));
            None
        }
        Kind::Seq(elements) if elements.iter().all(|element| matches!(element.kind, Kind::Scalar(_))) => {
            keywords(cx, node, elements, true)
        }
        Kind::Seq(elements) => {
            let before = cx.errors;
            let parts: Vec<Group> = elements.iter().filter_map(|element| group(cx, key, element)).collect();
            (cx.errors == before).then_some(Group::AnyOf(parts))
        }
        Kind::Scalar(_) => keywords(cx, node, std::slice::from_ref(node), false),
    }
}

fn keywords(cx: &mut Context<'_>, node: &Node, values: &[Node], is_list: bool) -> Option<Group> {
    let before = cx.errors;
    let values = values.iter().filter_map(|value| keyword(cx, node, value)).collect();
    let item = Item { field: None, key: node.span, modifiers: Vec::new(), values, is_list };
    if cx.errors > before {
        return None;
    }
    lint::item(cx, &item);
    Some(Group::Keywords(item))
}

fn keyword(cx: &mut Context<'_>, owner: &Node, node: &Node) -> Option<Spanned<Value>> {
    if node.is_null() {
        cx.report(
            Diagnostic::new(Code::E0416, "null as a keyword")
                .at(node.span)
                .help("a keyword is a text that some field contains; quote it if the word `null` is meant"),
        );
        return None;
    }
    value(cx, owner, node)
}

/// `field|modifier: values`
fn item(cx: &mut Context<'_>, key: &Node, node: &Node) -> Option<Item> {
    let before = cx.errors;
    let parts = modifiers::parse(cx, key);
    let is_list = matches!(node.kind, Kind::Seq(_));
    let is_keyword = parts.as_ref().is_some_and(|parts| parts.field.is_empty());
    let nodes: &[Node] = match &node.kind {
        Kind::Seq(elements) => elements,
        _ => std::slice::from_ref(node),
    };
    if nodes.is_empty() {
        cx.report(
            Diagnostic::new(Code::E0410, format!("list of values of `{}` is empty", key.key()))
                .at(node.span)
                .help("write `null` for a field that must be missing, or name at least one value"),
        );
    }
    let mut values = Vec::with_capacity(nodes.len());
    for node in nodes {
        if is_keyword {
            values.extend(keyword(cx, key, node));
        } else if is_list && node.is_null() {
            let span = if node.is_absent() { key.span } else { node.span };
            cx.report(
                Diagnostic::new(Code::E0409, "null inside a list of values")
                    .at(span)
                    .help("test for a missing field in a selection of its own, `field: null`, and join both with `or`"),
            );
        } else {
            values.extend(value(cx, key, node));
        }
    }
    let parts = parts.filter(|_| cx.errors == before)?;
    let field = (!parts.field.is_empty()).then_some(FieldName(parts.field));
    let item = Item { field, key: key.span, modifiers: parts.modifiers, values, is_list };
    lint::item(cx, &item);
    Some(item)
}

fn value(cx: &mut Context<'_>, key: &Node, node: &Node) -> Option<Spanned<Value>> {
    let Kind::Scalar(scalar) = &node.kind else {
        let name = key.key();
        cx.report(
            Diagnostic::new(Code::E0412, format!("{} as the value of `{name}`", node.describe()))
                .at(super::context::head(node))
                .help("a field has a single value or a list of single values; is the indentation right?")
                .help(format!(
                    "for a field inside another, write its path: `{}.inner: value`",
                    name.split('|').next().unwrap_or("")
                )),
        );
        return None;
    };
    let resolved = match scalar.resolve() {
        Resolved::Text => Value::Text(scalar.text.clone()),
        Resolved::Number(number) => Value::Number(number),
        Resolved::Bool(flag) => Value::Bool(flag),
        Resolved::Null => Value::Null,
        Resolved::OutOfRange => {
            cx.report(
                Diagnostic::new(Code::E0417, format!("number `{}` is out of range", scalar.text))
                    .at(node.span)
                    .help("no event holds such a number; put it in quotes if the text is meant"),
            );
            return None;
        }
    };
    lint::yaml_1_1(cx, node, scalar);
    Some(Spanned { value: resolved, span: node.span })
}
