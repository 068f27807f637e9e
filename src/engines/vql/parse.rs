//! Tokens → statements, by vfilter's grammar (vfilter.go): a comma binds least, then AND, then OR, NOT, comparison,
//! addition, multiplication, member. OR binds tighter than AND.

use std::rc::Rc;

use super::super::Refusal;
use super::super::common::Budget;
use super::ast::{Argument, Arithmetic, Body, Column, Comparison, Expr, Select, Source, Statement};
use super::lex::{Keyword, Kind, Token, lex};

/// Places of calls in the text of a lambda begin here: they are none in the query's own text.
pub(super) const LAMBDA: usize = usize::MAX / 2;

/// The statements of a query, each with the byte at which it begins.
pub(super) fn parse(text: &str, budget: &mut Budget) -> Result<Vec<(usize, Statement)>, Refusal> {
    budget.step(text.len() as u64)?;
    let mut parser = Parser { text, tokens: lex(text)?, at: 0, base: 0 };
    let mut statements = Vec::new();
    loop {
        let at = parser.offset();
        let statement = parser.statement(budget).map_err(|refusal| refusal.at(parser.offset()))?;
        statements.push((at, statement));
        match parser.kind() {
            Kind::End => return Ok(statements),
            Kind::Keyword(Keyword::Select | Keyword::Explain | Keyword::Let) => {}
            _ => return Err(parser.left_over()),
        }
    }
}

/// `x=>expression`: the parameters and what they give.
pub(super) fn parse_lambda(text: &str, budget: &mut Budget) -> Result<(Vec<Rc<str>>, Expr), Refusal> {
    let mut parser = Parser { text, tokens: lex(text)?, at: 0, base: LAMBDA };
    let mut parameters = Vec::new();
    let braced = parser.take("(");
    loop {
        parameters.push(parser.name()?);
        if !parser.take(",") {
            break;
        }
    }
    if braced {
        parser.expect(")")?;
    }
    parser.expect("=>")?;
    let body = parser.and(budget)?;
    if parser.kind() == &Kind::End { Ok((parameters, body)) } else { Err(parser.wrong("the end of the lambda")) }
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// Added to the places of calls.
    base: usize,
}

type Arguments = Vec<(Rc<str>, Argument)>;

impl Parser<'_> {
    fn kind(&self) -> &Kind {
        self.tokens.get(self.at).map_or(&Kind::End, |token| &token.kind)
    }

    fn offset(&self) -> usize {
        self.tokens.get(self.at).map_or(self.text.len(), |token| token.from)
    }

    fn wrong(&self, wanted: &str) -> Refusal {
        Refusal::Syntax(self.offset(), format!("expected {wanted}, not {}", self.there()))
    }

    /// The token that stands here, as it is written.
    fn there(&self) -> String {
        let token = self.tokens.get(self.at).and_then(|token| self.text.get(token.from..token.to));
        token.filter(|token| !token.is_empty()).map_or("the end of the query".to_owned(), |token| format!("`{token}`"))
    }

    /// What stands behind a statement and begins no other; with what people who know SQL mean by it.
    fn left_over(&self) -> Refusal {
        let there = self.there();
        let word = there.trim_matches('`').to_ascii_uppercase();
        let before = self.at.checked_sub(1).and_then(|before| self.tokens.get(before));
        let why = match word.as_str() {
            "JOIN" | "LEFT" | "RIGHT" | "INNER" | "OUTER" | "CROSS" | "FULL" => {
                "; VQL has no JOIN: foreach() runs a query for each row"
            }
            "UNION" => "; VQL has no UNION: chain() gives the rows of several queries",
            "HAVING" => "; VQL has no HAVING: select again from the grouped rows",
            _ if before.is_some_and(|token| matches!(token.kind, Kind::Number(_)) && token.to == self.offset()) => {
                "; VQL's numbers have no units: a time is in seconds"
            }
            _ => "",
        };
        Refusal::Syntax(self.offset(), format!("expected SELECT, LET or the end of the query, not {there}{why}"))
    }

    fn take(&mut self, sign: &str) -> bool {
        let found = matches!(self.kind(), Kind::Sign(there) if *there == sign);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(sign)) }
    }

    fn keyword(&mut self, keyword: Keyword) -> bool {
        let found = self.kind() == &Kind::Keyword(keyword);
        self.at += usize::from(found);
        found
    }

    fn name(&mut self) -> Result<Rc<str>, Refusal> {
        let Kind::Name(name) = self.kind() else { return Err(self.wrong("a name")) };
        let name = Rc::from(name.as_str());
        self.at += 1;
        Ok(name)
    }

    fn statement(&mut self, budget: &mut Budget) -> Result<Statement, Refusal> {
        if !self.keyword(Keyword::Let) {
            return self.select(budget).map(|select| Statement::Query(Rc::new(select)));
        }
        let name = self.name()?;
        if self.take("(") {
            loop {
                self.name()?;
                if !self.take(",") {
                    break;
                }
            }
            self.expect(")")?;
        }
        let eager = self.take("<=");
        if !eager {
            self.expect("=")?;
        }
        let body = match self.kind() {
            Kind::Keyword(Keyword::Select | Keyword::Explain) => Body::Query(Rc::new(self.select(budget)?)),
            _ => Body::Value(Rc::new(self.and(budget)?)),
        };
        Ok(Statement::Let { name, eager, body })
    }

    fn select(&mut self, budget: &mut Budget) -> Result<Select, Refusal> {
        budget.deeper(|budget| self.clauses(budget))
    }

    fn clauses(&mut self, budget: &mut Budget) -> Result<Select, Refusal> {
        self.keyword(Keyword::Explain);
        if !self.keyword(Keyword::Select) {
            return Err(self.wrong("SELECT or LET"));
        }
        let (star, columns) = self.columns(budget)?;
        if !self.keyword(Keyword::From) {
            return Err(self.wrong("FROM"));
        }
        let from = self.source(budget)?;
        let filter = if self.keyword(Keyword::Where) { Some(self.comma(budget)?) } else { None };
        let group = if self.keyword(Keyword::GroupBy) { Some(self.comma(budget)?) } else { None };
        let order = if self.keyword(Keyword::OrderBy) {
            let column = self.name()?;
            Some((column, self.keyword(Keyword::Desc)))
        } else {
            None
        };
        let limit = if self.keyword(Keyword::Limit) { Some(self.limit()?) } else { None };
        Ok(Select { star, columns, from, filter, group, order, limit })
    }

    fn limit(&mut self) -> Result<i64, Refusal> {
        let Kind::Number(number) = self.kind() else { return Err(self.wrong("a number")) };
        let limit = integer(number).ok_or_else(|| self.wrong("a whole number"))?;
        self.at += 1;
        Ok(limit)
    }

    fn columns(&mut self, budget: &mut Budget) -> Result<(bool, Vec<Column>), Refusal> {
        let mut star = false;
        let mut columns = Vec::new();
        loop {
            if self.take("*") {
                star = true;
                // A comma may be missing after the star, and the star may stand alone.
                if columns.is_empty() && !self.take(",") && self.kind() == &Kind::Keyword(Keyword::From) {
                    return Ok((star, columns));
                }
                if columns.is_empty() {
                    continue;
                }
            } else {
                columns.push(self.column(budget)?);
            }
            if !self.take(",") {
                return Ok((star, columns));
            }
        }
    }

    fn column(&mut self, budget: &mut Budget) -> Result<Column, Refusal> {
        let from = self.offset();
        let value = if self.take("{") {
            let select = self.select(budget)?;
            self.expect("}")?;
            Argument::Query(Rc::new(select))
        } else {
            Argument::Value(Rc::new(self.and(budget)?))
        };
        let to = self.at.checked_sub(1).and_then(|last| self.tokens.get(last)).map_or(from, |token| token.to);
        let name = if self.keyword(Keyword::As) {
            self.name()?
        } else if let Argument::Value(value) = &value
            && let Expr::Symbol(name) = &**value
        {
            name.clone()
        } else {
            Rc::from(self.text.get(from..to).unwrap_or_default())
        };
        Ok(Column { name, value })
    }

    fn source(&mut self, budget: &mut Budget) -> Result<Source, Refusal> {
        let at = self.offset();
        let name = self.name()?;
        if self.take(".") {
            let mut artifact = format!("{name}.{}", self.name()?);
            while self.take(".") {
                artifact = format!("{artifact}.{}", self.name()?);
            }
            return Err(Refusal::Unknown(format!("the artifact {artifact}")).at(at));
        }
        let arguments = if self.take("(") { Some(self.arguments(budget)?) } else { None };
        Ok(Source { at, name, arguments })
    }

    /// What stands between the parentheses of a call, and the closing one.
    fn arguments(&mut self, budget: &mut Budget) -> Result<Arguments, Refusal> {
        let mut arguments = Vec::new();
        if self.take(")") {
            return Ok(arguments);
        }
        loop {
            let name = self.name()?;
            self.expect("=")?;
            arguments.push((name, self.argument(budget)?));
            if !self.take(",") {
                self.expect(")")?;
                return Ok(arguments);
            }
        }
    }

    fn argument(&mut self, budget: &mut Budget) -> Result<Argument, Refusal> {
        if self.take("{") {
            let select = self.select(budget)?;
            self.expect("}")?;
            return Ok(Argument::Query(Rc::new(select)));
        }
        if !self.take("[") {
            return Ok(Argument::Value(Rc::new(self.and(budget)?)));
        }
        if self.take("]") {
            return Ok(Argument::Array(None));
        }
        let items = self.comma(budget)?;
        self.expect("]")?;
        Ok(Argument::Array(Some(items)))
    }

    /// `a, b`; a comma may end the list, and makes it one even of one element.
    fn comma(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let first = budget.deeper(|budget| self.and(budget))?;
        if !self.take(",") {
            return Ok(first);
        }
        let mut items = vec![first];
        while !self.ends() {
            items.push(budget.deeper(|budget| self.and(budget))?);
            if !self.take(",") {
                break;
            }
        }
        Ok(Expr::List(items))
    }

    fn ends(&self) -> bool {
        matches!(self.kind(), Kind::Sign(")" | "]") | Kind::End | Kind::Keyword(Keyword::GroupBy | Keyword::OrderBy))
    }

    fn and(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        budget.deeper(|budget| {
            let first = self.or(budget)?;
            let mut operands = vec![first];
            while self.keyword(Keyword::And) || self.take("&&") {
                operands.push(self.or(budget)?);
            }
            Ok(match (operands.pop(), operands.is_empty()) {
                (Some(only), true) => only,
                (last, _) => Expr::And(operands.into_iter().chain(last).collect()),
            })
        })
    }

    fn or(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let first = self.condition(budget)?;
        let mut rest = Vec::new();
        loop {
            let keeps = match self.kind() {
                Kind::Keyword(Keyword::Or) | Kind::Sign("|") => false,
                Kind::Sign("||") => true,
                _ => break,
            };
            self.at += 1;
            rest.push((keeps, self.condition(budget)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Or(Box::new(first), rest) })
    }

    fn condition(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        budget.deeper(|budget| {
            if self.keyword(Keyword::Not) {
                return Ok(Expr::Not(Box::new(self.condition(budget)?)));
            }
            let left = self.sum(budget)?;
            let Some(comparison) = self.comparison() else { return Ok(left) };
            let right = self.sum(budget)?;
            if self.comparison().is_some() {
                return Err(Refusal::Unknown("a chain of comparisons".to_owned()));
            }
            Ok(Expr::Compare(comparison, Box::new(left), Box::new(right)))
        })
    }

    fn comparison(&mut self) -> Option<Comparison> {
        let found = match self.kind() {
            Kind::Keyword(Keyword::In) => Comparison::In,
            Kind::Sign("=") => Comparison::Equal,
            Kind::Sign("!=") => Comparison::NotEqual,
            Kind::Sign("<") => Comparison::Less,
            Kind::Sign("<=") => Comparison::LessEqual,
            Kind::Sign(">") => Comparison::Greater,
            Kind::Sign(">=") => Comparison::GreaterEqual,
            Kind::Sign("=~") => Comparison::Match,
            Kind::Sign("<>") => Comparison::Nothing,
            _ => return None,
        };
        self.at += 1;
        Some(found)
    }

    fn sum(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let first = self.product(budget)?;
        let mut rest = Vec::new();
        loop {
            let operator = match self.kind() {
                Kind::Sign("+") => Arithmetic::Add,
                Kind::Sign("-") => Arithmetic::Subtract,
                _ => break,
            };
            self.at += 1;
            rest.push((operator, self.product(budget)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Compute(Box::new(first), rest) })
    }

    fn product(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let first = self.member(budget)?;
        let mut rest = Vec::new();
        loop {
            let operator = match self.kind() {
                Kind::Sign("*") => Arithmetic::Multiply,
                Kind::Sign("/") => Arithmetic::Divide,
                _ => break,
            };
            self.at += 1;
            let factor = self.value(budget)?;
            if matches!(self.kind(), Kind::Sign("[")) {
                return Err(self.wrong("no index after a factor"));
            }
            rest.push((operator, self.dotted(factor)?));
        }
        Ok(if rest.is_empty() { first } else { Expr::Compute(Box::new(first), rest) })
    }

    fn dotted(&mut self, mut value: Expr) -> Result<Expr, Refusal> {
        while self.take(".") {
            value = Expr::Member(Box::new(value), self.name()?);
        }
        Ok(value)
    }

    fn member(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let mut value = self.value(budget)?;
        let mut depth = 0_u32;
        loop {
            depth += 1;
            if depth > 100 {
                return Err(Refusal::Limit);
            }
            if self.take("[") {
                let index = self.value(budget)?;
                if self.take(":") {
                    return Err(Refusal::Unknown("a slice".to_owned()));
                }
                self.expect("]")?;
                value = Expr::Index(Box::new(value), Box::new(index));
            } else if self.take(".") {
                value = Expr::Member(Box::new(value), self.name()?);
            } else {
                return Ok(value);
            }
        }
    }

    fn value(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let literal = match self.kind() {
            Kind::Keyword(Keyword::Null) => Expr::Null,
            Kind::Keyword(Keyword::True) => Expr::Bool(true),
            Kind::Keyword(Keyword::False) => Expr::Bool(false),
            Kind::Text(text) => Expr::Text(Rc::from(text.as_str())),
            Kind::Number(number) => number_of(number).ok_or_else(|| self.wrong("a number"))?,
            Kind::Sign("(") => {
                self.at += 1;
                let inner = self.comma(budget)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Kind::Name(_) => {
                let id = self.base + self.offset();
                let name = self.name()?;
                if !self.take("(") {
                    return Ok(Expr::Symbol(name));
                }
                return Ok(Expr::Call { id, name, arguments: self.arguments(budget)? });
            }
            _ => return Err(self.wrong("a value")),
        };
        self.at += 1;
        Ok(literal)
    }
}

/// A number's value: whole as Go reads it with base 0 (`0x..`, a leading 0 is octal), else a float.
fn number_of(text: &str) -> Option<Expr> {
    integer(text).map(Expr::Int).or_else(|| text.parse().ok().map(Expr::Float))
}

/// A whole number in Go's notations of base 0: decimal, `0x`, `0o` or a leading 0, `0b`.
pub(super) fn integer(text: &str) -> Option<i64> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let (base, digits) = match lower.as_bytes() {
        [b'0', b'x', ..] => (16, lower.get(2..)?),
        [b'0', b'o', ..] => (8, lower.get(2..)?),
        [b'0', b'b', ..] => (2, lower.get(2..)?),
        [b'0', _, ..] => (8, lower.get(1..)?),
        _ => (10, lower.as_str()),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}
