//! Data of registry values as Defender stores them: without their type, which stands beside them.
//! Facts: `Details` of Sysmon 13 against DeviceRegistryEvents (RegistryValueType, RegistryValueData).

use std::sync::Arc;

use super::{Context, text, unplaceable};
use crate::ir::{At, Case, Check, Expr, FieldName, Pattern, Segment, Shape};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

/// `Details`: Sysmon writes `DWORD (0x00000001)`, `QWORD (0x..)`, `Binary Data`, `(Empty)` or the text itself;
/// Defender writes the type beside plain data, numbers in decimal, nothing for binary data.
pub(super) fn rewrite(
    cx: &Context<'_>,
    field: &FieldName,
    (kind, data): (&Arc<str>, &Arc<str>),
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let columns = Details { field, kind: cx.view.column(field, kind), data: cx.view.column(field, data) };
    match check {
        Check::Null => Ok(columns.some(Check::Null, at).not()),
        Check::Exists => Ok(any(vec![typed(columns.data.clone(), Check::Exists, at), columns.of_type("Binary", at)])),
        Check::Like { any_of, case } => {
            let tests: Result<Vec<_>, _> =
                any_of.iter().map(|(pattern, at)| columns.detail(pattern, case, at)).collect();
            tests.map(any)
        }
        Check::Equal { any_of } => {
            let tests: Result<Vec<_>, _> = any_of
                .iter()
                .map(|(number, at)| columns.detail(&Pattern::literal(&number.to_string()), Case::Fold, at))
                .collect();
            tests.map(any)
        }
        Check::Is(_) | Check::Within(_) => Ok(Expr::Const(false)),
        _ => Err(unplaceable(field, at, "numbers are stored in decimal, without their type")),
    }
}

/// The columns that hold `Details` between them.
struct Details<'a> {
    field: &'a FieldName,
    kind: Column,
    data: Column,
}

impl Details<'_> {
    fn of_type(&self, name: &str, at: &At) -> Expr<Column> {
        text(self.kind.clone(), Pattern::literal(name), Case::Fold, at)
    }

    /// Some data, or those of a binary value, which are not stored.
    fn some(&self, nothing: Check<Column>, at: &At) -> Expr<Column> {
        any(vec![typed(self.data.clone(), nothing, at).not(), self.of_type("Binary", at)])
    }

    fn detail(&self, pattern: &Pattern, case: Case, at: &At) -> Result<Expr<Column>, Gap> {
        let written = match pattern.shape() {
            Shape::Everything => return Ok(self.some(Check::Null, at)),
            Shape::Equals(text) | Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text) => text,
            Shape::General => "",
        };
        let plain = || text(self.data.clone(), pattern.clone(), case, at);
        let lower = written.to_ascii_lowercase();
        // Part of a value may also stand in the text of another type.
        let whole = matches!(pattern.shape(), Shape::Equals(_));
        let or_text = |test: Expr<Column>| if whole { test } else { any(vec![test, plain()]) };
        for (prefix, name) in [("dword (", "Dword"), ("qword (", "Qword")] {
            let Some(number) = lower.strip_prefix(prefix) else { continue };
            let digits = number.strip_suffix(')').unwrap_or(number).strip_prefix("0x").unwrap_or("");
            let full = digits.len() == if name == "Dword" { 8 } else { 16 };
            return match u64::from_str_radix(digits, 16) {
                Ok(value) if full => {
                    let value = text(self.data.clone(), Pattern::literal(&value.to_string()), Case::Fold, at);
                    Ok(or_text(Expr::All(vec![self.of_type(name, at), value])))
                }
                _ => Err(unplaceable(self.field, at, "only a whole number can be compared, not the beginning of one")),
            };
        }
        if matches!(pattern.shape(), Shape::StartsWith(_) | Shape::Contains(_)) {
            match lower.as_str() {
                "dword" => return Ok(or_text(self.of_type("Dword", at))),
                "qword" => return Ok(or_text(self.of_type("Qword", at))),
                _ => {}
            }
        }
        // Could also stand inside `DWORD (0x...)`, or be the decimal text of a number.
        if could_be_part_of_a_number(pattern) {
            let numeric = Expr::Any(["Dword", "Qword", "Binary"].map(|name| self.of_type(name, at)).to_vec());
            return match pattern.shape() {
                Shape::Equals(_) => Ok(Expr::All(vec![plain(), numeric.not()])),
                _ => Err(unplaceable(self.field, at, "the text could be part of a number, which is stored in decimal")),
            };
        }
        let mut tests = Vec::new();
        if pattern.matches("Binary Data", case) {
            tests.push(self.of_type("Binary", at));
        }
        if pattern.matches("(Empty)", case) {
            let empty = Check::Like { any_of: vec![(Pattern::literal(""), at.clone())], case: Case::Fold };
            tests.push(self.some(empty, at).not());
        }
        if tests.is_empty() || !whole {
            tests.push(plain());
        }
        Ok(any(tests))
    }
}

/// Whether a text matching the pattern could be (part of) a number's decimal or hexadecimal spelling.
fn could_be_part_of_a_number(pattern: &Pattern) -> bool {
    pattern.segments().iter().all(|segment| match segment {
        Segment::Literal(text) => text.bytes().all(|b| b.is_ascii_hexdigit() || b"xX() dDwWoOrRqQ".contains(&b)),
        _ => true,
    })
}
