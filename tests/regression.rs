//! Real events that a named rule must match, as JSON and as event logs; what a damaged event log still gives.

use std::io::{Read, Write};
use std::ops::ControlFlow;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde::Deserialize;
use serde_json::{Map, Value};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::{Event, read};
use sigmaglot::lower::Options;

use crate::rules::plans;
use crate::shared;

#[derive(Deserialize)]
struct Rule {
    rule_path: String,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
struct Test {
    path: String,
    min_matches: usize,
    events: Vec<Map<String, Value>>,
}

fn evaluator(path: &Path) -> Evaluator {
    let text = std::fs::read_to_string(path).unwrap();
    let (mut plans, findings) = plans(&text, &Options::default());
    assert_eq!(plans.len(), 1, "{}: {findings:?}", path.display());
    Evaluator::new(&plans.remove(0).1).unwrap_or_else(|unsupported| panic!("{}: {unsupported}", path.display()))
}

fn events(mut input: impl Read) -> (Vec<(usize, Event)>, Vec<String>) {
    let (mut events, mut findings) = (Vec::new(), Vec::new());
    read("log", &mut input, &mut |found| {
        match found {
            Ok(event) => events.push(event),
            Err(finding) => findings.push(format!("{} {}", finding.code, finding.message)),
        }
        ControlFlow::Continue(())
    });
    (events, findings)
}

#[test]
fn rules_match_the_real_events_made_for_them() {
    let Some(shared) = shared::folder() else { return };
    let (corpus, regression) = (shared.join("corpus"), shared.join("regression"));
    let text = std::fs::read_to_string(regression.join("regression_dev.jsonl")).unwrap();
    let mut rules = 0;
    let mut failing = Vec::new();
    for line in text.lines() {
        let rule: Rule = serde_json::from_str(line).unwrap();
        let evaluator = evaluator(&corpus.join(&rule.rule_path));
        rules += 1;
        for test in rule.tests {
            let name = Path::new(&test.path).file_name().unwrap().to_owned();
            let mut check = |form: &str, events: &[Event]| {
                let matches = events.iter().filter(|event| evaluator.meant(event)).count();
                if matches < test.min_matches {
                    failing.push(format!("{} {form}: {matches} of {}", rule.rule_path, test.min_matches));
                }
            };
            let json: Vec<_> = test.events.into_iter().map(Event::from_json).collect();
            check("json", &json);
            let file = regression.join("evtx").join(&name);
            let (events, findings) = events(std::fs::File::open(&file).unwrap());
            assert_eq!(findings, Vec::<String>::new(), "{}", file.display());
            check("evtx", &events.into_iter().map(|(_, event)| event).collect::<Vec<_>>());
        }
    }
    assert!(rules > 140, "{rules} rules");
    assert_eq!(failing, Vec::<String>::new());
}

#[test]
fn a_damaged_event_log_gives_what_is_whole() {
    let Some(shared) = shared::folder() else { return };
    let folder = shared.join("regression/evtx");
    // The log with the most records, so that damage leaves some.
    let logs = std::fs::read_dir(folder).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let log = logs.max_by_key(|log| events(&log[..]).0.len()).unwrap();
    let (whole, findings) = events(&log[..]);
    assert!(whole.len() > 1 && findings.is_empty());

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&log).unwrap();
    assert_eq!(events(&gzip.finish().unwrap()[..]), (whole.clone(), vec![]));

    // One byte of a chunk's data.
    let mut flipped = log.clone();
    flipped[4096 + 600] ^= 0xff;
    let (_, findings) = events(&flipped[..]);
    assert!(findings[0].starts_with("E1002 log: chunk 0 at byte 4096: its checksum does not fit"), "{findings:?}");

    // The chunk's magic number: nothing of it can be read, and a whole chunk behind it is.
    let mut two = log.clone();
    two.extend_from_slice(&log[4096..4096 + 65536]);
    two[4096] ^= 0xff;
    let (rest, findings) = events(&two[..]);
    assert_eq!((rest.len(), findings.len()), (whole.len(), 1));
    assert!(findings[0].starts_with("E1002 log: chunk 0 at byte 4096: "), "{findings:?}");

    // Cut off inside the chunk, behind its records.
    let (rest, findings) = events(&log[..4096 + 65536 - 100]);
    assert_eq!(rest.len(), whole.len());
    assert_eq!(findings, ["E1002 log: chunk 0 at byte 4096: ends early"]);

    // Garbage all over the records ends well.
    for seed in 1..200_usize {
        let mut garbage = log.clone();
        for n in 0..seed {
            let at = 4096 + 512 + (n * 7919 + seed * 104_729) % 3_000;
            garbage[at] = (n * seed) as u8;
        }
        assert!(!events(&garbage[..]).1.is_empty());
    }
}
