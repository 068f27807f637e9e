//! Functions of texts (Search Reference, Text functions; Comparison and conditional functions).

use super::eval::Machine;
use super::functions::Call;
use super::json;
use super::value::Value;
use crate::engines::Refusal;

/// Calls one of them. Null in, null out.
pub(super) fn call(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let (least, most) = match call.name {
        "lower" | "upper" | "len" | "urldecode" => (1, 1),
        "trim" | "ltrim" | "rtrim" => (1, 2),
        "substr" => (2, 3),
        "replace" => (3, 3),
        _ => (2, 2),
    };
    call.count(least, most)?;
    if let "lower" | "upper" = call.name {
        return cased(call, machine);
    }
    let Some(text) = call.text(0, machine)? else { return Ok(Value::Null) };
    machine.budget.step(1 + text.len() as u64 / 4)?;
    Ok(match call.name {
        "len" => Value::Number(text.chars().count() as f64),
        "urldecode" => urldecode(&text).map_or(Value::Null, Value::Text),
        "match" => match call.pattern(1, machine)? {
            Some(pattern) => Value::Bool(machine.matches(&pattern, &text)?),
            None => Value::Null,
        },
        "like" => match call.text(1, machine)? {
            Some(pattern) => Value::Bool(like(&text, &pattern)?),
            None => Value::Null,
        },
        "substr" => substr(call, &text, machine)?,
        "replace" => replace(call, &text, machine)?,
        "spath" => match call.text(1, machine)? {
            Some(path) => Value::of(json::path(&text, &path)?),
            None => Value::Null,
        },
        side => {
            let chars = if call.arguments.len() == 2 { call.text(1, machine)? } else { Some(" \t".to_owned()) };
            let Some(chars) = chars else { return Ok(Value::Null) };
            let is = |c: char| chars.contains(c);
            let trimmed = match side {
                "ltrim" => text.trim_start_matches(is),
                "rtrim" => text.trim_end_matches(is),
                _ => text.trim_matches(is),
            };
            Value::Text(trimmed.to_owned())
        }
    })
}

/// `lower` and `upper`, the two that also take several values.
fn cased(call: &Call<'_, '_>, machine: &mut Machine) -> Result<Value, Refusal> {
    let change = |text: &str| if call.name == "lower" { text.to_lowercase() } else { text.to_uppercase() };
    let value = call.value(0, machine)?;
    let texts = value.clone().into_field().ok_or_else(|| Refusal::Error(format!("{}() of a Boolean", call.name)))?;
    machine.budget.step(1 + texts.iter().map(|text| text.len() as u64 / 4).sum::<u64>())?;
    let mut changed = texts.iter().map(|text| change(text));
    Ok(match value {
        Value::Many(_) => Value::Many(changed.collect()),
        _ => changed.next().map_or(Value::Null, Value::Text),
    })
}

/// From 1; negative ones count from the end, and what lies before the text counts as well: "the indexes follow SQLite
/// semantics".
fn substr(call: &Call<'_, '_>, text: &str, machine: &mut Machine) -> Result<Value, Refusal> {
    let Some(start) = call.whole(1, machine)? else { return Ok(Value::Null) };
    let length = text.chars().count() as i64;
    let from = match start {
        0 => return Err(Refusal::Unknown("substr() from 0; it counts from 1".to_owned())),
        n if n < 0 => length + n,
        n => n - 1,
    };
    let before = from.min(0);
    let most = if call.arguments.len() == 3 {
        let Some(most) = call.whole(2, machine)? else { return Ok(Value::Null) };
        if most < 0 {
            return Err(Refusal::Unknown("substr() of a negative length".to_owned()));
        }
        (most + before).max(0)
    } else {
        length
    };
    Ok(Value::Text(text.chars().skip(from.max(0) as usize).take(most as usize).collect()))
}

/// Every match replaced; `\1` in the replacement is the first group.
fn replace(call: &Call<'_, '_>, text: &str, machine: &mut Machine) -> Result<Value, Refusal> {
    let (Some(pattern), Some(with)) = (call.pattern(1, machine)?, call.pattern(2, machine)?) else {
        return Ok(Value::Null);
    };
    machine.budget.step(text.len() as u64)?;
    let regex = machine.patterns.get(&pattern)?;
    let mut out = String::new();
    let mut last = 0;
    for found in regex.captures_iter(text) {
        let found = found.map_err(|_| Refusal::Limit)?;
        let Some(whole) = found.get(0) else { continue };
        machine.budget.step(1 + with.len() as u64)?;
        out.push_str(text.get(last..whole.start()).unwrap_or_default());
        let mut chars = with.chars();
        while let Some(c) = chars.next() {
            let digit = if c == '\\' { chars.clone().next().and_then(|c| c.to_digit(10)) } else { None };
            match digit {
                Some(n) => {
                    chars.next();
                    out.push_str(found.get(n as usize).map_or("", |group| group.as_str()));
                }
                None => out.push(c),
            }
        }
        last = whole.end();
    }
    out.push_str(text.get(last..).unwrap_or_default());
    Ok(Value::Text(out))
}

/// `%` is any text, `_` one character; case counts.
fn like(text: &str, pattern: &str) -> Result<bool, Refusal> {
    if pattern.contains("\\%") || pattern.contains("\\_") {
        return Err(Refusal::Unknown("an escaped wildcard in like()".to_owned()));
    }
    let text: Vec<char> = text.chars().collect();
    let pattern: Vec<char> = pattern.chars().collect();
    let (mut t, mut p) = (0, 0);
    let mut again: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some('%') => {
                again = Some((t, p + 1));
                p += 1;
            }
            Some(c) if *c == '_' || text.get(t) == Some(c) => {
                t += 1;
                p += 1;
            }
            _ => match again {
                Some((from, back)) => {
                    again = Some((from + 1, back));
                    t = from + 1;
                    p = back;
                }
                None => return Ok(false),
            },
        }
    }
    Ok(pattern.get(p..).unwrap_or_default().iter().all(|c| *c == '%'))
}

fn urldecode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).ok()
}
