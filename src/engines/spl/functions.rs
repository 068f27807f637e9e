//! The functions of expressions (Search Reference, Evaluation functions).

use std::net::IpAddr;
use std::rc::Rc;

use ipnet::IpNet;

use super::eval::{Machine, among, compare, eval, plain_number, truth};
use super::find::finds;
use super::record::Record;
use super::tree::{Expr, Op};
use super::value::{Value, number, print};
use super::{lex, many, search, text, time};
use crate::engines::Refusal;

/// The arguments of a call, evaluated when asked for.
pub(super) struct Call<'c, 'r> {
    pub(super) name: &'c str,
    pub(super) arguments: &'c [Expr],
    pub(super) row: &'c Record<'r>,
}

/// Calls a function.
pub(super) fn call(name: &str, arguments: &[Expr], row: &Record<'_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let call = Call { name, arguments, row };
    match name {
        "if" | "case" | "validate" | "coalesce" | "nullif" | "in" | "true" | "false" | "null" | "now" | "time"
        | "isnull" | "isnotnull" | "isnum" | "isstr" | "isbool" | "searchmatch" | "tonumber" | "tostring"
        | "cidrmatch" | "strftime" | "strptime" => conditional(&call, machine),
        "mvcount" | "mvindex" | "mvfind" | "mvfilter" | "mvappend" | "mvmap" | "mvjoin" | "mvdedup" | "split" => {
            many::call(&call, machine)
        }
        "match" | "like" | "lower" | "upper" | "len" | "substr" | "replace" | "trim" | "ltrim" | "rtrim"
        | "urldecode" | "spath" => text::call(&call, machine),
        _ => Err(Refusal::Unknown(format!("the function {name}()"))),
    }
}

impl Call<'_, '_> {
    /// Whether there are between so many arguments.
    pub(super) fn count(&self, least: usize, most: usize) -> Result<(), Refusal> {
        if (least..=most).contains(&self.arguments.len()) {
            return Ok(());
        }
        Err(Refusal::Error(format!("{}() does not take {} arguments", self.name, self.arguments.len())))
    }

    /// The value of an argument; null where there is none.
    pub(super) fn value(&self, n: usize, machine: &mut Machine) -> Result<Value, Refusal> {
        self.arguments.get(n).map_or(Ok(Value::Null), |expr| eval(expr, self.row, machine))
    }

    /// The truth of an argument.
    fn truth(&self, n: usize, machine: &mut Machine) -> Result<Option<bool>, Refusal> {
        truth(&self.value(n, machine)?, self.name)
    }

    /// An argument as one text; none is null.
    pub(super) fn text(&self, n: usize, machine: &mut Machine) -> Result<Option<String>, Refusal> {
        match self.value(n, machine)? {
            Value::Null => Ok(None),
            Value::Text(text) | Value::Field(text) => Ok(Some(text)),
            Value::Number(number) => Ok(Some(print(number))),
            Value::Bool(_) => Err(Refusal::Error(format!("{}() of a Boolean", self.name))),
            Value::Many(_) => Err(Refusal::Unknown(format!("{}() of a field with several values", self.name))),
        }
    }

    /// An argument as a regular expression: a written text keeps what its escapes mean there.
    pub(super) fn pattern(&self, n: usize, machine: &mut Machine) -> Result<Option<String>, Refusal> {
        match self.arguments.get(n) {
            Some(Expr::Text(raw)) => Ok(Some(lex::pattern(raw))),
            _ => self.text(n, machine),
        }
    }

    /// An argument as a number; none is null or no number.
    pub(super) fn number(&self, n: usize, machine: &mut Machine) -> Result<Option<f64>, Refusal> {
        match self.value(n, machine)? {
            Value::Many(_) => Err(Refusal::Unknown(format!("{}() of a field with several values", self.name))),
            Value::Bool(_) => Err(Refusal::Error(format!("{}() of a Boolean", self.name))),
            value => Ok(plain_number(&value)),
        }
    }

    /// An argument as a whole number.
    pub(super) fn whole(&self, n: usize, machine: &mut Machine) -> Result<Option<i64>, Refusal> {
        match self.number(n, machine)? {
            None => Ok(None),
            Some(number) if number.fract() == 0.0 && number.abs() < 1e15 => Ok(Some(number as i64)),
            Some(_) => Err(Refusal::Unknown(format!("{}() with a fraction", self.name))),
        }
    }
}

fn conditional(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let arguments = call.arguments.len();
    let value = match call.name {
        "if" => {
            call.count(3, 3)?;
            let chosen = if call.truth(0, machine)? == Some(true) { 1 } else { 2 };
            return call.value(chosen, machine);
        }
        "case" | "validate" => {
            if arguments % 2 == 1 || arguments == 0 {
                return Err(Refusal::Error(format!("{}() takes pairs", call.name)));
            }
            let wanted = call.name == "case";
            for n in (0..arguments).step_by(2) {
                if call.truth(n, machine)? == Some(wanted) {
                    return call.value(n + 1, machine);
                }
            }
            Value::Null
        }
        "coalesce" => {
            call.count(1, usize::MAX)?;
            for n in 0..arguments {
                let value = call.value(n, machine)?;
                if value != Value::Null {
                    return Ok(value);
                }
            }
            Value::Null
        }
        "nullif" => {
            call.count(2, 2)?;
            let (left, right) = (call.value(0, machine)?, call.value(1, machine)?);
            if compare(Op::Eq, &left, &right)? == Some(true) { Value::Null } else { left }
        }
        "in" => {
            call.count(2, usize::MAX)?;
            let value = call.value(0, machine)?;
            among(&value, call.arguments.get(1..).unwrap_or_default(), call.row, machine)?
        }
        "true" | "false" | "null" => {
            call.count(0, 0)?;
            match call.name {
                "null" => Value::Null,
                name => Value::Bool(name == "true"),
            }
        }
        "now" | "time" => {
            call.count(0, 0)?;
            Value::Number(machine.now)
        }
        "isnull" | "isnotnull" => {
            call.count(1, 1)?;
            Value::Bool((call.value(0, machine)? == Value::Null) == (call.name == "isnull"))
        }
        "isnum" | "isstr" | "isbool" => kind(call, machine)?,
        "searchmatch" => return searchmatch(call, machine),
        "tonumber" => {
            call.count(1, 2)?;
            tonumber(call, machine)?
        }
        "tostring" => {
            call.count(1, 2)?;
            if arguments == 2 {
                return Err(Refusal::Unknown("tostring() with a format".to_owned()));
            }
            match call.value(0, machine)? {
                Value::Null => Value::Null,
                Value::Bool(is) => Value::Text(if is { "True" } else { "False" }.to_owned()),
                Value::Number(number) => Value::Text(print(number)),
                Value::Text(text) | Value::Field(text) => Value::Text(text),
                Value::Many(_) => return Err(Refusal::Unknown("tostring() of several values".to_owned())),
            }
        }
        "cidrmatch" => {
            call.count(2, 2)?;
            cidrmatch(call, machine)?
        }
        "strftime" => {
            call.count(2, 2)?;
            let (number, format) = (call.number(0, machine)?, call.text(1, machine)?);
            match number.zip(format) {
                Some((number, format)) => time::format(number, &format)?.map_or(Value::Null, Value::Text),
                None => Value::Null,
            }
        }
        _ => {
            call.count(2, 2)?;
            let (text, format) = (call.text(0, machine)?, call.text(1, machine)?);
            match text.zip(format) {
                Some((text, format)) => time::parse(&text, &format)?.map_or(Value::Null, Value::Number),
                None => Value::Null,
            }
        }
    };
    Ok(value)
}

fn kind(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    call.count(1, 1)?;
    let value = call.value(0, machine)?;
    let is = match (call.name, &value) {
        (_, Value::Many(_)) => return Err(Refusal::Unknown(format!("{}() of several values", call.name))),
        ("isnum", Value::Number(_)) => true,
        ("isnum", Value::Field(text)) => number(text).is_some(),
        ("isstr", Value::Text(_)) => true,
        ("isstr", Value::Field(text)) => number(text).is_none(),
        ("isbool", Value::Bool(_)) => true,
        _ => false,
    };
    Ok(Value::Bool(is))
}

fn searchmatch(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    call.count(1, 1)?;
    let Some(Expr::Text(raw)) = call.arguments.first() else {
        return Err(Refusal::Unknown("searchmatch() of no written text".to_owned()));
    };
    let found = match machine.searches.get(raw) {
        Some(found) => Rc::clone(found),
        None => {
            let text = lex::pattern(raw);
            let (found, rest) = search::search(&text, text.len(), &mut machine.budget)?;
            if !rest.is_empty() {
                return Err(Refusal::Unknown("searchmatch() with a pipe".to_owned()));
            }
            let found = Rc::new(found);
            machine.searches.insert(raw.clone(), Rc::clone(&found));
            found
        }
    };
    Ok(Value::Bool(finds(&found, call.row, &mut machine.budget)?))
}

fn tonumber(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let Some(text) = call.text(0, machine)? else { return Ok(Value::Null) };
    if call.arguments.len() == 1 {
        return match (number(&text), call.arguments.first()) {
            (Some(number), _) => Ok(Value::Number(number)),
            // Of a field it is null, of a written text an error (Search Reference, Conversion functions).
            (None, Some(Expr::Text(_))) => Err(Refusal::Error(format!("tonumber() of the text {text}"))),
            (None, _) => Ok(Value::Null),
        };
    }
    let base = call.whole(1, machine)?.and_then(|base| u32::try_from(base).ok()).filter(|base| (2..=36).contains(base));
    let Some(base) = base else { return Err(Refusal::Error("tonumber() with no base of 2 to 36".to_owned())) };
    let digits = if base == 16 { text.strip_prefix("0x").unwrap_or(&text) } else { &text };
    let digits = if digits.starts_with('+') { "" } else { digits };
    Ok(i64::from_str_radix(digits, base).map_or(Value::Null, |number| Value::Number(number as f64)))
}

fn cidrmatch(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let (Some(network), Some(address)) = (call.text(0, machine)?, call.text(1, machine)?) else {
        return Ok(Value::Null);
    };
    let network: IpNet = match network.parse() {
        Ok(network) => network,
        Err(_) => return Err(Refusal::Error(format!("cidrmatch() with no network: {network}"))),
    };
    Ok(Value::Bool(address.parse::<IpAddr>().is_ok_and(|address| network.contains(&address))))
}
