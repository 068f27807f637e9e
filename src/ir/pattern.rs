//! Text patterns: wildcards parsed once, kept as segments, never as text to be parsed again.

use std::sync::Arc;

/// Whether the case of letters counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Case {
    /// Letters are equal under simple case folding (SEMANTICS 2.2).
    Fold,
    /// Letters are equal only to themselves: `|cased`.
    Exact,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// Exactly this text; never empty, never next to another literal.
    Literal(Arc<str>),
    /// `*`: any run of characters, line breaks and the empty run included; never next to another.
    Any,
    /// `?`: exactly one Unicode scalar value.
    One,
    /// Exactly one of these characters: the dashes of `|windash`.
    OneOf(Arc<[char]>),
}

/// A pattern over a whole text. Always normalised; the empty pattern matches the empty text only.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pattern(Vec<Segment>);

/// What a pattern comes to; backends match on this.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape<'a> {
    /// `*`: any value at all.
    Everything,
    /// This text.
    Equals(&'a str),
    /// `text*`
    StartsWith(&'a str),
    /// `*text`
    EndsWith(&'a str),
    /// `*text*`
    Contains(&'a str),
    /// Anything else.
    General,
}

impl Pattern {
    /// Builds a pattern, joining neighbouring literals and neighbouring `*`.
    pub fn new(segments: impl IntoIterator<Item = Segment>) -> Self {
        let mut out: Vec<Segment> = Vec::new();
        for segment in segments {
            match (out.last_mut(), segment) {
                (_, Segment::Literal(text)) if text.is_empty() => {}
                (Some(Segment::Literal(last)), Segment::Literal(text)) => *last = format!("{last}{text}").into(),
                (Some(Segment::Any), Segment::Any) => {}
                // `*?` and `?*` are the same set of texts; `?` first is the normal form.
                (Some(Segment::Any), Segment::One) => out.insert(out.len() - 1, Segment::One),
                (_, segment) => out.push(segment),
            }
        }
        Pattern(out)
    }

    /// Reads a Sigma string (SEMANTICS 2.1): `*` and `?` are wildcards; a backslash before `*`, `?` or a backslash makes
    /// that character literal; any other backslash is itself. Every text is a pattern.
    pub fn parse(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut literal = String::new();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let wildcard = match c {
                '\\' => {
                    literal.push(chars.next_if(|next| matches!(next, '*' | '?' | '\\')).unwrap_or(c));
                    continue;
                }
                '*' => Segment::Any,
                '?' => Segment::One,
                _ => {
                    literal.push(c);
                    continue;
                }
            };
            segments.push(Segment::Literal(std::mem::take(&mut literal).into()));
            segments.push(wildcard);
        }
        segments.push(Segment::Literal(literal.into()));
        Pattern::new(segments)
    }

    /// The pattern as a Sigma string, with no more backslashes than it needs: `parse` gives the pattern back.
    /// A choice of dashes, which only `|windash` can write, is written as its first character.
    pub fn to_sigma(&self) -> String {
        let mut out = String::new();
        let mut segments = self.0.iter().peekable();
        while let Some(segment) = segments.next() {
            match segment {
                Segment::Any => out.push('*'),
                Segment::One => out.push('?'),
                Segment::OneOf(chars) => out.extend(chars.first()),
                Segment::Literal(text) => {
                    let before_wildcard = matches!(segments.peek(), Some(Segment::Any | Segment::One));
                    let mut chars = text.chars().peekable();
                    while let Some(c) = chars.next() {
                        let escape = match c {
                            '*' | '?' => true,
                            '\\' => match chars.peek() {
                                Some(next) => matches!(next, '*' | '?' | '\\'),
                                None => before_wildcard,
                            },
                            _ => false,
                        };
                        if escape {
                            out.push('\\');
                        }
                        out.push(c);
                    }
                }
            }
        }
        out
    }

    /// The pattern that only this text matches.
    pub fn literal(text: &str) -> Self {
        Pattern::new([Segment::Literal(text.into())])
    }

    /// `text*`
    pub fn starts_with(text: &str) -> Self {
        Pattern::new([Segment::Literal(text.into()), Segment::Any])
    }

    /// `*text`
    pub fn ends_with(text: &str) -> Self {
        Pattern::new([Segment::Any, Segment::Literal(text.into())])
    }

    /// `*text*`
    pub fn contains(text: &str) -> Self {
        Pattern::new([Segment::Any, Segment::Literal(text.into()), Segment::Any])
    }

    /// The segments, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The pattern with `*` at its start and, or, end: `|endswith`, `|startswith`, `|contains`.
    pub fn open(self, left: bool, right: bool) -> Self {
        let start = left.then_some(Segment::Any);
        let end = right.then_some(Segment::Any);
        Pattern::new(start.into_iter().chain(self.0).chain(end))
    }

    /// Whether the whole text matches. Letters fold one by one where case does not count.
    pub fn matches(&self, text: &str, case: Case) -> bool {
        let fold = |c: char| match case {
            Case::Exact => c,
            Case::Fold => c.to_lowercase().next().unwrap_or(c),
        };
        let text: Vec<char> = text.chars().map(fold).collect();
        // The positions in the text that the segments so far can reach.
        let mut reached = vec![false; text.len() + 1];
        if let Some(start) = reached.first_mut() {
            *start = true;
        }
        for segment in &self.0 {
            let mut next = vec![false; text.len() + 1];
            for from in (0..=text.len()).filter(|n| reached.get(*n) == Some(&true)) {
                let rest = text.get(from..).unwrap_or_default();
                let end = match segment {
                    Segment::Any => {
                        next.iter_mut().skip(from).for_each(|reach| *reach = true);
                        break;
                    }
                    Segment::One if !rest.is_empty() => from + 1,
                    Segment::OneOf(set) if rest.first().is_some_and(|c| set.contains(c)) => from + 1,
                    Segment::Literal(literal)
                        if literal.chars().map(fold).eq(rest.iter().copied().take(literal.chars().count())) =>
                    {
                        from + literal.chars().count()
                    }
                    _ => continue,
                };
                if let Some(reach) = next.get_mut(end) {
                    *reach = true;
                }
            }
            reached = next;
        }
        reached.last() == Some(&true)
    }

    /// Whether some text that begins with this one, or is it, matches. Letters fold as in [`Pattern::matches`].
    pub fn may_begin(&self, text: &str, case: Case) -> bool {
        let literal = |literal: &str, text: &str| match text.char_indices().nth(literal.chars().count()) {
            Some((end, _)) => {
                text.get(..end).is_some_and(|head| Pattern::literal(head).matches(literal, case)).then_some(end)
            }
            None => {
                let head: String = literal.chars().take(text.chars().count()).collect();
                Pattern::literal(&head).matches(text, case).then_some(text.len())
            }
        };
        let mut rest = text;
        for segment in &self.0 {
            let end = match (segment, rest.chars().next()) {
                (_, None) | (Segment::Any, _) => return true,
                (Segment::One, Some(c)) => Some(c.len_utf8()),
                (Segment::OneOf(set), Some(c)) => set.contains(&c).then_some(c.len_utf8()),
                (Segment::Literal(text), _) => literal(text, rest),
            };
            let Some(next) = end.and_then(|end| rest.get(end..)) else { return false };
            rest = next;
        }
        rest.is_empty()
    }

    /// Whether the empty text matches.
    pub fn matches_empty(&self) -> bool {
        self.0.iter().all(|segment| matches!(segment, Segment::Any))
    }

    /// The text, if the pattern is one (no wildcard, no choice).
    pub fn as_literal(&self) -> Option<&str> {
        match self.shape() {
            Shape::Equals(text) => Some(text),
            _ => None,
        }
    }

    /// What the pattern comes to.
    pub fn shape(&self) -> Shape<'_> {
        use Segment::{Any, Literal};
        match self.0.as_slice() {
            [] => Shape::Equals(""),
            [Any] => Shape::Everything,
            [Literal(text)] => Shape::Equals(text),
            [Literal(text), Any] => Shape::StartsWith(text),
            [Any, Literal(text)] => Shape::EndsWith(text),
            [Any, Literal(text), Any] => Shape::Contains(text),
            _ => Shape::General,
        }
    }
}
