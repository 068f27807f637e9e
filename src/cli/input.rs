//! Files, folders and standard input as texts.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use ignore::WalkBuilder;

use super::Stop;
use crate::diag::{Code, Diagnostic, Severity};

/// The most bytes a rule file may have.
const LIMIT: u64 = crate::yaml::MAX_BYTES as u64;

/// What one path holds.
pub(crate) struct Text {
    /// The path as it is shown; `<stdin>` for standard input.
    pub(crate) path: String,
    /// The text, or why there is none.
    pub(crate) content: Result<String, Diagnostic>,
}

/// Something to read.
pub(crate) enum Found {
    /// A file to read.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// A path that cannot be read, or a folder that holds nothing to read.
    Problem(PathBuf, Diagnostic),
}

/// Lists what the paths name: files as they are, folders with all the files below them that `wanted` takes, sorted by
/// name, hidden ones left out. Links are followed, loops reported. A file that two paths name is listed once.
pub(crate) fn list(paths: &[PathBuf], exclude: &Exclude, wanted: &dyn Fn(&Path) -> bool, kind: &str) -> Vec<Found> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut new = |path: &Path| path.canonicalize().map_or(true, |real| seen.insert(real));
    for path in paths {
        if path.as_os_str() == "-" {
            if !found.iter().any(|found| matches!(found, Found::Stdin)) {
                found.push(Found::Stdin);
            }
        } else if !path.is_dir() {
            if !exclude.path(path) && new(path) {
                found.push(Found::File(path.clone()));
            }
        } else {
            let before = found.len();
            let mut walk = WalkBuilder::new(path);
            walk.standard_filters(false).hidden(true).follow_links(true).sort_by_file_name(std::cmp::Ord::cmp);
            for entry in walk.build() {
                match entry {
                    Err(error) => {
                        let (at, why) = place(&error);
                        let at = at.unwrap_or_else(|| path.clone());
                        if !exclude.path(&at) {
                            found.push(Found::Problem(at, Diagnostic::new(Code::E0001, why)));
                        }
                    }
                    Ok(entry) => {
                        let file = entry.file_type().is_some_and(|kind| !kind.is_dir());
                        if file && wanted(entry.path()) && !exclude.path(entry.path()) && new(entry.path()) {
                            found.push(match entry.file_type().is_some_and(|kind| kind.is_file()) {
                                true => Found::File(entry.into_path()),
                                false => problem(entry.into_path(), "not a regular file"),
                            });
                        }
                    }
                }
            }
            if found.len() == before {
                let mut nothing = Diagnostic::new(Code::E0003, format!("the folder holds no {kind}"));
                nothing.severity = Severity::Warning;
                found.push(Found::Problem(path.clone(), nothing));
            }
        }
    }
    found
}

fn problem(path: PathBuf, why: &str) -> Found {
    Found::Problem(path, Diagnostic::new(Code::E0001, format!("cannot be read: {why}")))
}

/// The path and the reason in an error of the walk.
fn place(error: &ignore::Error) -> (Option<PathBuf>, String) {
    match error {
        ignore::Error::WithPath { path, err } => (Some(path.clone()), place(err).1),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => place(err),
        ignore::Error::Loop { ancestor, child } => {
            (Some(child.clone()), format!("a link that leads back to the folder `{}` above it", ancestor.display()))
        }
        ignore::Error::Io(error) => (None, format!("cannot be read: {}", reason(error))),
        other => (None, format!("cannot be read: {other}")),
    }
}

/// Whether a file of a folder is taken for a rule file: YAML, but not what a pack keeps beside its rules (`pack.yml`,
/// `<rule>.events.yml`). Such a file is read where a path names it itself.
pub(crate) fn is_rule_file(path: &Path) -> bool {
    is_yaml(path) && !is_companion(path)
}

/// Whether the name is that of a file which a pack keeps beside its rules.
pub(crate) fn is_companion(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    is_events_of_a_rule(path) || name == "pack.yml" || name == "pack.yaml"
}

/// Whether the name is that of the events that must and must not match a rule.
fn is_events_of_a_rule(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    [".events.yml", ".events.yaml"].iter().any(|end| name.ends_with(end))
}

/// Whether the name is that of a YAML file.
pub(crate) fn is_yaml(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("yml") || extension.eq_ignore_ascii_case("yaml"))
}

/// Reads one thing as text.
pub(crate) fn read(found: Found) -> Text {
    match found {
        Found::Stdin => Text { path: "<stdin>".to_owned(), content: text(&mut io::stdin().lock()) },
        Found::Problem(path, diagnostic) => Text { path: shown(&path), content: Err(diagnostic) },
        Found::File(path) if is_events_of_a_rule(&path) => {
            let finding = Diagnostic::new(Code::E0003, "the file holds events of a rule, not a rule")
                .help("give the rule itself; its events stay beside it");
            Text { path: shown(&path), content: Err(finding) }
        }
        Found::File(path) => {
            let content = match File::open(&path).and_then(|file| file.metadata().map(|meta| (file, meta))) {
                Err(error) => Err(unreadable(&error)),
                Ok((_, meta)) if meta.is_file() && meta.len() > LIMIT => Err(too_large()),
                Ok((mut file, _)) => text(&mut file),
            };
            Text { path: shown(&path), content }
        }
    }
}

/// A path as it is shown, with `/` between its parts.
pub(crate) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' { text.into_owned() } else { text.replace(std::path::MAIN_SEPARATOR, "/") }
}

fn text(from: &mut dyn Read) -> Result<String, Diagnostic> {
    let mut bytes = Vec::new();
    from.take(LIMIT + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > LIMIT {
        return Err(too_large());
    }
    let text =
        String::from_utf8(bytes).map_err(|error| not_utf8(error.as_bytes(), error.utf8_error().valid_up_to()))?;
    if text.contains('\0') {
        return Err(
            Diagnostic::new(Code::E0002, "the file is binary: it holds zero bytes").help("give rules as YAML text")
        );
    }
    Ok(text)
}

fn not_utf8(bytes: &[u8], valid: usize) -> Diagnostic {
    let sixteen = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if sixteen {
        return Diagnostic::new(Code::E0002, "the file is UTF-16, not UTF-8").help("save it as UTF-8");
    }
    let line = bytes.iter().take(valid).filter(|byte| **byte == b'\n').count() + 1;
    Diagnostic::new(Code::E0002, format!("not UTF-8: byte {valid}, in line {line}, is not part of a character"))
        .help("save the file as UTF-8; is it a rule at all?")
}

/// Reads the text of a query; `-` is standard input. Its name, and the text without a byte order mark.
pub(crate) fn read_query(path: &Path) -> Result<(String, String), Stop> {
    let found = if path.as_os_str() == "-" { Found::Stdin } else { Found::File(path.to_owned()) };
    let Text { path: name, content } = read(found);
    let refuse = |why: &str| Stop::Usage(format!("--query {name}: {why}"));
    let text = match content {
        _ if path.is_dir() => return Err(refuse("is a directory, not a query")),
        Err(found) if found.code == Code::E0004 => return Err(refuse("is larger than 10 MB; no query is")),
        Err(found) if found.code == Code::E0002 => {
            return Err(refuse(&format!("is no text of a query: {}", found.message)));
        }
        Err(found) => return Err(refuse(&found.message)),
        Ok(text) => text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text),
    };
    match text.trim().is_empty() {
        true => Err(refuse("holds no query")),
        false => Ok((name, text)),
    }
}

fn unreadable(error: &io::Error) -> Diagnostic {
    Diagnostic::new(Code::E0001, format!("cannot be read: {}", reason(error)))
}

/// What the system says, without its number.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn too_large() -> Diagnostic {
    Diagnostic::new(Code::E0004, "the file is larger than 10 MB").help("split the file: a rule each is best")
}

/// The patterns of `--exclude`.
pub(crate) struct Exclude {
    paths: GlobSet,
    words: Vec<String>,
}

impl Exclude {
    /// Reads the patterns.
    pub(crate) fn new(patterns: &[String]) -> Result<Self, Stop> {
        let mut paths = GlobSetBuilder::new();
        for pattern in patterns {
            let trimmed = pattern.trim_start_matches("./").trim_end_matches('/');
            let glob = GlobBuilder::new(trimmed).literal_separator(true).build();
            paths.add(glob.map_err(|error| Stop::Usage(format!("--exclude `{pattern}`: {}", error.kind())))?);
        }
        let paths = paths.build().map_err(|error| Stop::Usage(format!("--exclude: {error}")))?;
        Ok(Exclude { paths, words: patterns.iter().map(|pattern| pattern.to_lowercase()).collect() })
    }

    /// Whether a pattern covers whole parts of the path, such as a folder's name or the file's.
    pub(crate) fn path(&self, path: &Path) -> bool {
        if self.paths.is_empty() {
            return false;
        }
        let parts: Vec<_> = path.components().map(|part| part.as_os_str()).collect();
        (0..parts.len()).any(|start| {
            let mut run = PathBuf::new();
            parts.iter().skip(start).any(|part| {
                run.push(part);
                self.paths.is_match(&run)
            })
        })
    }

    /// Whether a pattern is that rule's id.
    pub(crate) fn id(&self, id: &str) -> bool {
        self.words.iter().any(|word| *word == id.to_lowercase())
    }
}
