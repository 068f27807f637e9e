//! An event that takes a given way through a rule.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::path::{Path, Step};
use super::realistic::neutral;
use super::sample;
use crate::ir::{Check, Cmp, Number, Order, Part, Pattern, Subject, Test, TimePart};

/// The name, less its number, of fields made for keywords: Windows calls data without a name of its own so.
const KEYWORD: &str = "param";

/// Whether the field was made for a keyword.
pub(super) fn made(field: &str) -> bool {
    field.starts_with(KEYWORD)
}

/// The fields of an event that the way asks for: a guess, which the evaluator then judges. Another variant guesses
/// otherwise: how wildcards are filled, whether fields of negated tests are there.
pub(super) fn fields(path: &Path<'_>, variant: usize) -> Map<String, Value> {
    let mut wanted: BTreeMap<&str, Vec<&Step<'_>>> = BTreeMap::new();
    let mut keywords = Vec::new();
    for step in &path.0 {
        match &step.test.on {
            Subject::Field(field) => wanted.entry(field.as_str()).or_default().push(step),
            Subject::AnyText => keywords.push(step),
        }
    }
    let mut fields = Map::new();
    for (name, steps) in &wanted {
        if let Some(value) = value(name, steps, variant) {
            fields.insert((*name).to_owned(), value);
        }
    }
    for (n, step) in keywords.iter().filter(|step| step.holds).enumerate() {
        if let Some(value) = value(KEYWORD, &[step], variant) {
            fields.insert(format!("{KEYWORD}{}", n + 1), value);
        }
    }
    // A field that equals another takes the other's value.
    for step in path.0.iter().filter(|step| step.holds) {
        if let (Subject::Field(field), Check::SameAs { other: Subject::Field(other), part, .. }) =
            (&step.test.on, &step.test.check)
        {
            let shared = fields.get(other.as_str()).and_then(Value::as_str).map(str::to_owned);
            let shared = shared.unwrap_or_else(|| neutral(other.as_str(), 0));
            let own = match part {
                Part::Whole => shared.clone(),
                Part::Start => format!("{shared}-end"),
                Part::End => format!("start-{shared}"),
                Part::Within => format!("start-{shared}-end"),
            };
            fields.insert(other.as_str().to_owned(), Value::from(shared));
            fields.insert(field.as_str().to_owned(), Value::from(own));
        }
    }
    fields
}

/// A value for a field that all the steps on it ask for; none where it must be missing, or may.
fn value(field: &str, steps: &[&Step<'_>], variant: usize) -> Option<Value> {
    let held: Vec<&Step<'_>> = steps.iter().copied().filter(|step| step.holds).collect();
    if held.iter().any(|step| matches!(step.test.check, Check::Null)) {
        return None;
    }
    let patterns: Vec<&Pattern> = held.iter().filter_map(|step| pattern(step)).collect();
    let regexes = held.iter().filter_map(|step| match &step.test.check {
        Check::Matches(regex) => Some(sample::regex(regex, field, variant / 2)),
        _ => None,
    });
    let mut pieces: Vec<String> = regexes.collect();
    if !patterns.is_empty() {
        pieces.insert(0, sample::patterns(&patterns, field, variant));
    }
    if variant % 2 == 1 {
        pieces.reverse();
    }
    if !pieces.is_empty() {
        return Some(Value::from(pieces.concat()));
    }
    if let Some(value) = held.iter().find_map(|step| typed(step.test, step.choice)) {
        return Some(value);
    }
    let must_exist =
        steps.iter().any(|step| matches!((&step.test.check, step.holds), (Check::Null, false) | (Check::Exists, true)));
    let may_lack = !must_exist && variant % 2 == 1;
    (!may_lack).then(|| Value::from(neutral(field, variant / 2)))
}

fn pattern<'a>(step: &Step<'a>) -> Option<&'a Pattern> {
    match &step.test.check {
        Check::Like { any_of, .. } => any_of.get(step.choice).map(|(pattern, _)| pattern),
        _ => None,
    }
}

fn typed(test: &Test<Subject>, choice: usize) -> Option<Value> {
    Some(match &test.check {
        Check::Equal { any_of } => number(any_of.get(choice)?.0),
        Check::Order { op, value } => {
            let step = if matches!(op, Order::Lt | Order::Lte) { -1 } else { 1 };
            match value {
                Number::Int(value) => number(Number::Int(value + step)),
                Number::Float(value) => Value::from(value + step as f64),
            }
        }
        Check::Is(value) => Value::from(*value),
        Check::Within(networks) => Value::from(networks.get(choice)?.0.network().to_string()),
        Check::TimeOf { part, op, value } => Value::from(time(*part, *op, *value)),
        Check::Exists | Check::Like { .. } | Check::Matches(_) | Check::Null | Check::SameAs { .. } => {
            return None;
        }
    })
}

/// The number as JSON has it.
pub(super) fn number(number: Number) -> Value {
    match number {
        Number::Int(value) => i64::try_from(value)
            .map(Value::from)
            .or_else(|_| u64::try_from(value).map(Value::from))
            .unwrap_or_else(|_| Value::from(value.to_string())),
        Number::Float(value) => Value::from(value),
    }
}

/// A moment whose part stands so to the number.
pub(super) fn time(part: TimePart, op: Cmp, value: i64) -> String {
    let value = match op {
        Cmp::Eq | Cmp::Order(Order::Gte | Order::Lte) => value,
        Cmp::Order(Order::Gt) => value + 1,
        Cmp::Order(Order::Lt) => value - 1,
    };
    let mut parts = (2026, 3, 31, 12, 30);
    match part {
        TimePart::Year => parts.0 = value,
        TimePart::Month => (parts.1, parts.2) = (value, 1),
        TimePart::Day => parts.2 = value,
        TimePart::Hour => parts.3 = value,
        TimePart::Minute => parts.4 = value,
        // The fourth of January is always in week 1.
        TimePart::Week => {
            let day = 4 + (value - 1) * 7;
            let lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
            let mut left = day;
            parts.1 = 1;
            for length in lengths {
                if left <= length {
                    break;
                }
                left -= length;
                parts.1 += 1;
            }
            parts.2 = left;
        }
    }
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:00Z", parts.0, parts.1, parts.2, parts.3, parts.4)
}
