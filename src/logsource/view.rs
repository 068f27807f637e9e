//! The names that an event has for rules of a log source which another kind of event usually feeds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::From;
use crate::event::Event;

/// Sigma's names for fields that the event names otherwise: 4688's `NewProcessName` is the `Image` of a process creation.
/// It adds names that the event does not carry itself.
#[derive(Debug, Clone, Copy)]
pub struct View<'a>(Option<&'a BTreeMap<String, From>>);

impl<'a> View<'a> {
    /// The event as it is.
    pub const NONE: View<'static> = View(None);

    pub(super) fn of(fields: &'a BTreeMap<String, From>) -> Self {
        View(Some(fields))
    }

    /// The names in the event that stand for a field where it is not read by its own.
    pub fn sources(&self, event: &Event, name: &str) -> Vec<&str> {
        match self.0.and_then(|fields| fields.get(name)) {
            Some(From::Instead { instead }) if event.lookup(instead).is_some() => vec![instead],
            Some(From::Instead { .. }) | None => Vec::new(),
            Some(_) if event.lookup(name).is_some() => Vec::new(),
            Some(From::Name(theirs)) => vec![theirs],
            Some(From::First(theirs)) => theirs.iter().map(String::as_str).collect(),
            Some(From::Joined { of, .. }) => of.iter().map(String::as_str).collect(),
            Some(From::Spelled { from, .. }) => vec![from],
        }
    }

    /// The leaves of a field, as [`Event::lookup`] gives them.
    pub fn lookup<'e>(&self, event: &'e Event, name: &str) -> Option<Vec<Cow<'e, Value>>> {
        let own = |name: &str| Some(event.lookup(name)?.into_iter().map(Cow::Borrowed).collect::<Vec<_>>());
        let from = self.0.and_then(|fields| fields.get(name));
        if let Some(From::Instead { instead }) = from {
            return own(instead).or_else(|| own(name));
        }
        own(name).or_else(|| match from? {
            From::Name(theirs) => own(theirs),
            From::First(theirs) => theirs.iter().find_map(|theirs| own(theirs)),
            From::Instead { .. } => None,
            From::Joined { of, with, prefixes } => {
                let parts = of.iter().map(|theirs| text(event, theirs)).collect::<Option<Vec<_>>>()?;
                let joined = parts.join(with);
                let respelled = prefixes.iter().find_map(|(theirs, sigma)| {
                    let start = joined.get(..theirs.len())?;
                    start
                        .eq_ignore_ascii_case(theirs)
                        .then(|| format!("{sigma}{}", joined.get(theirs.len()..).unwrap_or("")))
                });
                Some(vec![Cow::Owned(Value::String(respelled.unwrap_or(joined)))])
            }
            From::Spelled { from, values } => {
                let sigma = values.get(text(event, from)?)?;
                Some(vec![Cow::Owned(Value::String(sigma.clone()))])
            }
        })
    }
}

fn text<'e>(event: &'e Event, name: &str) -> Option<&'e str> {
    event.fields.get(name)?.as_str()
}
