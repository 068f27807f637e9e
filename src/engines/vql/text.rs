//! Texts: arguments as text, numbers out of text, formats, addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::Refusal;
use super::value::Value;

/// About how many bytes a value has.
pub(super) fn size(value: &Value<'_>) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::List(items) => items.len(),
        Value::Rows(rows) => rows.len(),
        _ => 1,
    }
}

/// A value where a text is wanted (arg_parser/parser.go, `stringParser`).
pub(super) fn argument(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::Null => String::new(),
        Value::Text(text) => text.to_string(),
        Value::Int(_) | Value::Big(_) | Value::Float(_) => value.shown().ok()?.into_owned(),
        Value::Bool(bool) => format!("%!s(bool={bool})"),
        Value::List(items) => {
            let texts: Option<Vec<&str>> = items
                .iter()
                .map(|item| match item {
                    Value::Text(text) => Some(&**text),
                    _ => None,
                })
                .collect();
            match texts?.as_slice() {
                [only] => (*only).to_owned(),
                texts => format!("[{}]", texts.join(" ")),
            }
        }
        _ => return None,
    })
}

/// Go's `ToLower` of a character: always one character.
pub(super) fn lower(c: char) -> impl Iterator<Item = char> {
    let mut lower = c.to_lowercase();
    let first = lower.next().unwrap_or(c);
    std::iter::once(first)
}

/// Go's `ToUpper` of a character: one character, itself where it would become several.
pub(super) fn upper(c: char) -> impl Iterator<Item = char> {
    let mut upper = c.to_uppercase();
    let first = upper.next().unwrap_or(c);
    std::iter::once(if upper.next().is_some() { c } else { first })
}

/// Go's `ParseFloat`, 0 where the text is no number.
pub(super) fn float(text: &str) -> Result<f64, Refusal> {
    let lower = text.to_ascii_lowercase();
    if lower.contains("0x") || text.contains('_') {
        return Err(Refusal::Unknown(format!("the number {text:?}")));
    }
    Ok(text.parse().unwrap_or_default())
}

/// `format()`: Go's verbs `%v %s %d %x %X`, with a width that may begin with 0.
pub(super) fn format<'a>(format: &str, args: Option<Value<'a>>) -> Result<Value<'a>, Refusal> {
    let args: Vec<Value<'a>> = match args {
        None => Vec::new(),
        Some(Value::List(items)) => items.to_vec(),
        Some(one) => vec![one],
    };
    let mut args = args.iter();
    let mut out = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let unknown = || Refusal::Unknown(format!("the format {format:?}"));
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let verb_at = after.find(|c: char| !c.is_ascii_digit()).ok_or_else(unknown)?;
        let (width, after) = after.split_at(verb_at);
        let zero = width.starts_with('0');
        let width: usize = if width.is_empty() { 0 } else { width.parse().map_err(|_| unknown())? };
        if width > 100 {
            return Err(unknown());
        }
        let mut chars = after.chars();
        let verb = chars.next().ok_or_else(unknown)?;
        let shown = verbed(verb, args.next().ok_or_else(unknown)?).ok_or_else(unknown)?;
        let fill = if zero { '0' } else { ' ' };
        out.extend(std::iter::repeat_n(fill, width.saturating_sub(shown.chars().count())));
        out.push_str(&shown);
        rest = chars.as_str();
    }
    if args.next().is_some() {
        return Err(Refusal::Unknown(format!("the format {format:?} with more values")));
    }
    out.push_str(rest);
    Ok(Value::text(out))
}

fn verbed(verb: char, value: &Value<'_>) -> Option<String> {
    match (verb, value) {
        ('v', value) => value.shown().ok().map(std::borrow::Cow::into_owned),
        ('s', Value::Text(text)) => Some(text.to_string()),
        ('d', Value::Int(_) | Value::Big(_)) => value.shown().ok().map(std::borrow::Cow::into_owned),
        ('x', Value::Int(number)) if *number >= 0 => Some(format!("{number:x}")),
        ('X', Value::Int(number)) if *number >= 0 => Some(format!("{number:X}")),
        ('x', Value::Big(number)) => Some(format!("{number:x}")),
        ('X', Value::Big(number)) => Some(format!("{number:X}")),
        ('x', Value::Text(text)) => Some(text.bytes().map(|byte| format!("{byte:02x}")).collect()),
        _ => None,
    }
}

/// `cidr_contains()`: Go's addresses, for which `::ffff:a.b.c.d` is `a.b.c.d`.
pub(super) fn cidr(ip: &str, ranges: &[String]) -> Result<bool, Refusal> {
    let Ok(ip) = ip.parse::<IpAddr>() else { return Ok(false) };
    for range in ranges {
        // A range that is none ends the search.
        let Some(contains) = within(ip, range) else { return Ok(false) };
        if contains {
            return Ok(true);
        }
    }
    Ok(false)
}

fn within(ip: IpAddr, range: &str) -> Option<bool> {
    let (network, length) = range.split_once('/')?;
    let network: IpAddr = network.parse().ok()?;
    let canonical = length == "0" || !length.starts_with('0');
    if !canonical || !length.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let length: u32 = length.parse().ok()?;
    if length > if network.is_ipv4() { 32 } else { 128 } {
        return None;
    }
    let short = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => Some(ip),
        IpAddr::V6(ip) => ip.to_ipv4_mapped(),
    };
    let bits = if network.is_ipv4() { length } else { length.saturating_sub(96) };
    // The network is masked when it is read, which can take the prefix of a mapped address away.
    let network = match network {
        IpAddr::V4(network) => IpAddr::V4(network),
        IpAddr::V6(network) => IpAddr::V6(Ipv6Addr::from_bits(network.to_bits() & mask6(length))),
    };
    Some(match (short(ip), short(network), ip, network) {
        (Some(ip), Some(network), ..) => ip.to_bits() & mask4(bits) == network.to_bits() & mask4(bits),
        (None, None, IpAddr::V6(ip), IpAddr::V6(network)) => ip.to_bits() & mask6(length) == network.to_bits(),
        _ => false,
    })
}

fn mask4(length: u32) -> u32 {
    u32::MAX.checked_shl(Ipv4Addr::BITS.saturating_sub(length)).unwrap_or_default()
}

fn mask6(length: u32) -> u128 {
    u128::MAX.checked_shl(Ipv6Addr::BITS.saturating_sub(length)).unwrap_or_default()
}

/// `base64decode()`: NULL for what is no base64.
pub(super) fn base64_decode<'a>(text: &str) -> Result<Value<'a>, Refusal> {
    let Ok(bytes) = STANDARD.decode(text.replace(['\r', '\n'], "")) else { return Ok(Value::Null) };
    String::from_utf8(bytes).map(Value::text).map_err(|_| Refusal::Unknown("base64decode() of binary data".to_owned()))
}

/// `base64encode()`.
pub(super) fn base64_encode<'a>(text: &str) -> Value<'a> {
    Value::text(STANDARD.encode(text))
}
