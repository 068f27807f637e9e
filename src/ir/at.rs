//! Where a part of the algebra was written.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::source::Span;

/// The place in the rule that a test or value came from, and the selection it stands in.
/// Equal to every other and hashing to nothing: equality of tests is about meaning.
#[derive(Debug, Clone, Default)]
pub struct At {
    /// The bytes of the value, or of the item's key where there is no value.
    pub span: Span,
    /// The name of the selection; none for what no selection of a rule wrote (a schema's event kind).
    pub selection: Option<Arc<str>>,
}

impl At {
    /// A place in a selection.
    pub fn new(span: Span, selection: Option<Arc<str>>) -> Self {
        At { span, selection }
    }
}

impl PartialEq for At {
    fn eq(&self, _: &At) -> bool {
        true
    }
}

impl Eq for At {}

impl PartialOrd for At {
    fn partial_cmp(&self, other: &At) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for At {
    fn cmp(&self, _: &At) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Hash for At {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}
