//! `|expand`: placeholders and their values (SEMANTICS 1.6).

use super::Context;
use crate::diag::{Code, Diagnostic};
use crate::ir::{Pattern, Segment};
use crate::sigma::Value;
use crate::source::Span;

/// A stretch of text.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

impl Context<'_> {
    /// The patterns that a pattern with placeholders stands for.
    pub(super) fn expand(&mut self, pattern: &Pattern, span: Span) -> Option<Vec<Pattern>> {
        let mut found: Vec<Vec<Segment>> = vec![Vec::new()];
        for segment in pattern.segments() {
            let Segment::Literal(text) = segment else {
                found.iter_mut().for_each(|segments| segments.push(segment.clone()));
                continue;
            };
            for piece in pieces(text) {
                let choices = match piece {
                    Piece::Text(text) => vec![Pattern::literal(text)],
                    Piece::Placeholder(name) => self.placeholder(name, span)?,
                };
                if choices.len() > 1 {
                    self.count(found.len().saturating_mul(choices.len()), span)?;
                }
                let length = |pattern: &Pattern| pattern.segments().iter().map(written).sum::<usize>();
                self.make(found.len(), choices.iter().map(length).sum(), span)?;
                let joined = |segments: &Vec<Segment>, choice: &Pattern| {
                    segments.iter().chain(choice.segments()).cloned().collect::<Vec<_>>()
                };
                found = found.iter().flat_map(|segments| choices.iter().map(move |c| joined(segments, c))).collect();
            }
        }
        Some(found.into_iter().map(Pattern::new).collect())
    }

    /// The expressions that a regular expression with placeholders stands for: values are matched as they would be
    /// without `re`.
    pub(super) fn expand_regex(&mut self, text: &str, span: Span) -> Option<Vec<String>> {
        let mut found = vec![String::new()];
        for piece in pieces(text) {
            let choices = match piece {
                Piece::Text(text) => vec![text.to_owned()],
                Piece::Placeholder(name) => self.placeholder(name, span)?.iter().map(as_regex).collect(),
            };
            if choices.len() > 1 {
                self.count(found.len().saturating_mul(choices.len()), span)?;
            }
            let length = found.iter().map(String::len).sum::<usize>().saturating_mul(choices.len());
            let added = choices.iter().map(String::len).sum::<usize>().saturating_mul(found.len());
            if found.len().max(choices.len()) > 1 {
                self.make(1, length.saturating_add(added), span)?;
            }
            found = found.iter().flat_map(|text| choices.iter().map(move |choice| format!("{text}{choice}"))).collect();
        }
        Some(found)
    }

    fn placeholder(&mut self, name: &str, span: Span) -> Option<Vec<Pattern>> {
        let values = self.options.placeholders.get(name).filter(|values| !values.is_empty());
        let Some(values) = values else {
            let diagnostic = Diagnostic::new(Code::E0408, format!("placeholder `%{name}%` has no values")).at(span);
            self.error(diagnostic.help(format!(
                "give its values in a file, `--placeholders FILE` with `{name}: [...]`, or remove `expand`"
            )));
            return None;
        };
        let patterns = values.iter().map(|value| match value {
            Value::Text(text) => Some(Pattern::parse(text)),
            Value::Number(number) => Some(Pattern::literal(&number.to_string())),
            Value::Bool(value) => Some(Pattern::literal(&value.to_string())),
            Value::Null => None,
        });
        let patterns = patterns.collect::<Option<Vec<_>>>();
        if patterns.is_none() {
            self.error(Diagnostic::new(Code::E0408, format!("a value of placeholder `%{name}%` is null")).at(span));
        }
        patterns
    }
}

/// How many bytes a segment takes.
fn written(segment: &Segment) -> usize {
    if let Segment::Literal(text) = segment { text.len() } else { 1 }
}

/// Takes a text apart at `%name%`; `\%` is a percent sign.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| rest.find('%')) {
        let percent = at + found;
        let before = text.get(start..percent).unwrap_or("");
        if let Some(before) = before.strip_suffix('\\') {
            pieces.push(Piece::Text(before));
            start = percent;
            at = percent + 1;
            continue;
        }
        let name = text.get(percent + 1..).and_then(|rest| rest.split_once('%')).map(|(name, _)| name);
        match name.filter(|name| !name.is_empty()) {
            Some(name) => {
                pieces.push(Piece::Text(before));
                pieces.push(Piece::Placeholder(name));
                start = percent + name.len() + 2;
                at = start;
            }
            None => at = percent + 1,
        }
    }
    pieces.push(Piece::Text(text.get(start..).unwrap_or("")));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The pattern in the regular expressions that `Regex::parse` reads.
fn as_regex(pattern: &Pattern) -> String {
    let mut out = String::new();
    for segment in pattern.segments() {
        match segment {
            Segment::Any => out.push_str("(?s:.*)"),
            Segment::One => out.push_str("(?s:.)"),
            Segment::OneOf(chars) => out.extend(chars.first()),
            Segment::Literal(text) => {
                for c in text.chars() {
                    if c.is_ascii_punctuation() {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    format!("(?:{out})")
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn placeholders_stand_between_percent_signs() {
        use Piece::{Placeholder, Text};
        for (text, expected) in [
            ("%a%", vec![Placeholder("a")]),
            ("x%a%y%b%", vec![Text("x"), Placeholder("a"), Text("y"), Placeholder("b")]),
            (r"\%a%", vec![Text("%a%")]),
            ("100%", vec![Text("100%")]),
            ("%%a%", vec![Text("%"), Placeholder("a")]),
            (r"a\%b%c%", vec![Text("a"), Text("%b"), Placeholder("c")]),
        ] {
            assert_eq!(pieces(text), expected, "{text}");
        }
    }
}
