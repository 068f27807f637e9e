//! A weaker form of a test that only `where` can say, for `search` to stand in front of it: every event that passes
//! the test passes the prefilter.

use super::literal::is_plain;
use crate::ir::{Case, Check, Expr, Pattern, Segment, Shape, Test};
use crate::schema::Column;

/// The shortest word of a keyword that is worth looking up.
const SHORTEST_WORD: usize = 4;

/// What `search` can say that the expression implies, and `said` decides what it can say; none where that is nothing.
pub(super) fn prefilter(expr: &Expr<Column>, said: &impl Fn(&Expr<Column>) -> bool) -> Option<Expr<Column>> {
    if said(expr) {
        return Some(expr.clone());
    }
    match expr {
        Expr::All(parts) => {
            let weaker: Vec<_> = parts.iter().filter_map(|part| prefilter(part, said)).collect();
            (!weaker.is_empty()).then_some(Expr::All(weaker))
        }
        Expr::Any(parts) => parts.iter().map(|part| prefilter(part, said)).collect::<Option<Vec<_>>>().map(Expr::Any),
        Expr::Test(Test { on, check: Check::Like { any_of, .. }, at }) => {
            let weaker = |pattern: &Pattern| if super::is_raw(on) { word(pattern) } else { wider(pattern) };
            let any_of = any_of.iter().map(|(pattern, at)| Some((weaker(pattern)?, at.clone())));
            let check = Check::Like { any_of: any_of.collect::<Option<_>>()?, case: Case::Fold };
            let weaker = Expr::test(on.clone(), check, at.clone());
            said(&weaker).then_some(weaker)
        }
        Expr::Const(_) | Expr::Not(_) | Expr::Test(_) => None,
    }
}

/// The pattern with `*` for all that `search` cannot say; none where no letter or digit is left to look for.
fn wider(pattern: &Pattern) -> Option<Pattern> {
    let mut segments = Vec::new();
    for segment in pattern.segments() {
        let Segment::Literal(text) = segment else {
            segments.push(Segment::Any);
            continue;
        };
        for (n, plain) in text.split(|c: char| c == '*' || !is_plain(c.encode_utf8(&mut [0; 4]))).enumerate() {
            if n > 0 {
                segments.push(Segment::Any);
            }
            segments.push(Segment::Literal(plain.into()));
        }
    }
    let wider = Pattern::new(segments);
    let telling =
        |segment: &Segment| matches!(segment, Segment::Literal(text) if text.chars().any(char::is_alphanumeric));
    wider.segments().iter().any(telling).then_some(wider)
}

/// The longest run of letters and digits in a keyword: an event with the keyword has it within one token.
fn word(pattern: &Pattern) -> Option<Pattern> {
    let literals = pattern.segments().iter().filter_map(|segment| match segment {
        Segment::Literal(text) => Some(&**text),
        _ => None,
    });
    let words = literals.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric()));
    // A neighbour beyond ASCII may fold to a letter of the word's token, which does no harm: the token only grows.
    let longest = words.max_by_key(|word| word.len()).filter(|word| word.len() >= SHORTEST_WORD)?;
    let word = Pattern::contains(longest);
    matches!(word.shape(), Shape::Contains(_)).then_some(word)
}
