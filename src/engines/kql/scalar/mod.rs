//! Bound scalar expressions and their values on a row.

mod bind;
mod compare;
mod convert;
mod dynamic;
mod functions;
mod ip;
mod regexes;
mod strings;
mod text;
mod times;

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::Value as Json;

pub(super) use bind::{bind, condition, constant, inside};
pub(super) use compare::{key, same};
pub(super) use dynamic::insert;

use super::run::Run;
use super::value::{Type, Value};
use crate::engines::Refusal;
use text::TextOp;

/// What every step of an evaluation gives.
pub(super) type Given<T> = Result<T, Refusal>;

/// A function of values.
pub(super) type Function = fn(&[Value], &mut Run<'_>) -> Given<Value>;

/// An expression whose names and types are known.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) kind: Type,
    pub(super) work: Work,
}

/// What a node does.
#[derive(Debug, Clone)]
pub(super) enum Work {
    Constant(Value),
    Column(usize),
    And(Vec<Node>),
    Or(Vec<Node>),
    Text {
        op: TextOp,
        negated: bool,
        left: Box<Node>,
        right: Box<Node>,
    },
    /// `in`, `in~`, `has_any`, `has_all`
    Among {
        op: Among,
        negated: bool,
        left: Box<Node>,
        items: Vec<Node>,
        folded: Option<Rc<HashSet<Rc<str>>>>,
    },
    Compare {
        op: &'static str,
        left: Box<Node>,
        right: Box<Node>,
    },
    Between {
        negated: bool,
        left: Box<Node>,
        low: Box<Node>,
        high: Box<Node>,
    },
    Arithmetic {
        op: &'static str,
        left: Box<Node>,
        right: Box<Node>,
    },
    Member {
        of: Box<Node>,
        key: Box<Node>,
    },
    Call {
        function: Function,
        arguments: Vec<Node>,
    },
    /// All columns as an object: `pack_all()`.
    All(Rc<[(String, usize)]>),
}

/// Operators with a list to their right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Among {
    /// `in`
    Same,
    /// `in~`
    Folded,
    /// `has_any`
    HasAny,
    /// `has_all`
    HasAll,
}

impl Node {
    pub(super) fn constant(value: Value, kind: Type) -> Node {
        Node { kind, work: Work::Constant(value) }
    }

    /// The value of a constant.
    pub(super) fn known(&self) -> Option<&Value> {
        match &self.work {
            Work::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The value on a row.
    pub(super) fn value(&self, row: &[Value], run: &mut Run<'_>) -> Given<Value> {
        run.budget.step(1)?;
        self.work(row, run)
    }

    fn work(&self, row: &[Value], run: &mut Run<'_>) -> Given<Value> {
        match &self.work {
            Work::Constant(value) => Ok(value.clone()),
            Work::Column(at) => Ok(row.get(*at).cloned().unwrap_or(Value::Null)),
            Work::And(parts) => all(parts, false, row, run),
            Work::Or(parts) => all(parts, true, row, run),
            Work::Text { op, negated, left, right } => {
                let (left, right) = (left.value(row, run)?.to_text(), right.value(row, run)?.to_text());
                run.budget.step((left.len() + right.len()) as u64 / 16)?;
                Ok(Value::Bool(op.holds(&left, &right, run)? != *negated))
            }
            Work::Among { op, negated, left, items, folded } => {
                let left = left.value(row, run)?;
                if let Some(folded) = folded {
                    let found = folded.contains(left.to_text().to_ascii_lowercase().as_str());
                    return Ok(Value::Bool(found != *negated));
                }
                let items = items.iter().map(|item| item.value(row, run)).collect::<Given<Vec<_>>>()?;
                Ok(Value::Bool(op.holds(&left, &flat(items), run)? != *negated))
            }
            Work::Compare { op, left, right } => compare::compare(op, &left.value(row, run)?, &right.value(row, run)?),
            Work::Between { negated, left, low, high } => {
                let left = left.value(row, run)?;
                let above = compare::compare(">=", &left, &low.value(row, run)?)?;
                let below = compare::compare("<=", &left, &high.value(row, run)?)?;
                Ok(match (above, below) {
                    (Value::Bool(above), Value::Bool(below)) => Value::Bool((above && below) != *negated),
                    _ => Value::Null,
                })
            }
            Work::Arithmetic { op, left, right } => {
                compare::arithmetic(op, &left.value(row, run)?, &right.value(row, run)?)
            }
            Work::Member { of, key } => dynamic::member(&of.value(row, run)?, &key.value(row, run)?),
            Work::Call { function, arguments } => {
                let arguments = arguments.iter().map(|argument| argument.value(row, run)).collect::<Given<Vec<_>>>()?;
                function(&arguments, run)
            }
            Work::All(columns) => {
                let columns = columns.iter();
                let json = columns.map(|(name, at)| (name.clone(), row.get(*at).map_or(Json::Null, Value::to_json)));
                Ok(Value::json(Json::Object(json.collect())))
            }
        }
    }
}

/// Three-valued `and` (`decides` false) and `or` (`decides` true).
fn all(parts: &[Node], decides: bool, row: &[Value], run: &mut Run<'_>) -> Given<Value> {
    let mut result = Value::Bool(!decides);
    for part in parts {
        match part.value(row, run)?.plain() {
            Value::Bool(value) if value == decides => return Ok(Value::Bool(decides)),
            Value::Bool(_) => {}
            _ => result = Value::Null,
        }
    }
    Ok(result)
}

/// The elements of lists among the items, beside the scalars.
fn flat(items: Vec<Value>) -> Vec<Value> {
    let mut all = Vec::with_capacity(items.len());
    for item in items {
        match &item {
            Value::Json(json) => match json.as_ref() {
                Json::Array(list) => all.extend(list.iter().map(|element| Value::json(element.clone()).plain())),
                _ => all.push(item.plain()),
            },
            _ => all.push(item),
        }
    }
    all
}

impl Among {
    fn holds(self, left: &Value, items: &[Value], run: &mut Run<'_>) -> Given<bool> {
        run.budget.step(items.len() as u64)?;
        let text = left.to_text();
        match self {
            Among::Same => {
                for item in items {
                    if same(left, item)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Among::Folded => Ok(items.iter().any(|item| item.to_text().eq_ignore_ascii_case(&text))),
            Among::HasAny => Ok(items.iter().any(|item| text::has(&text, &item.to_text(), true, true, true))),
            Among::HasAll => Ok(items.iter().all(|item| text::has(&text, &item.to_text(), true, true, true))),
        }
    }
}
