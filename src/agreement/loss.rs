//! What a query says that the place loses of an event: no other difference between an event and what is held of it is
//! excused.

use serde_json::Value;

use crate::diag::{Code, Diagnostic};
use crate::event::Event;
use crate::ir::{Check, FieldName, Matching, distinct};

/// The losses that a query tells of.
#[derive(Debug, Clone)]
pub enum Told {
    /// All are allowed: a query of somebody else tells nothing.
    Everything,
    /// Those of the fields that its notes name.
    Fields {
        /// Fields of the rule's tests at whose lines the query has a note (W0701, W0704).
        noted: Vec<FieldName>,
        /// Whether a note says that values of lists are kept elsewhere (W0708).
        lists: bool,
    },
}

impl Told {
    /// What the diagnostics of a query say of the rule's fields.
    pub fn by(matching: &Matching, diagnostics: &[Diagnostic]) -> Told {
        let of_loss = |note: &&Diagnostic| matches!(note.code, Code::W0701 | Code::W0704);
        let spans: Vec<_> = diagnostics.iter().filter(of_loss).filter_map(|note| note.span).collect();
        let mut noted = Vec::new();
        matching.expr.for_each_test(&mut |test| {
            let patterns = match &test.check {
                Check::Like { any_of, .. } => any_of.as_slice(),
                _ => &[],
            };
            let mut lines = std::iter::once(&test.at).chain(patterns.iter().map(|(_, at)| at));
            if lines.any(|at| spans.contains(&at.span)) {
                noted.extend(test.fields().cloned());
            }
        });
        Told::Fields { noted: distinct(noted), lists: diagnostics.iter().any(|note| note.code == Code::W0708) }
    }

    /// Whether it tells that the place loses something of this field in this event.
    pub(super) fn excuses(&self, field: &FieldName, event: &Event) -> bool {
        match self {
            Told::Everything => true,
            Told::Fields { noted, lists } => {
                let name = field.as_str();
                let value = || event.fields.get(name).or_else(|| event.fields.get(name.split('.').next()?));
                noted.contains(field) || (*lists && value().is_some_and(has_list))
            }
        }
    }
}

fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Object(members) => members.values().any(has_list),
        _ => false,
    }
}
