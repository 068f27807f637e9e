//! The text of `search` → what it looks for. From tight to loose: parentheses, NOT, OR, AND; AND where nothing stands
//! between two terms (Search Manual, Boolean expressions with logical operators). Operators are capitals.

use std::net::IpAddr;

use ipnet::IpNet;
use nom::branch::alt;
use nom::bytes::complete::{tag, take};
use nom::combinator::{map, verify};
use nom::{IResult, Parser};

use super::lex::{blank, plain, quoted};
use super::tree::{Literal, Op, Search, Term};
use super::value::fold;
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// How deep parentheses may nest.
const DEPTH: u32 = 100;

/// Names before `=` that are no fields but bound the time or what is searched (Search Reference, search: time modifiers).
const MODIFIERS: &[&str] = &[
    "earliest",
    "latest",
    "_index_earliest",
    "_index_latest",
    "starttime",
    "endtime",
    "starttimeu",
    "endtimeu",
    "timeformat",
    "daysago",
    "hoursago",
    "minutesago",
    "savedsearch",
    "savedsplunk",
    "eventtype",
    "eventtypetag",
    "hosttag",
];

#[derive(Debug, Clone, PartialEq)]
enum Word<'a> {
    Bare(&'a str),
    Quoted(&'a str),
}

/// Reads a search up to the next `|` or `]` outside quotes; gives the rest too. `whole` is the length of the query.
pub(super) fn search<'a>(input: &'a str, whole: usize, budget: &mut Budget) -> Result<(Search, &'a str), Refusal> {
    let mut reader = Reader { rest: blank(input), whole, depth: 0 };
    let search = if reader.ends() { Search::All(Vec::new()) } else { reader.all(budget)? };
    if !reader.ends() {
        return reader.wrong("a parenthesis too many");
    }
    Ok((search, reader.rest))
}

struct Reader<'a> {
    rest: &'a str,
    whole: usize,
    depth: u32,
}

/// A comparison, the longer signs first.
fn operator(input: &str) -> IResult<&str, &str> {
    alt((tag("!="), tag("<="), tag(">="), tag("=="), tag("="), tag("<"), tag(">"))).parse(input)
}

/// A bare word: to the next blank, quote, parenthesis or pipe, or what else stops it; a backslash takes the next
/// character along, and `!` stops it only before `=`.
fn bare(stop: &'static str) -> impl Fn(&str) -> IResult<&str, &str> {
    move |input| {
        let mut chars = input.char_indices();
        let mut length = 0_usize;
        while let Some((n, c)) = chars.next() {
            let stops = match c {
                '!' => stop.contains('!') && input.get(n + 1..).is_some_and(|rest| rest.starts_with('=')),
                c => c.is_whitespace() || "\"()|[]".contains(c) || stop.contains(c),
            };
            if stops {
                break;
            }
            length += 1;
            if c == '\\' && chars.next().is_some() {
                length += 1;
            }
        }
        // `take` counts characters.
        verify(take(length), |word: &str| !word.is_empty()).parse(input)
    }
}

impl<'a> Reader<'a> {
    fn ends(&self) -> bool {
        self.rest.is_empty() || self.rest.starts_with('|')
    }

    fn at(&self) -> usize {
        self.whole - self.rest.len()
    }

    fn wrong<T>(&self, what: &str) -> Result<T, Refusal> {
        Err(Refusal::Syntax(self.at(), what.to_owned()))
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = blank(rest);
                true
            }
            None => false,
        }
    }

    /// Takes a capital word that is an operator.
    fn keyword(&mut self, word: &str) -> bool {
        let Some(rest) = self.rest.strip_prefix(word) else { return false };
        let ends = rest.chars().next().is_none_or(|c| c.is_whitespace() || "()\"|".contains(c));
        if ends {
            self.rest = blank(rest);
        }
        ends
    }

    fn all(&mut self, budget: &mut Budget) -> Result<Search, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Refusal::Limit);
        }
        let mut parts = vec![self.any(budget)?];
        while !self.ends() && !self.rest.starts_with(')') {
            let explicit = self.keyword("AND");
            if explicit && (self.ends() || self.rest.starts_with(')')) {
                return self.wrong("a term is missing");
            }
            parts.push(self.any(budget)?);
        }
        self.depth -= 1;
        Ok(only(parts, Search::All))
    }

    fn any(&mut self, budget: &mut Budget) -> Result<Search, Refusal> {
        let mut parts = vec![self.not(budget)?];
        while self.keyword("OR") {
            parts.push(self.not(budget)?);
        }
        Ok(only(parts, Search::Any))
    }

    fn not(&mut self, budget: &mut Budget) -> Result<Search, Refusal> {
        let mut negated = false;
        while self.keyword("NOT") {
            negated = !negated;
        }
        let search = self.primary(budget)?;
        Ok(if negated { Search::Not(Box::new(search)) } else { search })
    }

    fn primary(&mut self, budget: &mut Budget) -> Result<Search, Refusal> {
        budget.step(1)?;
        if self.take("(") {
            let search = self.all(budget)?;
            return if self.take(")") { Ok(search) } else { self.wrong("`)` is missing") };
        }
        if self.rest.starts_with('[') {
            return Err(Refusal::Unknown("a subsearch".to_owned()));
        }
        for word in ["AND", "OR", "XOR"] {
            if self.keyword(word) {
                return match word {
                    "XOR" => Err(Refusal::Unknown("XOR, which `search` does not support".to_owned())),
                    _ => self.wrong("a term is missing"),
                };
            }
        }
        for (name, whole, cased) in [("TERM(", true, false), ("CASE(", false, true)] {
            if self.take(name) {
                let text = match self.word("")? {
                    Word::Bare(raw) | Word::Quoted(raw) => plain(raw),
                };
                return if self.take(")") {
                    Ok(Search::Term(Term { text, whole, cased }))
                } else {
                    self.wrong("`)` is missing")
                };
            }
        }
        let word = self.word("=<>!,")?;
        let name = match &word {
            Word::Bare(raw) | Word::Quoted(raw) => plain(raw),
        };
        if let Ok((rest, sign)) = operator(self.rest) {
            self.rest = blank(rest);
            let op = Op::of(sign).map_or_else(|| self.wrong("no comparison"), Ok)?;
            field(&name, &word)?;
            let literal = self.literal("", op)?;
            return Ok(Search::Compare(name, op, literal));
        }
        if self.keyword("IN") {
            field(&name, &word)?;
            return self.list(&name, budget);
        }
        if name.contains("::") && matches!(word, Word::Bare(_)) {
            return Err(Refusal::Unknown("an indexed field (`name::value`)".to_owned()));
        }
        Ok(Search::Term(Term { text: name, whole: false, cased: false }))
    }

    fn word(&mut self, stop: &'static str) -> Result<Word<'a>, Refusal> {
        let mut word = alt((map(quoted('"'), Word::Quoted), map(bare(stop), Word::Bare)));
        match word.parse(self.rest) {
            Ok((rest, word)) => {
                self.rest = blank(rest);
                Ok(word)
            }
            Err(_) if self.rest.starts_with(',') => Err(Refusal::Unknown("a comma outside quotes".to_owned())),
            Err(_) => self.wrong("a term is missing"),
        }
    }

    fn literal(&mut self, stop: &'static str, op: Op) -> Result<Literal, Refusal> {
        if self.rest.starts_with("CASE(") {
            return Err(Refusal::Unknown("CASE() as the value of a field".to_owned()));
        }
        let raw = match self.word(stop)? {
            Word::Bare(raw) if stop.is_empty() && raw.contains(',') => {
                return Err(Refusal::Unknown("a comma outside quotes".to_owned()));
            }
            Word::Bare(raw) | Word::Quoted(raw) => raw,
        };
        let text = plain(raw);
        if !matches!(op, Op::Eq | Op::Ne) && text.contains('*') {
            return Err(Refusal::Unknown("a wildcard behind an order".to_owned()));
        }
        let pieces = text.split('*').map(fold).collect();
        Ok(Literal { pieces, network: network(&text), text })
    }

    fn list(&mut self, name: &str, budget: &mut Budget) -> Result<Search, Refusal> {
        if !self.take("(") {
            return self.wrong("a list is missing");
        }
        let mut parts = Vec::new();
        loop {
            budget.step(1)?;
            parts.push(Search::Compare(name.to_owned(), Op::Eq, self.literal(",", Op::Eq)?));
            if self.take(")") {
                return Ok(only(parts, Search::Any));
            }
            if !self.take(",") {
                return self.wrong("`,` or `)` is missing");
            }
        }
    }
}

fn only(mut parts: Vec<Search>, many: fn(Vec<Search>) -> Search) -> Search {
    match parts.pop() {
        Some(part) if parts.is_empty() => part,
        Some(part) => {
            parts.push(part);
            many(parts)
        }
        None => many(parts),
    }
}

/// Whether a name can be a field's here.
fn field(name: &str, word: &Word<'_>) -> Result<(), Refusal> {
    if MODIFIERS.contains(&name) || name.starts_with("tag::") {
        return Err(Refusal::Unknown(format!("the search modifier {name}=")));
    }
    if name.contains('*') {
        return Err(Refusal::Unknown("a wildcard in the name of a field".to_owned()));
    }
    if matches!(word, Word::Bare(_)) && name.contains("::") {
        return Err(Refusal::Unknown("an indexed field (`name::value`)".to_owned()));
    }
    Ok(())
}

/// The network that a text in CIDR notation is (Search Reference, search: CIDR matching).
fn network(text: &str) -> Option<IpNet> {
    let (address, length) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    let length = length.bytes().all(|b| b.is_ascii_digit()).then_some(length)?;
    IpNet::new(address, length.parse().ok()?).ok().map(|net| net.trunc())
}
