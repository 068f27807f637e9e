//! Which rules of those read a run is about: `--min-level`, `--status`, `--product`, `--tag`, `--exclude`.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::Stop;
use super::args::Choice;
use super::input::Exclude;
use crate::link::{Collection, LinkedKind};

/// The flags, ready to be asked.
pub(crate) struct Chooser<'a> {
    choice: &'a Choice,
    exclude: &'a Exclude,
    tags: GlobSet,
}

impl<'a> Chooser<'a> {
    /// Reads the tag patterns.
    pub(crate) fn new(choice: &'a Choice, exclude: &'a Exclude) -> Result<Self, Stop> {
        let mut tags = GlobSetBuilder::new();
        for tag in &choice.tag {
            let glob = GlobBuilder::new(tag).case_insensitive(true).build();
            tags.add(glob.map_err(|error| Stop::Usage(format!("--tag `{tag}`: {}", error.kind())))?);
        }
        let tags = tags.build().map_err(|error| Stop::Usage(format!("--tag: {error}")))?;
        Ok(Chooser { choice, exclude, tags })
    }

    /// Whether the rule is chosen. A rule without the attribute that a flag asks for is not.
    pub(crate) fn takes(&self, collection: &Collection, index: usize) -> bool {
        let Some(rule) = collection.rules.get(index) else { return false };
        let meta = rule.meta();
        let choice = self.choice;
        choice.min_level.is_none_or(|least| meta.level.is_some_and(|level| level >= least))
            && (choice.status.is_empty() || meta.status.is_some_and(|status| choice.status.contains(&status)))
            && (choice.tag.is_empty() || meta.tags.iter().any(|tag| self.tags.is_match(&**tag)))
            && !meta.id.as_ref().is_some_and(|id| self.exclude.id(&id.value))
            && (choice.product.is_empty() || self.product(collection, index, 8))
    }

    /// Whether the rule is for one of the products; a correlation is where one of its rules is.
    fn product(&self, collection: &Collection, index: usize, depth: usize) -> bool {
        match collection.rules.get(index).map(|rule| &rule.kind) {
            Some(LinkedKind::Rule { rule, .. }) => {
                let product = rule.logsource.product.as_deref();
                product.is_some_and(|product| {
                    self.choice.product.iter().any(|wanted| wanted.eq_ignore_ascii_case(product))
                })
            }
            Some(LinkedKind::Correlation { rules, .. }) if depth > 0 => {
                rules.iter().any(|index| self.product(collection, *index, depth - 1))
            }
            _ => false,
        }
    }
}
