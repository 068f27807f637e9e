//! Filters → the rules they apply to (SEMANTICS 4.4).

use std::sync::Arc;

use super::index::Index;
use super::{LinkedKind, LinkedRule};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::sigma::{Filter, Rule};

/// Attaches each filter to the rules whose log source it contains and that it names, never to correlations.
/// A name without a rule is a warning here: filters are often kept for more rules than are compiled at once.
pub(super) fn attach(
    rules: &mut [LinkedRule],
    filters: &[Arc<Filter>],
    index: &Index,
    referenced: &mut [bool],
    diagnostics: &mut Diagnostics,
) {
    for filter in filters {
        let Some(named) = &filter.rules else {
            for linked in rules.iter_mut() {
                if let LinkedKind::Rule { rule, filters } = &mut linked.kind
                    && filter.logsource.contains(&rule.logsource)
                {
                    filters.push(filter.clone());
                }
            }
            continue;
        };
        let mut places: Vec<usize> = Vec::new();
        for reference in named {
            let found = index.find(&reference.value);
            if found.is_empty() {
                let mut diagnostic = Diagnostic::new(
                    Code::E0208,
                    format!("filter names a rule that is not here: `{}`", reference.value),
                )
                .at(reference.span)
                .help("give the rule's `id` or `name`; a title is no reference");
                diagnostic.severity = Severity::Warning;
                diagnostics.push(diagnostic);
            }
            for place in found {
                if let Some(flag) = referenced.get_mut(*place) {
                    *flag = true;
                }
                if let Some(why) = rules.get(*place).and_then(|linked| refusal(filter, &linked.kind)) {
                    let mut diagnostic =
                        Diagnostic::new(Code::E0211, format!("filter has no effect on `{}`", reference.value))
                            .at(reference.span)
                            .help(why);
                    diagnostic.severity = Severity::Warning;
                    diagnostics.push(diagnostic);
                } else if !places.contains(place) {
                    places.push(*place);
                }
            }
        }
        for place in places {
            if let Some(LinkedKind::Rule { filters, .. }) = rules.get_mut(place).map(|linked| &mut linked.kind) {
                filters.push(filter.clone());
            }
        }
    }
}

/// Why a filter does not apply to what it names.
fn refusal(filter: &Filter, kind: &LinkedKind) -> Option<String> {
    let outside = |rule: &Rule| !filter.logsource.contains(&rule.logsource);
    match kind {
        LinkedKind::Correlation { .. } => {
            Some("filters apply to detection rules; name the rules that the correlation relates".into())
        }
        LinkedKind::Rule { rule, .. } if outside(rule) => {
            Some(format!("its log source ({}) does not contain the rule's ({})", filter.logsource, rule.logsource))
        }
        LinkedKind::Rule { .. } => None,
    }
}
