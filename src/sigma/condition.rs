//! Conditions (SEMANTICS 1.5): words by maximal munch, then `or` < `and` < `not` < `x of`.

use std::ops::Range;
use std::sync::Arc;

use nom::branch::alt;
use nom::bytes::complete::take_while1;
use nom::character::complete::{anychar, char, multispace0};
use nom::combinator::value;
use nom::{IResult, Parser as _};

use super::{Condition, Spanned};
use crate::diag::{Code, Diagnostic};
use crate::source::Span;

/// Parentheses and `not`s inside each other; written ones reach three.
const MAX_DEPTH: usize = 64;

/// A lexical unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    /// A maximal run of letters, digits, `_`, `-` and `*`.
    Word(&'a str),
    Open,
    Close,
    Pipe,
    /// What no condition has.
    Other(char),
}

fn token(input: &str) -> IResult<&str, Token<'_>> {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*');
    alt((
        take_while1(word).map(Token::Word),
        value(Token::Open, char('(')),
        value(Token::Close, char(')')),
        value(Token::Pipe, char('|')),
        anychar.map(Token::Other),
    ))
    .parse(input)
}

fn tokens(text: &str) -> Vec<(Token<'_>, Range<usize>)> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Ok((start, _)) = multispace0::<_, nom::error::Error<&str>>(rest) {
        let Ok((end, token)) = token(start) else { break };
        out.push((token, text.len() - start.len()..text.len() - end.len()));
        rest = end;
    }
    out
}

/// What a condition's text says.
pub(super) enum Parsed {
    /// A condition.
    Condition {
        /// The condition, names not yet looked up.
        condition: Condition,
        /// Whether `and` and `or` stand side by side without parentheses.
        mixed: bool,
    },
    /// A condition followed by a pipe: where the pipe is.
    Aggregation(Range<usize>),
}

/// Reads a condition. `names` are the selections there are: an operator in upper case is only one if no selection
/// has its name. `place` gives the bytes of a part of the text.
/// Errors: E0301, E0304, E0305, E0308.
pub(super) fn parse(
    text: &str,
    is_name: &dyn Fn(&str) -> bool,
    place: &dyn Fn(Range<usize>) -> Span,
) -> Result<Parsed, Box<Diagnostic>> {
    let tokens = tokens(text);
    upper_case(&tokens, is_name, place)?;
    let end = text.trim_end().len();
    let mut parser = Parser { tokens: &tokens, next: 0, place, end, mixed: false };
    let condition = parser.or(0)?;
    match parser.peek() {
        None => Ok(Parsed::Condition { condition, mixed: parser.mixed }),
        Some(Token::Pipe) => Ok(Parsed::Aggregation(parser.range())),
        Some(Token::Close) => Err(parser.error("closing parenthesis without an opening one")),
        Some(Token::Word(word)) => {
            let message = format!("`and` or `or` is missing before `{word}`");
            Err(parser.error(&message))
        }
        Some(token) => Err(parser.unexpected(token, "`and`, `or` or the end of the condition")),
    }
}

/// Operators that would be understood in lower case (E0304), all in one finding.
fn upper_case(
    tokens: &[(Token<'_>, Range<usize>)],
    is_name: &dyn Fn(&str) -> bool,
    place: &dyn Fn(Range<usize>) -> Span,
) -> Result<(), Box<Diagnostic>> {
    let mut found: Option<Diagnostic> = None;
    for (position, (token, range)) in tokens.iter().enumerate() {
        let Token::Word(word) = token else { continue };
        let lower = word.to_ascii_lowercase();
        let neighbour = |offset: Option<usize>| match offset.and_then(|n| tokens.get(n)) {
            Some((Token::Word(word), _)) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        let operator = match lower.as_str() {
            "and" | "or" | "not" | "of" => true,
            "all" | "any" => neighbour(Some(position + 1)) == "of",
            "them" => neighbour(position.checked_sub(1)) == "of",
            _ => false,
        };
        if !operator || lower == *word || is_name(word) {
            continue;
        }
        let span = place(range.clone());
        let diagnostic = match found.take() {
            None => Diagnostic::new(Code::E0304, format!("operator `{word}` is not in lower case"))
                .at(span)
                .label(format!("write `{lower}`"))
                .help("Sigma's operators are in lower case; elsewhere such a word is the name of a selection"),
            Some(diagnostic) => diagnostic.also(span, format!("write `{lower}`")),
        };
        found = Some(diagnostic.edit(span, lower, true));
    }
    found.map_or(Ok(()), |diagnostic| Err(Box::new(diagnostic)))
}

struct Parser<'a> {
    tokens: &'a [(Token<'a>, Range<usize>)],
    next: usize,
    place: &'a dyn Fn(Range<usize>) -> Span,
    /// Where the text ends.
    end: usize,
    mixed: bool,
}

type Result_<T> = Result<T, Box<Diagnostic>>;

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.next).map(|(token, _)| *token)
    }

    fn range(&self) -> Range<usize> {
        let last = self.tokens.last().map_or(0..self.end, |(_, range)| range.clone());
        self.tokens.get(self.next).map_or(last, |(_, range)| range.clone())
    }

    fn eat(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(Token::Word(word));
        self.next += usize::from(found);
        found
    }

    fn or(&mut self, depth: usize) -> Result_<Condition> {
        let (first, mut chained) = self.and(depth)?;
        let mut parts = vec![first];
        while self.eat("or") {
            let (part, chain) = self.and(depth)?;
            chained |= chain;
            parts.push(part);
        }
        self.mixed |= chained && parts.len() > 1;
        Ok(single(parts, Condition::Or))
    }

    /// A conjunction, and whether it has more than one part.
    fn and(&mut self, depth: usize) -> Result_<(Condition, bool)> {
        let mut parts = vec![self.not(depth)?];
        while self.eat("and") {
            parts.push(self.not(depth)?);
        }
        let chain = parts.len() > 1;
        Ok((single(parts, Condition::And), chain))
    }

    fn not(&mut self, depth: usize) -> Result_<Condition> {
        if depth > MAX_DEPTH {
            let message = format!("condition is nested more than {MAX_DEPTH} levels deep");
            return Err(Box::new(Diagnostic::new(Code::E0308, message).at((self.place)(self.range()))));
        }
        if self.eat("not") {
            return Ok(Condition::Not(Box::new(self.not(depth + 1)?)));
        }
        self.primary(depth)
    }

    fn primary(&mut self, depth: usize) -> Result_<Condition> {
        let range = self.range();
        match self.peek() {
            Some(Token::Open) => {
                self.next += 1;
                let inner = self.or(depth + 1)?;
                if self.peek() != Some(Token::Close) {
                    let found = match self.peek() {
                        Some(Token::Word(word)) => format!("`and`, `or` or `)` is missing before `{word}`"),
                        _ => "parenthesis is never closed".to_owned(),
                    };
                    return Err(Box::new(match self.peek() {
                        Some(Token::Word(_)) => *self.error(&found),
                        _ => Diagnostic::new(Code::E0301, found).at((self.place)(range)),
                    }));
                }
                self.next += 1;
                Ok(inner)
            }
            Some(Token::Word(word)) => {
                if let Some((Token::Word("of"), _)) = self.tokens.get(self.next + 1) {
                    return self.selector(word, range);
                }
                if matches!(word, "and" | "or" | "of") {
                    return Err(self.error(&format!("a selection is missing before `{word}`")));
                }
                if word == "them" {
                    return Err(self.error("`them` stands only after `of`: `1 of them`, `all of them`"));
                }
                if word.contains('*') {
                    return Err(self.error(&format!("`{word}` has a wildcard; write `1 of {word}` or `all of {word}`")));
                }
                self.next += 1;
                Ok(Condition::Name(Spanned { value: word.into(), span: (self.place)(range) }))
            }
            Some(token) => Err(self.unexpected(token, "a selection, `not` or `(`")),
            None if self.tokens.is_empty() => Err(self.error("condition is empty")),
            None => {
                let last = self.tokens.last().map(|(token, _)| *token);
                let word = if let Some(Token::Word(word)) = last { word } else { "(" };
                Err(self.error(&format!("condition ends after `{word}`, where a selection must follow")))
            }
        }
    }

    /// `quantifier of pattern`
    fn selector(&mut self, quantifier: &str, range: Range<usize>) -> Result_<Condition> {
        let all = match quantifier {
            "all" => true,
            "1" | "any" => false,
            _ => {
                let place = (self.place)(range);
                let mut diagnostic =
                    Diagnostic::new(Code::E0305, format!("`{quantifier} of` is not a quantifier of Sigma")).at(place);
                diagnostic = match quantifier {
                    "none" | "no" | "0" => diagnostic.help("write `not 1 of ...`"),
                    "one" => diagnostic.help("write `1 of ...`").edit(place, "1", true),
                    _ => diagnostic
                        .help("Sigma has `1 of`, `any of` and `all of`; write larger numbers out with `and` and `or`"),
                };
                return Err(Box::new(diagnostic));
            }
        };
        self.next += 2;
        let range = self.range();
        let Some(Token::Word(pattern)) = self.peek() else {
            return Err(match self.peek() {
                Some(token) => self.unexpected(token, "`them` or the name of a selection, `*` allowed in it"),
                None => self.error("condition ends after `of`, where `them` or a name must follow"),
            });
        };
        self.next += 1;
        Ok(Condition::Of { all, pattern: Spanned { value: Arc::from(pattern), span: (self.place)(range) } })
    }

    fn error(&self, message: &str) -> Box<Diagnostic> {
        Box::new(Diagnostic::new(Code::E0301, message).at((self.place)(self.range())))
    }

    fn unexpected(&self, token: Token<'_>, expected: &str) -> Box<Diagnostic> {
        let (name, help) = match token {
            Token::Word(word) => (format!("`{word}`"), None),
            Token::Open => ("`(`".into(), Some("`and` or `or` is missing before the parenthesis")),
            Token::Close => ("`)`".into(), None),
            Token::Pipe => ("`|`".into(), None),
            Token::Other('&') => ("`&`".into(), Some("write `and`")),
            Token::Other('!') => ("`!`".into(), Some("write `not`")),
            Token::Other(',') => ("`,`".into(), Some("write `and` or `or`")),
            Token::Other(c) if c.is_whitespace() || c.is_control() => {
                (format!("the character U+{:04X}", u32::from(c)), Some("only plain blanks separate words"))
            }
            Token::Other(c) => {
                (format!("`{c}`"), Some("names in a condition are letters, digits, `_` and `-`, and `*` after `of`"))
            }
        };
        let diagnostic = Diagnostic::new(Code::E0301, format!("{name} where {expected} must follow"));
        let diagnostic = diagnostic.at((self.place)(self.range()));
        Box::new(match help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        })
    }
}

fn single(mut parts: Vec<Condition>, several: fn(Vec<Condition>) -> Condition) -> Condition {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, Some(last)) => {
            parts.push(last);
            several(parts)
        }
        (_, None) => several(parts),
    }
}

/// Whether `x of pattern` means the selection of that name (SEMANTICS 1.5): `*` is any run of characters, and names
/// that start with `_` are meant only by patterns that do.
pub fn selects(pattern: &str, name: &str) -> bool {
    if pattern == "them" {
        return !name.starts_with('_');
    }
    if name.starts_with('_') && !pattern.starts_with('_') {
        return false;
    }
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or("");
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let Some(last) = pieces.next_back() else { return rest.is_empty() };
    for piece in pieces {
        let Some(place) = rest.find(piece) else { return false };
        rest = rest.get(place + piece.len()..).unwrap_or("");
    }
    rest.ends_with(last)
}
