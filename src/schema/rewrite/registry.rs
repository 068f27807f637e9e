//! Registry paths as Defender stores them: hives spelled out, control sets by number.
//! Facts: `TargetObject` of Sysmon 12 to 14 against DeviceRegistryEvents (RegistryKey, RegistryValueName).

use std::sync::Arc;

use super::{Context, unplaceable};
use crate::ir::{At, Case, Check, Expr, FieldName, Pattern, Segment};
use crate::render::Gap;
use crate::schema::typed::{any, typed};
use crate::schema::{Column, From, Traits, Type};

/// Sysmon's abbreviations (Sysinternals, "Sysmon", event 12), and what Defender writes for them. It files the hives of
/// users who have logged on (`HKU\S-1-5-21-...`) under the current user, and those of services under users.
const HIVES: [(&str, &[&str]); 4] = [
    ("HKLM\\", &["HKEY_LOCAL_MACHINE\\"]),
    ("HKU\\", &["HKEY_USERS\\", "HKEY_CURRENT_USER\\"]),
    ("HKCU\\", &["HKEY_CURRENT_USER\\"]),
    ("HKCR\\", &["HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\"]),
];

/// What a hive is called in events, and where it is stored.
const NAMES: [&str; 7] = ["HKLM", "HKU", "HKCU", "HKCR", "HKEY_LOCAL_MACHINE", "HKEY_USERS", "HKEY_CURRENT_USER"];

/// `TargetObject`: the key, and behind a backslash the value's name. `short` is an expression for both as events write them.
pub(super) fn object(
    cx: &Context<'_>,
    field: &FieldName,
    (columns, short): (&[Arc<str>], &Arc<str>),
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    let (key, whole) = match columns {
        [key] => (cx.view.column(field, key), cx.view.column(field, key)),
        [key, name] => (cx.view.column(field, key), cx.joined(field, &[key, name], "\\")),
        _ => return Err(unplaceable(field, at, "the schema names no columns for it")),
    };
    let short = Column {
        field: FieldName(format!("{field}Short").into()),
        from: From::Native(short.clone()),
        kind: Type::String,
        traits: Traits::default(),
    };
    match check {
        Check::Null | Check::Exists => Ok(typed(key, check, at)),
        Check::Like { any_of, case } => {
            let (in_hives, others): (Vec<_>, Vec<_>) =
                any_of.into_iter().partition(|(pattern, _)| hive(pattern).is_none() && may_lie_in_hive(pattern, case));
            let spelled =
                others.iter().flat_map(|(pattern, at)| spelled_out(pattern).into_iter().map(|p| (p, at.clone())));
            let tests = [(whole, spelled.collect()), (short, in_hives)].into_iter();
            let tests = tests.filter(|(_, any_of): &(_, Vec<_>)| !any_of.is_empty());
            Ok(any(tests.map(|(column, any_of)| typed(column, Check::Like { any_of, case }, at)).collect()))
        }
        Check::Equal { .. } | Check::Is(_) | Check::Order { .. } | Check::Within(_) => Ok(Expr::Const(false)),
        other => Ok(typed(short, other, at)),
    }
}

/// Whether part of what the pattern asks for could be found in the name of a hive, which is stored in another spelling.
fn may_lie_in_hive(pattern: &Pattern, case: Case) -> bool {
    let (open, anchored) = match pattern.segments() {
        [Segment::Any, rest @ ..] => (true, Pattern::new(rest.iter().cloned())),
        _ => (false, pattern.clone()),
    };
    let lies = |end: &str| anchored.may_begin(&format!("{end}\\"), case) || anchored.matches(end, case);
    // Behind a wildcard the text may begin anywhere in the name.
    let starts = |name: &str| if open { name.len() } else { 1 };
    NAMES.iter().any(|name| (0..starts(name)).any(|from| name.get(from..).is_some_and(lies)))
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
    let Some((at, spellings, rest)) = hive(pattern) else { return vec![pattern.clone()] };
    let with = |long: &&str| {
        let mut all = pattern.segments().to_vec();
        if let Some(segment) = all.get_mut(at) {
            *segment = Segment::Literal(format!("{long}{rest}").into());
        }
        Pattern::new(all)
    };
    spellings.iter().map(with).collect()
}

/// The segment that begins with a hive, how that is stored, and what follows it in the segment.
fn hive(pattern: &Pattern) -> Option<(usize, &'static [&'static str], &str)> {
    let (at, text) = match pattern.segments() {
        [Segment::Literal(text), ..] => (0, text),
        [Segment::Any, Segment::Literal(text), ..] => (1, text),
        _ => return None,
    };
    let begins = |short: &str| text.get(..short.len()).is_some_and(|start| start.eq_ignore_ascii_case(short));
    let (short, long) = HIVES.iter().find(|(short, _)| begins(short))?;
    Some((at, long, text.get(short.len()..)?))
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
