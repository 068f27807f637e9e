//! Numbers of rules: integers exact, everything else as a total-ordered float.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A number as a rule or an event writes it. Integers never pass through a float.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// A whole number; wide enough for unsigned 64-bit masks.
    Int(i128),
    /// A finite number that is not whole.
    Float(f64),
}

impl Number {
    /// A float, as an integer where it is whole and small enough to be exact (SEMANTICS 2.2: integral floats
    /// are written without a fraction). None for NaN and infinities.
    pub fn from_f64(value: f64) -> Option<Number> {
        if !value.is_finite() {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "whole and below 2^63, so exact")]
        if value.fract() == 0.0 && value.abs() < 9.2e18 {
            return Some(Number::Int(value as i128));
        }
        Some(Number::Float(value))
    }

    /// The number that a plain decimal text writes (`-?digits[.digits]`, SEMANTICS section 6 row 26); none for any other text.
    pub fn from_decimal(text: &str) -> Option<Number> {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = match digits.split_once('.') {
            Some((whole, fraction)) => (whole, Some(fraction)),
            None => (digits, None),
        };
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !fraction.is_none_or(all_digits) {
            return None;
        }
        match fraction {
            None => text.parse().map(Number::Int).ok().or_else(|| text.parse().ok().and_then(Number::from_f64)),
            Some(_) => text.parse().ok().and_then(Number::from_f64),
        }
    }

    /// As a float, for comparison with floats.
    #[expect(clippy::cast_precision_loss, reason = "only used against floats, which have no more precision")]
    pub fn as_f64(self) -> f64 {
        match self {
            Number::Int(value) => value as f64,
            Number::Float(value) => value,
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a.cmp(b),
            _ => self.as_f64().total_cmp(&other.as_f64()),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        match (self, other) {
            (Number::Int(a), Number::Int(b)) => a == b,
            (Number::Float(a), Number::Float(b)) => a.total_cmp(b).is_eq(),
            _ => false,
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Number::Int(value) => value.hash(state),
            Number::Float(value) => value.to_bits().hash(state),
        }
    }
}

/// The canonical text (SEMANTICS 2.2): integers in decimal, floats by their shortest round trip.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Int(value) => write!(f, "{value}"),
            Number::Float(value) => write!(f, "{value}"),
        }
    }
}
