//! IP functions (K: "ipv4_is_in_range()" and its neighbours). What does not parse gives null.

use std::net::{Ipv4Addr, Ipv6Addr};

use serde_json::Value as Json;

use super::Given;
use crate::engines::kql::run::Run;
use crate::engines::kql::value::Value;

/// An address as bits, with the bits of its prefix that count.
type Network = (u128, u32);

/// `10.1.2.3` or `10.1.2.0/24`.
fn ipv4(text: &str) -> Option<Network> {
    let (address, prefix) = split(text, 32)?;
    let address: Ipv4Addr = address.parse().ok()?;
    Some((u128::from(u32::from(address)), prefix))
}

/// An IPv6 address or network; an IPv4 one is taken as its mapped form.
fn ipv6(text: &str) -> Option<Network> {
    if let Some((address, prefix)) = ipv4(text) {
        return Some((0xffff_0000_0000 | address, prefix + 96));
    }
    let (address, prefix) = split(text, 128)?;
    let address: Ipv6Addr = address.parse().ok()?;
    Some((u128::from(address), prefix))
}

fn split(text: &str, most: u32) -> Option<(&str, u32)> {
    match text.split_once('/') {
        Some((address, prefix)) => {
            let prefix = prefix.parse().ok().filter(|prefix| *prefix <= most)?;
            Some((address, prefix))
        }
        None => Some((text, most)),
    }
}

/// Whether the first `prefix` of `width` bits are equal.
fn equal(a: u128, b: u128, prefix: u32, width: u32) -> bool {
    let rest = width - prefix;
    rest >= 128 || (a >> rest) == (b >> rest)
}

fn texts(values: &[Value]) -> Vec<String> {
    let mut texts = Vec::new();
    for value in values {
        match value {
            Value::Json(json) => match json.as_ref() {
                Json::Array(list) => {
                    texts.extend(list.iter().map(|item| Value::json(item.clone()).to_text().to_string()))
                }
                _ => texts.push(value.to_text().to_string()),
            },
            other => texts.push(other.to_text().to_string()),
        }
    }
    texts
}

/// In any of the ranges; null where the address or a range that would decide does not parse.
fn in_ranges(values: &[Value], parse: fn(&str) -> Option<Network>, width: u32) -> Value {
    let Some((address, ranges)) = values.split_first() else { return Value::Null };
    let Some((address, _)) = parse(&address.to_text()) else { return Value::Null };
    let mut result = Value::Bool(false);
    for range in texts(ranges) {
        match parse(&range) {
            Some((network, prefix)) if equal(address, network, prefix, width) => return Value::Bool(true),
            Some(_) => {}
            None => result = Value::Null,
        }
    }
    result
}

pub(super) fn ipv4_in(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(in_ranges(values, ipv4, 32))
}

pub(super) fn ipv6_in(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(in_ranges(values, ipv6, 128))
}

/// In 10/8, 172.16/12 or 192.168/16.
pub(super) fn ipv4_private(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let Some((address, _)) = values.first().and_then(|value| ipv4(&value.to_text())) else { return Ok(Value::Null) };
    let ranges = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];
    let found = ranges.iter().filter_map(|range| ipv4(range));
    Ok(Value::Bool(found.into_iter().any(|(network, prefix)| equal(address, network, prefix, 32))))
}

/// Equal under the smallest of all prefixes given.
fn matches(values: &[Value], parse: fn(&str) -> Option<Network>, width: u32) -> Value {
    let [first, second, rest @ ..] = values else { return Value::Null };
    let (Some((a, prefix_a)), Some((b, prefix_b))) = (parse(&first.to_text()), parse(&second.to_text())) else {
        return Value::Null;
    };
    let given = match rest.first() {
        Some(Value::Long(prefix)) => u32::try_from(*prefix).unwrap_or(0),
        _ => width,
    };
    Value::Bool(equal(a, b, prefix_a.min(prefix_b).min(given), width))
}

pub(super) fn ipv4_match(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(matches(values, ipv4, 32))
}

pub(super) fn ipv6_match(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    Ok(matches(values, ipv6, 128))
}

/// The address as a number.
pub(super) fn parse_ipv4(values: &[Value], _: &mut Run<'_>) -> Given<Value> {
    let parsed = values.first().and_then(|value| ipv4(&value.to_text()));
    Ok(parsed.map_or(Value::Null, |(address, prefix)| {
        let kept = if prefix == 0 { 0 } else { address >> (32 - prefix) << (32 - prefix) };
        i64::try_from(kept).map_or(Value::Null, Value::Long)
    }))
}
