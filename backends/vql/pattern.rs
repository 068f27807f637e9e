//! Patterns and regular expressions in Go's RE2, as `=~` runs it: unanchored, with `(?i)` in front (SEMANTICS 5.3).

use crate::diag::Code;
use crate::ir::regex::print::Style;
use crate::ir::regex::{Flags, Node, Perl};
use crate::ir::{At, Case, Pattern, Regex, Shape};
use crate::render::Gap;

/// RE2 in Go (pkg.go.dev/regexp/syntax). Its `\s` lacks the vertical tab.
static STYLE: Style = Style {
    spell_out: &[Perl::Space],
    word_boundary: Some(r"\b"),
    not_word_boundary: Some(r"\B"),
    text_end: "$",
    escape_in_class: "",
    max_repeat: Some(1000),
    hex_non_ascii: false,
};

/// Go refuses expressions of more instructions than some three million; far below it they only cost time.
const MAX_EXPANDED: u64 = 500_000;

/// What a list of patterns asks for.
pub(super) enum Found {
    /// Any value at all.
    Anything,
    /// What this expression finds.
    Regex(String),
}

/// One expression for a list of patterns.
pub(super) fn like<'a>(patterns: impl Iterator<Item = &'a Pattern> + Clone, case: Case, at: &At) -> Result<Found, Gap> {
    if patterns.clone().any(|pattern| pattern.shape() == Shape::Everything) {
        return Ok(Found::Anything);
    }
    let node = Node::from_patterns(patterns);
    let flags = Flags { ignore_case: case == Case::Fold, multi_line: false, dot_all: has_dot(&node) };
    regex(&Regex { node, flags }, at).map(Found::Regex)
}

/// The expression with its flags. Error E0603 where RE2 has no spelling: an invalid expression would be logged and
/// false, and its negation true for every row.
pub(super) fn regex(regex: &Regex, at: &At) -> Result<String, Gap> {
    let refused = |what: String| {
        Gap::new(Code::E0603, at, format!("VQL's regular expressions (Go's RE2) lack {what}"))
            .help("write the expression without it, or as a list of plain values")
    };
    let size = regex.node.expanded();
    if size > MAX_EXPANDED {
        return Err(refused(format!("room for {size} characters of written-out repetitions")));
    }
    let body = regex.print(&STYLE).map_err(|unprintable| refused(unprintable.0))?;
    let flags = flags(regex.flags);
    Ok(match (flags.as_str(), body.as_str()) {
        // These three are true for every row, even without a value; `^` asks for one.
        ("", "" | ".*") => "^".to_owned(),
        ("", ".") => "(?:.)".to_owned(),
        _ => format!("{flags}{body}"),
    })
}

/// `=~` ignores case unless told otherwise.
fn flags(flags: Flags) -> String {
    let on = format!("{}{}", if flags.multi_line { "m" } else { "" }, if flags.dot_all { "s" } else { "" });
    match (on.as_str(), flags.ignore_case) {
        ("", true) => String::new(),
        (on, true) => format!("(?{on})"),
        (on, false) => format!("(?{on}-i)"),
    }
}

fn has_dot(node: &Node) -> bool {
    match node {
        Node::Dot => true,
        Node::Group { inner, .. } | Node::Repeat { inner, .. } => has_dot(inner),
        Node::Concat(parts) | Node::Alternate(parts) => parts.iter().any(has_dot),
        _ => false,
    }
}
