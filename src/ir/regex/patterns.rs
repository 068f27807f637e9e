//! Wildcard patterns as regular expressions that a reader recognises the values in.

use super::{Class, ClassItem, Node};
use crate::ir::{Pattern, Segment};

impl Node {
    /// The regular expression for a wildcard pattern, anchored where the pattern is not open: needs the flag `s` where the
    /// pattern has a wildcard inside (and `i` where case does not count).
    pub fn from_pattern(pattern: &Pattern) -> Node {
        Node::from_patterns([pattern])
    }

    /// One regular expression for a list of patterns, flags as for [`Node::from_pattern`]: those with the same anchors
    /// are one alternation, in the order given. What they all start or end with stands outside of it, if it ends at
    /// punctuation: `\\(?:wscript|cscript)\.exe$`, not `\\[cw]script`.
    pub fn from_patterns<'a>(patterns: impl IntoIterator<Item = &'a Pattern>) -> Node {
        let mut families: Vec<(Anchors, Vec<Vec<Node>>)> = Vec::new();
        for pattern in patterns {
            let (anchors, body) = anchored(pattern);
            match families.iter_mut().find(|(known, _)| *known == anchors) {
                Some((_, bodies)) => bodies.push(body),
                None => families.push((anchors, vec![body])),
            }
        }
        let branches = families.into_iter().map(|((left, right), bodies)| {
            let start = left.then_some(Node::Start);
            let end = right.then_some(Node::End);
            match Node::concat(start.into_iter().chain(factored(bodies)).chain(end).collect()) {
                // Any text at all: `^` is found in each, and reads as more than nothing.
                Node::Empty => Node::Start,
                node => node,
            }
        });
        Node::alternate(branches.collect())
    }
}

/// Whether an expression is bound to the start, and to the end.
type Anchors = (bool, bool);

/// Whether the pattern is bound to the start and the end, and what stands between.
fn anchored(pattern: &Pattern) -> (Anchors, Vec<Node>) {
    let mut segments = pattern.segments();
    let (mut left, mut right) = (true, true);
    let ones = segments.iter().take_while(|segment| matches!(segment, Segment::One)).count();
    // In the normal form of patterns a wildcard run starts with its `?`: `?*x` is "one character, anywhere before x".
    let mut body = Vec::new();
    if let Some((Segment::Any, rest)) = segments.get(ones..).and_then(<[Segment]>::split_first) {
        left = false;
        body.extend((0..ones).map(|_| Node::Dot));
        segments = rest;
    }
    if let Some((Segment::Any, rest)) = segments.split_last() {
        right = false;
        segments = rest;
    } else if segments.is_empty() && !left {
        right = false;
    }
    for segment in segments {
        match segment {
            Segment::Literal(text) => body.extend(text.chars().map(Node::Literal)),
            Segment::Any => body.push(Node::repeat(Node::Dot, 0, None, false)),
            Segment::One => body.push(Node::Dot),
            Segment::OneOf(chars) => body.push(Node::Class(Class {
                negated: false,
                items: chars.iter().map(|c| ClassItem::Range(*c, *c)).collect(),
            })),
        }
    }
    ((left, right), body)
}

/// The alternation of the bodies, with their common start and end in front of and behind it.
fn factored(mut bodies: Vec<Vec<Node>>) -> Vec<Node> {
    if bodies.len() < 2 {
        return bodies.pop().unwrap_or_default();
    }
    let prefix = common(&bodies, |body, n| body.get(n));
    let prefix = boundary(&bodies, prefix, |body, n| body.get(n));
    let head: Vec<Node> = bodies.first().map(|body| body.iter().take(prefix).cloned().collect()).unwrap_or_default();
    bodies.iter_mut().for_each(|body| drop(body.drain(..prefix)));

    fn from_end(body: &[Node], n: usize) -> Option<&Node> {
        body.iter().rev().nth(n)
    }
    let suffix = boundary(&bodies, common(&bodies, from_end), from_end);
    let tail: Vec<Node> =
        bodies.first().map(|body| body.iter().skip(body.len() - suffix).cloned().collect()).unwrap_or_default();
    // A lone backslash or blank at the end is no part that a reader knows: it stays with its value.
    let keep = tail.iter().any(|node| matches!(node, Node::Literal(c) if c.is_alphanumeric()));
    let tail = if keep { tail } else { Vec::new() };
    bodies.iter_mut().for_each(|body| body.truncate(body.len() - tail.len()));

    let choice = Node::alternate(bodies.into_iter().map(Node::concat).collect());
    head.into_iter().chain([choice]).chain(tail).collect()
}

/// How many parts all bodies share, counted from where `get` counts, leaving each body at least one.
fn common(bodies: &[Vec<Node>], get: impl for<'b> Fn(&'b [Node], usize) -> Option<&'b Node>) -> usize {
    let Some(first) = bodies.first() else {
        return 0;
    };
    let shortest = bodies.iter().map(Vec::len).min().unwrap_or(0);
    let limit = shortest.saturating_sub(1);
    (0..limit).find(|n| bodies.iter().any(|body| get(body, *n) != get(first, *n))).unwrap_or(limit)
}

/// The largest number up to `length` whose last part is punctuation.
fn boundary(bodies: &[Vec<Node>], length: usize, get: impl for<'b> Fn(&'b [Node], usize) -> Option<&'b Node>) -> usize {
    let is_boundary = |n: usize| match bodies.first().and_then(|body| get(body, n - 1)) {
        Some(Node::Literal(c)) => !c.is_alphanumeric() && *c != '_',
        Some(Node::Class(_)) => true,
        _ => false,
    };
    (1..=length).rev().find(|n| is_boundary(*n)).unwrap_or(0)
}
