//! Functions of fields with several values (Search Reference, Multivalue eval functions). One value is a list of one.

use super::eval::{Machine, eval, truth};
use super::functions::Call;
use super::tree::Expr;
use super::value::Value;
use crate::engines::Refusal;

/// Calls one of them.
pub(super) fn call(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    match call.name {
        "mvappend" => {
            call.count(1, usize::MAX)?;
            let mut values = Vec::new();
            for n in 0..call.arguments.len() {
                values.extend(list(call, n, machine)?);
            }
            Ok(made(values))
        }
        "mvcount" => {
            call.count(1, 1)?;
            let values = list(call, 0, machine)?;
            Ok(if values.is_empty() { Value::Null } else { Value::Number(values.len() as f64) })
        }
        "mvindex" => index(call, machine),
        "mvfind" => {
            call.count(2, 2)?;
            let values = list(call, 0, machine)?;
            let Some(pattern) = call.pattern(1, machine)? else { return Ok(Value::Null) };
            for (n, value) in values.iter().enumerate() {
                if machine.matches(&pattern, value)? {
                    return Ok(Value::Number(n as f64));
                }
            }
            Ok(Value::Null)
        }
        "mvfilter" => {
            call.count(1, 1)?;
            let Some(expr) = call.arguments.first() else { return Ok(Value::Null) };
            let mut names = Vec::new();
            fields(expr, &mut names);
            names.dedup();
            let [name] = names.as_slice() else {
                return Err(Refusal::Error("mvfilter() takes an expression of exactly one field".to_owned()));
            };
            each(call, name, expr, machine, |value, result| {
                Ok(if truth(&result, "mvfilter")? == Some(true) { vec![value.to_owned()] } else { Vec::new() })
            })
        }
        "mvmap" => {
            call.count(2, 2)?;
            let [Expr::Field(name), expr] = call.arguments else {
                return Err(Refusal::Unknown("mvmap() of what is no field".to_owned()));
            };
            each(call, name, expr, machine, |_, result| {
                result.into_field().ok_or_else(|| Refusal::Error("mvmap() to Booleans".to_owned()))
            })
        }
        "mvjoin" => {
            call.count(2, 2)?;
            let values = list(call, 0, machine)?;
            let Some(between) = call.text(1, machine)? else { return Ok(Value::Null) };
            Ok(if values.is_empty() { Value::Null } else { Value::Text(values.join(&between)) })
        }
        "mvdedup" => {
            call.count(1, 1)?;
            let mut kept: Vec<String> = Vec::new();
            for value in list(call, 0, machine)? {
                machine.budget.step(kept.len() as u64)?;
                if !kept.contains(&value) {
                    kept.push(value);
                }
            }
            Ok(made(kept))
        }
        _ => {
            call.count(2, 2)?;
            let (text, between) = (call.text(0, machine)?, call.text(1, machine)?);
            let Some((text, between)) = text.zip(between) else { return Ok(Value::Null) };
            if between.is_empty() {
                return Ok(made(text.chars().map(String::from).collect()));
            }
            Ok(made(text.split(&between).map(str::to_owned).collect()))
        }
    }
}

fn made(mut values: Vec<String>) -> Value {
    match values.len() {
        0 => Value::Null,
        1 => Value::Text(values.swap_remove(0)),
        _ => Value::Many(values),
    }
}

fn list(call: &Call<'_, '_>, n: usize, machine: &mut Machine) -> Result<Vec<String>, Refusal> {
    let values = call.value(n, machine)?.into_field();
    values.ok_or_else(|| Refusal::Error(format!("{}() of a Boolean", call.name)))
}

/// From 0; negative ones count from the end; null outside (mvindex).
fn index(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    call.count(2, 3)?;
    let values = list(call, 0, machine)?;
    let length = values.len() as i64;
    let place = |n: i64| if n < 0 { length + n } else { n };
    let Some(start) = call.whole(1, machine)?.map(place) else { return Ok(Value::Null) };
    let end = if call.arguments.len() == 3 { call.whole(2, machine)?.map(place) } else { Some(start) };
    let Some(end) = end else { return Ok(Value::Null) };
    if start < 0 || end >= length || start > end {
        return Ok(Value::Null);
    }
    let chosen = values.into_iter().skip(start as usize).take((end - start) as usize + 1).collect();
    Ok(Value::of(chosen))
}

/// The results of an expression for each value of a field.
fn each(
    call: &Call<'_, '_>,
    name: &str,
    expr: &Expr,
    machine: &mut Machine,
    take: impl Fn(&str, Value) -> Result<Vec<String>, Refusal>,
) -> Result<Value, Refusal> {
    let mut results = Vec::new();
    for value in call.row.get(name) {
        let mut row = call.row.clone();
        row.set(name, vec![value.clone()]);
        let result = eval(expr, &row, machine)?;
        results.extend(take(&value, result)?);
    }
    Ok(Value::of(results))
}

fn fields(expr: &Expr, names: &mut Vec<String>) {
    if let Expr::Field(name) = expr
        && !names.contains(name)
    {
        names.push(name.clone());
    }
    expr.parts().into_iter().for_each(|part| fields(part, names));
}
