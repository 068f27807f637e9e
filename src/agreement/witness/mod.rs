//! Witnesses: events made from a rule, whole, so that a claim can be tried where no telemetry fires.
//!
//! For each path through the rule one event that should match, and its near misses. The events are guesses that the
//! evaluator judges; nothing here decides what a rule means.

mod around;
mod build;
mod near;
mod path;
mod realistic;
mod sample;

use serde_json::{Map, Value};

use self::path::Path;
use super::path_in;
use crate::eval::Evaluator;
use crate::event::Event;
use crate::ir::{Matching, distinct};
use crate::logsource::{Example, LogSources};

/// How many ways through a rule are tried.
const PATHS: usize = 16;

/// How many guesses a way gets.
const VARIANTS: usize = 6;

/// How many matching events a way gets.
const MATCHES: usize = 3;

/// How many events a rule gets at most.
const EVENTS: usize = 700;

/// How many ways get one event and no near misses.
const ALTERNATIVES: usize = 256;

/// How many steps all those ways have together at most.
const STEPS: usize = 65_536;

/// How many bytes of text count as one value.
const BYTES: usize = 64;

/// How many values all events of a rule hold together at most, so that a rule with a great many fields or long texts takes no
/// more memory than others do.
const VALUES: usize = 200_000;

/// When witnesses happen, and where: half an hour before the clock of `verify`.
const TIME: &str = "2026-04-01T11:30:00.0000000Z";
/// The number that every record of a Windows log has.
const RECORD: u64 = 4711;
const COMPUTER: &str = "host.corp.example";

/// The fields that tell which log an event is of.
pub(super) const MARKS: [&str; 3] = ["Channel", "Provider_Name", "EventID"];

/// An event made from a rule.
#[derive(Debug, Clone)]
pub struct Witness {
    /// The event.
    pub event: Event,
    /// What the evaluator says of it.
    pub meant: bool,
    /// How it was made: `path 3`, `path 3, Image missing`.
    pub made: String,
}

/// The witnesses of a rule.
#[derive(Debug, Clone, Default)]
pub struct Witnesses {
    /// In the order they were made; the same for the same rule.
    pub all: Vec<Witness>,
    /// Ways through the rule that no guess could take.
    pub missed: usize,
    /// Ways through the rule that were tried.
    pub paths: usize,
    /// How many values the events hold together.
    values: usize,
}

impl Witnesses {
    fn has_room(&self) -> bool {
        self.all.len() < EVENTS && self.values < VALUES
    }

    /// Adds events that are not there yet, as long as there is room.
    fn add(&mut self, path: &str, made: impl IntoIterator<Item = (String, Event)>, evaluator: &Evaluator) {
        for (how, event) in made {
            if !self.has_room() {
                return;
            }
            if self.all.iter().any(|known| known.event == event) {
                continue;
            }
            self.values += size(&event);
            let meant = evaluator.meant(&event);
            let made = if how.is_empty() { path.to_owned() } else { format!("{path}, {how}") };
            self.all.push(Witness { event, meant, made });
        }
    }
}

/// How many values the event holds; a long text counts as several.
fn size(event: &Event) -> usize {
    let text = |value: &Value| value.as_str().map_or(0, str::len);
    event.fields.values().map(|value| 1 + text(value) / BYTES).sum()
}

/// A way through the rule, and the event that takes it.
struct Way<'a> {
    name: String,
    path: Path<'a>,
    event: Event,
}

/// Makes the witnesses of a rule: first the events themselves, so that a rule with many fields has them all, then the near misses.
pub fn witnesses(matching: &Matching, evaluator: &Evaluator) -> Witnesses {
    let kinds = LogSources::standard().examples(&matching.logsource);
    let mut out = Witnesses::default();
    let mut ways = Vec::new();
    for (n, path) in path::paths(&matching.expr, true, PATHS).into_iter().enumerate() {
        out.paths += 1;
        let mut matched: Vec<Event> = guesses(&kinds, n, &path, evaluator).take(MATCHES).collect();
        if matched.is_empty() {
            out.missed += 1;
            continue;
        }
        let event = matched.swap_remove(0);
        let mut made = vec![(String::new(), event.clone())];
        made.extend(matched.into_iter().map(|event| ("filled otherwise".to_owned(), event)));
        if let Some(kind) = kinds.get(n % kinds.len()) {
            made.extend(guess(kind, &path, 1, evaluator).map(|event| ("in the other order".to_owned(), event)));
        }
        made.extend(kinds.iter().map(|kind| ("nothing but the kind".to_owned(), whole(kind, Map::new(), true))));
        for kind in kinds.iter().filter(|kind| kind.event.origin != event.origin) {
            made.push(("another kind of event".to_owned(), whole(kind, content(&event), true)));
        }
        if n == 0 {
            let neighbours = LogSources::standard().neighbours(&matching.logsource);
            for kind in neighbours.iter().filter(|kind| kind.event.origin.event_id != event.origin.event_id) {
                made.push(("of another kind".to_owned(), whole(kind, content(&event), true)));
                made.push(("another event of the log".to_owned(), whole(kind, Map::new(), true)));
            }
        }
        let name = format!("path {n}");
        out.add(&name, made, evaluator);
        ways.push(Way { name, path, event });
    }
    for (n, path) in path::blocked(&matching.expr, PATHS).into_iter().enumerate() {
        let Some(kind) = kinds.first() else { break };
        let event = whole(kind, build::fields(&path, 0), true);
        let name = format!("filtered {n}");
        let other = whole(kind, build::fields(&path, 1), true);
        out.add(&name, [(String::new(), event.clone()), ("in the other order".to_owned(), other)], evaluator);
        ways.push(Way { name, path, event });
    }
    // Of the first kind, which most places hold, and then of each kind in turn.
    let alternatives = path::paths(&matching.expr, true, alternatives(matching));
    for turns in [0, 1] {
        for (n, path) in alternatives.iter().enumerate() {
            let event = guesses(&kinds, n * turns, path, evaluator).next();
            out.add(&format!("alternative {n}"), event.map(|event| (String::new(), event)), evaluator);
        }
    }
    for Way { name, path, event } in &ways {
        for step in &path.0 {
            if !out.has_room() {
                break;
            }
            out.add(name, around::misses(event, step), evaluator);
        }
    }
    for Way { name, path, event } in &ways {
        for field in path_fields(path, event) {
            if !out.has_room() {
                break;
            }
            out.add(name, near::misses(event, &field, holds_object(kinds.first(), &field)), evaluator);
        }
    }
    out
}

/// How many ways are tried with one event each, so that each value of a long list is in one.
fn alternatives(matching: &Matching) -> usize {
    let mut tests = 1;
    matching.expr.for_each_test(&mut |_| tests += 1);
    (STEPS / tests).min(ALTERNATIVES)
}

/// Events that take the way and are meant, each kind of event in its turn.
fn guesses(kinds: &[Example], n: usize, path: &Path<'_>, evaluator: &Evaluator) -> impl Iterator<Item = Event> {
    (0..VARIANTS * kinds.len()).filter_map(move |variant| {
        let kind = kinds.get((variant + n) % kinds.len())?;
        guess(kind, path, variant / kinds.len(), evaluator)
    })
}

/// The event of the kind that takes the way in this variant, if it is meant.
fn guess(kind: &Example, path: &Path<'_>, variant: usize, evaluator: &Evaluator) -> Option<Event> {
    let fields = build::fields(path, variant);
    let guesses = [whole(kind, fields.clone(), false), whole(kind, fields, true)];
    guesses.into_iter().find(|event| evaluator.meant(event))
}

/// The event's fields but those that tell which log it is of.
fn content(event: &Event) -> Map<String, Value> {
    let content = event.fields.iter().filter(|(name, _)| !MARKS.contains(&name.as_str()));
    content.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Whether every event of the kind holds an object there.
fn holds_object(kind: Option<&Example>, field: &str) -> bool {
    kind.and_then(|kind| kind.objects).is_some_and(|objects| objects.contains_key(field))
}

/// An event of the kind with these fields, under the names that it has for them. What marks the kind takes the place of
/// a field of that name where `marked`; a rule may ask for another id or provider of the same log.
fn whole(kind: &Example, mut fields: Map<String, Value>, marked: bool) -> Event {
    let own = |name: String| match kind.names.iter().find(|(sigma, _)| *sigma == name) {
        Some((_, own)) => own.clone(),
        None => name,
    };
    // A record says a thing under one spelling of its name.
    let names: Vec<String> = fields.keys().map(|name| name.to_ascii_lowercase()).collect();
    let given = |name: &str| kind.nested && names.iter().any(|given| name.eq_ignore_ascii_case(given));
    let mut all = Map::new();
    let mut add = |name: &str, value: Value| match kind.nested {
        true => {
            let members = kind.objects.and_then(|objects| objects.get(name)).and_then(|members| members.first());
            let path = members.map_or_else(|| name.to_owned(), |member| format!("{name}.{member}"));
            path_in::put(&mut all, &path, value, kind.lists);
        }
        false => {
            all.entry(name).or_insert(value);
        }
    };
    for (name, value) in &kind.event.fields {
        let own = fields.shift_remove(name).filter(|_| !marked);
        add(name, own.unwrap_or_else(|| value.clone()));
    }
    fields.into_iter().for_each(|(name, value)| add(&own(name), value));
    kind.usual.iter().filter(|(name, _)| !given(name)).for_each(|(name, value)| add(name, value.clone()));
    if !kind.event.origin.is_unknown() {
        add("TimeCreated", TIME.into());
        add("Computer", COMPUTER.into());
    }
    if kind.event.fields.contains_key("Channel") {
        add("EventRecordID", RECORD.into());
    }
    Event::from_json(all)
}

/// The fields of the event that the way asks for, keywords' texts included.
fn path_fields(path: &Path<'_>, event: &Event) -> Vec<String> {
    let mut names: Vec<String> = event.fields.keys().filter(|name| build::made(name)).cloned().collect();
    for step in &path.0 {
        if let crate::ir::Subject::Field(field) = &step.test.on
            && path_in::get(&event.fields, field.as_str()).is_some()
        {
            names.push(field.as_str().to_owned());
        }
    }
    distinct(names)
}
