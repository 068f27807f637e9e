//! Detection items: a field, a chain of modifiers, values.

use std::sync::Arc;

use super::chain::{Ask, Chain};
use super::{Context, all, any};
use crate::diag::{Code, Diagnostic};
use crate::ir::regex::Flags;
use crate::ir::{At, Case, Check, Cmp, Expr, FieldName, Number, Part, Pattern, Regex, Subject, TimePart};
use crate::sigma::{Item, Spanned, Value};

impl Context<'_> {
    /// The meaning of an item; its values are OR-linked, AND-linked with `|all`, and `|neq` negates the whole.
    pub(super) fn item(&mut self, item: &Item, selection: &Arc<str>) -> Option<Expr<Subject>> {
        let chain = self.chain(item)?;
        let this = Place { item, selection };
        self.count(item.values.len(), item.key)?;
        let values: Vec<_> = item.values.iter().map(|value| self.one_value(&this, &chain, value)).collect();
        let values = values.into_iter().collect::<Option<Vec<_>>>()?;
        let linked = if chain.all { all(values) } else { any(values) };
        Some(if chain.neq { linked.not() } else { linked })
    }

    fn one_value(&mut self, this: &Place<'_>, chain: &Chain, value: &Spanned<Value>) -> Option<Expr<Subject>> {
        match &chain.ask {
            Ask::Value { edits, expand, cased } => {
                let case = if *cased { Case::Exact } else { Case::Fold };
                let edited = edits.first().copied().or(cased.then_some(crate::sigma::Modifier::Cased));
                match (&value.value, edited.or(expand.then_some(crate::sigma::Modifier::Expand))) {
                    (Value::Text(text), _) => {
                        let patterns = self.patterns(text, edits, *expand, value.span)?;
                        Some(this.like(patterns, case, value))
                    }
                    (other, Some(modifier)) => self.wrong_type(super::chain::name(modifier), "text", other, value),
                    (other, None) => Some(this.scalar(other, value)),
                }
            }
            Ask::Regex { flags, expand } => self.regexes(this, *flags, *expand, value),
            Ask::Cidr => self.network(this, value),
            Ask::Exists => match value.value {
                Value::Bool(wanted) => {
                    let exists = this.test(Check::Exists, value);
                    Some(if wanted { exists } else { exists.not() })
                }
                ref other => self.wrong_type("exists", "true or false", other, value),
            },
            Ask::Order(op) => match value.value {
                Value::Number(number) => Some(this.test(Check::Order { op: *op, value: number }, value)),
                ref other => self.wrong_type("a comparison", "a number", other, value),
            },
            Ask::Time(part, order) => {
                let op = order.map_or(Cmp::Eq, Cmp::Order);
                self.time(this, *part, op, value)
            }
            Ask::Field { part, cased } => {
                let case = if *cased { Case::Exact } else { Case::Fold };
                self.field_reference(this, *part, case, value)
            }
        }
    }

    fn regexes(
        &mut self,
        this: &Place<'_>,
        flags: Flags,
        expand: bool,
        value: &Spanned<Value>,
    ) -> Option<Expr<Subject>> {
        let Value::Text(text) = &value.value else {
            return self.wrong_type("re", "text", &value.value, value);
        };
        let texts = if expand { self.expand_regex(text, value.span)? } else { vec![text.to_string()] };
        let mut tests = Vec::new();
        for text in texts {
            match Regex::parse(&text, flags) {
                Ok(regex) => tests.push(this.test(Check::Matches(regex), value)),
                Err(error) => {
                    let code = if error.unsupported { Code::E0406 } else { Code::E0405 };
                    let here: String = text.get(error.offset..).unwrap_or("").chars().take(20).collect();
                    let mut diagnostic = Diagnostic::new(code, error.message).at(value.span);
                    if !here.is_empty() {
                        diagnostic = diagnostic.label(format!("at `{here}`"));
                    }
                    if error.unsupported {
                        diagnostic = diagnostic.help(
                            "the languages of the targets differ there; use literals, `. ^ $ * + ? {n,m} [..] ( | )`, \
                             `\\d \\w \\s \\b` and the flags i, m, s",
                        );
                    }
                    self.error(diagnostic);
                    return None;
                }
            }
        }
        Some(any(tests))
    }

    fn network(&mut self, this: &Place<'_>, value: &Spanned<Value>) -> Option<Expr<Subject>> {
        let Value::Text(text) = &value.value else {
            return self.wrong_type("cidr", "text", &value.value, value);
        };
        let network = text.parse::<ipnet::IpNet>().ok();
        let network = network.or_else(|| text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from));
        let diagnostic = match network {
            Some(network) if network.addr() == network.network() => {
                return Some(this.test(Check::Within(vec![(network, this.at(value))]), value));
            }
            Some(network) => Diagnostic::new(Code::E0407, format!("`{text}` has bits set behind its prefix"))
                .help(format!("the network is written `{}`", network.trunc())),
            None => Diagnostic::new(Code::E0407, format!("`{text}` is not a network in CIDR notation"))
                .help("write it as `10.0.0.0/8` or `fe80::/10`; a single address needs no prefix length"),
        };
        self.error(diagnostic.at(value.span));
        None
    }

    fn time(&mut self, this: &Place<'_>, part: TimePart, op: Cmp, value: &Spanned<Value>) -> Option<Expr<Subject>> {
        match value.value {
            Value::Number(Number::Int(number)) => match i64::try_from(number) {
                Ok(number) => Some(this.test(Check::TimeOf { part, op, value: number }, value)),
                Err(_) => {
                    self.error(Diagnostic::new(Code::E0417, format!("{number} is no part of a time")).at(value.span));
                    None
                }
            },
            ref other => self.wrong_type("a part of a time", "a whole number", other, value),
        }
    }

    fn field_reference(
        &mut self,
        this: &Place<'_>,
        part: Part,
        case: Case,
        value: &Spanned<Value>,
    ) -> Option<Expr<Subject>> {
        let Value::Text(text) = &value.value else {
            return self.wrong_type("fieldref", "the name of a field", &value.value, value);
        };
        let pattern = Pattern::parse(text);
        let Some(name) = pattern.as_literal().filter(|name| !name.is_empty()) else {
            let diagnostic = Diagnostic::new(Code::E0402, "`fieldref` takes the name of one field").at(value.span);
            self.error(diagnostic.help("a field's name has no wildcards"));
            return None;
        };
        let other = Subject::Field(FieldName::from(name));
        Some(this.test(Check::SameAs { other, part, case }, value))
    }

    fn wrong_type<T>(&mut self, who: &str, takes: &str, value: &Value, at: &Spanned<Value>) -> Option<T> {
        let found = match value {
            Value::Text(_) => "text",
            Value::Number(_) => "a number",
            Value::Bool(_) => "a Boolean",
            Value::Null => "null",
        };
        let who = if who.contains(' ') { who.to_owned() } else { format!("`{who}`") };
        let mut diagnostic = Diagnostic::new(Code::E0402, format!("{who} takes {takes}, not {found}")).at(at.span);
        match value {
            Value::Number(_) | Value::Bool(_) if takes == "text" => {
                diagnostic = diagnostic.help("put it in quotes if the text is meant");
            }
            Value::Text(text) if Number::from_decimal(text).is_some() && takes.ends_with("number") => {
                diagnostic = diagnostic.help(format!("write it without quotes: {text}"));
            }
            _ => {}
        }
        self.error(diagnostic);
        None
    }
}

/// The item and selection that a test is made for.
struct Place<'a> {
    item: &'a Item,
    selection: &'a Arc<str>,
}

impl Place<'_> {
    fn at(&self, value: &Spanned<Value>) -> At {
        At::new(value.span, Some(self.selection.clone()))
    }

    fn subject(&self) -> Subject {
        self.item.field.clone().map_or(Subject::AnyText, Subject::Field)
    }

    /// A test that has no list of values: it stands where its value stands.
    fn test(&self, check: Check<Subject>, value: &Spanned<Value>) -> Expr<Subject> {
        Expr::test(self.subject(), check, self.at(value))
    }

    /// Any of the patterns. The test stands at the item's key, each pattern at its value.
    fn like(&self, patterns: Vec<Pattern>, case: Case, value: &Spanned<Value>) -> Expr<Subject> {
        let keyword = self.item.field.is_none();
        let any_of = patterns.into_iter().map(|pattern| (pattern.open(keyword, keyword), self.at(value))).collect();
        let at = At::new(self.item.key, Some(self.selection.clone()));
        Expr::test(self.subject(), Check::Like { any_of, case }, at)
    }

    /// Equality with a value that is not text; as a keyword it is looked for by its text.
    fn scalar(&self, scalar: &Value, value: &Spanned<Value>) -> Expr<Subject> {
        let keyword = self.item.field.is_none();
        match scalar {
            Value::Number(number) if keyword => {
                self.like(vec![Pattern::literal(&number.to_string())], Case::Fold, value)
            }
            Value::Bool(word) if keyword => self.like(vec![Pattern::literal(&word.to_string())], Case::Fold, value),
            Value::Number(number) => {
                let at = At::new(self.item.key, Some(self.selection.clone()));
                Expr::test(self.subject(), Check::Equal { any_of: vec![(*number, self.at(value))] }, at)
            }
            Value::Bool(wanted) => self.test(Check::Is(*wanted), value),
            Value::Null => self.test(Check::Null, value),
            Value::Text(text) => self.like(vec![Pattern::parse(text)], Case::Fold, value),
        }
    }
}
