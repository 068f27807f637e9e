//! `sigmaglot convert`: rules to queries.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::args::{Claim, Convert};
use super::bench::Bench;
use super::load::{self, Loaded, Unit, each};
use super::out::Out;
use super::report::{Finding, Reporter, count, finding, number};
use super::terminal::Terminal;
use super::{FORMATS, Status, Stop, placeholders};
use crate::agreement::{Case, Judged, Status as Ended, Verdict};
use crate::backends::BACKENDS;
use crate::compile::{Outcome, Target, prepare};
use crate::diag::{Code, Diagnostic, Diagnostics, Severity};
use crate::ir::{Fidelity, distinct};
use crate::lower;
use crate::render::{self, RuleInfo};
use crate::schema::Coverage;

/// How many rules are converted before their queries are written.
const BATCH: usize = 256;

/// A target with the name the user gave it.
struct Named {
    name: String,
    target: Target,
}

/// A rule and target in JSON output; the keys and their order are an interface.
#[derive(Debug, Serialize)]
struct Line<'a> {
    path: &'a str,
    document: usize,
    id: Option<&'a str>,
    title: Option<&'a str>,
    level: Option<&'static str>,
    author: Option<&'a str>,
    target: &'a str,
    format: &'a str,
    claim: Option<&'static str>,
    query: Option<&'a str>,
    diagnostics: Vec<Finding<'a>>,
    status: Option<&'static str>,
    tags: &'a [Arc<str>],
    tables: &'a [Arc<str>],
    coverage: Vec<Held<'a>>,
    schema: &'a str,
}

/// What a table's sensor records of the log source.
#[derive(Debug, Serialize)]
struct Held<'a> {
    table: &'a str,
    coverage: &'static str,
    reason: Option<&'a str>,
}

/// What became of a rule.
struct Done {
    /// For each target, what to write: the line of JSON, or the query with its header.
    texts: Vec<Option<String>>,
    /// For each target, whether the rule is refused.
    refused: Vec<bool>,
    /// What was found on the way.
    diagnostics: Vec<Diagnostic>,
}

/// Converts all rules for all targets.
pub(crate) fn run(args: &Convert, terminal: &mut Terminal) -> Result<Status, Stop> {
    if !FORMATS.contains(&&*args.format) {
        return Err(Stop::Usage(format!("unknown format `{}`: the formats are {}", args.format, FORMATS.join(", "))));
    }
    let targets = targets(&args.to)?;
    settings(&args.set)?;
    let lowering = placeholders::read(&args.values)?;
    let loaded = load::load(&args.rules.paths, &args.rules.choice)?;
    let options = render::Options { approximate: args.approximate, set: args.set.clone() };
    let bench = bench(args, &targets, &loaded, terminal)?;
    let job = Job { args, loaded: &loaded, targets: &targets, lowering, options, bench };

    let emitting = |unit: &&Unit| unit.rule.and_then(|n| loaded.collection.rules.get(n)).is_none_or(|rule| rule.emits);
    let units: Vec<&Unit> = loaded.units.iter().filter(emitting).collect();
    let mut several: HashMap<&Arc<str>, usize> = HashMap::new();
    units.iter().for_each(|unit| *several.entry(&unit.path).or_default() += 1);
    let mut out = args.out.as_deref().map(|folder| Out::new(folder, &args.rules.paths, &targets_of(&targets)));
    let mut reporter = Reporter::new(10);
    let (mut queries, mut refused) = (0, 0);
    let bar = terminal.bar(units.len() as u64, "rules");
    for batch in units.chunks(BATCH) {
        for (unit, done) in batch.iter().zip(each(batch.to_vec(), |_, unit| job.convert(unit))) {
            queries += done.refused.iter().filter(|refused| !**refused).count();
            refused += done.refused.iter().filter(|refused| **refused).count();
            for (n, text) in done.texts.iter().enumerate() {
                let Some(text) = text else { continue };
                match (&mut out, args.json) {
                    (Some(out), _) => out.write(unit, n, several.get(&unit.path).is_none_or(|n| *n == 1), text)?,
                    (None, true) => terminal.line(text)?,
                    (None, false) => terminal.part(text)?,
                }
            }
            for diagnostic in &done.diagnostics {
                let unread = load::NO_TEXT.contains(&diagnostic.code);
                let text = reporter.report(diagnostic, &loaded.sources, Some(&unit.path), terminal, terminal.color_err);
                // JSON output has them in its lines already; a file that cannot be read is told of here too.
                if let (Some(text), true) = (text, !args.json || unread) {
                    bar.suspend(|| terminal.message(&text));
                }
            }
        }
        bar.inc(batch.len() as u64);
    }
    bar.finish_and_clear();
    terminal.flush()?;
    for diagnostic in &loaded.loose {
        if let Some(text) = reporter.report(diagnostic, &loaded.sources, None, terminal, terminal.color_err) {
            terminal.message(&text);
        }
    }
    if !args.json {
        reporter.rest(terminal.color_err).iter().for_each(|line| terminal.message(line));
    }
    if units.len() > 1 || out.is_some() {
        let made =
            format!("{}, {}: {}", count(units.len(), "rule"), count(targets.len(), "target"), count(queries, "query"));
        terminal.summary(&if refused > 0 { format!("{made}, {} refused", number(refused)) } else { made });
    }
    Ok(match (loaded.unreadable, reporter.errors) {
        (true, _) => Status::Unusable,
        (false, 0) => Status::Well,
        (false, _) => Status::Findings,
    })
}

/// What `--verified` tries claims with; none without it.
fn bench(args: &Convert, targets: &[Named], loaded: &Loaded, terminal: &mut Terminal) -> Result<Option<Bench>, Stop> {
    let tries = !args.trying.events.is_empty() || !args.trying.engine.is_empty();
    if tries && !args.verified {
        return Err(Stop::Usage("--events and --engine try claims: give --verified too".to_owned()));
    }
    args.verified.then(|| Bench::set_up(&args.trying, &targets_of(targets), loaded, terminal)).transpose()
}

fn targets_of(targets: &[Named]) -> Vec<&Target> {
    targets.iter().map(|named| &named.target).collect()
}

/// The targets of `--to`, each once.
fn targets(names: &[String]) -> Result<Vec<Named>, Stop> {
    let mut targets: Vec<Named> = Vec::new();
    for name in names {
        for target in Target::resolve(name.trim()).map_err(Stop::Found)? {
            let name = if name == "all" { target.backend.language() } else { name };
            if !targets.iter().any(|other| other.target.name() == target.name()) {
                targets.push(Named { name: name.to_owned(), target });
            }
        }
    }
    Ok(targets)
}

/// Refuses settings that no language has.
pub(super) fn settings(set: &[(String, String)]) -> Result<(), Stop> {
    let known: Vec<&str> = BACKENDS.iter().flat_map(|backend| backend.settings()).copied().collect();
    match set.iter().find(|(name, _)| !known.contains(&&**name)) {
        Some((name, _)) => Err(Stop::Usage(format!("--set: no target has `{name}`; there are {}", known.join(", ")))),
        None => Ok(()),
    }
}

/// What every rule's conversion needs.
struct Job<'a> {
    args: &'a Convert,
    loaded: &'a Loaded,
    targets: &'a [Named],
    lowering: lower::Options,
    options: render::Options,
    bench: Option<Bench>,
}

impl Job<'_> {
    fn convert(&self, unit: &Unit) -> Done {
        let mut lowering = Diagnostics::new();
        let plan = unit.rule.and_then(|rule| prepare(&self.loaded.collection, rule, &self.lowering, &mut lowering));
        let mut done = Done { texts: Vec::new(), refused: Vec::new(), diagnostics: unit.findings.clone() };
        done.diagnostics.extend(lowering.0.iter().cloned());
        let mut case: Option<Option<Case>> = None;
        for named in self.targets {
            let mut outcome = match &plan {
                Some(plan) => named.target.compile(plan, &self.options),
                None => Outcome { query: None, coverage: Vec::new(), diagnostics: Vec::new() },
            };
            self.refuse_claims(&mut outcome);
            if let (Some(bench), Some(plan)) = (&self.bench, &plan) {
                let case = case.get_or_insert_with(|| Case::new(plan));
                self.refuse_unverified(bench, case.as_ref(), &named.target, &mut outcome);
            }
            self.place(unit, &mut outcome);
            done.refused.push(outcome.query.is_none());
            done.texts.push(if self.args.json {
                Some(self.line(unit, named, &outcome, &lowering.0))
            } else {
                self.text(unit, named, &outcome)
            });
            done.diagnostics.extend(outcome.diagnostics);
        }
        done.diagnostics = distinct(done.diagnostics);
        done
    }

    /// Puts a refusal of the rule as a whole at its title.
    fn place(&self, unit: &Unit, outcome: &mut Outcome) {
        let title =
            unit.rule.and_then(|rule| self.loaded.collection.rules.get(rule)).map(|rule| rule.meta().title_span);
        let errors = outcome.diagnostics.iter_mut().filter(|diagnostic| diagnostic.is_error());
        errors.filter(|diagnostic| diagnostic.span.is_none()).for_each(|diagnostic| diagnostic.span = title);
    }

    /// Refuses a query whose claim `--allow` does not name: what it warns of becomes the error.
    fn refuse_claims(&self, outcome: &mut Outcome) {
        let Some(query) = &outcome.query else { return };
        let allowed = |claim| self.args.allow.contains(&claim);
        let fine = match query.claim {
            Fidelity::Exact => allowed(Claim::Exact),
            Fidelity::Wider => allowed(Claim::Wider),
            Fidelity::Narrower => allowed(Claim::Narrower),
            Fidelity::Either => allowed(Claim::Wider) && allowed(Claim::Narrower),
        };
        if fine {
            return;
        }
        let claim = query.claim;
        outcome.query = None;
        let reasons = |code| matches!(code, Code::W0702 | Code::W0703);
        let mut said = false;
        for diagnostic in outcome.diagnostics.iter_mut().filter(|diagnostic| reasons(diagnostic.code)) {
            diagnostic.severity = Severity::Error;
            said = true;
        }
        if !said {
            let code = if claim == Fidelity::Wider { Code::W0703 } else { Code::W0702 };
            let message = format!("the query's claim is `{}`, which `--allow` does not name", claim.as_str());
            let mut diagnostic = Diagnostic::new(code, message);
            diagnostic.severity = Severity::Error;
            outcome.diagnostics.push(diagnostic);
        }
    }

    /// Refuses a query whose claim does not stand on events.
    fn refuse_unverified(&self, bench: &Bench, case: Option<&Case>, target: &Target, outcome: &mut Outcome) {
        let Some(query) = &outcome.query else { return };
        let judged = Judged::Own { query, diagnostics: &outcome.diagnostics, options: &self.options };
        let verdict = case.and_then(|case| bench.judge(case, judged, target));
        let why = match verdict {
            Some(Verdict { status: Ended::Agrees, .. }) => return,
            Some(Verdict { refuted, reason, .. }) => match (refuted.first(), reason) {
                (Some(refutation), _) => Some(refutation.diagnostic()),
                (None, reason) => reason,
            },
            None => None,
        };
        outcome.query = None;
        outcome.diagnostics.push(why.unwrap_or_else(|| Diagnostic::new(Code::E1107, "no engine could try the query")));
    }

    /// The query with its header; the file it comes from first, where there are several.
    fn text(&self, unit: &Unit, named: &Named, outcome: &Outcome) -> Option<String> {
        let query = outcome.query.as_ref()?;
        let info = RuleInfo { title: unit.title.clone().unwrap_or_default(), id: unit.id.clone() };
        let document = named.target.document(&info, query, &outcome.coverage);
        if self.args.out.is_some() || self.loaded.units.len() == 1 {
            return Some(document);
        }
        Some(format!("{}\n{document}", named.target.backend.comment(&unit.path)))
    }

    fn line(&self, unit: &Unit, named: &Named, outcome: &Outcome, lowering: &[Diagnostic]) -> String {
        let meta = unit.rule.and_then(|rule| self.loaded.collection.rules.get(rule)).map(|rule| rule.meta());
        let all = unit.findings.iter().chain(lowering).chain(&outcome.diagnostics);
        let held = outcome.coverage.iter().map(|(table, coverage)| {
            let (coverage, reason) = match coverage {
                Coverage::Full => ("full", None),
                Coverage::Partial(why) => ("partial", Some(&**why)),
                Coverage::Proxy(why) => ("proxy", Some(&**why)),
            };
            Held { table, coverage, reason }
        });
        let line = Line {
            path: &unit.path,
            document: unit.document,
            id: unit.id.as_deref(),
            title: unit.title.as_deref(),
            level: meta.and_then(|meta| meta.level).map(|level| level.as_str()),
            author: meta.and_then(|meta| meta.author.as_deref()),
            target: &named.name,
            format: &self.args.format,
            claim: outcome.query.as_ref().map(|query| query.claim.as_str()),
            query: outcome.query.as_ref().map(|query| &*query.text),
            diagnostics: all.map(|d| finding(d, &self.loaded.sources, Some(&unit.path))).collect(),
            status: meta.and_then(|meta| meta.status).map(|status| status.as_str()),
            tags: meta.map(|meta| &*meta.tags).unwrap_or_default(),
            tables: outcome.query.as_ref().map(|query| &*query.tables).unwrap_or_default(),
            coverage: held.collect(),
            schema: named.target.name().split_once(':').map_or("", |(_, schema)| schema),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }
}
