//! A path of which only the file name is held.

use super::{Context, text, unplaceable};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Check, Expr, Fidelity, FieldName, Pattern, Segment};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    column: &str,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let name = cx.view.column(field, column);
    let asks_backslash = |check: &Check<Column>| matches!(check, Check::Like { any_of, .. } if any_of.iter().any(|(pattern, _)| has_backslash(pattern)));
    if cx.view.is_of_unix() && asks_backslash(&check) {
        return Err(unplaceable(field, at, "a backslash is part of a file's name there"));
    }
    match check {
        Check::Null | Check::Exists => Ok(typed(name, check, at)),
        Check::Like { any_of, case } => {
            if any_of.iter().any(|(pattern, _)| asks_for_folder(pattern)) {
                loses_folder(cx, field, at);
            }
            let tests: Option<Vec<_>> = any_of
                .iter()
                .map(|(pattern, at)| in_name(pattern).map(|pattern| text(name.clone(), pattern, case, at)))
                .collect();
            tests.map(any).ok_or_else(|| unplaceable(field, at, "only the file name is stored, not the path"))
        }
        _ => Err(unplaceable(field, at, "only the file name is stored, not the path")),
    }
}

fn has_backslash(pattern: &Pattern) -> bool {
    pattern.segments().iter().any(|segment| matches!(segment, Segment::Literal(text) if text.contains('\\')))
}

/// A name that stands alone is found as well as one at the end of a path.
fn loses_folder(cx: &mut Context<'_>, field: &FieldName, at: &At) {
    let (code, fidelity) = match cx.positive {
        true => (Code::W0703, Fidelity::Wider),
        false => (Code::W0702, Fidelity::Narrower),
    };
    let message = format!("{field} is held without its folder: a value that is a name alone counts too");
    cx.report.fidelity = cx.report.fidelity.join(fidelity);
    cx.report.notes.push(Diagnostic::new(code, message).at(at.span));
}

fn asks_for_folder(pattern: &Pattern) -> bool {
    matches!(pattern.segments(), [Segment::Any, Segment::Literal(tail)] if tail.starts_with(['\\', '/']))
}

/// The same pattern over the last component of a path: `*\x.exe` is the name `x.exe`, `*x.exe` a name that ends so.
fn in_name(pattern: &Pattern) -> Option<Pattern> {
    match pattern.segments() {
        [Segment::Any] => Some(pattern.clone()),
        [Segment::Any, Segment::Literal(tail)] => match tail.strip_prefix('\\').or_else(|| tail.strip_prefix('/')) {
            Some(name) if !name.contains(['\\', '/']) => Some(Pattern::literal(name)),
            None if !tail.contains(['\\', '/']) => Some(Pattern::ends_with(tail)),
            _ => None,
        },
        _ => None,
    }
}
