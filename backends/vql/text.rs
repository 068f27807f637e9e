//! Literals, names and paths: whatever a rule says stays inside them.

use crate::diag::Code;
use crate::ir::At;
use crate::render::Gap;

/// The words VQL keeps for itself, in any case (vfilter's lexer).
const KEYWORDS: &[&str] = &[
    "AND", "AS", "BY", "DESC", "EXPLAIN", "FALSE", "FROM", "GROUP", "IN", "LET", "LIMIT", "NOT", "NULL", "OR", "ORDER",
    "SELECT", "TRUE", "WHERE",
];

/// A text as a VQL string: raw between `'''` where it can be, else between double quotes with escapes.
///
/// Raw text has no escapes, cannot hold `'''` and cannot begin or end with a quote. Between double quotes a backslash
/// stands before itself and the quote, and `\xHH` is a byte (SEMANTICS 5.3).
pub(super) fn raw(text: &str) -> String {
    let quoted = text.contains("'''") || text.starts_with('\'') || text.ends_with('\'');
    if text.is_empty() {
        "''".to_owned()
    } else if quoted || text.chars().any(char::is_control) {
        escaped(text)
    } else {
        format!("'''{text}'''")
    }
}

/// A text as the plainest VQL string: between single quotes where nothing in it could be read otherwise.
pub(super) fn plain(text: &str) -> String {
    if text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '_')) {
        format!("'{text}'")
    } else {
        raw(text)
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '\\' | '"' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("\\x{byte:02x}")));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A name, between backticks unless it is a plain word. None for a name that backticks cannot hold: they know escapes
/// but no escaped backtick.
pub(super) fn name(text: &str) -> Option<String> {
    let mut chars = text.chars();
    let word = chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_');
    if word && !KEYWORDS.iter().any(|keyword| keyword.eq_ignore_ascii_case(text)) {
        return Some(text.to_owned());
    }
    let holds = !text.is_empty() && !text.chars().any(|c| matches!(c, '`' | '\\') || c.is_control());
    holds.then(|| format!("`{text}`"))
}

/// Names joined by dots: a column, or a member below it.
pub(super) fn path<'a>(parts: impl IntoIterator<Item = &'a str>, at: &At) -> Result<String, Gap> {
    let mut out = String::new();
    for part in parts {
        let Some(name) = name(part) else {
            return Err(Gap::new(Code::E0602, at, format!("VQL has no way to write the field name {part:?}"))
                .help("rename the field with a pipeline"));
        };
        if !out.is_empty() {
            out.push('.');
        }
        out.push_str(&name);
    }
    Ok(out)
}
