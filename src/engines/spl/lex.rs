//! Characters → tokens: what `search` and the expressions of `eval` and `where` have in common.

use nom::bytes::complete::{take, take_while, take_while1};
use nom::character::complete::{char, none_of, satisfy};
use nom::combinator::{map, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser, branch::alt};

use crate::engines::Refusal;

/// What a scanner gives: the rest and what it took.
pub(super) type Scan<'a, T> = IResult<&'a str, T>;

/// A token of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    /// `"…"`, without its quotes, escapes as written.
    Text(&'a str),
    /// `'…'`: a field.
    Quoted(&'a str),
    /// A bare name: a field, a function, an operator word.
    Name(&'a str),
    /// A number.
    Number(f64),
    /// `=`, `(`, `,` …
    Sign(&'static str),
}

/// The signs, longer ones first.
const SIGNS: &[&str] =
    &["==", "!=", "<=", ">=", "=", "<", ">", "(", ")", ",", "+", "-", "*", "/", "%", ".", "[", "]", ";"];

/// Blanks, as many as there are.
pub(super) fn blank(input: &str) -> &str {
    input.trim_start()
}

/// What stands between two quotes; a backslash keeps the character behind it from ending it.
pub(super) fn quoted(quote: char) -> impl FnMut(&str) -> Scan<'_, &str> {
    move |input| {
        let stop: &[char] = if quote == '"' { &['"', '\\'] } else { &['\'', '\\'] };
        let one = alt((map(none_of(stop), drop), map(preceded(char('\\'), take(1_usize)), drop)));
        delimited(char(quote), recognize(many0_count(one)), char(quote)).parse(input)
    }
}

/// A bare name of an expression: letters, digits, `_`; no digit first (Search Reference, where: field names).
fn name(input: &str) -> Scan<'_, &str> {
    let first = satisfy(|c| c.is_alphabetic() || c == '_');
    recognize((first, take_while(|c: char| c.is_alphanumeric() || c == '_'))).parse(input)
}

fn number(input: &str) -> Scan<'_, f64> {
    let digits = || take_while1(|c: char| c.is_ascii_digit());
    let (rest, text) = alt((recognize((digits(), char('.'), digits())), digits())).parse(input)?;
    match text.parse() {
        Ok(number) if !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_') => Ok((rest, number)),
        _ => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Float))),
    }
}

fn sign(input: &str) -> Scan<'_, &'static str> {
    let found = SIGNS.iter().find(|sign| input.starts_with(**sign));
    match found.and_then(|sign| Some((input.get(sign.len()..)?, *sign))) {
        Some(found) => Ok(found),
        None => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag))),
    }
}

/// Tokens, each with the offset at which it starts.
pub(super) type Tokens<'a> = Vec<(usize, Token<'a>)>;

/// The tokens of an expression up to the next `|` outside quotes, and the rest.
pub(super) fn tokens<'a>(input: &'a str, whole: usize) -> Result<(Tokens<'a>, &'a str), Refusal> {
    let mut found = Vec::new();
    let mut rest = blank(input);
    while !rest.is_empty() && !rest.starts_with('|') {
        let at = whole - rest.len();
        let token = alt((
            map(quoted('"'), Token::Text),
            map(quoted('\''), Token::Quoted),
            map(name, Token::Name),
            map(number, Token::Number),
            map(sign, Token::Sign),
        ))
        .parse(rest);
        let Ok((next, token)) = token else {
            return Err(Refusal::Syntax(at, "no part of an expression starts here".to_owned()));
        };
        found.push((at, token));
        rest = blank(next);
    }
    Ok((found, rest))
}

/// What a text of `search` says: `\\`, `\"`, `\|` lose their backslash, other sequences are not altered
/// (Search Reference, search: Quotes and escaping characters).
pub(super) fn plain(raw: &str) -> String {
    unescape(raw, |c| matches!(c, '\\' | '"' | '|').then_some(c))
}

/// What a text of `eval` says: as in `search`, and `\t` is a tab (Search Manual, Types of expressions), as `\n` and `\r`
/// are the ends of lines.
pub(super) fn text(raw: &str) -> String {
    unescape(raw, |c| match c {
        '\\' | '"' => Some(c),
        't' => Some('\t'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        _ => None,
    })
}

/// What a text of `eval` says where a regular expression is expected: `\\\\` and `\\"` lose a backslash first, the rest is left
/// to the regular expression (Search Manual, Backslashes; SPL and regular expressions).
pub(super) fn pattern(raw: &str) -> String {
    unescape(raw, |c| matches!(c, '\\' | '"').then_some(c))
}

fn unescape(raw: &str, known: impl Fn(char) -> Option<char>) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            text.push(c);
            continue;
        }
        match chars.next() {
            None => text.push('\\'),
            Some(next) => match known(next) {
                Some(c) => text.push(c),
                None => text.extend(['\\', next]),
            },
        }
    }
    text
}

/// The text without its comments, each a blank run of the same length (Search Manual, Add comments to searches): three
/// backquotes before and behind. A text in quotes holds no comment.
pub(super) fn uncomment(query: &str) -> Result<String, Refusal> {
    let mut out = String::with_capacity(query.len());
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        let at = query.len() - rest.len();
        let taken = if rest.starts_with("```") {
            let inside = rest.get(3..).unwrap_or_default();
            let Some(end) = inside.find("```") else {
                return Err(Refusal::Syntax(at, "a comment without its end".to_owned()));
            };
            out.extend(std::iter::repeat_n(' ', end + 6));
            end + 6
        } else if c == '`' {
            let name = rest.get(1..).unwrap_or_default().split('`').next().unwrap_or_default();
            return Err(Refusal::Unknown(format!("the macro `{name}`")).at(at));
        } else if c == '"' {
            let Ok((after, _)) = quoted('"')(rest) else {
                return Err(Refusal::Syntax(at, "a quote without its end".to_owned()));
            };
            let length = rest.len() - after.len();
            out.push_str(rest.get(..length).unwrap_or_default());
            length
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    Ok(out)
}
