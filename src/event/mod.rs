//! Events: read as they come, seen by Sigma's names.

mod envelope;
#[cfg(feature = "evtx")]
mod evtx;
mod json;
mod lookup;
mod read;

use std::sync::Arc;

use serde_json::{Map, Value};

pub use read::{On, read};

/// One event. Its envelope is taken off on reading: `fields` has Sigma's names (`EventID`, `Channel`,
/// `Provider_Name`, `Computer`, and the event's own data), whatever the shape it came in.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Event {
    /// Names → values; dotted names and nested objects are found by [`Event::lookup`].
    pub fields: Map<String, Value>,
    /// Which log it comes from, as far as it says.
    pub origin: Origin,
}

/// What an event says of the log it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The Windows channel, such as `Microsoft-Windows-Sysmon/Operational`.
    pub channel: Option<Arc<str>>,
    /// The Windows provider, such as `Microsoft-Windows-Sysmon`.
    pub provider: Option<Arc<str>>,
    /// The Windows event id.
    pub event_id: Option<i64>,
}

impl Origin {
    /// Whether the event says nothing of its log.
    pub fn is_unknown(&self) -> bool {
        self.channel.is_none() && self.provider.is_none() && self.event_id.is_none()
    }

    /// What the fields under Sigma's names say.
    fn of(fields: &Map<String, Value>) -> Self {
        let text = |name| match fields.get(name) {
            Some(Value::String(text)) if !text.is_empty() => Some(Arc::from(text.as_str())),
            _ => None,
        };
        let event_id = match fields.get("EventID") {
            Some(Value::Number(number)) => number.as_i64(),
            // `04624` is another text than the id's, and equals no number (SEMANTICS 2.2).
            Some(Value::String(text)) => text.parse().ok().filter(|id: &i64| id.to_string() == *text),
            _ => None,
        };
        Origin { channel: text("Channel"), provider: text("Provider_Name"), event_id }
    }
}

impl Event {
    /// The event that a JSON object is, its envelope taken off: `Event.System` and `Event.EventData` or `UserData` as the
    /// Windows event log renders it, Winlogbeat before and since version 7, NXLog. Anything else stays as it is.
    pub fn from_json(object: Map<String, Value>) -> Self {
        let fields = envelope::open(object);
        Event { origin: Origin::of(&fields), fields }
    }
}
