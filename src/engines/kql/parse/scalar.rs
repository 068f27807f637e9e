//! Scalar expressions: `or`, then `and`, then comparisons, then sums, then products (KL: `Kusto.g4`).

use serde_json::{Map, Number, Value as Json};

use super::{DEEPEST, Parsed, Parser, too_deep};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expr, Kind};
use crate::engines::kql::lex::Token;
use crate::engines::kql::value::{Type, Value};

/// String operators without `!`.
const TEXT: [&str; 14] = [
    "contains",
    "contains_cs",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "has",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "like",
    "notlike",
];
const LISTS: [&str; 4] = ["in", "in~", "has_any", "has_all"];

/// Whether a word in front of a parenthesis is an operator, so that it calls nothing.
pub(super) fn is_operator(word: &str) -> bool {
    let plain = word.strip_prefix('!').unwrap_or(word);
    LISTS.contains(&plain) || TEXT.contains(&plain) || matches!(plain, "and" | "or" | "between" | "on" | "where" | "by")
}

/// Words that Microsoft's parser takes for a name nowhere. Of other types (`bool`, `guid`) it does.
const RESERVED: [&str; 28] = [
    "asc", "boolean", "byte", "char", "date", "datetime", "decimal", "desc", "double", "dynamic", "false", "first",
    "float", "int", "int32", "int64", "last", "long", "matches", "null", "project", "real", "string", "time",
    "timespan", "true", "union", "uniqueid",
];

/// Words that may stand for a column or a variable (KL: `SyntaxFacts.cs`; those alone are refused that would change how
/// text is read, or that no query can mean).
pub(super) fn may_be_name(word: &str) -> bool {
    !is_operator(word) && !word.starts_with('!') && !RESERVED.contains(&word)
}

fn make(kind: Kind, depth: u32) -> Parsed<Expr> {
    if depth > DEEPEST { Err(too_deep()) } else { Ok(Expr { kind, depth, at: None }) }
}

impl Parser {
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.budget.step(1)?;
        self.nest(|parser| parser.chain("or"))
    }

    /// Flat chains stay flat, so that they cost no stack; the product counts them as a tree that leans to the left.
    fn chain(&mut self, word: &'static str) -> Parsed<Expr> {
        let first = if word == "or" { self.chain("and")? } else { self.compare()? };
        if !self.is_word(word) {
            return Ok(first);
        }
        let mut depth = first.depth;
        let mut parts = vec![first];
        while self.eat_word(word) {
            let part = if word == "or" { self.chain("and")? } else { self.compare()? };
            depth = depth.max(part.depth) + 1;
            if depth > DEEPEST {
                return Err(too_deep());
            }
            parts.push(part);
        }
        make(if word == "or" { Kind::Or(parts) } else { Kind::And(parts) }, depth)
    }

    fn compare(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        loop {
            let depth = left.depth + 1;
            if let Some(Token::Mark(mark @ ("==" | "!=" | "<>" | "=~" | "!~" | "<" | "<=" | ">" | ">="))) = self.peek()
            {
                let mark = *mark;
                self.next += 1;
                let right = self.sum()?;
                let depth = depth.max(right.depth + 1);
                let (left_box, right) = (Box::new(left), Box::new(right));
                left = match mark {
                    "=~" | "!~" => {
                        let negated = mark == "!~";
                        make(Kind::Text { op: "=~".to_owned(), negated, left: left_box, right }, depth)?
                    }
                    "<>" => make(Kind::Binary("!=", left_box, right), depth)?,
                    mark => make(Kind::Binary(mark, left_box, right), depth)?,
                };
                continue;
            }
            let Some(word) = self.word() else { return Ok(left) };
            let negated = word.starts_with('!');
            let plain = word.trim_start_matches('!').to_owned();
            if TEXT.contains(&plain.as_str()) {
                if plain.ends_with("like") {
                    return Err(Refusal::Unknown(format!("the operator {plain}")));
                }
                self.next += 1;
                let right = self.sum()?;
                let depth = depth.max(right.depth + 1);
                left = make(Kind::Text { op: plain, negated, left: Box::new(left), right: Box::new(right) }, depth)?;
            } else if LISTS.contains(&plain.as_str()) {
                self.next += 1;
                let items = self.items()?;
                let depth = items.iter().map(|item| item.depth + 1).fold(depth, u32::max);
                left = make(Kind::List { op: plain, negated, left: Box::new(left), items }, depth)?;
            } else if plain == "between" {
                self.next += 1;
                self.need("(")?;
                let low = self.sum()?;
                self.need("..")?;
                let high = self.sum()?;
                self.need(")")?;
                let (low, high) = (Box::new(low), Box::new(high));
                left = make(Kind::Between { negated, left: Box::new(left), low, high }, depth)?;
            } else if plain == "matches" && !negated {
                self.next += 1;
                self.need_word("regex")?;
                let right = self.sum()?;
                let depth = depth.max(right.depth + 1);
                let op = "regex".to_owned();
                left = make(Kind::Text { op, negated, left: Box::new(left), right: Box::new(right) }, depth)?;
            } else {
                return Ok(left);
            }
        }
    }

    /// The parenthesised values behind `in`; at least one, and no trailing comma.
    fn items(&mut self) -> Parsed<Vec<Expr>> {
        self.nest(|parser| {
            parser.need("(")?;
            let items = parser.list(Self::any)?;
            parser.need(")")?;
            Ok(items)
        })
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        while let Some(Token::Mark(mark @ ("+" | "-"))) = self.peek() {
            let mark = *mark;
            self.next += 1;
            let right = self.product()?;
            let depth = left.depth.max(right.depth) + 1;
            left = make(Kind::Binary(mark, Box::new(left), Box::new(right)), depth)?;
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        while let Some(Token::Mark(mark @ ("*" | "/" | "%"))) = self.peek() {
            let mark = *mark;
            self.next += 1;
            let right = self.unary()?;
            let depth = left.depth.max(right.depth) + 1;
            left = make(Kind::Binary(mark, Box::new(left), Box::new(right)), depth)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        if self.eat("-") {
            let inner = self.member()?;
            let depth = inner.depth + 1;
            return make(Kind::Minus(Box::new(inner)), depth);
        }
        self.eat("+");
        self.member()
    }

    /// A primary with its members: `a.b["c"][0]`.
    fn member(&mut self) -> Parsed<Expr> {
        let at = self.at();
        let mut expr = self.primary()?;
        expr.at = expr.at.or(Some(at));
        loop {
            let depth = expr.depth + 1;
            if self.eat(".") {
                let name = match self.peek() {
                    Some(Token::Word(name) | Token::Name(name)) => name.clone(),
                    _ => return Err(self.wrong("a member's name")),
                };
                self.next += 1;
                expr = make(Kind::Member(Box::new(expr), name), depth)?;
            } else if self.eat("[") {
                let index = self.expr()?;
                self.need("]")?;
                let depth = depth.max(index.depth + 1);
                expr = make(Kind::Index(Box::new(expr), Box::new(index)), depth)?;
            } else if let Some(Token::Name(name)) = self.peek() {
                // `a['b']` reads as one token.
                let key = Expr { kind: Kind::Literal(Value::text(name), Type::String), depth: 0, at: None };
                self.next += 1;
                expr = make(Kind::Index(Box::new(expr), Box::new(key)), depth)?;
            } else {
                return Ok(expr);
            }
        }
    }

    pub(super) fn primary(&mut self) -> Parsed<Expr> {
        match self.peek().cloned() {
            Some(Token::Literal(value, Type::String)) => {
                self.next += 1;
                let mut text = value.to_text().to_string();
                // Adjacent literals are one.
                while let Some(Token::Literal(more, Type::String)) = self.peek() {
                    text.push_str(&more.to_text());
                    self.next += 1;
                }
                make(Kind::Literal(Value::text(&text), Type::String), 0)
            }
            Some(Token::Literal(value, kind)) => {
                self.next += 1;
                make(Kind::Literal(value, kind), 0)
            }
            Some(Token::Name(name)) => {
                self.next += 1;
                make(Kind::Name(name), 0)
            }
            Some(Token::Mark("(")) => {
                self.next += 1;
                let inner = self.any()?;
                self.need(")")?;
                make(inner.kind, inner.depth + 1)
            }
            Some(Token::Mark("*")) => {
                self.next += 1;
                make(Kind::Star, 0)
            }
            Some(Token::Word(word)) => self.word_or_call(word),
            _ => Err(self.wrong("an expression")),
        }
    }

    fn word_or_call(&mut self, word: String) -> Parsed<Expr> {
        let called = matches!(self.after(), Some(Token::Mark("(")));
        match word.as_str() {
            "true" | "false" => {
                self.next += 1;
                return make(Kind::Literal(Value::Bool(word == "true"), Type::Bool), 0);
            }
            "dynamic" if called => {
                self.next += 2;
                let json = self.json()?;
                self.need(")")?;
                let value = if json.is_null() { Value::Null } else { Value::json(json) };
                return make(Kind::Literal(value, Type::Dynamic), 0);
            }
            word if !may_be_name(word) => return Err(self.wrong("an expression")),
            _ => {}
        }
        self.next += 1;
        if !called {
            return make(Kind::Name(word), 0);
        }
        self.next += 1;
        let arguments = if self.is(")") { Vec::new() } else { self.list(Self::argument)? };
        self.need(")")?;
        let depth = arguments.iter().map(|argument| argument.depth).max().unwrap_or(0) + 4;
        make(Kind::Call(word, arguments), depth)
    }

    /// `[name =] expression`, as columns are written.
    pub(super) fn column(&mut self) -> Parsed<Expr> {
        if matches!(self.after(), Some(Token::Mark("="))) {
            let name = self.name()?;
            self.need("=")?;
            let value = self.expr()?;
            let depth = value.depth;
            return make(Kind::Named(name, Box::new(value)), depth);
        }
        self.expr()
    }

    /// An argument may be a query: `toscalar(T | ..)`.
    fn argument(&mut self) -> Parsed<Expr> {
        if matches!(self.after(), Some(Token::Mark("="))) { self.column() } else { self.any() }
    }

    /// What stands in `dynamic(..)`: JSON, with any string literal of the language.
    fn json(&mut self) -> Parsed<Json> {
        self.nest(|parser| {
            if parser.eat("[") {
                let mut items = Vec::new();
                while !parser.eat("]") {
                    items.push(parser.json()?);
                    if !parser.eat(",") {
                        parser.need("]")?;
                        break;
                    }
                }
                return Ok(Json::Array(items));
            }
            if parser.eat("{") {
                let mut members = Map::new();
                while !parser.eat("}") {
                    let Json::String(name) = parser.json()? else { return Err(parser.wrong("a member's name")) };
                    parser.need(":")?;
                    members.insert(name, parser.json()?);
                    if !parser.eat(",") {
                        parser.need("}")?;
                        break;
                    }
                }
                return Ok(Json::Object(members));
            }
            let minus = parser.eat("-");
            let json = match parser.peek() {
                Some(Token::Word(word)) if word == "true" || word == "false" => Json::Bool(word == "true"),
                Some(Token::Word(word)) if word == "null" => Json::Null,
                // A list of one string reads as a bracketed name.
                Some(Token::Name(name)) => Json::Array(vec![Json::String(name.clone())]),
                Some(Token::Literal(Value::Long(number), _)) if minus => Json::Number((-number).into()),
                Some(Token::Literal(Value::Real(number), _)) => {
                    let number = if minus { -number } else { *number };
                    Number::from_f64(number).map_or(Json::Null, Json::Number)
                }
                Some(Token::Literal(value, _)) => value.to_json(),
                _ => return Err(parser.wrong("a value of a dynamic literal")),
            };
            parser.next += 1;
            Ok(json)
        })
    }
}
