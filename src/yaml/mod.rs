//! Text → YAML tree whose nodes know their bytes.
//!
//! A tree is bounded: its depth, its size and what its aliases expand to are capped while it is read, so that
//! later stages may walk it recursively. Scalars are resolved by the core schema of YAML 1.2 in one place,
//! [`Scalar::resolve`].

mod read;
mod resolve;

use std::ops::Range;
use std::sync::Arc;

pub use read::{MAX_BYTES, read, read_with_duplicates, unique_keys};
pub use resolve::{Resolved, in_yaml_1_1};

use crate::source::Span;

/// A value of a document with the bytes it was read from.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Its bytes: a quoted text with its quotes, a map from its first key to its last value. The root of what
    /// an alias stands for has the alias's bytes.
    pub span: Span,
}

/// The three kinds of value.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A single value.
    Scalar(Scalar),
    /// A list.
    Seq(Vec<Node>),
    /// A map in the order written; its keys are scalars.
    Map(Vec<(Node, Node)>),
}

/// A single value before it is given a type.
#[derive(Debug, Clone)]
pub struct Scalar {
    /// The text with quotes, escapes and line folding undone.
    pub text: Arc<str>,
    /// How it was written.
    pub style: Style,
    /// The type it was tagged with, such as `!!str`.
    pub tag: Option<Tag>,
}

/// How a scalar was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Without quotes: the only style whose type depends on its text.
    Plain,
    /// In single quotes.
    SingleQuoted,
    /// In double quotes.
    DoubleQuoted,
    /// A block, `|` or `>`.
    Block,
}

/// A type that a scalar can be tagged with (YAML 1.2.2, section 10.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// `!!str`, or `!` alone.
    Str,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
}

impl Node {
    /// The scalar, if it is one.
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The value as text: a scalar that resolves to text.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        self.as_scalar().filter(|scalar| scalar.resolve() == Resolved::Text).map(|scalar| &scalar.text)
    }

    /// The text of a key, whatever its type: `1:` is the key `1`. Keys of [`Kind::Map`] always have one.
    pub fn key(&self) -> &str {
        self.as_scalar().map_or("", |scalar| &scalar.text)
    }

    /// The pairs, if it is a map.
    pub fn as_map(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// Whether it is `null`, `~` or nothing.
    pub fn is_null(&self) -> bool {
        self.as_scalar().is_some_and(|scalar| scalar.resolve() == Resolved::Null)
    }

    /// Whether nothing is written where the value should stand.
    pub fn is_absent(&self) -> bool {
        self.as_scalar().is_some_and(|s| s.text.is_empty() && s.style == Style::Plain && s.tag.is_none())
    }

    /// What it is, for messages: `a map`, `a number`, ...
    pub fn describe(&self) -> &'static str {
        match &self.kind {
            Kind::Seq(_) => "a list",
            Kind::Map(_) => "a map",
            Kind::Scalar(scalar) => match scalar.resolve() {
                Resolved::Text => "a text",
                Resolved::Null => "empty",
                Resolved::Bool(_) => "a boolean",
                Resolved::Number(_) | Resolved::OutOfRange => "a number",
            },
        }
    }

    /// Where the characters of a scalar stand in the file: `text` is the file's text.
    pub fn places(&self, text: &str) -> Places {
        Places::new(self, text)
    }
}

/// Where the characters of a scalar's text stand in the file. Blanks apart, a scalar without escapes has the same
/// characters in the file as in its text, whatever its style and folding.
#[derive(Debug, Clone)]
pub struct Places {
    whole: Span,
    /// Of each character that is no blank: its offset in the text, its start and its end in the file.
    ink: Vec<(usize, usize, usize)>,
}

impl Places {
    fn new(node: &Node, text: &str) -> Places {
        let whole = node.span;
        let mut places = Places { whole, ink: Vec::new() };
        let Some(scalar) = node.as_scalar() else { return places };
        let raw = text.get(whole.start as usize..whole.end as usize).unwrap_or("");
        let (skip, raw) = match scalar.style {
            Style::Plain => (0, raw),
            Style::SingleQuoted | Style::DoubleQuoted => (1, raw.get(1..raw.len().saturating_sub(1)).unwrap_or("")),
            Style::Block => {
                let header = if raw.starts_with(['|', '>']) { raw.find('\n').unwrap_or(0) } else { 0 };
                (header, raw.get(header..).unwrap_or(""))
            }
        };
        let base = whole.start as usize + skip;
        let ink = |text: &str| text.char_indices().filter(|(_, c)| !c.is_whitespace()).collect::<Vec<_>>();
        let (written, meant) = (ink(raw), ink(&scalar.text));
        if written.iter().map(|(_, c)| c).eq(meant.iter().map(|(_, c)| c)) {
            places.ink = (meant.iter().zip(&written))
                .map(|((offset, _), (place, c))| (*offset, base + place, base + place + c.len_utf8()))
                .collect();
        }
        places
    }

    /// The bytes of a part of the text; of the whole scalar where an escape hides the part.
    pub fn span(&self, part: Range<usize>) -> Span {
        let first = self.ink.partition_point(|(offset, ..)| *offset < part.start);
        let behind = self.ink.partition_point(|(offset, ..)| *offset < part.end);
        match (self.ink.get(first), behind.checked_sub(1).and_then(|last| self.ink.get(last))) {
            (Some((_, start, _)), Some((_, _, end))) if start < end => Span::new(self.whole.source, *start, *end),
            _ => self.whole,
        }
    }
}
