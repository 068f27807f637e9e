//! What a query is, once read.

use std::rc::Rc;

/// A statement: a definition or a query.
#[derive(Debug)]
pub(super) enum Statement {
    /// `LET name = body`; `eager` for `<=`. Arguments are given by name, so the list of parameters says nothing.
    Let { name: Rc<str>, eager: bool, body: Body },
    /// A query whose rows are the statement's result.
    Query(Rc<Select>),
}

/// What a `LET` defines.
#[derive(Debug, Clone)]
pub(super) enum Body {
    Query(Rc<Select>),
    Value(Rc<Expr>),
}

/// `SELECT columns FROM plugin WHERE .. GROUP BY .. ORDER BY .. LIMIT ..`.
#[derive(Debug)]
pub(super) struct Select {
    /// Whether the plugin's own columns are all there.
    pub star: bool,
    pub columns: Vec<Column>,
    pub from: Source,
    pub filter: Option<Expr>,
    pub group: Option<Expr>,
    /// The column, and whether it sorts downwards.
    pub order: Option<(Rc<str>, bool)>,
    pub limit: Option<i64>,
}

/// A column: its name and what it holds.
#[derive(Debug)]
pub(super) struct Column {
    pub name: Rc<str>,
    pub value: Argument,
}

/// What follows `FROM`: a plugin or a definition; called where it has parentheses.
#[derive(Debug)]
pub(super) struct Source {
    /// The byte at which it stands.
    pub at: usize,
    pub name: Rc<str>,
    pub arguments: Option<Vec<(Rc<str>, Argument)>>,
}

/// An argument's value.
#[derive(Debug)]
pub(super) enum Argument {
    Value(Rc<Expr>),
    Query(Rc<Select>),
    /// `[a, b]`, which only an argument may be; nothing for `[]`.
    Array(Option<Expr>),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Match,
    In,
    /// `<>`: read by the grammar, known to no rule of evaluation, so never true.
    Nothing,
}

/// Arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
}

/// An expression.
#[derive(Debug)]
pub(super) enum Expr {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
    /// A name of the scope.
    Symbol(Rc<str>),
    /// A call; the byte at which it stands tells the query's calls apart (aggregates keep their state by it).
    Call {
        id: usize,
        name: Rc<str>,
        arguments: Vec<(Rc<str>, Argument)>,
    },
    Member(Box<Expr>, Rc<str>),
    Index(Box<Expr>, Box<Expr>),
    /// `(a, b)`, `(a,)`.
    List(Vec<Expr>),
    And(Vec<Expr>),
    /// The operands; each but the first with whether `||` stands before it, which keeps the operand's value.
    Or(Box<Expr>, Vec<(bool, Expr)>),
    Not(Box<Expr>),
    Compare(Comparison, Box<Expr>, Box<Expr>),
    Compute(Box<Expr>, Vec<(Arithmetic, Expr)>),
}
