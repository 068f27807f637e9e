//! The text of a query → its commands.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::map;
use nom::{IResult, Parser};

use super::expression::Tokens;
use super::lex::{self, blank, quoted};
use super::search;
use super::stats::{self, Stats};
use super::tree::{Expr, Search};
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// A command.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Command {
    /// `search`
    Search(Search),
    /// `where`
    Where(Expr),
    /// `eval`: fields and what they get, in order.
    Eval(Vec<(String, Expr)>),
    /// `regex`: the field, whether it must match, the pattern.
    Regex(String, bool, String),
    /// `rex`: the field, the pattern, how many matches (0: all).
    Rex(String, String, usize),
    /// `fields`: whether those named are kept or removed.
    Fields(bool, Vec<String>),
    /// `table`
    Table(Vec<String>),
    /// `rename`: from, to.
    Rename(Vec<(String, String)>),
    /// `dedup`: how many of each are kept, the fields.
    Dedup(usize, Vec<String>),
    /// `sort`: how many are kept (0: all), the fields, each with whether it falls.
    Sort(usize, Vec<(String, bool)>),
    /// `head`
    Head(usize),
    /// `spath`: the input, the path, the output; without a path all of it.
    Spath(String, Option<(String, String)>),
    /// `stats`
    Stats(Stats),
}

/// An argument of a command that takes no expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Arg<'a> {
    /// A bare word.
    Word(&'a str),
    /// `"…"`
    Quoted(&'a str),
    /// `=`, `!=`, `,`, `(`, `)`
    Sign(&'a str),
}

/// Reads a whole query, its comments taken out: its commands, each with the byte at which it stands.
pub(super) fn parse(query: &str, budget: &mut Budget) -> Result<Vec<(usize, Command)>, Refusal> {
    let mut commands = Vec::new();
    let mut rest = blank(query);
    if !rest.starts_with('|') {
        let at = query.len() - rest.len();
        let explicit = rest.strip_prefix("search").filter(|rest| rest.starts_with(char::is_whitespace));
        let found = search::search(explicit.unwrap_or(rest), query.len(), budget);
        let (found, after) = found.map_err(|refusal| refusal.at(at))?;
        commands.push((at, Command::Search(found)));
        rest = after;
    }
    while let Some(after) = rest.strip_prefix('|') {
        budget.step(100)?;
        let after = blank(after);
        let at = query.len() - after.len();
        let command = command(after, query.len(), commands.is_empty(), budget);
        let (command, after) = command.map_err(|refusal| refusal.at(at))?;
        commands.push((at, command));
        rest = blank(after);
    }
    if rest.is_empty() {
        return Ok(commands);
    }
    Err(Refusal::Syntax(query.len() - rest.len(), "no command starts here".to_owned()))
}

fn command<'a>(input: &'a str, whole: usize, first: bool, budget: &mut Budget) -> Result<(Command, &'a str), Refusal> {
    let end = input.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(input.len());
    let (name, rest) = input.split_at(end);
    let at = whole - input.len();
    if name.is_empty() {
        return Err(Refusal::Syntax(at, "a command is missing".to_owned()));
    }
    if first && name != "search" {
        return Err(Refusal::Unknown(format!("the command {name} at the start")));
    }
    match name {
        "search" => {
            let (found, rest) = search::search(rest, whole, budget)?;
            Ok((Command::Search(found), rest))
        }
        "where" | "eval" => {
            let (tokens, rest) = lex::tokens(rest, whole)?;
            let mut tokens = Tokens::new(&tokens, whole - rest.len());
            let command = if name == "where" {
                Command::Where(tokens.expr(budget)?)
            } else {
                let mut fields = Vec::new();
                loop {
                    let field = tokens.target()?;
                    if !tokens.sign("=") {
                        return tokens.wrong("`=` is missing");
                    }
                    fields.push((field, tokens.expr(budget)?));
                    if !tokens.sign(",") {
                        break;
                    }
                }
                Command::Eval(fields)
            };
            if tokens.is_done() { Ok((command, rest)) } else { tokens.wrong("an operator is missing") }
        }
        _ => {
            let (arguments, rest) = arguments(rest, whole)?;
            Ok((plain(name, &arguments, at)?, rest))
        }
    }
}

fn argument(input: &str) -> IResult<&str, Arg<'_>> {
    let word = take_while1(|c: char| !(c.is_whitespace() || "=!,()|\"".contains(c)));
    let sign = alt((tag("!="), tag("="), tag(","), tag("("), tag(")")));
    alt((map(quoted('"'), Arg::Quoted), map(sign, Arg::Sign), map(word, Arg::Word))).parse(input)
}

fn arguments(input: &str, whole: usize) -> Result<(Vec<Arg<'_>>, &str), Refusal> {
    let mut found = Vec::new();
    let mut rest = blank(input);
    while !rest.is_empty() && !rest.starts_with('|') {
        if rest.starts_with('[') {
            return Err(Refusal::Unknown("a subsearch".to_owned()));
        }
        let Ok((after, argument)) = argument(rest) else {
            return Err(Refusal::Syntax(whole - rest.len(), "no argument starts here".to_owned()));
        };
        found.push(argument);
        rest = blank(after);
    }
    Ok((found, rest))
}

/// The names in a list, with or without commas.
pub(super) fn names(arguments: &[Arg<'_>], command: &str) -> Result<Vec<String>, Refusal> {
    let mut names = Vec::new();
    for argument in arguments {
        match argument {
            Arg::Word(name) => names.push((*name).to_owned()),
            Arg::Quoted(name) => names.push(lex::plain(name)),
            Arg::Sign(",") => {}
            Arg::Sign(sign) => return Err(Refusal::Unknown(format!("`{sign}` in {command}"))),
        }
    }
    Ok(names)
}

fn no_wildcard(names: Vec<String>, command: &str) -> Result<Vec<String>, Refusal> {
    match names.iter().find(|name| name.contains('*')) {
        Some(_) => Err(Refusal::Unknown(format!("a wildcard in {command}"))),
        None => Ok(names),
    }
}

fn plain(name: &str, arguments: &[Arg<'_>], at: usize) -> Result<Command, Refusal> {
    let wrong = || Refusal::Syntax(at, format!("{name}: an argument is missing"));
    let number = |word: &str| word.parse::<usize>().ok();
    Ok(match name {
        "fields" => {
            let (keep, rest) = match arguments.split_first() {
                Some((Arg::Word("-"), rest)) => (false, rest),
                Some((Arg::Word("+"), rest)) => (true, rest),
                _ => (true, arguments),
            };
            Command::Fields(keep, names(rest, name)?)
        }
        "table" => Command::Table(names(arguments, name)?),
        "stats" => Command::Stats(stats::parse(arguments, at)?),
        "head" => match arguments {
            [] => Command::Head(10),
            [Arg::Word(word)] => Command::Head(number(word).ok_or_else(|| Refusal::Unknown(format!("head {word}")))?),
            _ => return Err(Refusal::Unknown("head with a condition".to_owned())),
        },
        "dedup" => {
            let (count, rest) = match arguments.split_first() {
                Some((Arg::Word(word), rest)) if number(word).is_some() => (number(word).unwrap_or(1), rest),
                _ => (1, arguments),
            };
            let fields = no_wildcard(names(rest, name)?, name)?;
            if fields.is_empty() || fields.iter().any(|field| field == "sortby") || count == 0 {
                return Err(Refusal::Unknown("dedup without fields or with sortby".to_owned()));
            }
            Command::Dedup(count, fields)
        }
        "sort" => sort(arguments)?,
        "rename" => {
            let mut pairs = Vec::new();
            for pair in arguments.split(|argument| *argument == Arg::Sign(",")) {
                let names = no_wildcard(names(pair, name)?, name)?;
                match names.as_slice() {
                    [from, word, to] if word.eq_ignore_ascii_case("as") => pairs.push((from.clone(), to.clone())),
                    _ => return Err(Refusal::Unknown("rename of what is not `a AS b` with commas between".to_owned())),
                }
            }
            Command::Rename(pairs)
        }
        "regex" => match arguments {
            [Arg::Quoted(raw)] => Command::Regex("_raw".to_owned(), true, lex::pattern(raw)),
            [Arg::Word(field), Arg::Sign(sign @ ("=" | "!=")), Arg::Quoted(raw)] => {
                Command::Regex((*field).to_owned(), *sign == "=", lex::pattern(raw))
            }
            [Arg::Quoted(field), Arg::Sign(sign @ ("=" | "!=")), Arg::Quoted(raw)] => {
                Command::Regex(lex::plain(field), *sign == "=", lex::pattern(raw))
            }
            _ => return Err(wrong()),
        },
        "rex" => rex(arguments).ok_or_else(wrong)??,
        "spath" => spath(arguments)?,
        _ => return Err(Refusal::Unknown(format!("the command {name}"))),
    })
}

fn sort(arguments: &[Arg<'_>]) -> Result<Command, Refusal> {
    // Splunk keeps 10,000 unless told (Search Reference, sort).
    let mut limit = 10_000;
    let mut fields: Vec<(String, bool)> = Vec::new();
    let mut falls = false;
    for (n, argument) in arguments.iter().enumerate() {
        let word = match argument {
            Arg::Word(word) if n == 0 && word.parse::<usize>().is_ok() => {
                limit = word.parse().unwrap_or_default();
                continue;
            }
            Arg::Sign(",") => continue,
            Arg::Sign(_) => return Err(Refusal::Unknown("sort by a function".to_owned())),
            Arg::Word("-") => {
                falls = true;
                continue;
            }
            Arg::Word("+") => {
                falls = false;
                continue;
            }
            Arg::Word(word @ ("d" | "desc")) if !fields.is_empty() && n + 1 == arguments.len() => {
                return Err(Refusal::Unknown(format!("sort with {word}")));
            }
            Arg::Word(word) => (*word).to_owned(),
            Arg::Quoted(word) => lex::plain(word),
        };
        match (word.strip_prefix('-'), word.strip_prefix('+')) {
            (Some(name), _) => fields.push((name.to_owned(), true)),
            (_, Some(name)) => fields.push((name.to_owned(), false)),
            _ => fields.push((word, falls)),
        }
        falls = false;
    }
    Ok(Command::Sort(limit, fields))
}

fn rex(arguments: &[Arg<'_>]) -> Option<Result<Command, Refusal>> {
    let (mut field, mut pattern, mut most) = ("_raw".to_owned(), None, 1);
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (Arg::Quoted(raw), after) if !matches!(after.first(), Some(Arg::Sign("="))) => {
                pattern = Some(lex::pattern(raw));
                after
            }
            (Arg::Word("field"), [Arg::Sign("="), Arg::Word(name), after @ ..]) => {
                field = (*name).to_owned();
                after
            }
            (Arg::Word("field"), [Arg::Sign("="), Arg::Quoted(name), after @ ..]) => {
                field = lex::plain(name);
                after
            }
            (Arg::Word("max_match"), [Arg::Sign("="), Arg::Word(count), after @ ..]) => {
                most = count.parse().ok()?;
                after
            }
            (Arg::Word(option), [Arg::Sign("="), ..]) => {
                return Some(Err(Refusal::Unknown(format!("rex {option}="))));
            }
            _ => return None,
        };
    }
    Some(Ok(Command::Rex(field, pattern?, most)))
}

fn spath(arguments: &[Arg<'_>]) -> Result<Command, Refusal> {
    let (mut input, mut path, mut output) = ("_raw".to_owned(), None, None);
    let mut rest = arguments;
    while let Some((first, after)) = rest.split_first() {
        let (value, next) = match (first, after) {
            (Arg::Word(_), [Arg::Sign("="), Arg::Word(value), next @ ..]) => ((*value).to_owned(), next),
            (Arg::Word(_), [Arg::Sign("="), Arg::Quoted(value), next @ ..]) => (lex::plain(value), next),
            (Arg::Word(value), next) => {
                path = Some((*value).to_owned());
                rest = next;
                continue;
            }
            (Arg::Quoted(value), next) => {
                path = Some(lex::plain(value));
                rest = next;
                continue;
            }
            (Arg::Sign(sign), _) => return Err(Refusal::Unknown(format!("`{sign}` in spath"))),
        };
        match first {
            Arg::Word("input") => input = value,
            Arg::Word("path") => path = Some(value),
            Arg::Word("output") => output = Some(value),
            _ => return Err(Refusal::Unknown("this option of spath".to_owned())),
        }
        rest = next;
    }
    let named = path.map(|path| (path.clone(), output.clone().unwrap_or(path)));
    if named.is_none() && output.is_some() {
        return Err(Refusal::Unknown("spath with an output and no path".to_owned()));
    }
    Ok(Command::Spath(input, named))
}
