//! Boolean expressions over tests.

use std::fmt;
use std::sync::Arc;

use ipnet::IpNet;

use super::{At, Case, Number, Pattern, Regex};

/// A field's name as the rule writes it, case-sensitive.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldName(pub Arc<str>);

impl FieldName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for FieldName {
    fn from(name: &str) -> Self {
        FieldName(name.into())
    }
}

impl fmt::Display for FieldName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a test of a rule looks at, before a schema gives it columns.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subject {
    /// A field of the event.
    Field(FieldName),
    /// Any value of the event: a keyword. `Like` patterns of keywords are already unanchored.
    AnyText,
}

/// A two-valued Boolean expression. There is no third truth value: a test on a missing field is false
/// (SEMANTICS 2.2), whatever the target's own logic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Expr<F> {
    /// Always or never.
    Const(bool),
    /// All of them; true when empty.
    All(Vec<Expr<F>>),
    /// At least one of them; false when empty.
    Any(Vec<Expr<F>>),
    /// Not it.
    Not(Box<Expr<F>>),
    /// A leaf.
    Test(Test<F>),
}

impl<F> Expr<F> {
    /// Its negation.
    #[expect(clippy::should_implement_trait, reason = "a constructor beside `Expr::Not`, not an operator")]
    pub fn not(self) -> Self {
        Expr::Not(Box::new(self))
    }

    /// A leaf.
    pub fn test(on: F, check: Check<F>, at: At) -> Self {
        Expr::Test(Test { on, check, at })
    }

    /// Visits every test, left to right.
    pub fn for_each_test<'a>(&'a self, visit: &mut impl FnMut(&'a Test<F>)) {
        match self {
            Expr::Const(_) => {}
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| part.for_each_test(visit)),
            Expr::Not(inner) => inner.for_each_test(visit),
            Expr::Test(test) => visit(test),
        }
    }
}

/// One question about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Test<F> {
    /// What is looked at.
    pub on: F,
    /// What is asked.
    pub check: Check<F>,
    /// Where the rule asks it.
    pub at: At,
}

impl Test<Subject> {
    /// The fields that it asks for: its own, and that which it compares with.
    pub fn fields(&self) -> impl Iterator<Item = &FieldName> {
        let other = match &self.check {
            Check::SameAs { other, .. } => Some(other),
            _ => None,
        };
        std::iter::once(&self.on).chain(other).filter_map(|subject| match subject {
            Subject::Field(field) => Some(field),
            _ => None,
        })
    }
}

/// What a test asks. Every check but `Null` and `Exists` is false for a field without a value, and true
/// for a field of several values when one of them passes (SEMANTICS 2.2).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check<F> {
    /// The value's text matches one of the patterns, whole. Never empty.
    Like {
        /// The alternatives.
        any_of: Vec<(Pattern, At)>,
        /// Whether letters' case counts.
        case: Case,
    },
    /// The value is one of the numbers, or text that is the number's canonical text. Never empty.
    Equal {
        /// The alternatives.
        any_of: Vec<(Number, At)>,
    },
    /// The value is a number, or the text of a plain decimal, that stands in this order to `value`.
    Order {
        /// The relation, read from left to right: value `op` number.
        op: Order,
        /// The right-hand side.
        value: Number,
    },
    /// The regular expression is found somewhere in the value's text.
    Matches(Regex),
    /// The value is this Boolean, or its text in any case.
    Is(bool),
    /// The value is an address inside one of the networks, of the network's own family. Never empty.
    Within(Vec<(IpNet, At)>),
    /// The field has no value: missing, null, or an empty list.
    Null,
    /// The field is there, whatever its value.
    Exists,
    /// `|fieldref`: some value of this field equals, starts with, ends with or contains some value of `other`.
    SameAs {
        /// The field compared with.
        other: F,
        /// How.
        part: Part,
        /// Whether letters' case counts.
        case: Case,
    },
    /// `|hour|gte` and its like: the part of the timestamp, in UTC, compared with a number.
    TimeOf {
        /// Which part.
        part: TimePart,
        /// The relation.
        op: Cmp,
        /// The right-hand side.
        value: i64,
    },
}

/// An order between numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Order {
    /// `<`
    Lt,
    /// `<=`
    Lte,
    /// `>`
    Gt,
    /// `>=`
    Gte,
}

impl Order {
    /// `<`, `<=`, `>` or `>=`: the same in all three languages.
    pub fn symbol(self) -> &'static str {
        match self {
            Order::Lt => "<",
            Order::Lte => "<=",
            Order::Gt => ">",
            Order::Gte => ">=",
        }
    }
}

/// An order, or equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cmp {
    /// The same.
    Eq,
    /// An order.
    Order(Order),
}

/// What of the value is compared with the other field's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Part {
    /// All of it.
    Whole,
    /// Its beginning.
    Start,
    /// Its end.
    End,
    /// Any stretch of it.
    Within,
}

/// A part of a timestamp (Sigma's time modifiers); `Week` is the ISO week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names say it")]
pub enum TimePart {
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}
