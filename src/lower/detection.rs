//! Selections and conditions.

use std::sync::Arc;

use super::{Context, all, any, tests};
use crate::diag::{Code, Diagnostic};
use crate::ir::{Expr, Subject};
use crate::sigma::{Condition, Detection, Group, Spanned, selects};

/// A selection's name with its meaning; none where that has errors.
type Lowered = (Arc<str>, Option<Expr<Subject>>);

impl Context<'_> {
    /// The meaning of a rule's or a filter's detection: its conditions, OR-linked.
    pub(super) fn detection(&mut self, detection: &Detection) -> Option<Expr<Subject>> {
        let selections: Vec<Lowered> = detection
            .selections
            .iter()
            .map(|selection| {
                let name = &selection.name.value;
                (name.clone(), self.group(&selection.body, name))
            })
            .collect();
        let conditions: Vec<_> =
            detection.conditions.iter().map(|condition| self.condition(&condition.value, &selections)).collect();
        let broken = selections.iter().any(|(_, expr)| expr.is_none());
        let conditions = conditions.into_iter().collect::<Option<Vec<_>>>()?;
        (!broken).then(|| any(conditions))
    }

    fn group(&mut self, group: &Group, selection: &Arc<str>) -> Option<Expr<Subject>> {
        match group {
            Group::Map(items) => {
                let parts: Vec<_> = items.iter().map(|item| self.item(item, selection)).collect();
                Some(all(parts.into_iter().collect::<Option<_>>()?))
            }
            Group::AnyOf(groups) => {
                let parts: Vec<_> = groups.iter().map(|group| self.group(group, selection)).collect();
                Some(any(parts.into_iter().collect::<Option<_>>()?))
            }
            Group::Keywords(item) => self.item(item, selection),
        }
    }

    fn condition(&mut self, condition: &Condition, selections: &[Lowered]) -> Option<Expr<Subject>> {
        match condition {
            Condition::Name(name) => match selections.iter().find(|(known, _)| *known == name.value) {
                Some((_, expr)) => self.copy(expr.as_ref(), name),
                None => {
                    let message = format!("there is no selection `{}`", name.value);
                    self.error(Diagnostic::new(Code::E0302, message).at(name.span));
                    None
                }
            },
            Condition::Of { all: every, pattern } => {
                let chosen: Vec<_> = selections.iter().filter(|(name, _)| selects(&pattern.value, name)).collect();
                if chosen.is_empty() {
                    let message = format!("`{}` matches no selection", pattern.value);
                    self.error(Diagnostic::new(Code::E0303, message).at(pattern.span));
                    return None;
                }
                let parts = chosen.into_iter().map(|(_, expr)| self.copy(expr.as_ref(), pattern));
                let parts = parts.collect::<Option<Vec<_>>>()?;
                Some(if *every { all(parts) } else { any(parts) })
            }
            Condition::Not(inner) => self.condition(inner, selections).map(Expr::not),
            Condition::And(parts) => self.conditions(parts, selections).map(all),
            Condition::Or(parts) => self.conditions(parts, selections).map(any),
        }
    }

    fn conditions(&mut self, parts: &[Condition], selections: &[Lowered]) -> Option<Vec<Expr<Subject>>> {
        let parts: Vec<_> = parts.iter().map(|part| self.condition(part, selections)).collect();
        parts.into_iter().collect()
    }

    fn copy(&mut self, expr: Option<&Expr<Subject>>, name: &Spanned<Arc<str>>) -> Option<Expr<Subject>> {
        let expr = expr?;
        self.count(tests(expr), name.span)?;
        Some(expr.clone())
    }
}
