//! Patterns, held against a text from left to right.

use std::borrow::Cow;

use super::fold::fold;
use super::text::Text;
use crate::ir::{Case, Pattern, Segment};

/// Patterns, of which one is to match.
#[derive(Debug)]
pub(super) struct Patterns {
    case: Case,
    /// Those without wildcards: equality, which structures never pass.
    equal: Vec<Vec<Segment>>,
    /// The others.
    open: Vec<Vec<Segment>>,
}

impl Patterns {
    /// Prepares patterns.
    pub(super) fn new<'a>(patterns: impl IntoIterator<Item = &'a Pattern>, case: Case) -> Self {
        let spelled = patterns.into_iter().map(|pattern| pattern.segments().iter().map(|s| spell_segment(s, case)));
        let is_open = |pattern: &Vec<_>| pattern.iter().any(|segment| matches!(segment, Segment::Any | Segment::One));
        let (open, equal) = spelled.map(Iterator::collect).partition(is_open);
        Patterns { case, equal, open }
    }

    /// Whether one matches.
    pub(super) fn matches(&self, text: &Text<'_>) -> bool {
        let spelled = spell(text.as_str(), self.case);
        let among = |patterns: &[Vec<Segment>]| patterns.iter().any(|pattern| matches(pattern, &spelled));
        among(&self.open) || matches!(text, Text::Plain(_)) && among(&self.equal)
    }
}

/// A text in the spelling that all texts equal to it have.
pub(super) fn spell(text: &str, case: Case) -> Cow<'_, str> {
    match case {
        Case::Exact => Cow::Borrowed(text),
        Case::Fold => Cow::Owned(fold(text)),
    }
}

fn spell_segment(segment: &Segment, case: Case) -> Segment {
    match segment {
        Segment::Literal(text) => Segment::Literal(spell(text, case).into()),
        Segment::OneOf(set) => Segment::OneOf(spell(&set.iter().collect::<String>(), case).chars().collect()),
        other => other.clone(),
    }
}

/// Between its `*` a pattern has runs that each match a fixed number of characters: the first at the start, the last at the
/// end, and each between them as early as it can, which leaves the most for those behind it.
fn matches(pattern: &[Segment], text: &str) -> bool {
    let mut runs = pattern.split(|segment| *segment == Segment::Any);
    let Some(mut rest) = runs.next().and_then(|run| after(run, text)) else { return false };
    let Some(last) = runs.next_back() else { return rest.is_empty() };
    for run in runs {
        match earliest(run, rest) {
            Some(behind) => rest = behind,
            None => return false,
        }
    }
    let length = last.iter().map(|segment| if let Segment::Literal(text) = segment { text.chars().count() } else { 1 });
    let end = match length.sum::<usize>().checked_sub(1) {
        None => return true,
        Some(back) => rest.char_indices().nth_back(back).and_then(|(start, _)| rest.get(start..)),
    };
    end.is_some_and(|end| after(last, end).is_some())
}

/// What is behind a run that stands at the start of the text.
fn after<'t>(run: &[Segment], text: &'t str) -> Option<&'t str> {
    run.iter().try_fold(text, |text, segment| match segment {
        Segment::Literal(literal) => text.strip_prefix(&**literal),
        Segment::One => text.strip_prefix(|_: char| true),
        Segment::OneOf(set) => text.strip_prefix(&**set),
        Segment::Any => None,
    })
}

/// What is behind the first place where a run stands.
fn earliest<'t>(run: &[Segment], text: &'t str) -> Option<&'t str> {
    if let [Segment::Literal(literal)] = run {
        return text.split_once(&**literal).map(|(_, behind)| behind);
    }
    text.char_indices().find_map(|(start, _)| after(run, text.get(start..)?))
}
