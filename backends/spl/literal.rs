//! How text stands in SPL: quoted strings, field names, regular expressions inside quoted strings.
//!
//! Splunk's Search Manual, "Backslashes", "Quotes and escaping characters" (search command), "SPL and regular
//! expressions": inside double quotes `\\` is a backslash and `\"` a quotation mark. Any other backslash stays,
//! so a regular expression keeps `\d` as it is, and its escaped backslash is written as four (`c:\\\\temp` in the manual).

/// Whether text can stand inside the double quotes of `search`. Backquotes call macros and are left out of every
/// literal; control characters have no escape there.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c == '`' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// The text in double quotes, every backslash and quotation mark escaped. Only for text that [`is_plain`] takes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", escaped(text))
}

/// The inside of a quoted string.
pub(super) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// A regular expression as a quoted string of `where`: what the string cannot hold (control characters, backquotes)
/// becomes `\x{..}` first.
pub(super) fn quoted_regex(regex: &str) -> String {
    let regex = hex_escaped(regex);
    let mut out = String::from("\"");
    let mut chars = regex.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            ('"', _) => out.push_str("\\\""),
            (_, false) => out.push(c),
            (_, true) => match chars.next() {
                Some('\\') => out.push_str(r"\\\\"),
                Some('"') => out.push_str("\\\\\\\""),
                Some(other) => out.extend(['\\', other]),
                None => out.push_str(r"\\"),
            },
        }
    }
    out.push('"');
    out
}

/// Replaces characters that no quoted string may hold by their hexadecimal escape.
fn hex_escaped(regex: &str) -> String {
    let mut out = String::new();
    let mut after_backslash = false;
    for c in regex.chars() {
        let hidden = c == '`' || c.is_control() || matches!(c, '\u{2028}' | '\u{2029}');
        if hidden {
            if after_backslash {
                out.pop();
            }
            out.push_str(&format!("\\x{{{:x}}}", c as u32));
        } else {
            out.push(c);
        }
        after_backslash = c == '\\' && !after_backslash;
    }
    out
}

/// Words that mean something else than a field at the left of a comparison in `search`: operators, and modifiers
/// that change which time range or which events are searched ("Time modifiers for search", "search command").
const NOT_FIELDS: &[&str] = &[
    "and",
    "or",
    "not",
    "xor",
    "in",
    "term",
    "case",
    "earliest",
    "latest",
    "_index_earliest",
    "_index_latest",
    "index_earliest",
    "index_latest",
    "starttime",
    "endtime",
    "starttimeu",
    "endtimeu",
    "timeformat",
    "daysago",
    "enddaysago",
    "endhoursago",
    "endminutesago",
    "endmonthsago",
    "hoursago",
    "minutesago",
    "monthsago",
    "startdaysago",
    "starthoursago",
    "startminutesago",
    "startmonthsago",
    "searchtimespandays",
    "searchtimespanhours",
    "searchtimespanminutes",
    "searchtimespanmonths",
    "savedsearch",
    "savedsplunk",
    "search",
    "eventtypetag",
    "hosttag",
    "splunk_server_group",
];

/// A field name as `search` takes it: bare, or in double quotes where it has other characters than letters, digits
/// and underscores. None where `search` has no safe spelling for it.
pub(super) fn search_field(name: &str) -> Option<String> {
    let simple = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if NOT_FIELDS.contains(&name.to_ascii_lowercase().as_str()) {
        None
    } else if !name.is_empty() && name.chars().all(simple) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        Some(name.to_owned())
    } else if name
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | ':' | '{' | '}' | '@' | ' ' | '/'))
        && name.trim() == name
        && !name.is_empty()
    {
        Some(format!("\"{name}\""))
    } else {
        None
    }
}

/// A field name as `where` and `eval` take it: in single quotes. None for names that could end the quotes.
pub(super) fn where_field(name: &str) -> Option<String> {
    let fits = !name.is_empty() && is_plain(name) && !name.contains(['\'', '"', '\\', '$']);
    fits.then(|| format!("'{name}'"))
}
