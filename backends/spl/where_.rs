//! The `where` dialect: expressions over fields, for all that `search` cannot say. Text comparison keeps case, a
//! missing field makes a comparison null, regular expressions are PCRE. Every test here is written so that it is
//! never null: `mvfind` tells a position or null, which `isnotnull` makes two-valued, and anything else goes through
//! `if(..,1,0)=1` (Splunk Search Reference, "Multivalue eval functions", "Comparison and conditional functions").

use super::literal::{quoted_regex, where_field};
use super::pattern;
use super::raw::Raw;
use super::stored;
use crate::diag::Code;
use crate::ir::regex::{Flags, Regex};
use crate::ir::{At, Case, Check, Cmp, Number, Order, Part, Shape, Test, TimePart};
use crate::render::{Binding, Dialect, Fragment, Gap, Negation, Spelling};
use crate::schema::{Column, From, Type};

/// A filter later in the pipe.
#[derive(Debug)]
pub(super) struct Where {
    /// How the raw text of the events spells values, for keywords.
    pub(super) raw: Raw,
}

const SPELLING: Spelling = Spelling {
    and: "AND",
    or: "OR",
    not: Negation::Prefix("NOT"),
    constants: ("true()", "false()"),
    total: "if({},1,0)=1",
    total_binding: Binding::Atom,
};

/// A plain decimal, the only text that stands for a number (SEMANTICS section 6, row 26).
const DECIMAL: &str = r"^-?[0-9]+(?:\.[0-9]+)?\z";

impl Dialect for Where {
    fn name(&self) -> &'static str {
        "where"
    }

    fn spelling(&self) -> &Spelling {
        &SPELLING
    }

    fn test(&self, test: &Test<Column>) -> Result<Fragment, Gap> {
        if super::is_raw(&test.on) { self.raw.test(test) } else { field_test(test) }
    }
}

/// The test of one field.
fn field_test(test: &Test<Column>) -> Result<Fragment, Gap> {
    let other = match &test.check {
        Check::SameAs { other, .. } => stored::reads_alike(&test.check, other.traits),
        _ => true,
    };
    let alike = other && stored::reads_alike(&test.check, test.on.traits);
    let said = |column: &Column| {
        let value = operand(column, &test.at)?;
        Ok(if alike { value } else { stored::read(&value, column.traits) })
    };
    let value = said(&test.on)?;
    match &test.check {
        Check::Like { any_of, case } => {
            if any_of.iter().any(|(pattern, _)| pattern.shape() == Shape::Everything) {
                return Ok(Fragment::atom(format!("isnotnull({value})")));
            }
            if let [(only, _)] = any_of.as_slice()
                && only.shape() == Shape::Equals("")
            {
                return Ok(total(&format!("{value}==\"\"")));
            }
            let patterns = any_of.iter().map(|(pattern, _)| pattern);
            let regex = pattern::regex(patterns, *case);
            Ok(found(&value, &print(&regex, &test.at)?))
        }
        Check::Equal { any_of } => {
            let texts: Vec<_> =
                any_of.iter().map(|(number, _)| crate::ir::Pattern::literal(&number.to_string())).collect();
            Ok(found(&value, &print(&pattern::regex(texts.iter(), Case::Exact), &test.at)?))
        }
        Check::Order { op, value: number } => Ok(order(&value, test.on.kind, *op, *number)),
        Check::Matches(regex) => Ok(found(&value, &print(regex, &test.at)?)),
        Check::Is(truth) => Ok(found(&value, &format!("(?i)^{truth}\\z"))),
        Check::Within(networks) => {
            let tests: Vec<String> =
                networks.iter().map(|(network, _)| format!("if(cidrmatch(\"{network}\",{value}),1,0)=1")).collect();
            Ok(any(&tests))
        }
        Check::Null => Ok(Fragment::atom(format!("isnull({value})"))),
        Check::Exists => Ok(Fragment::atom(format!("isnotnull({value})"))),
        Check::SameAs { other, part, case } => {
            let other = said(other)?;
            same_as(&value, &other, *part, *case).ok_or_else(|| {
                Gap::new(Code::E0602, &test.at, "SPL cannot look for one field's text inside another's")
                    .help("compare whole values, their starts or their ends instead")
            })
        }
        Check::TimeOf { part, op, value: number } => {
            time_of(&value, test.on.kind, *part, *op, *number).ok_or_else(|| {
                Gap::new(Code::E0602, &test.at, "SPL takes times apart in the time zone of whoever searches")
                    .help("only minute and hour of the event's own time can be tested in UTC")
            })
        }
    }
}

/// A column as an operand.
fn operand(column: &Column, at: &At) -> Result<String, Gap> {
    let field = |name: &str| {
        where_field(name).ok_or_else(|| {
            Gap::new(Code::E0602, at, format!("SPL has no safe spelling for the field name `{name}`"))
                .help("field names cannot hold quotation marks, backslashes, backquotes or dollar signs")
        })
    };
    match &column.from {
        From::Path(path) => field(&path.join(".")),
        From::Native(text) => Ok(text.to_string()),
        From::JsonText(name, path) => {
            let path = path.join(".");
            where_field(&path)
                .ok_or_else(|| Gap::new(Code::E0602, at, "SPL has no spelling for the path into the JSON text"))?;
            Ok(format!("spath({},\"{path}\")", field(name)?))
        }
        From::Joined(names, separator) => {
            let fields = names.iter().map(|name| field(name)).collect::<Result<Vec<_>, _>>()?;
            let missing: Vec<String> = fields.iter().map(|name| format!("isnull({name})")).collect();
            let parts: Vec<String> = fields.iter().map(|name| format!("coalesce({name},\"\")")).collect();
            let glue = format!(".{}.", super::literal::quoted(separator));
            Ok(format!("if({},null(),{})", missing.join(" AND "), parts.join(&glue)))
        }
    }
}

/// `isnotnull(mvfind(..))`: some value matches; false where there is none.
pub(super) fn found(value: &str, regex: &str) -> Fragment {
    Fragment::atom(format!("isnotnull(mvfind({value},{}))", quoted_regex(regex)))
}

/// `if(..,1,0)=1`: the condition, false instead of null.
fn total(condition: &str) -> Fragment {
    Fragment::atom(SPELLING.total.replace("{}", condition))
}

/// The disjunction of tests.
fn any(tests: &[String]) -> Fragment {
    let binding = if tests.len() > 1 { Binding::Or } else { Binding::Atom };
    Fragment::atom(tests.join(" OR ")).binding(binding)
}

/// A number in order to another: `tonumber` alone would also read `1e3`, ` 5` and the like.
fn order(value: &str, kind: Type, op: Order, number: Number) -> Fragment {
    let comparison = format!("tonumber({value}){}{number}", op.symbol());
    if kind.is_number() {
        return total(&comparison);
    }
    total(&format!("match({value},{}) AND {comparison}", quoted_regex(DECIMAL)))
}

/// One field's text compared with another's; none where SPL has no way.
fn same_as(value: &str, other: &str, part: Part, case: Case) -> Option<Fragment> {
    let folded = |operand: &str| match case {
        Case::Fold => format!("lower({operand})"),
        Case::Exact => operand.to_owned(),
    };
    let (left, right) = (folded(value), folded(other));
    let condition = match part {
        Part::Whole => format!("{left}=={right}"),
        Part::Start => format!("substr({left},1,len({other}))=={right}"),
        Part::End => format!(
            "len({value})>=len({other}) AND (len({other})==0 OR substr({left},len({value})-len({other})+1)=={right})"
        ),
        Part::Within => return None,
    };
    Some(total(&format!("isnotnull({value}) AND isnotnull({other}) AND {condition}")))
}

/// Minute and hour of a time in seconds since 1970, in UTC whatever the user's time zone.
fn time_of(value: &str, kind: Type, part: TimePart, op: Cmp, number: i64) -> Option<Fragment> {
    if kind != Type::Datetime {
        return None;
    }
    let number_of = match part {
        TimePart::Minute => format!("floor({value}/60)%60"),
        TimePart::Hour => format!("floor({value}/3600)%24"),
        TimePart::Day | TimePart::Week | TimePart::Month | TimePart::Year => return None,
    };
    let symbol = match op {
        Cmp::Eq => "==",
        Cmp::Order(order) => order.symbol(),
    };
    Some(total(&format!("{number_of}{symbol}{number}")))
}

/// The text of a regular expression with its flags in front.
pub(super) fn print(regex: &Regex, at: &At) -> Result<String, Gap> {
    let Flags { ignore_case, multi_line, dot_all } = regex.flags;
    let body = regex
        .print(pattern::style())
        .map_err(|construct| Gap::new(Code::E0603, at, format!("PCRE has no spelling for {}", construct.0)))?;
    let flags: String =
        [(ignore_case, 'i'), (multi_line, 'm'), (dot_all, 's')].iter().filter(|(on, _)| *on).map(|(_, c)| *c).collect();
    Ok(if flags.is_empty() { body } else { format!("(?{flags}){body}") })
}
