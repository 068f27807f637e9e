//! Values of a list that another value of it implies: `*cmd.exe` beside `*cmd*`.

use std::collections::{BTreeSet, HashSet};

use super::{Term, each_test};
use crate::ir::{At, Case, Check, Expr, Pattern, Segment, Shape};

/// How many bytes of text are compared in one list: a list of 10,000 hashes stays below.
const MAX_WORK: usize = 50_000_000;

/// Drops from each list the patterns that match nothing more than another one of it does. Only what is plain is found:
/// texts inside texts, under the same case.
pub(super) fn implied<F: Term>(expr: Expr<F>) -> Expr<F> {
    each_test(expr, &mut |mut test| {
        if let Check::Like { any_of, case } = &mut test.check
            && any_of.len() > 1
        {
            drop_implied(any_of, *case);
        }
        test
    })
}

fn drop_implied(patterns: &mut Vec<(Pattern, At)>, case: Case) {
    if let Some(everything) = patterns.iter().find(|(pattern, _)| pattern.shape() == Shape::Everything).cloned() {
        *patterns = vec![everything];
        return;
    }
    // Lower-casing ASCII letters keeps apart what simple folding keeps apart, so texts inside texts stay so.
    let folded = |text: &str| match case {
        Case::Fold => text.to_ascii_lowercase(),
        Case::Exact => text.to_owned(),
    };
    let (mut contains, mut starts, mut ends) = (Texts::default(), Texts::default(), Texts::default());
    for (pattern, _) in patterns.iter() {
        match pattern.shape() {
            Shape::Contains(text) => contains.add(folded(text)),
            Shape::StartsWith(text) => starts.add(folded(text)),
            Shape::EndsWith(text) => ends.add(folded(text)),
            _ => {}
        }
    }
    // The work is bounded by the bytes that are looked at; a list too large for it stays as it is.
    let length: usize =
        patterns.iter().flat_map(|(pattern, _)| pattern.segments()).filter_map(literal).map(str::len).sum();
    let lengths: usize = [&contains, &starts, &ends].iter().flat_map(|texts| &texts.lengths).sum();
    if length.saturating_mul(lengths) > MAX_WORK {
        return;
    }
    patterns.retain(|(pattern, _)| {
        let shape = pattern.shape();
        let segments = pattern.segments();
        let shorter_than = |is_own: bool, text: &str| if is_own { text.len() } else { usize::MAX };
        let inside = segments.iter().filter_map(literal).any(|text| {
            let below = shorter_than(matches!(shape, Shape::Contains(_)), text);
            let text = folded(text);
            (0..text.len()).any(|start| contains.starts_at(&text, start, below))
        });
        let at_start = segments.first().and_then(literal).is_some_and(|text| {
            let below = shorter_than(matches!(shape, Shape::StartsWith(_)), text);
            starts.starts_at(&folded(text), 0, below)
        });
        let at_end = segments.last().and_then(literal).is_some_and(|text| {
            let below = shorter_than(matches!(shape, Shape::EndsWith(_)), text);
            ends.ends(&folded(text), below)
        });
        !(inside || at_start || at_end)
    });
}

fn literal(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(text) => Some(text),
        _ => None,
    }
}

/// The texts of the patterns of one shape, which lengths they have, and with which bytes they start. A pattern of these
/// texts is not implied by itself: asked for it, only shorter ones than `below` count.
struct Texts {
    texts: HashSet<String>,
    lengths: BTreeSet<usize>,
    first: [bool; 256],
}

impl Default for Texts {
    fn default() -> Self {
        Texts { texts: HashSet::new(), lengths: BTreeSet::new(), first: [false; 256] }
    }
}

impl Texts {
    fn add(&mut self, text: String) {
        self.lengths.insert(text.len());
        let first = text.bytes().next().and_then(|byte| self.first.get_mut(usize::from(byte)));
        if let Some(first) = first {
            *first = true;
        }
        self.texts.insert(text);
    }

    /// Whether one of the texts stands in `text` from `start` on.
    fn starts_at(&self, text: &str, start: usize, below: usize) -> bool {
        // Most places are out by their first byte alone.
        let byte = text.as_bytes().get(start).and_then(|byte| self.first.get(usize::from(*byte)));
        byte.is_some_and(|possible| *possible)
            && self.lengths.range(..below).any(|n| {
                start.checked_add(*n).and_then(|end| text.get(start..end)).is_some_and(|part| self.texts.contains(part))
            })
    }

    /// Whether `text` ends in one of the texts.
    fn ends(&self, text: &str, below: usize) -> bool {
        self.lengths.range(..below).any(|n| {
            text.len().checked_sub(*n).and_then(|start| text.get(start..)).is_some_and(|part| self.texts.contains(part))
        })
    }
}
