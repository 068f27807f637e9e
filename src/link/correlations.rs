//! Correlations → the rules they relate (SEMANTICS 4.1).

use std::collections::HashMap;
use std::sync::Arc;

use super::index::{Index, same_document};
use super::{LinkedKind, LinkedRule};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::sigma::{Alias, Condition, Correlation, CorrelationCondition, Spanned};

/// Correlations of correlations of ...: more is no rule that somebody understands.
const MAX_CHAIN: usize = 16;
/// The rules that a correlation may come to when its references are followed.
const MAX_RULES: usize = 1_000;

/// Resolves the references of all correlations, and says which rules emit queries of their own. Gives the places of
/// the correlations that cannot be used, all of them reported.
/// Errors: E0208, E0209, E0210.
pub(super) fn resolve(
    rules: &mut [LinkedRule],
    index: &Index,
    referenced: &mut [bool],
    diagnostics: &mut Diagnostics,
) -> Vec<bool> {
    let mut broken = vec![false; rules.len()];
    let mut generated = vec![false; rules.len()];
    let mut used = vec![false; rules.len()];
    for place in 0..rules.len() {
        let Some(LinkedKind::Correlation { correlation, .. }) = rules.get(place).map(|rule| &rule.kind) else {
            continue;
        };
        let correlation = correlation.clone();
        let before = diagnostics.0.len();
        let found = references(&correlation, rules, index, diagnostics);
        for target in found.iter().flatten() {
            for (flags, flag) in [(&mut *referenced, true), (&mut used, true), (&mut generated, correlation.generate)] {
                if let Some(slot) = flags.get_mut(*target) {
                    *slot |= flag;
                }
            }
        }
        let targets: Vec<usize> = found.iter().copied().flatten().collect();
        let checked = if targets.len() == correlation.rules.len() {
            repeated(&correlation, &targets, diagnostics);
            rewrite(&correlation, &targets, index, diagnostics)
        } else {
            correlation
        };
        if diagnostics.iter().skip(before).any(Diagnostic::is_error) {
            mark(&mut broken, place);
        }
        if let Some(rule) = rules.get_mut(place) {
            rule.kind = LinkedKind::Correlation { correlation: Arc::new((*checked).clone()), rules: targets };
        }
    }
    for ((rule, used), generated) in rules.iter_mut().zip(used).zip(generated) {
        rule.emits = !used || generated;
    }
    chains(rules, &mut broken, diagnostics);
    broken
}

fn mark(flags: &mut [bool], place: usize) {
    if let Some(flag) = flags.get_mut(place) {
        *flag = true;
    }
}

/// The rule of each reference; what is missing or ambiguous is reported.
fn references(
    correlation: &Correlation,
    rules: &[LinkedRule],
    index: &Index,
    diagnostics: &mut Diagnostics,
) -> Vec<Option<usize>> {
    (correlation.rules.iter())
        .map(|reference| match index.find(&reference.value) {
            [] => {
                diagnostics.push(
                    Diagnostic::new(Code::E0208, format!("correlation refers to a rule that is not here: `{}`", reference.value))
                        .at(reference.span)
                        .help("give the rule's `id` or `name`, and its file among the inputs; a rule with errors counts as missing"),
                );
                None
            }
            [first, rest @ ..] => {
                let meta = |place: usize| rules.get(place).map(LinkedRule::meta);
                let other = rest.iter().find_map(|place| {
                    meta(*place).zip(meta(*first)).filter(|(a, b)| !same_document(a, b)).map(|(a, _)| a)
                });
                if let Some(other) = other {
                    let message = format!("`{}` is the name or id of several rules", reference.value);
                    let mut diagnostic = Diagnostic::new(Code::E0209, message).at(reference.span);
                    if let Some(first) = meta(*first) {
                        diagnostic = diagnostic.also(first.title_span, "this one");
                    }
                    diagnostics.push(diagnostic.also(other.title_span, "and this one"));
                }
                Some(*first)
            }
        })
        .collect()
}

/// Reports a rule that is referred to twice, by id and by name.
fn repeated(correlation: &Correlation, targets: &[usize], diagnostics: &mut Diagnostics) {
    let mut seen: HashMap<usize, &Spanned<Arc<str>>> = HashMap::new();
    for (target, reference) in targets.iter().zip(&correlation.rules) {
        if let Some(first) = seen.insert(*target, reference) {
            diagnostics.push(
                Diagnostic::new(Code::E0210, format!("correlation names the same rule twice: `{}`", reference.value))
                    .at(reference.span)
                    .also(first.span, "first here")
                    .help("leave one of them out"),
            );
        }
    }
}

/// The correlation with the rules in aliases and condition named as in `rules`, after checking that each alias covers
/// every rule and that the condition is about these rules.
fn rewrite(
    correlation: &Correlation,
    targets: &[usize],
    index: &Index,
    diagnostics: &mut Diagnostics,
) -> Arc<Correlation> {
    let mut out = correlation.clone();
    let canonical = |name: &str| -> Option<Arc<str>> {
        let place = targets.iter().position(|target| index.find(name).first() == Some(target))?;
        correlation.rules.get(place).map(|reference| reference.value.clone())
    };
    for Alias { name: alias, fields } in &mut out.aliases {
        let mut covered: Vec<Arc<str>> = Vec::new();
        for (rule, _) in fields.iter_mut() {
            match canonical(&rule.value) {
                Some(name) => {
                    rule.value = name.clone();
                    covered.push(name);
                }
                None => diagnostics.push(
                    Diagnostic::new(
                        Code::E0210,
                        format!("alias `{}` names a rule that the correlation does not: `{}`", alias.value, rule.value),
                    )
                    .at(rule.span),
                ),
            }
        }
        let missing = correlation.rules.iter().find(|reference| !covered.contains(&reference.value));
        if let Some(missing) = missing {
            diagnostics.push(
                Diagnostic::new(
                    Code::E0210,
                    format!("alias `{}` has no field of rule `{}`", alias.value, missing.value),
                )
                .at(alias.span)
                .also(missing.span, "this rule")
                .help("an alias gives the field of every rule of the correlation"),
            );
        }
    }
    if let CorrelationCondition::Rules(condition) = &mut out.condition {
        let mut named = Vec::new();
        rename(&mut condition.value, &canonical, &mut named, diagnostics);
        for reference in correlation.rules.iter().filter(|reference| !named.contains(&reference.value)) {
            diagnostics.push(
                Diagnostic::new(
                    Code::E0210,
                    format!("condition of the correlation leaves out rule `{}`", reference.value),
                )
                .at(condition.span)
                .also(reference.span, "this rule")
                .help("name every rule of `rules` in the condition, or leave it out of both"),
            );
        }
    }
    Arc::new(out)
}

fn rename(
    condition: &mut Condition,
    canonical: &dyn Fn(&str) -> Option<Arc<str>>,
    named: &mut Vec<Arc<str>>,
    diagnostics: &mut Diagnostics,
) {
    match condition {
        Condition::Name(name) => match canonical(&name.value) {
            Some(reference) => {
                name.value = reference.clone();
                named.push(reference);
            }
            None => diagnostics.push(
                Diagnostic::new(Code::E0210, format!("condition names a rule that `rules` does not: `{}`", name.value))
                    .at(name.span),
            ),
        },
        Condition::Of { .. } => {}
        Condition::Not(inner) => rename(inner, canonical, named, diagnostics),
        Condition::And(parts) | Condition::Or(parts) => {
            parts.iter_mut().for_each(|part| rename(part, canonical, named, diagnostics));
        }
    }
}

/// Marks correlations that refer to themselves, to a broken one, or to too much.
fn chains(rules: &[LinkedRule], broken: &mut [bool], diagnostics: &mut Diagnostics) {
    // Rounds settle the correlations whose references are all settled; `sizes` has (depth, rules) of the settled.
    let mut sizes: Vec<Option<(usize, usize)>> = (rules.iter().zip(broken.iter()))
        .map(|(rule, broken)| (matches!(rule.kind, LinkedKind::Rule { .. }) || *broken).then_some((0, 1)))
        .collect();
    loop {
        let mut progress = false;
        for (place, rule) in rules.iter().enumerate() {
            let LinkedKind::Correlation { rules: targets, correlation } = &rule.kind else { continue };
            if sizes.get(place).copied().flatten().is_some() {
                continue;
            }
            let below: Option<Vec<(usize, usize)>> = targets.iter().map(|t| sizes.get(*t).copied().flatten()).collect();
            let Some(below) = below else { continue };
            progress = true;
            let depth = 1 + below.iter().map(|(depth, _)| *depth).max().unwrap_or(0);
            let size = below.iter().fold(0_usize, |sum, (_, size)| sum.saturating_add(*size));
            if let Some(slot) = sizes.get_mut(place) {
                *slot = Some((depth, size));
            }
            let reference =
                targets.iter().zip(&correlation.rules).find(|(target, _)| broken.get(**target) == Some(&true));
            let diagnostic = if let Some((_, reference)) = reference {
                Diagnostic::new(Code::E0208, format!("correlation refers to a rule with errors: `{}`", reference.value))
                    .at(reference.span)
            } else if depth > MAX_CHAIN || size > MAX_RULES {
                let message = format!(
                    "correlations are chained more than {MAX_CHAIN} deep or come to more than {MAX_RULES} rules"
                );
                Diagnostic::new(Code::E0210, message).at(correlation.kind.span)
            } else {
                continue;
            };
            diagnostics.push(diagnostic);
            mark(broken, place);
        }
        if !progress {
            break;
        }
    }
    for (place, _) in sizes.iter().enumerate().filter(|(_, size)| size.is_none()) {
        let Some(LinkedKind::Correlation { correlation, rules: targets }) = rules.get(place).map(|rule| &rule.kind)
        else {
            continue;
        };
        let unsettled = |target: &usize| sizes.get(*target).is_some_and(Option::is_none);
        let span = targets
            .iter()
            .zip(&correlation.rules)
            .find(|(target, _)| unsettled(target))
            .map(|(_, reference)| reference.span);
        diagnostics.push(
            Diagnostic::new(Code::E0210, "correlation refers to itself, directly or through others")
                .at(span.unwrap_or(correlation.kind.span))
                .help("a correlation relates rules that do not depend on it"),
        );
        mark(broken, place);
    }
}

/// The rules without the broken correlations; indices are adapted.
pub(super) fn remove(rules: Vec<LinkedRule>, broken: &[bool]) -> Vec<LinkedRule> {
    let mut places = Vec::with_capacity(rules.len());
    let mut next = 0;
    for broken in broken {
        places.push(next);
        next += usize::from(!broken);
    }
    let mut kept: Vec<LinkedRule> =
        rules.into_iter().zip(broken).filter(|(_, broken)| !**broken).map(|(rule, _)| rule).collect();
    for rule in &mut kept {
        if let LinkedKind::Correlation { rules: targets, .. } = &mut rule.kind {
            targets.iter_mut().for_each(|target| *target = places.get(*target).copied().unwrap_or(*target));
        }
    }
    kept
}
