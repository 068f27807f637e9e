//! Constructors that keep expressions in one normal form: no group where nesting already says it, no sequence inside a
//! sequence, no choice inside a choice.

use super::Node;

impl Node {
    /// The parts one after another.
    pub fn concat(parts: Vec<Node>) -> Node {
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Node::Empty => {}
                Node::Concat(inner) => out.extend(inner),
                part => out.push(part),
            }
        }
        single(out, Node::Concat).unwrap_or(Node::Empty)
    }

    /// One of the branches; for a single branch, that one.
    pub fn alternate(branches: Vec<Node>) -> Node {
        let mut out = Vec::with_capacity(branches.len());
        for branch in branches {
            match branch {
                Node::Alternate(inner) => out.extend(inner),
                branch => out.push(branch),
            }
        }
        single(out, Node::Alternate).unwrap_or(Node::Empty)
    }

    /// The part repeated; `a{1}` is `a`, `a{0}` is nothing.
    pub fn repeat(inner: Node, min: u32, max: Option<u32>, lazy: bool) -> Node {
        match (inner, min, max) {
            (Node::Empty, ..) | (_, _, Some(0)) => Node::Empty,
            (inner, 1, Some(1)) => inner,
            (inner, ..) => Node::Repeat { inner: Box::new(inner), min, max, lazy: lazy && max != Some(min) },
        }
    }

    /// The characters of a text, one after another.
    pub fn text(text: &str) -> Node {
        Node::concat(text.chars().map(Node::Literal).collect())
    }

    /// An anchor or word boundary: matches a place, not a character.
    pub fn is_assertion(&self) -> bool {
        matches!(
            self,
            Node::Start | Node::End | Node::TextStart | Node::TextEnd | Node::WordBoundary | Node::NotWordBoundary
        )
    }

    /// How many characters it has once counted repetitions are written out: what it costs an engine.
    pub fn expanded(&self) -> u64 {
        match self {
            Node::Group { inner, .. } => inner.expanded(),
            Node::Concat(parts) | Node::Alternate(parts) => {
                parts.iter().fold(0, |sum, part| part.expanded().saturating_add(sum))
            }
            Node::Repeat { inner, min, max, .. } => {
                inner.expanded().max(1).saturating_mul(u64::from(max.unwrap_or(*min).max(1)))
            }
            _ => 1,
        }
    }
}

/// The only one of them, or all of them wrapped; none of none.
fn single(mut parts: Vec<Node>, wrap: fn(Vec<Node>) -> Node) -> Option<Node> {
    match parts.len() {
        0 => None,
        1 => parts.pop(),
        _ => Some(wrap(parts)),
    }
}
