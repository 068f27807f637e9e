//! One question about the leaves of a field. Every question but `Null` and `Exists` asks for one leaf that passes, so that
//! a field without a value fails it (SEMANTICS 2.2).

use std::net::IpAddr;

use ipnet::IpNet;
use serde_json::Value;

use super::pattern::{Patterns, spell};
use super::text::{Text, search, text};
use super::{Leaves, time};
use crate::ir::{Case, Check, Cmp, Number, Order, Part, Pattern, Subject, TimePart};

/// A check, prepared.
#[derive(Debug)]
pub(super) enum Judge {
    Like(Patterns),
    Equal(Vec<(Number, String)>),
    Order(Order, Number),
    Matches(regex::bytes::Regex),
    Within(Vec<IpNet>),
    Null,
    Exists,
    SameAs(Subject, Part, Case),
    TimeOf(TimePart, Cmp, i64),
}

impl Judge {
    /// Prepares a check; an error says which expression cannot be used, and why.
    pub(super) fn new(check: &Check<Subject>) -> Result<Self, String> {
        Ok(match check {
            Check::Like { any_of, case } => {
                Judge::Like(Patterns::new(any_of.iter().map(|(pattern, _)| pattern), *case))
            }
            Check::Equal { any_of } => {
                Judge::Equal(any_of.iter().map(|(number, _)| (*number, number.to_string())).collect())
            }
            Check::Order { op, value } => Judge::Order(*op, *value),
            Check::Matches(regex) => Judge::Matches(search(regex)?),
            Check::Is(value) => Judge::Like(Patterns::new([&Pattern::literal(&value.to_string())], Case::Fold)),
            Check::Within(networks) => Judge::Within(networks.iter().map(|(network, _)| *network).collect()),
            Check::Null => Judge::Null,
            Check::Exists => Judge::Exists,
            Check::SameAs { other, part, case } => Judge::SameAs(other.clone(), *part, *case),
            Check::TimeOf { part, op, value } => Judge::TimeOf(*part, *op, *value),
        })
    }

    /// Whether the leaves pass; `other` finds those of another field.
    pub(super) fn judge<'e>(&self, leaves: &Leaves<'e>, other: impl Fn(&Subject) -> Leaves<'e>) -> bool {
        let some = |passes: &dyn Fn(&Value) -> bool| leaves.iter().flatten().any(|leaf| passes(leaf));
        match self {
            Judge::Like(patterns) => some(&|leaf| text(leaf).is_some_and(|text| patterns.matches(&text))),
            Judge::Equal(numbers) => {
                some(&|leaf| numbers.iter().any(|(number, written)| equals(leaf, *number, written)))
            }
            Judge::Order(op, value) => some(&|leaf| number(leaf).is_some_and(|number| stands(number.cmp(value), *op))),
            Judge::Matches(regex) => {
                some(&|leaf| text(leaf).is_some_and(|text| regex.is_match(text.as_str().as_bytes())))
            }
            Judge::Within(networks) => some(&|leaf| {
                address(leaf).is_some_and(|address| networks.iter().any(|network| network.contains(&address)))
            }),
            Judge::Null => !some(&|leaf| !leaf.is_null()),
            Judge::Exists => leaves.is_some(),
            Judge::SameAs(field, part, case) => {
                let other = other(field).unwrap_or_default();
                some(&|leaf| other.iter().any(|other| same(leaf, other, *part, *case)))
            }
            Judge::TimeOf(part, op, value) => some(&|leaf| {
                time::part_of(leaf, *part).is_some_and(|found| match op {
                    Cmp::Eq => found == *value,
                    Cmp::Order(op) => stands(found.cmp(value), *op),
                })
            }),
        }
    }
}

/// The number that a JSON number is.
pub(super) fn exact(number: &serde_json::Number) -> Option<Number> {
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    integer.map(Number::Int).or_else(|| number.as_f64().and_then(Number::from_f64))
}

/// A number, or text that is a plain decimal.
fn number(leaf: &Value) -> Option<Number> {
    match leaf {
        Value::Number(number) => exact(number),
        Value::String(text) => Number::from_decimal(text),
        _ => None,
    }
}

/// Numbers by value, texts by the number's canonical text: "04625" is not 4625.
fn equals(leaf: &Value, number: Number, written: &str) -> bool {
    match leaf {
        Value::Number(found) => exact(found) == Some(number),
        Value::String(text) => text == written,
        _ => false,
    }
}

fn stands(ordering: std::cmp::Ordering, op: Order) -> bool {
    match op {
        Order::Lt => ordering.is_lt(),
        Order::Lte => ordering.is_le(),
        Order::Gt => ordering.is_gt(),
        Order::Gte => ordering.is_ge(),
    }
}

/// An address without a zone; a mapped one is of version 6.
fn address(leaf: &Value) -> Option<IpAddr> {
    leaf.as_str()?.parse().ok()
}

/// Whether two leaves are equal, or one is a part of the other. Objects are equal to nothing.
fn same(leaf: &Value, other: &Value, part: Part, case: Case) -> bool {
    let (Some(one), Some(Text::Plain(two))) = (text(leaf), text(other)) else { return false };
    if part == Part::Whole && matches!(one, Text::Structure(_)) {
        return false;
    }
    let (one, two) = (spell(one.as_str(), case), spell(&two, case));
    match part {
        Part::Whole => one == two,
        Part::Start => one.starts_with(&*two),
        Part::End => one.ends_with(&*two),
        Part::Within => one.contains(&*two),
    }
}
