//! Text → tokens, as vfilter's lexer cuts it (vfilter.go, `vqlLexer`): the first rule that matches wins, keywords in any case.

use nom::branch::alt;
use nom::bytes::complete::{is_not, tag, take_until, take_while, take_while1};
use nom::character::complete::{char, digit0, digit1, multispace1, one_of, satisfy};
use nom::combinator::{opt, recognize, value};
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use super::super::Refusal;

/// Keywords; none can be a name without backticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    Explain,
    Select,
    Where,
    And,
    Or,
    From,
    Not,
    As,
    In,
    Limit,
    Null,
    Desc,
    GroupBy,
    OrderBy,
    True,
    False,
    Let,
}

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Keyword(Keyword),
    Name(String),
    Text(String),
    Number(String),
    /// An operator or punctuation.
    Sign(&'static str),
    End,
}

/// A token with its place: byte offsets of its begin and end.
#[derive(Debug, Clone)]
pub(super) struct Token {
    pub kind: Kind,
    pub from: usize,
    pub to: usize,
}

const KEYWORDS: [(&str, Keyword); 15] = [
    ("EXPLAIN", Keyword::Explain),
    ("SELECT", Keyword::Select),
    ("WHERE", Keyword::Where),
    ("AND", Keyword::And),
    ("OR", Keyword::Or),
    ("FROM", Keyword::From),
    ("NOT", Keyword::Not),
    ("AS", Keyword::As),
    ("IN", Keyword::In),
    ("LIMIT", Keyword::Limit),
    ("NULL", Keyword::Null),
    ("DESC", Keyword::Desc),
    ("TRUE", Keyword::True),
    ("FALSE", Keyword::False),
    ("LET", Keyword::Let),
];

const SIGNS: [&str; 27] = [
    "<>", "!=", "<=", ">=", "=>", "=~", "||", "|", "&&", "-", ":", "+", "*", "/", "%", ",", ".", "(", ")", "=", "<",
    ">", "{", "}", "[", "]", "&",
];

/// The tokens of a query, the last one [`Kind::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Token>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = skip(rest);
        let from = text.len() - rest.len();
        if rest.is_empty() {
            tokens.push(Token { kind: Kind::End, from, to: from });
            return Ok(tokens);
        }
        let (after, kind) = token(rest).map_err(|_| Refusal::Syntax(from, "no token begins here".to_owned()))?;
        let to = text.len() - after.len();
        let kind = match kind {
            Raw::Kind(kind) => kind,
            Raw::Quoted(inside) => Kind::Text(unquote(inside, from)?),
        };
        tokens.push(Token { kind, from, to });
        rest = after;
    }
}

/// A token whose text may still have to be unquoted.
enum Raw<'a> {
    Kind(Kind),
    Quoted(&'a str),
}

fn skip(text: &str) -> &str {
    let mut rest = text;
    while let Ok((after, ())) = space(rest) {
        rest = after;
    }
    rest
}

fn space(text: &str) -> IResult<&str, ()> {
    let line = preceded(alt((tag("--"), tag("//"))), take_while(|c| c != '\n'));
    let block = delimited(tag("/*"), take_until("*/"), tag("*/"));
    value((), alt((multispace1, block, line))).parse(text)
}

fn token(text: &str) -> IResult<&str, Raw<'_>> {
    alt((
        word.map(Raw::Kind),
        delimited(char('`'), is_not("`"), char('`')).map(|name: &str| Raw::Kind(Kind::Name(name.to_owned()))),
        delimited(tag("'''"), take_until("'''"), tag("'''")).map(|raw: &str| Raw::Kind(Kind::Text(raw.to_owned()))),
        quoted('\'').map(Raw::Quoted),
        quoted('"').map(Raw::Quoted),
        number.map(|number: &str| Raw::Kind(Kind::Number(number.to_owned()))),
        sign.map(Raw::Kind),
    ))
    .parse(text)
}

fn word(text: &str) -> IResult<&str, Kind> {
    let (rest, word) = recognize(pair(
        satisfy(|c| c.is_ascii_alphabetic() || c == '_'),
        take_while(|c: char| c.is_ascii_alphanumeric() || c == '_'),
    ))
    .parse(text)?;
    for (first, keyword) in [("GROUP", Keyword::GroupBy), ("ORDER", Keyword::OrderBy)] {
        if word.eq_ignore_ascii_case(first)
            && let Ok((rest, by)) = preceded(multispace1, name_text).parse(rest)
            && by.eq_ignore_ascii_case("BY")
        {
            return Ok((rest, Kind::Keyword(keyword)));
        }
    }
    let keyword = KEYWORDS.iter().find(|(spelled, _)| word.eq_ignore_ascii_case(spelled));
    Ok((rest, keyword.map_or_else(|| Kind::Name(word.to_owned()), |(_, keyword)| Kind::Keyword(*keyword))))
}

fn name_text(text: &str) -> IResult<&str, &str> {
    take_while1(|c: char| c.is_ascii_alphanumeric() || c == '_').parse(text)
}

/// The inside of a quoted literal, its escapes still in it.
fn quoted<'a>(quote: char) -> impl Parser<&'a str, Output = &'a str, Error = nom::error::Error<&'a str>> {
    move |text: &'a str| {
        let (mut rest, _) = char(quote).parse(text)?;
        let begin = rest;
        loop {
            rest = take_while(|c| c != quote && c != '\\').parse(rest)?.0;
            let Ok((after, _)) = preceded(char::<_, nom::error::Error<&str>>('\\'), satisfy(|_| true)).parse(rest)
            else {
                let inside = begin.get(..begin.len() - rest.len()).unwrap_or_default();
                return char(quote).map(|_| inside).parse(rest);
            };
            rest = after;
        }
    }
}

fn number(text: &str) -> IResult<&str, &str> {
    let hex = recognize((tag("0x"), take_while1(|c: char| c.is_ascii_hexdigit())));
    let exponent = || (one_of("eE"), opt(one_of("+-")), digit1);
    let fraction = recognize((digit0, char('.'), digit1, opt(exponent())));
    let whole = recognize((digit1, opt(exponent())));
    recognize((opt(char('-')), alt((hex, fraction, whole)))).parse(text)
}

fn sign(text: &str) -> IResult<&str, Kind> {
    let found = SIGNS.iter().find_map(|sign| text.strip_prefix(*sign).map(|rest| (rest, Kind::Sign(sign))));
    found.ok_or_else(|| nom::Err::Error(nom::error::Error::new(text, nom::error::ErrorKind::Tag)))
}

/// The text that a quoted literal stands for (utils/unquote.go): `\n \r \t \xHH`, any other escape is the character itself.
fn unquote(inside: &str, at: usize) -> Result<String, Refusal> {
    let mut bytes = Vec::with_capacity(inside.len());
    let mut rest = inside.as_bytes();
    loop {
        rest = match rest {
            [] => break,
            [b'\\', b'n', rest @ ..] => push(&mut bytes, b'\n', rest),
            [b'\\', b'r', rest @ ..] => push(&mut bytes, b'\r', rest),
            [b'\\', b't', rest @ ..] => push(&mut bytes, b'\t', rest),
            [b'\\', b'x' | b'X', high, low, rest @ ..] => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => push(&mut bytes, high * 16 + low, rest),
                _ => return Err(Refusal::Unknown(format!("the escape \\x without two digits at {at}"))),
            },
            [b'\\', b'x' | b'X', ..] => {
                return Err(Refusal::Unknown(format!("the escape \\x without two digits at {at}")));
            }
            [b'\\', other, rest @ ..] | [other, rest @ ..] => push(&mut bytes, *other, rest),
        };
    }
    String::from_utf8(bytes).map_err(|_| Refusal::Unknown(format!("a literal that is not UTF-8 at {at}")))
}

fn push<'a>(bytes: &mut Vec<u8>, byte: u8, rest: &'a [u8]) -> &'a [u8] {
    bytes.push(byte);
    rest
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
