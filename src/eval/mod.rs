//! The reference evaluator: what a rule means, in the fewest lines (SEMANTICS sections 2 to 4).

mod check;
mod fold;
mod pattern;
mod text;
mod time;

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::event::Event;
use crate::ir::{At, Expr, Matching, Plan, Subject};
use crate::logsource::{LogSources, Scope, View};
use check::Judge;

/// Says which events a rule means.
#[derive(Debug)]
pub struct Evaluator {
    scope: Scope<'static>,
    expr: Node,
}

/// Why a rule cannot be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// Correlations have no meaning yet.
    Correlation,
    /// The regular expression is too large, or has a construct that there is no sound reading for.
    Regex {
        /// Where it is written.
        at: At,
        /// What is wrong with it.
        why: String,
    },
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unsupported::Correlation => f.write_str("correlations have no meaning yet"),
            Unsupported::Regex { why, .. } => f.write_str(why),
        }
    }
}

impl std::error::Error for Unsupported {}

#[derive(Debug)]
enum Node {
    Const(bool),
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Subject, Judge),
}

/// The leaves of what a test looks at; none where the event has no such field.
type Leaves<'e> = Option<Vec<Cow<'e, Value>>>;

impl Evaluator {
    /// Prepares a plan.
    ///
    /// # Errors
    /// [`Unsupported`], for a correlation and for a regular expression that does not compile.
    pub fn new(plan: &Plan<Matching>) -> Result<Self, Unsupported> {
        match plan {
            Plan::Select(Matching { logsource, expr }) => {
                Ok(Evaluator { scope: LogSources::standard().scope(logsource), expr: prepare(expr)? })
            }
            Plan::Correlate(_) => Err(Unsupported::Correlation),
        }
    }

    /// Whether the event's content is what the rule describes, whatever log it comes from.
    pub fn matches(&self, event: &Event) -> bool {
        holds(&self.expr, event, View::NONE)
    }

    /// Whether the rule means the event: it can belong to the rule's log source and, under the names it has there, matches.
    pub fn meant(&self, event: &Event) -> bool {
        self.scope.admits(event).is_some_and(|view| holds(&self.expr, event, view))
    }
}

fn prepare(expr: &Expr<Subject>) -> Result<Node, Unsupported> {
    let each = |parts: &[Expr<Subject>]| parts.iter().map(prepare).collect::<Result<Vec<_>, _>>();
    Ok(match expr {
        Expr::Const(value) => Node::Const(*value),
        Expr::All(parts) => Node::All(each(parts)?),
        Expr::Any(parts) => Node::Any(each(parts)?),
        Expr::Not(inner) => Node::Not(Box::new(prepare(inner)?)),
        Expr::Test(test) => {
            let unsupported = |why| Unsupported::Regex { at: test.at.clone(), why };
            Node::Test(test.on.clone(), Judge::new(&test.check).map_err(unsupported)?)
        }
    })
}

fn holds(node: &Node, event: &Event, view: View<'_>) -> bool {
    match node {
        Node::Const(value) => *value,
        Node::All(parts) => parts.iter().all(|part| holds(part, event, view)),
        Node::Any(parts) => parts.iter().any(|part| holds(part, event, view)),
        Node::Not(inner) => !holds(inner, event, view),
        Node::Test(on, judge) => judge.judge(&leaves(on, event, view), |other| leaves(other, event, view)),
    }
}

fn leaves<'e>(on: &Subject, event: &'e Event, view: View<'_>) -> Leaves<'e> {
    match on {
        Subject::Field(name) => view.lookup(event, name.as_str()),
        Subject::AnyText => Some(event.leaves().into_iter().map(Cow::Borrowed).collect()),
    }
}
