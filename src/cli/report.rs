//! Diagnostics for readers (source lines with carets) and for programs (JSON).

use std::collections::BTreeMap;

use annotate_snippets::{AnnotationKind, Element, Level, Origin, Snippet};
use serde::Serialize;

use super::terminal::{Terminal, clean, renderer};
use crate::diag::{Code, Diagnostic, Severity};
use crate::source::{Source, Sources, Span};

/// A diagnostic in JSON output; the keys and their order are an interface.
#[derive(Debug, Serialize)]
pub(crate) struct Finding<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    path: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    help: Option<String>,
}

/// The JSON form of a diagnostic; `path` is the rule's, for one that names no place.
pub(crate) fn finding<'a>(diagnostic: &'a Diagnostic, sources: &'a Sources, path: Option<&'a str>) -> Finding<'a> {
    let source = diagnostic.span.and_then(|span| sources.get(span.source));
    let (line, column) = match (diagnostic.span, source) {
        (Some(span), Some(source)) if !source.text.is_empty() => {
            let (line, column) = sources.line_column(span);
            (Some(line), Some(column))
        }
        _ => (None, None),
    };
    Finding {
        code: diagnostic.code.as_str(),
        severity: diagnostic.severity.as_str(),
        message: &diagnostic.message,
        path: source.map(|source| &*source.path).or(path),
        line,
        column,
        help: (!diagnostic.help.is_empty()).then(|| diagnostic.help.join("; ")),
    }
}

/// Prints diagnostics for readers and counts them.
pub(crate) struct Reporter {
    /// How many of one code are shown.
    limit: usize,
    seen: BTreeMap<Code, usize>,
    /// What is true of the whole run, with how many rules it concerns.
    said: BTreeMap<(Code, String), (Diagnostic, usize)>,
    /// Errors, warnings and notes so far, shown or not.
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
}

impl Reporter {
    /// A reporter that shows that many of each code.
    pub(crate) fn new(limit: usize) -> Self {
        Reporter { limit, seen: BTreeMap::new(), said: BTreeMap::new(), errors: 0, warnings: 0, notes: 0 }
    }

    /// Counts a diagnostic; gives its text where it is to be shown.
    pub(crate) fn report(
        &mut self,
        diagnostic: &Diagnostic,
        sources: &Sources,
        path: Option<&str>,
        terminal: &Terminal,
        color: bool,
    ) -> Option<String> {
        match diagnostic.severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
        if terminal.quiet && !diagnostic.is_error() {
            return None;
        }
        // What is true of the whole run, or of the target's tables, is said once, at the end.
        let of_no_rule = diagnostic.span.is_none() || matches!(diagnostic.code, Code::W0705 | Code::W0708);
        if of_no_rule && diagnostic.severity != Severity::Error {
            let key = (diagnostic.code, diagnostic.message.clone());
            let said = || (Diagnostic { span: None, ..diagnostic.clone() }, 0);
            self.said.entry(key).or_insert_with(said).1 += 1;
            return None;
        }
        let seen = self.seen.entry(diagnostic.code).or_default();
        *seen += 1;
        (*seen <= self.limit).then(|| render(diagnostic, sources, path, color))
    }

    /// What is true of the whole run, and a line for each code of which some were not shown.
    pub(crate) fn rest(&self, color: bool) -> Vec<String> {
        let said = self.said.values().map(|(diagnostic, rules)| {
            let mut diagnostic = diagnostic.clone();
            if *rules > 1 {
                diagnostic.message.push_str(&format!(" ({})", count(*rules, "rule")));
            }
            render(&diagnostic, &Sources::default(), None, color)
        });
        let hidden = self.seen.iter().filter(|(_, seen)| **seen > self.limit);
        let hidden = hidden.map(|(code, seen)| format!("... and {} more {code} ({})", seen - self.limit, code.title()));
        said.chain(hidden).collect()
    }

    /// `3 errors, 1 warning`; nothing where there are none.
    pub(crate) fn tally(&self) -> String {
        let parts = [(self.errors, "error"), (self.warnings, "warning"), (self.notes, "note")];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| count(*n, word)).collect();
        parts.join(", ")
    }
}

/// `1 rule`, `2 rules`, `3,032 rules`.
pub(crate) fn count(n: usize, word: &str) -> String {
    let out = number(n);
    match (n, word) {
        (1, _) => format!("{out} {word}"),
        (_, "query") => format!("{out} queries"),
        (_, "match") => format!("{out} matches"),
        _ => format!("{out} {word}s"),
    }
}

/// `3,032`
pub(crate) fn number(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// The text of a diagnostic with the lines it is about.
pub(crate) fn render(diagnostic: &Diagnostic, sources: &Sources, path: Option<&str>, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let title = level.primary_title(clean(&diagnostic.message)).id(diagnostic.code.as_str());
    let mut elements: Vec<Element<'_>> = Vec::new();
    let source = diagnostic.span.and_then(|span| sources.get(span.source).map(|source| (span, source)));
    match source {
        Some((span, source)) if !source.text.is_empty() => {
            elements.push(snippet(diagnostic, span, source, sources).into())
        }
        Some((_, source)) => elements.push(Origin::path(clean(&source.path)).into()),
        None => elements.extend(path.map(|path| Origin::path(clean(path)).into())),
    }
    elements.extend(diagnostic.help.iter().map(|help| Level::HELP.message(clean(help.trim_end())).into()));
    renderer(color).render(&[title.elements(elements)]) + "\n"
}

/// The lines around the places of a diagnostic; a whole file is never handed to the renderer.
fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    span: Span,
    source: &'a Source,
    sources: &Sources,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let text = &*source.text;
    let near = |other: &Span| other.source == span.source && other.start.abs_diff(span.start) < 1 << 14;
    let places = || diagnostic.labels.iter().filter(|(place, _)| near(place));
    let first = places().map(|(place, _)| place.start).chain([span.start]).min().unwrap_or(span.start) as usize;
    let last = places().map(|(place, _)| place.end).chain([span.end]).max().unwrap_or(span.end) as usize;
    let last = last.min(first + (1 << 15));
    let from = text.get(..first).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let to = text.get(last..).and_then(|after| after.find('\n')).map_or(text.len(), |at| last + at);
    let window = text.get(from..to).unwrap_or_default();
    // A span of many lines is shown by its first one.
    let clip = |span: Span| {
        let start = (span.start as usize).saturating_sub(from).min(window.len());
        let end = (span.end as usize).saturating_sub(from).clamp(start, window.len());
        let line = window.get(start..end).and_then(|part| part.find('\n')).map_or(end, |at| start + at);
        start..line
    };
    let (line, _) = sources.line_column(Span::new(span.source, from, from));
    let mut primary = AnnotationKind::Primary.span(clip(span));
    if !diagnostic.label.is_empty() {
        primary = primary.label(clean(&diagnostic.label));
    }
    Snippet::source(window)
        .path(clean(&source.path))
        .line_start(line)
        .annotation(primary)
        .annotations(places().map(|(place, label)| AnnotationKind::Context.span(clip(*place)).label(clean(label))))
}
