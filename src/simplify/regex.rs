//! Parts of regular expressions that cannot change whether a search finds something.

use super::{Term, each_test};
use crate::ir::regex::Node;
use crate::ir::{Check, Expr};

/// Drops what may be absent at either end: a search for `.*x(?:y)?` finds the texts that one for `x` does.
pub(super) fn trim<F: Term>(expr: Expr<F>) -> Expr<F> {
    each_test(expr, &mut |mut test| {
        if let Check::Matches(regex) = &mut test.check {
            regex.node = trimmed(std::mem::replace(&mut regex.node, Node::Empty));
        }
        test
    })
}

fn trimmed(node: Node) -> Node {
    match node {
        Node::Alternate(branches) => Node::alternate(branches.into_iter().map(trimmed).collect()),
        Node::Concat(mut parts) => {
            while parts.last().is_some_and(is_optional) {
                parts.pop();
            }
            let start = parts.iter().take_while(|part| is_optional(part)).count();
            parts.drain(..start);
            found_everywhere(Node::concat(parts))
        }
        node if is_optional(&node) => Node::Start,
        node => node,
    }
}

fn is_optional(node: &Node) -> bool {
    matches!(node, Node::Repeat { min: 0, .. })
}

/// `^` instead of an empty expression: found in every text, and seen to be so.
fn found_everywhere(node: Node) -> Node {
    if node == Node::Empty { Node::Start } else { node }
}
