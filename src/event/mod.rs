//! Events: read as they come, seen by Sigma's names.

use std::sync::Arc;

use serde_json::{Map, Value};

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
