//! Texts of values, and the regular expressions that are looked for in them.

use std::borrow::Cow;

use regex::bytes::{Regex, RegexBuilder};
use serde_json::Value;

use super::check::exact;
use crate::ir::regex::Perl;
use crate::ir::regex::print::Style;

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

/// What one compiled expression may take.
const LIMIT: usize = 256 << 20;

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
