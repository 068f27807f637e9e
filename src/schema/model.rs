//! The form of a schema file (`backends/<lang>/schemas/*.yml`), described in `backends/README.md`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::{Text, Traits, Type};

/// A schema file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// The part of a target behind the colon.
    pub name: String,
    /// For readers.
    pub title: String,
    /// The time column of tables that name none.
    pub time: Arc<str>,
    /// How plain strings of field maps split into a path.
    #[serde(default)]
    pub separator: Option<String>,
    /// The type of columns that no table lists.
    #[serde(default)]
    pub default_type: Type,
    /// Whether the text of event kinds comes from the events themselves, so that its case may differ.
    #[serde(default)]
    pub fold_kinds: bool,
    /// Why an empty value is stored as none, where it is.
    #[serde(default)]
    pub drops_empty: Option<Arc<str>>,
    /// What becomes of the null of tables whose text is JSON's.
    #[serde(default)]
    pub null_is_a_word: Option<Arc<str>>,
    /// The tables.
    pub tables: BTreeMap<Arc<str>, TableFile>,
    /// Field maps with a name.
    #[serde(default)]
    pub maps: BTreeMap<String, FieldMap>,
    /// What becomes of each log source.
    pub logsources: Vec<LogSourceFile>,
}

/// Fields and what they are.
pub type FieldMap = BTreeMap<Arc<str>, Entry>;

/// A table.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TableFile {
    /// The types of its columns.
    pub columns: BTreeMap<Arc<str>, ColumnFile>,
    /// Its time column.
    pub time: Option<Arc<str>>,
    /// How it spells the text of values.
    pub text: Text,
    /// Where the values of a list are, if not in the list's column.
    pub lists_elsewhere: Option<Arc<str>>,
    /// Text for the language's own code.
    pub attributes: BTreeMap<Arc<str>, Arc<str>>,
}

/// A column's type, with traits where it has any.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ColumnFile {
    /// The type alone.
    Type(Type),
    /// Type and traits.
    Full {
        /// The type.
        #[serde(rename = "type", default)]
        kind: Type,
        /// The traits.
        #[serde(flatten)]
        traits: Traits,
    },
}

/// One or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// Several.
    Many(Vec<T>),
    /// One.
    One(T),
}

impl<T> OneOrMany<T> {
    /// All of them.
    pub fn as_slice(&self) -> &[T] {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => std::slice::from_ref(one),
        }
    }
}

/// What becomes of a log source.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogSourceFile {
    /// Which.
    #[serde(rename = "for")]
    pub applies: OneOrMany<Selector>,
    /// Why it is refused.
    #[serde(default)]
    pub none: Option<Arc<str>>,
    /// How much of it is recorded.
    #[serde(default)]
    pub coverage: Option<CoverageFile>,
    /// Whether the branches hold all of its events.
    #[serde(default = "yes")]
    pub complete: bool,
    /// What else stands in the same rows and cannot be told from it.
    #[serde(default)]
    pub mixed: Option<Arc<str>>,
    /// Only for log sources without further attributes.
    #[serde(default)]
    pub alone: bool,
    /// Its tables.
    #[serde(default)]
    pub branches: Vec<BranchFile>,
}

fn yes() -> bool {
    true
}

/// The attributes a log source must have.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Selector {
    /// `product`
    pub product: Option<Arc<str>>,
    /// `category`
    pub category: Option<Arc<str>>,
    /// `service`
    pub service: Option<Arc<str>>,
}

/// How much of a log source is recorded.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum CoverageFile {
    /// All of it.
    Word(Full),
    /// Part of it.
    Partial {
        /// Why.
        partial: Arc<str>,
    },
    /// Something near it.
    Proxy {
        /// Why.
        proxy: Arc<str>,
    },
}

/// The word `full`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Full {
    /// All of it.
    Full,
}

/// A scalar of a schema.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Scalar {
    /// `true`
    Bool(bool),
    /// `4624`
    Int(i64),
    /// `text`
    Text(Arc<str>),
}

/// One table and event kind.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BranchFile {
    /// The table.
    pub table: Arc<str>,
    /// Columns and the values that select the kind.
    #[serde(default)]
    pub kind: BTreeMap<Arc<str>, OneOrMany<Scalar>>,
    /// Fields with one value.
    #[serde(default)]
    pub values: BTreeMap<Arc<str>, Scalar>,
    /// Named field maps.
    #[serde(default, rename = "use")]
    pub uses: Vec<String>,
    /// Fields.
    #[serde(default)]
    pub fields: FieldMap,
    /// `none`, `same`, `cleaned` (as Splunk writes names that it extracts), or a template with
    /// `{}`, the name, or `{word}`, a name without dots: what dots lead to may be a list, or a name with dots.
    #[serde(default)]
    pub other: Option<Arc<str>>,
    /// Why fields that are not named have no column.
    #[serde(default)]
    pub unnamed: Option<Arc<str>>,
    /// What a keyword searches.
    #[serde(default)]
    pub keywords: Option<Keywords>,
    /// Columns that alerts need.
    #[serde(default)]
    pub keep: FieldMap,
    /// Overrides the log source's.
    #[serde(default)]
    pub coverage: Option<CoverageFile>,
}

/// What a keyword searches.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Keywords {
    /// Columns.
    Columns(Vec<Entry>),
    /// One expression that holds the whole event.
    Entry(Entry),
}

/// What a field is in a table.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Entry {
    /// A column by name, or the words `none` and `absent`.
    Name(Arc<str>),
    /// A column with type and traits of its own.
    Column {
        /// Its name.
        column: Arc<str>,
        /// Its type, if not the table's.
        #[serde(rename = "type", default)]
        kind: Option<Type>,
        /// Words of events for nothing, which are stored as empty.
        #[serde(default)]
        nothing: Vec<Arc<str>>,
        /// The word that the column has where the event has nothing.
        #[serde(default)]
        filled: Option<Arc<str>>,
        /// Another name of events for the same, which the column holds as well.
        #[serde(default)]
        shared: Option<Arc<str>>,
        /// Traits.
        #[serde(default)]
        lower: bool,
        /// Traits.
        #[serde(default)]
        mapped: bool,
        /// Traits.
        #[serde(default)]
        multi: bool,
        /// Traits.
        #[serde(default)]
        optional: bool,
        /// Traits.
        #[serde(default)]
        quoted: bool,
        /// Traits.
        #[serde(default)]
        plus: bool,
    },
    /// A path spelled out.
    Path {
        /// Its segments.
        path: Vec<Arc<str>>,
        /// Its type.
        #[serde(rename = "type", default)]
        kind: Option<Type>,
    },
    /// A member of JSON text.
    Json {
        /// Column, then path.
        json: Vec<Arc<str>>,
        /// Its type.
        #[serde(rename = "type", default)]
        kind: Option<Type>,
    },
    /// An expression.
    Native {
        /// The text.
        native: Arc<str>,
        /// Its type.
        #[serde(rename = "type", default)]
        kind: Option<Type>,
        /// Whether its values are texts of objects, which equal nothing.
        #[serde(default)]
        objects: bool,
        /// Traits.
        #[serde(default)]
        multi: bool,
    },
    /// Columns joined.
    Joined {
        /// The columns.
        joined: Vec<Arc<str>>,
        /// What stands between them.
        separator: Arc<str>,
    },
    /// Any of several.
    Any {
        /// The entries.
        any: Vec<Entry>,
    },
    /// A constant.
    Value {
        /// Its value.
        value: Scalar,
    },
    /// Not held.
    None {
        /// Why.
        none: Arc<str>,
    },
    /// `DOMAIN\user`.
    Account {
        /// Domain column, name column.
        account: (Arc<str>, Arc<str>),
    },
    /// Hashes by algorithm.
    Hashes {
        /// Algorithm → column.
        hashes: BTreeMap<Arc<str>, Arc<str>>,
    },
    /// Other words.
    Lookup {
        /// The column.
        lookup: Arc<str>,
        /// Sigma's word → the column's.
        values: BTreeMap<Arc<str>, OneOrMany<Scalar>>,
    },
    /// Hexadecimal text as a number.
    Hex {
        /// The column.
        hex: Arc<str>,
        /// An expression that writes the number as Sigma does (`0x3e7`), for what no number comparison can say.
        #[serde(default)]
        text: Option<Arc<str>>,
    },
    /// `TargetObject`.
    Registry {
        /// Key column, and value name column where the event is about a value.
        registry: Vec<Arc<str>>,
        /// An expression that writes both as events do (`HKLM\..`), for what may lie in the name of the hive.
        short: Arc<str>,
    },
    /// `Details`.
    RegistryData {
        /// Type column, data column.
        registry_data: (Arc<str>, Arc<str>),
    },
    /// The file name only.
    Basename {
        /// The column.
        basename: Arc<str>,
    },
}
