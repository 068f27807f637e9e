//! The algebra as text for people: one line a test (`show --ir`).

use std::fmt::{self, Display, Write as _};

use super::{Case, Check, Cmp, Expr, Matching, Part, Pattern, Plan, Segment, Shape, Subject, Test, TimePart};

/// The name of the field, or `any value`.
impl Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Field(name) => name.fmt(f),
            Subject::AnyText => f.write_str("any value"),
        }
    }
}

/// An expression, a test a line, connectives above what they join, ended by a line break.
///
/// ```text
/// all
///   Image endswith "\node.exe"
///   not CommandLine contains "a" or "b"
/// ```
pub fn show<F: Display>(expr: &Expr<F>) -> String {
    let mut out = String::new();
    part(expr, 0, "", &mut out);
    out
}

/// A plan: the log source and the expression, or the correlation above its sources.
pub fn show_plan(plan: &Plan<Matching>) -> String {
    let correlation = match plan {
        Plan::Select(matching) => return format!("{}\n{}", matching.logsource, show(&matching.expr)),
        Plan::Correlate(correlation) => correlation,
    };
    let mut out = format!("correlation within {} s: {:?}\n", correlation.window, correlation.fires);
    for (name, fields) in &correlation.by {
        let fields: Vec<&str> = fields.iter().map(super::FieldName::as_str).collect();
        // A `String` takes everything that is written to it.
        let _ = writeln!(out, "by {name}: {}", fields.join(", "));
    }
    for (name, source) in &correlation.sources {
        let _ = writeln!(out, "source {name}");
        for line in show_plan(source).lines() {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

fn part<F: Display>(expr: &Expr<F>, depth: usize, prefix: &str, out: &mut String) {
    let (word, parts) = match expr {
        Expr::Not(inner) => return part(inner, depth, &format!("{prefix}not "), out),
        Expr::Const(value) => (if *value { "always" } else { "never" }, None),
        Expr::All(parts) => ("all", Some(parts)),
        Expr::Any(parts) => ("any", Some(parts)),
        Expr::Test(test) => {
            indent(depth, prefix, out);
            self::test(test, out);
            out.push('\n');
            return;
        }
    };
    indent(depth, prefix, out);
    out.push_str(word);
    out.push('\n');
    for inner in parts.into_iter().flatten() {
        part(inner, depth + 1, "", out);
    }
}

fn indent(depth: usize, prefix: &str, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", depth));
    out.push_str(prefix);
}

fn test<F: Display>(test: &Test<F>, out: &mut String) {
    let _ = write!(out, "{} ", test.on);
    let _ = match &test.check {
        Check::Like { any_of, case } => {
            like(any_of.iter().map(|(pattern, _)| pattern), *case, out);
            Ok(())
        }
        Check::Equal { any_of } => write!(out, "= {}", listed(any_of.iter().map(|(number, _)| number.to_string()))),
        Check::Order { op, value } => write!(out, "{} {value}", op.symbol()),
        Check::Matches(regex) => {
            let flags: String =
                [('i', regex.flags.ignore_case), ('m', regex.flags.multi_line), ('s', regex.flags.dot_all)]
                    .iter()
                    .filter_map(|(letter, set)| set.then_some(*letter))
                    .collect();
            let text = regex.print(&super::regex::print::PLAIN).unwrap_or_default();
            write!(out, "matches /{text}/{flags}")
        }
        Check::Is(value) => write!(out, "is {value}"),
        Check::Within(networks) => write!(out, "within {}", listed(networks.iter().map(|(net, _)| net.to_string()))),
        Check::Null => write!(out, "is null"),
        Check::Exists => write!(out, "exists"),
        Check::SameAs { other, part, case } => {
            let word = match part {
                Part::Whole => "=",
                Part::Start => "startswith",
                Part::End => "endswith",
                Part::Within => "contains",
            };
            write!(out, "{word}{} field {other}", cased(*case))
        }
        Check::TimeOf { part, op, value } => {
            let part = match part {
                TimePart::Minute => "minute",
                TimePart::Hour => "hour",
                TimePart::Day => "day",
                TimePart::Week => "week",
                TimePart::Month => "month",
                TimePart::Year => "year",
            };
            let op = match op {
                Cmp::Eq => "=",
                Cmp::Order(order) => order.symbol(),
            };
            write!(out, "{part} {op} {value}")
        }
    };
}

/// `endswith "\a.exe" or "\b.exe"`; lists of several shapes are written with their wildcards: `like "a" or "*b"`.
fn like<'a>(patterns: impl Iterator<Item = &'a Pattern> + Clone, case: Case, out: &mut String) {
    fn word(pattern: &Pattern) -> &'static str {
        match pattern.shape() {
            Shape::Equals(_) => "=",
            Shape::StartsWith(_) => "startswith",
            Shape::EndsWith(_) => "endswith",
            Shape::Contains(_) => "contains",
            Shape::Everything | Shape::General => "like",
        }
    }
    let mut words = patterns.clone().map(word);
    let first = words.next().unwrap_or("like");
    let word = if words.all(|word| word == first) { first } else { "like" };
    let _ = write!(out, "{word}{} ", cased(case));
    out.push_str(&listed(patterns.map(|pattern| match pattern.shape() {
        Shape::Equals(text) | Shape::StartsWith(text) | Shape::EndsWith(text) | Shape::Contains(text)
            if word != "like" =>
        {
            quoted(text)
        }
        _ => quoted(&with_dashes(pattern)),
    })));
}

/// The Sigma string, with a choice of dashes as `[-/–—―]`.
fn with_dashes(pattern: &Pattern) -> String {
    let segments = pattern.segments();
    let is_choice = |segment: &Segment| matches!(segment, Segment::OneOf(_));
    let texts = segments.split_inclusive(is_choice).map(|run| match run.split_last() {
        Some((Segment::OneOf(chars), before)) => {
            let choice: String = chars.iter().collect();
            format!("{}[{choice}]", Pattern::new(before.iter().cloned()).to_sigma())
        }
        _ => Pattern::new(run.iter().cloned()).to_sigma(),
    });
    texts.collect()
}

fn cased(case: Case) -> &'static str {
    match case {
        Case::Fold => "",
        Case::Exact => " cased",
    }
}

fn listed(values: impl Iterator<Item = String>) -> String {
    values.collect::<Vec<_>>().join(" or ")
}

/// In quotes, on one line: only what would break the line is escaped.
fn quoted(text: &str) -> String {
    let escaped: String =
        text.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect();
    format!("\"{escaped}\"")
}
