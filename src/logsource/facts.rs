//! The form of `windows.yml`, which explains it.

use std::collections::BTreeMap;

use serde::Deserialize;

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
    use super::Facts;

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
