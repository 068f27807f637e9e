//! Whether a regular expression finds the same in a text with entities (`&lt;`) as in the text itself, so that the query
//! may ask it of the stored value. Told only of plain expressions: no part is a character that is spelled as an entity,
//! what repeats any character does so without a bound, and nothing between can start inside an entity.

use super::stored::tails;
use crate::ir::regex::{Class, Node};
use crate::schema::Text;

/// Whether it certainly does.
pub(super) fn aligned(node: &Node, text: Text) -> bool {
    let nodes = flat(node);
    let runs = nodes.split(|node| anything(node, text));
    runs.enumerate().all(|(n, run)| {
        let at_start = n == 0 && matches!(run.first(), Some(Node::Start | Node::TextStart));
        run.iter().all(|node| is_narrow(node, text)) && (run.is_empty() || at_start || !starts_inside(run, text))
    })
}

/// The parts of a concatenation.
fn flat(node: &Node) -> Vec<&Node> {
    match node {
        Node::Concat(parts) => parts.iter().flat_map(flat).collect(),
        Node::Empty => Vec::new(),
        other => vec![other],
    }
}

/// Whether the part is a repetition that goes through entities as it does through what they stand for.
fn anything(node: &Node, text: Text) -> bool {
    let Node::Repeat { inner, min: 0 | 1, max: None, .. } = node else { return false };
    let all = |class: &Class| {
        text.entities().iter().all(|(c, entity)| class.holds(*c) && entity.chars().all(|c| class.holds(c)))
    };
    match &**inner {
        Node::Dot => true,
        Node::Class(class) => all(class),
        _ => false,
    }
}

/// Whether the part matches no character that is spelled as an entity.
fn is_narrow(node: &Node, text: Text) -> bool {
    let mut specials = text.entities().iter().map(|(c, _)| *c);
    match node {
        Node::Dot => false,
        Node::Literal(literal) => !specials.any(|c| c == *literal),
        Node::Class(class) => !specials.any(|c| class.holds(c)),
        Node::Group { inner, .. } | Node::Repeat { inner, .. } => is_narrow(inner, text),
        Node::Concat(parts) | Node::Alternate(parts) => parts.iter().all(|part| is_narrow(part, text)),
        Node::Empty
        | Node::Start
        | Node::End
        | Node::TextStart
        | Node::TextEnd
        | Node::WordBoundary
        | Node::NotWordBoundary => true,
    }
}

/// Whether a match of the parts could start behind the first character of an entity.
fn starts_inside(run: &[&Node], text: Text) -> bool {
    tails(text).any(|tail| can_go(run, tail, DEEPEST))
}

/// Nesting beyond this counts as a match.
const DEEPEST: usize = 60;

/// Whether the parts match the start of the rest, or the rest and more.
fn can_go(nodes: &[&Node], rest: &str, depth: usize) -> bool {
    let [node, later @ ..] = nodes else { return true };
    let Some(next) = rest.chars().next() else { return true };
    if depth == 0 {
        return true;
    }
    let go_on = |first: &[&Node]| {
        let nodes: Vec<&Node> = first.iter().copied().chain(later.iter().copied()).collect();
        can_go(&nodes, rest, depth - 1)
    };
    let step = |fits: bool| fits && can_go(later, rest.get(next.len_utf8()..).unwrap_or_default(), depth - 1);
    match node {
        Node::Literal(c) => step(c.eq_ignore_ascii_case(&next)),
        Node::Class(class) => step(class.holds(next) || class.holds(next.to_ascii_uppercase())),
        Node::Dot => step(true),
        Node::Group { inner, .. } => go_on(&[inner]),
        Node::Concat(parts) => go_on(&parts.iter().collect::<Vec<_>>()),
        Node::Alternate(parts) => parts.iter().any(|part| go_on(&[part])),
        Node::Repeat { inner, min, max, lazy } => {
            let again = Node::Repeat {
                inner: inner.clone(),
                min: min.saturating_sub(1),
                max: max.map(|max| max.saturating_sub(1)),
                lazy: *lazy,
            };
            (*min == 0 && go_on(&[])) || (*max != Some(0) && go_on(&[inner, &again]))
        }
        Node::Empty
        | Node::Start
        | Node::End
        | Node::TextStart
        | Node::TextEnd
        | Node::WordBoundary
        | Node::NotWordBoundary => go_on(&[]),
    }
}
