//! A path of which only the file name is held.

use super::{Context, text, unplaceable};
use crate::ir::{At, Check, Expr, FieldName, Pattern, Segment};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

pub(super) fn rewrite(
    cx: &Context<'_>,
    field: &FieldName,
    column: &str,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let name = cx.view.column(field, column);
    match check {
        Check::Null | Check::Exists => Ok(typed(name, check, at)),
        Check::Like { any_of, case } => {
            let tests: Option<Vec<_>> = any_of
                .iter()
                .map(|(pattern, at)| in_name(pattern).map(|pattern| text(name.clone(), pattern, case, at)))
                .collect();
            tests.map(any).ok_or_else(|| unplaceable(field, at, "only the file name is stored, not the path"))
        }
        _ => Err(unplaceable(field, at, "only the file name is stored, not the path")),
    }
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
