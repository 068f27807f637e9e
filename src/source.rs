//! Texts and places in them: every node, value and diagnostic points back to the bytes it came from.

use std::sync::{Arc, OnceLock};

/// The number of a text in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u32);

/// A text with the name it is shown by: a file's path, or `<stdin>`.
#[derive(Debug, Clone)]
pub struct Source {
    /// The path as the user gave it, with the path below a folder appended.
    pub path: Arc<str>,
    /// The whole text, UTF-8.
    pub text: Arc<str>,
    /// Where its lines start, and whether every character is a byte; found when first asked for.
    lines: OnceLock<(Vec<usize>, bool)>,
}

impl Source {
    fn lines(&self) -> &(Vec<usize>, bool) {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            ([0].into_iter().chain(ends.map(|(at, _)| at + 1)).collect(), self.text.is_ascii())
        })
    }
}

/// All texts of one run; a [`Span`] is read against it.
#[derive(Debug, Clone, Default)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// Adds a text and gives its number.
    pub fn add(&mut self, path: impl Into<Arc<str>>, text: impl Into<Arc<str>>) -> SourceId {
        let id = SourceId(u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.push(Source { path: path.into(), text: text.into(), lines: OnceLock::new() });
        id
    }

    /// The text of that number.
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.0.get(id.0 as usize)
    }

    /// All texts with their numbers, in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        self.0.iter().enumerate().map(|(n, source)| (SourceId(n as u32), source))
    }

    /// The bytes a span covers; empty where the span does not fit its text.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.source).and_then(|source| source.text.get(span.start as usize..span.end as usize)).unwrap_or("")
    }

    /// Line and column of a span's start, both from 1; the column counts characters.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let Some(source) = self.get(span.source) else { return (1, 1) };
        let at = (span.start as usize).min(source.text.len());
        let (starts, ascii) = source.lines();
        let line = starts.partition_point(|start| *start <= at);
        let start = line.checked_sub(1).and_then(|line| starts.get(line)).copied().unwrap_or(0);
        let before = source.text.get(start..at).unwrap_or_default();
        let column = if *ascii { before.len() } else { before.chars().count() } + 1;
        (line, column)
    }
}

/// A run of bytes of one text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// The bytes `start..end` of a text.
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        let clip = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span { source, start: clip(start), end: clip(end) }
    }

    /// From the start of `self` to the end of `other`, which lies behind it in the same text.
    pub fn to(self, other: Span) -> Span {
        Span { end: other.end.max(self.end), ..self }
    }
}
