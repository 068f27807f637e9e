//! What an expression of `eval` or `where` gives on a row.
//!
//! A comparison with null is null; AND, OR and NOT are three-valued; only TRUE lets a row through `where` (Search Reference,
//! where; Search Manual, Types of expressions).

use std::collections::HashMap;
use std::rc::Rc;

use super::functions;
use super::lex;
use super::pcre::Patterns;
use super::record::Record;
use super::tree::{Expr, Op, Search};
use super::value::{Value, number, print};
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// What a run has in hand.
pub(super) struct Machine {
    /// Limits of work.
    pub(super) budget: Budget,
    /// Regular expressions.
    pub(super) patterns: Patterns,
    /// The searches inside `searchmatch`.
    pub(super) searches: HashMap<String, Rc<Search>>,
    /// Seconds since 1970.
    pub(super) now: f64,
}

impl Machine {
    /// A machine at a time.
    pub(super) fn new(now: f64) -> Self {
        Machine { budget: Budget::default(), patterns: Patterns::default(), searches: HashMap::new(), now }
    }

    /// Whether the text holds what the regular expression says.
    pub(super) fn matches(&mut self, pattern: &str, text: &str) -> Result<bool, Refusal> {
        self.budget.step(1 + text.len() as u64)?;
        self.patterns.found(pattern, text)
    }
}

/// A value as a Boolean; none is null. Anything else is a mistake of the query.
pub(super) fn truth(value: &Value, what: &str) -> Result<Option<bool>, Refusal> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(is) => Ok(Some(*is)),
        other => Err(Refusal::Error(format!("{what} takes a Boolean and got {}", other.kind()))),
    }
}

fn boolean(value: Option<bool>) -> Value {
    value.map_or(Value::Null, Value::Bool)
}

/// The value of an expression on a row.
pub(super) fn eval(expr: &Expr, row: &Record<'_>, machine: &mut Machine) -> Result<Value, Refusal> {
    machine.budget.step(1)?;
    Ok(match expr {
        Expr::Text(raw) => Value::Text(lex::text(raw)),
        Expr::Number(number) => Value::Number(*number),
        Expr::Field(name) => Value::of(row.get(name)),
        Expr::Call(name, arguments) => functions::call(name, arguments, row, machine)?,
        Expr::Not(expr) => boolean(truth(&eval(expr, row, machine)?, "NOT")?.map(|is| !is)),
        Expr::Minus(expr) => match eval(expr, row, machine)? {
            Value::Null => Value::Null,
            value => numeric(&value, "-")?.map_or(Value::Null, |number| Value::Number(-number)),
        },
        Expr::And(parts) => all(parts, true, row, machine)?,
        Expr::Or(parts) => all(parts, false, row, machine)?,
        Expr::Xor(parts) => {
            let mut odd = Some(false);
            for part in parts {
                let is = truth(&eval(part, row, machine)?, "XOR")?;
                odd = odd.zip(is).map(|(a, b)| a != b);
            }
            boolean(odd)
        }
        Expr::Compare(op, left, right) => {
            let (left, right) = (eval(left, row, machine)?, eval(right, row, machine)?);
            boolean(compare(*op, &left, &right)?)
        }
        Expr::Like(text, pattern) => {
            let arguments = [(**text).clone(), (**pattern).clone()];
            functions::call("like", &arguments, row, machine)?
        }
        Expr::In(value, list) => {
            let value = eval(value, row, machine)?;
            among(&value, list, row, machine)?
        }
        Expr::Sum(first, more) => {
            let mut sum = eval(first, row, machine)?;
            for (sign, expr) in more {
                let next = eval(expr, row, machine)?;
                sum = arithmetic(*sign, &sum, &next)?;
            }
            sum
        }
    })
}

/// AND (`deciding` false wins) and OR (true wins) over all parts: types are checked whatever the row.
fn all(parts: &[Expr], and: bool, row: &Record<'_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let mut known = Some(and);
    for part in parts {
        match truth(&eval(part, row, machine)?, if and { "AND" } else { "OR" })? {
            Some(is) if is != and => return Ok(Value::Bool(is)),
            Some(_) => {}
            None => known = None,
        }
    }
    Ok(boolean(known))
}

/// Whether a value is one of a list.
pub(super) fn among(value: &Value, list: &[Expr], row: &Record<'_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let mut known = Some(false);
    for expr in list {
        let one = eval(expr, row, machine)?;
        match compare(Op::Eq, value, &one)? {
            Some(true) => return Ok(Value::Bool(true)),
            Some(false) => {}
            None => known = None,
        }
    }
    Ok(boolean(known))
}

/// Compares two values: numbers where both are, else texts, case and all. A text that looks like a number is one where it
/// comes from a field and the other side is no written text (Search Reference, where; eval: Usage).
pub(super) fn compare(op: Op, left: &Value, right: &Value) -> Result<Option<bool>, Refusal> {
    let as_text = |value: &Value| match value {
        Value::Text(text) | Value::Field(text) => text.clone(),
        Value::Number(number) => print(*number),
        _ => String::new(),
    };
    let order = match (left, right) {
        (Value::Null, _) | (_, Value::Null) => return Ok(None),
        (Value::Many(_), _) | (_, Value::Many(_)) => {
            return Err(Refusal::Unknown("a comparison of a field with several values".to_owned()));
        }
        (Value::Bool(left), Value::Bool(right)) if matches!(op, Op::Eq | Op::Ne) => left.cmp(right),
        (Value::Bool(_), _) | (_, Value::Bool(_)) => {
            return Err(Refusal::Error("a comparison of a Boolean with a value".to_owned()));
        }
        (Value::Text(_), _) | (_, Value::Text(_)) => as_text(left).cmp(&as_text(right)),
        _ => match (plain_number(left), plain_number(right)) {
            (Some(left), Some(right)) => match left.partial_cmp(&right) {
                Some(order) => order,
                None => return Ok(None),
            },
            _ => as_text(left).cmp(&as_text(right)),
        },
    };
    Ok(Some(op.holds(order)))
}

/// The number that a value is.
pub(super) fn plain_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(*number),
        Value::Text(text) | Value::Field(text) => number(text),
        _ => None,
    }
}

/// The number that an operand of arithmetic is; none where it is a text that is no number.
fn numeric(value: &Value, sign: &str) -> Result<Option<f64>, Refusal> {
    match value {
        Value::Many(_) => Err(Refusal::Unknown(format!("`{sign}` with several values"))),
        Value::Bool(_) => Err(Refusal::Error(format!("`{sign}` with a Boolean"))),
        value => Ok(plain_number(value)),
    }
}

/// `+ - * / %` of numbers, `.` of texts and numbers; dividing by zero is null (Search Reference, eval: Usage).
fn arithmetic(sign: char, left: &Value, right: &Value) -> Result<Value, Refusal> {
    let name = sign.to_string();
    let numbers = (numeric(left, &name)?, numeric(right, &name)?);
    if matches!(left, Value::Null) || matches!(right, Value::Null) {
        return Ok(Value::Null);
    }
    let text = |value: &Value| value.clone().into_field().and_then(|mut values| values.pop()).unwrap_or_default();
    if sign == '.' {
        return Ok(Value::Text(text(left) + &text(right)));
    }
    let number = match (sign, numbers) {
        ('+', (None, None)) => return Ok(Value::Text(text(left) + &text(right))),
        ('+', (None, _) | (_, None)) => {
            return Err(Refusal::Unknown("`+` with a number and a text".to_owned()));
        }
        (_, (None, _) | (_, None)) => return Ok(Value::Null),
        ('+', (Some(left), Some(right))) => left + right,
        ('-', (Some(left), Some(right))) => left - right,
        ('*', (Some(left), Some(right))) => left * right,
        (_, (Some(_), Some(0.0))) => return Ok(Value::Null),
        ('/', (Some(left), Some(right))) => left / right,
        (_, (Some(left), Some(right))) => left % right,
    };
    Ok(Value::Number(number))
}
