//! Windows event log files, chunk by chunk (format: MS-EVEN6 and the `evtx` crate).

use std::error::Error;
use std::io::Read;
use std::ops::ControlFlow;
use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use serde_json::Value;

use super::read::{On, fill, unreadable};
use crate::diag::{Code, Diagnostic};
use crate::event::Event;

/// The header of the file takes one block.
const HEADER: usize = 4096;
const CHUNK: usize = 65536;

/// Reads all records in the order of the file. Chunks stand alone, so a damaged one costs its own records only, and
/// the file's header, which only counts them, is not needed.
pub(super) fn read(name: &str, input: &mut dyn Read, on: &mut On<'_>) {
    let settings = Arc::new(ParserSettings::default().indent(false));
    let mut header = Vec::new();
    match fill(input, &mut header, HEADER) {
        Ok(HEADER) => {}
        Ok(_) => return unreadable(name, "the event log ends inside its header", on),
        Err(error) => return unreadable(name, &error.to_string(), on),
    }
    let mut position = 0;
    for number in 0_usize.. {
        let mut bytes = Vec::with_capacity(CHUNK);
        match fill(input, &mut bytes, CHUNK) {
            Ok(0) => return,
            Ok(CHUNK) => {}
            Ok(_) => {
                // What is there may still hold records.
                let report = damaged(name, number, "ends early".to_owned());
                bytes.resize(CHUNK, 0);
                if on(Err(report)).is_break() {
                    return;
                }
            }
            Err(error) => return unreadable(name, &error.to_string(), on),
        }
        // Room that the log has not used yet.
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        if chunk(name, number, bytes, &settings, &mut position, on).is_break() {
            return;
        }
    }
}

fn chunk(
    name: &str,
    number: usize,
    bytes: Vec<u8>,
    settings: &Arc<ParserSettings>,
    position: &mut usize,
    on: &mut On<'_>,
) -> ControlFlow<()> {
    let mut data = match EvtxChunkData::new(bytes, false) {
        Ok(data) => data,
        Err(error) => return on(Err(damaged(name, number, reasons(&error)))),
    };
    // A log that was copied while in use has old checksums and good records: they are read all the same.
    if !data.validate_checksum() {
        on(Err(damaged(
            name,
            number,
            "its checksum does not fit; its records are read as far as they can be".to_owned(),
        )))?;
    }
    let mut chunk = match data.parse(Arc::clone(settings)) {
        Ok(chunk) => chunk,
        Err(error) => return on(Err(damaged(name, number, reasons(&error)))),
    };
    for record in chunk.iter() {
        let json = record.and_then(evtx::EvtxRecord::into_json_value);
        let event = match json {
            Ok(record) => match record.data {
                Value::Object(object) => Ok((*position, Event::from_json(object))),
                _ => Err(damaged(name, number, "a record is no element".to_owned())),
            },
            Err(error) => Err(damaged(name, number, reasons(&error))),
        };
        *position += 1;
        on(event)?;
    }
    ControlFlow::Continue(())
}

fn damaged(name: &str, chunk: usize, why: String) -> Diagnostic {
    Diagnostic::new(Code::E1002, format!("{name}: chunk {chunk} at byte {}: {why}", HEADER + chunk * CHUNK))
}

/// An error with all that caused it, in a line.
fn reasons(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
