//! The attributes that describe a document (SEMANTICS 1.2). Their errors never make a rule unusable.

use std::sync::Arc;

use jiff::civil::Date;

use super::context::{Context, get, head, suggest, wrong_kind};
use super::{Level, Meta, Spanned, Status};
use crate::diag::{Code, Diagnostic};
use crate::ir::FieldName;
use crate::yaml::{Kind, Node};

/// The attributes that all documents have, with those of one kind.
macro_rules! keys {
    ($($own:literal),*) => {
        &[
            "title", "id", "related", "name", "taxonomy", "status", "description", "license", "author", "references",
            "date", "modified", $($own,)* "fields", "falsepositives", "level", "tags", "scope", "action",
        ]
    };
}

/// The attributes of a detection rule, `action` of legacy collections included.
pub(super) const RULE_KEYS: &[&str] = keys!("logsource", "detection");
/// The attributes of a correlation rule.
pub(super) const CORRELATION_KEYS: &[&str] = keys!("correlation", "generate");
/// The attributes of a filter.
pub(super) const FILTER_KEYS: &[&str] = keys!("logsource", "filter");
/// How rules may be related; the specification's list and pySigma's `correlation`.
const RELATIONS: &[&str] = &["derived", "obsolete", "merged", "renamed", "similar", "correlation"];
/// The longest `title`, `name` and `taxonomy` (the specification's schema), in characters.
const MAX_TITLE: usize = 256;

/// Reads what a document says of itself.
/// Errors: E0202, E0203, E0204; lints W0801, W0802, W0809, W0816.
pub(super) fn parse(cx: &mut Context<'_>, tree: &Node, document: usize) -> Meta {
    let mut meta = Meta { source: cx.source, document, title_span: head(tree), ..Meta::default() };
    for (key, value) in tree.as_map().unwrap_or_default() {
        if value.is_null() {
            continue;
        }
        match key.key() {
            "title" => {
                if let Some(title) = short(cx, key, value) {
                    meta.title = title.value;
                    meta.title_span = title.span;
                }
            }
            "id" => meta.id = identifier(cx, key, value),
            "name" => {
                meta.name = short(cx, key, value);
                if let Some(name) = meta.name.take_if(|name| name.value.trim().is_empty()) {
                    cx.report(Diagnostic::new(Code::E0202, "`name` is empty").at(name.span));
                }
            }
            "related" => meta.related = related(cx, key, value),
            "taxonomy" => meta.taxonomy = short(cx, key, value).map(|t| t.value),
            "status" => meta.status = word(cx, key, value, &names(Status::ALL, Status::as_str), Status::parse),
            "level" => meta.level = word(cx, key, value, &names(Level::ALL, Level::as_str), Level::parse),
            "description" => meta.description = cx.text_of(key, value).map(|t| t.value),
            "license" => meta.license = cx.text_of(key, value).map(|t| t.value),
            "author" => meta.author = cx.text_of(key, value).map(|t| t.value),
            "references" => meta.references = list(cx, key, value),
            "falsepositives" => meta.falsepositives = list(cx, key, value),
            "scope" => meta.scope = list(cx, key, value),
            "fields" => meta.fields = list(cx, key, value).into_iter().map(FieldName).collect(),
            "tags" => meta.tags = tags(cx, key, value),
            "date" => meta.date = date(cx, key, value),
            "modified" => meta.modified = date(cx, key, value),
            _ => {}
        }
    }
    meta
}

/// Notes attributes that a rule set needs of every rule and this rule lacks (W0814).
pub(super) fn recommended(cx: &mut Context<'_>, tree: &Node, meta: &Meta) {
    let map = tree.as_map().unwrap_or_default();
    let missing: Vec<&str> = ["id", "status", "description", "level"]
        .into_iter()
        .filter(|name| get(map, name).is_none_or(|(_, value)| value.is_null()))
        .collect();
    if !missing.is_empty() && !meta.title.is_empty() {
        let verb = if missing.len() == 1 { "is" } else { "are" };
        cx.report(
            Diagnostic::new(Code::W0814, format!("{} {verb} missing", super::context::listing(&missing, "and")))
                .at(meta.title_span)
                .help("results are told apart by `id`, and chosen by `status` and `level`"),
        );
    }
}

fn names<T: Copy>(all: &[T], name: fn(T) -> &'static str) -> Vec<&'static str> {
    all.iter().map(|value| name(*value)).collect()
}

/// A text of at most 256 characters.
fn short(cx: &mut Context<'_>, key: &Node, value: &Node) -> Option<Spanned<Arc<str>>> {
    let text = cx.text_of(key, value)?;
    let length = text.value.chars().count();
    if length > MAX_TITLE {
        let message = format!("`{}` has {length} characters; at most {MAX_TITLE} are allowed", key.key());
        cx.report(Diagnostic::new(Code::E0202, message).at(text.span).help("move the rest to `description`"));
    }
    Some(text)
}

/// A list of texts, each once.
fn list(cx: &mut Context<'_>, key: &Node, value: &Node) -> Vec<Arc<str>> {
    let values = cx.texts_of(key, value);
    cx.unique(key, &values);
    values.into_iter().map(|text| text.value).collect()
}

/// One of a few words in lower case.
fn word<T>(
    cx: &mut Context<'_>,
    key: &Node,
    value: &Node,
    words: &[&'static str],
    parse: fn(&str) -> Option<T>,
) -> Option<T> {
    let text = cx.text_of(key, value)?;
    if let Some(found) = parse(&text.value) {
        return Some(found);
    }
    let lower = text.value.to_lowercase();
    if let Some(found) = parse(&lower) {
        cx.report(
            Diagnostic::new(Code::W0809, format!("`{}: {}` is not in lower case", key.key(), text.value))
                .at(text.span)
                .help(format!("write `{lower}`"))
                .edit(text.span, lower, true),
        );
        return Some(found);
    }
    let mut diagnostic = Diagnostic::new(Code::E0202, format!("`{}` is no {}", text.value, key.key()))
        .at(text.span)
        .help(format!("a {} is {}", key.key(), super::context::listing(words, "or")));
    let meant = suggest(&text.value, words.iter().copied())
        .or_else(|| words.iter().copied().find(|word| lower.len() >= 3 && word.starts_with(&lower)));
    if let Some(meant) = meant {
        diagnostic = diagnostic.label(format!("did you mean `{meant}`?")).edit(text.span, meant, false);
    }
    cx.report(diagnostic);
    None
}

/// An id, checked to be a UUID (E0203) and kept as written.
fn identifier(cx: &mut Context<'_>, key: &Node, value: &Node) -> Option<Spanned<Arc<str>>> {
    let Kind::Scalar(scalar) = &value.kind else {
        cx.report(wrong_kind(key, value, "a UUID"));
        return None;
    };
    let id = Spanned { value: scalar.text.clone(), span: value.span };
    if let Some(problem) = uuid_problem(&id.value) {
        cx.report(
            Diagnostic::new(Code::E0203, format!("`{}` is not a UUID", key.key()))
                .at(id.span)
                .label(problem)
                .help("a UUID has 32 hexadecimal digits (0-9, a-f) in groups of 8-4-4-4-12; `uuidgen` or any UUID generator makes a new one"),
        );
    }
    Some(id)
}

/// What keeps a text from being a UUID.
fn uuid_problem(text: &str) -> Option<String> {
    let groups: Vec<usize> = text.split('-').map(|group| group.chars().count()).collect();
    let mut wrong: Vec<char> = text.chars().filter(|c| *c != '-' && !c.is_ascii_hexdigit()).collect();
    let count = wrong.len();
    wrong.sort_unstable();
    wrong.dedup();
    let quoted: Vec<String> = wrong.iter().take(8).map(|c| format!("`{c}`")).collect();
    match quoted.split_last() {
        Some((only, [])) if count == 1 => return Some(format!("{only} is not a hexadecimal digit")),
        Some((only, [])) => return Some(format!("{only} is not a hexadecimal digit; it stands here {count} times")),
        Some((last, rest)) => return Some(format!("{} and {last} are not hexadecimal digits", rest.join(", "))),
        None => {}
    }
    (groups != [8, 4, 4, 4, 12]).then(|| {
        let sizes: Vec<String> = groups.iter().map(usize::to_string).collect();
        format!("its groups have {} digits instead of 8-4-4-4-12", sizes.join("-"))
    })
}

fn related(cx: &mut Context<'_>, key: &Node, value: &Node) -> Vec<(Arc<str>, Arc<str>)> {
    let Kind::Seq(entries) = &value.kind else {
        cx.report(wrong_kind(key, value, "a list of `id` and `type`"));
        return Vec::new();
    };
    let mut out = Vec::new();
    for entry in entries {
        let map = entry.as_map().unwrap_or_default();
        let (Some((id_key, id)), Some((type_key, kind))) = (get(map, "id"), get(map, "type")) else {
            cx.report(
                Diagnostic::new(Code::E0202, "an entry of `related` needs `id` and `type`")
                    .at(head(entry))
                    .help("write `- id: <UUID>` and below it `type: derived`"),
            );
            continue;
        };
        let (id, kind) = (identifier(cx, id_key, id), cx.text_of(type_key, kind));
        if let Some(kind) = kind.as_ref().filter(|kind| !RELATIONS.contains(&&*kind.value)) {
            let mut diagnostic = Diagnostic::new(Code::E0202, format!("`{}` is no type of relation", kind.value))
                .at(kind.span)
                .help(format!("a relation is {}", super::context::listing(RELATIONS, "or")));
            if let Some(meant) = suggest(&kind.value, RELATIONS.iter().copied()) {
                diagnostic = diagnostic.label(format!("did you mean `{meant}`?")).edit(kind.span, meant, false);
            }
            cx.report(diagnostic);
        }
        out.extend(id.zip(kind).map(|(id, kind)| (id.value, kind.value)));
    }
    out
}

/// A date as `YYYY-MM-DD`. Slashes are understood and linted (W0801); anything else is no date (E0204).
fn date(cx: &mut Context<'_>, key: &Node, value: &Node) -> Option<Arc<str>> {
    let Kind::Scalar(scalar) = &value.kind else {
        cx.report(wrong_kind(key, value, "a date"));
        return None;
    };
    let text = scalar.text.trim();
    if text.len() == 10 && text.split('-').count() == 3 && parse_date(text, '-').is_some() {
        return Some(text.into());
    }
    let Some(date) = parse_date(text, '/') else {
        cx.report(
            Diagnostic::new(Code::E0204, format!("`{}: {text}` is not a date", key.key()))
                .at(value.span)
                .help("write year, month and day: `2026-01-31`"),
        );
        return None;
    };
    let iso = date.to_string();
    cx.report(
        Diagnostic::new(Code::W0801, "date is written with slashes")
            .at(value.span)
            .help(format!("Sigma 2 writes dates as in ISO 8601: `{iso}`"))
            .edit(value.span, iso.clone(), true),
    );
    Some(iso.into())
}

/// Year, month and day with that character between them.
fn parse_date(text: &str, separator: char) -> Option<Date> {
    let mut parts = text.split(separator);
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        (digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<i16>().ok())?
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn tags(cx: &mut Context<'_>, key: &Node, value: &Node) -> Vec<Arc<str>> {
    let tags = cx.texts_of(key, value);
    cx.unique(key, &tags);
    for tag in &tags {
        let Some(problem) = tag_problem(&tag.value) else { continue };
        let mut diagnostic = Diagnostic::new(Code::W0802, format!("tag `{}` {problem}", tag.value)).at(tag.span);
        diagnostic = match usual_tag(&tag.value) {
            Some(usual) => diagnostic.help(format!("write `{usual}`")).edit(tag.span, usual, true),
            None => diagnostic.help("a tag is a name space, a point and a name, in lower case: `attack.t1059.001`"),
        };
        cx.report(diagnostic);
    }
    tags.into_iter().map(|tag| tag.value).collect()
}

/// The name spaces of the specification whose names are written with hyphens since version 2.
const HYPHENATED: &[&str] = &["attack", "detection", "tlp", "d3fend"];

fn tag_problem(tag: &str) -> Option<&'static str> {
    let Some((space, name)) = tag.split_once('.') else {
        return Some("has no name space");
    };
    let allowed = |text: &str, point: bool| {
        !text.is_empty()
            && text
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-') || (point && c == '.'))
    };
    if !allowed(space, false) || !allowed(name, true) {
        // The specification's own list has names of D3FEND in mixed case.
        let mixed = space == "d3fend" && name.starts_with("d3f-") && allowed(&name.to_lowercase(), true);
        return if mixed { None } else { Some("has characters outside a-z, 0-9, `_`, `-` and `.`") };
    }
    if HYPHENATED.contains(&space) && name.contains('_') {
        return Some("is written with underscores");
    }
    (space == "cve" && name.split('.').count() == 2 && !name.contains('-')).then_some("has a point for the hyphen")
}

/// The tag in the form that the specification asks for, where there is only one way to read it.
fn usual_tag(tag: &str) -> Option<String> {
    let (space, name) = tag.split_once('.')?;
    let space = space.trim().to_lowercase();
    let name = name.trim().to_lowercase().replace(' ', "-");
    let name = match space.as_str() {
        space if HYPHENATED.contains(&space) => name.replace('_', "-"),
        "cve" => name.replacen('.', "-", 1),
        _ => name,
    };
    let usual = format!("{space}.{name}");
    tag_problem(&usual).is_none().then_some(usual)
}
