//! Log sources: which events a rule speaks of (specification, section LogSource).

use std::fmt;
use std::sync::Arc;

use super::At;

/// The log source of a rule; at least one of the three is set.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct LogSource {
    /// Such as `windows`.
    pub product: Option<Arc<str>>,
    /// Such as `process_creation`.
    pub category: Option<Arc<str>>,
    /// Such as `security`.
    pub service: Option<Arc<str>>,
    /// Where the rule writes it.
    pub at: At,
}

impl LogSource {
    /// Whether every attribute set here has the same value there: filters apply to the log sources they contain,
    /// a schema's entry to those it contains (SEMANTICS 1.3).
    pub fn contains(&self, other: &LogSource) -> bool {
        let agrees = |mine: &Option<Arc<str>>, theirs: &Option<Arc<str>>| mine.is_none() || mine == theirs;
        agrees(&self.product, &other.product)
            && agrees(&self.category, &other.category)
            && agrees(&self.service, &other.service)
    }
}

/// `windows / process_creation`: product, category, service, those that are set.
impl fmt::Display for LogSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = [&self.product, &self.category, &self.service].into_iter().flatten();
        if let Some(first) = parts.next() {
            f.write_str(first)?;
        }
        parts.try_for_each(|part| write!(f, " / {part}"))
    }
}
