//! Writes a regular expression in a dialect.

use super::{Class, ClassItem, Flags, Node, Perl, Regex};

/// What one dialect spells its own way. Backends and the evaluator each have one.
#[derive(Debug, Clone)]
pub struct Style {
    /// The classes `\d`, `\w`, `\s` that are not these ASCII sets in the dialect (Rust: all three are Unicode; RE2:
    /// `\s` lacks U+000B): the set is written out.
    pub spell_out: &'static [Perl],
    /// `\b` is Unicode in the dialect: this is the ASCII one (Rust: `(?-u:\b)`), none where there is none.
    pub word_boundary: Option<&'static str>,
    /// As above for `\B`.
    pub not_word_boundary: Option<&'static str>,
    /// What `$` is written as where it means the end of the text: `$` where it is that, `\z` otherwise.
    pub text_end: &'static str,
    /// Characters to escape inside a class beyond `\ ] [ ^ -`.
    pub escape_in_class: &'static str,
    /// The largest count of counted repetitions, the counts of nested ones multiplied, if there is a limit.
    pub max_repeat: Option<u32>,
    /// Write characters beyond ASCII as `\x{2013}`.
    pub hex_non_ascii: bool,
}

/// The dialect of Sigma's rules themselves: what it prints reads back.
pub const PLAIN: Style = Style {
    spell_out: &[],
    word_boundary: Some(r"\b"),
    not_word_boundary: Some(r"\B"),
    text_end: "$",
    escape_in_class: "",
    max_repeat: None,
    hex_non_ascii: false,
};

/// A construct that the dialect has no spelling for, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unprintable(pub String);

impl Regex {
    /// The expression without its flags, in the dialect: what is printed expects the flags of `self.flags` to be in force.
    pub fn print(&self, style: &Style) -> Result<String, Unprintable> {
        self.node.print_under(style, self.flags)
    }
}

impl Node {
    /// The expression in the dialect, under no flag that changes the meaning of `^` and `$`.
    pub fn print(&self, style: &Style) -> Result<String, Unprintable> {
        self.print_under(style, Flags::default())
    }

    fn print_under(&self, style: &Style, flags: Flags) -> Result<String, Unprintable> {
        let mut printer = Printer { style, out: String::new() };
        printer.node(self, flags, Binding::Alternation, 1)?;
        Ok(printer.out)
    }
}

/// How tightly the surroundings bind: what binds looser needs a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Alternation,
    Concatenation,
    Repetition,
}

struct Printer<'a> {
    style: &'a Style,
    out: String,
}

impl Printer<'_> {
    /// `counts` is the product of the counts of the repetitions around the node.
    fn node(&mut self, node: &Node, flags: Flags, around: Binding, counts: u64) -> Result<(), Unprintable> {
        let needs_group = match node {
            Node::Alternate(_) => around > Binding::Alternation,
            Node::Concat(_) => around > Binding::Concatenation,
            Node::Repeat { .. } | Node::Empty => around == Binding::Repetition,
            node => around == Binding::Repetition && node.is_assertion(),
        };
        if needs_group {
            self.out.push_str("(?:");
            self.node(node, flags, Binding::Alternation, counts)?;
            self.out.push(')');
            return Ok(());
        }
        match node {
            Node::Empty => {}
            Node::Literal(c) => self.literal(*c, r"\.+*?()|[]{}^$"),
            Node::Dot => self.out.push('.'),
            Node::Class(class) => self.class(class),
            Node::Start => self.out.push('^'),
            Node::End => self.out.push_str(if flags.multi_line { "$" } else { self.style.text_end }),
            Node::TextStart => self.out.push_str(r"\A"),
            Node::TextEnd => self.out.push_str(r"\z"),
            Node::WordBoundary => self.boundary(self.style.word_boundary, r"\b")?,
            Node::NotWordBoundary => self.boundary(self.style.not_word_boundary, r"\B")?,
            Node::Group { flags: inside, inner } => {
                let inside = inside.unwrap_or(flags);
                self.group_start(flags, inside);
                self.node(inner, inside, Binding::Alternation, counts)?;
                self.out.push(')');
            }
            Node::Concat(parts) => {
                for part in parts {
                    self.node(part, flags, Binding::Concatenation, counts)?;
                }
            }
            Node::Alternate(branches) => {
                for (n, branch) in branches.iter().enumerate() {
                    if n > 0 {
                        self.out.push('|');
                    }
                    self.node(branch, flags, Binding::Concatenation, counts)?;
                }
            }
            Node::Repeat { inner, min, max, lazy } => {
                let counts = self.counts(*min, *max, counts)?;
                self.node(inner, flags, Binding::Repetition, counts)?;
                match (*min, *max) {
                    (0, None) => self.out.push('*'),
                    (1, None) => self.out.push('+'),
                    (0, Some(1)) => self.out.push('?'),
                    (min, None) => self.out.push_str(&format!("{{{min},}}")),
                    (min, Some(max)) if min == max => self.out.push_str(&format!("{{{min}}}")),
                    (min, Some(max)) => self.out.push_str(&format!("{{{min},{max}}}")),
                }
                if *lazy {
                    self.out.push('?');
                }
            }
        }
        Ok(())
    }

    /// The product of the counts with those of one more repetition, if the dialect takes it.
    fn counts(&self, min: u32, max: Option<u32>, around: u64) -> Result<u64, Unprintable> {
        if matches!((min, max), (0 | 1, None) | (0, Some(1))) {
            return Ok(around);
        }
        let counts = around.saturating_mul(u64::from(max.unwrap_or(min).max(1)));
        match self.style.max_repeat {
            Some(limit) if counts > u64::from(limit) => {
                Err(Unprintable(format!("a counted repetition of {counts}, above the limit of {limit}")))
            }
            _ => Ok(counts),
        }
    }

    fn boundary(&mut self, spelling: Option<&str>, name: &str) -> Result<(), Unprintable> {
        let spelling = spelling.ok_or_else(|| Unprintable(format!("the ASCII word boundary `{name}`")))?;
        self.out.push_str(spelling);
        Ok(())
    }

    /// `(?i-s:`, naming the flags that change.
    fn group_start(&mut self, outside: Flags, inside: Flags) {
        let change = |get: fn(Flags) -> bool| (get(outside) != get(inside)).then(|| get(inside));
        let changes = [('i', change(|f| f.ignore_case)), ('m', change(|f| f.multi_line)), ('s', change(|f| f.dot_all))];
        self.out.push_str("(?");
        self.out.extend(changes.iter().filter(|(_, to)| *to == Some(true)).map(|(flag, _)| flag));
        if changes.iter().any(|(_, to)| *to == Some(false)) {
            self.out.push('-');
            self.out.extend(changes.iter().filter(|(_, to)| *to == Some(false)).map(|(flag, _)| flag));
        }
        self.out.push(':');
    }

    fn literal(&mut self, c: char, escaped: &str) {
        match c {
            '\n' => self.out.push_str(r"\n"),
            '\r' => self.out.push_str(r"\r"),
            '\t' => self.out.push_str(r"\t"),
            c if c.is_ascii_control() => self.out.push_str(&format!(r"\x{:02X}", u32::from(c))),
            // Line separators and invisible characters are always spelled out: a reader could not see them.
            c if !c.is_ascii() && (self.style.hex_non_ascii || is_invisible(c)) => {
                self.out.push_str(&format!(r"\x{{{:X}}}", u32::from(c)));
            }
            c => {
                if escaped.contains(c) {
                    self.out.push('\\');
                }
                self.out.push(c);
            }
        }
    }

    fn class(&mut self, class: &Class) {
        if let (false, [ClassItem::Perl(perl, negated)]) = (class.negated, class.items.as_slice())
            && !self.style.spell_out.contains(perl)
        {
            self.out.push_str(perl_name(*perl, *negated));
            return;
        }
        // `[^...]` of a negated set alone is the set, and the other way round.
        let (negated, items) = match class.items.as_slice() {
            [ClassItem::Perl(perl, true)] if self.style.spell_out.contains(perl) => {
                (!class.negated, vec![ClassItem::Perl(*perl, false)])
            }
            items => (class.negated, items.to_vec()),
        };
        self.out.push_str(if negated { "[^" } else { "[" });
        for (n, item) in items.into_iter().enumerate() {
            match item {
                // A hyphen in front is plain in every dialect, and easier to read.
                ClassItem::Range('-', '-') if n == 0 => self.out.push('-'),
                ClassItem::Range(low, high) => self.range(low, high),
                ClassItem::Perl(perl, negated) if self.style.spell_out.contains(&perl) => {
                    for (low, high) in perl_ranges(perl, negated) {
                        self.range(*low, *high);
                    }
                }
                ClassItem::Perl(perl, negated) => self.out.push_str(perl_name(perl, negated)),
            }
        }
        self.out.push(']');
    }

    fn range(&mut self, low: char, high: char) {
        self.in_class(low);
        if low != high {
            self.out.push('-');
            self.in_class(high);
        }
    }

    fn in_class(&mut self, c: char) {
        if c.is_ascii_graphic() && (r"\][^-".contains(c) || self.style.escape_in_class.contains(c)) {
            self.out.push('\\');
        }
        self.literal(c, "");
    }
}

fn is_invisible(c: char) -> bool {
    let formats = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    c.is_control() || c.is_whitespace() || formats
}

fn perl_name(perl: Perl, negated: bool) -> &'static str {
    match (perl, negated) {
        (Perl::Digit, false) => r"\d",
        (Perl::Digit, true) => r"\D",
        (Perl::Word, false) => r"\w",
        (Perl::Word, true) => r"\W",
        (Perl::Space, false) => r"\s",
        (Perl::Space, true) => r"\S",
    }
}

/// The characters of a named class, or all others.
fn perl_ranges(perl: Perl, negated: bool) -> &'static [(char, char)] {
    const LAST: char = char::MAX;
    match (perl, negated) {
        (Perl::Digit, false) => &[('0', '9')],
        (Perl::Digit, true) => &[('\0', '/'), (':', LAST)],
        (Perl::Word, false) => &[('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_')],
        (Perl::Word, true) => &[('\0', '/'), (':', '@'), ('[', '^'), ('`', '`'), ('{', LAST)],
        (Perl::Space, false) => {
            &[('\t', '\t'), ('\n', '\n'), ('\u{b}', '\u{b}'), ('\u{c}', '\u{c}'), ('\r', '\r'), (' ', ' ')]
        }
        (Perl::Space, true) => &[('\0', '\u{8}'), ('\u{e}', '\u{1f}'), ('!', LAST)],
    }
}
