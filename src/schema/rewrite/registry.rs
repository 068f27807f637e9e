//! Registry paths and data as Defender stores them: hives spelled out, control sets by number, data without its type.
//! Facts: `TargetObject` of Sysmon 12 to 14 against DeviceRegistryEvents (RegistryKey, RegistryValueName, RegistryValueType,
//! RegistryValueData).

use std::sync::Arc;

use super::{Context, text, unplaceable};
use crate::ir::{At, Case, Check, Expr, FieldName, Pattern, Segment, Shape};
use crate::render::Gap;
use crate::schema::Column;
use crate::schema::typed::{any, typed};

/// Sysmon's abbreviations (Sysinternals, "Sysmon", event 12), and what Defender writes for them. It files the hives of
/// users who have logged on (`HKU\S-1-5-21-...`) under the current user, and those of services under users.
const HIVES: [(&str, &[&str]); 4] = [
    ("HKLM\\", &["HKEY_LOCAL_MACHINE\\"]),
    ("HKU\\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    ("HKCU\\", &["HKEY_CURRENT_USER\\"]),
    ("HKCR\\", &["HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\"]),
];

/// `TargetObject`: the key, and behind a backslash the value's name.
pub(super) fn object(
    cx: &Context<'_>,
    field: &FieldName,
    columns: &[Arc<str>],
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let (key, whole) = match columns {
        [key] => (cx.view.column(field, key), cx.view.column(field, key)),
        [key, name] => (cx.view.column(field, key), cx.joined(field, &[key, name], "\\")),
        _ => return Err(unplaceable(field, at, "the schema names no columns for it")),
    };
    match check {
        Check::Null | Check::Exists => Ok(typed(key, check, at)),
        Check::Like { any_of, case } => {
            let any_of =
                any_of.iter().flat_map(|(pattern, at)| spelled_out(pattern).into_iter().map(|p| (p, at.clone())));
            Ok(typed(whole, Check::Like { any_of: any_of.collect(), case }, at))
        }
        Check::Equal { .. } | Check::Is(_) | Check::Order { .. } | Check::Within(_) => Ok(Expr::Const(false)),
        other => Ok(typed(whole, other, at)),
    }
}

/// The pattern with hives spelled out, and, where it names the current control set, a second one for its number.
fn spelled_out(pattern: &Pattern) -> Vec<Pattern> {
    let mut spelled = Vec::new();
    for current in hives(pattern) {
        let numbered = current.segments().iter().flat_map(|segment| match segment {
            Segment::Literal(text) => numbered(text),
            other => vec![other.clone()],
        });
        let numbered = Pattern::new(numbered);
        let differs = numbered != current;
        spelled.push(current);
        spelled.extend(differs.then_some(numbered));
    }
    spelled
}

/// The pattern with each spelling of the hive that it starts with, or that follows its first wildcard.
fn hives(pattern: &Pattern) -> Vec<Pattern> {
    let segments = pattern.segments();
    let hive = segments.iter().enumerate().find_map(|(n, segment)| match segment {
        Segment::Literal(text) => {
            let (short, long) = HIVES
                .iter()
                .find(|(short, _)| text.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short)))?;
            Some((n, *long, text.get(short.len()..)?))
        }
        _ => None,
    });
    let Some((at, spellings, rest)) = hive else { return vec![pattern.clone()] };
    let with = |long: &&str| {
        let mut all = segments.to_vec();
        if let Some(segment) = all.get_mut(at) {
            *segment = Segment::Literal(format!("{long}{rest}").into());
        }
        Pattern::new(all)
    };
    spellings.iter().map(with).collect()
}

/// `CurrentControlSet` as `ControlSet00?`, wherever it stands as a whole component.
fn numbered(text: &str) -> Vec<Segment> {
    const CURRENT: &str = "currentcontrolset";
    let lower = text.to_ascii_lowercase();
    let mut segments = Vec::new();
    let mut from = 0;
    for (at, _) in lower.match_indices(CURRENT) {
        let end = at + CURRENT.len();
        if lower.get(end..).is_some_and(|rest| rest.is_empty() || rest.starts_with('\\')) {
            segments.push(Segment::Literal(format!("{}ControlSet00", text.get(from..at).unwrap_or("")).into()));
            segments.push(Segment::One);
            from = end;
        }
    }
    segments.push(Segment::Literal(text.get(from..).unwrap_or("").into()));
    segments
}

/// `Details`: Sysmon writes `DWORD (0x00000001)`, `QWORD (0x..)`, `Binary Data`, `(Empty)` or the text itself;
/// Defender writes the type beside plain data, numbers in decimal.
pub(super) fn data(
    cx: &Context<'_>,
    field: &FieldName,
    (kind, data): (&Arc<str>, &Arc<str>),
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let kind = cx.view.column(field, kind);
    let data = cx.view.column(field, data);
    match check {
        Check::Null | Check::Exists => Ok(typed(data, check, at)),
        Check::Like { any_of, case } => {
            let tests: Result<Vec<_>, _> =
                any_of.iter().map(|(pattern, at)| detail(field, &kind, &data, pattern, case, at)).collect();
            tests.map(any)
        }
        Check::Equal { any_of } => {
            let tests: Result<Vec<_>, _> = any_of
                .iter()
                .map(|(number, at)| detail(field, &kind, &data, &Pattern::literal(&number.to_string()), Case::Fold, at))
                .collect();
            tests.map(any)
        }
        Check::Is(_) | Check::Within(_) => Ok(Expr::Const(false)),
        _ => Err(unplaceable(field, at, "numbers are stored in decimal, without their type")),
    }
}

fn detail(
    field: &FieldName,
    kind: &Column,
    data: &Column,
    pattern: &Pattern,
    case: Case,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let of_type = |name: &str| text(kind.clone(), Pattern::literal(name), Case::Fold, at);
    let plain = || text(data.clone(), pattern.clone(), case, at);
    let written = match pattern.shape() {
        Shape::Everything => return Ok(typed(data.clone(), Check::Null, at).not()),
        Shape::Equals(text) | Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text) => text,
        Shape::General => "",
    };
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
                let value = text(data.clone(), Pattern::literal(&value.to_string()), Case::Fold, at);
                Ok(or_text(Expr::All(vec![of_type(name), value])))
            }
            _ => Err(unplaceable(field, at, "only a whole number can be compared, not the beginning of one")),
        };
    }
    match lower.as_str() {
        "binary data" => Ok(or_text(of_type("Binary"))),
        "(empty)" => Ok(or_text(text(data.clone(), Pattern::literal(""), Case::Fold, at))),
        "dword" => Ok(or_text(of_type("Dword"))),
        "qword" => Ok(or_text(of_type("Qword"))),
        // Could also stand inside `DWORD (0x...)`, or be the decimal text of a number.
        _ if could_be_part_of_a_number(pattern) => {
            let numeric = Expr::Any(vec![of_type("Dword"), of_type("Qword"), of_type("Binary")]);
            match pattern.shape() {
                Shape::Equals(_) => Ok(Expr::All(vec![plain(), numeric.not()])),
                _ => Err(unplaceable(field, at, "the text could be part of a number, which is stored in decimal")),
            }
        }
        _ => Ok(plain()),
    }
}

/// Whether a text matching the pattern could be (part of) a number's decimal or hexadecimal spelling.
fn could_be_part_of_a_number(pattern: &Pattern) -> bool {
    pattern.segments().iter().all(|segment| match segment {
        Segment::Literal(text) => text.bytes().all(|b| b.is_ascii_hexdigit() || b"xX() dDwWoOrRqQ".contains(&b)),
        _ => true,
    })
}
