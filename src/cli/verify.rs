//! `sigmaglot verify`: does a query find the events that its rule means? Tried on events made from the rule, and on the user's own.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value};

use super::args::Verify;
use super::bench::Bench;
use super::convert::settings;
use super::input;
use super::load::{self, Loaded, Unit, each};
use super::report::{Reporter, count, number, render};
use super::terminal::{Terminal, clean};
use super::{Status, Stop, placeholders};
use crate::agreement::{Case, Judged, Status as Ended, Verdict};
use crate::compile::{Target, prepare};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::engines::Storage;
use crate::ir::Fidelity;
use crate::lower;
use crate::render::Options;
use crate::source::SourceId;

/// How many rules are tried before their verdicts are written.
const BATCH: usize = 256;

/// How many reasons for events outside a summary names.
const REASONS: usize = 4;

/// A rule and target in JSON output; the keys and their order are an interface.
#[derive(Debug, Serialize)]
struct Line<'a> {
    path: &'a str,
    document: usize,
    id: Option<&'a str>,
    target: &'a str,
    claim: Option<&'static str>,
    witnesses: usize,
    agreed: usize,
    outside: usize,
    storage: Option<&'static str>,
    refuted: Vec<Refuting<'a>>,
    status: &'static str,
    reason: Option<String>,
    paths: usize,
    missed: usize,
    engine: &'a str,
    /// Why events are outside, with their number.
    outside_reasons: BTreeMap<&'a str, usize>,
}

/// An event that refutes a claim.
#[derive(Debug, Serialize)]
struct Refuting<'a> {
    event: &'a Map<String, Value>,
    meant: bool,
    found: bool,
    rule: Option<&'a str>,
}

/// What became of one rule on one target.
enum Done {
    /// There is no query.
    Refused(Option<Diagnostic>),
    /// Its claim was tried.
    Tried(Fidelity, Verdict),
}

/// What a rule came to: its ways, those no event takes, and each target's outcome.
struct Tried {
    paths: usize,
    missed: usize,
    done: Vec<Done>,
}

/// Tries the claims of all rules on all targets.
pub(crate) fn run(args: &Verify, terminal: &mut Terminal) -> Result<Status, Stop> {
    let mut targets: Vec<Target> = Vec::new();
    for name in &args.to {
        let found = Target::resolve(name.trim())
            .map_err(|error| Stop::Usage([vec![error.message], error.help].concat().join("; ")))?;
        targets.extend(found);
    }
    let foreign = args.query.as_deref().map(input::read_query).transpose()?;
    let lowering = placeholders::read(&args.values)?;
    let mut loaded = load::load(&args.rules.paths, &args.rules.choice)?;
    tell_unread(&loaded, args.json, terminal);
    let chosen = loaded.units.iter().filter(|unit| unit.rule.is_some()).count();
    if foreign.is_some() && (chosen != 1 || targets.len() != 1) {
        return Err(Stop::Usage("--query judges one query against one rule on one target".to_owned()));
    }
    let foreign = foreign.map(|(name, text)| (loaded.sources.add(name, text.as_str()), text));
    let bench = Bench::set_up(&args.trying, &targets.iter().collect::<Vec<_>>(), &loaded, terminal)?;
    settings(&args.set)?;
    let options = Options { approximate: args.approximate, set: args.set.clone() };
    let (units, unread): (Vec<&Unit>, Vec<&Unit>) = loaded.units.iter().partition(|unit| unit.rule.is_some());
    let job = Job { loaded: &loaded, targets: &targets, lowering, options, bench, foreign };

    for unit in unread.iter().filter(|_| args.json) {
        let tried = job.refused(unit.findings.iter().find(|finding| finding.is_error()).cloned());
        for (target, done) in targets.iter().zip(&tried.done) {
            terminal.json(&job.line(unit, target, &tried, done))?;
        }
    }
    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let mut outside: Vec<BTreeMap<String, usize>> = vec![BTreeMap::new(); targets.len()];
    let (mut hard, mut broken) = (0, 0);
    let bar = terminal.bar(units.len() as u64, "rules");
    for batch in units.chunks(BATCH) {
        for (unit, tried) in batch.iter().zip(each(batch.to_vec(), |_, unit| job.try_rule(unit))) {
            hard += usize::from(tried.missed > 0);
            for ((target, done), outside) in targets.iter().zip(&tried.done).zip(&mut outside) {
                if let Done::Tried(_, verdict) = done {
                    verdict.outside.iter().for_each(|(why, events)| *outside.entry(why.clone()).or_default() += events);
                }
                *tally.entry(status(done)).or_default() += 1;
                broken += usize::from(reason(done).is_some_and(|reason| reason.code == Code::E1105));
                if args.json {
                    terminal.json(&job.line(unit, target, &tried, done))?;
                } else {
                    terminal.part(&job.text(unit, target, &tried, done))?;
                }
            }
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    terminal.flush()?;
    let of = |status: &str| tally.get(status).copied().unwrap_or_default();
    let (refuted, refused) = (of("refuted"), of("refused"));
    // Somebody else's query that could not be judged has not passed.
    let unjudged = args.query.is_some() && of("agrees") == 0;
    let mut summary = format!(
        "{}, {}: {} agree, {} refuted, {} unproven, {} refused",
        count(units.len(), "rule"),
        count(targets.len(), "target"),
        number(of("agrees")),
        number(refuted),
        number(of("unproven")),
        number(refused)
    );
    if hard > 0 {
        let _ = write!(summary, "; {} with ways that no event was made for", count(hard, "rule"));
    }
    if !unread.is_empty() {
        let _ = write!(summary, "; {} gave no rule", count(unread.len(), "document"));
    }
    if broken > 0 {
        let _ = write!(summary, "; the engine failed on {}", count(broken, "query"));
    }
    terminal.summary(&summary);
    for (target, outside) in targets.iter().zip(&outside).filter(|(_, outside)| !outside.is_empty()) {
        terminal.summary(&most(target, outside));
    }
    let findings = refuted + refused + broken > 0 || unjudged || !unread.is_empty();
    Ok(match (loaded.unreadable, findings) {
        (true, _) => Status::Unusable,
        (false, true) => Status::Findings,
        (false, false) => Status::Well,
    })
}

struct Job<'a> {
    loaded: &'a Loaded,
    targets: &'a [Target],
    lowering: lower::Options,
    options: Options,
    bench: Bench,
    foreign: Option<(SourceId, String)>,
}

/// Says why documents and files gave no rule, and what was found about no rule. JSON output has the former in its lines, but for
/// files that cannot be read.
fn tell_unread(loaded: &Loaded, json: bool, terminal: &mut Terminal) {
    let mut reporter = Reporter::new(10);
    let of_units = loaded.units.iter().filter(|unit| unit.rule.is_none() && (!json || !unit.was_read()));
    let of_units = of_units.flat_map(|unit| unit.findings.iter().map(|finding| (finding, Some(&*unit.path))));
    for (finding, path) in of_units.chain(loaded.loose.iter().map(|finding| (finding, None))) {
        if let Some(text) = reporter.report(finding, &loaded.sources, path, terminal, terminal.color_err) {
            terminal.message(&text);
        }
    }
    reporter.rest(terminal.color_err).iter().for_each(|line| terminal.message(line));
}

impl Job<'_> {
    /// No query for any target.
    fn refused(&self, why: Option<Diagnostic>) -> Tried {
        let done = self.targets.iter().map(|_| Done::Refused(why.clone())).collect();
        Tried { paths: 0, missed: 0, done }
    }

    fn try_rule(&self, unit: &Unit) -> Tried {
        let mut diagnostics = Diagnostics::new();
        let plan = unit.rule.and_then(|rule| prepare(&self.loaded.collection, rule, &self.lowering, &mut diagnostics));
        let Some(plan) = plan else {
            return self.refused(diagnostics.0.into_iter().find(Diagnostic::is_error));
        };
        let Some(case) = Case::new(&plan) else {
            return self.refused(Some(Diagnostic::new(Code::E0601, Code::E0601.title())));
        };
        let try_target = |target: &Target| {
            let outcome = target.compile(&plan, &self.options);
            let (judged, claim) = match (&self.foreign, &outcome.query) {
                (Some((source, query)), _) => (Judged::Foreign { query, source: *source }, Fidelity::Exact),
                (None, Some(query)) => {
                    let diagnostics = &outcome.diagnostics;
                    (Judged::Own { query, diagnostics, options: &self.options }, query.claim)
                }
                (None, None) => return Done::Refused(outcome.diagnostics.into_iter().find(Diagnostic::is_error)),
            };
            match self.bench.judge(&case, judged, target) {
                Some(verdict) => Done::Tried(claim, verdict),
                None => Done::Refused(Some(Diagnostic::new(Code::E1107, "no engine runs this language"))),
            }
        };
        let done = self.targets.iter().map(try_target).collect();
        Tried { paths: case.witnesses.paths, missed: case.witnesses.missed, done }
    }

    fn line<'a>(&'a self, unit: &'a Unit, target: &'a Target, tried: &'a Tried, done: &'a Done) -> Line<'a> {
        let verdict = match done {
            Done::Tried(claim, verdict) => Some((claim, verdict)),
            Done::Refused(_) => None,
        };
        let refuting = |(_, verdict): (&Fidelity, &'a Verdict)| {
            let each = verdict.refuted.iter().map(|refutation| Refuting {
                event: &refutation.event.fields,
                meant: refutation.verdicts.meant,
                found: refutation.verdicts.found,
                rule: refutation.rule.as_deref(),
            });
            each.collect()
        };
        let reasons = |(_, verdict): (&Fidelity, &'a Verdict)| {
            verdict.outside.iter().map(|(why, events)| (why.as_str(), *events)).collect()
        };
        Line {
            path: &unit.path,
            document: unit.document,
            id: unit.id.as_deref(),
            target: target.name(),
            claim: verdict.map(|(claim, _)| claim.as_str()),
            witnesses: verdict.map_or(0, |(_, verdict)| verdict.events),
            agreed: verdict.map_or(0, |(_, verdict)| verdict.agreed),
            outside: verdict.map_or(0, |(_, verdict)| verdict.outside.values().sum()),
            storage: verdict.and_then(|(_, verdict)| verdict.storage).map(Storage::as_str),
            refuted: verdict.map(refuting).unwrap_or_default(),
            status: status(done),
            reason: reason(done)
                .map(|reason| self.said(reason, |_, line, column| format!(", at line {line}, column {column}"))),
            paths: tried.paths,
            missed: tried.missed,
            engine: self.bench.engine(target).map_or("", |(_, name)| name),
            outside_reasons: verdict.map(reasons).unwrap_or_default(),
        }
    }

    /// A reason in one line, with its place: `place` says how.
    fn said(&self, reason: &Diagnostic, place: impl Fn(&str, usize, usize) -> String) -> String {
        let at = reason.span.and_then(|span| {
            let (line, column) = self.loaded.sources.line_column(span);
            Some(place(&self.loaded.sources.get(span.source)?.path, line, column))
        });
        format!("{}: {}{}", reason.code, reason.message, at.unwrap_or_default())
    }

    fn text(&self, unit: &Unit, target: &Target, tried: &Tried, done: &Done) -> String {
        let title = unit.title.as_deref().unwrap_or("(no title)");
        let mut out = format!("{:<8}  {}  {}", status(done), target.name(), clean(title));
        if let Done::Tried(claim, verdict) = done {
            let outside: usize = verdict.outside.values().sum();
            let inside = verdict.events.saturating_sub(outside);
            let _ = write!(out, ", claim {}, {} tried", claim.as_str(), count(inside, "event"));
            if outside > 0 {
                let _ = write!(out, ", {} outside", number(outside));
            }
            if let Some(storage) = verdict.storage {
                let _ = write!(out, ", storage {}", storage.as_str());
            }
            if tried.missed > 0 {
                let ways = count(tried.paths, "way");
                let _ = write!(out, ", no event for {} of {ways}", number(tried.missed));
            }
        }
        out.push('\n');
        if let Some(reason) = reason(done) {
            if reason.span.is_some_and(|span| self.foreign.as_ref().is_some_and(|(source, _)| span.source == *source)) {
                out += &indented(&render(reason, &self.loaded.sources, None, false));
            } else {
                out +=
                    &indented(&clean(&self.said(reason, |path, line, column| format!(", at {path}:{line}:{column}"))));
            }
        }
        let refuted = match done {
            Done::Tried(_, verdict) => verdict.refuted.as_slice(),
            Done::Refused(_) => &[],
        };
        for refutation in refuted {
            out += &indented(&clean(&serde_json::to_string(&refutation.event.fields).unwrap_or_default()));
            out += &indented(&said(refutation.verdicts, self.foreign.is_some()));
            if let Some(rule) = &refutation.rule {
                out += &indented(&format!("shown by this part of the rule alone:\n{}", clean(rule)));
            }
        }
        out
    }
}

/// Why events are outside: the commonest reasons.
fn most(target: &Target, outside: &BTreeMap<String, usize>) -> String {
    let mut reasons: Vec<(&String, &usize)> = outside.iter().collect();
    reasons.sort_by_key(|(_, events)| std::cmp::Reverse(**events));
    let shown = reasons.iter().take(REASONS).map(|(why, events)| format!("{} {}", number(**events), clean(why)));
    let mut said = format!("outside of {}: {}", target.name(), shown.collect::<Vec<_>>().join("; "));
    let rest = reasons.get(REASONS..).unwrap_or_default();
    if !rest.is_empty() {
        let events = rest.iter().map(|(_, events)| **events).sum();
        let _ = write!(said, "; {} for {}", number(events), count(rest.len(), "other reason"));
    }
    said
}

/// What the two sides say of an event.
fn said(verdicts: crate::agreement::Verdicts, foreign: bool) -> String {
    let crate::agreement::Verdicts { meant, found, before } = verdicts;
    let say = |value| if value { "is" } else { "is not" };
    let mut out = format!("{} meant by the rule, and {} found by the query", say(meant), say(found));
    if meant != before && !foreign {
        let _ = write!(out, "; before it was stored it {} meant, which the query does not say", say(before));
    }
    out
}

fn indented(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("          {line}\n")).collect()
}

fn status(done: &Done) -> &'static str {
    match done {
        Done::Refused(_) => "refused",
        Done::Tried(_, Verdict { status: Ended::Agrees, .. }) => "agrees",
        Done::Tried(_, Verdict { status: Ended::Refuted, .. }) => "refuted",
        Done::Tried(_, Verdict { status: Ended::Unproven, .. }) => "unproven",
    }
}

fn reason(done: &Done) -> Option<&Diagnostic> {
    match done {
        Done::Refused(reason) => reason.as_ref(),
        Done::Tried(_, verdict) => verdict.reason.as_ref(),
    }
}
