//! `sigmaglot verify`: does a query find the events that its rule means? Tried on events made from the rule, and on the user's own.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

use serde::Serialize;
use serde_json::{Map, Value};

use super::args::Verify;
use super::input::{self, Exclude, Found};
use super::load::{self, Loaded, Unit, each};
use super::report::{Reporter, count, number};
use super::terminal::{Terminal, clean};
use super::{Status, Stop, placeholders};
use crate::agreement::witness::witnesses;
use crate::agreement::{Claim, Trial, shrunk};
use crate::compile::{Target, prepare};
use crate::diag::{Diagnostic, Diagnostics};
use crate::engines::{Engine, Refusal, engine};
use crate::eval::Evaluator;
use crate::event::{self, Event};
use crate::ir::{Fidelity, Matching, Plan};
use crate::lower;
use crate::render;

/// How many rules are tried before their verdicts are written.
const BATCH: usize = 256;

/// How many refuting events are shown.
const SHOWN: usize = 3;

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
    storage: &'static str,
    refuted: &'a [Refutation],
    status: &'static str,
    reason: Option<&'a str>,
}

/// An event that refutes a claim.
#[derive(Debug, Serialize)]
struct Refutation {
    event: Map<String, Value>,
    meant: bool,
    found: bool,
}

/// What trying one rule on one target came to.
#[derive(Debug, Default)]
struct Verdict {
    claim: Option<Fidelity>,
    witnesses: usize,
    agreed: usize,
    outside: usize,
    refuted: Vec<Refutation>,
    status: &'static str,
    reason: Option<String>,
}

/// Tries the claims of all rules on all targets.
pub(crate) fn run(args: &Verify, terminal: &mut Terminal) -> Result<Status, Stop> {
    let mut targets: Vec<Target> = Vec::new();
    for name in &args.to {
        let found = Target::resolve(name.trim())
            .map_err(|error| Stop::Usage([vec![error.message], error.help].concat().join("; ")))?;
        targets.extend(found);
    }
    let foreign = args.query.as_deref().map(read_query).transpose()?;
    let lowering = placeholders::read(&args.values)?;
    let loaded = load::load(&args.rules.paths, &args.rules.choice)?;
    let units: Vec<&Unit> = loaded.units.iter().filter(|unit| unit.rule.is_some()).collect();
    if foreign.is_some() && (units.len() != 1 || targets.len() != 1) {
        return Err(Stop::Usage("--query judges one query against one rule on one target".to_owned()));
    }
    let mut reporter = Reporter::new(10);
    let events = read_events(args, &loaded, &mut reporter, terminal)?;
    let options = render::Options { approximate: args.approximate, set: args.set.clone() };
    let job = Job { loaded: &loaded, targets: &targets, lowering, options, events, foreign };

    let mut tally: BTreeMap<&str, usize> = BTreeMap::new();
    let bar = terminal.bar(units.len() as u64, "rules");
    for batch in units.chunks(BATCH) {
        for (unit, verdicts) in batch.iter().zip(each(batch.to_vec(), |_, unit| job.try_rule(unit))) {
            for (target, verdict) in targets.iter().zip(&verdicts) {
                *tally.entry(verdict.status).or_default() += 1;
                if args.json {
                    terminal.json(&line(unit, target, verdict))?;
                } else {
                    terminal.part(&text(unit, target, verdict))?;
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
    terminal.summary(&format!(
        "{}, {}: {} agree, {} refuted, {} unproven, {} refused",
        count(units.len(), "rule"),
        count(targets.len(), "target"),
        number(of("agrees")),
        number(refuted),
        number(of("unproven")),
        number(refused)
    ));
    Ok(match (loaded.unreadable, refuted + refused > 0 || unjudged || units.len() < loaded.units.len()) {
        (true, _) => Status::Unusable,
        (false, true) => Status::Findings,
        (false, false) => Status::Well,
    })
}

/// The query of `--query`; `-` is standard input.
fn read_query(path: &Path) -> Result<String, Stop> {
    let read = if path.as_os_str() == "-" { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    read.map_err(|error| Stop::Usage(format!("{}: {}", path.display(), input::reason(&error))))
}

/// The events of `--events`; what cannot be read is reported.
fn read_events(
    args: &Verify,
    loaded: &Loaded,
    reporter: &mut Reporter,
    terminal: &mut Terminal,
) -> Result<Vec<Event>, Stop> {
    let mut events = Vec::new();
    for found in input::list(&args.events, &Exclude::new(&[])?, &|_: &Path| true, "events") {
        let mut say = |diagnostic: &Diagnostic, path: &str| {
            if let Some(text) = reporter.report(diagnostic, &loaded.sources, Some(path), terminal, terminal.color_err) {
                terminal.message(&text);
            }
        };
        match found {
            Found::File(path) => {
                let name = input::shown(&path);
                match File::open(&path) {
                    Ok(mut file) => event::read(&name, &mut file, &mut |read| {
                        match read {
                            Ok((_, event)) => events.push(event),
                            Err(diagnostic) => say(&diagnostic, &name),
                        }
                        ControlFlow::Continue(())
                    }),
                    Err(error) => return Err(Stop::Usage(format!("{name}: {error}"))),
                }
            }
            Found::Problem(path, diagnostic) => say(&diagnostic, &input::shown(&path)),
            Found::Stdin => return Err(Stop::Usage("events come from files here, not from standard input".to_owned())),
        }
    }
    Ok(events)
}

struct Job<'a> {
    loaded: &'a Loaded,
    targets: &'a [Target],
    lowering: lower::Options,
    options: render::Options,
    events: Vec<Event>,
    foreign: Option<String>,
}

impl Job<'_> {
    /// A verdict for each target.
    fn try_rule(&self, unit: &Unit) -> Vec<Verdict> {
        let mut diagnostics = Diagnostics::new();
        let plan = unit.rule.and_then(|rule| prepare(&self.loaded.collection, rule, &self.lowering, &mut diagnostics));
        let refused = |reason: Option<String>| Verdict { status: "refused", reason, ..Verdict::default() };
        let Some(plan) = plan else {
            let reason = diagnostics.iter().find(|d| d.is_error()).map(|d| format!("{}: {}", d.code, d.message));
            return self.targets.iter().map(|_| refused(reason.clone())).collect();
        };
        let (Plan::Select(matching), Ok(evaluator)) = (&plan, Evaluator::new(&plan)) else {
            return self.targets.iter().map(|_| refused(Some("correlations have no meaning yet".to_owned()))).collect();
        };
        let made = witnesses(matching, &evaluator);
        let events: Vec<&Event> = made.all.iter().map(|witness| &witness.event).chain(&self.events).collect();
        self.targets.iter().map(|target| self.try_target(target, &plan, matching, &events)).collect()
    }

    fn try_target(&self, target: &Target, plan: &Plan<Matching>, matching: &Matching, events: &[&Event]) -> Verdict {
        let outcome = target.compile(plan, &self.options);
        let (query, fidelity) = match (&self.foreign, &outcome.query) {
            (Some(query), _) => (query.as_str(), Fidelity::Exact),
            (None, Some(query)) => (query.text.as_str(), query.claim),
            (None, None) => {
                let reason = outcome.diagnostics.iter().find(|d| d.is_error());
                let reason = reason.map(|d| format!("{}: {}", d.code, d.message));
                return Verdict { status: "refused", reason, ..Verdict::default() };
            }
        };
        let mut verdict = Verdict { claim: Some(fidelity), witnesses: events.len(), ..Verdict::default() };
        let Some(engine) = engine(target.backend.language()) else {
            return Verdict { status: "unproven", reason: Some("no engine runs this language".to_owned()), ..verdict };
        };
        let claim = Claim { matching, schema: &target.schema, query, claim: fidelity };
        match claim.try_on(events.iter().copied(), engine, 0.0) {
            Ok(trial) => {
                verdict.agreed = trial.agreed;
                verdict.outside = trial.outside;
                verdict.status = status(&trial);
                verdict.refuted = refutations(&claim, &trial, events, engine);
                verdict
            }
            Err(refusal) => Verdict { status: "unproven", reason: Some(reason(&refusal)), witnesses: 0, ..verdict },
        }
    }
}

fn status(trial: &Trial) -> &'static str {
    match (trial.refuted.is_empty(), trial.proven) {
        (false, _) => "refuted",
        (true, true) => "agrees",
        (true, false) => "unproven",
    }
}

fn reason(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Syntax(at, message) => format!("the engine cannot read the query at byte {at}: {message}"),
        Refusal::Unknown(what) => format!("the engine does not know {what}"),
        Refusal::Error(message) => format!("the query fails: {message}"),
        Refusal::Limit => "the query takes more work than the engine allows".to_owned(),
    }
}

/// The smallest events that refute the claim, a few of them.
fn refutations(claim: &Claim<'_>, trial: &Trial, events: &[&Event], engine: &dyn Engine) -> Vec<Refutation> {
    let mut out: Vec<Refutation> = Vec::new();
    for (n, meant, found) in &trial.refuted {
        let Some(event) = events.get(*n) else { continue };
        let event = shrunk(claim, event, engine, 0.0).fields;
        if out.len() < SHOWN && !out.iter().any(|known| known.event == event) {
            out.push(Refutation { event, meant: *meant, found: *found });
        }
    }
    out
}

fn line<'a>(unit: &'a Unit, target: &'a Target, verdict: &'a Verdict) -> Line<'a> {
    Line {
        path: &unit.path,
        document: unit.document,
        id: unit.id.as_deref(),
        target: target.name(),
        claim: verdict.claim.map(Fidelity::as_str),
        witnesses: verdict.witnesses,
        agreed: verdict.agreed,
        outside: verdict.outside,
        storage: "documented",
        refuted: &verdict.refuted,
        status: verdict.status,
        reason: verdict.reason.as_deref(),
    }
}

fn text(unit: &Unit, target: &Target, verdict: &Verdict) -> String {
    let title = unit.title.as_deref().unwrap_or("(no title)");
    let claim = verdict.claim.map_or(String::new(), |claim| format!(", claim {}", claim.as_str()));
    let tried = verdict.witnesses - verdict.outside.min(verdict.witnesses);
    let mut out =
        format!("{:<8}  {}  {}{claim}, {} tried", verdict.status, target.name(), clean(title), count(tried, "event"));
    if verdict.outside > 0 {
        out += &format!(", {} outside", number(verdict.outside));
    }
    if let Some(reason) = &verdict.reason {
        out += &format!("\n          {}", clean(reason));
    }
    for refutation in &verdict.refuted {
        let say = |value| if value { "is" } else { "is not" };
        let event = serde_json::to_string(&refutation.event).unwrap_or_default();
        out += &format!(
            "\n          {}\n          {} meant by the rule, and {} found by the query",
            clean(&event),
            say(refutation.meant),
            say(refutation.found)
        );
    }
    out + "\n"
}
