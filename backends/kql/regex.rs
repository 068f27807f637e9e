//! Regular expressions in Kusto's dialect: Rust's syntax, case-sensitive and unanchored, `\d \w \s \b` Unicode, at most 16
//! groups (Microsoft's pages "Regex syntax" and "matches regex operator"). Captures never reach here, so no group counts.

use super::literal::literal;
use crate::diag::Code;
use crate::ir::regex::print::Style;
use crate::ir::regex::{Class, ClassItem, Flags, Node, Perl};
use crate::ir::{At, Regex};
use crate::render::Gap;

const STYLE: Style = Style {
    spell_out: &[Perl::Digit, Perl::Word, Perl::Space],
    word_boundary: Some(r"(?-u:\b)"),
    not_word_boundary: Some(r"(?-u:\B)"),
    text_end: "$",
    escape_in_class: "&~",
    max_repeat: Some(1000),
    hex_non_ascii: true,
};

/// The expression with its flags as a string literal.
pub(super) fn regex_literal(regex: &Regex, at: &At) -> Result<String, Gap> {
    let printed = regex.print(&STYLE).map_err(|construct| {
        Gap::new(Code::E0603, at, format!("KQL lacks {}", construct.0))
            .help("write the test with `contains`, `startswith` or wildcards")
    })?;
    Ok(literal(&format!("{}{printed}", flag_group(regex.flags))))
}

fn flag_group(flags: Flags) -> String {
    let set = [(flags.ignore_case, 'i'), (flags.multi_line, 'm'), (flags.dot_all, 's')];
    let letters: String = set.into_iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect();
    if letters.is_empty() { letters } else { format!("(?{letters})") }
}

/// Whether a node has a `.`, so that the flag `s` makes a difference.
pub(super) fn has_dot(node: &Node) -> bool {
    match node {
        Node::Dot => true,
        Node::Group { inner, .. } | Node::Repeat { inner, .. } => has_dot(inner),
        Node::Concat(parts) | Node::Alternate(parts) => parts.iter().any(has_dot),
        _ => false,
    }
}

/// Whether the case of a letter counts somewhere in the expression: what a column in lower case can no longer tell.
pub(super) fn tells_case(node: &Node, flags: Flags) -> bool {
    if flags.ignore_case
        && !matches!(node, Node::Group { .. } | Node::Concat(_) | Node::Alternate(_) | Node::Repeat { .. })
    {
        return false;
    }
    match node {
        Node::Literal(c) => c.is_lowercase() || c.is_uppercase(),
        Node::Class(class) => class_tells_case(class),
        Node::Group { flags: inside, inner } => tells_case(inner, inside.unwrap_or(flags)),
        Node::Repeat { inner, .. } => tells_case(inner, flags),
        Node::Concat(parts) | Node::Alternate(parts) => parts.iter().any(|part| tells_case(part, flags)),
        _ => false,
    }
}

/// A set tells case if it holds one case of an ASCII letter alone, or names letters beyond ASCII.
fn class_tells_case(class: &Class) -> bool {
    let holds = |c: char| {
        class.items.iter().any(|item| match item {
            ClassItem::Range(low, high) => (*low..=*high).contains(&c),
            ClassItem::Perl(Perl::Word, negated) => (c.is_ascii_alphanumeric() || c == '_') != *negated,
            ClassItem::Perl(_, negated) => *negated,
        })
    };
    let foreign = |c: char| !c.is_ascii() && (c.is_lowercase() || c.is_uppercase());
    ('a'..='z').any(|c| holds(c) != holds(c.to_ascii_uppercase()))
        || class.items.iter().any(|item| matches!(item, ClassItem::Range(low, high) if foreign(*low) || foreign(*high)))
}
