//! Tokens → tree (K: "Kusto Query Language overview"; KL: `Kusto.g4`).

mod scalar;
mod step;

use super::ast::{Expr, Function, Kind, Query, Source, Statement};
use super::lex::{Spanned, Token, tokens};
use super::value::{Type, Value};
use crate::engines::Refusal;
use crate::engines::common::Budget;

pub(super) type Parsed<T> = Result<T, Refusal>;

/// Above this sum of nesting Microsoft's binder stops (KS245; measured: 492 comparisons in a flat chain pass, 493 fail).
const DEEPEST: u32 = 492;

/// Where the tree of this parser ends: parentheses inside one another.
const NESTED: u32 = if cfg!(target_family = "wasm") { 60 } else { 1000 };

/// The statements of a query.
pub(super) fn parse(text: &str) -> Parsed<Vec<Statement>> {
    let tokens = tokens(text)?;
    brackets(&tokens)?;
    let mut parser = Parser { tokens, next: 0, end: text.len(), nested: 0, budget: Budget::default() };
    let mut statements = Vec::new();
    loop {
        while parser.eat(";") {}
        if parser.next >= parser.tokens.len() {
            break;
        }
        let statement = parser.statement().map_err(|refusal| refusal.at(parser.at()));
        statements.push(statement?);
        if parser.next < parser.tokens.len() && !parser.is(";") {
            return Err(parser.wrong("; or the end of the query"));
        }
    }
    Ok(statements)
}

/// Counts brackets before anything recurses over them: what is too deep for the product is its error, and what is too deep
/// for this parser is over its limit.
fn brackets(tokens: &[Spanned]) -> Parsed<()> {
    let mut open: Vec<u32> = Vec::new();
    let mut depth = 0;
    let mut previous = None;
    for token in tokens {
        match &token.token {
            Token::Mark("(" | "[" | "{") => {
                let call = matches!((&previous, &token.token), (Some(Token::Word(word)), Token::Mark("(")) if !scalar::is_operator(word));
                let weight = if call { 4 } else { 1 };
                open.push(weight);
                depth += weight;
                if depth >= DEEPEST {
                    return Err(too_deep());
                }
            }
            Token::Mark(")" | "]" | "}") => depth -= open.pop().unwrap_or(0),
            _ => {}
        }
        previous = Some(token.token.clone());
    }
    Ok(())
}

fn too_deep() -> Refusal {
    Refusal::Error("KS245: the query's syntax is nested too deeply".to_owned())
}

pub(super) struct Parser {
    tokens: Vec<Spanned>,
    next: usize,
    end: usize,
    nested: u32,
    budget: Budget,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|spanned| &spanned.token)
    }

    fn after(&self) -> Option<&Token> {
        self.tokens.get(self.next + 1).map(|spanned| &spanned.token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |spanned| spanned.at)
    }

    fn wrong(&self, wanted: &str) -> Refusal {
        Refusal::Syntax(self.at(), format!("expected {wanted}"))
    }

    fn is(&self, mark: &str) -> bool {
        matches!(self.peek(), Some(Token::Mark(found)) if *found == mark)
    }

    fn eat(&mut self, mark: &str) -> bool {
        let found = self.is(mark);
        self.next += usize::from(found);
        found
    }

    fn need(&mut self, mark: &str) -> Parsed<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.wrong(mark)) }
    }

    fn word(&self) -> Option<&str> {
        match self.peek() {
            Some(Token::Word(word)) => Some(word),
            _ => None,
        }
    }

    fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }

    fn eat_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        self.next += usize::from(found);
        found
    }

    fn need_word(&mut self, word: &str) -> Parsed<()> {
        if self.eat_word(word) { Ok(()) } else { Err(self.wrong(word)) }
    }

    /// A bare or a bracketed name.
    fn name(&mut self) -> Parsed<String> {
        let name = match self.peek() {
            Some(Token::Word(name)) if scalar::may_be_name(name) => name.clone(),
            Some(Token::Name(name)) => name.clone(),
            _ => return Err(self.wrong("a name")),
        };
        self.next += 1;
        Ok(name)
    }

    fn type_name(&mut self) -> Parsed<Type> {
        let Some(name) = self.word() else { return Err(self.wrong("a type")) };
        let kind = Type::named(name).ok_or_else(|| Refusal::Unknown(format!("the type {name}")))?;
        self.next += 1;
        Ok(kind)
    }

    fn number(&mut self) -> Parsed<u64> {
        match self.peek() {
            Some(Token::Literal(Value::Long(number), _)) => {
                let number = u64::try_from(*number).unwrap_or(0);
                self.next += 1;
                Ok(number)
            }
            Some(_) => Err(Refusal::Unknown("a number of rows that is no literal".to_owned())),
            None => Err(self.wrong("a number")),
        }
    }

    /// `item (, item)*`
    fn list<T>(&mut self, mut item: impl FnMut(&mut Self) -> Parsed<T>) -> Parsed<Vec<T>> {
        let mut items = vec![item(self)?];
        while self.eat(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    /// One level of brackets, for the time of `inner`.
    fn nest<T>(&mut self, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.nested >= NESTED {
            return Err(Refusal::Limit);
        }
        self.nested += 1;
        let result = inner(self);
        self.nested -= 1;
        result
    }

    fn statement(&mut self) -> Parsed<Statement> {
        if self.is_word("let") {
            self.next += 1;
            let name = self.name()?;
            self.need("=")?;
            if self.is_lambda() {
                return Ok(Statement::Function(name, self.function()?));
            }
            return Ok(Statement::Let(name, self.any()?));
        }
        if matches!(self.word(), Some("set" | "declare" | "alias" | "pattern" | "restrict")) {
            return Err(Refusal::Unknown(format!("the statement {}", self.word().unwrap_or_default())));
        }
        Ok(Statement::Query(self.any()?))
    }

    /// K: "User-defined functions".
    fn function(&mut self) -> Parsed<Function> {
        self.eat_word("view");
        self.need("(")?;
        let parameter = |parser: &mut Self| {
            let name = parser.name()?;
            parser.need(":")?;
            if parser.is("(") {
                return Err(Refusal::Unknown("a table as the parameter of a function".to_owned()));
            }
            let kind = parser.type_name()?;
            if parser.is("=") {
                return Err(Refusal::Unknown("a default of a function's parameter".to_owned()));
            }
            Ok((name, kind))
        };
        let parameters = if self.is(")") { Vec::new() } else { self.list(parameter)? };
        self.need(")")?;
        self.need("{")?;
        self.nest(|parser| {
            let mut lets = Vec::new();
            while parser.is_word("let") {
                match parser.statement()? {
                    Statement::Let(name, value) => lets.push((name, value)),
                    _ => return Err(Refusal::Unknown("a function inside a function".to_owned())),
                }
                parser.need(";")?;
            }
            let body = parser.any()?;
            parser.eat(";");
            parser.need("}")?;
            Ok(Function { parameters, lets, body })
        })
    }

    /// `(name: type) { .. }`, `() { .. }`, `view () { .. }`
    fn is_lambda(&self) -> bool {
        if self.is_word("view") {
            return true;
        }
        let second = self.tokens.get(self.next + 2).map(|spanned| &spanned.token);
        self.is("(")
            && (matches!((self.after(), second), (Some(Token::Word(_)), Some(Token::Mark(":"))))
                || matches!((self.after(), second), (Some(Token::Mark(")")), Some(Token::Mark("{")))))
    }

    /// An expression or a query, which a pipe or its first word makes one.
    fn any(&mut self) -> Parsed<Expr> {
        let source = match self.word() {
            Some("union") if !matches!(self.after(), Some(Token::Mark("=" | "," | ")"))) => {
                self.next += 1;
                Source::Union(self.union()?)
            }
            Some("datatable") => self.datatable()?,
            Some("print") => {
                self.next += 1;
                Source::Print(self.list(Self::column)?)
            }
            Some(
                word @ ("search" | "find" | "range" | "externaldata" | "evaluate" | "external_table" | "cluster"
                | "database" | "workspace" | "table" | "app"),
            ) if !matches!(self.after(), Some(Token::Mark("=" | "," | ")" | "==" | "=~"))) => {
                return Err(Refusal::Unknown(word.to_owned()));
            }
            _ => {
                let expr = self.expr()?;
                if !self.is("|") {
                    return Ok(expr);
                }
                Source::Table(expr)
            }
        };
        let steps = self.steps()?;
        Ok(Expr { kind: Kind::Query(Box::new(Query { source, steps })), depth: 0, at: None })
    }

    fn datatable(&mut self) -> Parsed<Source> {
        self.next += 1;
        self.need("(")?;
        let columns = self.list(|parser| {
            let name = parser.name()?;
            parser.need(":")?;
            Ok((name, parser.type_name()?))
        })?;
        self.need(")")?;
        self.need("[")?;
        let mut cells = Vec::new();
        while !self.eat("]") {
            cells.push(self.expr()?);
            if !self.eat(",") {
                self.need("]")?;
                break;
            }
        }
        Ok(Source::Rows { columns, cells })
    }
}
