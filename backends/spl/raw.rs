//! Keywords: the raw text of the event, in which the format of the source escapes some characters.

use super::literal::quoted_regex;
use super::pattern;
use super::where_::print;
use crate::diag::Code;
use crate::ir::regex::{Class, ClassItem, Node, Perl, Regex};
use crate::ir::{Case, Check, Fidelity, Pattern, Test, distinct};
use crate::render::{Fragment, Gap};
use crate::schema::{Column, Text};

/// How `_raw` spells the values of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Raw {
    /// A line of text that is the event.
    #[default]
    Plain,
    /// A line in which `+` may stand for a blank.
    W3c,
    /// XML: Windows events.
    Xml,
    /// JSON: cloud logs.
    Json,
}

impl Raw {
    /// That of a table.
    pub(super) fn of(text: Text) -> Raw {
        match text {
            Text::Plain => Raw::Plain,
            Text::W3c => Raw::W3c,
            Text::Xml | Text::XmlQuotes => Raw::Xml,
            Text::Json => Raw::Json,
        }
    }

    /// What a search of the raw text finds: names and markup too where there are any.
    pub(super) fn fidelity(self) -> Fidelity {
        if self == Raw::Plain { Fidelity::Exact } else { Fidelity::Wider }
    }

    /// A keyword as tests of `_raw`.
    pub(super) fn test(self, test: &Test<Column>) -> Result<Fragment, Gap> {
        let gap = |why: &str| Gap::new(Code::E0602, &test.at, why);
        let regex = match &test.check {
            Check::Like { any_of, case } => self.patterns_regex(any_of.iter().map(|(pattern, _)| pattern), *case),
            Check::Equal { any_of } => {
                let texts: Vec<_> = any_of.iter().map(|(number, _)| Pattern::contains(&number.to_string())).collect();
                self.patterns_regex(texts.iter(), Case::Fold)
            }
            Check::Matches(regex) => self.spelled(&regex.node).map(|node| Regex { node, flags: regex.flags }),
            _ => return Err(gap("SPL can only look for text in the whole event")),
        };
        let regex = regex.ok_or_else(|| {
            gap("the raw text of the event does not show where a value starts or ends, or escapes what is looked for")
                .help("name the field to be searched instead of using a keyword")
        })?;
        // `_raw` is never missing.
        let fragment = Fragment::atom(format!("match(_raw,{})", quoted_regex(&print(&regex, &test.at)?)));
        Ok(Fragment { fidelity: self.fidelity(), ..fragment })
    }

    /// Patterns open at both ends; none where an end is not, or the format hides a character.
    fn patterns_regex<'a>(self, patterns: impl Iterator<Item = &'a Pattern>, case: Case) -> Option<Regex> {
        let Regex { node, flags } = pattern::regex(patterns, case);
        Some(Regex { node: self.spelled(&node)?, flags })
    }

    /// The expression with characters as the format spells them; none where it has anchors, or a class of
    /// characters that the format may escape.
    fn spelled(self, node: &Node) -> Option<Node> {
        let all = |nodes: &[Node]| nodes.iter().map(|inner| self.spelled(inner)).collect::<Option<Vec<_>>>();
        Some(match node {
            Node::Literal(c) => self.literal(*c),
            Node::Class(class) => self.class(class)?,
            Node::Start | Node::End | Node::TextStart | Node::TextEnd => return None,
            Node::Group { flags, inner } => Node::Group { flags: *flags, inner: Box::new(self.spelled(inner)?) },
            Node::Concat(nodes) => Node::Concat(all(nodes)?),
            Node::Alternate(nodes) => Node::Alternate(all(nodes)?),
            Node::Repeat { inner, min, max, lazy } => {
                Node::Repeat { inner: Box::new(self.spelled(inner)?), min: *min, max: *max, lazy: *lazy }
            }
            Node::Empty | Node::Dot | Node::WordBoundary | Node::NotWordBoundary => node.clone(),
        })
    }

    fn class(self, class: &Class) -> Option<Node> {
        // What some format escapes is ASCII.
        let escaped = |c: char| self.spellings(c).is_some();
        let hides = |item: &ClassItem| match item {
            ClassItem::Range(from, to) => (*from..=*to).take_while(char::is_ascii).any(escaped),
            ClassItem::Perl(perl, _) => self == Raw::W3c && *perl == Perl::Space,
        };
        (!class.items.iter().any(hides)).then(|| Node::Class(class.clone()))
    }

    fn literal(self, c: char) -> Node {
        let Some(spellings) = self.spellings(c) else { return Node::Literal(c) };
        let mut alternatives: Vec<Node> =
            spellings.iter().map(|text| Node::Concat(text.chars().map(Node::Literal).collect())).collect();
        let inner = if alternatives.len() == 1 { alternatives.remove(0) } else { Node::Alternate(alternatives) };
        Node::Group { flags: None, inner: Box::new(inner) }
    }

    /// How the format writes the character inside a value, if not as itself alone.
    fn spellings(self, c: char) -> Option<Vec<String>> {
        let spellings: &[&str] = match (self, c) {
            (Raw::W3c, ' ') => &[" ", "+"],
            (Raw::Xml, '"') => &["\"", "&quot;"],
            (Raw::Xml, '\'') => &["'", "&apos;", "&#39;"],
            (Raw::Xml, '&') => &["&amp;"],
            (Raw::Xml, '<') => &["&lt;"],
            (Raw::Xml, '>') => &[">", "&gt;"],
            (Raw::Json, '"') => &["\\\""],
            (Raw::Json, '\\') => &["\\\\"],
            (Raw::Json, '/') => &["/", "\\/"],
            (Raw::Json, '\n') => &["\\n"],
            (Raw::Json, '\r') => &["\\r"],
            (Raw::Json, '\t') => &["\\t"],
            (Raw::Json, '\x08') => &["\\b", "\\u0008"],
            (Raw::Json, '\x0c') => &["\\f", "\\u000c", "\\u000C"],
            // No JSON text has these as they are (RFC 8259, section 7).
            (Raw::Json, '\0'..='\x1f') => {
                let code = u32::from(c);
                return Some(distinct(vec![format!("\\u{code:04x}"), format!("\\u{code:04X}")]));
            }
            _ => return None,
        };
        Some(spellings.iter().map(ToString::to_string).collect())
    }
}
