//! Reads Sigma's regular expressions: the part of PCRE that every target can say (SEMANTICS 3.1).
//!
//! What other languages read differently is read as PCRE does (`{` without a count and `a{,3}` are literal, `]` first in
//! a class is a member, `\<` is `<`); what one of them cannot say at all is refused.

mod class;

use super::{Class, ClassItem, Flags, Node, Perl, Regex};

/// The longest expression that is read, in bytes.
const MAX_LENGTH: usize = 32 * 1024;
/// How deep groups may nest.
const MAX_DEPTH: usize = 100;
/// How many characters an expression may have once its counted repetitions are written out.
const MAX_EXPANDED: u64 = 50_000;
/// PCRE's own limit of a count.
const MAX_COUNT: u32 = 65_535;

/// Why a regular expression is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong, in words.
    pub message: String,
    /// The byte of the expression at which it is.
    pub offset: usize,
    /// The construct is well-formed, but outside Sigma's flavour (E0406); otherwise the expression is broken (E0405).
    pub unsupported: bool,
}

impl Regex {
    /// Reads an expression; `flags` are those of `|re|i|m|s`, to which a leading `(?i)` adds.
    pub fn parse(text: &str, flags: Flags) -> Result<Regex, ParseError> {
        let mut parser = Parser { text, at: 0, depth: 0 };
        if text.len() > MAX_LENGTH {
            return Err(parser.broken(0, format!("the expression has more than {MAX_LENGTH} characters")));
        }
        let flags = parser.leading_flags(flags)?;
        let node = parser.alternation(flags)?.node;
        if parser.peek().is_some() {
            return Err(parser.broken(parser.at, "a closing parenthesis without an opening one"));
        }
        if node.expanded() > MAX_EXPANDED {
            let message = format!("counted repetitions come to more than {MAX_EXPANDED} characters");
            return Err(parser.broken(0, message));
        }
        Ok(Regex { node, flags })
    }
}

/// A part with whether it ends in `\Z`, after which nothing may follow.
struct Piece {
    node: Node,
    ends: bool,
}

impl From<Node> for Piece {
    fn from(node: Node) -> Self {
        Piece { node, ends: false }
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    fn broken(&self, offset: usize, message: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), offset, unsupported: false }
    }

    fn unsupported(&self, offset: usize, what: impl std::fmt::Display) -> ParseError {
        ParseError { message: format!("{what} is not part of Sigma's flavour"), offset, unsupported: true }
    }

    /// `a|b|c`, up to a closing parenthesis or the end.
    fn alternation(&mut self, flags: Flags) -> Result<Piece, ParseError> {
        let mut ends = false;
        let mut branches = Vec::new();
        loop {
            let branch = self.concatenation(flags)?;
            ends |= branch.ends;
            branches.push(branch.node);
            if !self.eat("|") {
                return Ok(Piece { node: Node::alternate(branches), ends });
            }
        }
    }

    fn concatenation(&mut self, flags: Flags) -> Result<Piece, ParseError> {
        let mut ends = false;
        let mut parts = Vec::new();
        while let Some(c) = self.peek() {
            if matches!(c, '|' | ')') {
                break;
            }
            let start = self.at;
            if self.eat("(?#") {
                let Some(length) = self.rest().find(')') else {
                    return Err(self.broken(start, "a comment that is not closed"));
                };
                self.at += length + 1;
                continue;
            }
            if ends {
                return Err(self.unsupported(start, "anything after `\\Z`"));
            }
            if self.eat("\\Q") {
                let length = self.rest().find("\\E");
                let quoted = self.rest().get(..length.unwrap_or(self.rest().len())).unwrap_or("");
                self.at += quoted.len();
                self.eat("\\E");
                parts.extend(quoted.chars().map(Node::Literal));
                if !matches!(self.peek(), Some('*' | '+' | '?' | '{')) {
                    continue;
                }
                // A quantifier takes the last character alone.
                let Some(last) = parts.pop() else {
                    return Err(self.broken(self.at, "nothing to repeat"));
                };
                parts.push(self.quantified(last.into(), start)?.node);
                continue;
            }
            let atom = self.atom(flags)?;
            let piece = self.quantified(atom, start)?;
            ends = piece.ends;
            parts.push(piece.node);
        }
        Ok(Piece { node: Node::concat(parts), ends })
    }

    fn atom(&mut self, flags: Flags) -> Result<Piece, ParseError> {
        let start = self.at;
        let node = match self.next() {
            None => Node::Empty,
            Some('(') => return self.group(start, flags),
            Some('[') => Node::Class(self.class(start)?),
            Some('\\') => return self.escape(start),
            Some('.') => Node::Dot,
            Some('^') => Node::Start,
            Some('$') => Node::End,
            Some('*' | '+' | '?') => return Err(self.broken(start, "nothing to repeat")),
            Some('{') if self.count(start)?.is_some() => return Err(self.broken(start, "nothing to repeat")),
            Some(c) => Node::Literal(c),
        };
        Ok(node.into())
    }

    /// The rest of `{n}`, `{n,}` or `{n,m}` behind its brace; none, and nothing taken, where the brace is a literal.
    fn count(&mut self, start: usize) -> Result<Option<(u32, Option<u32>)>, ParseError> {
        let Some((inside, _)) = self.rest().split_once('}') else {
            return Ok(None);
        };
        let (min, max) = match inside.split_once(',') {
            None => (inside, Some(inside)),
            Some((min, "")) => (min, None),
            Some((min, max)) => (min, Some(max)),
        };
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(min) || !max.is_none_or(is_number) {
            return Ok(None);
        }
        let number = |text: &str| text.parse().ok().filter(|n| *n <= MAX_COUNT);
        let (Some(min), Some(max)) = (number(min), max.map(number).map_or(Some(None), |max| max.map(Some))) else {
            return Err(self.broken(start, format!("a count above {MAX_COUNT}")));
        };
        if max.is_some_and(|max| max < min) {
            return Err(self.broken(start, "a repetition whose largest count is below its smallest"));
        }
        self.at += inside.len() + 1;
        Ok(Some((min, max)))
    }

    /// A quantifier behind a part, if there is one.
    fn quantified(&mut self, piece: Piece, part_start: usize) -> Result<Piece, ParseError> {
        let Some((min, max)) = self.quantifier()? else {
            return Ok(piece);
        };
        let start = self.at;
        if piece.ends {
            return Err(self.unsupported(part_start, "a repeated `\\Z`"));
        }
        let bare = matches!(self.text.get(part_start..), Some(text) if !text.starts_with('('));
        if bare && piece.node.is_assertion() {
            return Err(self.unsupported(part_start, "a repeated anchor"));
        }
        let lazy = self.eat("?");
        let next = self.at;
        if !lazy && self.eat("+") {
            return Err(self.unsupported(start, "a possessive quantifier"));
        }
        if self.quantifier()?.is_some() {
            return Err(self.unsupported(next, "a quantifier right behind another"));
        }
        Ok(Node::repeat(piece.node, min, max, lazy).into())
    }

    fn quantifier(&mut self) -> Result<Option<(u32, Option<u32>)>, ParseError> {
        let start = self.at;
        let bounds = match self.peek() {
            Some('*') => (0, None),
            Some('+') => (1, None),
            Some('?') => (0, Some(1)),
            Some('{') => {
                self.at += 1;
                let count = self.count(start)?;
                if count.is_none() {
                    self.at = start;
                }
                return Ok(count);
            }
            _ => return Ok(None),
        };
        self.at += 1;
        Ok(Some(bounds))
    }

    /// A group behind its opening parenthesis.
    fn group(&mut self, start: usize, outer: Flags) -> Result<Piece, ParseError> {
        let mut flags = outer;
        if self.rest().starts_with('*') {
            return Err(self.unsupported(start, "a verb, `(*...)`,"));
        }
        if self.eat("?") && !self.eat(":") {
            if let Some(what) = self.special_group() {
                return Err(self.unsupported(start, what));
            }
            let named = ["P<", "<", "'"].into_iter().find(|opening| self.eat(opening));
            if let Some(opening) = named {
                let close = if opening == "'" { '\'' } else { '>' };
                let name = self.rest().split_once(close).map(|(name, _)| name);
                match name.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
                    Some(name) => self.at += name.len() + 1,
                    None => return Err(self.broken(start, "a group's name that cannot be read")),
                }
            } else {
                flags = self.flags(start, flags)?;
                if self.eat(")") {
                    return Err(self.unsupported(start, "a flag that is not at the start of the expression or a group"));
                }
                if !self.eat(":") {
                    return Err(self.broken(start, "a group that cannot be read"));
                }
            }
        }
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.broken(start, format!("groups nested more than {MAX_DEPTH} deep")));
        }
        let flags = self.leading_flags(flags)?;
        let inner = self.alternation(flags)?;
        self.depth -= 1;
        if !self.eat(")") {
            return Err(self.broken(start, "a group that is not closed"));
        }
        let node = match inner.node {
            node if flags == outer => node,
            node => Node::Group { flags: Some(flags), inner: Box::new(node) },
        };
        Ok(Piece { node, ends: inner.ends })
    }

    /// What a group behind its `(?` is, if it is one that Sigma does not have.
    fn special_group(&self) -> Option<&'static str> {
        let rest = self.rest();
        let known: &[(&str, &str)] = &[
            ("=", "a lookahead"),
            ("!", "a lookahead"),
            ("<=", "a lookbehind"),
            ("<!", "a lookbehind"),
            (">", "an atomic group"),
            ("|", "a branch reset"),
            ("(", "a conditional"),
            ("R", "recursion"),
            ("&", "recursion"),
            ("P>", "recursion"),
            ("P=", "a backreference"),
            ("+", "recursion"),
            ("C", "a callout"),
        ];
        let digits = rest.trim_start_matches('-');
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            return Some("recursion");
        }
        known.iter().find(|(opening, _)| rest.starts_with(opening)).map(|(_, what)| *what)
    }

    /// `(?i)` and its like, any number of them, at the start of the expression or of a group.
    fn leading_flags(&mut self, mut flags: Flags) -> Result<Flags, ParseError> {
        loop {
            let Some(body) = self.rest().strip_prefix("(?") else {
                return Ok(flags);
            };
            let length = body.find(|c: char| !c.is_ascii_alphabetic() && c != '-').unwrap_or(body.len());
            if length == 0 || !body.get(length..).is_some_and(|behind| behind.starts_with(')')) {
                return Ok(flags);
            }
            let start = self.at;
            if body.starts_with('R') {
                return Err(self.unsupported(start, "recursion"));
            }
            self.at += 2;
            flags = self.flags(start, flags)?;
            self.at += 1;
        }
    }

    /// The letters of `(?i-s`, applied to `flags`.
    fn flags(&mut self, start: usize, mut flags: Flags) -> Result<Flags, ParseError> {
        let mut value = true;
        while let Some(c) = self.peek() {
            match c {
                'i' => flags.ignore_case = value,
                'm' => flags.multi_line = value,
                's' => flags.dot_all = value,
                '-' if value => value = false,
                c if c.is_ascii_alphabetic() => return Err(self.unsupported(start, format!("the flag `{c}`"))),
                _ => break,
            }
            self.at += 1;
        }
        Ok(flags)
    }

    /// An escape outside a class, behind its backslash.
    fn escape(&mut self, start: usize) -> Result<Piece, ParseError> {
        let Some(c) = self.next() else {
            return Err(self.broken(start, "a backslash at the end"));
        };
        let node = match c {
            'b' => Node::WordBoundary,
            'B' => Node::NotWordBoundary,
            'A' => Node::TextStart,
            'z' => Node::TextEnd,
            'Z' => {
                // `\Z` stands at the end or before a final line break. As nothing may follow it, taking that line break
                // into the match finds the same texts.
                let line_break = Node::repeat(Node::Literal('\n'), 0, Some(1), false);
                return Ok(Piece { node: Node::concat(vec![line_break, Node::TextEnd]), ends: true });
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' => {
                Node::Class(Class { negated: false, items: perl(c).into_iter().collect() })
            }
            c => Node::Literal(self.escaped_char(start, c)?),
        };
        Ok(node.into())
    }

    /// The character that an escape stands for, inside a class or outside; `c` is what follows the backslash.
    fn escaped_char(&mut self, start: usize, c: char) -> Result<char, ParseError> {
        match c {
            't' => Ok('\t'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            'f' => Ok('\u{c}'),
            'a' => Ok('\u{7}'),
            'e' => Ok('\u{1b}'),
            'x' => self.hex(start),
            'u' => self.hex_digits(start, 4, 4),
            'v' => Err(self.unsupported(start, "`\\v`, a class in PCRE and a character elsewhere,")),
            '1'..='9' => Err(self.unsupported(start, "a backreference")),
            '0' => Err(self.unsupported(start, "an octal escape")),
            'Q' | 'E' => Err(self.unsupported(start, format!("`\\{c}` here"))),
            c if c.is_ascii_alphanumeric() => Err(self.unsupported(start, format!("`\\{c}`"))),
            c => Ok(c),
        }
    }

    /// `\xHH` or `\x{...}` behind the `x`.
    fn hex(&mut self, start: usize) -> Result<char, ParseError> {
        if !self.eat("{") {
            return self.hex_digits(start, 1, 2);
        }
        let c = self.hex_digits(start, 1, 6)?;
        if !self.eat("}") {
            return Err(self.broken(start, "`\\x{` that is not closed"));
        }
        Ok(c)
    }

    fn hex_digits(&mut self, start: usize, least: usize, most: usize) -> Result<char, ParseError> {
        let length = self.rest().bytes().take(most).take_while(u8::is_ascii_hexdigit).count();
        let digits = self.rest().get(..length).unwrap_or("");
        if length < least {
            return Err(self.broken(start, "an escape without its hexadecimal digits"));
        }
        self.at += length;
        let value = u32::from_str_radix(digits, 16).ok();
        value.and_then(char::from_u32).ok_or_else(|| self.broken(start, "an escape that is no Unicode character"))
    }
}

/// `\d`, `\w`, `\s` and their negations.
fn perl(c: char) -> Option<ClassItem> {
    let class = match c.to_ascii_lowercase() {
        'd' => Perl::Digit,
        'w' => Perl::Word,
        's' => Perl::Space,
        _ => return None,
    };
    Some(ClassItem::Perl(class, c.is_ascii_uppercase()))
}
