//! Engines of the user's: programs that run queries behind the protocol of `tests/engines/README.md`, lines of JSON each way.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Stop;
use crate::engines::{Database, Engine, Found, Refusal, Storage, Stored, engine};
use crate::event::Event;

/// The longest answer that is read, in bytes.
const ANSWER: u64 = 64 << 20;

/// How often a program may fail before it is left alone.
const FAILURES: usize = 3;

/// A program that runs queries; what a place stores is still said by the built-in engine.
pub(crate) struct External {
    store: &'static dyn Engine,
    hello: String,
    command: Vec<String>,
    timeout: Duration,
    /// What the program calls itself.
    pub(crate) name: String,
    /// Processes that wait for a query.
    idle: Mutex<Vec<Process>>,
    /// How often the program failed.
    failures: AtomicUsize,
    next: AtomicU64,
}

/// A running program. Its pipes are served by threads of their own, so that one that neither reads nor writes is noticed.
struct Process {
    child: Child,
    requests: Sender<String>,
    answers: Receiver<Result<String, String>>,
}

/// What a program is told first.
#[derive(Serialize)]
struct Hello<'a> {
    protocol: u32,
    language: &'a str,
    place: &'a str,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    tables: BTreeMap<String, BTreeMap<String, &'static str>>,
}

/// The answer to a query.
#[derive(Deserialize)]
struct Answer {
    id: u64,
    found: Option<Vec<usize>>,
    some: Option<bool>,
    error: Option<String>,
    kind: Option<String>,
    /// The byte of the query that an error is about.
    at: Option<usize>,
}

#[derive(Deserialize)]
struct Ready {
    ready: String,
}

impl External {
    /// The engine that `LANG=PROGRAM` names, for a place: the program is started once, to see that it answers.
    pub(crate) fn start(option: &str, place: &str, timeout: Duration) -> Result<External, Stop> {
        let usage = |message: String| Stop::Usage(message);
        let Some((language, program)) = option.split_once('=') else {
            return Err(usage(format!("--engine {option}: write LANG=PROGRAM, such as kql='python3 engine.py'")));
        };
        let store = engine(language).ok_or_else(|| usage(format!("--engine: there is no language `{language}`")))?;
        let command = words(program).ok_or_else(|| usage(format!("--engine {option}: which program?")))?;
        let hello =
            json!({ "hello": Hello { protocol: 1, language, place, tables: store.columns(place) } }).to_string();
        let mut engine = External {
            store,
            hello,
            command,
            timeout,
            name: String::new(),
            idle: Mutex::default(),
            failures: AtomicUsize::new(0),
            next: AtomicU64::new(1),
        };
        let (process, name) = engine.process().map_err(|why| usage(format!("--engine {option}: {why}")))?;
        engine.name = name;
        engine.give_back(process);
        Ok(engine)
    }

    /// A process that has said hello, and what it calls itself.
    fn process(&self) -> Result<(Process, String), String> {
        let process = Process::start(&self.command)?;
        let answer = process.ask(self.hello.clone(), self.timeout)?;
        let Ready { ready } = serde_json::from_str(&answer)
            .map_err(|_| format!("to the first line it answered {}, not {{\"ready\": NAME}}", excerpt(&answer)))?;
        Ok((process, ready))
    }

    fn idle(&self) -> Result<Process, String> {
        let waiting = self.idle.lock().ok().and_then(|mut idle| idle.pop());
        waiting.map_or_else(|| self.process().map(|(process, _)| process), Ok)
    }

    fn give_back(&self, process: Process) {
        if let Ok(mut idle) = self.idle.lock() {
            idle.push(process);
        }
    }

    fn ask(&self, query: &str, rows: &Database, now: f64) -> Result<Answer, String> {
        if self.failures.load(Ordering::Relaxed) >= FAILURES {
            return Err(format!("it failed {FAILURES} times and is not asked again"));
        }
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let stored: Vec<Value> = rows
            .iter()
            .flat_map(|(table, rows)| rows.iter().map(move |row| (table, row)))
            .map(|(table, row)| json!({"row": row.event, "table": table, "values": row.columns}))
            .collect();
        let request = json!({"id": id, "query": query, "now": now, "rows": stored}).to_string();
        let process = self.idle()?;
        let text = process.ask(request, self.timeout)?;
        let answer: Answer =
            serde_json::from_str(&text).map_err(|error| format!("it answered {}: {error}", excerpt(&text)))?;
        if answer.id != id {
            return Err(format!("it answered query {} when query {id} was asked", answer.id));
        }
        self.give_back(process);
        Ok(answer)
    }
}

impl Engine for External {
    fn language(&self) -> &'static str {
        self.store.language()
    }

    fn store(&self, place: &str, event: &Event) -> Stored {
        self.store.store(place, event)
    }

    fn storage(&self, place: &str, event: &Event, table: &str) -> Storage {
        self.store.storage(place, event, table)
    }

    fn columns(&self, place: &str) -> BTreeMap<String, BTreeMap<String, &'static str>> {
        self.store.columns(place)
    }

    fn decided(&self, query: &str) -> Map<String, Value> {
        self.store.decided(query)
    }

    fn run(&self, query: &str, rows: &Database, now: f64) -> Result<Found, Refusal> {
        let broken = |why: String| {
            self.failures.fetch_add(1, Ordering::Relaxed);
            Refusal::Broken(why)
        };
        let answer = self.ask(query, rows, now).map_err(broken)?;
        match (answer.found, answer.some, answer.error) {
            (Some(found), None, None) => {
                let known = |event: &usize| rows.values().flatten().any(|row| row.event == *event);
                match found.iter().find(|event| !known(event)) {
                    Some(event) => Err(broken(format!("it found row {event}, which was not sent"))),
                    None => Ok(Found::Events(found.into_iter().collect())),
                }
            }
            (None, Some(some), None) => Ok(Found::Any(some)),
            (None, None, Some(error)) => {
                let refusal = match answer.kind.as_deref() {
                    Some("syntax") => Refusal::Syntax(answer.at.unwrap_or(0), error),
                    Some("failed") => Refusal::Error(error),
                    Some("unknown") => Refusal::Unknown(error),
                    Some("limit") => Refusal::Limit,
                    _ => broken(format!("an error of no known kind: {}", excerpt(&error))),
                };
                Err(match answer.at {
                    Some(at) => refusal.at(at),
                    None => refusal,
                })
            }
            _ => Err(broken("its answer has not just one of `found`, `some` and `error`".to_owned())),
        }
    }
}

impl Process {
    fn start(command: &[String]) -> Result<Process, String> {
        let (program, arguments) = command.split_first().ok_or("no program")?;
        let mut child = Command::new(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let (mut stdin, stdout) = child.stdin.take().zip(child.stdout.take()).ok_or("it has no pipes")?;
        let (requests, to_write) = mpsc::channel::<String>();
        let (to_answer, answers) = mpsc::channel();
        thread::spawn(move || {
            for request in to_write {
                if stdin.write_all(request.as_bytes()).and_then(|()| stdin.write_all(b"\n")).is_err() {
                    break;
                }
                let _ = stdin.flush();
            }
        });
        thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            loop {
                let answer = line(&mut stdout);
                let last = answer.is_err();
                if to_answer.send(answer).is_err() || last {
                    break;
                }
            }
        });
        Ok(Process { child, requests, answers })
    }

    /// The next line it writes after the request.
    fn ask(&self, request: String, timeout: Duration) -> Result<String, String> {
        let ended = "it ended without an answer";
        self.requests.send(request).map_err(|_| ended)?;
        match self.answers.recv_timeout(timeout) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(format!("it did not answer within {} s", timeout.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err(ended.to_owned()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of at most [`ANSWER`] bytes.
fn line(from: &mut impl BufRead) -> Result<String, String> {
    let mut bytes = Vec::new();
    match from.take(ANSWER).read_until(b'\n', &mut bytes) {
        Err(error) => Err(format!("its answer cannot be read: {error}")),
        Ok(0) => Err("it ended without an answer".to_owned()),
        Ok(_) if bytes.last() == Some(&b'\n') => {
            String::from_utf8(bytes).map_err(|_| "it answered bytes that are no text".to_owned())
        }
        Ok(_) => Err("its answer has no end".to_owned()),
    }
}

/// The words of a command; one word where it is the path of a file.
fn words(command: &str) -> Option<Vec<String>> {
    if Path::new(command).is_file() {
        return Some(vec![command.to_owned()]);
    }
    shlex::split(command).filter(|words| !words.is_empty())
}

/// The beginning of a text that is not ours.
fn excerpt(text: &impl Display) -> String {
    let text = text.to_string();
    let short: String = text.trim_end().chars().take(200).collect();
    format!("`{short}`{}", if short.len() < text.trim_end().len() { " ..." } else { "" })
}
