//! Sysmon's `Hashes` (`MD5=..,SHA256=..,IMPHASH=..`) in a column an algorithm.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Context, text, unplaceable};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Check, Expr, Fidelity, FieldName, Pattern, Shape};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

/// The algorithms that Sysmon writes, with the length of their hexadecimal text.
const ALGORITHMS: [(&str, usize); 4] = [("MD5", 32), ("SHA1", 40), ("SHA256", 64), ("IMPHASH", 32)];

pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    columns: &BTreeMap<Arc<str>, Arc<str>>,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let each = |check: &Check<Column>| -> Vec<Expr<Column>> {
        columns.values().map(|column| typed(cx.view.column(field, column), check.clone(), at)).collect()
    };
    match check {
        Check::Null => Ok(Expr::All(each(&check))),
        Check::Exists => Ok(Expr::Any(each(&check))),
        Check::Equal { .. } | Check::Is(_) | Check::Order { .. } => Ok(Expr::Const(false)),
        Check::Like { any_of, case } => {
            let mut tests = Vec::new();
            let mut missing = Vec::new();
            for (pattern, at) in &any_of {
                match hash(pattern).map(|(algorithm, value)| (columns.get(algorithm), algorithm, value)) {
                    Some((Some(column), _, value)) => tests.push(text(cx.view.column(field, column), value, case, at)),
                    Some((None, algorithm, _)) => missing.push((format!("no column holds {algorithm}"), at)),
                    None => missing.push(("it is not one whole hash with its algorithm".to_owned(), at)),
                }
            }
            if let Some((why, at)) = missing.first() {
                if tests.is_empty() || !cx.positive {
                    return Err(unplaceable(field, at, why));
                }
                // The same file is usually named by several hashes: those that remain are worth a narrower query.
                let message = format!("{} of {} values of {field} are left out: {why}", missing.len(), any_of.len());
                cx.report.fidelity = cx.report.fidelity.join(Fidelity::Narrower);
                cx.report.notes.push(Diagnostic::new(Code::W0702, message).at(at.span));
            }
            Ok(any(tests))
        }
        _ => Err(unplaceable(field, at, "the hashes are stored in columns of their own")),
    }
}

/// Algorithm and pattern of `ALG=value` somewhere in the text, or of a whole hash whose length names its algorithm.
fn hash(pattern: &Pattern) -> Option<(&'static str, Pattern)> {
    let (Shape::Contains(written) | Shape::Equals(written) | Shape::StartsWith(written) | Shape::EndsWith(written)) =
        pattern.shape()
    else {
        return None;
    };
    let is_hex = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    let named = ALGORITHMS.iter().find_map(|(name, length)| {
        let prefix = written.get(..name.len())?;
        let value = written.get(name.len()..)?.strip_prefix('=')?;
        (prefix.eq_ignore_ascii_case(name) && is_hex(value) && value.len() == *length).then_some((*name, value))
    });
    // 32 digits could be MD5 or IMPHASH.
    let by_length = || {
        let (name, _) = ALGORITHMS.iter().find(|(_, length)| *length == written.len() && *length > 32)?;
        is_hex(written).then_some((*name, written))
    };
    let (name, value) = named.or_else(by_length)?;
    Some((name, Pattern::literal(value)))
}
