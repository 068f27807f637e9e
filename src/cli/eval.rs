//! `sigmaglot eval`: which events the rules match.

use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use rayon::prelude::*;
use serde::Serialize;

use super::args::Eval;
use super::input::{self, Exclude, Found};
use super::load::{self, Loaded, Unit, each};
use super::report::{Reporter, count};
use super::terminal::{Terminal, clean};
use super::{Status, Stop, placeholders};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::eval::{Evaluator, Unsupported};
use crate::event::{self, Event};
use crate::ir::{LogSource, Plan};
use crate::logsource::LogSources;
use crate::lower;

/// How many events are judged at once.
const BATCH: usize = 2048;

/// A match in JSON output; the keys and their order are an interface.
#[derive(Debug, Serialize)]
struct Match<'a> {
    rule: RuleLine<'a>,
    event: EventLine<'a>,
}

#[derive(Debug, Serialize)]
struct RuleLine<'a> {
    id: Option<&'a str>,
    title: Option<&'a str>,
    level: Option<&'static str>,
    author: Option<&'a str>,
    path: &'a str,
}

#[derive(Debug, Serialize)]
struct EventLine<'a> {
    path: &'a str,
    index: usize,
}

/// A rule ready to judge events.
struct Ready<'a> {
    unit: &'a Unit,
    logsource: LogSource,
    evaluator: Evaluator,
}

/// Rules of one log source: whether an event can belong to it is asked once.
struct Group {
    logsource: LogSource,
    rules: Vec<usize>,
}

/// What the reading thread hands over.
enum Batch {
    /// The next events are of that file.
    File(String),
    Events(Vec<(usize, Event)>),
    Problem(Diagnostic),
}

/// Reads the rules once and streams the events past them.
pub(crate) fn run(args: &Eval, terminal: &mut Terminal) -> Result<Status, Stop> {
    let (rules, events) = tell_apart(args);
    let dash = |paths: &[PathBuf]| paths.iter().any(|path| path.as_os_str() == "-");
    if dash(&rules) && dash(&events) {
        return Err(Stop::Usage("rules and events cannot both come from standard input".to_owned()));
    }
    if events.is_empty() {
        return Err(Stop::Usage("no events given: name files, folders or - after the rules".to_owned()));
    }
    let options = placeholders::read(&args.values)?;
    let loaded = load::load(&rules, &args.choice)?;
    let mut reporter = Reporter::new(10);
    let (ready, refused) = prepare(&loaded, &options, &mut reporter, terminal);

    let found = input::list(&events, &Exclude::new(&[])?, &is_event_file, "events");
    let mut tally = Tally::default();
    let bar = terminal.spinner("events");
    let judge = Judge { groups: groups(&ready), ready, any: args.any_logsource };
    std::thread::scope(|scope| -> Result<(), Stop> {
        let (sender, receiver) = sync_channel(4);
        scope.spawn(move || read_all(found, &sender));
        let mut path = String::new();
        for read in receiver {
            match read {
                Batch::File(name) => path = name,
                Batch::Problem(diagnostic) => {
                    tally.problem(&diagnostic);
                    let text = reporter.report(&diagnostic, &loaded.sources, Some(&path), terminal, terminal.color_err);
                    if let Some(text) = text {
                        bar.suspend(|| terminal.message(&text));
                    }
                }
                Batch::Events(events) => {
                    tally.events += events.len();
                    for ((index, _), rules) in events.iter().zip(judge.all(&events)) {
                        for rule in rules {
                            tally.matches += 1;
                            judge.write(rule, &path, *index, &loaded, args.json, terminal)?;
                        }
                    }
                    bar.inc(events.len() as u64);
                    if terminal.live() {
                        terminal.flush()?;
                    }
                }
            }
        }
        Ok(())
    })?;
    bar.finish_and_clear();
    terminal.flush()?;
    reporter.rest(terminal.color_err).iter().for_each(|line| terminal.message(line));
    let mut summary = format!(
        "{}, {}: {}",
        count(judge.ready.len(), "rule"),
        count(tally.events, "event"),
        count(tally.matches, "match")
    );
    if refused > 0 {
        summary.push_str(&format!("; {} refused", count(refused, "rule")));
    }
    if tally.broken > 0 {
        summary.push_str(&format!("; {} could not be read", count(tally.broken, "event")));
    }
    terminal.summary(&summary);
    Ok(match (loaded.unreadable || tally.unreadable, reporter.errors) {
        (true, _) => Status::Unusable,
        (false, 0) => Status::Well,
        (false, _) => Status::Findings,
    })
}

/// The paths of rules and of events: YAML files that follow `--rules PATH` are rules.
fn tell_apart(args: &Eval) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let (more, events): (Vec<_>, Vec<_>) = args.events.iter().cloned().partition(|path| input::is_yaml(path));
    (args.rules.iter().cloned().chain(more).collect(), events)
}

/// Whether a file of a folder is taken for events.
fn is_event_file(path: &Path) -> bool {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    [".json", ".jsonl", ".ndjson", ".evtx"].iter().any(|extension| name.ends_with(extension))
}

#[derive(Default)]
struct Tally {
    events: usize,
    matches: usize,
    /// Events, records and chunks that could not be read.
    broken: usize,
    /// Whether a whole file could not be read.
    unreadable: bool,
}

impl Tally {
    fn problem(&mut self, diagnostic: &Diagnostic) {
        match diagnostic.code {
            Code::E1001 | Code::E1002 => self.broken += 1,
            _ => self.unreadable |= diagnostic.is_error(),
        }
    }
}

/// Makes evaluators of all chosen rules and reports the others; gives how many were refused.
fn prepare<'a>(
    loaded: &'a Loaded,
    options: &lower::Options,
    reporter: &mut Reporter,
    terminal: &Terminal,
) -> (Vec<Ready<'a>>, usize) {
    let made = each(loaded.units.iter().collect(), |_, unit: &Unit| {
        let mut findings = Diagnostics(unit.findings.clone());
        let plan = unit.rule.and_then(|rule| lower::lower(&loaded.collection, rule, options, &mut findings));
        let ready = plan.and_then(|plan| match (Evaluator::new(&plan), plan) {
            (Ok(evaluator), Plan::Select(matching)) => Some(Ready { unit, logsource: matching.logsource, evaluator }),
            (Err(why), _) => {
                findings.push(unsupported(loaded, unit, &why));
                None
            }
            (Ok(_), Plan::Correlate(_)) => None,
        });
        (ready, findings)
    });
    let mut ready = Vec::new();
    let mut refused = 0;
    for (unit, (made, findings)) in loaded.units.iter().zip(made) {
        // What is odd but usable, `check` tells.
        for finding in findings.0.iter().filter(|finding| finding.is_error()) {
            if let Some(text) =
                reporter.report(finding, &loaded.sources, Some(&unit.path), terminal, terminal.color_err)
            {
                terminal.message(&text);
            }
        }
        match made {
            Some(made) => ready.push(made),
            None => refused += 1,
        }
    }
    for finding in &loaded.loose {
        if let Some(text) = reporter.report(finding, &loaded.sources, None, terminal, terminal.color_err) {
            terminal.message(&text);
        }
    }
    (ready, refused)
}

fn unsupported(loaded: &Loaded, unit: &Unit, why: &Unsupported) -> Diagnostic {
    match why {
        Unsupported::Correlation => {
            let diagnostic = Diagnostic::new(Code::E0601, "correlations cannot be evaluated yet")
                .help("evaluate the rules that it refers to one by one");
            match unit.rule.and_then(|rule| loaded.collection.rules.get(rule)) {
                Some(rule) => diagnostic.at(rule.meta().title_span),
                None => diagnostic,
            }
        }
        Unsupported::Regex { at, why } => Diagnostic::new(Code::E0406, why.clone()).at(at.span),
    }
}

fn groups(ready: &[Ready<'_>]) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for (n, rule) in ready.iter().enumerate() {
        match groups.iter_mut().find(|group| group.logsource == rule.logsource) {
            Some(group) => group.rules.push(n),
            None => groups.push(Group { logsource: rule.logsource.clone(), rules: vec![n] }),
        }
    }
    groups
}

/// All rules, ready to judge.
struct Judge<'a> {
    ready: Vec<Ready<'a>>,
    groups: Vec<Group>,
    any: bool,
}

impl Judge<'_> {
    /// For each event the rules that match it, in the rules' order.
    fn all(&self, events: &[(usize, Event)]) -> Vec<Vec<usize>> {
        let each = |(_, event): &(usize, Event)| self.one(event);
        if events.len() * self.ready.len() < 256 {
            events.iter().map(each).collect()
        } else {
            events.par_iter().map(each).collect()
        }
    }

    fn one(&self, event: &Event) -> Vec<usize> {
        if self.any {
            let all = self.ready.iter().enumerate();
            return all.filter(|(_, rule)| rule.evaluator.matches(event)).map(|(n, _)| n).collect();
        }
        let mut found = Vec::new();
        for group in &self.groups {
            if LogSources::standard().admits(&group.logsource, event).is_some() {
                let matches = |n: &&usize| self.ready.get(**n).is_some_and(|rule| rule.evaluator.meant(event));
                found.extend(group.rules.iter().filter(matches));
            }
        }
        found.sort_unstable();
        found
    }

    fn write(
        &self,
        rule: usize,
        path: &str,
        index: usize,
        loaded: &Loaded,
        json: bool,
        terminal: &mut Terminal,
    ) -> io::Result<()> {
        let Some(ready) = self.ready.get(rule) else { return Ok(()) };
        let meta = ready.unit.rule.and_then(|rule| loaded.collection.rules.get(rule)).map(|rule| rule.meta());
        let level = meta.and_then(|meta| meta.level).map(|level| level.as_str());
        let (id, title) = (ready.unit.id.as_deref(), ready.unit.title.as_deref());
        if json {
            let author = meta.and_then(|meta| meta.author.as_deref());
            let rule = RuleLine { id, title, level, author, path: &ready.unit.path };
            return terminal.json(&Match { rule, event: EventLine { path, index } });
        }
        let id = id.map(|id| format!(" ({id})")).unwrap_or_default();
        let line = format!("{:13}  {}{id}  {path}#{index}", level.unwrap_or("-"), title.unwrap_or_default());
        terminal.line(&clean(&line))
    }
}

/// Reads all inputs in order and hands batches over; ends when nobody takes them any more.
fn read_all(inputs: Vec<Found>, sender: &SyncSender<Batch>) {
    for input in inputs {
        let name = match &input {
            Found::Stdin => "<stdin>".to_owned(),
            Found::File(path) | Found::Problem(path, _) => input::shown(path),
        };
        if sender.send(Batch::File(name.clone())).is_err() {
            return;
        }
        let done = match input {
            Found::Stdin => read_one(&name, &mut io::stdin().lock(), sender),
            Found::Problem(_, mut diagnostic) => {
                if diagnostic.is_error() {
                    diagnostic.code = Code::E1003;
                }
                sender.send(Batch::Problem(diagnostic)).is_ok()
            }
            Found::File(path) => match File::open(&path) {
                Ok(mut file) => read_one(&name, &mut file, sender),
                Err(error) => {
                    let message = format!("cannot be read: {}", input::reason(&error));
                    sender.send(Batch::Problem(Diagnostic::new(Code::E1003, message))).is_ok()
                }
            },
        };
        if !done {
            return;
        }
    }
}

/// Reads one input; whether somebody still listens.
fn read_one(name: &str, input: &mut dyn Read, sender: &SyncSender<Batch>) -> bool {
    let mut batch = Vec::with_capacity(BATCH);
    let mut listening = true;
    let mut hand = |read: Batch| {
        listening &= sender.send(read).is_ok();
        if listening { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    event::read(name, input, &mut |read| match read {
        Ok(event) => {
            batch.push(event);
            if batch.len() < BATCH {
                return ControlFlow::Continue(());
            }
            hand(Batch::Events(std::mem::replace(&mut batch, Vec::with_capacity(BATCH))))
        }
        Err(diagnostic) => hand(Batch::Problem(diagnostic)),
    });
    if !batch.is_empty() {
        listening &= sender.send(Batch::Events(batch)).is_ok();
    }
    listening
}
