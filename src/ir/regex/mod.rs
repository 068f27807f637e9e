//! Regular expressions of rules, as a tree: each target has its own dialect, so that text is never passed through
//! (SEMANTICS 3.1). `parse` reads Sigma's flavour, `print` writes a dialect that a [`print::Style`] describes.

mod build;
mod find;
pub mod parse;
mod patterns;
pub mod print;

/// A regular expression, searched for anywhere in a text, with the flags of `|re|i|m|s` and of leading `(?ims)`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Regex {
    /// What is matched.
    pub node: Node,
    /// The flags in force from the start.
    pub flags: Flags,
}

/// Flags of an expression or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Flags {
    /// `i`: letters match under simple case folding.
    pub ignore_case: bool,
    /// `m`: `^` and `$` also match at line breaks.
    pub multi_line: bool,
    /// `s`: `.` also matches a line break.
    pub dot_all: bool,
}

/// A part of a regular expression. `\d`, `\w`, `\s` and `\b` are ASCII (SEMANTICS 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Node {
    /// The empty expression.
    Empty,
    /// This character.
    Literal(char),
    /// `.`
    Dot,
    /// One character of a set.
    Class(Class),
    /// `^`
    Start,
    /// `$`: the end of the text (with `m`, of a line); never "before a final line break".
    End,
    /// `\A`
    TextStart,
    /// `\z`
    TextEnd,
    /// `\b`
    WordBoundary,
    /// `\B`
    NotWordBoundary,
    /// A group with flags of its own (`(?i:...)`). Other groups are not kept: nesting says what they group, and captures
    /// are dropped. None is the flags outside, and never read.
    Group {
        /// The flags in force inside, if they differ from those outside.
        flags: Option<Flags>,
        /// What is grouped.
        inner: Box<Node>,
    },
    /// One after another.
    Concat(Vec<Node>),
    /// One of them.
    Alternate(Vec<Node>),
    /// Repetition.
    Repeat {
        /// What is repeated.
        inner: Box<Node>,
        /// At least so often.
        min: u32,
        /// At most so often; none for no bound.
        max: Option<u32>,
        /// As few as possible; makes no difference to a search for whether there is a match.
        lazy: bool,
    },
}

/// A set of characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Class {
    /// `[^...]`
    pub negated: bool,
    /// The members.
    pub items: Vec<ClassItem>,
}

impl Class {
    /// Whether the character is of the set, its case being as written.
    pub fn holds(&self, c: char) -> bool {
        let of = |item: &ClassItem| match item {
            ClassItem::Range(from, to) => *from <= c && c <= *to,
            ClassItem::Perl(perl, negated) => perl.holds(c) != *negated,
        };
        self.items.iter().any(of) != self.negated
    }
}

/// A member of a set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ClassItem {
    /// From one character to another, both included; a single character is a range of one.
    Range(char, char),
    /// `\d` `\w` `\s`; `true` for their negations `\D` `\W` `\S`.
    Perl(Perl, bool),
}

/// The named classes, ASCII: `[0-9]`, `[0-9A-Za-z_]`, `[\t\n\v\f\r ]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Perl {
    Digit,
    Word,
    Space,
}

impl Perl {
    /// Whether the character is of the class.
    pub fn holds(self, c: char) -> bool {
        match self {
            Perl::Digit => c.is_ascii_digit(),
            Perl::Word => c.is_ascii_alphanumeric() || c == '_',
            Perl::Space => matches!(c, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' '),
        }
    }
}
