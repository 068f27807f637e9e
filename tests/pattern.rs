//! Wildcard patterns: reading and writing Sigma strings.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::ir::{Pattern, Segment};

/// Whether the text matches: the plain meaning, case-sensitive.
pub(crate) fn matches(pattern: &Pattern, text: &str) -> bool {
    fn from(segments: &[Segment], text: &str) -> bool {
        let Some((segment, rest)) = segments.split_first() else {
            return text.is_empty();
        };
        let mut chars = text.chars();
        match segment {
            Segment::Literal(literal) => text.strip_prefix(&**literal).is_some_and(|text| from(rest, text)),
            Segment::Any => text.char_indices().any(|(n, _)| from(rest, &text[n..])) || from(rest, ""),
            Segment::One => chars.next().is_some() && from(rest, chars.as_str()),
            Segment::OneOf(set) => chars.next().is_some_and(|c| set.contains(&c)) && from(rest, chars.as_str()),
        }
    }
    from(pattern.segments(), text)
}

fn literal(text: &str) -> Segment {
    Segment::Literal(text.into())
}

#[test]
fn escapes_are_read_as_the_specification_says() {
    use Segment::{Any, One};
    for (text, expected) in [
        (r"\", vec![literal(r"\")]),
        (r"\\", vec![literal(r"\")]),
        (r"\\\", vec![literal(r"\\")]),
        (r"\\\\", vec![literal(r"\\")]),
        (r"\*", vec![literal("*")]),
        (r"\?", vec![literal("?")]),
        (r"\\*", vec![literal(r"\"), Any]),
        (r"\\\*", vec![literal(r"\*")]),
        (r"\\\\*", vec![literal(r"\\"), Any]),
        (r"C:\Temp\*", vec![literal(r"C:\Temp*")]),
        (r"C:\Windows\", vec![literal(r"C:\Windows\")]),
        (r"\%x%", vec![literal(r"\%x%")]),
        ("**", vec![Any]),
        ("a*b?c", vec![literal("a"), Any, literal("b"), One, literal("c")]),
        ("*?", vec![One, Any]),
        ("", vec![]),
    ] {
        assert_eq!(Pattern::parse(text).segments(), expected, "{text}");
    }
}

#[test]
fn written_with_as_few_backslashes_as_possible() {
    for (text, expected) in [
        (r"C:\Windows\\system32\\*", r"C:\Windows\system32\\*"),
        (r"\\\\srv", r"\\\srv"),
        (r"a\*b\\", r"a\*b\"),
        (r"\\\*", r"\\\*"),
    ] {
        assert_eq!(Pattern::parse(text).to_sigma(), expected);
    }
}

proptest! {
    #[test]
    fn written_patterns_read_back(text in r"[ab\\*?]{0,12}") {
        let pattern = Pattern::parse(&text);
        prop_assert_eq!(Pattern::parse(&pattern.to_sigma()), pattern);
    }

    #[test]
    fn the_normal_form_matches_the_same_texts(parts in prop::collection::vec(0..4u8, 0..6), text in "[ab]{0,6}") {
        let segments: Vec<Segment> = parts
            .iter()
            .map(|n| match n {
                0 => Segment::Any,
                1 => Segment::One,
                2 => literal("a"),
                _ => literal("b"),
            })
            .collect();
        fn plain(segments: &[Segment], text: &str) -> bool {
            match segments.split_first() {
                None => text.is_empty(),
                Some((Segment::Any, rest)) => (0..=text.len()).any(|n| plain(rest, &text[n..])),
                Some((Segment::One, rest)) => !text.is_empty() && plain(rest, &text[1..]),
                Some((Segment::Literal(a), rest)) => text.strip_prefix(&**a).is_some_and(|text| plain(rest, text)),
                Some((Segment::OneOf(_), _)) => false,
            }
        }
        prop_assert_eq!(matches(&Pattern::new(segments.clone()), &text), plain(&segments, &text));
    }
}
