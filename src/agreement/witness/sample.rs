//! Texts that a pattern or a regular expression matches.

use super::realistic::{beginning, continued, letter};
use crate::ir::regex::{Class, ClassItem, Node, Perl, Regex};
use crate::ir::{Pattern, Segment};

/// A run that a wildcard stands for, by variant: something readable, nothing, something with a line break.
fn run(variant: usize) -> &'static str {
    match variant % 3 {
        0 => "Q7",
        1 => "",
        _ => "w\nx",
    }
}

/// A text the pattern matches, as a value of the field.
pub(super) fn pattern(pattern: &Pattern, field: &str, variant: usize) -> String {
    let mut text = String::new();
    for (n, segment) in pattern.segments().iter().enumerate() {
        match segment {
            Segment::Literal(literal) => text.push_str(literal),
            Segment::One => text.push(letter(field)),
            Segment::OneOf(set) => text.extend(set.get(variant % set.len().max(1))),
            Segment::Any => {
                let path_follows =
                    matches!(pattern.segments().get(n + 1), Some(Segment::Literal(next)) if next.starts_with('\\'));
                let begun = matches!(pattern.segments().get(n + 1), Some(Segment::Literal(next)) if next.starts_with("HK") || next.starts_with("0x"));
                text.push_str(match n {
                    0 if begun => "",
                    0 => beginning(field, path_follows, variant).unwrap_or_else(|| run(variant)),
                    _ => continued(field, &text).unwrap_or_else(|| run(variant)),
                });
            }
        }
    }
    text
}

/// A text in which every one of the patterns finds itself, where they can stand one after another: what is anchored at
/// the start first, what is anchored at the end last.
pub(super) fn patterns(all: &[&Pattern], field: &str, variant: usize) -> String {
    let [first, ..] = all else { return String::new() };
    if all.len() == 1 {
        return pattern(first, field, variant);
    }
    let opens = |p: &Pattern| matches!(p.segments().first(), Some(Segment::Any));
    let closes = |p: &Pattern| matches!(p.segments().last(), Some(Segment::Any));
    let mut order: Vec<&Pattern> = all.to_vec();
    if variant % 2 == 1 {
        order.reverse();
    }
    order.sort_by_key(|p| match (opens(p), closes(p)) {
        (false, true) => 0,
        // A key of the registry begins with its hive.
        (true, true) if trimmed_starts(p, "HK") => 0,
        (true, true) => 1,
        _ => 2,
    });
    order.dedup();
    let mut text = String::new();
    for (n, p) in order.into_iter().enumerate() {
        let piece = pattern(&trimmed(p), field, 1);
        if n == 0 && opens(p) && !piece.starts_with("HK") {
            text.push_str(beginning(field, piece.starts_with('\\'), variant).unwrap_or_default());
        }
        // A piece that is there already needs no second place.
        if !(opens(p) && closes(p) && text.to_lowercase().contains(&piece.to_lowercase())) {
            text.push_str(&piece);
        }
    }
    if all.iter().all(|p| closes(p)) {
        text.push_str(if variant.is_multiple_of(2) { "" } else { run(0) });
    }
    text
}

/// Whether what follows the wildcard in front begins so.
fn trimmed_starts(pattern: &Pattern, beginning: &str) -> bool {
    matches!(pattern.segments().get(1), Some(Segment::Literal(literal)) if literal.starts_with(beginning))
}

/// The pattern without the wildcards at its ends.
fn trimmed(pattern: &Pattern) -> Pattern {
    let segments = pattern.segments();
    let start = usize::from(matches!(segments.first(), Some(Segment::Any)));
    let end = segments.len() - usize::from(segments.len() > start && matches!(segments.last(), Some(Segment::Any)));
    Pattern::new(segments.get(start..end).unwrap_or_default().iter().cloned())
}

/// A text the expression is found in, as a value of the field; a guess where anchors and word boundaries stand inside.
pub(super) fn regex(regex: &Regex, field: &str, variant: usize) -> String {
    let mut found = String::new();
    node(&regex.node, variant, &mut found);
    let is_path = found.starts_with('\\');
    let before = match beginning(field, is_path, variant) {
        Some(before) if !is_anchored(&regex.node) && !found.starts_with("HK") => before,
        _ => return found,
    };
    // In a path a word begins behind a backslash.
    let between = if before.contains('\\') && !is_path { "\\" } else { "" };
    format!("{before}{between}{found}")
}

/// Whether the expression is found at the start of a text only.
fn is_anchored(at: &Node) -> bool {
    match at {
        Node::Start | Node::TextStart => true,
        Node::Group { inner, .. } => is_anchored(inner),
        Node::Concat(parts) => parts.first().is_some_and(is_anchored),
        Node::Alternate(parts) => parts.iter().any(is_anchored),
        _ => false,
    }
}

fn node(at: &Node, variant: usize, out: &mut String) {
    match at {
        // A line can start in the middle only behind the end of another.
        Node::Start if !out.is_empty() => out.push('\n'),
        Node::Empty | Node::Start | Node::End | Node::TextStart | Node::TextEnd => {}
        Node::WordBoundary => {
            if out.chars().next_back().is_some_and(|c| !c.is_alphanumeric()) {
                return;
            }
            // Before a word nothing is needed; behind one a blank ends it.
            if !out.is_empty() {
                out.push(' ');
            }
        }
        Node::NotWordBoundary => {}
        Node::Literal(c) => out.push(*c),
        Node::Dot => out.push('d'),
        Node::Class(class) => out.push(member(class, variant)),
        Node::Group { inner, .. } => node(inner, variant, out),
        Node::Concat(parts) => parts.iter().for_each(|part| node(part, variant, out)),
        Node::Alternate(parts) => {
            if let Some(part) = parts.get(variant % parts.len().max(1)) {
                node(part, variant, out);
            }
        }
        Node::Repeat { inner, min, max, .. } => {
            let more = u32::from(variant % 2 == 1 && max.is_none_or(|max| max > *min));
            (0..(*min + more).min(5000)).for_each(|_| node(inner, variant, out));
        }
    }
}

fn member(class: &Class, variant: usize) -> char {
    let common = "aA0_ -.xZ9/\\\t!é".chars();
    if class.negated {
        return common.into_iter().find(|c| !class.items.iter().any(|item| contains(item, *c))).unwrap_or('\u{2603}');
    }
    let from = |item: &ClassItem| match item {
        ClassItem::Range(low, _) => *low,
        ClassItem::Perl(Perl::Digit, false) => '7',
        ClassItem::Perl(Perl::Word, false) => 'w',
        ClassItem::Perl(Perl::Space, false) => ' ',
        ClassItem::Perl(Perl::Digit, true) => 'n',
        ClassItem::Perl(Perl::Word, true) => '-',
        ClassItem::Perl(Perl::Space, true) => 'b',
    };
    class.items.get(variant % class.items.len().max(1)).map_or('a', from)
}

fn contains(item: &ClassItem, c: char) -> bool {
    match item {
        ClassItem::Range(low, high) => (*low..=*high).contains(&c),
        ClassItem::Perl(perl, negated) => {
            let inside = match perl {
                Perl::Digit => c.is_ascii_digit(),
                Perl::Word => c.is_ascii_alphanumeric() || c == '_',
                Perl::Space => matches!(c, '\t' | '\n' | '\x0b' | '\x0c' | '\r' | ' '),
            };
            inside != *negated
        }
    }
}
