//! String functions (K: the page of each function).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value as Json};

use super::Given;
use super::regexes::compiled;
use crate::engines::Refusal;
use crate::engines::kql::run::Run;
use crate::engines::kql::value::Value;

/// The longest text a function makes.
const LONGEST: usize = 1 << 20;

fn text(values: &[Value], at: usize) -> std::rc::Rc<str> {
    values.get(at).map_or_else(|| std::rc::Rc::from(""), Value::to_text)
}

fn long(values: &[Value], at: usize) -> Option<i64> {
    match values.get(at)?.plain() {
        Value::Long(value) => Some(value),
        _ => None,
    }
}

fn limited(text: String) -> Given<Value> {
    if text.len() > LONGEST { Err(Refusal::Limit) } else { Ok(Value::text(&text)) }
}

pub(super) fn strcat(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let joined: String = values.iter().map(|value| value.to_text().to_string()).collect();
    run.budget.step(joined.len() as u64)?;
    limited(joined)
}

/// With the delimiter, which comes first, between the others.
pub(super) fn strcat_delim(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let rest: Vec<String> = values.iter().skip(1).map(|value| value.to_text().to_string()).collect();
    limited(rest.join(&text(values, 0)))
}

/// In characters.
pub(super) fn strlen(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(Value::Long(text(values, 0).chars().count() as i64))
}

pub(super) fn tolower(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    limited(text(values, 0).to_lowercase())
}

pub(super) fn toupper(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    limited(text(values, 0).to_uppercase())
}

/// Source, start, and, if given, length, in characters; a negative start counts from the end. Measured on Kusto's emulator by
/// the author of duckdb-kql: a start before the beginning and a negative length give the empty text.
pub(super) fn substring(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let source = text(values, 0);
    let length = i64::try_from(source.chars().count()).unwrap_or(i64::MAX);
    let start = long(values, 1).unwrap_or(0);
    let start = if start < 0 { length.saturating_add(start) } else { start };
    let count = long(values, 2).unwrap_or(i64::MAX);
    match (usize::try_from(start), usize::try_from(count)) {
        (Ok(start), Ok(count)) => limited(source.chars().skip(start).take(count).collect()),
        _ => Ok(Value::text("")),
    }
}

/// The text without what the regex matches at its ends.
fn trimmed(values: &[Value], start: bool, end: bool) -> Given<Value> {
    let regex = compiled(&format!("^(?:{})", text(values, 0)))?;
    let source = text(values, 1);
    let mut rest: &str = &source;
    if start && let Some(found) = regex.find(rest) {
        rest = rest.get(found.end()..).unwrap_or_default();
    }
    if end {
        let last = compiled(&format!("(?:{})$", text(values, 0)))?;
        if let Some(found) = last.find(rest) {
            rest = rest.get(..found.start()).unwrap_or_default();
        }
    }
    limited(rest.to_owned())
}

pub(super) fn trim(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    trimmed(values, true, true)
}

pub(super) fn trim_start(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    trimmed(values, true, false)
}

pub(super) fn trim_end(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    trimmed(values, false, true)
}

pub(super) fn replace_string(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let (source, lookup) = (text(values, 0), text(values, 1));
    if lookup.is_empty() {
        return limited(source.to_string());
    }
    limited(source.replace(lookup.as_ref(), &text(values, 2)))
}

/// The replacement names groups `\1`, the match `\0`.
pub(super) fn replace_regex(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let source = text(values, 0);
    run.budget.step(source.len() as u64)?;
    let regex = compiled(&text(values, 1))?;
    let rewrite = rewrite(&text(values, 2));
    limited(regex.replace_all(&source, rewrite.as_str()).into_owned())
}

fn rewrite(pattern: &str) -> String {
    let mut written = String::new();
    let mut characters = pattern.chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some(digit)) if digit.is_ascii_digit() => {
                written.push_str(&format!("${{{digit}}}"));
                characters.next();
            }
            ('\\', Some('\\')) => {
                written.push('\\');
                characters.next();
            }
            ('$', _) => written.push_str("$$"),
            _ => written.push(character),
        }
    }
    written
}

/// Regex, group, source; the empty text where nothing matches.
pub(super) fn extract(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    if values.len() > 3 {
        return Err(Refusal::Unknown("extract() with a type".to_owned()));
    }
    let source = text(values, 2);
    run.budget.step(source.len() as u64)?;
    let group = usize::try_from(long(values, 1).unwrap_or(0)).unwrap_or(0);
    let regex = compiled(&text(values, 0))?;
    let found = regex.captures(&source).and_then(|captures| captures.get(group).map(|found| found.as_str().to_owned()));
    limited(found.unwrap_or_default())
}

/// Regex, source: an array of the first group's texts, or of arrays where there are several groups.
pub(super) fn extract_all(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    if values.len() > 2 {
        return Err(Refusal::Unknown("extract_all() with chosen groups".to_owned()));
    }
    let source = text(values, 1);
    run.budget.step(source.len() as u64 * 4)?;
    let regex = compiled(&text(values, 0))?;
    let groups = regex.captures_len();
    let mut all = Vec::new();
    for captures in regex.captures_iter(&source) {
        let text = |group| Json::String(captures.get(group).map_or("", |found| found.as_str()).to_owned());
        all.push(match groups {
            1 => text(0),
            2 => text(1),
            groups => (1..groups).map(text).collect(),
        });
    }
    Ok(if all.is_empty() { Value::Null } else { Value::json(Json::Array(all)) })
}

/// Source, delimiter, and, if given, the one element wanted.
pub(super) fn split(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let (source, delimiter) = (text(values, 0), text(values, 1));
    if delimiter.is_empty() {
        return Err(Refusal::Unknown("split() by an empty text".to_owned()));
    }
    let mut parts: Vec<Json> = source.split(delimiter.as_ref()).map(|part| Json::String(part.to_owned())).collect();
    if let Some(index) = long(values, 2) {
        let wanted = usize::try_from(index).ok().and_then(|index| parts.get(index).cloned());
        parts = wanted.into_iter().collect();
    }
    Ok(Value::json(Json::Array(parts)))
}

/// The place of the first occurrence in characters, -1 where there is none.
pub(super) fn indexof(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    if values.len() > 2 {
        return Err(Refusal::Unknown("indexof() with a start".to_owned()));
    }
    let source = text(values, 0);
    let found = source.find(text(values, 1).as_ref());
    Ok(Value::Long(found.map_or(-1, |at| source.get(..at).unwrap_or_default().chars().count() as i64)))
}

/// Occurrences of a text (they may overlap), or matches of a regex.
pub(super) fn countof(values: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let (source, search) = (text(values, 0), text(values, 1));
    run.budget.step(source.len() as u64)?;
    let count = match text(values, 2).as_ref() {
        "regex" => compiled(&search)?.find_iter(&source).count(),
        _ if search.is_empty() => return Err(Refusal::Unknown("countof() of an empty text".to_owned())),
        _ => source.as_bytes().windows(search.len()).filter(|window| *window == search.as_bytes()).count(),
    };
    Ok(Value::Long(count as i64))
}

/// Empty where the text is no Base64, or not of UTF-8.
pub(super) fn base64_decode(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let bytes = STANDARD.decode(text(values, 0).as_bytes()).unwrap_or_default();
    limited(String::from_utf8(bytes).unwrap_or_default())
}

pub(super) fn base64_encode(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    limited(STANDARD.encode(text(values, 0).as_bytes()))
}

/// `%20` and `+`: the latter is not settled, so it is refused.
pub(super) fn url_decode(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let source = text(values, 0);
    if source.contains('+') {
        return Err(Refusal::Unknown("url_decode() of a plus sign".to_owned()));
    }
    let mut bytes = Vec::new();
    let mut rest = source.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let code = after.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        match (byte, code.and_then(|hex| u8::from_str_radix(hex, 16).ok())) {
            (b'%', Some(decoded)) => {
                bytes.push(decoded);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                bytes.push(*byte);
                rest = after;
            }
        }
    }
    limited(String::from_utf8_lossy(&bytes).into_owned())
}

pub(super) fn reverse(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    limited(text(values, 0).chars().rev().collect())
}

/// The parts of a path (K: "parse_path()").
pub(super) fn parse_path(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let path = text(values, 0);
    if path.contains("://") || path.contains(':') && path.matches(':').count() > 1 {
        return Err(Refusal::Unknown("parse_path() of a URL or an alternate data stream".to_owned()));
    }
    let (directory, file) = match path.rfind(['\\', '/']) {
        Some(at) => (path.get(..at).unwrap_or_default(), path.get(at + 1..).unwrap_or_default()),
        None => ("", path.as_ref()),
    };
    let name = directory.rsplit(['\\', '/']).next().unwrap_or_default();
    let extension = file.rsplit_once('.').map_or("", |(_, extension)| extension);
    let root = match directory.split_once(['\\', '/']) {
        Some((root, _)) => root,
        None => directory,
    };
    let parts = [
        ("Scheme", ""),
        ("RootPath", root),
        ("DirectoryPath", directory),
        ("DirectoryName", name),
        ("Filename", file),
        ("Extension", extension),
        ("AlternateDataStreamName", ""),
    ];
    let members: Map<String, Json> =
        parts.into_iter().map(|(name, part)| (name.to_owned(), Json::String(part.to_owned()))).collect();
    Ok(Value::json(Json::Object(members)))
}
