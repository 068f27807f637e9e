//! Text values: the value modifiers, applied left to right.

use std::sync::Arc;

use super::Context;
use super::chain::name;
use super::encode::{self, Utf16};
use crate::diag::{Code, Diagnostic};
use crate::ir::{Pattern, Segment};
use crate::sigma::Modifier;
use crate::source::Span;

/// What `|windash` takes for one another (SEMANTICS section 3).
const DASHES: [char; 5] = ['-', '/', '–', '—', '―'];

/// A value on its way through the modifiers.
enum Operand {
    Text(Pattern),
    /// Behind `utf16le` and its like.
    Bytes(Vec<u8>),
}

impl Context<'_> {
    /// The alternatives that a text value becomes: one, or several for `base64offset` and placeholders.
    pub(super) fn patterns(
        &mut self,
        text: &Arc<str>,
        edits: &[Modifier],
        expand: bool,
        span: Span,
    ) -> Option<Vec<Pattern>> {
        let pattern = Pattern::parse(text);
        let patterns = if expand { self.expand(&pattern, span)? } else { vec![pattern] };
        let mut operands: Vec<Operand> = patterns.into_iter().map(Operand::Text).collect();
        for edit in edits {
            let mut edited = Vec::with_capacity(operands.len());
            for operand in operands {
                self.edit(operand, *edit, span, &mut edited)?;
            }
            operands = edited;
        }
        let patterns = operands.into_iter().map(|operand| match operand {
            Operand::Text(pattern) => Some(pattern),
            // The chain's check saw to it that base64 stands behind bytes.
            Operand::Bytes(_) => None,
        });
        patterns.collect()
    }

    fn edit(&mut self, operand: Operand, modifier: Modifier, span: Span, out: &mut Vec<Operand>) -> Option<()> {
        let open = match modifier {
            Modifier::Contains => Some((true, true)),
            Modifier::StartsWith => Some((false, true)),
            Modifier::EndsWith => Some((true, false)),
            _ => None,
        };
        let pattern = match (operand, modifier) {
            (Operand::Text(pattern), Modifier::Windash) => {
                out.push(Operand::Text(windash(&pattern)));
                return Some(());
            }
            (Operand::Text(pattern), _) if let Some((left, right)) = open => {
                out.push(Operand::Text(pattern.open(left, right)));
                return Some(());
            }
            (Operand::Bytes(bytes), Modifier::Base64 | Modifier::Base64Offset) => {
                return self.base64(&bytes, modifier, span, out);
            }
            (Operand::Text(pattern), _) => pattern,
            (Operand::Bytes(_), _) => return None,
        };
        for text in self.literals(&pattern, modifier, span)? {
            match modifier {
                Modifier::Utf16Le => out.push(Operand::Bytes(encode::utf16(&text, Utf16::Le))),
                Modifier::Utf16Be => out.push(Operand::Bytes(encode::utf16(&text, Utf16::Be))),
                Modifier::Utf16 => out.push(Operand::Bytes(encode::utf16(&text, Utf16::LeWithMark))),
                _ => self.base64(text.as_bytes(), modifier, span, out)?,
            }
        }
        Some(())
    }

    fn base64(&mut self, bytes: &[u8], modifier: Modifier, span: Span, out: &mut Vec<Operand>) -> Option<()> {
        let texts = match modifier {
            Modifier::Base64Offset => encode::base64_offsets(bytes),
            _ => Some(vec![encode::base64(bytes)]).filter(|_| !bytes.is_empty()),
        };
        let Some(texts) = texts else {
            let message = format!("the value is too short for `{}`", name(modifier));
            let diagnostic = Diagnostic::new(Code::E0413, message).at(span);
            self.error(
                diagnostic.help("no part of its encoding would be the same at every offset; use a longer value"),
            );
            return None;
        };
        self.count(texts.len(), span)?;
        self.make(1, texts.iter().map(String::len).sum(), span)?;
        out.extend(texts.iter().map(|text| Operand::Text(Pattern::literal(text))));
        Some(())
    }

    /// The texts that a pattern without wildcards stands for: several where it has dashes to choose from.
    fn literals(&mut self, pattern: &Pattern, modifier: Modifier, span: Span) -> Option<Vec<String>> {
        let mut texts = vec![String::new()];
        for segment in pattern.segments() {
            match segment {
                Segment::Literal(literal) => {
                    self.make(texts.len().saturating_sub(1), literal.len(), span)?;
                    texts.iter_mut().for_each(|text| text.push_str(literal));
                }
                Segment::OneOf(chars) => {
                    self.count(texts.len().saturating_mul(chars.len()), span)?;
                    let longest = texts.iter().map(String::len).max().unwrap_or(0) + 4;
                    self.make(texts.len().saturating_mul(chars.len()), longest, span)?;
                    texts = texts.iter().flat_map(|text| chars.iter().map(move |c| format!("{text}{c}"))).collect();
                }
                Segment::Any | Segment::One => {
                    let message = format!("wildcard in a value that `{}` encodes", name(modifier));
                    let diagnostic = Diagnostic::new(Code::E0414, message).at(span);
                    self.error(diagnostic.help("write `\\*` or `\\?` for the character itself, or split the value"));
                    return None;
                }
            }
        }
        Some(texts)
    }
}

/// Every dash that stands at the start of a word (`\B[-/–—―]\b`), in each literal part by itself, becomes any dash.
fn windash(pattern: &Pattern) -> Pattern {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let dashes: Arc<[char]> = DASHES.into();
    let mut segments = Vec::new();
    for segment in pattern.segments() {
        let Segment::Literal(text) = segment else {
            segments.push(segment.clone());
            continue;
        };
        let mut before = None;
        let mut chars = text.chars().peekable();
        let mut literal = String::new();
        while let Some(c) = chars.next() {
            let starts_word = !before.is_some_and(is_word) && chars.peek().copied().is_some_and(is_word);
            if DASHES.contains(&c) && starts_word {
                segments.push(Segment::Literal(std::mem::take(&mut literal).into()));
                segments.push(Segment::OneOf(dashes.clone()));
            } else {
                literal.push(c);
            }
            before = Some(c);
        }
        segments.push(Segment::Literal(literal.into()));
    }
    Pattern::new(segments)
}
