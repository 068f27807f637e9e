//! Any input → events: what it holds is told from its first bytes, not from its name.

use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

use super::{Event, json};
use crate::diag::{Code, Diagnostic};

/// What a reader hands on: an event with its place, counted from 0, in its file (what cannot be read keeps its
/// place, so that the others have theirs), or what is wrong. `Break` stops the reading.
pub type On<'a> = dyn FnMut(Result<(usize, Event), Diagnostic>) -> ControlFlow<()> + 'a;

/// Reads events as they come, in bounded memory: JSON (objects one after the other, in a list, a line each) or EVTX,
/// plain, gzip or zstd. `name` is used in messages alone.
///
/// # Errors
/// Go to `on`: E1001 for an event and E1002 for a chunk or record of an event log that cannot be read, after which
/// reading goes on; E1003 where the input itself fails or is in no known format.
pub fn read(name: &str, input: &mut dyn Read, on: &mut On<'_>) {
    // Compressed twice is no format of event files.
    open(name, input, on, true);
}

fn open(name: &str, input: &mut dyn Read, on: &mut On<'_>, may_be_compressed: bool) {
    let mut head = Vec::new();
    if let Err(error) = (&mut *input).take(8).read_to_end(&mut head) {
        unreadable(name, &error.to_string(), on);
        return;
    }
    let format = format(&head);
    let mut whole = Cursor::new(head).chain(input);
    match format {
        Format::Gzip | Format::Zstd if may_be_compressed => inflate(format, name, &mut whole, on),
        Format::Gzip | Format::Zstd => unreadable(name, "compressed twice", on),
        Format::EventLog => event_log(name, &mut whole, on),
        Format::Utf16 => unreadable(name, "text in UTF-16; save it as UTF-8", on),
        Format::Json => json::read(name, &mut whole, on),
    }
}

#[derive(Clone, Copy)]
enum Format {
    Gzip,
    Zstd,
    EventLog,
    Utf16,
    Json,
}

/// By the magic numbers of RFC 1952, RFC 8878, and MS-EVEN6; JSON has none.
fn format(head: &[u8]) -> Format {
    match head {
        [0x1f, 0x8b, ..] => Format::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Format::Zstd,
        b"ElfFile\0" => Format::EventLog,
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Format::Utf16,
        _ => Format::Json,
    }
}

#[cfg(feature = "cli")]
fn inflate(format: Format, name: &str, input: &mut dyn Read, on: &mut On<'_>) {
    if matches!(format, Format::Gzip) {
        open(name, &mut flate2::read::MultiGzDecoder::new(input), on, false);
        return;
    }
    match zstd::stream::read::Decoder::new(input) {
        Ok(mut decoder) => open(name, &mut decoder, on, false),
        Err(error) => unreadable(name, &error.to_string(), on),
    }
}

#[cfg(not(feature = "cli"))]
fn inflate(_: Format, name: &str, _: &mut dyn Read, on: &mut On<'_>) {
    unreadable(name, "compressed; this build reads plain files only", on);
}

#[cfg(feature = "evtx")]
fn event_log(name: &str, input: &mut dyn Read, on: &mut On<'_>) {
    super::evtx::read(name, input, on);
}

#[cfg(not(feature = "evtx"))]
fn event_log(name: &str, _: &mut dyn Read, on: &mut On<'_>) {
    unreadable(name, "an event log; this build reads JSON only", on);
}

/// Reports that the input as a whole cannot be read, or not further.
pub(super) fn unreadable(name: &str, why: &str, on: &mut On<'_>) {
    let _ = on(Err(Diagnostic::new(Code::E1003, format!("{name}: {why}"))));
}

/// Fills `buffer` as far as the input goes.
pub(super) fn fill(input: &mut dyn Read, buffer: &mut Vec<u8>, size: usize) -> io::Result<usize> {
    input.take(size as u64).read_to_end(buffer)
}
