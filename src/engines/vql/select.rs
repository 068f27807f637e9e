//! `SELECT`: columns are computed before WHERE, so WHERE sees them and what they hide stays below.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;

use super::super::Refusal;
use super::super::common::Budget;
use super::ast::{Expr, Select};
use super::eval::Run;
use super::scope::{Lazy, Memory, Names, Scope};
use super::value::{Record, Value};

/// The levels that a query counts as: it takes more stack than an expression.
const LEVELS: u32 = 4;

impl<'a> Run<'a> {
    /// The rows of a query.
    pub(super) fn select(
        &mut self,
        select: &Rc<Select>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        deep(LEVELS, budget, &mut |budget| self.clauses(select, scope, budget))
    }

    fn clauses(
        &mut self,
        select: &Rc<Select>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        let source = self.source(&select.from, scope, budget)?;
        let mut rows = match &select.group {
            Some(group) => self.grouped(select, group, source, scope, budget)?,
            None => self.filtered(select, source, scope, budget)?,
        };
        let limit = select.limit.map(|limit| usize::try_from(limit.max(1)).unwrap_or(usize::MAX));
        if let Some((column, down)) = &select.order {
            sort(&mut rows, column, *down, limit.is_some())?;
        }
        rows.truncate(limit.unwrap_or(usize::MAX));
        Ok(rows)
    }

    fn filtered(
        &mut self,
        select: &Rc<Select>,
        source: Vec<Record<'a>>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        let mut rows = Vec::new();
        for record in source {
            budget.step(10)?;
            let lazy = lazy(select, record, scope);
            if self.passes(&lazy, budget)? {
                rows.push(self.row(&lazy, budget)?);
            }
        }
        Ok(rows)
    }

    fn passes(&mut self, lazy: &Rc<Lazy<'a>>, budget: &mut Budget) -> Result<bool, Refusal> {
        match &lazy.select.filter {
            None => Ok(true),
            Some(filter) => {
                let inside = lazy.scope.with(Names::Columns(lazy.clone()));
                self.eval(filter, &inside, budget)?.truth()
            }
        }
    }

    /// The row with all its columns computed.
    fn row(&mut self, lazy: &Rc<Lazy<'a>>, budget: &mut Budget) -> Result<Record<'a>, Refusal> {
        let event = lazy.row.event.or(lazy.scope.event());
        if lazy.select.star && lazy.select.columns.is_empty() {
            return Ok(Record { row: lazy.row.row.clone(), event });
        }
        let mut pairs = match &lazy.row.row {
            Value::Dict(dict) if lazy.select.star => dict.pairs(),
            _ => Vec::new(),
        };
        for (at, column) in lazy.select.columns.iter().enumerate() {
            let value = self.column(lazy, at, budget)?;
            match pairs.iter_mut().find(|(name, _)| *name == column.name) {
                Some(pair) => pair.1 = value,
                None => pairs.push((column.name.clone(), value)),
            }
        }
        budget.step(pairs.len() as u64)?;
        Ok(Record { row: Value::dict(pairs), event })
    }

    /// One row a group, its last one; aggregates remember within their group (grouper/grouper.go).
    fn grouped(
        &mut self,
        select: &Rc<Select>,
        group: &Expr,
        source: Vec<Record<'a>>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Vec<Record<'a>>, Refusal> {
        self.summary = true;
        let mut groups: HashMap<String, usize> = HashMap::new();
        let mut found: Vec<(Memory<'a>, Record<'a>)> = Vec::new();
        for record in source {
            budget.step(10)?;
            let first = lazy(select, record.clone(), scope);
            if !self.passes(&first, budget)? {
                continue;
            }
            let inside = first.scope.with(Names::Columns(first.clone()));
            let key = key(&self.eval(group, &inside, budget)?)?;
            budget.step(key.len() as u64)?;
            let at = groups.get(&key).copied();
            let memory = at.and_then(|at| found.get(at)).map_or_else(Memory::default, |(memory, _)| memory.clone());
            let again = lazy(select, record, &scope.remembering(memory.clone()));
            let row = Record { event: None, ..self.row(&again, budget)? };
            match at.and_then(|at| found.get_mut(at)) {
                Some(last) => last.1 = row,
                None => {
                    groups.insert(key, found.len());
                    found.push((memory, row));
                }
            }
        }
        Ok(found.into_iter().map(|(_, row)| row).collect())
    }
}

fn lazy<'a>(select: &Rc<Select>, row: Record<'a>, scope: &Scope<'a>) -> Rc<Lazy<'a>> {
    let scope = scope.with_row(&row);
    let known = RefCell::new(vec![None; select.columns.len()]);
    Rc::new(Lazy { select: select.clone(), row, scope, known })
}

fn deep<T>(
    levels: u32,
    budget: &mut Budget,
    inner: &mut dyn FnMut(&mut Budget) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    match levels.checked_sub(1) {
        None => inner(budget),
        Some(levels) => budget.deeper(|budget| deep(levels, budget, inner)),
    }
}

/// What a group is told by: the text of its values.
fn key(value: &Value<'_>) -> Result<String, Refusal> {
    match value {
        Value::Time(time, _) => Ok(format!("time {time}")),
        Value::List(items) => Ok(items.iter().map(key).collect::<Result<Vec<_>, _>>()?.join("\u{1f}")),
        other => other.shown().map(std::borrow::Cow::into_owned),
    }
}

/// Sorts by a column. NULL comes first. How vfilter mixes texts and numbers depends on its sorter, so a limit behind that
/// order is not known.
fn sort(rows: &mut [Record<'_>], column: &str, down: bool, limited: bool) -> Result<(), Refusal> {
    let value = |record: &Record<'_>| match &record.row {
        Value::Dict(dict) => dict.get(column).map_or(Rank::Null, |value| rank(&value)),
        _ => Rank::Null,
    };
    let kinds: std::collections::BTreeSet<u8> =
        rows.iter().map(|record| value(record).kind()).filter(|k| *k > 0).collect();
    if kinds.contains(&4) || (limited && kinds.len() > 1) {
        return Err(Refusal::Unknown(format!("ORDER BY {column} over values of several types")));
    }
    rows.sort_by(|left, right| {
        let order = value(left).order(&value(right));
        if down { order.reverse() } else { order }
    });
    Ok(())
}

/// A value in the order of rows.
enum Rank {
    Null,
    Text(String),
    Number(f64),
    Time(i128),
    Other,
}

fn rank(value: &Value<'_>) -> Rank {
    match value {
        Value::Null => Rank::Null,
        Value::Text(text) => Rank::Text(text.to_string()),
        Value::Time(time, _) => Rank::Time(*time),
        value => value.float().map_or(Rank::Other, Rank::Number),
    }
}

impl Rank {
    fn kind(&self) -> u8 {
        match self {
            Rank::Null => 0,
            Rank::Text(_) => 1,
            Rank::Number(_) => 2,
            Rank::Time(_) => 3,
            Rank::Other => 4,
        }
    }

    fn order(&self, other: &Rank) -> Ordering {
        match (self, other) {
            (Rank::Text(left), Rank::Text(right)) => left.cmp(right),
            (Rank::Number(left), Rank::Number(right)) => left.total_cmp(right),
            (Rank::Time(left), Rank::Time(right)) => left.cmp(right),
            _ => self.kind().cmp(&other.kind()),
        }
    }
}
