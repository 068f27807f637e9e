//! Where a language is run: tables, columns, types, and what a rule's fields become there. `place` turns a
//! `Plan<Matching>` into branches, one a table.

mod constant;
mod kind;
mod load;
mod loss;
pub mod model;
mod place;
mod rewrite;
mod typed;
mod whole;

pub use load::Schema;
pub use place::{Placed, place};
pub use whole::WholeColumns;

use std::sync::Arc;

use crate::ir::{Expr, FieldName};

/// A column, or a value computed from columns, that a backend can test.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Column {
    /// The rule's name for it; what a computed column is called in the query.
    pub field: FieldName,
    /// Where its value comes from.
    pub from: From,
    /// The type of its values.
    pub kind: Type,
    /// What else there is to know.
    pub traits: Traits,
}

/// Where a column's value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum From {
    /// A column of the table, or a member below it: `[FolderPath]`, `[EventData, Image]`.
    Path(Arc<[Arc<str>]>),
    /// A member of a column that holds JSON as text: column, then the path inside.
    JsonText(Arc<str>, Arc<[Arc<str>]>),
    /// Several columns joined by a separator; empty where all of them are.
    Joined(Arc<[Arc<str>]>, Arc<str>),
    /// An expression of the language, from the schema (never from a rule).
    Native(Arc<str>),
}

impl Column {
    /// A column of the table with that path and type.
    pub fn path(field: &FieldName, path: impl IntoIterator<Item = Arc<str>>, kind: Type, traits: Traits) -> Self {
        Column { field: field.clone(), from: From::Path(path.into_iter().collect()), kind, traits }
    }
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Type {
    #[default]
    String,
    Int,
    Long,
    Real,
    Bool,
    Datetime,
    /// JSON of any shape: arrays and objects too.
    Dynamic,
    /// The place has no types: text that looks like a number may be one (Splunk), or the loader decides (VQL).
    Untyped,
}

impl Type {
    /// Whether values are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Type::Int | Type::Long | Type::Real)
    }
}

/// How a place spells the text of an event's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Text {
    /// As it is.
    #[default]
    Plain,
    /// As it stood in XML, with `&amp;`, `&lt;` and `&gt;`.
    Xml,
    /// As it stood in XML that writes `&quot;` too.
    XmlQuotes,
    /// As it is, in a log whose lines may have `+` for a blank.
    W3c,
    /// As a reader of JSON has it: an empty text is a value, and null is the word.
    Json,
}

impl Text {
    /// The characters that are spelled as entities, with those.
    pub fn entities(self) -> &'static [(char, &'static str)] {
        const ALL: &[(char, &str)] = &[('<', "&lt;"), ('>', "&gt;"), ('&', "&amp;"), ('"', "&quot;")];
        match self {
            Text::Plain | Text::W3c | Text::Json => &[],
            Text::Xml => ALL.split_at(3).0,
            Text::XmlQuotes => ALL,
        }
    }

    /// What a stored value says.
    pub fn read(self, stored: &str) -> String {
        let entities = self.entities();
        let (others, amp) = entities.iter().partition::<Vec<_>, _>(|(c, _)| *c != '&');
        let mut text = stored.to_owned();
        for (c, entity) in others.into_iter().chain(amp) {
            text = text.replace(entity, c.encode_utf8(&mut [0; 4]));
        }
        text
    }
}

/// What else a backend must know of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Traits {
    /// Values are stored in lower case.
    pub lower: bool,
    /// IPv4 addresses may be stored as `::ffff:a.b.c.d`.
    pub mapped: bool,
    /// A row may hold several values.
    pub multi: bool,
    /// The column may be missing in some workspaces.
    pub optional: bool,
    /// Numbers are masks and codes: written in hexadecimal where the language can.
    pub hex: bool,
    /// How values are spelled; that of the table unless the column has its own.
    pub text: Text,
    /// Values may stand in single quotes.
    pub quoted: bool,
    /// Values have `+` for each blank.
    pub plus: bool,
}

/// How much of a log source a table's sensor records.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub enum Coverage {
    /// All of it.
    #[default]
    Full,
    /// Part of it: why.
    Partial(Arc<str>),
    /// Something near it: why.
    Proxy(Arc<str>),
}

/// A table as a backend sees it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Table {
    /// Its name in queries and messages.
    pub name: Arc<str>,
    /// The column of the event's time.
    pub time: Arc<str>,
    /// How the text of values is spelled.
    pub text: Text,
    /// What only the language's backend knows what to do with (`source`, `file`, ...), from the schema.
    pub attributes: Vec<(Arc<str>, Arc<str>)>,
}

impl Table {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| &**key == name).map(|(_, value)| &**value)
    }
}

/// One table's share of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Branch {
    /// The table.
    pub table: Arc<Table>,
    /// The event kind: ActionType, EventID, channel.
    pub kind: Expr<Column>,
    /// The rule in the table's columns.
    pub filter: Expr<Column>,
    /// Columns that hunts, alerts and correlations need.
    pub keep: Vec<(FieldName, Column)>,
    /// What the table's sensor records of the log source.
    pub coverage: Coverage,
}
