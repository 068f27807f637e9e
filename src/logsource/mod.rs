//! Which events belong to a log source, and how a rule of it sees them.
//!
//! An event that says nothing of its log (no channel, provider or event id) may be of any log source. One that does is
//! seen by rules of a log source it can belong to; an event id alone rules out only log sources whose ids are known.

mod facts;
mod view;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::event::{Event, Origin};
use crate::ir::LogSource;

use serde_json::Value;

use facts::{Facts, From, Kind, Product, Record, Service};
pub use view::View;

/// What is known of log sources.
#[derive(Debug, Default)]
pub struct LogSources(Facts);

/// The events of one log source.
#[derive(Debug, Clone)]
pub struct Scope<'a> {
    logsource: LogSource,
    facts: &'a Facts,
}

/// A kind of event.
#[derive(Debug, Clone, Default)]
pub struct Example {
    /// An event with nothing but its marks: channel, provider, id.
    pub event: Event,
    /// Sigma's names of fields that such events carry under a name of their own: Sigma's, theirs.
    pub names: Vec<(String, String)>,
    /// Fields that every such event has, with a value one may have.
    pub usual: Vec<(String, Value)>,
    /// Whether names with dots are paths into the event.
    pub nested: bool,
    /// The paths whose values are lists.
    pub lists: &'static [String],
    /// The paths whose values are objects, with the members that hold text.
    pub objects: Option<&'static BTreeMap<String, Vec<String>>>,
}

impl LogSources {
    /// The facts that come with the program (`windows.yml`).
    pub fn standard() -> &'static LogSources {
        static STANDARD: OnceLock<LogSources> = OnceLock::new();
        STANDARD.get_or_init(|| LogSources(Facts::standard()))
    }

    /// The events of a log source.
    pub fn scope(&self, logsource: &LogSource) -> Scope<'_> {
        Scope { logsource: logsource.clone(), facts: &self.0 }
    }

    /// Each kind of event that the log source has. A single one without marks where nothing is known.
    pub fn examples(&self, logsource: &LogSource) -> Vec<Example> {
        let mut events: Vec<Example> = Vec::new();
        // A category without a product that Windows knows is shown by its Windows events.
        if let Some(facts) = self.0.product(logsource.product.as_deref().unwrap_or("windows")) {
            let named = logsource.service.as_deref().and_then(|name| facts.services.get(name));
            match logsource.category.as_deref().and_then(|name| facts.categories.get(name)) {
                Some(kinds) => events.extend(kinds.iter().flat_map(|kind| of_the_kind(kind, named, facts))),
                None => {
                    let marked = named.map(|service| marked(Some(service), None, None));
                    events.extend(marked.map(|event| Example { event, ..Example::default() }));
                }
            }
        }
        events.retain(|example| self.admits(logsource, &example.event).is_some());
        if events.is_empty() {
            events.push(Record::of(logsource).map_or_else(Example::default, |record| Example {
                names: simple_names(&record.fields),
                usual: record.usual.clone().into_iter().collect(),
                nested: !record.flat,
                lists: &record.lists,
                objects: Some(&record.objects),
                ..Example::default()
            }));
        }
        events
    }

    /// The other kinds of event that stand in the logs which the log source's own kinds are written to.
    pub fn neighbours(&self, logsource: &LogSource) -> Vec<Example> {
        let own = self.examples(logsource);
        let Some(facts) = self.0.product(logsource.product.as_deref().unwrap_or("windows")) else { return Vec::new() };
        let beside = |example: &Example| {
            let Origin { channel, event_id, .. } = &example.event.origin;
            channel.is_some()
                && own.iter().any(|own| own.event.origin.channel == *channel)
                && own.iter().all(|own| own.event.origin.event_id != *event_id)
        };
        let mut all: Vec<Example> = Vec::new();
        for example in facts.categories.values().flatten().flat_map(|kind| of_the_kind(kind, None, facts)) {
            if beside(&example) && !all.iter().any(|known| known.event == example.event) {
                all.push(example);
            }
        }
        all
    }

    /// Whether the event can belong to the log source, and the names it has there.
    pub fn admits(&self, logsource: &LogSource, event: &Event) -> Option<View<'_>> {
        self.scope(logsource).admits(event)
    }
}

impl<'a> Scope<'a> {
    /// Whether the event can belong to the log source, and the names it has there.
    pub fn admits(&self, event: &Event) -> Option<View<'a>> {
        let LogSource { product, category, service, .. } = &self.logsource;
        if event.origin.is_unknown() {
            return Some(Record::of(&self.logsource).map_or(View::NONE, |record| View::of(&record.fields)));
        }
        let of = product_of(&event.origin);
        if let (Some(product), Some(of)) = (product, of)
            && **product != *of
        {
            return None;
        }
        let Some(facts) = self.facts.product(product.as_deref().or(of).unwrap_or("windows")) else {
            // Not a product that writes event logs, and the event has an id alone.
            return Some(View::NONE);
        };
        let elsewhere = &self.facts.elsewhere;
        let is_elsewhere = category.iter().any(|name| elsewhere.categories.iter().any(|other| **name == **other))
            || service.iter().any(|name| elsewhere.services.iter().any(|other| **name == **other));
        if product.is_none() && is_elsewhere {
            return None;
        }
        // A service or category that is not known might be anything the product logs.
        if let Some(service) = service.as_ref().and_then(|name| facts.services.get(&**name))
            && !of_service(service, &event.origin)
        {
            return None;
        }
        let Some(kinds) = category.as_ref().and_then(|name| facts.categories.get(&**name)) else {
            return Some(View::NONE);
        };
        kinds.iter().find(|kind| of_kind(kind, facts, event)).map(|kind| View::of(&kind.fields))
    }
}

/// An example for each id of the kind, in the log of this service if one is given.
fn of_the_kind(kind: &Kind, named: Option<&Service>, facts: &Product) -> Vec<Example> {
    let service = named.or_else(|| kind.service.as_deref().and_then(|name| facts.services.get(name)));
    let ids: Vec<Option<i64>> = match kind.ids.as_slice() {
        [] => vec![None],
        ids => ids.iter().copied().map(Some).collect(),
    };
    let example = |id| {
        let mut event = marked(service, kind.provider.as_deref(), id);
        let only = kind.only.iter().filter_map(|(name, values)| Some((name, values.first()?)));
        event.fields.extend(only.map(|(name, value)| (name.clone(), value.as_str().into())));
        let usual = kind.usual.iter().map(|(name, value)| (name.clone(), value.as_str().into()));
        Example { event, names: simple_names(&kind.fields), usual: usual.collect(), ..Example::default() }
    };
    ids.into_iter().map(example).collect()
}

/// The fields that only have another name.
fn simple_names(fields: &BTreeMap<String, From>) -> Vec<(String, String)> {
    let names = fields.iter().filter_map(|(sigma, from)| match from {
        From::Name(name) | From::Instead { instead: name } => Some((sigma.clone(), name.clone())),
        From::First(names) => Some((sigma.clone(), names.first()?.clone())),
        From::Joined { .. } | From::Spelled { .. } => None,
    });
    names.collect()
}

/// An event with these marks.
fn marked(service: Option<&Service>, provider: Option<&str>, id: Option<i64>) -> Event {
    let mut fields = serde_json::Map::new();
    if let Some(channel) = service.and_then(|service| service.channels.first()) {
        fields.insert("Channel".to_owned(), channel.as_str().into());
    }
    if let Some(provider) =
        provider.or_else(|| service.and_then(|service| service.providers.first()).map(String::as_str))
    {
        fields.insert("Provider_Name".to_owned(), provider.into());
    }
    if let Some(id) = id {
        fields.insert("EventID".to_owned(), id.into());
    }
    Event::from_json(fields)
}

/// The product that writes such events; none for an event id alone, which tells nothing.
fn product_of(origin: &Origin) -> Option<&'static str> {
    let mark = origin.channel.as_deref().or(origin.provider.as_deref())?;
    Some(if mark.starts_with("Linux-Sysmon") { "linux" } else { "windows" })
}

fn of_service(service: &Service, origin: &Origin) -> bool {
    let among = |names: &[String], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    match (&origin.channel, &origin.provider) {
        (Some(channel), _) => among(&service.channels, channel),
        (None, Some(provider)) => service.providers.is_empty() || among(&service.providers, provider),
        (None, None) => true,
    }
}

fn of_kind(kind: &Kind, facts: &Product, event: &Event) -> bool {
    let service = kind.service.as_ref().and_then(|name| facts.services.get(name));
    let Origin { channel, provider, event_id } = &event.origin;
    // A provider's trace has no channel.
    let traced = |known: &String| match provider {
        Some(provider) => known.eq_ignore_ascii_case(provider),
        None => channel.is_none(),
    };
    service.is_none_or(|service| of_service(service, &event.origin))
        && kind.provider.as_ref().is_none_or(traced)
        && event_id.is_none_or(|id| kind.ids.is_empty() || kind.ids.contains(&id))
        && kind.only.iter().all(|(name, values)| {
            event
                .fields
                .get(name)
                .and_then(serde_json::Value::as_str)
                .is_none_or(|value| values.iter().any(|known| known.eq_ignore_ascii_case(value)))
        })
}
