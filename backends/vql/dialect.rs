//! One test as VQL: which operator says it without a trap (SEMANTICS 5.3 and the VQL column of section 6).

use std::sync::Arc;

use ipnet::IpNet;

use super::address;
use super::pattern::{self, Found};
use super::reference;
use super::text::{path, plain, raw};
use super::time;
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Number, Order, Pattern, Regex, Segment, Shape, Test};
use crate::render::{Binding, Dialect, Fragment, Gap, Hoist, Negation, Spelling, wrapped_list};
use crate::schema::{Column, From, Type};

/// Numbers of text are compared as floats, which are exact up to here.
const EXACT_FLOAT: f64 = 9_007_199_254_740_992.0;

/// Conditions of a `WHERE`.
#[derive(Debug)]
pub struct Where;

/// VQL is two-valued, so nothing needs to be made total; AND and OR are parenthesised wherever they meet, because OR
/// binds tighter.
static SPELLING: Spelling = Spelling {
    and: "AND",
    or: "OR",
    not: Negation::Prefix("NOT"),
    constants: ("TRUE", "FALSE"),
    total: "{}",
    total_binding: Binding::Atom,
};

impl Dialect for Where {
    fn name(&self) -> &'static str {
        "WHERE"
    }

    fn spelling(&self) -> &Spelling {
        &SPELLING
    }

    fn test(&self, test: &Test<Column>) -> Result<Fragment, Gap> {
        let at = &test.at;
        let operand = Operand::new(&test.on, at)?;
        let several = match &test.check {
            Check::SameAs { other, .. } => test.on.traits.multi || other.traits.multi,
            Check::Order { .. } | Check::Within(_) | Check::TimeOf { .. } => test.on.traits.multi,
            _ => false,
        };
        if several {
            let message = format!("{} may hold several values, and VQL can only compare them as text", test.on.field);
            return Err(Gap::new(Code::E0602, at, message).help("test its text, or a field that holds one value"));
        }
        let other = match &test.check {
            Check::SameAs { other, .. } => other.kind,
            _ => operand.kind,
        };
        if asks_for_text(&test.check) && [operand.kind, other].contains(&Type::Datetime) {
            let message = format!("{} is no text in an event log: VQL has it as seconds since 1970", test.on.field);
            return Err(Gap::new(Code::E0602, at, message).help("use a time modifier such as `|hour`"));
        }
        let fragment = match &test.check {
            Check::Like { any_of, case } => operand.like(any_of, *case, at),
            Check::Equal { any_of } => operand.equal(any_of),
            Check::Order { op, value } => operand.order(*op, *value, at),
            Check::Matches(regex) => operand.matches(regex, at),
            Check::Is(value) => Ok(operand.is(*value)),
            Check::Within(ranges) => Ok(operand.within(ranges)),
            Check::Null if operand.multi => {
                Ok(Fragment::atom(format!("NOT ({})", operand.anything().text)).binding(Binding::Not))
            }
            Check::Null => Ok(Fragment::atom(format!("{} = NULL", operand.text))),
            Check::Exists => operand.exists(at),
            Check::SameAs { other, part, case } => {
                Ok(reference::fragment(&operand, &Operand::new(other, at)?, *part, *case))
            }
            Check::TimeOf { part, op, value } => time::fragment(&operand, *part, *op, *value, at),
        }?;
        Ok(operand.needs.into_iter().fold(fragment, Fragment::needs))
    }
}

/// The left-hand side of a test.
pub(super) struct Operand {
    /// Its text.
    pub(super) text: String,
    /// The type of its values.
    pub(super) kind: Type,
    /// Whether a row may hold several.
    pub(super) multi: bool,
    /// Whether its numbers read better in hexadecimal.
    hex: bool,
    /// The object it is a member of, and its name there.
    member: Option<(String, Arc<str>)>,
    /// The definition that its text needs.
    needs: Option<Hoist>,
}

/// Functions that schemas may call. Leaves: the values of an object, whatever their names; an object itself is matched as
/// JSON, which holds the names too and escapes quotes and backslashes. Elements: the values of the objects in an object, as
/// `UserData` has them. Hex: a number as events write it.
const FUNCTIONS: &[(&str, &str)] = &[
    ("Leaves", "LET Leaves(x) = SELECT _value FROM items(item=x)"),
    (
        "Elements",
        "LET Elements(x) = SELECT * FROM foreach(
    row={ SELECT _value AS Element FROM items(item=x) },
    query={ SELECT _value FROM items(item=Element) })",
    ),
    ("Hex", "LET Hex(x) = if(condition=x != NULL, then=format(format='0x%x', args=x))"),
];

fn definition(text: &str) -> Option<Hoist> {
    let called =
        FUNCTIONS.iter().find(|(name, _)| text.strip_prefix(name).is_some_and(|rest| rest.starts_with('(')))?;
    Some(Hoist { name: called.0.into(), text: called.1.into() })
}

impl Operand {
    fn new(column: &Column, at: &At) -> Result<Operand, Gap> {
        let (text, member) = match &column.from {
            From::Path(parts) => {
                let parent = parts.split_last().filter(|(_, parent)| !parent.is_empty());
                let member = match parent {
                    Some((last, parent)) => Some((path(parent.iter().map(|part| &**part), at)?, last.clone())),
                    None => None,
                };
                (path(parts.iter().map(|part| &**part), at)?, member)
            }
            From::JsonText(json, parts) => {
                let parent = format!("parse_json(data={})", path([&**json], at)?);
                (format!("{parent}.{}", path(parts.iter().map(|part| &**part), at)?), None)
            }
            From::Native(text) => (text.to_string(), None),
            From::Joined(..) => {
                let message = format!("VQL has no text of several columns for {:?}", column.field.as_str());
                return Err(Gap::new(Code::E0602, at, message));
            }
        };
        let needs = definition(&text).filter(|_| matches!(column.from, From::Native(_)));
        Ok(Operand { text, kind: column.kind, multi: column.traits.multi, hex: column.traits.hex, member, needs })
    }

    /// The operand as text where its values may be Booleans, which `=~` never matches.
    pub(super) fn as_text(&self) -> String {
        if self.kind == Type::Bool { format!("str(str={})", self.text) } else { self.text.clone() }
    }

    /// Whether the values are single and of one known type, so that `=` sees what `=~` sees.
    fn is_plain(&self) -> bool {
        !self.multi && !matches!(self.kind, Type::Dynamic | Type::Untyped)
    }

    fn like(&self, any_of: &[(Pattern, At)], case: Case, at: &At) -> Result<Fragment, Gap> {
        let literals: Option<Vec<&str>> = any_of.iter().map(|(pattern, _)| pattern.as_literal()).collect();
        if let Some(texts) = literals
            && self.is_plain()
            && self.kind != Type::Bool
        {
            let numbers: Option<Vec<i64>> = texts.iter().map(|text| canonical_integer(text)).collect();
            match (numbers, texts.as_slice()) {
                (Some(numbers), _) if self.kind.is_number() => return Ok(self.one_of(&integers(&numbers))),
                (None, [""]) if self.kind == Type::String => return Ok(self.one_of(&["''".to_owned()])),
                (_, texts) if self.kind == Type::String && case == Case::Exact => {
                    return Ok(self.one_of(&texts.iter().map(|text| plain(text)).collect::<Vec<_>>()));
                }
                _ => {}
            }
        }
        match pattern::like(any_of.iter().map(|(pattern, _)| pattern), case, at)? {
            Found::Anything => Ok(self.anything()),
            Found::Regex(regex) => {
                let found = self.regex(&regex, any_of.iter().all(|(pattern, _)| never_null(pattern)));
                let words: Vec<&str> = ["true", "false"]
                    .into_iter()
                    .filter(|word| any_of.iter().any(|(pattern, _)| stands_for(pattern.segments(), word, case)))
                    .collect();
                if words.is_empty() || !matches!(self.kind, Type::Untyped | Type::Dynamic) {
                    return Ok(found);
                }
                // The value may be a Boolean, which `=~` never matches.
                let or = format!("{} OR str(str={}) =~ '''^(?:{})$'''", found.text, self.text, words.join("|"));
                Ok(Fragment::atom(or).binding(Binding::Or))
            }
        }
    }

    fn matches(&self, regex: &Regex, at: &At) -> Result<Fragment, Gap> {
        Ok(self.regex(&pattern::regex(regex, at)?, false))
    }

    /// `=~` with the expression. `str(str=NULL)` is the text `Null`: where that could match, the value is asked for.
    fn regex(&self, regex: &str, never_null: bool) -> Fragment {
        let found = format!("{} =~ {}", self.as_text(), raw(regex));
        if self.kind == Type::Bool && !never_null {
            Fragment::atom(format!("{} != NULL AND {found}", self.text)).binding(Binding::And)
        } else {
            Fragment::atom(found)
        }
    }

    /// Some value that is not null. An empty list holds none, and `=~` matches no Boolean.
    fn anything(&self) -> Fragment {
        if !self.multi && self.kind != Type::Dynamic {
            return Fragment::atom(format!("{} != NULL", self.text));
        }
        let text = &self.text;
        Fragment::atom(format!("{text} =~ '''(?s)^''' OR str(str={text}) =~ '''^(?:true|false)$'''"))
            .binding(Binding::Or)
    }

    fn equal(&self, any_of: &[(Number, At)]) -> Result<Fragment, Gap> {
        if self.is_plain() && self.kind.is_number() {
            let literal = |number| match number {
                Number::Int(value @ 10..) if self.hex => i64::try_from(value).ok().map(|value| format!("{value:#x}")),
                number => number_literal(number),
            };
            let numbers: Option<Vec<String>> = any_of.iter().map(|(number, _)| literal(*number)).collect();
            if let Some(numbers) = numbers {
                return Ok(self.one_of(&numbers));
            }
        }
        let texts: Vec<Pattern> = any_of.iter().map(|(number, _)| Pattern::literal(&number.to_string())).collect();
        let at = any_of.first().map(|(_, at)| at.clone()).unwrap_or_default();
        match pattern::like(texts.iter(), Case::Fold, &at)? {
            Found::Anything => Ok(self.anything()),
            Found::Regex(regex) => Ok(self.regex(&regex, true)),
        }
    }

    /// `x = a`, or `x IN (a, b)`: never a single value between parentheses, which would be searched as text.
    fn one_of(&self, values: &[String]) -> Fragment {
        match values {
            [value] => Fragment::atom(format!("{} = {value}", self.text)),
            values => {
                let open = format!("{} IN (", self.text);
                Fragment::atom(wrapped_list(&open, values, ")", open.chars().count()))
            }
        }
    }

    /// A comparison of numbers. Text and numbers compare as true both ways, so text must prove to be a number first.
    fn order(&self, op: Order, value: Number, at: &At) -> Result<Fragment, Gap> {
        let Some(number) = number_literal(value) else {
            return Err(Gap::new(Code::E0602, at, format!("VQL cannot compare with {value}: it has 64-bit integers")));
        };
        let (text, op) = (&self.text, op.symbol());
        match self.kind {
            kind if kind.is_number() && self.is_plain() => Ok(Fragment::atom(format!("{text} {op} {number}"))),
            Type::Bool | Type::Datetime => {
                Err(Gap::new(Code::E0602, at, format!("{text} is never a number, so it cannot be compared with one")))
            }
            _ if value.as_f64().abs() >= EXACT_FLOAT => Err(Gap::new(
                Code::E0602,
                at,
                format!("VQL compares the text of a number only below 2^53, not with {value}"),
            )),
            _ => Ok(Fragment::atom(format!(
                r"{text} =~ '''^-?[0-9]+(\.[0-9]+)?$''' AND parse_float(string=str(str={text})) {op} {number}"
            ))
            .binding(Binding::And)),
        }
    }

    /// `str` makes the same text of a Boolean and of its word; for NULL it gives a third. Several values are texts, of which
    /// `=~` asks each.
    fn is(&self, value: bool) -> Fragment {
        let text =
            if self.multi || self.kind == Type::String { self.text.clone() } else { format!("str(str={})", self.text) };
        Fragment::atom(format!("{text} =~ '''^{value}$'''"))
    }

    fn within(&self, ranges: &[(IpNet, At)]) -> Fragment {
        address::fragment(&self.text, ranges.iter().map(|(range, _)| range))
    }

    /// Presence of the name, whatever the value: asked of the object that would hold it.
    fn exists(&self, at: &At) -> Result<Fragment, Gap> {
        if let Some((parent, name)) = &self.member {
            return Ok(Fragment::atom(format!("{} IN {parent}", plain(name))));
        }
        let mut note = Diagnostic::new(
            Code::W0702,
            format!("VQL cannot tell a null {} from a missing one: both count as missing", self.text),
        );
        note.span = Some(at.span);
        let mut fragment = Fragment::atom(format!("{} != NULL", self.text)).note(note);
        fragment.fidelity = crate::ir::Fidelity::Narrower;
        Ok(fragment)
    }
}

/// Whether the pattern matches the word.
fn stands_for(segments: &[Segment], word: &str, case: Case) -> bool {
    let Some((first, rest)) = segments.split_first() else { return word.is_empty() };
    let mut chars = word.chars();
    match first {
        Segment::Any => (0..=word.len()).filter_map(|n| word.get(n..)).any(|word| stands_for(rest, word, case)),
        Segment::One => chars.next().is_some() && stands_for(rest, chars.as_str(), case),
        Segment::OneOf(set) => chars.next().is_some_and(|c| set.contains(&c)) && stands_for(rest, chars.as_str(), case),
        Segment::Literal(text) => word.split_at_checked(text.len()).is_some_and(|(start, word)| {
            let same = if case == Case::Fold { start.eq_ignore_ascii_case(text) } else { start == &**text };
            same && stands_for(rest, word, case)
        }),
    }
}

/// Whether the pattern cannot match the text `Null`, which `str` gives for a missing value.
fn never_null(pattern: &Pattern) -> bool {
    pattern.as_literal().is_some_and(|text| !text.eq_ignore_ascii_case("null"))
}

/// The integer that the text is the canonical text of.
fn canonical_integer(text: &str) -> Option<i64> {
    text.parse::<i64>().ok().filter(|number| number.to_string() == text)
}

fn integers(numbers: &[i64]) -> Vec<String> {
    numbers.iter().map(i64::to_string).collect()
}

/// The number as VQL writes it; none where its integers are too small for it.
pub(super) fn number_literal(number: Number) -> Option<String> {
    match number {
        Number::Int(value) => i64::try_from(value).ok().map(|value| value.to_string()),
        Number::Float(value) => Some(format!("{value}")),
    }
}

/// Whether the check reads the text of a value, or takes it for a number.
fn asks_for_text(check: &Check<Column>) -> bool {
    match check {
        Check::Like { any_of, .. } => any_of.iter().any(|(pattern, _)| pattern.shape() != Shape::Everything),
        Check::Matches(_) | Check::SameAs { .. } | Check::Equal { .. } | Check::Is(_) | Check::Within(_) => true,
        Check::Order { .. } | Check::TimeOf { .. } | Check::Null | Check::Exists => false,
    }
}
