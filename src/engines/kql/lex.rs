//! Text → tokens (KL: `Parser/TokenParser.cs`; K: "The string data type").

use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{char, multispace1, satisfy};
use nom::combinator::{map, opt, recognize, value, verify};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use super::time;
use super::value::{Type, Value};
use crate::engines::Refusal;

/// A token.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A bare word: a name, or a word of the language.
    Word(String),
    /// `['name']`
    Name(String),
    /// Any literal that stands for itself.
    Literal(Value, Type),
    /// Operators and punctuation.
    Mark(&'static str),
}

/// A token with its first byte.
#[derive(Debug, Clone)]
pub(crate) struct Spanned {
    pub(crate) at: usize,
    pub(crate) token: Token,
}

type Result<'a, T> = IResult<&'a str, T>;

const MARKS: [&str; 27] = [
    "=>", "==", "=~", "!=", "!~", "<=", ">=", "<>", "..", "|", "(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "=",
    "<", ">", "+", "-", "*", "/",
];

/// The tokens of a query, comments and blanks left out.
pub(crate) fn tokens(text: &str) -> std::result::Result<Vec<Spanned>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = blanks(rest).map_or(rest, |(after, ())| after);
        let at = text.len() - rest.len();
        if rest.is_empty() {
            return Ok(tokens);
        }
        match token(rest) {
            Ok((after, token)) => {
                tokens.push(Spanned { at, token });
                rest = after;
            }
            Err(nom::Err::Failure(error)) => {
                let at = text.len() - error.input.len();
                if error.code == nom::error::ErrorKind::HexDigit {
                    return Err(Refusal::Unknown("the escape \\U in a string".to_owned()));
                }
                return Err(Refusal::Syntax(
                    at,
                    "a string that does not end, or an escape that there is not".to_owned(),
                ));
            }
            Err(_) => return Err(Refusal::Syntax(at, "no token starts here".to_owned())),
        }
    }
}

fn blanks(input: &str) -> Result<'_, ()> {
    let comment = value((), pair(tag("//"), take_till(|character| character == '\n' || character == '\r')));
    value((), many0_count(alt((value((), multispace1), comment)))).parse(input)
}

fn token(input: &str) -> Result<'_, Token> {
    alt((
        map(bracketed, Token::Name),
        map(string, |text| Token::Literal(Value::text(&text), Type::String)),
        typed,
        number,
        word,
        banged,
        mark,
    ))
    .parse(input)
}

/// `['name']`, `["name"]`.
fn bracketed(input: &str) -> Result<'_, String> {
    delimited(pair(char('['), blanks), string, pair(blanks, char(']'))).parse(input)
}

fn mark(input: &str) -> Result<'_, Token> {
    for mark in MARKS.into_iter().chain(["%"]) {
        if let Some(rest) = input.strip_prefix(mark) {
            return Ok((rest, Token::Mark(mark)));
        }
    }
    fail(input)
}

fn fail<T>(input: &str) -> Result<'_, T> {
    Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Fail)))
}

fn broken<T>(input: &str) -> Result<'_, T> {
    Err(nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::Escaped)))
}

fn is_letter(character: char) -> bool {
    character.is_alphabetic() || character == '_' || character == '$'
}

fn name(input: &str) -> Result<'_, &str> {
    let more = take_while(|character: char| character.is_alphanumeric() || character == '_');
    recognize(pair(satisfy(is_letter), more)).parse(input)
}

fn word(input: &str) -> Result<'_, Token> {
    let (mut rest, word) = name(input)?;
    let mut word = word.to_owned();
    // `in~` is one word; `has_any` and the like have no tilde.
    if word == "in" && rest.starts_with('~') {
        rest = rest.get(1..).unwrap_or_default();
        word.push('~');
    }
    // `project-away`, `mv-expand`: known compounds alone, since `a-b` is a subtraction.
    for (head, tails) in [
        ("project", ["-away", "-keep", "-rename", "-reorder"].as_slice()),
        ("mv", &["-expand", "-apply"]),
        ("parse", &["-where", "-kv"]),
        ("make", &["-series"]),
        ("top", &["-nested", "-hitters"]),
        ("sample", &["-distinct"]),
        ("graph", &["-match", "-to-table", "-shortest-paths"]),
        ("make", &["-graph"]),
    ] {
        if word == head
            && let Some(tail) = tails.iter().find(|tail| rest.starts_with(**tail))
        {
            rest = rest.get(tail.len()..).unwrap_or_default();
            word.push_str(tail);
            break;
        }
    }
    Ok((rest, Token::Word(word)))
}

/// `!contains`, `!in~`.
fn banged(input: &str) -> Result<'_, Token> {
    let (rest, _) = char('!').parse(input)?;
    let (rest, token) = word(rest)?;
    match token {
        Token::Word(word) => Ok((rest, Token::Word(format!("!{word}")))),
        _ => fail(input),
    }
}

/// `datetime(2024-01-02)`, `long(null)`: the parenthesis holds a literal in the type's own form.
fn typed(input: &str) -> Result<'_, Token> {
    let (rest, name) = name(input)?;
    let kind = match name {
        "dynamic" => return fail(input),
        name => match Type::named(name) {
            Some(kind) if kind != Type::String => kind,
            _ => return fail(input),
        },
    };
    let (rest, raw) =
        delimited(pair(blanks, char('(')), take_till(|character| "()\n\r".contains(character)), char(')'))
            .parse(rest)?;
    let raw = raw.trim();
    let raw = raw.strip_prefix(['"', '\'']).and_then(|inner| inner.strip_suffix(['"', '\''])).unwrap_or(raw);
    let parsed = match kind {
        _ if raw == "null" => Some(Value::Null),
        Type::Bool => match raw.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Type::Int | Type::Long => integer(raw).map(Value::Long),
        Type::Real => match raw {
            "nan" => Some(Value::Real(f64::NAN)),
            "+inf" => Some(Value::Real(f64::INFINITY)),
            "-inf" => Some(Value::Real(f64::NEG_INFINITY)),
            raw => raw.parse().ok().map(Value::Real),
        },
        Type::DateTime => time::parse_datetime(raw).map(Value::Time),
        Type::TimeSpan => time::parse_span(raw).map(Value::Span),
        Type::Guid => Some(Value::text(&raw.to_ascii_lowercase())),
        Type::String | Type::Dynamic => None,
    };
    match parsed {
        Some(value) => Ok((rest, Token::Literal(value, kind))),
        None => fail(input),
    }
}

/// A decimal or hexadecimal integer.
pub(crate) fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => i64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn number(input: &str) -> Result<'_, Token> {
    let mut digits = take_while1(|character: char| character.is_ascii_digit());
    let hex = preceded(alt((tag("0x"), tag("0X"))), take_while1(|character: char| character.is_ascii_hexdigit()));
    let hex: Result<'_, &str> = recognize(hex).parse(input);
    if let Ok((rest, text)) = hex {
        return match integer(text) {
            Some(value) => Ok((rest, Token::Literal(Value::Long(value), Type::Long))),
            None => fail(input),
        };
    }
    let (rest, whole) = digits(input)?;
    let fraction = recognize(pair(char('.'), take_while1(|character: char| character.is_ascii_digit())));
    let (rest, fraction) = opt(fraction).parse(rest)?;
    let power = (
        alt((char('e'), char('E'))),
        opt(alt((char('+'), char('-')))),
        take_while1(|character: char| character.is_ascii_digit()),
    );
    let (rest, power) = opt(recognize(power)).parse(rest)?;
    let text = input.get(..input.len() - rest.len()).unwrap_or_default();
    if let Ok((after, _)) = name(rest)
        && power.is_none()
    {
        let with_unit = input.get(..input.len() - after.len()).unwrap_or_default();
        return match time::parse_unit_span(with_unit) {
            Some(ticks) => Ok((after, Token::Literal(Value::Span(ticks), Type::TimeSpan))),
            None => fail(input),
        };
    }
    let literal = if fraction.is_none() && power.is_none() {
        whole.parse().ok().map(|value| Token::Literal(Value::Long(value), Type::Long))
    } else {
        text.parse().ok().map(|value| Token::Literal(Value::Real(value), Type::Real))
    };
    literal.map_or_else(|| fail(input), |literal| Ok((rest, literal)))
}

/// Any string literal: plain, verbatim, hidden (`h`), over several lines.
fn string(input: &str) -> Result<'_, String> {
    let hidden = verify(opt(alt((char('h'), char('H')))), |_: &Option<char>| true);
    preceded(hidden, alt((fenced, verbatim, escaped))).parse(input)
}

fn fenced(input: &str) -> Result<'_, String> {
    for fence in ["```", "~~~"] {
        if let Some(rest) = input.strip_prefix(fence) {
            return match take_until::<_, _, nom::error::Error<&str>>(fence).parse(rest) {
                Ok((after, text)) => Ok((after.get(fence.len()..).unwrap_or_default(), text.to_owned())),
                Err(_) => broken(input),
            };
        }
    }
    fail(input)
}

fn verbatim(input: &str) -> Result<'_, String> {
    let (rest, quote) = preceded(char('@'), alt((char('"'), char('\'')))).parse(input)?;
    let mut text = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\r' | '\n' => return broken(input),
            _ if character == quote => {
                if characters.peek().is_some_and(|(_, next)| *next == quote) {
                    characters.next();
                    text.push(quote);
                } else {
                    return Ok((rest.get(at + 1..).unwrap_or_default(), text));
                }
            }
            _ => text.push(character),
        }
    }
    broken(input)
}

fn escaped(input: &str) -> Result<'_, String> {
    let (mut rest, quote) = alt((char('"'), char('\''))).parse(input)?;
    let mut text = String::new();
    loop {
        let mut characters = rest.chars();
        let Some(character) = characters.next() else { return broken(input) };
        rest = characters.as_str();
        match character {
            '\r' | '\n' => return broken(input),
            '\\' => {
                let (after, character) = escape(rest)?;
                text.push(character);
                rest = after;
            }
            _ if character == quote => return Ok((rest, text)),
            _ => text.push(character),
        }
    }
}

/// What stands behind a backslash.
fn escape(input: &str) -> Result<'_, char> {
    let mut characters = input.chars();
    let Some(character) = characters.next() else { return broken(input) };
    let rest = characters.as_str();
    let plain = match character {
        '\\' | '\'' | '"' => character,
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        'u' => return code_point(input, rest, 4),
        'x' => return code_point(input, rest, 2),
        // Microsoft's parser accepts it, and its measured build does not decode it.
        'U' => return Err(nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::HexDigit))),
        '0'..='7' => {
            let digits: String = input.chars().take(3).take_while(|digit| digit.is_digit(8)).collect();
            let decoded = u32::from_str_radix(&digits, 8).ok().and_then(char::from_u32);
            return match decoded {
                Some(decoded) => Ok((input.get(digits.len()..).unwrap_or_default(), decoded)),
                None => broken(input),
            };
        }
        _ => return broken(input),
    };
    Ok((rest, plain))
}

fn code_point<'a>(input: &'a str, rest: &'a str, digits: usize) -> Result<'a, char> {
    let code = rest.get(..digits).filter(|hex| hex.bytes().all(|byte| byte.is_ascii_hexdigit()));
    match code.and_then(|hex| u32::from_str_radix(hex, 16).ok()).and_then(char::from_u32) {
        Some(decoded) => Ok((rest.get(digits..).unwrap_or_default(), decoded)),
        None => broken(input),
    }
}
