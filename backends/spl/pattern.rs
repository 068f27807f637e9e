//! Wildcard patterns as regular expressions.

use crate::ir::regex::print::Style;
use crate::ir::regex::{Class, ClassItem, Flags, Node, Regex};
use crate::ir::{Case, Pattern, Segment};

/// How PCRE is written: classes and `\b` are ASCII there without `(*UCP)`, `$` also matches before a final line break.
pub(super) fn style() -> &'static Style {
    const STYLE: Style = Style {
        spell_out: &[],
        word_boundary: Some("\\b"),
        not_word_boundary: Some("\\B"),
        text_end: "\\z",
        escape_in_class: "",
        max_repeat: Some(65535),
        hex_non_ascii: false,
    };
    &STYLE
}

/// One expression for all patterns; those anchored alike share their anchors.
pub(super) fn regex<'a>(patterns: impl Iterator<Item = &'a Pattern>, case: Case) -> Regex {
    let mut groups: Vec<((bool, bool), Vec<Node>)> = Vec::new();
    let mut dot_all = false;
    for pattern in patterns {
        let (anchors, inner) = open_ends(pattern.segments());
        dot_all |= inner.iter().any(|segment| matches!(segment, Segment::Any | Segment::One));
        let node = concat(inner.iter().flat_map(nodes).collect());
        match groups.iter_mut().find(|(other, _)| *other == anchors) {
            Some((_, nodes)) => nodes.push(node),
            None => groups.push((anchors, vec![node])),
        }
    }
    let mut alternatives: Vec<Node> =
        groups.into_iter().flat_map(|(anchors, nodes)| anchored(anchors, nodes)).collect();
    let node = if alternatives.len() == 1 { alternatives.remove(0) } else { Node::Alternate(alternatives) };
    Regex { node, flags: Flags { ignore_case: case == Case::Fold, multi_line: false, dot_all } }
}

/// Whether the pattern is anchored at its start and its end, and what stands between.
fn open_ends(segments: &[Segment]) -> ((bool, bool), &[Segment]) {
    let (start, rest) = match segments {
        [Segment::Any, rest @ ..] => (false, rest),
        rest => (true, rest),
    };
    match rest {
        [rest @ .., Segment::Any] => ((start, false), rest),
        rest => ((start, true), rest),
    }
}

/// Alternatives between the anchors they share.
fn anchored((start, end): (bool, bool), mut nodes: Vec<Node>) -> Vec<Node> {
    if !start && !end {
        return nodes;
    }
    let inner = match nodes.len() {
        1 => nodes.remove(0),
        _ => Node::Group { flags: None, inner: Box::new(Node::Alternate(nodes)) },
    };
    let start = start.then_some(Node::Start);
    let end = end.then_some(Node::TextEnd);
    vec![concat(start.into_iter().chain([inner]).chain(end).collect())]
}

/// One after another, flat.
fn concat(nodes: Vec<Node>) -> Node {
    let mut flat = Vec::new();
    for node in nodes {
        match node {
            Node::Concat(inner) => flat.extend(inner),
            Node::Empty => {}
            node => flat.push(node),
        }
    }
    match flat.len() {
        0 => Node::Empty,
        1 => flat.remove(0),
        _ => Node::Concat(flat),
    }
}

fn nodes(segment: &Segment) -> Vec<Node> {
    match segment {
        Segment::Literal(text) => text.chars().map(Node::Literal).collect(),
        Segment::Any => vec![Node::Repeat { inner: Box::new(Node::Dot), min: 0, max: None, lazy: false }],
        Segment::One => vec![Node::Dot],
        Segment::OneOf(choices) => {
            let items = choices.iter().map(|c| ClassItem::Range(*c, *c)).collect();
            vec![Node::Class(Class { negated: false, items })]
        }
    }
}
