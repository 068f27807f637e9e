//! Readers: shapes of events, damaged input.

use std::io::{Read, Write};
use std::ops::ControlFlow;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sigmaglot::event::{Event, read};

/// What a reader hands on: events as `place field=value`, findings as they are shown.
fn all(mut input: &[u8]) -> (Vec<(usize, Event)>, Vec<String>) {
    let (mut events, mut findings) = (Vec::new(), Vec::new());
    read("file", &mut input, &mut |found| {
        match found {
            Ok(event) => events.push(event),
            Err(finding) => findings.push(format!("{} {}", finding.code, finding.message)),
        }
        ControlFlow::Continue(())
    });
    (events, findings)
}

/// The places and the `n` of each event, and the findings.
fn numbers(input: &str) -> (Vec<(usize, i64)>, Vec<String>) {
    let (events, findings) = all(input.as_bytes());
    let n = |event: &Event| event.fields.get("n").and_then(Value::as_i64).unwrap_or(-1);
    (events.iter().map(|(place, event)| (*place, n(event))).collect(), findings)
}

fn event(value: Value) -> Event {
    let object = value.as_object().expect("an object").clone();
    Event::from_json(object)
}

#[test]
fn json_comes_in_lines_in_a_row_or_in_a_list() {
    let expected = (vec![(0, 1), (1, 2), (2, 3)], vec![]);
    for input in [
        "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n",
        "\u{feff}{\"n\":1}\r\n\r\n{\"n\":2}\r\n  \n{\"n\":3}",
        "{\"n\":1}{\"n\":2} {\"n\":3}",
        "{\n  \"n\": 1\n}\n{\n  \"n\": 2\n}\n{\"n\":3}",
        "[{\"n\":1},{\"n\":2},{\"n\":3}]",
        "[\n  {\n    \"n\": 1\n  },\n  {\"n\": 2},\n  {\n    \"n\": 3\n  }\n]\n",
        "[{\"n\":1}]\n[{\"n\":2}, {\"n\":3}]\n",
        "{\"Records\": [{\"n\":1},{\"n\":2}]}\n{\"n\":3}",
        "{\n  \"Records\": [\n    {\"n\":1},\n    {\"n\":2}, {\"n\":3}\n  ]\n}\n",
    ] {
        assert_eq!(numbers(input), expected, "{input}");
    }
    assert_eq!(numbers(""), (vec![], vec![]));
    assert_eq!(numbers("\n \n"), (vec![], vec![]));
}

#[test]
fn what_cannot_be_read_is_reported_with_its_line_and_keeps_its_place() {
    for (bad, why) in [
        ("not json", "not a JSON object"),
        ("{\"n\": 9", "expected `,` or `}` at line 3"),
        ("{\"n\": 9,", "key must be a string at line 3"),
        ("{\"n\": nine}", "expected ident"),
        ("{\"n\": \"9", "control character (\\u0000-\\u001F) found while parsing a string"),
        ("17", "not a JSON object"),
        ("{'n': 9}", "key must be a string"),
        ("}", "not a JSON object"),
    ] {
        let (found, findings) = numbers(&format!("{{\"n\":1}}\n{bad}\n{{\"n\":3}}\n"));
        assert_eq!(found, [(0, 1), (2, 3)], "{bad}");
        assert_eq!(findings, [format!("E1001 file:2: {why}")], "{bad}");
    }
    let (found, findings) = numbers("{\"n\":1}\n{\"n\": 9,\nnot json\n\"n\": 2}\n{\"n\":5}\n");
    assert_eq!((found, findings.len()), (vec![(0, 1), (4, 5)], 3));
    let list = "[{\"n\":1}, {\"n\": x}, [2], \"a,b\", {\"n\":5}]";
    assert_eq!(numbers(list).0, [(0, 1), (4, 5)]);
    assert_eq!(numbers(list).1.len(), 3);
    let pretty = "[\n  {\n    \"n\": 1\n  },\n  {\n    \"n\": x,\n    \"y\": [\n      {\n        \"n\": 7\n      }\n    ]\n  },\n  {\n    \"n\": 3\n  }\n]\n";
    assert_eq!(numbers(pretty).0, [(0, 1), (2, 3)]);
    assert_eq!(
        numbers("{\"n\":1}\n{\"n\":"),
        (vec![(0, 1)], vec!["E1001 file:2: EOF while parsing a value".to_owned()])
    );
}

#[test]
fn strangers_files_take_bounded_time() {
    let deep = format!("{{\"n\":1}}\n{}1{}\n{{\"n\":3}}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let (found, findings) = numbers(&deep);
    assert_eq!(found, [(0, 1), (2, 3)]);
    assert_eq!(findings, ["E1001 file:2: recursion limit exceeded"]);
    // Each line could be the start of an event that goes over all the others.
    let nested = "{\"a\":[\n".repeat(200_000);
    assert!(!numbers(&nested).1.is_empty());
    let huge = format!("{{\"n\":1}}\n{{\"a\":\"{}\"}}\n{{\"n\":3}}", "x".repeat(40 << 20));
    let (found, findings) = numbers(&huge);
    assert_eq!(found, [(0, 1), (2, 3)]);
    assert_eq!(findings, ["E1001 file:2: event larger than 16 MiB"]);
}

#[test]
fn other_formats_are_told_apart_by_their_first_bytes() {
    assert_eq!(all(b"\xff\xfe{\0").1, ["E1003 file: text in UTF-16; save it as UTF-8"]);
    assert_eq!(all(b"MZ\x90\0\x03").1, ["E1003 file: neither JSON nor an event log"]);
    assert_eq!(all(b"ElfFile\0").1, ["E1003 file: the event log ends inside its header"]);
    let (events, findings) = all(b"{\"n\":\"\xff\"}\n{\"n\":2}\n");
    assert_eq!(events.len(), 1);
    assert_eq!(findings, ["E1001 file:1: invalid unicode code point"]);
}

#[test]
fn compressed_input_is_read_as_what_it_holds() {
    let plain = b"{\"n\":1}\n{\"n\":2}\n";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let zstd = zstd::encode_all(&plain[..], 3).unwrap();
    for packed in [&gzip, &zstd] {
        assert_eq!(all(packed).0.len(), 2);
    }
    let (events, findings) = all(&gzip[..gzip.len() - 6]);
    assert_eq!((events.len(), findings.len()), (2, 1));
    assert!(findings[0].starts_with("E1003 file: "), "{findings:?}");
    assert_eq!(all(&zstd::encode_all(&zstd[..], 3).unwrap()).1, ["E1003 file: compressed twice"]);
}

#[test]
fn an_input_that_fails_is_reported() {
    struct Fails(usize);
    impl Read for Fails {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let text = b"{\"n\":1}\n{\"n\"";
            let rest = &text[self.0..];
            if rest.is_empty() {
                return Err(std::io::Error::other("the disk is gone"));
            }
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.0 += count;
            Ok(count)
        }
    }
    let mut findings = Vec::new();
    read("file", &mut Fails(0), &mut |found| {
        findings.extend(found.err().map(|finding| finding.message));
        ControlFlow::Continue(())
    });
    assert_eq!(findings.last().map(String::as_str), Some("file: the disk is gone"));
}

#[test]
fn reading_stops_when_told_to() {
    let mut count = 0;
    read("file", &mut &b"{}{}{}"[..], &mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!(count, 1);
}

#[test]
fn the_windows_envelope_is_taken_off() {
    let found = event(json!({
        "Event": {
            "#attributes": {"xmlns": "http://schemas.microsoft.com/win/2004/08/events/event"},
            "System": {
                "Provider": {"#attributes": {"Name": "Microsoft-Windows-Windows Defender", "Guid": "{1}"}},
                "EventID": {"#attributes": {"Qualifiers": 0}, "#text": "1116"},
                "Level": 3,
                "TimeCreated": {"#attributes": {"SystemTime": "2024-02-29T03:05:59Z"}},
                "Channel": "Microsoft-Windows-Windows Defender/Operational",
                "Computer": "pc1",
                "Security": {"#attributes": {"UserID": "S-1-5-18"}},
                "Correlation": null
            },
            "EventData": {"Threat Name": "EICAR", "Level": "high", "Computer": "other", "Data": {"#text": ["a", "b"]}}
        },
        "note": 1
    }));
    assert_eq!(
        Value::Object(found.fields),
        json!({
            "Provider_Name": "Microsoft-Windows-Windows Defender", "Provider_Guid": "{1}", "EventID_Qualifiers": 0,
            "EventID": "1116", "Level": "high", "TimeCreated": "2024-02-29T03:05:59Z",
            "Channel": "Microsoft-Windows-Windows Defender/Operational", "Computer": "pc1", "Security_UserID": "S-1-5-18",
            "Correlation": null, "ThreatName": "EICAR", "Threat Name": "EICAR", "Data": ["a", "b"], "note": 1
        })
    );
    assert_eq!(found.origin.event_id, Some(1116));
    assert_eq!(found.origin.provider.as_deref(), Some("Microsoft-Windows-Windows Defender"));
}

#[test]
fn user_data_sits_one_element_deeper() {
    let found = event(json!({"Event": [{
        "System": {"EventID": 354, "Channel": "Microsoft-Windows-PrintService/Admin"},
        "UserData": {"InitFailed": {"#attributes": {"xmlns": "x"}, "Param1": "\\\\fs\\p"}}
    }]}));
    assert_eq!(found.fields.get("Param1"), Some(&json!("\\\\fs\\p")));
    assert_eq!(found.fields.len(), 3);
}

#[test]
fn other_collectors_shapes_have_sigmas_names_too() {
    let old = event(json!({
        "event_id": 1, "log_name": "Microsoft-Windows-Sysmon/Operational", "computer_name": "pc", "level": "Information",
        "source_name": "Microsoft-Windows-Sysmon", "event_data": {"Image": "a.exe"}
    }));
    let new = event(json!({
        "winlog": {
            "event_id": 1, "channel": "Microsoft-Windows-Sysmon/Operational", "computer_name": "pc", "task": "x",
            "provider_name": "Microsoft-Windows-Sysmon", "event_data": {"Image": "a.exe"}
        },
        "host": {"name": "pc"}
    }));
    let nxlog = event(json!({
        "EventID": 1, "Channel": "Microsoft-Windows-Sysmon/Operational", "Hostname": "pc", "Image": "a.exe",
        "SourceName": "Microsoft-Windows-Sysmon"
    }));
    for found in [&old, &new, &nxlog] {
        let field = |name: &str| found.fields.get(name).cloned().unwrap_or_default();
        assert_eq!(field("EventID"), 1);
        assert_eq!(field("Channel"), "Microsoft-Windows-Sysmon/Operational");
        assert_eq!(field("Provider_Name"), "Microsoft-Windows-Sysmon");
        assert_eq!(field("Computer"), "pc");
        assert_eq!(field("Image"), "a.exe");
        assert_eq!(found.origin.event_id, Some(1));
    }
    assert_eq!(old.fields.get("level"), Some(&json!("Information")));
    assert_eq!(new.lookup("winlog.task").map(|leaves| leaves.len()), Some(1));
    assert_eq!(nxlog.fields.get("SourceName"), Some(&json!("Microsoft-Windows-Sysmon")));
}

#[test]
fn what_is_no_envelope_stays_as_it_is() {
    for plain in [
        json!({"Event": {"name": "x"}}),
        json!({"Event": "x", "EventData": {"a": 1}}),
        json!({"eventSource": "s3.amazonaws.com", "userIdentity": {"type": "Root"}}),
        json!({"winlog": "x"}),
    ] {
        let found = event(plain.clone());
        assert!(found.origin.is_unknown());
        assert_eq!(Value::Object(found.fields), plain);
    }
}
