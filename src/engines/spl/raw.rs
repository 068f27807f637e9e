//! Terms and phrases of `_raw`, by the breakers between its segments (segmenters.conf; Search Manual, Event segmentation
//! and searching).

use super::tree::Term;
use super::value::fold;
use crate::engines::Refusal;

/// Major breakers of one character.
const MAJOR: &str = "[]<>(){}|!;,'\"*\n\r \t&?+";
/// Major breakers of several.
const LONG: &[&str] = &[
    "%2526", "%2520", "%21", "%26", "%3B", "%3b", "%7C", "%7c", "%20", "%2B", "%2b", "%3D", "%3d", "--", "%5D", "%5d",
    "%5B", "%5b", "%3A", "%3a", "%0A", "%0a", "%2C", "%2c", "%28", "%29",
];
/// Minor breakers.
const MINOR: &str = "/:=@.-$#%\\_";

/// Whether the text holds the term, from one breaker to another.
pub(super) fn holds(text: &str, term: &Term) -> Result<bool, Refusal> {
    let (text, wanted) = if term.cased { (text.to_owned(), term.text.clone()) } else { (fold(text), fold(&term.text)) };
    if wanted.is_empty() {
        return Err(Refusal::Unknown("an empty term".to_owned()));
    }
    let pieces: Vec<&str> = wanted.split('*').collect();
    if pieces.len() == 1 {
        return Ok(occurs(&text, &wanted, term.whole));
    }
    if pieces.iter().any(|piece| has_major(piece)) {
        return Err(Refusal::Unknown(format!(
            "the term \"{}\": a wildcard beside a major breaker, which the manual leaves open",
            term.text
        )));
    }
    Ok(segments(&text).any(|segment| wild_in(segment, &pieces, term.whole)))
}

fn is_breaker(c: char) -> bool {
    MAJOR.contains(c) || MINOR.contains(c)
}

fn has_major(text: &str) -> bool {
    text.chars().any(|c| MAJOR.contains(c)) || LONG.iter().any(|long| text.contains(&fold(long)))
}

/// The end of a text is a border: nothing there, or a breaker on either side.
fn border(outside: Option<char>, inside: Option<char>, whole: bool) -> bool {
    match outside {
        None => true,
        Some(c) if whole => MAJOR.contains(c),
        Some(c) => is_breaker(c) || inside.is_some_and(is_breaker),
    }
}

fn occurs(text: &str, wanted: &str, whole: bool) -> bool {
    text.match_indices(wanted).any(|(at, found)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
        border(before, found.chars().next(), whole) && border(after, found.chars().next_back(), whole)
    })
}

/// The parts between major breakers.
fn segments(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let current = rest?;
        let cut = current.char_indices().find_map(|(at, c)| {
            let here = current.get(at..)?;
            let long = || LONG.iter().find(|long| here.starts_with(**long)).map(|long| long.len());
            let length = if MAJOR.contains(c) { Some(c.len_utf8()) } else { long() };
            length.map(|length| (at, length))
        });
        match cut {
            Some((at, length)) => {
                rest = current.get(at + length..);
                current.get(..at)
            }
            None => rest.take(),
        }
    })
}

/// Whether the pieces, anything between them, lie in a segment from one border to another.
fn wild_in(segment: &str, pieces: &[&str], whole: bool) -> bool {
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else { return false };
    let middle = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    // The earliest start leaves the most room for the rest.
    let start = if first.is_empty() {
        Some(0)
    } else {
        segment.match_indices(first).find_map(|(at, found)| {
            let before = segment.get(..at).and_then(|before| before.chars().next_back());
            border(before, found.chars().next(), whole).then_some(at + found.len())
        })
    };
    let Some(mut from) = start else { return false };
    for piece in middle {
        match segment.get(from..).and_then(|rest| rest.find(piece)) {
            Some(at) => from += at + piece.len(),
            None => return false,
        }
    }
    let Some(rest) = segment.get(from..) else { return false };
    last.is_empty()
        || rest.match_indices(last).any(|(at, found)| {
            let after = rest.get(at + found.len()..).and_then(|after| after.chars().next());
            border(after, found.chars().next_back(), whole)
        })
}
