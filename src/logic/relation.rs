//! How two tests of one field stand to each other, as far as it can be told from them alone: an event that passes one
//! passes the other, or no single value passes both.

use serde_json::{Map, Value};

use crate::eval::Evaluator;
use crate::event::Event;
use crate::ir::{Case, Check, Expr, LogSource, Matching, Number, Order, Pattern, Plan, Segment, Shape, Subject, Test};

/// How much of two lists is compared, so that no rule makes it long.
const MOST: usize = 20_000;

/// A single alternative of a test.
#[derive(Debug, Clone, Copy)]
enum One<'a> {
    Text(&'a Pattern, Case),
    Number(Number),
    Ordered(Order, Number),
    Null,
    /// Something that only a value can pass; no more is known of it.
    SomeValue,
    /// Anything.
    Unknown,
}

/// Whether every event that passes `a` passes `b`.
pub(super) fn implies(a: &Test<Subject>, b: &Test<Subject>) -> bool {
    if a.on != b.on || matches!(a.on, Subject::AnyText) {
        return false;
    }
    if a.check == b.check {
        return true;
    }
    let (all, any) = (alternatives(&a.check), alternatives(&b.check));
    all.len().saturating_mul(any.len()) <= MOST && all.iter().all(|one| any.iter().any(|other| includes(*other, *one)))
}

/// Whether no single value passes both tests, nor does a missing one.
pub(super) fn excludes(a: &Test<Subject>, b: &Test<Subject>) -> bool {
    if a.on != b.on || matches!(a.on, Subject::AnyText) {
        return false;
    }
    let (all, any) = (alternatives(&a.check), alternatives(&b.check));
    all.len().saturating_mul(any.len()) <= MOST && all.iter().all(|one| any.iter().all(|other| apart(*one, *other)))
        || fails_on_all_texts(a, b)
        || fails_on_all_texts(b, a)
}

/// Whether the first test allows single texts only, on none of which the second passes: the evaluator says so.
fn fails_on_all_texts(a: &Test<Subject>, b: &Test<Subject>) -> bool {
    let (Check::Like { any_of, .. }, Check::Matches(_), Subject::Field(field)) = (&a.check, &b.check, &a.on) else {
        return false;
    };
    let plan = Plan::Select(Matching { logsource: LogSource::default(), expr: Expr::Test(b.clone()) });
    let Ok(evaluator) = Evaluator::new(&plan) else { return false };
    // The regular expression may tell the case of a text that the first test does not.
    let fails = |text: &str| {
        [text.to_owned(), text.to_lowercase(), text.to_uppercase()].into_iter().all(|text| {
            let fields = Map::from_iter([(field.as_str().to_owned(), Value::from(text))]);
            !evaluator.meant(&Event::from_json(fields))
        })
    };
    any_of.len() <= 100 && any_of.iter().all(|(pattern, _)| pattern.as_literal().is_some_and(fails))
}

fn alternatives(check: &Check<Subject>) -> Vec<One<'_>> {
    match check {
        Check::Like { any_of, case } => any_of.iter().map(|(pattern, _)| One::Text(pattern, *case)).collect(),
        Check::Equal { any_of } => any_of.iter().map(|(number, _)| One::Number(*number)).collect(),
        Check::Order { op, value } => vec![One::Ordered(*op, *value)],
        Check::Null => vec![One::Null],
        Check::Matches(_) | Check::Is(_) | Check::Within(_) | Check::SameAs { .. } | Check::TimeOf { .. } => {
            vec![One::SomeValue]
        }
        Check::Exists => vec![One::Unknown],
    }
}

/// Whether whatever `one` lets pass, `other` does too.
fn includes(other: One<'_>, one: One<'_>) -> bool {
    match (one, other) {
        (One::Text(_, Case::Fold), One::Text(other, Case::Exact)) => other.shape() == Shape::Everything,
        (One::Text(one, _), One::Text(other, case)) => covers(other, one, case),
        (One::Number(one), One::Number(other)) => one == other,
        (One::Number(one), One::Ordered(op, bound)) => ordered(one, op, bound),
        (One::Null, One::Null) => true,
        _ => false,
    }
}

/// Whether no text matches both, nor is both numbers.
fn apart(one: One<'_>, other: One<'_>) -> bool {
    match (one, other) {
        (One::Null, One::Text(..) | One::Number(_) | One::Ordered(..) | One::SomeValue)
        | (One::Text(..) | One::Number(_) | One::Ordered(..) | One::SomeValue, One::Null) => true,
        (One::Text(one, a), One::Text(other, b)) => {
            // Case counts only where it does on both sides.
            let case = if a == Case::Exact && b == Case::Exact { Case::Exact } else { Case::Fold };
            texts_apart(one, other, case)
        }
        (One::Number(one), One::Number(other)) => one != other,
        (One::Number(number), One::Text(pattern, case)) | (One::Text(pattern, case), One::Number(number)) => {
            !pattern.matches(&number.to_string(), case)
                && pattern.as_literal().is_none_or(|text| Number::from_decimal(text).is_none())
        }
        (One::Number(number), One::Ordered(op, bound)) | (One::Ordered(op, bound), One::Number(number)) => {
            !ordered(number, op, bound)
        }
        _ => false,
    }
}

fn ordered(number: Number, op: Order, bound: Number) -> bool {
    match op {
        Order::Lt => number < bound,
        Order::Lte => number <= bound,
        Order::Gt => number > bound,
        Order::Gte => number >= bound,
    }
}

fn folded(text: &str, case: Case) -> String {
    match case {
        Case::Exact => text.to_owned(),
        Case::Fold => text.to_lowercase(),
    }
}

/// Whether every text that `narrow` matches is matched by `wide`.
fn covers(wide: &Pattern, narrow: &Pattern, case: Case) -> bool {
    if let Some(text) = narrow.as_literal() {
        return wide.matches(text, case);
    }
    let texts = || narrow.segments().iter().filter_map(literal).map(|text| folded(text, case));
    match wide.shape() {
        Shape::Everything => true,
        Shape::Contains(part) => texts().any(|text| text.contains(&folded(part, case))),
        Shape::StartsWith(start) => {
            first(narrow).is_some_and(|text| folded(text, case).starts_with(&folded(start, case)))
        }
        Shape::EndsWith(end) => last(narrow).is_some_and(|text| folded(text, case).ends_with(&folded(end, case))),
        Shape::Equals(_) | Shape::General => false,
    }
}

/// Whether no text matches both: they begin or end differently, or one is a single text that the other does not match.
fn texts_apart(one: &Pattern, other: &Pattern, case: Case) -> bool {
    if let Some(text) = one.as_literal() {
        return !other.matches(text, case);
    }
    if let Some(text) = other.as_literal() {
        return !one.matches(text, case);
    }
    let differ = |a: Option<&str>, b: Option<&str>, fit: fn(&str, &str) -> bool| match (a, b) {
        (Some(a), Some(b)) => {
            let (a, b) = (folded(a, case), folded(b, case));
            !fit(&a, &b) && !fit(&b, &a)
        }
        _ => false,
    };
    differ(first(one), first(other), |a, b| a.starts_with(b)) || differ(last(one), last(other), |a, b| a.ends_with(b))
}

fn literal(segment: &Segment) -> Option<&str> {
    match segment {
        Segment::Literal(text) => Some(text),
        _ => None,
    }
}

fn first(pattern: &Pattern) -> Option<&str> {
    pattern.segments().first().and_then(literal)
}

fn last(pattern: &Pattern) -> Option<&str> {
    pattern.segments().last().and_then(literal)
}
