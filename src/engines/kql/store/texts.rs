//! The forms that a text takes in a column: another spelling, or a part of it.

use super::registry;
use crate::engines::kql::lex::integer;

/// A form by its name.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) name: &'static str,
    /// Whether the text can be read back from it, but for its case and what stands for nothing.
    pub(super) whole: bool,
    pub(super) of: fn(&str) -> Result<String, String>,
}

impl PartialEq for Made {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const fn whole(name: &'static str, of: fn(&str) -> Result<String, String>) -> Made {
    Made { name, whole: true, of }
}

const fn part(name: &'static str, of: fn(&str) -> Result<String, String>) -> Made {
    Made { name, whole: false, of }
}

/// The forms there are.
const ALL: &[Made] = &[
    whole("text", |text| Ok(text.to_owned())),
    whole("lower", |text| Ok(dash(text).to_lowercase())),
    whole("dash", |text| Ok(dash(text).to_owned())),
    whole("capital", capital),
    // Version information that a file lacks: Sysmon writes a dash, or in older versions a question mark.
    whole("version", |text| Ok(if text == "?" { "" } else { dash(text) }.to_owned())),
    part("file", |path| Ok(after(dash(path), &['\\', '/']).to_owned())),
    // A backslash is a character of a name like any other.
    part("unixfile", |path| Ok(after(dash(path), &['/']).to_owned())),
    part("folder", |path| match path.rsplit_once('\\') {
        Some((folder, _)) => Ok(folder.to_owned()),
        None => Err(format!("{path:?} has no folder")),
    }),
    part("threatfile", |path| Ok(after(threat(path)?, &['\\', '/']).to_owned())),
    part("threatpath", |path| Ok(threat(path)?.to_owned())),
    part("domain", |text| Ok(account(text)?.0.to_lowercase())),
    part("account", |text| Ok(account(text)?.1.to_lowercase())),
    part("hex", |text| match integer(text).filter(|_| text.starts_with("0x")) {
        Some(_) => Ok(text.to_owned()),
        None => Err(format!("{text:?} is no hexadecimal number as Windows writes it")),
    }),
    part("hive", registry::hive),
    part("key", |name| Ok(registry::hive(name)?.rsplit_once('\\').map_or_else(String::new, |(key, _)| key.to_owned()))),
    // A slash is a character of a name like any other.
    part("member", |name| Ok(after(name, &['\\']).to_owned())),
    part("regtype", |details| Ok(registry::kind(details).to_owned())),
    part("regdata", |details| Ok(registry::data(details))),
    part("pipe", |name| match name.starts_with('\\') {
        true => Ok(format!("\\Device\\NamedPipe{name}")),
        // Sysmon writes every name with its backslash.
        false => Err(format!("{name:?} is no name of a pipe")),
    }),
];

/// The form of that name.
pub(super) fn named(name: &str) -> Result<&'static Made, String> {
    ALL.iter().find(|made| made.name == name).ok_or_else(|| format!("no form {name}"))
}

/// What stands behind the last of these characters.
fn after<'a>(path: &'a str, separators: &[char]) -> &'a str {
    path.rfind(separators).and_then(|at| path.get(at + 1..)).unwrap_or(path)
}

/// Windows writes a dash where there is nothing.
fn dash(text: &str) -> &str {
    if text == "-" { "" } else { text }
}

/// Sysmon names two protocols.
fn capital(text: &str) -> Result<String, String> {
    if !["tcp", "udp"].iter().any(|known| text.eq_ignore_ascii_case(known)) {
        return Err(format!("{text:?} is no protocol that connections are recorded for"));
    }
    let mut letters = text.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter();
    Ok(first.chain(letters.map(|letter| letter.to_ascii_lowercase())).collect())
}

/// Domain and name.
fn account(text: &str) -> Result<(&str, &str), String> {
    match text.split_once('\\') {
        Some((domain, name)) if domain.is_empty() || name.is_empty() || name.contains('\\') => {
            Err(format!("{text:?} is no account"))
        }
        Some(account) => Ok(account),
        None => Ok(("", text)),
    }
}

/// The file among a threat's resources: `file:_C:\a.exe`.
fn threat(path: &str) -> Result<&str, String> {
    match path.strip_prefix("file:_").unwrap_or(path) {
        several if several.contains(":_") => Err(format!("{path:?} is not one file")),
        path => Ok(path),
    }
}
