//! Expressions: what one is in a scope.

use std::collections::HashMap;
use std::rc::Rc;

use ::regex::Regex;

use super::super::common::Budget;
use super::super::{Database, Refusal};
use super::ast::{Argument, Arithmetic, Body, Comparison, Expr};
use super::compare;
use super::parse::LAMBDA;
use super::regex::{Bad, compile};
use super::scope::{Found, Lazy, Memory, Names, Scope};
use super::value::Value;

/// Programs that are kept; more are made anew.
const PROGRAMS: usize = 4_096;

/// One run of a query.
pub(super) struct Run<'a> {
    pub database: &'a Database,
    pub now: f64,
    /// Whether rows were summarised.
    pub summary: bool,
    programs: HashMap<String, Option<Rc<Regex>>>,
}

/// Named values of a call.
pub(super) type Given<'a> = Vec<(Rc<str>, Value<'a>)>;

impl<'a> Run<'a> {
    pub(super) fn new(database: &'a Database, now: f64) -> Self {
        Run { database, now, summary: false, programs: HashMap::new() }
    }

    /// The scope after a `LET`.
    pub(super) fn define(
        &mut self,
        name: &Rc<str>,
        eager: bool,
        body: &Body,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Scope<'a>, Refusal> {
        if !eager {
            let body = body.clone();
            return Ok(scope.with(Names::Defined { name: name.clone(), body }));
        }
        let value = match body {
            Body::Query(select) => Value::Rows(Rc::new(self.select(select, scope, budget)?)),
            Body::Value(expr) => match self.eval(expr, scope, budget)? {
                Value::Query(select, bound) => {
                    Value::Rows(Rc::new(self.select(&select, bound.as_ref().unwrap_or(scope), budget)?))
                }
                value => value,
            },
        };
        Ok(scope.with(Names::Given(vec![(name.clone(), value)])))
    }

    pub(super) fn eval(&mut self, expr: &Expr, scope: &Scope<'a>, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        budget.step(1)?;
        match expr {
            Expr::Null => Ok(Value::Null),
            Expr::Bool(bool) => Ok(Value::Bool(*bool)),
            Expr::Int(number) => Ok(Value::Int(*number)),
            Expr::Float(number) => Ok(Value::Float(*number)),
            Expr::Text(text) => Ok(Value::text(&**text)),
            _ => budget.deeper(|budget| self.compound(expr, scope, budget)),
        }
    }

    fn compound(&mut self, expr: &Expr, scope: &Scope<'a>, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        match expr {
            Expr::Symbol(name) => self.symbol(name, scope, budget),
            Expr::Call { id, name, arguments } => {
                self.call(*id, name, arguments, scope, budget).map_err(|refusal| match *id < LAMBDA {
                    true => refusal.at(*id),
                    false => refusal,
                })
            }
            Expr::Member(inner, name) => {
                let value = self.eval(inner, scope, budget)?;
                let value = self.settled(value, scope, budget)?;
                compare::member_of(&value, name)
            }
            Expr::Index(inner, index) => {
                let value = self.eval(inner, scope, budget)?;
                let value = self.settled(value, scope, budget)?;
                let index = self.eval(index, scope, budget)?;
                compare::element(&value, &index)
            }
            Expr::List(items) => {
                let items = items.iter().map(|item| self.eval(item, scope, budget)).collect::<Result<_, _>>()?;
                Ok(Value::List(Rc::new(items)))
            }
            Expr::And(operands) => self.all(operands, scope, budget),
            Expr::Or(first, rest) => self.any(first, rest, scope, budget),
            Expr::Not(inner) => Ok(Value::Bool(!self.eval(inner, scope, budget)?.truth()?)),
            Expr::Compare(comparison, left, right) => {
                let left = self.eval(left, scope, budget)?;
                let right = self.eval(right, scope, budget)?;
                self.compare(*comparison, &left, &right, budget).map(Value::Bool)
            }
            Expr::Compute(first, rest) => self.compute(first, rest, scope, budget),
            _ => Err(Refusal::Unknown("this expression".to_owned())),
        }
    }

    fn all(&mut self, operands: &[Expr], scope: &Scope<'a>, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        for operand in operands {
            if !self.eval(operand, scope, budget)?.truth()? {
                return Ok(Value::Bool(false));
            }
        }
        Ok(Value::Bool(true))
    }

    /// `OR` is TRUE where a later operand is true, `||` that operand; else the last operand.
    fn any(
        &mut self,
        first: &Expr,
        rest: &[(bool, Expr)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        let mut last = self.eval(first, scope, budget)?;
        if last.truth()? {
            return Ok(last);
        }
        for (keeps, operand) in rest {
            last = self.eval(operand, scope, budget)?;
            if last.truth()? {
                return Ok(if *keeps { last } else { Value::Bool(true) });
            }
        }
        Ok(last)
    }

    fn compute(
        &mut self,
        first: &Expr,
        rest: &[(Arithmetic, Expr)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        let mut result = self.eval(first, scope, budget)?;
        for (operator, operand) in rest {
            let right = self.eval(operand, scope, budget)?;
            result = match operator {
                Arithmetic::Add => compare::add(&result, &right)?,
                Arithmetic::Subtract => compare::subtract(&result, &right)?,
                Arithmetic::Multiply => compare::multiply(&result, &right)?,
                Arithmetic::Divide => compare::divide(&result, &right)?,
            };
            if let Value::Text(text) = &result {
                budget.step(text.len() as u64)?;
            }
        }
        Ok(result)
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        left: &Value<'a>,
        right: &Value<'a>,
        budget: &mut Budget,
    ) -> Result<bool, Refusal> {
        if let Value::List(items) = right {
            budget.step(items.len() as u64)?;
        }
        Ok(match comparison {
            Comparison::Equal => compare::equal(left, right)?,
            Comparison::NotEqual => !compare::equal(left, right)?,
            Comparison::Less => compare::ordered(left, right, false)?,
            Comparison::LessEqual => compare::ordered(left, right, false)? || compare::equal(left, right)?,
            Comparison::Greater => compare::ordered(left, right, true)?,
            Comparison::GreaterEqual => compare::ordered(left, right, true)? || compare::equal(left, right)?,
            Comparison::In => compare::member(left, right)?,
            Comparison::Match => self.matches(right, left, budget)?,
            Comparison::Nothing => false,
        })
    }

    /// `=~` (protocol_regex.go; for numbers and dicts Velociraptor's vql/protocols).
    pub(super) fn matches(
        &mut self,
        pattern: &Value<'a>,
        target: &Value<'a>,
        budget: &mut Budget,
    ) -> Result<bool, Refusal> {
        let Value::Text(pattern_text) = pattern else { return Ok(false) };
        if matches!(&**pattern_text, "." | ".*" | "") {
            return Ok(true);
        }
        match target {
            Value::Null | Value::Bool(_) => Ok(false),
            Value::List(items) => {
                for item in items.iter() {
                    if budget.deeper(|budget| self.matches(pattern, item, budget))? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Value::Dict(_) => self.matches_json(pattern_text, target, budget),
            Value::Text(_) | Value::Int(_) | Value::Big(_) | Value::Float(_) => {
                let Some(program) = self.program(pattern_text, true, budget)? else { return Ok(false) };
                let text = target.shown()?;
                budget.step(text.len() as u64)?;
                Ok(program.is_match(&text))
            }
            Value::Time(..) => Err(Refusal::Unknown("=~ of a time".to_owned())),
            Value::Query(..) | Value::Rows(_) => Err(Refusal::Unknown("=~ of a query".to_owned())),
        }
    }

    /// A dict is matched on its JSON, in which `<`, `>` and `&` are escaped.
    fn matches_json(&mut self, pattern: &str, target: &Value<'a>, budget: &mut Budget) -> Result<bool, Refusal> {
        let Some(program) = self.program(pattern, true, budget)? else { return Ok(false) };
        let mut json = target.shown()?.to_string();
        if json.contains(['<', '>', '&']) {
            json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
        }
        budget.step(json.len() as u64)?;
        Ok(program.is_match(&json))
    }

    /// The program of a pattern; none where the product cannot compile it, which it only logs.
    pub(super) fn program(
        &mut self,
        pattern: &str,
        ignore_case: bool,
        budget: &mut Budget,
    ) -> Result<Option<Rc<Regex>>, Refusal> {
        let key = format!("{}{pattern}", if ignore_case { 'i' } else { 'c' });
        if let Some(program) = self.programs.get(&key) {
            return Ok(program.clone());
        }
        budget.step(10_000 + 100 * pattern.len() as u64)?;
        let program = match compile(pattern, ignore_case) {
            Ok(program) => Some(Rc::new(program)),
            Err(Bad::Invalid) => None,
            Err(Bad::Refused(refusal)) => return Err(refusal),
        };
        if self.programs.len() < PROGRAMS {
            self.programs.insert(key, program.clone());
        }
        Ok(program)
    }

    fn symbol(&mut self, name: &str, scope: &Scope<'a>, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        match scope.find(name) {
            None => Ok(Value::Null),
            Some(Found::Value(value)) => Ok(value),
            Some(Found::Column(lazy, at)) => self.column(&lazy, at, budget),
            Some(Found::Defined(Body::Value(expr))) => self.eval(&expr, scope, budget),
            Some(Found::Defined(Body::Query(select))) => Ok(Value::Query(select, None)),
        }
    }

    /// A column of a query's row, computed once.
    pub(super) fn column(&mut self, lazy: &Rc<Lazy<'a>>, at: usize, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        if let Some(Some(value)) = lazy.known.borrow().get(at) {
            return Ok(value.clone());
        }
        let Some(column) = lazy.select.columns.get(at) else { return Ok(Value::Null) };
        let value = match &column.value {
            Argument::Query(select) => self.inner(select, &lazy.scope, budget)?,
            Argument::Value(expr) => {
                let value = self.eval(expr, &lazy.scope, budget)?;
                self.settled(value, &lazy.scope, budget)?
            }
            Argument::Array(_) => Value::Null,
        };
        if let Some(known) = lazy.known.borrow_mut().get_mut(at) {
            *known = Some(value.clone());
        }
        Ok(value)
    }

    /// `{ SELECT .. }` as a column: rows of one column are its values, one row is that row.
    fn inner(
        &mut self,
        select: &Rc<super::ast::Select>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        let records = self.select(select, scope, budget)?;
        let mut values: Vec<Value<'a>> = Vec::with_capacity(records.len());
        for record in records {
            let single = match &record.row {
                Value::Dict(dict) if dict.len() == 1 => dict.pairs().pop().map(|(_, value)| value),
                _ => None,
            };
            values.push(single.unwrap_or(record.row));
        }
        Ok(match (values.pop(), values.is_empty()) {
            (Some(only), true) => only,
            (last, _) => Value::List(Rc::new(values.into_iter().chain(last).collect())),
        })
    }

    /// The value, a query run.
    pub(super) fn settled(
        &mut self,
        value: Value<'a>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        match value {
            Value::Query(select, bound) => {
                let records = self.select(&select, bound.as_ref().unwrap_or(scope), budget)?;
                Ok(Value::Rows(Rc::new(records)))
            }
            value => Ok(value),
        }
    }

    /// The arguments of a call, evaluated.
    pub(super) fn given(
        &mut self,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Given<'a>, Refusal> {
        let mut given = Vec::with_capacity(arguments.len());
        for (name, argument) in arguments {
            given.push((name.clone(), self.argument(argument, scope, budget)?));
        }
        Ok(given)
    }

    pub(super) fn argument(
        &mut self,
        argument: &Argument,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        Ok(match argument {
            Argument::Value(expr) => self.eval(expr, scope, budget)?,
            Argument::Query(select) => Value::Query(select.clone(), None),
            Argument::Array(None) => Value::List(Rc::default()),
            Argument::Array(Some(items)) => match self.eval(items, scope, budget)? {
                list @ Value::List(_) if matches!(items, Expr::List(_)) => list,
                // A single element without a comma is that element.
                other => other,
            },
        })
    }

    fn call(
        &mut self,
        id: usize,
        name: &Rc<str>,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        if let Some(value) = self.builtin(id, name, arguments, scope, budget)? {
            return Ok(value);
        }
        match scope.find(name) {
            Some(Found::Defined(body)) => {
                let given = Names::Given(self.given(arguments, scope, budget)?);
                match body {
                    Body::Value(expr) => self.eval(&expr, &scope.with(given), budget),
                    Body::Query(select) => {
                        let bound = scope.remembering(Memory::default()).with(given);
                        Ok(Value::Query(select, Some(bound)))
                    }
                }
            }
            _ => Err(Refusal::Unknown(format!("the function {name}"))),
        }
    }
}
