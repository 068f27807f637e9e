//! Tests that a rule implies and that are cheaper than what it asks: they only leave rows out that it leaves out anyway.
//! `has` would be one where a value holds a whole term closed at both ends (SEMANTICS: terms are runs of letters and digits),
//! which hardly a value of a rule does; a joined column's last part is one that most registry rules have.

use std::sync::Arc;

use crate::ir::{Check, Expr, Pattern, Segment, Test, distinct};
use crate::schema::{Column, From, Traits, Type};

/// For a joined column that ends in one of some texts: what its last part ends in, tested before the columns are joined.
pub(super) fn last_part(expr: &Expr<Column>) -> Option<Expr<Column>> {
    let Expr::Test(Test { on, check: Check::Like { any_of, case }, at }) = expr else {
        return None;
    };
    let From::Joined(columns, separator) = &on.from else {
        return None;
    };
    let last: &Arc<str> = columns.last()?;
    let mut ends: Vec<(Pattern, crate::ir::At)> = Vec::new();
    for (pattern, at) in any_of {
        ends.push((Pattern::ends_with(end_of(pattern, separator)?), at.clone()));
    }
    let ends = distinct(ends);
    let from = From::Path(Arc::from([last.clone()]));
    let on = Column { field: on.field.clone(), from, kind: Type::String, traits: Traits::default() };
    Some(Expr::Test(Test { on, check: Check::Like { any_of: ends, case: *case }, at: at.clone() }))
}

/// What every text that matches ends in, behind its last separator. It holds none itself, so it lies in the last part.
fn end_of<'a>(pattern: &'a Pattern, separator: &str) -> Option<&'a str> {
    let Segment::Literal(text) = pattern.segments().last()? else {
        return None;
    };
    let (_, end) = text.rsplit_once(separator)?;
    (!separator.is_empty() && !end.is_empty()).then_some(end)
}
