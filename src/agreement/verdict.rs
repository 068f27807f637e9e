//! The verdict on one query: its claim agrees with the rule on every event tried, is refuted, or is unproven.

use std::collections::BTreeMap;

use super::compare::{Claim, Trial, Verdicts};
use super::loss::Told;
use super::shrink;
use super::witness::{Witnesses, witnesses};
use crate::compile::Target;
use crate::diag::{Code, Diagnostic};
use crate::engines::{Engine, Refusal, Storage};
use crate::eval::Evaluator;
use crate::event::Event;
use crate::ir::{Fidelity, Matching, Plan, show};
use crate::render::{Options, Query};
use crate::source::{SourceId, Span};

/// How many refuting events are made small and kept.
const SHOWN: usize = 3;

/// How many are made small to find them.
const LOOKED_AT: usize = 8;

/// How often the two sides are asked while an event that refutes is made smaller.
const TRIES: usize = 400;

/// A rule with the events that its claims are tried on.
pub struct Case {
    /// The rule.
    pub matching: Matching,
    /// Events made from it.
    pub witnesses: Witnesses,
}

/// A query and what it says of itself.
#[derive(Debug, Clone, Copy)]
pub enum Judged<'a> {
    /// Written here, from the rule.
    Own {
        /// The query.
        query: &'a Query,
        /// What compiling it found: the losses are among it.
        diagnostics: &'a [Diagnostic],
        /// The options that it was written with.
        options: &'a Options,
    },
    /// Written by somebody else: it is to find just what the rule means.
    Foreign {
        /// The query's text.
        query: &'a str,
        /// The text's number among the sources, for findings about it.
        source: SourceId,
    },
}

/// How trying a claim ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// No event refutes it, one was meant and found, another neither.
    Agrees,
    /// An event refutes it, or the product would not run the query at all.
    Refuted,
    /// Neither: no event could be tried on both sides, or the engine cannot run the query.
    Unproven,
}

impl Status {
    /// `agrees`, `refuted` or `unproven`, as in JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Agrees => "agrees",
            Status::Refuted => "refuted",
            Status::Unproven => "unproven",
        }
    }
}

/// An event that refutes a claim, as small as it can be.
#[derive(Debug, Clone)]
pub struct Refutation {
    /// The event.
    pub event: Event,
    /// What the two sides say of it.
    pub verdicts: Verdicts,
    /// The part of the rule that shows it too, in the algebra's own words; none for a query of somebody else.
    pub rule: Option<String>,
}

impl Refutation {
    /// The finding that refuses the query: error E1106 with the event.
    pub fn diagnostic(&self) -> Diagnostic {
        let event = serde_json::to_string(&self.event.fields).unwrap_or_default();
        let what = match (self.verdicts.meant, self.verdicts.found) {
            (true, false) => "the query misses an event that the rule means",
            (false, true) => "the query finds an event that the rule does not mean",
            _ => "the place changes what the rule means of an event, and the query does not say so",
        };
        Diagnostic::new(Code::E1106, format!("{what}: {event}"))
    }
}

/// What trying a claim came to.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// How it ended.
    pub status: Status,
    /// How many events there were.
    pub events: usize,
    /// Events on which both sides agree as far as the claim says.
    pub agreed: usize,
    /// Events that the place does not hold, or of which nothing is known, by the reason.
    pub outside: BTreeMap<String, usize>,
    /// How well it is known what the place holds of the others; none where there are none.
    pub storage: Option<Storage>,
    /// A few of the events that refute the claim.
    pub refuted: Vec<Refutation>,
    /// Why there is no better verdict, where no event tells.
    pub reason: Option<Diagnostic>,
}

impl Case {
    /// A rule with its witnesses; none for a correlation, which has no meaning yet.
    pub fn new(plan: &Plan<Matching>) -> Option<Case> {
        let Plan::Select(matching) = plan else { return None };
        let evaluator = Evaluator::new(plan).ok()?;
        Some(Case { matching: matching.clone(), witnesses: witnesses(matching, &evaluator) })
    }

    /// Tries a query on the witnesses, and says no more than which of them refute it. `now` is as in [`Case::judge`].
    ///
    /// # Errors
    /// What the engine refuses of the query.
    pub fn trial(&self, judged: Judged<'_>, target: &Target, engine: &dyn Engine, now: f64) -> Result<Trial, Refusal> {
        let events = self.witnesses.all.iter().map(|witness| &witness.event);
        claim(&self.matching, judged, target).try_on(events, engine, now)
    }

    /// Tries a query on the witnesses and on events from elsewhere. `now` is the clock, in seconds since 1970.
    pub fn judge(
        &self,
        judged: Judged<'_>,
        target: &Target,
        events: &[Event],
        engine: &dyn Engine,
        now: f64,
    ) -> Verdict {
        let all: Vec<&Event> = self.witnesses.all.iter().map(|witness| &witness.event).chain(events).collect();
        let claim = claim(&self.matching, judged, target);
        let trial = match claim.try_on(all.iter().copied(), engine, now) {
            Ok(trial) => trial,
            Err(refusal) => return unrun(&refusal, judged, all.len()),
        };
        let refuted = self.shown(judged, target, &all, &trial, engine, now);
        // A query from elsewhere that cannot be judged on some event has not passed.
        let judgeable = matches!(judged, Judged::Own { .. }) || trial.unjudged.is_none();
        let status = match (trial.refuted.is_empty(), trial.proven() && judgeable) {
            (false, _) => Status::Refuted,
            (true, true) => Status::Agrees,
            (true, false) => Status::Unproven,
        };
        let reason = (status == Status::Unproven).then(|| match &trial.unjudged {
            Some(refusal) => reason(refusal, judged),
            None => unproven(&trial, all.len()),
        });
        let Trial { agreed, outside, storage, .. } = trial;
        Verdict { status, events: all.len(), agreed, outside, storage, refuted, reason }
    }

    /// A few of the events that refute, made small: first one of each kind of difference, and none that differs from
    /// another by case alone.
    fn shown(
        &self,
        judged: Judged<'_>,
        target: &Target,
        all: &[&Event],
        trial: &Trial,
        engine: &dyn Engine,
        now: f64,
    ) -> Vec<Refutation> {
        let mut kinds: Vec<Verdicts> = Vec::new();
        let (mut first, mut rest) = (Vec::new(), Vec::new());
        for each in &trial.refuted {
            match kinds.contains(&each.1) {
                true => rest.push(each),
                false => {
                    kinds.push(each.1);
                    first.push(each);
                }
            }
        }
        let mut refuted: Vec<Refutation> = Vec::new();
        for (n, verdicts) in first.into_iter().chain(rest).take(LOOKED_AT) {
            let Some(event) = all.get(*n).filter(|_| refuted.len() < SHOWN) else { break };
            let found = self.smallest(judged, target, event, *verdicts, engine, now);
            if !refuted
                .iter()
                .any(|known| known.verdicts == found.verdicts && folded(&known.event) == folded(&found.event))
            {
                refuted.push(found);
            }
        }
        refuted
    }

    fn smallest(
        &self,
        judged: Judged<'_>,
        target: &Target,
        event: &Event,
        verdicts: Verdicts,
        engine: &dyn Engine,
        now: f64,
    ) -> Refutation {
        let differs = |matching: &Matching, event: &Event| {
            let refutes = |judged| {
                let trial = claim(matching, judged, target).try_on([event], engine, now).ok()?;
                trial.refuted.first().map(|(_, verdicts)| *verdicts)
            };
            match judged {
                Judged::Own { options, .. } if *matching != self.matching => {
                    let outcome = target.compile(&Plan::Select(matching.clone()), options);
                    let (query, diagnostics) = (outcome.query?, outcome.diagnostics);
                    refutes(Judged::Own { query: &query, diagnostics: &diagnostics, options })
                }
                judged => refutes(judged),
            }
        };
        let own = matches!(judged, Judged::Own { .. });
        let found = shrink::smallest(&self.matching, event, verdicts, own, TRIES, &differs);
        let rule = found.rule.map(|rule| show(&rule.expr).trim_end().to_owned());
        Refutation { event: found.event, verdicts: found.verdicts, rule }
    }
}

/// The event's text without case.
fn folded(event: &Event) -> String {
    serde_json::to_string(&event.fields).unwrap_or_default().to_lowercase()
}

fn claim<'a>(matching: &'a Matching, judged: Judged<'a>, target: &'a Target) -> Claim<'a> {
    let schema = &target.schema;
    match judged {
        Judged::Own { query, diagnostics, .. } => {
            let told = Told::by(matching, diagnostics);
            Claim { matching, schema, query: &query.text, claim: query.claim, told, alone: false }
        }
        Judged::Foreign { query, .. } => {
            Claim { matching, schema, query, claim: Fidelity::Exact, told: Told::Everything, alone: true }
        }
    }
}

/// The verdict where the query was not run. A query of ours that the product would reject is refuted by that alone.
fn unrun(refusal: &Refusal, judged: Judged<'_>, events: usize) -> Verdict {
    let rejected = matches!(refusal.placed().1, Refusal::Syntax(..) | Refusal::Error(_));
    let status = match judged {
        Judged::Own { .. } if rejected => Status::Refuted,
        _ => Status::Unproven,
    };
    let reason = Some(reason(refusal, judged));
    Verdict { status, events, agreed: 0, outside: BTreeMap::new(), storage: None, refuted: Vec::new(), reason }
}

fn reason(refusal: &Refusal, judged: Judged<'_>) -> Diagnostic {
    let (at, refusal) = refusal.placed();
    let found = match refusal {
        Refusal::Syntax(_, message) => Diagnostic::new(Code::E1101, format!("the query cannot be read: {message}")),
        Refusal::Unknown(what) => Diagnostic::new(Code::E1102, format!("the engine does not know {what}"))
            .help("judge it with an engine that does: `--engine LANG=PROGRAM`"),
        Refusal::Error(message) => Diagnostic::new(Code::E1103, format!("the query fails: {message}")),
        Refusal::At(..) | Refusal::Limit => {
            Diagnostic::new(Code::E1104, "the query takes more work than the engine allows")
        }
        Refusal::Broken(why) => Diagnostic::new(Code::E1105, format!("the engine's program failed: {why}")),
    };
    match (judged, at) {
        (Judged::Foreign { source, .. }, Some(at)) => found.at(Span::new(source, at, at)),
        _ => found,
    }
}

/// Why nothing is proven although the query ran.
fn unproven(trial: &Trial, events: usize) -> Diagnostic {
    let outside = trial.outside.iter().max_by_key(|(_, events)| **events);
    let message = match outside {
        _ if events == 0 => "no event could be made from the rule".to_owned(),
        Some((why, _)) if trial.outside() == events => format!("the place holds none of the events: {why}"),
        _ if trial.both == 0 => "no event was both meant and found".to_owned(),
        _ => "no event was neither meant nor found".to_owned(),
    };
    Diagnostic::new(Code::E1107, message)
}
