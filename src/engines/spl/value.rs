//! Values of fields and expressions. Every field holds text, one or several; what looks like a number is one where the
//! other side is a number too.

/// What an expression gives.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// No value.
    Null,
    /// The result of a comparison; no field can hold it.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// What a field holds, as one text: a number where it looks like one.
    Field(String),
    /// Several values of a field.
    Many(Vec<String>),
}

impl Value {
    /// The value of a field.
    pub(super) fn of(mut values: Vec<String>) -> Value {
        match values.len() {
            0 => Value::Null,
            1 => Value::Field(values.swap_remove(0)),
            _ => Value::Many(values),
        }
    }

    /// As the values of a field; none for a Boolean, which no field can hold.
    pub(super) fn into_field(self) -> Option<Vec<String>> {
        Some(match self {
            Value::Null => Vec::new(),
            Value::Bool(_) => return None,
            Value::Number(number) => vec![print(number)],
            Value::Text(text) | Value::Field(text) => vec![text],
            Value::Many(values) => values,
        })
    }

    /// What kind it is, for messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "a Boolean",
            Value::Number(_) => "a number",
            Value::Text(_) | Value::Field(_) => "a text",
            Value::Many(_) => "several values",
        }
    }
}

/// The number that a text is: digits with a sign, a fraction, an exponent; blanks around it make it none (Search Reference,
/// Conversion functions: tonumber).
pub(super) fn number(text: &str) -> Option<f64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.ends_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if !plain {
        return None;
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// How a number is written: whole ones without a fraction.
pub(super) fn print(number: f64) -> String {
    format!("{number}")
}

/// A text without its case, character by character; the manual says no more than that case does not count.
pub(super) fn fold(text: &str) -> String {
    text.chars().flat_map(|c| same_case(c).to_lowercase()).collect()
}

/// The capital of a letter that has one of one character, so that letters with the same capital are the same.
fn same_case(c: char) -> char {
    let mut capital = c.to_uppercase();
    match (capital.next(), capital.next()) {
        (Some(capital), None) => capital,
        _ => c,
    }
}
