//! Near misses of what a test asks for: a pattern's text with one character changed, the number at a bound, the address
//! beside a network. [`near`](super::near) changes whole values; these changes meet the places where a pattern's own text begins,
//! turns and ends.

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::path::Step;
use super::{build, path_in, sample};
use crate::event::Event;
use crate::ir::{Check, Cmp, Number, Pattern, Segment, Subject, TimePart, distinct};

/// How many pieces of a pattern's text are changed.
const PIECES: usize = 6;

/// How many characters of a text made for a regular expression are changed, one at a time.
const CHARACTERS: usize = 16;

/// How many texts are made for a regular expression.
const TEXTS: usize = 8;

/// What mean something else in the patterns of some language, so that one that is not escaped finds more.
const WILD: &str = "._%*?+-^$|#()[]{}";

/// What each change is called, with the changed events, for one step of the way that the event takes.
pub(super) fn misses(event: &Event, step: &Step<'_>) -> Vec<(String, Event)> {
    let fields: Vec<&str> = match &step.test.on {
        Subject::Field(field) => vec![field.as_str()],
        Subject::AnyText => event.fields.keys().map(String::as_str).filter(|name| build::made(name)).collect(),
    };
    let mut out = Vec::new();
    for field in fields {
        let Some(value) = path_in::get(&event.fields, field) else { continue };
        for (what, value) in values(step, field, value) {
            let mut fields = event.fields.clone();
            path_in::replace(&mut fields, field, Some(value));
            out.push((format!("{field} {what}"), Event::from_json(fields)));
        }
    }
    out
}

/// Other values of the field that holds this one.
fn values(step: &Step<'_>, field: &str, value: &Value) -> Vec<(String, Value)> {
    match (&step.test.check, value) {
        (Check::Like { any_of, .. }, Value::String(text)) => {
            let Some((pattern, _)) = any_of.get(step.choice) else { return Vec::new() };
            let changes = changed_pieces(pattern, text).into_iter().chain(other_dashes(pattern, text));
            changes.map(|(what, text)| (what, text.into())).collect()
        }
        (Check::Matches(regex), Value::String(text)) => {
            let texts = (0..TEXTS).map(|variant| sample::regex(regex, field, variant));
            let otherwise = distinct(texts.collect()).into_iter().map(|text| ("filled otherwise".to_owned(), text));
            let count = text.chars().count();
            let places = distinct((0..CHARACTERS).map(|n| n * count / CHARACTERS).collect());
            let changed = places.into_iter().filter_map(|n| changed_at(text, n));
            otherwise.chain(changed).map(|(what, text)| (what, text.into())).collect()
        }
        (Check::Order { value: bound, .. }, Value::Number(_)) => {
            let beside = match *bound {
                Number::Int(value) => [value - 1, value, value + 1].map(Number::Int),
                Number::Float(value) => [value - 1.0, value, value + 1.0].map(Number::Float),
            };
            beside.into_iter().map(|number| ("at the bound".to_owned(), build::number(number))).collect()
        }
        (Check::Within(networks), Value::String(_)) => {
            let beside = networks.get(step.choice).map(|(network, _)| beside(*network));
            beside.unwrap_or_default().into_iter().map(|(what, ip)| (what.to_owned(), ip.to_string().into())).collect()
        }
        (Check::TimeOf { part, value, .. }, Value::String(_)) => {
            let beside = [value - 1, *value, value + 1].into_iter().filter(|value| exists(*part, *value));
            beside.map(|value| ("at the bound".to_owned(), build::time(*part, Cmp::Eq, value).into())).collect()
        }
        _ => Vec::new(),
    }
}

/// The text with each piece that the pattern asks for changed at its ends, in its middle, and where a character is a
/// wildcard in some language.
fn changed_pieces(pattern: &Pattern, text: &str) -> Vec<(String, String)> {
    let literals = pattern.segments().iter().filter_map(|segment| match segment {
        Segment::Literal(literal) => Some(literal.as_ref()),
        _ => None,
    });
    let mut out = Vec::new();
    for literal in literals.take(PIECES) {
        let Some((before, behind)) = text.split_once(literal) else { continue };
        let last = literal.chars().count().saturating_sub(1);
        let ends = [0, last / 2, last].into_iter();
        let wild = WILD.chars().filter_map(|wild| literal.chars().position(|c| c == wild));
        let mut changed: Vec<_> =
            distinct(ends.chain(wild).collect()).into_iter().filter_map(|n| changed_at(literal, n)).collect();
        if literal.contains(' ') {
            changed.push(("with tabs for blanks".to_owned(), literal.replace(' ', "\t")));
            changed.push(("with doubled blanks".to_owned(), literal.replace(' ', "  ")));
        }
        out.extend(changed.into_iter().map(|(what, literal)| (what, format!("{before}{literal}{behind}"))));
    }
    out
}

/// The text with each other dash that the pattern takes, between two of its wildcards.
fn other_dashes(pattern: &Pattern, text: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for piece in pattern.segments().split(|segment| matches!(segment, Segment::Any | Segment::One)) {
        let most = piece.iter().map(|segment| if let Segment::OneOf(set) = segment { set.len() } else { 0 });
        let Some(most @ 2..) = most.max() else { continue };
        let written = |choice: usize| -> String {
            let part = |segment: &Segment| match segment {
                Segment::Literal(literal) => literal.to_string(),
                Segment::OneOf(set) => set.get(choice % set.len()).map(char::to_string).unwrap_or_default(),
                Segment::Any | Segment::One => String::new(),
            };
            piece.iter().map(part).collect()
        };
        let Some((before, behind)) = (0..most).find_map(|choice| text.split_once(&written(choice))) else { continue };
        let others = (0..most).map(|choice| format!("{before}{}{behind}", written(choice)));
        out.extend(others.map(|text| ("with another dash".to_owned(), text)));
    }
    out
}

/// The text with another character at this place: a letter for a letter or a wildcard, so that a word stays one.
fn changed_at(text: &str, n: usize) -> Option<(String, String)> {
    let (at, c) = text.char_indices().nth(n)?;
    let other = match c {
        'q' | 'Q' => 'j',
        '7' => '8',
        '~' => '!',
        c if c.is_ascii_digit() => '7',
        c if c.is_alphanumeric() || WILD.contains(c) => 'q',
        _ => '~',
    };
    let (before, rest) = (text.get(..at)?, text.get(at + c.len_utf8()..)?);
    Some((format!("with `{other}` for `{c}`"), format!("{before}{other}{rest}")))
}

/// The addresses at both ends of a network, and those beyond.
fn beside(network: IpNet) -> Vec<(&'static str, IpAddr)> {
    let step = |ip: IpAddr, up: bool| match ip {
        IpAddr::V4(ip) => {
            let bits = u32::from(ip);
            let beside = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            beside.map(|bits| IpAddr::V4(bits.into()))
        }
        IpAddr::V6(ip) => {
            let bits = u128::from(ip);
            let beside = if up { bits.checked_add(1) } else { bits.checked_sub(1) };
            beside.map(|bits| IpAddr::V6(bits.into()))
        }
    };
    let (first, last) = (network.network(), network.broadcast());
    let all = [
        ("before the network", step(first, false)),
        ("at the start of the network", Some(first)),
        ("at the end of the network", Some(last)),
        ("behind the network", step(last, true)),
    ];
    all.into_iter().filter_map(|(what, ip)| Some((what, ip?))).collect()
}

/// Whether some moment has this number for the part.
fn exists(part: TimePart, value: i64) -> bool {
    match part {
        TimePart::Minute => (0..60).contains(&value),
        TimePart::Hour => (0..24).contains(&value),
        TimePart::Day => (1..=31).contains(&value),
        TimePart::Week => (1..=52).contains(&value),
        TimePart::Month => (1..=12).contains(&value),
        TimePart::Year => (1..=9999).contains(&value),
    }
}
