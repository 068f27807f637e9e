//! What a query says.

/// What `search` looks for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Search {
    /// All of them.
    All(Vec<Search>),
    /// Any of them.
    Any(Vec<Search>),
    /// What it does not find.
    Not(Box<Search>),
    /// A field compared with a literal.
    Compare(String, Op, Literal),
    /// A term or phrase of `_raw`.
    Term(Term),
}

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// `=`, `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl Op {
    /// Whether an order is what the operator asks for.
    pub(super) fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Op::Eq => order.is_eq(),
            Op::Ne => order.is_ne(),
            Op::Lt => order.is_lt(),
            Op::Le => order.is_le(),
            Op::Gt => order.is_gt(),
            Op::Ge => order.is_ge(),
        }
    }

    /// The operator that a sign is.
    pub(super) fn of(sign: &str) -> Option<Op> {
        Some(match sign {
            "=" | "==" => Op::Eq,
            "!=" => Op::Ne,
            "<" => Op::Lt,
            "<=" => Op::Le,
            ">" => Op::Gt,
            ">=" => Op::Ge,
            _ => return None,
        })
    }
}

/// The right side of a comparison in `search`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    /// As written, unescaped.
    pub(super) text: String,
    /// Its pieces between the `*`, without case.
    pub(super) pieces: Vec<String>,
    /// The network that it is, if it is one.
    pub(super) network: Option<ipnet::IpNet>,
}

/// A term of `_raw`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    /// Unescaped, `*` as wildcards.
    pub(super) text: String,
    /// `TERM(…)`: from one major breaker to the next.
    pub(super) whole: bool,
    /// `CASE(…)`: case counts.
    pub(super) cased: bool,
}

/// An expression of `eval` and `where`.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expr {
    /// A text as written between its quotes.
    Text(String),
    /// A number.
    Number(f64),
    /// A field.
    Field(String),
    /// A function.
    Call(String, Vec<Expr>),
    /// `NOT`.
    Not(Box<Expr>),
    /// A negative.
    Minus(Box<Expr>),
    /// All of them.
    And(Vec<Expr>),
    /// Any of them.
    Or(Vec<Expr>),
    /// An odd number of them.
    Xor(Vec<Expr>),
    /// A comparison.
    Compare(Op, Box<Expr>, Box<Expr>),
    /// `LIKE`.
    Like(Box<Expr>, Box<Expr>),
    /// `IN (…)`.
    In(Box<Expr>, Vec<Expr>),
    /// `+ - * / % .`, one after the other.
    Sum(Box<Expr>, Vec<(char, Expr)>),
}

impl Expr {
    /// What stands directly inside, left to right.
    pub(super) fn parts(&self) -> Vec<&Expr> {
        match self {
            Expr::Text(_) | Expr::Number(_) | Expr::Field(_) => Vec::new(),
            Expr::Not(inner) | Expr::Minus(inner) => vec![inner],
            Expr::Call(_, parts) | Expr::And(parts) | Expr::Or(parts) | Expr::Xor(parts) => parts.iter().collect(),
            Expr::Compare(_, left, right) | Expr::Like(left, right) => vec![left, right],
            Expr::In(value, list) => std::iter::once(&**value).chain(list).collect(),
            Expr::Sum(first, more) => std::iter::once(&**first).chain(more.iter().map(|(_, part)| part)).collect(),
        }
    }
}
