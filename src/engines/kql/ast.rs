//! The syntax tree.

use super::value::{Type, Value};

/// An expression, scalar or tabular: which of the two a name is, only binding tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expr {
    pub(crate) kind: Kind,
    /// How deep Microsoft's binder counts it: an operator 1, a parenthesis 1, a call 4.
    pub(crate) depth: u32,
    /// The byte at which it begins, for what one token begins.
    pub(crate) at: Option<usize>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Kind {
    Literal(Value, Type),
    Name(String),
    /// `*`
    Star,
    /// `a.b`
    Member(Box<Expr>, String),
    /// `a[b]`
    Index(Box<Expr>, Box<Expr>),
    Call(String, Vec<Expr>),
    /// `-a`
    Minus(Box<Expr>),
    And(Vec<Expr>),
    Or(Vec<Expr>),
    /// Comparison or arithmetic.
    Binary(&'static str, Box<Expr>, Box<Expr>),
    /// A string operator without its `!`.
    Text {
        op: String,
        negated: bool,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `in`, `in~`, `has_any`, `has_all`, without their `!`.
    List {
        op: String,
        negated: bool,
        left: Box<Expr>,
        items: Vec<Expr>,
    },
    Between {
        negated: bool,
        left: Box<Expr>,
        low: Box<Expr>,
        high: Box<Expr>,
    },
    /// `name = value` among arguments and columns.
    Named(String, Box<Expr>),
    Query(Box<Query>),
}

/// A source and the operators that its rows pass.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Query {
    pub(crate) source: Source,
    pub(crate) steps: Vec<Placed>,
}

/// An operator with the byte at which its name stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Placed {
    pub(crate) at: usize,
    pub(crate) step: Step,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Source {
    Table(Expr),
    Union(Union),
    Rows { columns: Vec<(String, Type)>, cells: Vec<Expr> },
    Print(Vec<Expr>),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Union {
    pub(crate) inner: bool,
    pub(crate) fuzzy: bool,
    pub(crate) with_source: Option<String>,
    pub(crate) legs: Vec<Expr>,
}

/// A column to sort by.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sort {
    pub(crate) by: Expr,
    pub(crate) ascending: bool,
    pub(crate) nulls_first: bool,
}

/// What is expanded: a name, an expression, the type of the elements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Expand {
    pub(crate) item: Expr,
    pub(crate) to: Option<Type>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    Where(Expr),
    Extend(Vec<Expr>),
    Project(Vec<Expr>),
    Away(Vec<String>),
    Keep(Vec<String>),
    Rename(Vec<Expr>),
    Reorder(Vec<String>),
    Summarize {
        what: Vec<Expr>,
        by: Vec<Expr>,
    },
    Join {
        kind: String,
        right: Expr,
        on: Vec<Expr>,
    },
    /// A join that keeps the keys of the left side alone.
    Lookup {
        outer: bool,
        right: Expr,
        on: Vec<Expr>,
    },
    MvExpand {
        index: Option<String>,
        items: Vec<Expand>,
        limit: Option<u64>,
    },
    MvApply {
        index: Option<String>,
        items: Vec<Expand>,
        steps: Vec<Placed>,
    },
    Order(Vec<Sort>),
    Take(u64),
    Distinct(Vec<Expr>),
    Count,
    Parse {
        from: Expr,
        pattern: Vec<Piece>,
    },
    Union(Union),
    Nothing,
}

/// A part of a `parse` pattern.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Piece {
    Any,
    Text(String),
    Column(String, Type),
}

/// A statement: `let`, or the query itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Statement {
    Let(String, Expr),
    /// A function that a `let` defines.
    Function(String, Function),
    Query(Expr),
}

/// `(name: type, ..) { let ..; expression }`
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Function {
    pub(crate) parameters: Vec<(String, Type)>,
    pub(crate) lets: Vec<(String, Expr)>,
    pub(crate) body: Expr,
}
