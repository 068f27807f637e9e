//! The form of `windows.yml` and of `records.yml`, which explain it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::ir::LogSource;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Facts {
    windows: Product,
    linux: Product,
    pub(super) elsewhere: Elsewhere,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Product {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) categories: BTreeMap<String, Vec<Kind>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Service {
    pub(super) channels: Vec<String>,
    #[serde(default)]
    pub(super) providers: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) service: Option<String>,
    pub(super) provider: Option<String>,
    #[serde(default)]
    pub(super) ids: Vec<i64>,
    #[serde(default)]
    pub(super) only: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(super) usual: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) fields: BTreeMap<String, From>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum From {
    Name(String),
    /// The first of these that the event has.
    First(Vec<String>),
    Instead {
        instead: String,
    },
    Joined {
        of: Vec<String>,
        #[serde(default)]
        with: String,
        #[serde(default)]
        prefixes: BTreeMap<String, String>,
    },
    Spelled {
        from: String,
        values: BTreeMap<String, String>,
    },
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Elsewhere {
    pub(super) categories: Vec<String>,
    pub(super) services: Vec<String>,
}

/// The form of `records.yml`: records of a log source outside of event logs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    #[serde(rename = "for")]
    pub(super) applies: BTreeMap<String, String>,
    pub(super) usual: serde_json::Map<String, serde_json::Value>,
    #[serde(default)]
    pub(super) lists: Vec<String>,
    #[serde(default)]
    pub(super) objects: BTreeMap<String, Vec<String>>,
    /// Whether names with dots are names, not paths.
    #[serde(default)]
    pub(super) flat: bool,
    /// Sigma's names of what the record names otherwise.
    #[serde(default)]
    pub(super) fields: BTreeMap<String, From>,
}

impl Record {
    /// The embedded file; a test reads it, so that it cannot fail here.
    pub(super) fn all() -> &'static [Record] {
        static RECORDS: LazyLock<Vec<Record>> =
            LazyLock::new(|| serde_yaml::from_str(include_str!("records.yml")).unwrap_or_default());
        &RECORDS
    }

    /// What is known of the log source's records.
    pub(super) fn of(logsource: &LogSource) -> Option<&'static Record> {
        Record::all().iter().find(|record| record.is_of(logsource))
    }

    fn is_of(&self, logsource: &LogSource) -> bool {
        let LogSource { product, category, service, .. } = logsource;
        let given = [("product", product), ("category", category), ("service", service)];
        self.applies.iter().all(|(name, wanted)| {
            given.iter().any(|(key, value)| key == name && value.as_deref() == Some(wanted.as_str()))
        })
    }
}

impl Facts {
    /// The embedded file; a test reads it, so that it cannot fail here.
    pub(super) fn standard() -> Self {
        Self::read(include_str!("windows.yml")).unwrap_or_default()
    }

    fn read(text: &str) -> Result<Self, serde_yaml::Error> {
        serde_yaml::from_str(text)
    }

    pub(super) fn product(&self, name: &str) -> Option<&Product> {
        match name {
            "windows" => Some(&self.windows),
            "linux" => Some(&self.linux),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Facts, Record};

    #[test]
    fn the_embedded_records_can_be_read() {
        let records: Vec<Record> = serde_yaml::from_str(include_str!("records.yml")).unwrap();
        assert!(records.len() > 20 && Record::all().len() == records.len());
    }

    #[test]
    fn the_embedded_facts_can_be_read_and_refer_to_services_that_exist() {
        let facts = Facts::read(include_str!("windows.yml")).unwrap();
        for product in [&facts.windows, &facts.linux] {
            for (name, kinds) in &product.categories {
                for kind in kinds {
                    let known = kind.service.as_ref().is_some_and(|service| product.services.contains_key(service));
                    assert!(known != kind.provider.is_some(), "{name}");
                }
            }
        }
    }
}
