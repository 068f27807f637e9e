//! `correlation` documents (SEMANTICS 4.1).

use std::sync::Arc;

use super::condition::{self, Parsed};
use super::context::{Context, get, listing, suggest, wrong_kind};
use super::{Alias, Condition, Correlation, CorrelationCondition, CorrelationType, Meta, Spanned};
use crate::diag::{Code, Diagnostic};
use crate::ir::{Bound, FieldName, Number};
use crate::yaml::{Kind, Node, Resolved};

const KEYS: &[&str] = &["type", "rules", "group-by", "timespan", "aliases", "condition", "generate"];

/// The rules that one correlation may name.
const MAX_RULES: usize = 1_000;

const TYPES: &[(&str, CorrelationType)] = &[
    ("event_count", CorrelationType::EventCount),
    ("value_count", CorrelationType::ValueCount),
    ("temporal", CorrelationType::Temporal),
    ("temporal_ordered", CorrelationType::TemporalOrdered),
    ("value_sum", CorrelationType::ValueSum),
    ("value_avg", CorrelationType::ValueAvg),
    ("value_percentile", CorrelationType::ValuePercentile),
    ("value_median", CorrelationType::ValueMedian),
];

const BOUNDS: &[(&str, Bound)] = &[
    ("gt", Bound::Gt),
    ("gte", Bound::Gte),
    ("lt", Bound::Lt),
    ("lte", Bound::Lte),
    ("eq", Bound::Eq),
    ("neq", Bound::Neq),
];

/// Reads a correlation; none where it is unusable. Its references are looked up when all documents are there.
/// Errors: E0202, E0210, E03xx; lints W0803, W0814, W0818.
pub(super) fn parse(cx: &mut Context<'_>, tree: &Node, meta: Meta) -> Option<Correlation> {
    let root = tree.as_map()?;
    let (key, node) = get(root, "correlation")?;
    let Some(map) = node.as_map() else {
        let diagnostic = Diagnostic::new(Code::E0210, "`correlation` is not a map").at(key.span);
        cx.report(diagnostic.help("it holds `type`, `rules`, `timespan` and `condition`"));
        return None;
    };
    let before = cx.errors;
    for (key, _) in map.iter().filter(|(key, _)| !KEYS.contains(&key.key())) {
        let mut diagnostic =
            Diagnostic::new(Code::W0803, format!("`{}` is no attribute of a correlation", key.key())).at(key.span);
        diagnostic = match (key.key(), suggest(key.key(), KEYS.iter().copied())) {
            ("timeframe", _) => diagnostic.label("did you mean `timespan`?").edit(key.span, "timespan", false),
            ("level" | "title" | "id" | "name" | "status" | "tags", _) => {
                diagnostic.help("it belongs to the top level; here it has no effect")
            }
            (_, Some(meant)) => diagnostic.label(format!("did you mean `{meant}`?")).edit(key.span, meant, false),
            _ => diagnostic.help("it has no effect"),
        };
        cx.report(diagnostic);
    }
    let kind = kind(cx, key, map);
    let mut rules = get(map, "rules").map_or_else(Vec::new, |(key, value)| one_or_more(cx, key, value));
    let group_by = get(map, "group-by").map_or_else(Vec::new, |(key, value)| one_or_more(cx, key, value));
    let group_by =
        group_by.into_iter().map(|f| Spanned { value: FieldName(f.value), span: f.span }).collect::<Vec<_>>();
    let timespan = timespan(cx, key, map);
    let aliases = aliases(cx, map);
    let condition = kind.as_ref().and_then(|kind| condition(cx, key, map, kind));
    let generate = generate(cx, root, map);
    if let (true, Some(CorrelationCondition::Rules(expression))) = (rules.is_empty(), &condition) {
        named(&expression.value, &mut rules);
    }
    if rules.is_empty() && cx.errors == before {
        cx.report(
            Diagnostic::new(Code::E0210, "correlation names no rules")
                .at(get(map, "rules").map_or(key.span, |(key, _)| key.span))
                .help("`rules:` lists the ids or names of the rules it relates"),
        );
    }
    if rules.len() > MAX_RULES {
        let message = format!("correlation names {} rules; at most {MAX_RULES} are read", rules.len());
        cx.report(incomplete(message, key.span));
    }
    if cx.errors > before {
        return None;
    }
    if group_by.is_empty() {
        cx.report(
            Diagnostic::new(Code::W0814, "correlation without `group-by` relates the events of all hosts and users")
                .at(key.span)
                .help("`group-by:` lists the fields that the events must have in common"),
        );
    }
    Some(Correlation {
        meta,
        kind: kind?,
        rules,
        group_by,
        timespan: timespan?,
        aliases,
        condition: condition?,
        generate,
    })
}

fn incomplete(message: impl Into<String>, span: crate::source::Span) -> Diagnostic {
    Diagnostic::new(Code::E0210, message).at(span)
}

fn kind(cx: &mut Context<'_>, owner: &Node, map: &[(Node, Node)]) -> Option<Spanned<CorrelationType>> {
    let names: Vec<&str> = TYPES.iter().map(|(name, _)| *name).collect();
    let Some((key, value)) = get(map, "type").filter(|(_, value)| !value.is_null()) else {
        let span = get(map, "type").map_or(owner.span, |(key, _)| key.span);
        let help = format!("a correlation's type is {}", listing(&names, "or"));
        cx.report(incomplete("correlation has no `type`", span).help(help));
        return None;
    };
    let text = cx.text_of(key, value)?;
    if let Some((_, kind)) = TYPES.iter().find(|(name, _)| **name == *text.value) {
        return Some(Spanned { value: *kind, span: text.span });
    }
    let mut diagnostic = Diagnostic::new(Code::E0202, format!("`{}` is no type of correlation", text.value))
        .at(text.span)
        .help(format!("a correlation's type is {}", listing(&names, "or")));
    if let Some(meant) = suggest(&text.value, names.iter().copied()) {
        diagnostic = diagnostic.label(format!("did you mean `{meant}`?")).edit(text.span, meant, false);
    }
    cx.report(diagnostic);
    None
}

/// A text, or a list of texts.
fn one_or_more(cx: &mut Context<'_>, key: &Node, value: &Node) -> Vec<Spanned<Arc<str>>> {
    let values = match &value.kind {
        Kind::Scalar(_) => cx.text_of(key, value).into_iter().collect(),
        _ => cx.texts_of(key, value),
    };
    cx.unique(key, &values);
    values
}

/// `15m` in seconds.
fn timespan(cx: &mut Context<'_>, owner: &Node, map: &[(Node, Node)]) -> Option<Spanned<u64>> {
    let Some((key, value)) = get(map, "timespan").filter(|(_, value)| !value.is_null()) else {
        let span = get(map, "timespan").map_or(owner.span, |(key, _)| key.span);
        cx.report(incomplete("correlation has no `timespan`", span).help("within what time, such as `timespan: 15m`?"));
        return None;
    };
    let Some(scalar) = value.as_scalar() else {
        cx.report(wrong_kind(key, value, "a time such as `15m`"));
        return None;
    };
    if let Some(seconds) = seconds(&scalar.text) {
        return Some(Spanned { value: seconds, span: value.span });
    }
    let mut diagnostic = Diagnostic::new(Code::E0202, format!("`timespan: {}` is not a time", scalar.text))
        .at(value.span)
        .help("write a whole number greater than 0 and one unit: `s`, `m`, `h`, `d` or `w`");
    if let Some(digits) = scalar.text.strip_suffix(['M', 'y'])
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        diagnostic = diagnostic.help("months and years have no fixed length; write days");
    }
    cx.report(diagnostic);
    None
}

fn seconds(text: &str) -> Option<u64> {
    let unit = match text.chars().next_back()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let digits = text.get(..text.len() - 1).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    digits.parse::<u64>().ok()?.checked_mul(unit).filter(|seconds| (1..=u64::from(u32::MAX)).contains(seconds))
}

fn aliases(cx: &mut Context<'_>, map: &[(Node, Node)]) -> Vec<Alias> {
    let Some((key, value)) = get(map, "aliases").filter(|(_, value)| !value.is_null()) else { return Vec::new() };
    let Some(pairs) = value.as_map() else {
        cx.report(wrong_kind(key, value, "a map of aliases"));
        return Vec::new();
    };
    let mut out = Vec::new();
    for (alias, rules) in pairs {
        let Some(rules) = rules.as_map() else {
            cx.report(wrong_kind(alias, rules, "a map from each rule to its field"));
            continue;
        };
        let fields = (rules.iter())
            .filter_map(|(rule, field)| {
                let field = cx.text_of(rule, field)?;
                Some((Spanned { value: rule.key().into(), span: rule.span }, FieldName(field.value)))
            })
            .collect();
        out.push(Alias { name: Spanned { value: FieldName(alias.key().into()), span: alias.span }, fields });
    }
    out
}

fn condition(
    cx: &mut Context<'_>,
    owner: &Node,
    map: &[(Node, Node)],
    kind: &Spanned<CorrelationType>,
) -> Option<CorrelationCondition> {
    use CorrelationType::{EventCount, Temporal, TemporalOrdered, ValueCount, ValuePercentile};
    let temporal = matches!(kind.value, Temporal | TemporalOrdered);
    let Some((key, value)) = get(map, "condition").filter(|(_, value)| !value.is_null()) else {
        if temporal {
            return Some(CorrelationCondition::Default);
        }
        cx.report(
            incomplete("correlation has no `condition`", owner.span)
                .help("write a bound, such as `condition:` with `gte: 10` below it"),
        );
        return None;
    };
    if value.as_text().is_some() {
        return expression(cx, value, temporal);
    }
    let Some(pairs) = value.as_map() else {
        cx.report(wrong_kind(key, value, "a map of bounds"));
        return None;
    };
    let before = cx.errors;
    let mut bounds = Vec::new();
    let (mut fields, mut percentile) = (Vec::new(), None);
    for (key, value) in pairs {
        match key.key() {
            "field" => fields = one_or_more(cx, key, value),
            "percentile" => percentile = number(cx, key, value).filter(|n| within_percent(cx, *n, value)),
            name => match BOUNDS.iter().find(|(bound, _)| *bound == name) {
                Some((_, bound)) => bounds.extend(number(cx, key, value).map(|number| (*bound, number))),
                None => cx.report(
                    Diagnostic::new(Code::E0202, format!("`{name}` is no bound of a correlation"))
                        .at(key.span)
                        .help("bounds are `gt`, `gte`, `lt`, `lte`, `eq` and `neq`; beside them stand `field` and `percentile`"),
                ),
            },
        }
    }
    if bounds.is_empty() && cx.errors == before {
        cx.report(
            incomplete("condition of the correlation has no bound", key.span).help("write one, such as `gte: 10`"),
        );
    }
    let values = !matches!(kind.value, EventCount | Temporal | TemporalOrdered);
    match fields.as_slice() {
        [] if values => {
            cx.report(incomplete("condition has no `field`", key.span).help("of which field are the values taken?"))
        }
        [field, ..] if !values => {
            cx.report(
                incomplete("`field` has no meaning for this type", field.span)
                    .also(kind.span, "counts events, not values"),
            );
        }
        [_, second, ..] if kind.value != ValueCount => {
            cx.report(
                incomplete("only `value_count` takes several fields", second.span)
                    .also(kind.span, "this type takes one"),
            );
        }
        _ => {}
    }
    let wants_percentile = kind.value == ValuePercentile;
    if wants_percentile && percentile.is_none() && cx.errors == before {
        cx.report(
            incomplete("`value_percentile` without `percentile`", key.span)
                .help("which one? The median is `percentile: 50`"),
        );
    }
    if let (false, Some((key, _))) = (wants_percentile, get(pairs, "percentile")) {
        cx.report(
            incomplete("`percentile` has a meaning for `value_percentile` only", key.span)
                .also(kind.span, "this type has none"),
        );
    }
    if cx.errors > before {
        return None;
    }
    let count = matches!(kind.value, EventCount | ValueCount | Temporal | TemporalOrdered);
    if never(&bounds, count) {
        cx.report(
            Diagnostic::new(Code::W0818, "correlation can never fire as written")
                .at(key.span)
                .help("it is looked at when an event happens, so that the count is then at least 1; absence of events cannot be seen"),
        );
    }
    let fields = fields.into_iter().map(|field| FieldName(field.value)).collect();
    Some(CorrelationCondition::Bounds { bounds, fields, percentile })
}

/// `rule_a and not rule_b`, over the names of rules.
fn expression(cx: &mut Context<'_>, node: &Node, temporal: bool) -> Option<CorrelationCondition> {
    let text = node.as_text()?;
    if !temporal {
        let message = "a condition over rules has a meaning for temporal types only";
        cx.report(incomplete(message, node.span).help("write a bound, such as `gte: 10`"));
        return None;
    }
    let places = node.places(cx.text);
    match condition::parse(text, &|_| false, &|range| places.span(range)) {
        Err(diagnostic) => cx.report(*diagnostic),
        Ok(Parsed::Aggregation(range)) => {
            cx.report(Diagnostic::new(Code::E0301, "`|` has no meaning in a correlation").at(places.span(range)));
        }
        Ok(Parsed::Condition { condition, .. }) => match selector(&condition) {
            None => return Some(CorrelationCondition::Rules(Spanned { value: condition, span: node.span })),
            Some(span) => {
                let diagnostic = Diagnostic::new(Code::E0301, "`x of` has no meaning in a correlation").at(span);
                cx.report(diagnostic.help("name the rules, joined with `and` and `or`"));
            }
        },
    }
    None
}

/// Where an expression has an `x of`.
fn selector(condition: &Condition) -> Option<crate::source::Span> {
    match condition {
        Condition::Of { pattern, .. } => Some(pattern.span),
        Condition::Name(_) => None,
        Condition::Not(inner) => selector(inner),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().find_map(selector),
    }
}

/// The names of an expression, each once, in order.
fn named(condition: &Condition, out: &mut Vec<Spanned<Arc<str>>>) {
    match condition {
        Condition::Name(name) if out.iter().all(|known| known.value != name.value) => out.push(name.clone()),
        Condition::Name(_) | Condition::Of { .. } => {}
        Condition::Not(inner) => named(inner, out),
        Condition::And(parts) | Condition::Or(parts) => parts.iter().for_each(|part| named(part, out)),
    }
}

fn number(cx: &mut Context<'_>, key: &Node, value: &Node) -> Option<Number> {
    match value.as_scalar().map(crate::yaml::Scalar::resolve) {
        Some(Resolved::Number(number)) => Some(number),
        _ => {
            cx.report(wrong_kind(key, value, "a number"));
            None
        }
    }
}

fn within_percent(cx: &mut Context<'_>, number: Number, value: &Node) -> bool {
    let within = (0.0..=100.0).contains(&number.as_f64());
    if !within {
        cx.report(Diagnostic::new(Code::E0202, "a percentile is between 0 and 100").at(value.span));
    }
    within
}

/// Whether no number keeps all bounds; a count is whole and at least 1 when it is looked at.
fn never(bounds: &[(Bound, Number)], count: bool) -> bool {
    let (mut low, mut high) = (if count { 1.0 } else { f64::NEG_INFINITY }, f64::INFINITY);
    let (mut low_open, mut high_open) = (false, false);
    let mut not = Vec::new();
    for (bound, number) in bounds {
        let number = number.as_f64();
        let (mut raise, mut lower) = (None, None);
        match bound {
            Bound::Gt if count => raise = Some((number.floor() + 1.0, false)),
            Bound::Gt => raise = Some((number, true)),
            Bound::Gte => raise = Some((if count { number.ceil() } else { number }, false)),
            Bound::Lt if count => lower = Some((number.ceil() - 1.0, false)),
            Bound::Lt => lower = Some((number, true)),
            Bound::Lte => lower = Some((if count { number.floor() } else { number }, false)),
            Bound::Eq if count && number.fract() != 0.0 => return true,
            Bound::Eq => (raise, lower) = (Some((number, false)), Some((number, false))),
            Bound::Neq => not.push(number),
        }
        if let Some((value, open)) = raise.filter(|(value, open)| *value > low || (*value == low && *open)) {
            (low, low_open) = (value, open);
        }
        if let Some((value, open)) = lower.filter(|(value, open)| *value < high || (*value == high && *open)) {
            (high, high_open) = (value, open);
        }
    }
    low > high || (low == high && (low_open || high_open || not.contains(&low)))
}

/// `generate` of the document or of `correlation`; they must not differ.
fn generate(cx: &mut Context<'_>, root: &[(Node, Node)], map: &[(Node, Node)]) -> bool {
    let outer = get(root, "generate").and_then(|(key, value)| cx.boolean_of(key, value).map(|flag| (flag, value.span)));
    let inner = get(map, "generate").and_then(|(key, value)| cx.boolean_of(key, value).map(|flag| (flag, value.span)));
    if let (Some((outer, first)), Some((inner, second))) = (outer, inner)
        && outer != inner
    {
        cx.report(incomplete("`generate` is given twice, and differs", second).also(first, "given here"));
    }
    outer.or(inner).is_some_and(|(flag, _)| flag)
}
