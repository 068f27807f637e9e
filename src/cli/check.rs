//! `sigmaglot check`: everything there is to find in rules without a target.

use std::path::Path;

use super::args::Check;
use super::load::{self, Loaded, each};
use super::report::{Reporter, count, finding};
use super::terminal::Terminal;
use super::{Status, Stop, fix, placeholders, sarif};
use crate::diag::{Diagnostic, Diagnostics, Severity};
use crate::{logic, lower};

/// Reports all findings; applies safe edits first where asked to.
pub(crate) fn run(args: &Check, terminal: &mut Terminal) -> Result<Status, Stop> {
    if args.fix && args.rules.paths.iter().any(|path| path.as_os_str() == "-") {
        return Err(Stop::Usage("--fix changes files: standard input is none".to_owned()));
    }
    let options = placeholders::read(&args.values)?;
    let mut loaded = load::load(&args.rules.paths, &args.rules.choice)?;
    let mut findings = analyse(&loaded, &options);
    if args.fix {
        // What overlaps is mended in the next round.
        for _ in 0..8 {
            if !fix::apply(&findings, &loaded.sources, terminal)? {
                break;
            }
            loaded = load::load(&args.rules.paths, &args.rules.choice)?;
            findings = analyse(&loaded, &options);
        }
    }
    if args.strict {
        let warnings = findings.iter_mut().filter(|finding| finding.severity == Severity::Warning);
        warnings.for_each(|finding| finding.severity = Severity::Error);
    }
    let to_stdout = args.sarif.as_deref() == Some(Path::new("-"));
    let mut reporter = Reporter::new(usize::MAX);
    for diagnostic in &findings {
        let text = reporter.report(diagnostic, &loaded.sources, None, terminal, terminal.color_out);
        if args.json {
            terminal.json(&finding(diagnostic, &loaded.sources, None))?;
        } else if let (Some(text), false) = (text, to_stdout) {
            terminal.line(&text)?;
        }
    }
    if !args.json && !to_stdout {
        for text in reporter.rest(terminal.color_out) {
            terminal.line(&text)?;
        }
    }
    if let Some(file) = &args.sarif {
        let log = sarif::log(&findings, &loaded.sources);
        if to_stdout {
            terminal.json(&log)?;
        } else {
            std::fs::write(file, format!("{log:#}\n"))?;
        }
    }
    let rules = loaded.units.iter().filter(|unit| unit.was_read()).count();
    let tally = if findings.is_empty() { "nothing to complain of".to_owned() } else { reporter.tally() };
    terminal.flush()?;
    terminal.summary(&format!("{} checked: {tally}", count(rules, "rule")));
    Ok(match (loaded.unreadable, reporter.errors) {
        (true, _) => Status::Unusable,
        (false, 0) => Status::Well,
        (false, _) => Status::Findings,
    })
}

/// All findings, sorted by place: those of reading, parsing and linking, and those of lowering each rule.
fn analyse(loaded: &Loaded, options: &lower::Options) -> Vec<Diagnostic> {
    let lowered = each(loaded.units.iter().collect(), |_, unit| {
        let mut diagnostics = Diagnostics::new();
        if let Some(index) = unit.rule {
            let plan = lower::lower(&loaded.collection, index, options, &mut diagnostics);
            diagnostics.0.extend(plan.iter().flat_map(logic::findings));
        }
        diagnostics.0
    });
    let read = loaded.units.iter().flat_map(|unit| unit.findings.iter()).chain(&loaded.loose).cloned();
    let mut all: Vec<Diagnostic> = read.chain(lowered.into_iter().flatten()).collect();
    all.sort_by_key(|finding| finding.span.map(|span| (span.source, span.start)));
    // A rule that several correlations use is lowered with each of them.
    all.dedup();
    all
}
