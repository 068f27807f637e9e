//! Joins fragments to conjuncts.

use std::sync::Arc;

use super::{Dialect, Fragment, Gap};
use crate::ir::Expr;
use crate::schema::Column;

/// What the user asked of the output.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--approximate`: replace what cannot be said by true in positive and false in negated position.
    pub approximate: bool,
    /// `--set name=value`: values for what the target's user owns, such as `index` for SPL.
    pub set: Vec<(String, String)>,
}

impl Options {
    /// The value of `--set name=...`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One member of a query's top-level conjunction, ready to be written.
#[derive(Debug, Clone)]
pub struct Conjunct {
    /// Its text; parenthesised by the caller where the surroundings need it.
    pub fragment: Fragment,
    /// The selections of the rule it comes from.
    pub selections: Vec<Arc<str>>,
}

/// The text of an expression in a dialect: the whole tree, or the gaps.
pub fn conjunct(expr: &Expr<Column>, dialect: &dyn Dialect, options: &Options) -> Result<Conjunct, Vec<Gap>> {
    let _ = (expr, dialect, options);
    Err(Vec::new())
}
