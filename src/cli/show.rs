//! `sigmaglot show`: what a rule looks for, by stages and indicators.

use std::fmt::Write;

use serde::Serialize;

use super::args::Show;
use super::indicators::{Indicator, indicators};
use super::load::{self, Loaded, Unit};
use super::report::Reporter;
use super::terminal::{Terminal, clean};
use super::{Status, Stop, placeholders};
use crate::compile::prepare;
use crate::diag::Diagnostics;
use crate::ir;
use crate::ir::{Bound, LogSource};
use crate::link::LinkedKind;
use crate::sigma::{CorrelationCondition, Detection, Meta};
use crate::source::{Sources, Span};

/// A rule in JSON output; keys may be added.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    path: &'a str,
    document: usize,
    id: Option<&'a str>,
    title: &'a str,
    level: Option<&'static str>,
    status: Option<&'static str>,
    author: Option<&'a str>,
    description: Option<&'a str>,
    logsource: Option<Source<'a>>,
    stages: Vec<Stage>,
    indicators: Vec<Indicator>,
}

#[derive(Debug, Serialize)]
struct Source<'a> {
    product: Option<&'a str>,
    category: Option<&'a str>,
    service: Option<&'a str>,
}

/// A condition, or a selection, as written.
#[derive(Debug, Serialize)]
struct Stage {
    name: String,
    text: String,
}

/// Shows every rule.
pub(crate) fn run(args: &Show, terminal: &mut Terminal) -> Result<Status, Stop> {
    let options = placeholders::read(&args.values)?;
    let loaded = load::load(&args.rules.paths, &args.rules.choice)?;
    let mut reporter = Reporter::new(10);
    let mut status = if loaded.unreadable { Status::Unusable } else { Status::Well };
    let mut first = true;
    for unit in &loaded.units {
        let mut findings = Diagnostics(unit.findings.clone());
        let text = match (unit.rule, args.ir) {
            (None, _) => None,
            (Some(index), true) => prepare(&loaded.collection, index, &options, &mut findings)
                .map(|plan| heading(unit) + &ir::show_plan(&plan)),
            (Some(index), false) => shown(&loaded, unit, index).map(|shown| match args.json {
                true => serde_json::to_string(&shown).unwrap_or_default(),
                false => human(&shown),
            }),
        };
        for finding in &findings.0 {
            if let Some(text) =
                reporter.report(finding, &loaded.sources, Some(&unit.path), terminal, terminal.color_err)
            {
                terminal.message(&text);
            }
        }
        if findings.has_errors() {
            status = status.max(Status::Findings);
        }
        if let Some(text) = text {
            if !first && !args.json {
                terminal.line("")?;
            }
            first = false;
            terminal.line(text.trim_end())?;
        }
    }
    terminal.flush()?;
    for finding in &loaded.loose {
        if let Some(text) = reporter.report(finding, &loaded.sources, None, terminal, terminal.color_err) {
            terminal.message(&text);
        }
    }
    reporter.rest(terminal.color_err).iter().for_each(|line| terminal.message(line));
    Ok(status)
}

fn heading(unit: &Unit) -> String {
    let title = unit.title.as_deref().unwrap_or("(no title)");
    format!("{}\n", clean(title))
}

fn shown<'a>(loaded: &'a Loaded, unit: &'a Unit, index: usize) -> Option<Shown<'a>> {
    let linked = loaded.collection.rules.get(index)?;
    let meta: &Meta = linked.meta();
    let sources = &loaded.sources;
    let mut stages = Vec::new();
    let (logsource, found) = match &linked.kind {
        LinkedKind::Rule { rule, filters } => {
            detection(&rule.detection, "", sources, &mut stages);
            for filter in filters {
                detection(&filter.detection, &format!("filter {}: ", filter.meta.title), sources, &mut stages);
            }
            (Some(&rule.logsource), indicators(rule, filters))
        }
        LinkedKind::Correlation { correlation, .. } => {
            let text = |span: Span| written(sources, span);
            stages.push(Stage { name: "type".to_owned(), text: text(correlation.kind.span) });
            let rules: Vec<&str> = correlation.rules.iter().map(|rule| &*rule.value).collect();
            stages.push(Stage { name: "rules".to_owned(), text: rules.join("\n") });
            let by: Vec<&str> = correlation.group_by.iter().map(|field| field.value.as_str()).collect();
            if !by.is_empty() {
                stages.push(Stage { name: "group-by".to_owned(), text: by.join("\n") });
            }
            stages.push(Stage { name: "timespan".to_owned(), text: text(correlation.timespan.span) });
            let condition = match &correlation.condition {
                CorrelationCondition::Default => None,
                CorrelationCondition::Rules(condition) => Some(text(condition.span)),
                CorrelationCondition::Bounds { bounds, fields, percentile } => {
                    let bounds = bounds.iter().map(|(bound, number)| format!("{}: {number}", word(*bound)));
                    let fields = fields.iter().map(|field| format!("field: {field}"));
                    let percentile = percentile.iter().map(|number| format!("percentile: {number}"));
                    Some(bounds.chain(fields).chain(percentile).collect::<Vec<_>>().join("\n"))
                }
            };
            stages.extend(condition.map(|text| Stage { name: "condition".to_owned(), text }));
            (None, Vec::new())
        }
    };
    Some(Shown {
        path: &unit.path,
        document: unit.document,
        id: unit.id.as_deref(),
        title: &meta.title,
        level: meta.level.map(|level| level.as_str()),
        status: meta.status.map(|status| status.as_str()),
        author: meta.author.as_deref(),
        description: meta.description.as_deref(),
        logsource: logsource.map(|source: &LogSource| Source {
            product: source.product.as_deref(),
            category: source.category.as_deref(),
            service: source.service.as_deref(),
        }),
        stages,
        indicators: found,
    })
}

fn detection(detection: &Detection, prefix: &str, sources: &Sources, stages: &mut Vec<Stage>) {
    for condition in &detection.conditions {
        let text = sources.slice(condition.span).trim().to_owned();
        stages.push(Stage { name: format!("{prefix}condition"), text });
    }
    for selection in &detection.selections {
        let text = block(sources, selection.name.span);
        stages.push(Stage { name: format!("{prefix}{}", selection.name.value), text });
    }
}

/// The bound as a rule writes it.
fn word(bound: Bound) -> &'static str {
    match bound {
        Bound::Gt => "gt",
        Bound::Gte => "gte",
        Bound::Lt => "lt",
        Bound::Lte => "lte",
        Bound::Eq => "eq",
        Bound::Neq => "neq",
    }
}

/// The text of a place.
fn written(sources: &Sources, span: Span) -> String {
    sources.slice(span).trim().to_owned()
}

/// The lines of the block that a key opens: its own, and those below that are indented deeper (or list items as deep),
/// with the key's indentation taken off. The key alone where the block is written in braces.
fn block(sources: &Sources, key: Span) -> String {
    let text = sources.get(key.source).map(|source| &*source.text).unwrap_or_default();
    let start = text.get(..key.start as usize).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let depth = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let mut lines = text.get(start..).unwrap_or_default().lines();
    let Some(first) = lines.next() else { return String::new() };
    let own = depth(first);
    let mut out = first.get(own..).unwrap_or_default().to_owned();
    for line in lines {
        let inside =
            line.trim().is_empty() || depth(line) > own || (depth(line) == own && line.trim_start().starts_with("- "));
        if !inside {
            break;
        }
        out.push('\n');
        out.push_str(line.get(own..).unwrap_or_default());
    }
    out.trim_end().to_owned()
}

fn human(shown: &Shown<'_>) -> String {
    let mut out = String::new();
    let mut put = |text: &str| {
        out.push_str(&clean(text));
        out.push('\n');
    };
    put(shown.title);
    let about = [shown.level, shown.status].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let source = shown.logsource.as_ref().map(|source| {
        [source.product, source.category, source.service].into_iter().flatten().collect::<Vec<_>>().join(" / ")
    });
    let facts = [
        ("id", shown.id),
        ("level", Some(&*about).filter(|about| !about.is_empty())),
        ("source", source.as_deref()),
        ("author", shown.author),
        ("path", Some(shown.path)),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            put(&format!("  {name:8}{value}"));
        }
    }
    for (n, stage) in shown.stages.iter().enumerate() {
        put(&format!("\nStage {n}: {}", stage.name));
        stage.text.lines().for_each(|line| put(&format!("  {line}")));
    }
    let kinds = [(false, "Looks for"), (true, "Unless")];
    for (excluded, title) in kinds {
        let rows: Vec<&Indicator> = shown.indicators.iter().filter(|row| row.excluded == excluded).collect();
        if rows.is_empty() {
            continue;
        }
        put(&format!("\n{title}"));
        let field = rows.iter().map(|row| row.field.as_deref().unwrap_or("(any)").chars().count()).max().unwrap_or(0);
        // A name longer than a line needs no column of its own, and formatting takes no widths beyond 65,535.
        let field = field.min(60);
        let kind = rows.iter().map(|row| row.kind.len()).max().unwrap_or(0);
        for row in rows {
            let mut name = row.field.as_deref().unwrap_or("(any)");
            let mut how = &*row.kind;
            for value in &row.values {
                let mut line = String::new();
                let _ = write!(line, "  {name:field$}  {how:kind$}  {value}");
                put(&line);
                (name, how) = ("", "");
            }
        }
    }
    out
}
