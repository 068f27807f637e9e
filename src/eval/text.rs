//! Texts of values, and the patterns and expressions they are held against.

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use super::check::exact;
use crate::ir::regex::Perl;
use crate::ir::regex::print::Style;
use crate::ir::{Case, Pattern, Segment};

/// The canonical text of a leaf (SEMANTICS 2.2).
pub(super) enum Text<'e> {
    /// Of a string, number or Boolean.
    Plain(Cow<'e, str>),
    /// The compact JSON of an object or a list that holds objects: seen by patterns, equal to nothing.
    Structure(String),
}

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Text::Plain(text) => text,
            Text::Structure(text) => text,
        }
    }
}

/// The text of a leaf; null has none.
pub(super) fn text(leaf: &Value) -> Option<Text<'_>> {
    Some(match leaf {
        Value::Null => return None,
        Value::String(text) => Text::Plain(Cow::Borrowed(text)),
        Value::Bool(value) => Text::Plain(Cow::Borrowed(if *value { "true" } else { "false" })),
        Value::Number(number) => Text::Plain(exact(number)?.to_string().into()),
        Value::Array(_) | Value::Object(_) => Text::Structure(leaf.to_string()),
    })
}

/// Patterns, of which one is to match.
#[derive(Debug)]
pub(super) struct Texts {
    /// Those without wildcards: equality, which structures never pass.
    equal: Vec<Regex>,
    /// The others.
    open: Vec<Regex>,
}

impl Texts {
    /// Prepares patterns. The error is for lists beyond what fits into memory.
    pub(super) fn new<'a>(patterns: impl Iterator<Item = &'a Pattern>, case: Case) -> Result<Self, String> {
        let is_open = |pattern: &&Pattern| pattern.segments().iter().any(|s| matches!(s, Segment::Any | Segment::One));
        let (open, equal): (Vec<_>, Vec<_>) = patterns.partition(is_open);
        Ok(Texts { equal: compile(&equal, case)?, open: compile(&open, case)? })
    }

    /// Whether one matches.
    pub(super) fn match_text(&self, text: &Text<'_>) -> bool {
        let among = |regexes: &[Regex]| regexes.iter().any(|regex| regex.is_match(text.as_str().as_bytes()));
        among(&self.open) || matches!(text, Text::Plain(_)) && among(&self.equal)
    }
}

/// As few expressions as keep each to a reasonable size.
fn compile(patterns: &[&Pattern], case: Case) -> Result<Vec<Regex>, String> {
    let group = |patterns: &[&Pattern]| {
        let any_of = patterns.iter().map(|pattern| anchored(pattern)).collect::<Vec<_>>().join("|");
        let mut builder = RegexBuilder::new(&any_of);
        builder.case_insensitive(case == Case::Fold).dot_matches_new_line(true).size_limit(LIMIT);
        builder.build().map_err(|error| error.to_string())
    };
    patterns.chunks(256).map(group).collect()
}

/// What one compiled expression may take.
const LIMIT: usize = 256 << 20;

/// The expression for a pattern. A `*` at an end is left out with the anchor, which says the same.
fn anchored(pattern: &Pattern) -> String {
    let segments = pattern.segments();
    let start = if matches!(segments.first(), Some(Segment::Any)) { "" } else { r"\A" };
    let end = if matches!(segments.last(), Some(Segment::Any)) { "" } else { r"\z" };
    let middle = segments.iter().enumerate().map(|(n, segment)| match segment {
        Segment::Literal(text) => regex::escape(text),
        Segment::Any if n == 0 || n + 1 == segments.len() => String::new(),
        Segment::Any => ".*?".to_owned(),
        Segment::One => ".".to_owned(),
        Segment::OneOf(set) => {
            format!("(?:{})", set.iter().map(|c| regex::escape(&c.to_string())).collect::<Vec<_>>().join("|"))
        }
    });
    format!("{start}{}{end}", middle.collect::<String>())
}

/// A rule's regular expression, in Rust's dialect with ASCII classes.
pub(super) fn search(regex: &crate::ir::Regex) -> Result<Regex, String> {
    let style = Style {
        spell_out: &[Perl::Digit, Perl::Word, Perl::Space],
        word_boundary: Some(r"(?-u:\b)"),
        not_word_boundary: Some(r"(?-u:\B)"),
        text_end: "$",
        escape_in_class: "&~",
        max_repeat: None,
        hex_non_ascii: false,
    };
    let written = regex.print(&style).map_err(|unprintable| unprintable.0)?;
    RegexBuilder::new(&written)
        .case_insensitive(regex.flags.ignore_case)
        .multi_line(regex.flags.multi_line)
        .dot_matches_new_line(regex.flags.dot_all)
        .size_limit(LIMIT)
        .build()
        .map_err(|error| error.to_string())
}
