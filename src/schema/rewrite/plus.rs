//! A column whose text has `+` for each blank, as IIS writes the headers of a request (W3C Extended Log File Format).

use super::{Column, Context, unplaceable};
use crate::diag::{Code, Diagnostic};
use crate::ir::regex::{Class, ClassItem, Node, Perl, Regex};
use crate::ir::{At, Check, Fidelity, FieldName, Pattern, Segment};
use crate::render::Gap;

/// The check with `+` for blanks. One that asks for `+` finds blanks too.
pub(super) fn rewrite(
    cx: &mut Context<'_>,
    field: &FieldName,
    check: Check<Column>,
    at: &At,
) -> Result<Check<Column>, Gap> {
    let (mut blank, mut plus) = (false, false);
    let check = match check {
        Check::Like { any_of, case } => {
            let any_of = any_of.into_iter().map(|(pattern, at)| {
                let segments = pattern.segments().iter().map(|segment| match segment {
                    Segment::Literal(text) => {
                        (blank, plus) = (blank | text.contains(' '), plus | text.contains('+'));
                        Segment::Literal(text.replace(' ', "+").into())
                    }
                    other => other.clone(),
                });
                (Pattern::new(segments.collect::<Vec<_>>()), at)
            });
            Check::Like { any_of: any_of.collect(), case }
        }
        Check::Matches(regex) => {
            asked(&regex.node, &mut |takes_blank, takes_plus| {
                (blank, plus) = (blank | (takes_blank && !takes_plus), plus | (takes_plus && !takes_blank));
            });
            let why = || unplaceable(field, at, "blanks are stored as `+` there");
            Check::Matches(Regex { node: stored(&regex.node).ok_or_else(why)?, flags: regex.flags })
        }
        other => other,
    };
    if blank || plus {
        let note = Diagnostic::new(Code::W0701, format!("blanks and plus signs of {field} are the same")).at(at.span);
        cx.report.notes.push(note.help("the log has `+` for each blank"));
    }
    if plus {
        let wider = if cx.positive { Fidelity::Wider } else { Fidelity::Narrower };
        cx.report.fidelity = cx.report.fidelity.join(wider);
    }
    Ok(check)
}

/// Tells of each part that is one character whether it takes a blank, and whether it takes `+`.
fn asked(node: &Node, tell: &mut impl FnMut(bool, bool)) {
    match node {
        Node::Literal(c) => tell(*c == ' ', *c == '+'),
        Node::Class(class) => tell(class.holds(' '), class.holds('+')),
        Node::Group { inner, .. } | Node::Repeat { inner, .. } => asked(inner, tell),
        Node::Concat(parts) | Node::Alternate(parts) => parts.iter().for_each(|part| asked(part, tell)),
        Node::Empty
        | Node::Dot
        | Node::Start
        | Node::End
        | Node::TextStart
        | Node::TextEnd
        | Node::WordBoundary
        | Node::NotWordBoundary => {}
    }
}

/// The expression with `+` where it takes a blank; none where it tells blanks from everything else.
fn stored(node: &Node) -> Option<Node> {
    let all = |nodes: &[Node]| nodes.iter().map(stored).collect::<Option<Vec<_>>>();
    Some(match node {
        Node::Literal(' ') => Node::Literal('+'),
        Node::Class(class) => {
            let blank = |item: &ClassItem| match item {
                ClassItem::Range(from, to) => (*from..=*to).contains(&' '),
                ClassItem::Perl(perl, negated) => *perl == Perl::Space && !negated,
            };
            if class.items.contains(&ClassItem::Perl(Perl::Space, true)) {
                return None;
            }
            let mut items = class.items.clone();
            if items.iter().any(blank) {
                items.push(ClassItem::Range('+', '+'));
            }
            Node::Class(Class { negated: class.negated, items })
        }
        Node::Group { flags, inner } => Node::Group { flags: *flags, inner: Box::new(stored(inner)?) },
        Node::Concat(nodes) => Node::Concat(all(nodes)?),
        Node::Alternate(nodes) => Node::Alternate(all(nodes)?),
        Node::Repeat { inner, min, max, lazy } => {
            Node::Repeat { inner: Box::new(stored(inner)?), min: *min, max: *max, lazy: *lazy }
        }
        other => other.clone(),
    })
}
