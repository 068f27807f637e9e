//! `filter` documents (SEMANTICS 4.4).

use super::context::{Context, get, wrong_kind};
use super::{Condition, Detection, Filter, Meta, Spanned, detection, logsource};
use crate::diag::{Code, Diagnostic};
use crate::yaml::{Kind, Node};

/// The keys of `filter` that are no selections.
const OTHERS: &[&str] = &["rules", "condition"];

/// Reads a filter; none where it is unusable.
/// Errors: E0211 and those of selections and conditions; lint W0811.
pub(super) fn parse(cx: &mut Context<'_>, tree: &Node, meta: Meta) -> Option<Filter> {
    let pairs = tree.as_map()?;
    let logsource = get(pairs, "logsource").and_then(|(key, value)| logsource::parse(cx, key, value));
    let (key, node) = get(pairs, "filter")?;
    let Some(map) = node.as_map() else {
        let diagnostic = Diagnostic::new(Code::E0211, "`filter` is not a map").at(key.span);
        cx.report(diagnostic.help("it holds `rules`, selections and `condition`"));
        return None;
    };
    let before = cx.errors;
    let rules = match get(map, "rules") {
        None => {
            cx.report(
                Diagnostic::new(Code::E0211, "filter does not say which rules it is for")
                    .at(key.span)
                    .help("`rules: any`, or a list of the ids or names of rules"),
            );
            None
        }
        Some((key, value)) => rules(cx, key, value),
    };
    if !detection::within_limits(cx, key, map) {
        return None;
    }
    let names = detection::names(map, OTHERS);
    let conditions = detection::conditions(cx, key, map, &names, &mut |cx, _, _, place| {
        cx.report(Diagnostic::new(Code::E0307, "aggregation in a filter's condition").at(place));
    });
    let selections = detection::selections(cx, map, OTHERS);
    if selections.is_empty() && cx.errors == before {
        cx.report(Diagnostic::new(Code::E0211, "filter has no selection").at(key.span));
    }
    if let [_, second, ..] = conditions.as_slice() {
        let diagnostic = Diagnostic::new(Code::E0211, "filter has more than one condition").at(second.span);
        cx.report(diagnostic.help("a filter has exactly one; join them with `and` or `or`"));
    }
    if cx.errors > before {
        return None;
    }
    conditions.iter().filter(|condition| !excludes(&condition.value)).for_each(|condition| keeps(cx, condition));
    super::lint::unused(cx, &selections, &conditions);
    Some(Filter { meta, logsource: logsource?, rules, detection: Detection { selections, conditions } })
}

fn rules(cx: &mut Context<'_>, key: &Node, value: &Node) -> Option<Vec<Spanned<std::sync::Arc<str>>>> {
    match &value.kind {
        Kind::Scalar(scalar) if &*scalar.text == "any" => None,
        Kind::Scalar(_) if value.is_null() => {
            cx.report(wrong_kind(key, value, "`any` or a list").help("write `rules: any` if all rules are meant"));
            None
        }
        Kind::Scalar(scalar) => Some(vec![Spanned { value: scalar.text.clone(), span: value.span }]),
        Kind::Seq(items) if items.is_empty() => None,
        _ => {
            let rules = cx.texts_of(key, value);
            cx.unique(key, &rules);
            Some(rules)
        }
    }
}

/// Whether the condition excludes something: a `not` in one of its conjuncts.
fn excludes(condition: &Condition) -> bool {
    match condition {
        Condition::Not(_) => true,
        Condition::And(parts) => parts.iter().any(excludes),
        Condition::Or(parts) => parts.iter().all(excludes),
        Condition::Name(_) | Condition::Of { .. } => false,
    }
}

fn keeps(cx: &mut Context<'_>, condition: &Spanned<Condition>) {
    cx.report(
        Diagnostic::new(Code::W0811, "filter keeps only the events that its condition describes")
            .at(condition.span)
            .help("a filter's condition is joined to the rule's with `and`; to exclude these events, write `not` before it"),
    );
}
