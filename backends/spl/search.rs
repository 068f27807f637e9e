//! The `search` dialect: the first command of a query. Values match without regard to case, `*` is the only
//! wildcard and cannot be escaped, a missing field makes a comparison false and its negation true
//! (Splunk Search Reference, "search"; Search Manual, "Boolean expressions", "Wildcards", "Difference between != and NOT").

use std::collections::HashSet;

use super::literal::{is_plain, quoted, search_field};
use super::raw::Raw;
use super::stored;
use crate::diag::Code;
use crate::ir::{At, Case, Check, Number, Pattern, Segment, Shape, Test};
use crate::render::{Binding, Dialect, Fragment, Gap, Negation, Spelling, wrapped_list};
use crate::schema::{Column, From, Traits};

/// The first command of a query.
#[derive(Debug)]
pub(super) struct Search {
    /// How the raw text of the events spells values, for keywords.
    pub(super) raw: Raw,
}

const SPELLING: Spelling = Spelling {
    and: "AND",
    or: "OR",
    not: Negation::Prefix("NOT"),
    constants: ("*", "(NOT *)"),
    total: "{}",
    total_binding: Binding::Atom,
};

/// A pattern with dashes to choose from is written out up to this many texts.
const MOST_SPELLINGS: usize = 32;

/// Comparisons are between doubles where both sides are numbers: whole numbers beyond this are not told apart.
const EXACT_INTEGERS: i128 = 1 << 53;

impl Dialect for Search {
    fn name(&self) -> &'static str {
        "search"
    }

    fn spelling(&self) -> &Spelling {
        &SPELLING
    }

    fn test(&self, test: &Test<Column>) -> Result<Fragment, Gap> {
        let gap = || Gap::new(Code::E0602, &test.at, "`search` cannot express this test");
        if super::is_raw(&test.on) {
            let fragment = keyword(&test.check).ok_or_else(gap)?;
            return Ok(Fragment { fidelity: self.raw.fidelity(), ..fragment });
        }
        let From::Path(path) = &test.on.from else { return Err(gap()) };
        let field = search_field(&path.join(".")).ok_or_else(gap)?;
        comparison(&field, &test.check, test.on.traits).ok_or_else(gap)
    }
}

/// A comparison of one field; none where `search` cannot say it.
fn comparison(field: &str, check: &Check<Column>, traits: Traits) -> Option<Fragment> {
    match check {
        Check::Like { any_of, case: Case::Fold } => {
            if any_of.iter().any(|(pattern, _)| pattern.shape() == Shape::Everything) {
                return Some(Fragment::atom(format!("{field}=*")));
            }
            one_of(field, patterns(any_of, traits)?)
        }
        _ if traits.quoted => None,
        Check::Equal { any_of } => {
            let integers = any_of.iter().map(|(number, _)| match number {
                Number::Int(value) if value.abs() <= EXACT_INTEGERS && *value >= 0 => Some(value.to_string()),
                Number::Int(value) if value.abs() <= EXACT_INTEGERS => Some(format!("\"{value}\"")),
                _ => None,
            });
            one_of(field, integers.collect::<Option<_>>()?)
        }
        Check::Is(value) => Some(Fragment::atom(format!("{field}=\"{value}\""))),
        // Whether a list after IN may hold networks is not documented; `=` is (search command, "CIDR matching").
        Check::Within(networks) => {
            let tests: Vec<String> = networks.iter().map(|(network, _)| format!("{field}=\"{network}\"")).collect();
            let binding = if tests.len() > 1 { Binding::Or } else { Binding::Atom };
            Some(Fragment::atom(wrapped_or(&tests)).binding(binding))
        }
        _ => None,
    }
}

/// `a OR b OR c`, broken before an OR where it is long.
fn wrapped_or(tests: &[String]) -> String {
    let mut out = String::new();
    let mut column = 0;
    for (n, test) in tests.iter().enumerate() {
        let width = test.chars().count() + 4;
        if n > 0 && column + width > 100 {
            out.push_str("\nOR ");
            column = 3;
        } else if n > 0 {
            out.push_str(" OR ");
        }
        out.push_str(test);
        column += width;
    }
    out
}

/// `F=v`, or `F IN (v, w)`. The values are ready to be written.
fn one_of(field: &str, values: Vec<String>) -> Option<Fragment> {
    match values.as_slice() {
        [] => None,
        [value] => Some(Fragment::atom(format!("{field}={value}"))),
        _ => {
            let open = format!("{field} IN (");
            let columns = if open.len() > 24 { 4 } else { open.len() };
            Some(Fragment::atom(wrapped_list(&open, &values, ")", columns)))
        }
    }
}

/// The patterns as quoted values; none where one of them has no exact spelling.
fn patterns(any_of: &[(Pattern, At)], traits: Traits) -> Option<Vec<String>> {
    let mut seen = HashSet::new();
    let mut out: Vec<String> = Vec::new();
    for (pattern, _) in any_of {
        out.extend(spellings(pattern, traits)?.into_iter().filter(|value| seen.insert(value.clone())));
    }
    Some(out)
}

/// A pattern as quoted values, several where it has a choice of dashes or values are stored in several ways.
fn spellings(pattern: &Pattern, traits: Traits) -> Option<Vec<String>> {
    if pattern.as_literal().is_some_and(is_read_otherwise) {
        return None;
    }
    let mut texts = vec![String::new()];
    for segment in pattern.segments() {
        match segment {
            Segment::Literal(text) if text.contains('*') || !is_plain(text) => return None,
            Segment::Literal(text) => texts.iter_mut().for_each(|out| out.push_str(text)),
            Segment::Any => texts.iter_mut().for_each(|out| out.push('*')),
            Segment::One => return None,
            Segment::OneOf(choices) => {
                if texts.len() * choices.len() > MOST_SPELLINGS || choices.iter().any(|c| matches!(c, '*' | '`')) {
                    return None;
                }
                texts = choices.iter().flat_map(|c| texts.iter().map(move |out| format!("{out}{c}"))).collect();
            }
        }
    }
    let stored = texts.iter().map(|text| stored::spellings(text, traits)).collect::<Option<Vec<_>>>()?;
    Some(stored.iter().flatten().map(|text| quoted(text)).collect())
}

/// Whether a whole value would not be compared as text: the empty text, a network (matched as one), and a number not
/// in its plain form (`007`, `1.0`, `1e3`), because two numbers are compared by value.
fn is_read_otherwise(text: &str) -> bool {
    let network = text.split_once('/').is_some_and(|(address, bits)| {
        !bits.is_empty()
            && bits.bytes().all(|b| b.is_ascii_digit())
            && address.contains(['.', ':'])
            && address.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
    });
    let plain_integer = || {
        Number::from_decimal(text)
            .is_some_and(|n| matches!(n, Number::Int(v) if v.abs() <= EXACT_INTEGERS) && n.to_string() == text)
    };
    text.is_empty() || network || (text.trim().parse::<f64>().is_ok() && !plain_integer())
}

/// A keyword: part of one token of the raw text. Wildcards that cross major or minor breakers are unreliable
/// (Search Manual, "Wildcards": punctuation), so that only letters and digits are said here.
fn keyword(check: &Check<Column>) -> Option<Fragment> {
    let Check::Like { any_of, case: Case::Fold } = check else { return None };
    let mut seen = HashSet::new();
    let mut terms = Vec::new();
    for (pattern, _) in any_of {
        match pattern.shape() {
            Shape::Contains(text) if text.bytes().all(|b| b.is_ascii_alphanumeric()) => {
                if seen.insert(text) {
                    terms.push(quoted(&format!("*{text}*")));
                }
            }
            _ => return None,
        }
    }
    let binding = if terms.len() > 1 { Binding::Or } else { Binding::Atom };
    Some(Fragment::atom(wrapped_or(&terms)).binding(binding))
}
