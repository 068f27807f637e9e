//! Tabular operators.

use super::{DEEPEST, Parsed, Parser, too_deep};
use crate::engines::Refusal;
use crate::engines::kql::ast::{Expand, Expr, Kind, Piece, Placed, Sort, Step, Union};
use crate::engines::kql::lex::Token;
use crate::engines::kql::value::{Type, Value};

impl Parser {
    pub(super) fn steps(&mut self) -> Parsed<Vec<Placed>> {
        let mut steps = Vec::new();
        for pipes in 1.. {
            if !self.eat("|") {
                break;
            }
            // Each pipe nests what is to its left.
            if pipes > DEEPEST {
                return Err(too_deep());
            }
            self.step_into(&mut steps)?;
        }
        Ok(steps)
    }

    fn step_into(&mut self, steps: &mut Vec<Placed>) -> Parsed<()> {
        let at = self.at();
        if self.eat_word("top") {
            steps.extend(self.top()?.map(|step| Placed { at, step }));
        } else {
            let step = self.step().map_err(|refusal| refusal.at(at))?;
            steps.push(Placed { at, step });
        }
        Ok(())
    }

    fn step(&mut self) -> Parsed<Step> {
        let Some(word) = self.word().map(str::to_owned) else { return Err(self.wrong("an operator")) };
        self.next += 1;
        Ok(match word.as_str() {
            "where" | "filter" => Step::Where(self.expr()?),
            "extend" => Step::Extend(self.list(Self::column)?),
            "project" => Step::Project(self.list(Self::column)?),
            "project-away" => Step::Away(self.list(Self::pattern)?),
            "project-keep" => Step::Keep(self.list(Self::pattern)?),
            "project-rename" => Step::Rename(self.list(Self::column)?),
            "project-reorder" => Step::Reorder(self.list(|parser| {
                let name = parser.pattern()?;
                for order in ["asc", "desc", "granny-asc", "granny-desc"] {
                    parser.eat_word(order);
                }
                Ok(name)
            })?),
            "summarize" => self.summarize()?,
            "join" => self.join()?,
            "lookup" => match self.join()? {
                Step::Join { kind, .. } if !matches!(kind.as_str(), "innerunique" | "inner" | "leftouter") => {
                    return Err(Refusal::Error(format!("lookup of kind {kind}")));
                }
                Step::Join { kind, right, on } => Step::Lookup { outer: kind != "inner", right, on },
                other => other,
            },
            "mv-expand" | "mvexpand" => {
                let index = self.expand_options()?;
                let items = self.list(Self::expand)?;
                let limit = if self.eat_word("limit") { Some(self.number()?) } else { None };
                Step::MvExpand { index, items, limit }
            }
            "mv-apply" => {
                let index = self.expand_options()?;
                let items = self.list(Self::expand)?;
                self.need_word("on")?;
                self.need("(")?;
                let steps = self.nest(|parser| {
                    let mut steps = Vec::new();
                    parser.step_into(&mut steps)?;
                    steps.extend(parser.steps()?);
                    Ok(steps)
                })?;
                self.need(")")?;
                Step::MvApply { index, items, steps }
            }
            "order" | "sort" => {
                self.need_word("by")?;
                Step::Order(self.list(Self::sort)?)
            }
            "take" | "limit" => Step::Take(self.number()?),
            "distinct" => Step::Distinct(self.list(Self::column)?),
            "count" => Step::Count,
            "serialize" => {
                if self.is("|") || self.is(")") || self.is(";") || self.peek().is_none() {
                    Step::Nothing
                } else {
                    Step::Extend(self.list(Self::column)?)
                }
            }
            "as" => {
                self.name()?;
                if self.peek().is_some() && !self.is(";") {
                    return Err(Refusal::Unknown("as inside a query".to_owned()));
                }
                Step::Nothing
            }
            // It tells the program that shows the rows how (K: "render operator").
            "render" => {
                while self.peek().is_some() && !self.is(";") {
                    self.next += 1;
                }
                Step::Nothing
            }
            "union" => Step::Union(self.union()?),
            "parse" => self.parse_step()?,
            other => return Err(Refusal::Unknown(format!("the operator {other}"))),
        })
    }

    fn sort(&mut self) -> Parsed<Sort> {
        let by = self.expr()?;
        let ascending = self.eat_word("asc");
        if !ascending {
            self.eat_word("desc");
        }
        let mut nulls_first = ascending;
        if self.eat_word("nulls") {
            nulls_first = self.eat_word("first");
            if !nulls_first {
                self.need_word("last")?;
            }
        }
        Ok(Sort { by, ascending, nulls_first })
    }

    /// A column's name, which may hold `*`.
    fn pattern(&mut self) -> Parsed<String> {
        let mut pattern = String::new();
        let mut end = None;
        loop {
            let at = self.at();
            if end.is_some_and(|end| end != at) {
                return Ok(pattern);
            }
            let part = match self.peek() {
                Some(Token::Mark("*")) => "*".to_owned(),
                Some(Token::Word(word)) => word.clone(),
                Some(Token::Name(name)) if pattern.is_empty() => {
                    let name = name.clone();
                    self.next += 1;
                    return Ok(name);
                }
                _ if pattern.is_empty() => return Err(self.wrong("a column")),
                _ => return Ok(pattern),
            };
            end = Some(at + part.len());
            pattern.push_str(&part);
            self.next += 1;
        }
    }

    fn summarize(&mut self) -> Parsed<Step> {
        if self.word().is_some_and(|word| word.starts_with("hint")) {
            return Err(Refusal::Unknown("a hint of summarize".to_owned()));
        }
        let what = if self.is_word("by") { Vec::new() } else { self.list(Self::column)? };
        let by = if self.eat_word("by") { self.list(Self::column)? } else { Vec::new() };
        Ok(Step::Summarize { what, by })
    }

    fn join(&mut self) -> Parsed<Step> {
        let mut kind = "innerunique".to_owned();
        while matches!(self.after(), Some(Token::Mark("=" | "."))) {
            let Some(option) = self.word().map(str::to_owned) else { break };
            self.next += 1;
            if self.eat(".") {
                // `hint.strategy = ..` changes no result.
                self.next += 1;
            }
            self.need("=")?;
            let Some(value) = self.word().map(str::to_owned) else { return Err(self.wrong("a word")) };
            self.next += 1;
            if option == "kind" {
                kind = value;
            } else if option != "hint" {
                return Err(Refusal::Unknown(format!("the option {option} of join")));
            }
        }
        let right = self.member_or_query()?;
        self.need_word("on")?;
        let on = self.list(Self::expr)?.into_iter().flat_map(|on| match on.kind {
            Kind::And(parts) => parts,
            _ => vec![on],
        });
        Ok(Step::Join { kind, right, on: on.collect() })
    }

    /// A table's name, the call of a function, or a query in parentheses.
    fn member_or_query(&mut self) -> Parsed<Expr> {
        if self.is("(") {
            return self.nest(|parser| {
                parser.need("(")?;
                let inner = parser.any()?;
                parser.need(")")?;
                Ok(inner)
            });
        }
        let at = self.at();
        if matches!(self.after(), Some(Token::Mark("("))) {
            return self.primary();
        }
        let name = self.name()?;
        Ok(Expr { kind: Kind::Name(name), depth: 0, at: Some(at) })
    }

    pub(super) fn union(&mut self) -> Parsed<Union> {
        let mut union = Union { inner: false, fuzzy: false, with_source: None, legs: Vec::new() };
        while matches!(self.after(), Some(Token::Mark("="))) {
            let Some(option) = self.word().map(str::to_owned) else { break };
            self.next += 2;
            match option.as_str() {
                "kind" => {
                    union.inner = self.eat_word("inner");
                    if !union.inner {
                        self.need_word("outer")?;
                    }
                }
                "isfuzzy" => {
                    union.fuzzy = self.eat_word("true");
                    if !union.fuzzy {
                        self.need_word("false")?;
                    }
                }
                "withsource" | "with_source" => union.with_source = Some(self.name()?),
                other => return Err(Refusal::Unknown(format!("the option {other} of union"))),
            }
        }
        union.legs = self.list(|parser| {
            let leg = parser.member_or_query()?;
            if parser.is("*") {
                return Err(Refusal::Unknown("a wildcard of table names".to_owned()));
            }
            Ok(leg)
        })?;
        Ok(union)
    }

    fn expand_options(&mut self) -> Parsed<Option<String>> {
        let mut index = None;
        while let (Some(option @ ("kind" | "bagexpansion" | "with_itemindex")), Some(Token::Mark("="))) =
            (self.word().map(str::to_owned).as_deref(), self.after())
        {
            self.next += 2;
            let value = self.name()?;
            match (option, value.as_str()) {
                ("with_itemindex", _) => index = Some(value),
                (_, "bag") => {}
                _ => return Err(Refusal::Unknown(format!("{option}={value} of mv-expand"))),
            }
        }
        Ok(index)
    }

    fn expand(&mut self) -> Parsed<Expand> {
        let item = self.column()?;
        let mut to = None;
        if self.eat_word("to") {
            self.need_word("typeof")?;
            self.need("(")?;
            to = Some(self.type_name()?);
            self.need(")")?;
        }
        Ok(Expand { item, to })
    }

    /// `parse [kind=simple] text with [*] "text" column[:type] ..`
    fn parse_step(&mut self) -> Parsed<Step> {
        if self.is_word("kind") && matches!(self.after(), Some(Token::Mark("="))) {
            self.next += 2;
            if !self.eat_word("simple") {
                return Err(Refusal::Unknown("parse of another kind than simple".to_owned()));
            }
        }
        let from = self.expr()?;
        self.need_word("with")?;
        let mut pattern = Vec::new();
        loop {
            pattern.push(match self.peek().cloned() {
                Some(Token::Mark("*")) => Piece::Any,
                Some(Token::Literal(Value::Text(text), Type::String)) => Piece::Text(text.to_string()),
                Some(Token::Word(name) | Token::Name(name)) => {
                    let mut kind = Type::String;
                    if matches!(self.after(), Some(Token::Mark(":"))) {
                        self.next += 2;
                        kind = self.type_name()?;
                        self.next -= 1;
                    }
                    Piece::Column(name, kind)
                }
                _ => break,
            });
            self.next += 1;
        }
        Ok(Step::Parse { from, pattern })
    }

    /// The two operators that `top` is.
    fn top(&mut self) -> Parsed<[Step; 2]> {
        let rows = self.number()?;
        self.need_word("by")?;
        Ok([Step::Order(vec![self.sort()?]), Step::Take(rows)])
    }
}
