//! What stands behind FROM: plugins, definitions, and values as rows.

use std::rc::Rc;

use super::super::Refusal;
use super::super::common::Budget;
use super::ast::{Argument, Body, Source};
use super::eval::{Given, Run};
use super::files;
use super::scope::{Found, Names, Scope};
use super::value::{Record, Value};

impl<'a> Run<'a> {
    /// The rows of a plugin or a definition.
    pub(super) fn source(
        &mut self,
        source: &Source,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        let name = &source.name;
        if let Some(arguments) = &source.arguments
            && let Some(rows) = self.plugin(name, arguments, scope, budget).map_err(|refusal| refusal.at(source.at))?
        {
            return Ok(rows);
        }
        let inside = match &source.arguments {
            Some(arguments) => scope.with(Names::Given(self.given(arguments, scope, budget)?)),
            None => scope.clone(),
        };
        match scope.find(name) {
            Some(Found::Defined(Body::Query(select))) => self.select(&select, &inside, budget),
            Some(Found::Defined(Body::Value(expr))) => {
                let value = self.eval(&expr, &inside, budget)?;
                self.iterate(value, &inside, budget)
            }
            Some(Found::Value(value)) if source.arguments.is_none() => self.iterate(value, scope, budget),
            Some(Found::Column(lazy, at)) if source.arguments.is_none() => {
                let value = self.column(&lazy, at, budget)?;
                self.iterate(value, scope, budget)
            }
            _ => Err(Refusal::Unknown(format!("the plugin {name}")).at(source.at)),
        }
    }

    /// A value as rows: a query's, a list's elements, a dict itself.
    pub(super) fn iterate(
        &mut self,
        value: Value<'a>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        let event = scope.event();
        let wrapped = |value: Value<'a>| match value {
            row @ Value::Dict(_) => Record { row, event },
            other => Record { row: Value::dict(vec![(Rc::from("_value"), other)]), event },
        };
        Ok(match value {
            Value::Null => Vec::new(),
            Value::Query(select, bound) => self.select(&select, bound.as_ref().unwrap_or(scope), budget)?,
            Value::Rows(rows) => rows.to_vec(),
            Value::List(items) => items.iter().cloned().map(wrapped).collect(),
            other => vec![wrapped(other)],
        })
    }

    fn plugin(
        &mut self,
        name: &str,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Option<Vec<Record<'a>>>, Refusal> {
        if !["scope", "glob", "parse_evtx", "foreach", "chain", "items", "if", "switch"].contains(&name) {
            return Ok(None);
        }
        if name == "if" {
            let chosen = self.chosen(arguments, scope, budget)?;
            return self.iterate(chosen, scope, budget).map(Some);
        }
        let mut given = self.given(arguments, scope, budget)?;
        let rows = match name {
            "scope" => vec![Record { row: Value::dict(Vec::new()), event: scope.event() }],
            "glob" => files::glob(self.database, &given)?,
            "parse_evtx" => files::parse_evtx(self.database, &given)?,
            "foreach" => self.foreach(given, scope, budget)?,
            "items" => self.items(given, scope, budget)?,
            "chain" => {
                given.sort_by(|(left, _), (right, _)| left.cmp(right));
                let mut rows = Vec::new();
                for (name, value) in given {
                    if &*name != "async" {
                        rows.extend(self.iterate(value, scope, budget)?);
                    }
                }
                rows
            }
            _ => {
                given.sort_by(|(left, _), (right, _)| left.cmp(right));
                let mut rows = Vec::new();
                for (_, value) in given {
                    rows = self.iterate(value, scope, budget)?;
                    if !rows.is_empty() {
                        break;
                    }
                }
                rows
            }
        };
        budget.step(rows.len() as u64)?;
        Ok(Some(rows))
    }

    /// `if(condition=, then=, else=)`: the value of the branch; the other is not evaluated.
    pub(super) fn chosen(
        &mut self,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        let named = |wanted: &str| arguments.iter().find(|(name, _)| &**name == wanted).map(|(_, argument)| argument);
        if let Some((other, _)) = arguments.iter().find(|(name, _)| !["condition", "then", "else"].contains(&&**name)) {
            return Err(Refusal::Unknown(format!("the argument {other} of if()")));
        }
        let Some(condition) = named("condition") else {
            return Err(Refusal::Unknown("if() without a condition".to_owned()));
        };
        let value = self.argument(condition, scope, budget)?;
        let value = self.settled(value, scope, budget)?;
        match named(if value.truth()? { "then" } else { "else" }) {
            None => Ok(Value::Null),
            Some(branch) => self.argument(branch, scope, budget),
        }
    }

    fn foreach(
        &mut self,
        given: Given<'a>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        let mut row = Value::Null;
        let mut query = None;
        for (name, value) in given {
            match &*name {
                "row" => row = value,
                "query" => query = Some(value),
                "async" | "workers" => {}
                other => return Err(Refusal::Unknown(format!("the argument {other} of foreach()"))),
            }
        }
        let outer = self.iterate(row, scope, budget)?;
        let Some(query) = query else { return Ok(outer) };
        let Value::Query(select, bound) = query else {
            return Err(Refusal::Unknown("foreach() with a query that is none".to_owned()));
        };
        let base = bound.unwrap_or_else(|| scope.clone());
        let mut rows = Vec::new();
        for record in outer {
            let found = self.select(&select, &base.with_row(&record), budget)?;
            rows.extend(found.into_iter().map(|found| Record { event: found.event.or(record.event), ..found }));
        }
        Ok(rows)
    }

    /// `items(item=)`: the pairs of a dict or list as rows of `_key` and `_value`.
    fn items(&mut self, given: Given<'a>, scope: &Scope<'a>, budget: &mut Budget) -> Result<Vec<Record<'a>>, Refusal> {
        let [(name, value)] = given.as_slice() else { return Err(Refusal::Unknown("items() of several".to_owned())) };
        if &**name != "item" {
            return Err(Refusal::Unknown(format!("the argument {name} of items()")));
        }
        let value = self.settled(value.clone(), scope, budget)?;
        let pairs: Vec<(Value<'a>, Value<'a>)> = match value {
            Value::Null => Vec::new(),
            Value::Dict(dict) => dict.pairs().into_iter().map(|(key, value)| (Value::text(&*key), value)).collect(),
            Value::List(items) => {
                let key = |at: usize| i64::try_from(at).map_or(Value::Null, Value::Int);
                items.iter().enumerate().map(|(at, item)| (key(at), item.clone())).collect()
            }
            _ => return Err(Refusal::Unknown("items() of this value".to_owned())),
        };
        let event = scope.event();
        let row = |(key, value)| Record {
            row: Value::dict(vec![(Rc::from("_key"), key), (Rc::from("_value"), value)]),
            event,
        };
        Ok(pairs.into_iter().map(row).collect())
    }
}
