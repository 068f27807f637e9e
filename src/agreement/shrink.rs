//! The smallest event, and the smallest part of the rule, on which two sides still differ.

use std::cell::Cell;

use serde_json::Value;

use super::compare::Verdicts;
use super::witness::MARKS;
use crate::event::Event;
use crate::ir::{Check, Expr, Matching, Subject};

/// What is asked of a smaller rule and event: whether they still differ.
pub(super) type Differs<'a> = dyn Fn(&Matching, &Event) -> Option<Verdicts> + 'a;

/// A rule and an event on which two sides differ, none of whose parts can be left out.
#[derive(Debug, Clone)]
pub(super) struct Smallest {
    pub(super) event: Event,
    /// The part of the rule; none where it was not to be made smaller.
    pub(super) rule: Option<Matching>,
    pub(super) verdicts: Verdicts,
}

/// Makes an event that differs smaller and, where `rule_too`, the rule; at most `tries` questions are asked.
pub(super) fn smallest(
    matching: &Matching,
    event: &Event,
    verdicts: Verdicts,
    rule_too: bool,
    tries: usize,
    differs: &Differs<'_>,
) -> Smallest {
    let left = Cell::new(tries);
    let limited = |matching: &Matching, event: &Event| {
        left.set(left.get().checked_sub(1)?);
        // The same kind of difference, lest another mistake takes its place.
        differs(matching, event).filter(|found| *found == verdicts)
    };
    let mut event = fewer_fields(matching, event, &limited);
    let mut rule = None;
    if rule_too {
        let part = smaller_rule(matching, &event, &limited);
        event = fewer_fields(&part, &event, &limited);
        rule = Some(part);
    }
    let event = shorter_texts(rule.as_ref().unwrap_or(matching), event, &limited);
    Smallest { event, rule, verdicts }
}

fn fewer_fields(matching: &Matching, event: &Event, differs: &Differs<'_>) -> Event {
    let mut smallest = event.clone();
    // Without these it would be no event of a log.
    let needed = |name: &&String| MARKS.contains(&name.as_str());
    let names: Vec<String> = event.fields.keys().filter(|name| !needed(name)).cloned().collect();
    for name in names {
        let mut fields = smallest.fields.clone();
        fields.shift_remove(&name);
        let smaller = Event::from_json(fields);
        if differs(matching, &smaller).is_some() {
            smallest = smaller;
        }
    }
    smallest
}

/// Whether a text begins with a date: a part of a time is no time.
fn is_time(text: &str) -> bool {
    let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().take(10).map(shape).eq("0000-00-00".chars())
}

/// Texts without stretches that do not matter, from halves down to single characters.
fn shorter_texts(matching: &Matching, mut event: Event, differs: &Differs<'_>) -> Event {
    let names: Vec<String> = event.fields.keys().filter(|name| !MARKS.contains(&name.as_str())).cloned().collect();
    for name in names {
        let Some(Value::String(text)) = event.fields.get(&name).filter(|value| !value.as_str().is_some_and(is_time))
        else {
            continue;
        };
        let mut text: Vec<char> = text.chars().collect();
        let mut length = text.len() / 2;
        while length > 0 {
            let mut start = 0;
            while start < text.len() {
                let kept = text.iter().take(start).chain(text.iter().skip(start + length));
                let shorter: Vec<char> = kept.copied().collect();
                let mut fields = event.fields.clone();
                fields.insert(name.clone(), Value::from(shorter.iter().collect::<String>()));
                let smaller = Event::from_json(fields);
                if differs(matching, &smaller).is_some() {
                    (text, event) = (shorter, smaller);
                } else {
                    start += length;
                }
            }
            length /= 2;
        }
    }
    event
}

fn smaller_rule(matching: &Matching, event: &Event, differs: &Differs<'_>) -> Matching {
    let mut smallest = matching.clone();
    loop {
        let smaller = parts(&smallest.expr).into_iter().find_map(|expr| {
            let candidate = Matching { expr, ..smallest.clone() };
            differs(&candidate, event).map(|_| candidate)
        });
        match smaller {
            Some(smaller) => smallest = smaller,
            None => return smallest,
        }
    }
}

/// Expressions with one thing less, the smallest first.
fn parts(expr: &Expr<Subject>) -> Vec<Expr<Subject>> {
    match expr {
        Expr::Const(_) => Vec::new(),
        Expr::Not(inner) => parts(inner).into_iter().map(Expr::not).collect(),
        Expr::All(all) | Expr::Any(all) => {
            let again = |list| if matches!(expr, Expr::All(_)) { Expr::All(list) } else { Expr::Any(list) };
            let mut out: Vec<Expr<Subject>> = if all.len() > 1 { all.clone() } else { Vec::new() };
            let without = |n: usize| {
                let kept = all.iter().enumerate().filter(|(other, _)| *other != n);
                again(kept.map(|(_, part)| part.clone()).collect())
            };
            if all.len() > 2 {
                out.extend((0..all.len()).map(without));
            }
            for (n, part) in all.iter().enumerate() {
                let with = |smaller: Expr<Subject>| {
                    let each = all.iter().enumerate().map(|(other, part)| if other == n { &smaller } else { part });
                    again(each.cloned().collect())
                };
                out.extend(parts(part).into_iter().map(with));
            }
            out
        }
        Expr::Test(test) => {
            let Check::Like { any_of, case } = &test.check else { return Vec::new() };
            if any_of.len() < 2 {
                return Vec::new();
            }
            let one = |pattern: &(_, _)| Check::Like { any_of: vec![pattern.clone()], case: *case };
            any_of.iter().map(|pattern| Expr::test(test.on.clone(), one(pattern), test.at.clone())).collect()
        }
    }
}
