//! Tokens → expressions of `eval` and `where`. From tight to loose: parentheses, arithmetic, comparison, NOT, AND, OR, XOR
//! (Search Manual, Boolean expressions with logical operators).

use super::lex::Token;
use super::tree::{Expr, Op};
use crate::engines::Refusal;
use crate::engines::common::Budget;

/// The tokens of an expression and where they are.
pub(super) struct Tokens<'t, 'a> {
    tokens: &'t [(usize, Token<'a>)],
    end: usize,
    depth: u32,
}

/// How deep an expression may nest.
const DEPTH: u32 = 100;

/// Words that are operators.
const WORDS: &[&str] = &["AND", "OR", "NOT", "XOR", "LIKE", "IN"];

impl<'t, 'a> Tokens<'t, 'a> {
    /// Tokens of an expression that ends at byte `end`.
    pub(super) fn new(tokens: &'t [(usize, Token<'a>)], end: usize) -> Self {
        Tokens { tokens, end, depth: 0 }
    }

    /// Whether none is left.
    pub(super) fn is_done(&self) -> bool {
        self.tokens.is_empty()
    }

    /// Where the next token is.
    pub(super) fn at(&self) -> usize {
        self.tokens.first().map_or(self.end, |(at, _)| *at)
    }

    fn peek(&self) -> Option<&'t Token<'a>> {
        self.tokens.first().map(|(_, token)| token)
    }

    fn skip(&mut self) {
        self.tokens = self.tokens.get(1..).unwrap_or_default();
    }

    /// Takes that sign if it is next.
    pub(super) fn sign(&mut self, sign: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        if is {
            self.skip();
        }
        is
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Name(next)) if *next == word);
        if is {
            self.skip();
        }
        is
    }

    /// A wrong token.
    pub(super) fn wrong<T>(&self, what: &str) -> Result<T, Refusal> {
        match self.peek() {
            Some(Token::Name(word)) if WORDS.contains(&word.to_uppercase().as_str()) && !WORDS.contains(word) => {
                Err(Refusal::Unknown(format!("the operator {word} in small letters")))
            }
            _ => Err(Refusal::Syntax(self.at(), what.to_owned())),
        }
    }

    /// The name of a field that gets a value: bare or in quotes.
    pub(super) fn target(&mut self) -> Result<String, Refusal> {
        let mut name = match self.peek() {
            Some(Token::Name(name)) => (*name).to_owned(),
            Some(Token::Quoted(name)) => super::lex::plain(name),
            Some(Token::Text(name)) => super::lex::plain(name),
            _ => return self.wrong("a field is missing"),
        };
        self.skip();
        // A bare name with dots: a field of an object.
        while self.sign(".") {
            let Some(Token::Name(part)) = self.peek() else { return self.wrong("a field is missing") };
            name.push('.');
            name.push_str(part);
            self.skip();
        }
        Ok(name)
    }

    /// A whole expression.
    pub(super) fn expr(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Refusal::Limit);
        }
        let expr = self.joined("XOR", Expr::Xor, budget, |tokens, budget| {
            tokens.joined("OR", Expr::Or, budget, |tokens, budget| tokens.joined("AND", Expr::And, budget, Tokens::not))
        });
        self.depth -= 1;
        expr
    }

    fn joined(
        &mut self,
        word: &str,
        make: fn(Vec<Expr>) -> Expr,
        budget: &mut Budget,
        part: impl Fn(&mut Self, &mut Budget) -> Result<Expr, Refusal>,
    ) -> Result<Expr, Refusal> {
        let first = part(self, budget)?;
        if !self.word(word) {
            return Ok(first);
        }
        let mut parts = vec![first, part(self, budget)?];
        while self.word(word) {
            parts.push(part(self, budget)?);
        }
        Ok(make(parts))
    }

    fn not(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let mut times = 0_usize;
        while self.word("NOT") {
            times += 1;
        }
        let expr = self.comparison(budget)?;
        Ok(match times {
            0 => expr,
            // Twice is not nothing: NOT of what is no Boolean is an error.
            n if n % 2 == 1 => Expr::Not(Box::new(expr)),
            _ => Expr::Not(Box::new(Expr::Not(Box::new(expr)))),
        })
    }

    fn comparison(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        budget.step(1)?;
        let left = self.sum(budget)?;
        // The manual writes these two in small letters as well (Types of expressions).
        if self.word("LIKE") || self.word("like") {
            return Ok(Expr::Like(Box::new(left), Box::new(self.sum(budget)?)));
        }
        if self.word("IN") || self.word("in") {
            if !self.sign("(") {
                return self.wrong("a list is missing");
            }
            return Ok(Expr::In(Box::new(left), self.list(budget)?));
        }
        let op = match self.peek() {
            Some(Token::Sign(sign)) => Op::of(sign),
            _ => None,
        };
        let Some(op) = op else { return Ok(left) };
        self.skip();
        let right = self.sum(budget)?;
        Ok(Expr::Compare(op, Box::new(left), Box::new(right)))
    }

    fn sum(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        self.chain(&["+", "-", "."], budget, |tokens, budget| tokens.chain(&["*", "/", "%"], budget, Tokens::primary))
    }

    fn chain(
        &mut self,
        signs: &[&str],
        budget: &mut Budget,
        part: impl Fn(&mut Self, &mut Budget) -> Result<Expr, Refusal>,
    ) -> Result<Expr, Refusal> {
        let first = part(self, budget)?;
        let mut more = Vec::new();
        while let Some(sign) = signs.iter().find(|sign| self.sign(sign)).and_then(|sign| sign.chars().next()) {
            more.push((sign, part(self, budget)?));
        }
        Ok(if more.is_empty() { first } else { Expr::Sum(Box::new(first), more) })
    }

    fn list(&mut self, budget: &mut Budget) -> Result<Vec<Expr>, Refusal> {
        let mut list = Vec::new();
        if self.sign(")") {
            return Ok(list);
        }
        loop {
            list.push(self.expr(budget)?);
            if self.sign(")") {
                return Ok(list);
            }
            if !self.sign(",") {
                return self.wrong("`,` or `)` is missing");
            }
        }
    }

    fn primary(&mut self, budget: &mut Budget) -> Result<Expr, Refusal> {
        let mut minus = 0_usize;
        while self.sign("-") {
            minus += 1;
        }
        let Some(token) = self.peek() else { return self.wrong("an expression is missing") };
        let expr = match token {
            Token::Text(raw) => Expr::Text((*raw).to_owned()),
            Token::Quoted(raw) => Expr::Field(super::lex::plain(raw)),
            Token::Number(number) => Expr::Number(*number),
            Token::Name(name) if WORDS.contains(name) => return self.wrong("an operand is missing"),
            Token::Name(name) => {
                self.skip();
                let expr = if self.sign("(") {
                    Expr::Call((*name).to_owned(), self.list(budget)?)
                } else if matches!(*name, "true" | "false" | "null") {
                    Expr::Call((*name).to_owned(), Vec::new())
                } else {
                    Expr::Field((*name).to_owned())
                };
                return Ok(negative(expr, minus));
            }
            Token::Sign("(") => {
                self.skip();
                let expr = self.expr(budget)?;
                if !self.sign(")") {
                    return self.wrong("`)` is missing");
                }
                return Ok(negative(expr, minus));
            }
            Token::Sign("[") => return Err(Refusal::Unknown("a subsearch".to_owned())),
            Token::Sign(_) => return self.wrong("an operand is missing"),
        };
        self.skip();
        Ok(negative(expr, minus))
    }
}

fn negative(expr: Expr, minus: usize) -> Expr {
    if minus % 2 == 1 { Expr::Minus(Box::new(expr)) } else { expr }
}
