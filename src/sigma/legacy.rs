//! Legacy aggregations, `condition: selection | count() by User > 5`: recognised only to be refused with the
//! correlation that says the same (SEMANTICS 1.5).

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, digit1, multispace0, multispace1};
use nom::combinator::{opt, recognize};
use nom::multi::separated_list1;
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use super::Meta;
use super::context::listing;
use crate::diag::{Code, Diagnostic};
use crate::source::Span;
use crate::yaml::Node;

/// What a rule says around its aggregation.
pub(super) struct Surroundings<'a> {
    pub(super) meta: &'a Meta,
    pub(super) timeframe: Option<&'a Node>,
    pub(super) names: &'a [&'a str],
}

/// `count(field) by a, b > 5`
struct Aggregation<'a> {
    function: &'a str,
    field: &'a str,
    by: Vec<&'a str>,
    operator: &'a str,
    number: &'a str,
}

/// The finding for a condition with a pipe at `pipe`, which stands at `place` of the file.
pub(super) fn refuse(text: &str, pipe: usize, place: Span, around: &Surroundings<'_>) -> Diagnostic {
    let before = text.get(..pipe).unwrap_or("").trim();
    let behind = text.get(pipe + 1..).unwrap_or("").trim();
    let diagnostic = Diagnostic::new(Code::E0307, "aggregation in a condition").at(place).label("not part of Sigma 2");
    if let Ok((rest, aggregation)) = aggregation(behind)
        && rest.trim().is_empty()
    {
        let Some(yaml) = correlation(&aggregation, around) else {
            let function = aggregation.function;
            return diagnostic
                .help(format!("correlations have no `{function}`; write it in the target's own language"));
        };
        let what = "leave `timeframe` out, and put a correlation beside the rule";
        let diagnostic = diagnostic.help(format!("write `condition: {before}`, {what}:\n{}", yaml.trim_end()));
        return if aggregation.operator.starts_with('<') {
            let help =
                "a correlation is looked at when an event happens: an upper bound holds at the first one already";
            diagnostic.help(help)
        } else {
            diagnostic
        };
    }
    if let Ok((rest, near)) = near(behind)
        && rest.trim().is_empty()
    {
        return diagnostic.help(temporal(before, &near, around));
    }
    diagnostic
        .help("events are counted and related by correlation rules: https://sigmahq.io/docs/meta/correlations.html")
}

fn word(input: &str) -> IResult<&str, &str> {
    take_while1(|c: char| !c.is_whitespace() && !matches!(c, '(' | ')' | ',' | '<' | '>' | '='))(input)
}

fn aggregation(input: &str) -> IResult<&str, Aggregation<'_>> {
    let (input, function) = alt((tag("count"), tag("min"), tag("max"), tag("avg"), tag("sum"))).parse(input)?;
    let inside = take_while(|c: char| c != ')');
    let (input, field) = preceded(multispace0, delimited(char('('), inside, char(')'))).parse(input)?;
    let comma = delimited(multispace0, char(','), multispace0);
    let by = preceded((multispace0, tag("by"), multispace1), separated_list1(comma, word));
    let (input, by) = opt(by).parse(input)?;
    let operators = alt((tag(">="), tag("<="), tag("=="), tag(">"), tag("<"), tag("=")));
    let (input, operator) = preceded(multispace0, operators).parse(input)?;
    let number = recognize((digit1, opt((char('.'), digit1))));
    let (input, number) = preceded(multispace0, number).parse(input)?;
    Ok((input, Aggregation { function, field: field.trim(), by: by.unwrap_or_default(), operator, number }))
}

/// `near a and not b`: the selections, and whether each is negated.
fn near(input: &str) -> IResult<&str, Vec<(bool, &str)>> {
    let negation = opt((tag("not"), multispace1)).map(|not| not.is_some());
    let and = (multispace1, tag("and"), multispace1);
    preceded((tag("near"), multispace1), separated_list1(and, (negation, word))).parse(input)
}

/// The correlation, as YAML; none for what correlations cannot compute.
fn correlation(aggregation: &Aggregation<'_>, around: &Surroundings<'_>) -> Option<String> {
    let kind = match (aggregation.function, aggregation.field) {
        ("count", "" | "*") => "event_count",
        ("count", _) => "value_count",
        ("sum", _) => "value_sum",
        ("avg", _) => "value_avg",
        _ => return None,
    };
    let bound = match aggregation.operator {
        ">" => "gt",
        ">=" => "gte",
        "<" => "lt",
        "<=" => "lte",
        _ => "eq",
    };
    let mut yaml = head(around, kind);
    yaml.push_str(&format!("    rules:\n        - {}\n", reference(around)));
    if !aggregation.by.is_empty() {
        yaml.push_str("    group-by:\n");
        aggregation.by.iter().for_each(|field| yaml.push_str(&format!("        - {}\n", scalar(field))));
    }
    yaml.push_str(&timespan(around));
    yaml.push_str(&format!("    condition:\n        {bound}: {}\n", aggregation.number));
    if kind != "event_count" {
        yaml.push_str(&format!("        field: {}\n", scalar(aggregation.field)));
    }
    yaml.push_str(&tail(around));
    Some(yaml)
}

/// For `near`: each selection becomes a rule of its own, and a correlation relates them.
fn temporal(before: &str, near: &[(bool, &str)], around: &Surroundings<'_>) -> String {
    let mut rules: Vec<&str> = vec![if around.names.contains(&before) { before } else { "base_rule" }];
    rules.extend(near.iter().map(|(_, name)| *name).filter(|name| *name != before));
    let mut yaml = head(around, "temporal");
    yaml.push_str("    rules:\n");
    rules.iter().for_each(|name| yaml.push_str(&format!("        - {}\n", scalar(name))));
    yaml.push_str(&timespan(around));
    if near.iter().any(|(not, _)| *not) {
        let terms = near.iter().map(|(not, name)| if *not { format!("not {name}") } else { (*name).to_owned() });
        let terms: Vec<String> = rules.first().map(|rule| (*rule).to_owned()).into_iter().chain(terms).collect();
        yaml.push_str(&format!("    condition: {}\n", terms.join(" and ")));
    }
    yaml.push_str(&tail(around));
    let names = listing(&rules, "and");
    let base =
        if rules.contains(&before) { String::new() } else { format!(" (`base_rule` with `condition: {before}`)") };
    format!(
        "make {names} rules of their own{base}, each with a `name`, and relate them by a correlation:\n{}",
        yaml.trim_end()
    )
}

fn head(around: &Surroundings<'_>, kind: &str) -> String {
    let title = if around.meta.title.is_empty() { "Aggregation" } else { &around.meta.title };
    format!("title: {}\ncorrelation:\n    type: {kind}\n", scalar(&format!("{title} - Correlation")))
}

fn tail(around: &Surroundings<'_>) -> String {
    around.meta.level.map_or(String::new(), |level| format!("level: {}\n", level.as_str()))
}

fn reference(around: &Surroundings<'_>) -> String {
    let meta = around.meta;
    let known = meta.name.as_ref().or(meta.id.as_ref()).map(|text| &text.value);
    known.map_or_else(|| "base_rule    # the rule's `name`; give it one".to_owned(), |name| scalar(name))
}

fn timespan(around: &Surroundings<'_>) -> String {
    let written = around.timeframe.and_then(Node::as_scalar).map(|scalar| scalar.text.trim());
    match written {
        Some(text) if text.strip_suffix('M').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit())) => {
            format!("    timespan: 30d    # for `{text}`; the longest unit is the week\n")
        }
        Some(text) if !text.is_empty() => format!("    timespan: {}\n", scalar(text)),
        _ => "    timespan: 1h    # the rule names no timeframe; choose one\n".to_owned(),
    }
}

/// A text as a YAML scalar, in quotes where it needs them.
fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_alphabetic())
        && text.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '/'))
        && !text.ends_with(' ');
    let time = text.ends_with(|c: char| c.is_ascii_lowercase())
        && text.len() > 1
        && text.bytes().rev().skip(1).all(|b| b.is_ascii_digit());
    if plain || time || text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "''").replace(['\n', '\r'], " "))
    }
}
