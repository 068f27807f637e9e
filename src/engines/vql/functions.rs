//! The functions of the language, by name; what is not here is refused by its name.

use std::rc::Rc;

use super::super::Refusal;
use super::super::common::Budget;
use super::aggregate;
use super::ast::Argument;
use super::eval::{Given, Run};
use super::parse::{integer, parse_lambda};
use super::scope::{Names, Scope};
use super::text;
use super::time;
use super::value::Value;

/// A function, the names of its arguments, and how many of them must be there.
const SIGNATURES: &[(&str, &[&str], usize)] = &[
    ("str", &["str"], 1),
    ("int", &["int"], 0),
    ("atoi", &["string"], 1),
    ("parse_float", &["string"], 1),
    ("lowcase", &["string"], 1),
    ("upcase", &["string"], 1),
    ("len", &["list"], 1),
    ("format", &["format", "args"], 1),
    ("timestamp", &["epoch", "string"], 0),
    ("cidr_contains", &["ip", "ranges"], 2),
    ("regex_replace", &["source", "re", "replace"], 2),
    ("parse_string_with_regex", &["string", "regex"], 2),
    ("split", &["string", "sep", "sep_string"], 1),
    ("join", &["array", "sep"], 1),
    ("get", &["item", "member", "field", "default"], 0),
    ("filter", &["list", "regex", "filter"], 1),
    ("any", &["items", "regex", "filter"], 1),
    ("all", &["items", "regex", "filter"], 1),
    ("substr", &["str", "start", "end"], 1),
    ("strip", &["string", "prefix", "suffix"], 1),
    ("basename", &["path"], 1),
    ("now", &[], 0),
    ("base64decode", &["string"], 1),
    ("base64encode", &["string"], 1),
    ("count", &["items"], 0),
    ("sum", &["item"], 1),
    ("min", &["item"], 1),
    ("max", &["item"], 1),
    ("enumerate", &["items"], 0),
];

/// The arguments of a call, by name.
pub(super) struct Arguments<'a> {
    function: &'static str,
    given: Given<'a>,
}

impl<'a> Arguments<'a> {
    pub(super) fn name(&self) -> &'static str {
        self.function
    }

    pub(super) fn get(&self, name: &str) -> Value<'a> {
        self.find(name).unwrap_or(Value::Null)
    }

    pub(super) fn find(&self, name: &str) -> Option<Value<'a>> {
        self.given.iter().rev().find(|(there, _)| &**there == name).map(|(_, value)| value.clone())
    }

    /// An argument that the function takes as text: NULL is '', a list of one its element (arg_parser/parser.go).
    pub(super) fn text(&self, name: &str) -> Result<String, Refusal> {
        text::argument(&self.get(name))
            .ok_or_else(|| Refusal::Unknown(format!("{}({name}=) of this value", self.function)))
    }

    /// An argument that is a list of texts; one text stands for itself.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.get(name) {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => Ok(text.to_string()),
                    _ => Err(Refusal::Unknown(format!("{}({name}=) of what is no text", self.function))),
                })
                .collect(),
            Value::Text(text) => Ok(vec![text.to_string()]),
            _ => Err(Refusal::Unknown(format!("{}({name}=) of this value", self.function))),
        }
    }

    fn unknown<T>(&self, what: &str) -> Result<T, Refusal> {
        Err(Refusal::Unknown(format!("{}() {what}", self.function)))
    }
}

impl<'a> Run<'a> {
    /// What a function of the language gives; none where no function has the name.
    pub(super) fn builtin(
        &mut self,
        id: usize,
        name: &Rc<str>,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Option<Value<'a>>, Refusal> {
        match &**name {
            "if" => {
                let chosen = self.chosen(arguments, scope, budget)?;
                return self.settled(chosen, scope, budget).map(Some);
            }
            "dict" => {
                let given = self.settled_arguments(arguments, scope, budget)?;
                return Ok(Some(Value::dict(given)));
            }
            "array" => {
                let given = self.settled_arguments(arguments, scope, budget)?;
                if given.iter().any(|(name, _)| &**name == "_") {
                    return Err(Refusal::Unknown("the argument _ of array()".to_owned()));
                }
                return Ok(Some(Value::List(Rc::new(given.into_iter().map(|(_, value)| value).collect()))));
            }
            _ => {}
        }
        let Some((function, known, required)) = SIGNATURES.iter().find(|(function, ..)| *function == &**name) else {
            return Ok(None);
        };
        let arguments = Arguments { function, given: self.settled_arguments(arguments, scope, budget)? };
        if let Some((other, _)) = arguments.given.iter().find(|(name, _)| !known.contains(&&**name)) {
            return arguments.unknown(&format!("with the argument {other}"));
        }
        let missing = known.iter().take(*required).find(|name| arguments.find(name).is_none());
        if let Some(missing) = missing {
            return arguments.unknown(&format!("without {missing}"));
        }
        let size: usize = arguments.given.iter().map(|(_, value)| text::size(value)).sum();
        budget.step(10 + size as u64)?;
        self.function(id, &arguments, scope, budget).map(Some)
    }

    fn settled_arguments(
        &mut self,
        arguments: &[(Rc<str>, Argument)],
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Given<'a>, Refusal> {
        let mut given = self.given(arguments, scope, budget)?;
        for (_, value) in &mut given {
            if let Value::Query(..) = value {
                *value = self.settled(value.clone(), scope, budget)?;
            }
        }
        Ok(given)
    }

    fn function(
        &mut self,
        id: usize,
        arguments: &Arguments<'a>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        Ok(match arguments.function {
            "str" => match arguments.get("str") {
                text @ Value::Text(_) => text,
                other => Value::text(other.shown()?.into_owned()),
            },
            "int" => match arguments.get("int") {
                Value::Text(text) => Value::Int(parsed(&text)?),
                Value::Bool(_) => Value::Int(0),
                other => Value::Int(other.int().unwrap_or_default()),
            },
            "atoi" => match arguments.get("string") {
                Value::Text(text) => Value::Int(parsed(&text)?),
                other => Value::Int(other.int().unwrap_or_default()),
            },
            "parse_float" => match arguments.get("string") {
                Value::Text(text) => Value::Float(text::float(&text)?),
                Value::Float(number) => Value::Float(number),
                other => Value::Int(other.int().unwrap_or_default()),
            },
            "lowcase" => Value::text(arguments.text("string")?.chars().flat_map(text::lower).collect::<String>()),
            "upcase" => Value::text(arguments.text("string")?.chars().flat_map(text::upper).collect::<String>()),
            "len" => Value::Int(match arguments.get("list") {
                Value::Text(text) => i64::try_from(text.len()).unwrap_or(i64::MAX),
                Value::List(items) => i64::try_from(items.len()).unwrap_or(i64::MAX),
                Value::Rows(rows) => i64::try_from(rows.len()).unwrap_or(i64::MAX),
                Value::Dict(dict) => i64::try_from(dict.len()).unwrap_or(i64::MAX),
                _ => 0,
            }),
            "format" => text::format(&arguments.text("format")?, arguments.find("args"))?,
            "timestamp" => match arguments.find("string") {
                Some(Value::Null) | None => time::of_any(&arguments.get("epoch"))?,
                Some(Value::Text(text)) if text.is_empty() => time::of_any(&arguments.get("epoch"))?,
                Some(_) => time::of_any(&Value::text(arguments.text("string")?))?,
            },
            "cidr_contains" => Value::Bool(text::cidr(&arguments.text("ip")?, &arguments.texts("ranges")?)?),
            "get" => get(arguments)?,
            "substr" => substr(arguments)?,
            "strip" => strip(arguments)?,
            "basename" => {
                let path = arguments.text("path")?;
                let last = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or_default();
                Value::text(last)
            }
            #[expect(clippy::cast_possible_truncation, reason = "the clock in whole seconds")]
            "now" => Value::Int(self.now as i64),
            "base64decode" => text::base64_decode(&arguments.text("string")?)?,
            "base64encode" => text::base64_encode(&arguments.text("string")?),
            "join" => {
                let separator = arguments.text("sep")?;
                if matches!(arguments.get("array"), Value::Null) {
                    return Ok(Value::text("Null"));
                }
                Value::text(arguments.texts("array")?.join(&separator))
            }
            "any" | "all" | "filter" => self.listed(arguments, scope, budget)?,
            "regex_replace" | "parse_string_with_regex" | "split" => self.by_pattern(arguments, budget)?,
            _ => aggregate::update(arguments, id, scope)?,
        })
    }

    /// `any`, `all`, `filter`: what holds of the items.
    fn listed(
        &mut self,
        arguments: &Arguments<'a>,
        scope: &Scope<'a>,
        budget: &mut Budget,
    ) -> Result<Value<'a>, Refusal> {
        let source = if arguments.function == "filter" { "list" } else { "items" };
        let items = match arguments.get(source) {
            Value::List(items) => items.to_vec(),
            Value::Null if arguments.function == "filter" => Vec::new(),
            item @ (Value::Null | Value::Text(_)) => vec![item],
            Value::Dict(dict) => dict.pairs().iter().map(|(_, value)| value.clone()).collect(),
            _ => return arguments.unknown("of these items"),
        };
        let regex = arguments.texts("regex")?;
        let lambda = match arguments.find("filter") {
            None => None,
            Some(Value::Text(text)) => Some(parse_lambda(&text, budget)?),
            Some(_) => return arguments.unknown("with a filter that is no lambda"),
        };
        if regex.is_empty() == lambda.is_none() {
            return arguments.unknown("needs a regex or a filter");
        }
        let mut kept = Vec::new();
        let total = items.len();
        for item in items {
            budget.step(10)?;
            let holds = match &lambda {
                Some((parameters, body)) => {
                    let [parameter] = parameters.as_slice() else {
                        return arguments.unknown("with several parameters");
                    };
                    let inside = scope.with(Names::Given(vec![(parameter.clone(), item.clone())]));
                    self.eval(body, &inside, budget)?.truth()?
                }
                None => {
                    let mut found = false;
                    for pattern in &regex {
                        found |= self.matches(&Value::text(pattern.as_str()), &item, budget)?;
                    }
                    found
                }
            };
            if holds {
                kept.push(item);
            }
        }
        Ok(match arguments.function {
            "any" => Value::Bool(!kept.is_empty()),
            "all" => Value::Bool(kept.len() == total),
            _ => Value::List(Rc::new(kept)),
        })
    }

    /// `regex_replace`, `parse_string_with_regex` (both ignore case) and `split` (which does not).
    fn by_pattern(&mut self, arguments: &Arguments<'a>, budget: &mut Budget) -> Result<Value<'a>, Refusal> {
        match arguments.function {
            "regex_replace" => {
                let Some(program) = self.program(&arguments.text("re")?, true, budget)? else { return Ok(Value::Null) };
                let source = arguments.text("source")?;
                Ok(Value::text(program.replace_all(&source, arguments.text("replace")?.as_str()).into_owned()))
            }
            "split" => {
                let source = arguments.text("string")?;
                let parts: Vec<Value<'a>> = match (arguments.text("sep")?, arguments.text("sep_string")?) {
                    (sep, _) if !sep.is_empty() => {
                        let Some(program) = self.program(&sep, false, budget)? else { return Ok(Value::Null) };
                        if program.is_match("") {
                            return arguments.unknown("by a pattern that matches nothing");
                        }
                        program.split(&source).map(Value::text).collect()
                    }
                    (_, sep) if !sep.is_empty() => source.split(&sep).map(Value::text).collect(),
                    _ => return Ok(Value::Null),
                };
                Ok(Value::List(Rc::new(parts)))
            }
            _ => {
                let source = arguments.text("string")?;
                let mut row: Vec<(Rc<str>, Value<'a>)> = Vec::new();
                for pattern in arguments.texts("regex")? {
                    let Some(program) = self.program(&pattern, true, budget)? else { return Ok(Value::Null) };
                    for captures in program.captures_iter(&source) {
                        for (at, name) in program.capture_names().enumerate().skip(1) {
                            let key: Rc<str> = name.map_or_else(|| Rc::from(format!("g{at}")), Rc::from);
                            row.retain(|(there, _)| *there != key);
                            row.push((key, Value::text(captures.get(at).map_or("", |found| found.as_str()))));
                        }
                        budget.step(source.len() as u64)?;
                    }
                }
                Ok(Value::dict(row))
            }
        }
    }
}

/// A number written as text, 0 where it is none (Go's `ParseInt` with base 0, its error dropped).
fn parsed(text: &str) -> Result<i64, Refusal> {
    if text.contains('_') || text.trim_start_matches(['-', '+']).len() > 18 {
        return Err(Refusal::Unknown(format!("the number {text:?}")));
    }
    Ok(integer(text).unwrap_or_default())
}

fn get<'a>(arguments: &Arguments<'a>) -> Result<Value<'a>, Refusal> {
    let Some(item) = arguments.find("item") else { return arguments.unknown("of the scope") };
    let default = arguments.get("default");
    let step = |value: &Value<'a>, name: &str| match value {
        Value::Dict(dict) => Ok(dict.get(name)),
        Value::Null => Ok(Some(Value::Null)),
        Value::List(items) => match name.parse::<usize>() {
            Ok(at) => Ok(items.get(at).cloned()),
            Err(_) => super::compare::member_of(value, name).map(Some),
        },
        _ => Ok(None),
    };
    if let Some(field) = arguments.find("field") {
        let name = field.shown()?;
        return Ok(step(&item, &name)?.unwrap_or(default));
    }
    let mut value = item;
    for member in arguments.text("member")?.split('.') {
        match step(&value, member)? {
            Some(next) => value = next,
            None => return Ok(default),
        }
    }
    Ok(value)
}

fn substr<'a>(arguments: &Arguments<'a>) -> Result<Value<'a>, Refusal> {
    let text = arguments.text("str")?;
    let bound = |name: &str, default: i64| match arguments.find(name) {
        None => Some(default),
        Some(value) => value.int(),
    };
    let length = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let (Some(start), Some(end)) = (bound("start", 0), bound("end", length)) else { return Ok(Value::Null) };
    if start < 0 || end < 0 || (end != 0 && start > end && arguments.find("end").is_some()) {
        return Ok(Value::Null);
    }
    // An end of 0 is no end, and a start behind the text takes all of it.
    let end = if end == 0 { length } else { end.min(length) };
    if start > end {
        return Ok(Value::text(text));
    }
    let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else { return Ok(Value::Null) };
    Ok(Value::text(text.chars().skip(start).take(end.saturating_sub(start)).collect::<String>()))
}

fn strip<'a>(arguments: &Arguments<'a>) -> Result<Value<'a>, Refusal> {
    let (text, prefix, suffix) = (arguments.text("string")?, arguments.text("prefix")?, arguments.text("suffix")?);
    if prefix.is_empty() && suffix.is_empty() {
        return Ok(Value::text(text.trim()));
    }
    let text = text.strip_prefix(&prefix).unwrap_or(&text);
    Ok(Value::text(text.strip_suffix(&suffix).unwrap_or(text)))
}
