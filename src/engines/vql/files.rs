//! The stored event log files: `glob()` finds them, `parse_evtx()` reads them.

use std::rc::Rc;

use super::super::{Database, Refusal};
use super::eval::Given;
use super::regex::compile;
use super::value::{Dict, Record, Value};

/// Where Windows keeps its event logs.
const FOLDER: &str = r"C:\Windows\System32\winevt\Logs\";

/// One row a stored file that a glob names. A path in another folder finds nothing.
pub(super) fn glob<'a>(database: &'a Database, given: &Given<'a>) -> Result<Vec<Record<'a>>, Refusal> {
    let mut globs = Vec::new();
    for (name, value) in given {
        match (&**name, value) {
            ("globs", Value::Text(glob)) => globs.push(glob.to_string()),
            ("globs", Value::List(items)) => {
                for item in items.iter() {
                    let Value::Text(glob) = item else { return unknown("a glob that is no text") };
                    globs.push(glob.to_string());
                }
            }
            ("globs", Value::Null) => {}
            ("accessor", Value::Text(accessor)) if ["auto", "file", "ntfs"].contains(&&**accessor) => {}
            _ => return unknown(&format!("the argument {name} of glob()")),
        }
    }
    let mut rows = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    for name in database.keys() {
        if seen.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        seen.push(name);
        for glob in &globs {
            if named(glob, name)? {
                rows.push(file(name));
                break;
            }
        }
    }
    Ok(rows)
}

fn file<'a>(name: &str) -> Record<'a> {
    let pairs = vec![
        (Rc::from("OSPath"), Value::text(format!("{FOLDER}{name}"))),
        (Rc::from("Name"), Value::text(name)),
        (Rc::from("IsDir"), Value::Bool(false)),
    ];
    Record { row: Value::dict(pairs), event: None }
}

/// Whether a glob names a file of the folder: `*` and `?` stay within a component, `**` crosses them, `{a,b}` are choices.
fn named(glob: &str, name: &str) -> Result<bool, Refusal> {
    if glob.len() > 10_000 {
        return Err(Refusal::Limit);
    }
    let mut pattern = String::from("(?s)^");
    let glob = glob.replace('\\', "/");
    let mut choices = 0_u32;
    let mut rest = glob.as_str();
    if !rest.contains('/') {
        pattern.push_str("(?:.*/)?");
    }
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("**") {
            pattern.push_str(".*");
            rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            continue;
        }
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '*' => pattern.push_str("[^/]*"),
            '?' => pattern.push_str("[^/]"),
            '{' => {
                choices += 1;
                pattern.push_str("(?:");
            }
            '}' if choices > 0 => {
                choices -= 1;
                pattern.push(')');
            }
            ',' if choices > 0 => pattern.push('|'),
            '[' | ']' => return unknown("[ ] in a glob"),
            c => pattern.push_str(&::regex::escape(c.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push('$');
    let path = format!("{FOLDER}{name}").replace('\\', "/");
    let program = compile(&pattern, true).map_err(|_| Refusal::Unknown(format!("the glob {glob}")))?;
    Ok(program.is_match(&path) || program.is_match(&format!("/{path}")))
}

/// The rows of a stored file; none where there is no such file, which the product only logs.
pub(super) fn parse_evtx<'a>(database: &'a Database, given: &Given<'a>) -> Result<Vec<Record<'a>>, Refusal> {
    let mut names = Vec::new();
    for (name, value) in given {
        match (&**name, value) {
            ("filename", Value::Text(path)) => names.push(path.to_string()),
            ("filename", Value::List(paths)) => {
                for path in paths.iter() {
                    let Value::Text(path) = path else { return unknown("a file name that is no text") };
                    names.push(path.to_string());
                }
            }
            ("filename", Value::Null) | ("accessor" | "workers" | "messagedb", _) => {}
            _ => return unknown(&format!("the argument {name} of parse_evtx()")),
        }
    }
    let mut rows = Vec::new();
    for path in names {
        let base = path.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        // Names that differ in case alone are one file.
        let stored = database.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&base));
        for row in stored.flat_map(|(_, rows)| rows) {
            rows.push(Record { row: Value::Dict(Dict::Stored(&row.columns)), event: Some(row.event) });
        }
    }
    Ok(rows)
}

fn unknown<T>(what: &str) -> Result<T, Refusal> {
    Err(Refusal::Unknown(what.to_owned()))
}
