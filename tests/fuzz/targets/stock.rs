//! A few events, as the places hold them.

use std::sync::LazyLock;

use serde_json::json;
use sigmaglot::engines::{Database, Found, Refusal, Row, Stored, engine};
use sigmaglot::event::Event;

static EVENTS: LazyLock<Vec<Event>> = LazyLock::new(|| {
    let marks = |id: i64| {
        json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon", "EventID": id,
               "TimeCreated": "2026-04-01T11:30:00Z", "Computer": "host.corp.example"})
    };
    let contents = [
        (1, json!({"Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd /c \"dir\" & x", "ProcessId": 4711})),
        (1, json!({"Image": "C:\\a.exe", "CommandLine": "", "Hashes": "SHA1=0123456789012345678901234567890123456789"})),
        (3, json!({"Image": "C:\\a.exe", "DestinationIp": "10.1.2.3", "DestinationPort": 443, "Initiated": "true"})),
    ];
    let event = |(id, content): (i64, serde_json::Value)| {
        let mut fields = marks(id);
        if let (Some(all), Some(content)) = (fields.as_object_mut(), content.as_object()) {
            all.extend(content.clone());
        }
        Event::from_json(fields.as_object().cloned().unwrap_or_default())
    };
    contents.into_iter().map(event).collect()
});

/// Runs a query on what the place holds of the events.
pub fn run(language: &str, place: &str, query: &str) -> Result<Found, Refusal> {
    let engine = engine(language).expect("every language has an engine");
    let mut database = Database::new();
    for (number, event) in EVENTS.iter().enumerate() {
        let Stored::Rows(rows) = engine.store(place, event) else { continue };
        for (table, columns) in rows {
            database.entry(table).or_default().push(Row { event: number, columns });
        }
    }
    engine.run(query, &database, 1_775_044_800.0)
}
