//! The types of scalars: the core schema of YAML 1.2 (YAML 1.2.2, section 10.3.2; SEMANTICS 1.1).

use super::{Scalar, Style, Tag};
use crate::ir::Number;

/// The type and value of a scalar; the value of a text is the scalar's text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Resolved {
    /// Text.
    Text,
    /// Nothing, `~` or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A number that no event can hold: infinite, not a number, or beyond 127 bits.
    OutOfRange,
}

impl Scalar {
    /// The type by the core schema: quoted and block scalars are text, plain ones by their form, unless tagged.
    pub fn resolve(&self) -> Resolved {
        match (self.tag, self.style) {
            (Some(Tag::Str), _) => Resolved::Text,
            (None, Style::Plain) | (Some(_), _) => resolve_plain(&self.text),
            (None, _) => Resolved::Text,
        }
    }

    /// Whether the tag, where there is one, fits the text: `!!int x` does not.
    pub(super) fn tag_fits(&self) -> bool {
        match (self.tag, self.resolve()) {
            (None | Some(Tag::Str), _)
            | (Some(Tag::Int), Resolved::Number(Number::Int(_)) | Resolved::OutOfRange)
            | (Some(Tag::Float), Resolved::Number(_) | Resolved::OutOfRange)
            | (Some(Tag::Bool), Resolved::Bool(_))
            | (Some(Tag::Null), Resolved::Null) => true,
            (Some(_), _) => false,
        }
    }
}

fn resolve_plain(text: &str) -> Resolved {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Resolved::Null,
        "true" | "True" | "TRUE" => return Resolved::Bool(true),
        "false" | "False" | "FALSE" => return Resolved::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Resolved::OutOfRange,
        _ => {}
    }
    // Most scalars are text, and their first character shows it.
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return Resolved::Text;
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Resolved::OutOfRange;
    }
    let integer = |digits: &str, radix| i128::from_str_radix(digits, radix).map(Number::Int);
    if all_digits(unsigned, 10) {
        return integer(text, 10).map_or(Resolved::OutOfRange, Resolved::Number);
    }
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix).filter(|digits| all_digits(digits, radix)) {
            return integer(digits, radix).map_or(Resolved::OutOfRange, Resolved::Number);
        }
    }
    if is_float(unsigned) {
        let number = text.parse::<f64>().ok().and_then(Number::from_f64);
        return number.map_or(Resolved::OutOfRange, Resolved::Number);
    }
    Resolved::Text
}

fn all_digits(text: &str, radix: u32) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_digit(radix))
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`
fn is_float(unsigned: &str) -> bool {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|e| all_digits(e, 10))
}

/// What YAML 1.1 (PyYAML, and with it pySigma) makes of a plain scalar, where that is not what YAML 1.2 makes of it:
/// `the number 8` for `010`.
pub fn in_yaml_1_1(scalar: &Scalar) -> Option<String> {
    if scalar.style != Style::Plain || scalar.tag.is_some() {
        return None;
    }
    let text: &str = &scalar.text;
    let lower = text.to_ascii_lowercase();
    let one_case = [lower.clone(), text.to_ascii_uppercase(), capitalised(&lower)].iter().any(|form| form == text);
    match lower.as_str() {
        "yes" | "on" if one_case => return Some("the boolean true".into()),
        "no" | "off" if one_case => return Some("the boolean false".into()),
        "=" => return Some("the default key".into()),
        _ => {}
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let negative = text.starts_with('-');
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let number = |value: i128| Some(format!("the number {}", if negative { -value } else { value }));
    let plain: String = unsigned.chars().filter(|c| *c != '_').collect();
    let radix = |digits: &str, radix| i128::from_str_radix(digits, radix).ok();
    let integer = if let Some(digits) = plain.strip_prefix("0b") {
        radix(digits, 2)
    } else if let Some(digits) = plain.strip_prefix("0x") {
        radix(digits, 16)
    } else if plain.len() > 1 && plain.starts_with('0') && all_digits(&plain, 8) {
        radix(&plain, 8)
    } else if all_digits(&plain, 10) && !plain.starts_with('0') {
        radix(&plain, 10)
    } else if unsigned.contains(':') {
        sexagesimal(unsigned)
    } else {
        None
    };
    let now = resolve_plain(text);
    if let Some(value) = integer {
        let same = now == Resolved::Number(Number::Int(if negative { -value } else { value }));
        return if same { None } else { number(value) };
    }
    if is_date(text) {
        return Some("a date".into());
    }
    // 1.1 wants a point in every float and a sign in every exponent; 010 with a digit above 7 is text there.
    let point = unsigned.contains('.');
    let signed = unsigned.split_once(['e', 'E']).is_none_or(|(_, e)| e.starts_with(['+', '-']));
    let octal_1_2 = unsigned.starts_with("0o");
    let zeros = unsigned.len() > 1 && unsigned.starts_with('0') && all_digits(unsigned, 10);
    match now {
        Resolved::Number(_) if octal_1_2 || zeros || !(all_digits(unsigned, 10) || (point && signed)) => {
            Some(format!("the text '{text}'"))
        }
        _ => None,
    }
}

fn capitalised(lower: &str) -> String {
    let mut letters = lower.chars();
    letters.next().map_or(String::new(), |first| first.to_ascii_uppercase().to_string() + letters.as_str())
}

/// `1:30` is 90 in YAML 1.1: `[1-9][0-9_]*(:[0-5]?[0-9])+`.
fn sexagesimal(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let first = parts.next().filter(|p| all_digits(p, 10) && !p.starts_with('0'))?;
    let mut value: i128 = first.parse().ok()?;
    for part in parts {
        let digit = part.parse::<i128>().ok().filter(|n| part.len() <= 2 && all_digits(part, 10) && *n < 60)?;
        value = value.checked_mul(60)?.checked_add(digit)?;
    }
    Some(value)
}

/// `2024-01-31`, alone or before a time of day.
fn is_date(text: &str) -> bool {
    let date = text.split(['T', 't', ' ']).next().unwrap_or("");
    let sizes = if date.len() == text.len() { [4..=4, 2..=2, 2..=2] } else { [4..=4, 1..=2, 1..=2] };
    let parts: Vec<&str> = date.split('-').collect();
    let rest_is_time =
        text.get(date.len() + 1..).is_none_or(|t| t.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    parts.len() == 3
        && rest_is_time
        && parts.iter().zip(sizes).all(|(part, size)| size.contains(&part.len()) && all_digits(part, 10))
}
