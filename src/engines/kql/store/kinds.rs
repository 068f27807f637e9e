//! Which kind of event an event is.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value as Json;

use super::forms;
use crate::event::Event;

/// How the events of a log are known: by channel and provider, or, outside of event logs, by what their records say.
#[derive(Debug, Deserialize, Clone)]
#[serde(deny_unknown_fields, untagged)]
pub(super) enum Log {
    /// An event log; event tracing has a provider alone.
    Events { channel: Option<String>, provider: String },
    /// Records that have these fields, and in some of them one of these values.
    Records {
        #[serde(default)]
        has: Vec<String>,
        #[serde(default)]
        is: BTreeMap<String, Vec<String>>,
    },
}

/// A kind of event as the file writes it: `{log: sysmon, id: 12, EventType: CreateKey}`.
#[derive(Debug, Deserialize)]
pub(super) struct KindFile {
    log: String,
    id: Option<Ids>,
    /// Fields that it must have.
    #[serde(default)]
    has: Vec<String>,
    /// Fields that no event of the kind has.
    #[serde(default)]
    lacks: Vec<String>,
    #[serde(flatten)]
    only: BTreeMap<String, Json>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Ids {
    One(i64),
    Any(Vec<i64>),
}

/// A kind of event that a table records.
pub(super) struct Kind {
    pub(super) name: String,
    log: Log,
    /// Its event ids; none where the log's events are all of the kind.
    ids: Vec<i64>,
    has: Vec<String>,
    lacks: Vec<String>,
    /// Fields that must have these values.
    only: Vec<(String, String)>,
}

impl Kind {
    pub(super) fn read(name: String, file: KindFile, logs: &BTreeMap<String, Log>) -> Result<Kind, String> {
        let log = logs.get(&file.log).cloned().ok_or_else(|| format!("{name}: there is no log {}", file.log))?;
        let ids = match file.id {
            None => Vec::new(),
            Some(Ids::One(id)) => vec![id],
            Some(Ids::Any(ids)) => ids,
        };
        let only = file.only.into_iter().map(|(field, value)| (field, forms::text(&value)));
        Ok(Kind { name, log, ids, has: file.has, lacks: file.lacks, only: only.collect() })
    }

    pub(super) fn is_of(&self, event: &Event) -> bool {
        let id = event.origin.event_id;
        self.log.is_of(event)
            && (self.ids.is_empty() || id.is_some_and(|id| self.ids.contains(&id)))
            && self.has.iter().all(|field| has(event, field))
            && !self.lacks.iter().any(|field| has(event, field))
            && self.only.iter().all(|(field, wanted)| is(event, field, &[wanted]))
    }
}

impl Log {
    fn is_of(&self, event: &Event) -> bool {
        let origin = &event.origin;
        let same = |given: &Option<Arc<str>>, wanted: &str| {
            given.as_deref().is_some_and(|given| given.eq_ignore_ascii_case(wanted))
        };
        match self {
            Log::Events { channel, provider } => {
                // The security log also has events of the log service itself.
                let services = [provider.as_str(), "Microsoft-Windows-Eventlog"];
                let provided = origin.provider.is_none() || services.iter().any(|name| same(&origin.provider, name));
                match &origin.channel {
                    Some(_) => channel.as_deref().is_some_and(|channel| same(&origin.channel, channel)) && provided,
                    None => same(&origin.provider, provider),
                }
            }
            Log::Records { has: all, is: values } => {
                origin.is_unknown()
                    && all.iter().all(|field| has(event, field))
                    && values.iter().all(|(field, values)| is(event, field, values))
            }
        }
    }
}

fn has(event: &Event, field: &str) -> bool {
    event.fields.get(field).is_some_and(|value| !value.is_null())
}

/// Whether the field's one value is one of these.
fn is(event: &Event, field: &str, values: &[impl AsRef<str>]) -> bool {
    match event.lookup(field).as_deref() {
        Some([value]) => values.iter().any(|wanted| forms::text(value) == wanted.as_ref()),
        _ => false,
    }
}
