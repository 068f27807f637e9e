//! Values of a list that another value of it implies: `*cmd.exe` beside `*cmd*`.

use std::collections::{BTreeSet, HashSet};

use super::{Term, each_test};
use crate::ir::{At, Case, Check, Expr, Pattern, Segment, Shape};

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
    let mut known = Known::default();
    for (pattern, _) in patterns.iter() {
        match pattern.shape() {
            Shape::Contains(text) => known.contains.insert(folded(text)),
            Shape::StartsWith(text) => known.starts.insert(folded(text)),
            Shape::EndsWith(text) => known.ends.insert(folded(text)),
            _ => continue,
        };
    }
    let lengths: BTreeSet<usize> = known.contains.iter().map(String::len).collect();
    patterns.retain(|(pattern, _)| {
        let segments = pattern.segments();
        let mut texts = segments.iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(folded(text)),
            _ => None,
        });
        let own = match pattern.shape() {
            Shape::Contains(text) => Some(text.len()),
            _ => None,
        };
        let first = segments.first().and_then(literal).map(folded);
        let last = segments.last().and_then(literal).map(folded);
        let own_start = matches!(pattern.shape(), Shape::StartsWith(_));
        let own_end = matches!(pattern.shape(), Shape::EndsWith(_));
        let by_contains = texts.any(|text| known.inside(&text, &lengths, own));
        let by_start = first.is_some_and(|text| known.at_start(&text, own_start));
        let by_end = last.is_some_and(|text| known.at_end(&text, own_end));
        !(by_contains || by_start || by_end)
    });
}

fn literal(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(text) => Some(text),
        _ => None,
    }
}

/// The texts of the simple patterns of a list.
#[derive(Default)]
struct Known {
    contains: HashSet<String>,
    starts: HashSet<String>,
    ends: HashSet<String>,
}

impl Known {
    /// Whether a `contains` text lies inside; one as long as `own` would be the pattern itself.
    fn inside(&self, text: &str, lengths: &BTreeSet<usize>, own: Option<usize>) -> bool {
        let lengths = lengths.iter().copied().filter(|length| own.is_none_or(|own| *length < own));
        let mut windows = lengths.flat_map(|n| (0..=text.len().saturating_sub(n)).map(move |start| start..start + n));
        windows.any(|window| text.get(window).is_some_and(|part| self.contains.contains(part)))
    }

    fn at_start(&self, text: &str, itself: bool) -> bool {
        let longest = text.len() + usize::from(!itself);
        !self.starts.is_empty() && (1..longest).any(|n| text.get(..n).is_some_and(|part| self.starts.contains(part)))
    }

    fn at_end(&self, text: &str, itself: bool) -> bool {
        !self.ends.is_empty()
            && (usize::from(itself)..text.len()).any(|n| text.get(n..).is_some_and(|part| self.ends.contains(part)))
    }
}
