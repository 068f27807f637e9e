//! String operators (K: "String operators"). The insensitive ones fold ASCII letters alone.

use super::Given;
use super::regexes;
use crate::engines::kql::run::Run;

/// A string operator without its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engines::kql) enum TextOp {
    /// `=~`
    Equals,
    /// `contains`, `contains_cs`
    Contains(bool),
    /// `startswith`, `startswith_cs`
    Starts(bool),
    /// `endswith`, `endswith_cs`
    Ends(bool),
    /// `has`, `hasprefix`, `hassuffix`: closed to the left, to the right; folding
    Has(bool, bool, bool),
    /// `matches regex`
    Regex,
}

impl TextOp {
    /// The operator of that name; the flag of each says whether it folds case.
    pub(super) fn named(name: &str) -> Option<TextOp> {
        let (plain, folds) = match name.strip_suffix("_cs") {
            Some(plain) => (plain, false),
            None => (name, true),
        };
        Some(match plain {
            "=~" => TextOp::Equals,
            "contains" => TextOp::Contains(folds),
            "startswith" => TextOp::Starts(folds),
            "endswith" => TextOp::Ends(folds),
            "has" => TextOp::Has(true, true, folds),
            "hasprefix" => TextOp::Has(true, false, folds),
            "hassuffix" => TextOp::Has(false, true, folds),
            "regex" => TextOp::Regex,
            _ => return None,
        })
    }

    /// Whether it holds between two texts.
    pub(super) fn holds(self, left: &str, right: &str, run: &mut Run<'_>) -> Given<bool> {
        Ok(match self {
            TextOp::Equals => left.eq_ignore_ascii_case(right),
            TextOp::Contains(folds) => find(left, right, folds).next().is_some(),
            TextOp::Starts(folds) => left.as_bytes().get(..right.len()).is_some_and(|start| equal(start, right, folds)),
            TextOp::Ends(folds) => {
                let start = left.len().checked_sub(right.len());
                start.and_then(|start| left.as_bytes().get(start..)).is_some_and(|end| equal(end, right, folds))
            }
            TextOp::Has(before, after, folds) => has(left, right, before, after, folds),
            TextOp::Regex => {
                run.budget.step(left.len() as u64)?;
                regexes::compiled(right)?.is_match(left)
            }
        })
    }
}

fn equal(bytes: &[u8], text: &str, folds: bool) -> bool {
    if folds { bytes.eq_ignore_ascii_case(text.as_bytes()) } else { bytes == text.as_bytes() }
}

/// The places where `needle` stands in `text`.
fn find<'a>(text: &'a str, needle: &'a str, folds: bool) -> impl Iterator<Item = usize> + 'a {
    let places = (text.len() + 1).saturating_sub(needle.len());
    (0..places)
        .filter(move |at| text.as_bytes().get(*at..*at + needle.len()).is_some_and(|bytes| equal(bytes, needle, folds)))
}

/// Whether `needle` stands in `text` as whole terms: a term is a maximal run of letters and digits, and where the needle
/// begins or ends inside one, its end is open only for `hasprefix` (right) and `hassuffix` (left).
pub(super) fn has(text: &str, needle: &str, before: bool, after: bool, folds: bool) -> bool {
    let closed = |inside: Option<char>, outside: Option<char>| {
        !(inside.is_some_and(char::is_alphanumeric) && outside.is_some_and(char::is_alphanumeric))
    };
    find(text, needle, folds).any(|at| {
        let start = text.get(..at).and_then(|head| head.chars().next_back());
        let end = text.get(at + needle.len()..).and_then(|tail| tail.chars().next());
        (!before || closed(needle.chars().next(), start)) && (!after || closed(needle.chars().next_back(), end))
    })
}
