//! Scopes: what a name stands for, innermost first. A definition is evaluated in the scope of its use.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::ast::{Body, Select};
use super::value::{Record, Value};

/// A scope; copying one is cheap.
#[derive(Debug, Clone)]
pub(super) struct Scope<'a>(Rc<Frame<'a>>);

/// What aggregates keep between rows, by call.
pub(super) type Memory<'a> = Rc<RefCell<HashMap<usize, Value<'a>>>>;

#[derive(Debug)]
struct Frame<'a> {
    outer: Option<Scope<'a>>,
    names: Names<'a>,
    event: Option<usize>,
    memory: Memory<'a>,
}

/// The names that a frame adds.
#[derive(Debug)]
pub(super) enum Names<'a> {
    None,
    /// A row's columns.
    Row(Value<'a>),
    /// Arguments.
    Given(Vec<(Rc<str>, Value<'a>)>),
    /// A definition.
    Defined {
        name: Rc<str>,
        body: Body,
    },
    /// A query's columns, computed when they are asked for.
    Columns(Rc<Lazy<'a>>),
}

/// The columns of one row of a query.
#[derive(Debug)]
pub(super) struct Lazy<'a> {
    pub select: Rc<Select>,
    /// The plugin's row, and the scope with it.
    pub row: Record<'a>,
    pub scope: Scope<'a>,
    pub known: RefCell<Vec<Option<Value<'a>>>>,
}

/// What a name stands for.
pub(super) enum Found<'a> {
    Value(Value<'a>),
    Defined(Body),
    /// A column of a query, by its number.
    Column(Rc<Lazy<'a>>, usize),
}

impl<'a> Scope<'a> {
    pub(super) fn new() -> Self {
        let frame = Frame { outer: None, names: Names::None, event: None, memory: Memory::default() };
        Scope(Rc::new(frame))
    }

    /// This scope with more names.
    pub(super) fn with(&self, names: Names<'a>) -> Self {
        self.frame(names, self.0.event, self.0.memory.clone())
    }

    /// This scope with a row's names; what is found below belongs to the row's event.
    pub(super) fn with_row(&self, record: &Record<'a>) -> Self {
        self.frame(Names::Row(record.row.clone()), record.event.or(self.0.event), self.0.memory.clone())
    }

    /// This scope with another memory of aggregates.
    pub(super) fn remembering(&self, memory: Memory<'a>) -> Self {
        self.frame(Names::None, self.0.event, memory)
    }

    fn frame(&self, names: Names<'a>, event: Option<usize>, memory: Memory<'a>) -> Self {
        Scope(Rc::new(Frame { outer: Some(self.clone()), names, event, memory }))
    }

    /// The event of the innermost row.
    pub(super) fn event(&self) -> Option<usize> {
        self.0.event
    }

    pub(super) fn memory(&self) -> &Memory<'a> {
        &self.0.memory
    }

    pub(super) fn find(&self, name: &str) -> Option<Found<'a>> {
        let mut scope = Some(self);
        while let Some(Scope(frame)) = scope {
            let found = match &frame.names {
                Names::None => None,
                Names::Row(Value::Dict(dict)) => dict.get(name).map(Found::Value),
                Names::Row(_) => None,
                Names::Given(given) => {
                    given.iter().rev().find(|(there, _)| &**there == name).map(|(_, value)| Found::Value(value.clone()))
                }
                Names::Defined { name: there, body } => (&**there == name).then(|| Found::Defined(body.clone())),
                Names::Columns(lazy) => lazy.find(name),
            };
            if found.is_some() {
                return found;
            }
            scope = frame.outer.as_ref();
        }
        None
    }
}

impl<'a> Lazy<'a> {
    fn find(self: &Rc<Self>, name: &str) -> Option<Found<'a>> {
        if let Some(at) = self.select.columns.iter().rposition(|column| &*column.name == name) {
            return Some(Found::Column(self.clone(), at));
        }
        match &self.row.row {
            Value::Dict(dict) if self.select.star => dict.get(name).map(Found::Value),
            _ => None,
        }
    }
}
