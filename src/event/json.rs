//! JSON as event files hold it: objects a line each, one after the other over several lines, or in a list.
//!
//! The input is read block by block and an event at a time. An event that cannot be read is reported and skipped: its line,
//! or, where it goes over several, the lines up to the next one that starts an object no further to the right.

use std::io::Read;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::read::{On, fill, unreadable};
use crate::diag::{Code, Diagnostic};
use crate::event::Event;

/// How much is read at once.
const BLOCK: usize = 1 << 18;
/// The largest event that is read; Windows writes none above 64 KiB.
const LARGEST: usize = 16 << 20;

/// Reads all events of a JSON input.
pub(super) fn read(name: &str, input: &mut dyn Read, on: &mut On<'_>) {
    let mut reader = Reader {
        name,
        input,
        buffer: Vec::new(),
        at: 0,
        ended: false,
        broken: None,
        line: 1,
        indent: Some(0),
        in_list: false,
        in_records: false,
        skipping: None,
        last_line: 0,
        by_line: false,
        position: 0,
        read_again: 0,
        done: 0,
    };
    reader.grow();
    if reader.rest().starts_with(b"\xef\xbb\xbf") {
        reader.advance(3);
    }
    if reader.rest().iter().take(1024).any(|byte| *byte == 0) {
        unreadable(name, "neither JSON nor an event log", on);
        return;
    }
    while reader.step(on).is_continue() {}
    if let Some(why) = reader.broken {
        unreadable(name, &why, on);
    }
}

struct Reader<'a> {
    name: &'a str,
    input: &'a mut dyn Read,
    /// What was read and is not done with, from `at`.
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
    /// Why the input ended before its end.
    broken: Option<String>,
    line: usize,
    /// The blanks at the start of this line; none behind its first other character.
    indent: Option<usize>,
    /// Inside a list of events.
    in_list: bool,
    /// That list is the `Records` of a CloudTrail log file, and the object around it is still open.
    in_records: bool,
    /// Behind an event that could not be read: lines belong to it until one starts an object with no more blanks.
    skipping: Option<usize>,
    /// The line on which the last event ended.
    last_line: usize,
    /// Whether that event was a line of its own: then each line is.
    by_line: bool,
    /// The place of the next event.
    position: usize,
    /// Bytes read a second time after an error, to be kept below `done`: bytes that are done with.
    read_again: usize,
    done: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &[u8] {
        self.buffer.get(self.at..).unwrap_or_default()
    }

    /// Reads as much again as there is, at least a block. False at the end.
    fn grow(&mut self) -> bool {
        if self.ended {
            return false;
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        let size = self.buffer.len().max(BLOCK);
        match fill(self.input, &mut self.buffer, size) {
            Ok(read) => self.ended = read < size,
            Err(error) => {
                self.ended = true;
                self.broken = Some(error.to_string());
            }
        }
        !self.rest().is_empty()
    }

    fn peek(&mut self) -> Option<u8> {
        while self.rest().is_empty() {
            if !self.grow() {
                return None;
            }
        }
        self.rest().first().copied()
    }

    /// Passes over bytes of the buffer.
    fn advance(&mut self, count: usize) {
        let passed = self.rest().get(..count).unwrap_or_default();
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        self.line += lines;
        self.at += count;
        self.done += count;
    }

    fn step(&mut self, on: &mut On<'_>) -> ControlFlow<()> {
        let Some(byte) = self.peek() else { return ControlFlow::Break(()) };
        match byte {
            b'\n' => {
                self.advance(1);
                self.indent = Some(0);
                return ControlFlow::Continue(());
            }
            b' ' | b'\t' | b'\r' => {
                self.advance(1);
                self.indent = self.indent.map(|blanks| blanks + 1);
                return ControlFlow::Continue(());
            }
            _ => {}
        }
        if let Some(limit) = self.skipping {
            let starts = byte == b'{' && self.indent.is_none_or(|blanks| blanks <= limit);
            // `}, {`: one ends and the next begins on the line.
            let between = matches!(byte, b'}' | b',') && self.indent.is_none_or(|blanks| blanks <= limit);
            if between {
                self.advance(1);
                self.indent = None;
                return ControlFlow::Continue(());
            }
            if !starts {
                self.skip_line();
                return ControlFlow::Continue(());
            }
            self.skipping = None;
        }
        match byte {
            b'{' if !self.in_list && records(self.rest()).is_some() => {
                let length = records(self.rest()).unwrap_or(1);
                self.advance(length);
                (self.in_list, self.in_records, self.indent) = (true, true, None);
            }
            b'}' if self.in_records && !self.in_list => {
                self.in_records = false;
                self.mark(false);
            }
            b'{' => return self.event(on),
            b'[' if !self.in_list => self.mark(true),
            b']' if self.in_list => self.mark(false),
            b',' if self.in_list => self.mark(true),
            _ => return self.stray(on),
        }
        ControlFlow::Continue(())
    }

    fn mark(&mut self, in_list: bool) {
        self.advance(1);
        self.in_list = in_list;
        self.indent = None;
    }

    fn event(&mut self, on: &mut On<'_>) -> ControlFlow<()> {
        loop {
            let mut values = serde_json::Deserializer::from_slice(self.rest()).into_iter::<Map<String, Value>>();
            let result = values.next();
            let length = values.byte_offset();
            match result {
                Some(Ok(object)) => {
                    let first = self.line;
                    self.advance(length);
                    self.indent = None;
                    self.last_line = self.line;
                    self.by_line = first == self.line && !self.in_list;
                    let position = self.next_position();
                    return on(Ok((position, Event::from_json(object))));
                }
                Some(Err(error)) if error.is_eof() && !self.ended => {
                    if self.rest().len() >= LARGEST {
                        let report = self.report(&format!("event larger than {} MiB", LARGEST >> 20));
                        self.next_position();
                        self.skipping = Some(self.indent.unwrap_or(0));
                        self.advance(self.rest().len());
                        self.skip_line();
                        return on(Err(report));
                    }
                    self.grow();
                }
                Some(Err(error)) => return self.malformed(&error, on),
                None => return ControlFlow::Break(()),
            }
        }
    }

    /// Reports an event that is no JSON and goes on behind it.
    fn malformed(&mut self, error: &serde_json::Error, on: &mut On<'_>) -> ControlFlow<()> {
        let message = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let why = message.strip_suffix(&place).unwrap_or(&message);
        // Column 0 is the end of the line before.
        let report = match error.line().saturating_sub(usize::from(error.column() == 0)) {
            0 | 1 => self.report(why),
            lines => self.report(&format!("{why} at line {}", self.line + lines - 1)),
        };
        self.next_position();
        if let Some(length) = end_on_line(self.rest()) {
            self.last_line = self.line;
            self.advance(length);
            self.indent = None;
            return on(Err(report));
        }
        self.skipping = (!self.by_line).then_some(self.indent.unwrap_or(0));
        // The lines behind the first may hold events of their own. Looking at lines twice has a bound.
        self.skip_line();
        let over = error.line().saturating_sub(1);
        let length = self.rest().split_inclusive(|byte| *byte == b'\n').take(over).map(<[u8]>::len).sum::<usize>();
        if self.read_again + length > self.done + BLOCK {
            self.advance(length);
        } else {
            self.read_again += length;
        }
        on(Err(report))
    }

    /// Something else than an object where an event should be.
    fn stray(&mut self, on: &mut On<'_>) -> ControlFlow<()> {
        let report = self.report("not a JSON object");
        if self.in_list || self.last_line != self.line {
            self.next_position();
        }
        if self.in_list {
            let length = scalar(self.rest()).max(1);
            self.advance(length);
            self.indent = None;
        } else {
            self.skip_line();
        }
        on(Err(report))
    }

    fn next_position(&mut self) -> usize {
        self.position += 1;
        self.position - 1
    }

    /// Passes over the rest of the line, its end included.
    fn skip_line(&mut self) {
        loop {
            if let Some(end) = self.rest().iter().position(|byte| *byte == b'\n') {
                self.advance(end + 1);
                self.indent = Some(0);
                return;
            }
            self.advance(self.rest().len());
            if !self.grow() {
                return;
            }
        }
    }

    fn report(&self, why: &str) -> Diagnostic {
        Diagnostic::new(Code::E1001, format!("{}:{}: {why}", self.name, self.line))
    }
}

/// The length of `{"Records": [`, which opens a log file of CloudTrail (AWS CloudTrail User Guide, "CloudTrail log file
/// examples"), if the text starts so.
fn records(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for part in [b"{".as_slice(), b"\"Records\"", b":", b"["] {
        let blanks = text.get(at..)?.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        at += blanks;
        at += text.get(at..)?.starts_with(part).then_some(part.len())?;
    }
    Some(at)
}

/// The length of the object or list at the start, by its brackets alone, if it ends on the line.
fn end_on_line(text: &[u8]) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for (n, byte) in text.iter().enumerate() {
        match byte {
            b'\n' => return None,
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(n + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// The length of an element of a list that is no object.
fn scalar(text: &[u8]) -> usize {
    if text.starts_with(b"[") {
        return end_on_line(text).unwrap_or(1);
    }
    if text.starts_with(b"\"") {
        let mut escaped = false;
        let end = text.iter().skip(1).position(|byte| {
            let ends = !escaped && matches!(byte, b'"') || *byte == b'\n';
            escaped = !escaped && *byte == b'\\';
            ends
        });
        return end.map_or(text.len(), |end| end + 2);
    }
    text.iter().position(|byte| matches!(byte, b',' | b']' | b'\n')).unwrap_or(text.len())
}
