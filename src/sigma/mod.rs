//! Sigma documents, typed but as written: nothing is resolved, expanded or given a meaning here.

mod action;
mod condition;
mod context;
mod correlation;
mod detection;
mod document;
mod filter;
mod legacy;
mod lint;
mod logsource;
mod lost;
mod meta;
mod modifiers;

use std::sync::Arc;

pub use condition::selects;
pub use document::parse;

use crate::ir::{FieldName, LogSource, Number};
use crate::source::{SourceId, Span};

/// A value with the bytes it was read from.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// One YAML document.
#[derive(Debug, Clone)]
pub enum Document {
    /// A detection rule.
    Rule(Box<Rule>),
    /// A correlation rule.
    Correlation(Box<Correlation>),
    /// A filter.
    Filter(Box<Filter>),
}

/// What all three kinds of document say of themselves (specification v2.1.0, attributes; SEMANTICS 1.2).
#[derive(Debug, Clone, Default)]
pub struct Meta {
    /// The file.
    pub source: SourceId,
    /// The document's position in its file, from 0.
    pub document: usize,
    /// `title`; empty where it is missing (an error then).
    pub title: Arc<str>,
    /// Where the title is, or the document's start.
    pub title_span: Span,
    /// `id`, as written; checked to be a UUID, kept even where it is none.
    pub id: Option<Spanned<Arc<str>>>,
    /// `name`
    pub name: Option<Spanned<Arc<str>>>,
    /// `related`: id and type.
    pub related: Vec<(Arc<str>, Arc<str>)>,
    /// `taxonomy`
    pub taxonomy: Option<Arc<str>>,
    /// `status`
    pub status: Option<Status>,
    /// `level`
    pub level: Option<Level>,
    /// `description`
    pub description: Option<Arc<str>>,
    /// `license`
    pub license: Option<Arc<str>>,
    /// `author`
    pub author: Option<Arc<str>>,
    /// `references`
    pub references: Vec<Arc<str>>,
    /// `date`, as `YYYY-MM-DD`.
    pub date: Option<Arc<str>>,
    /// `modified`, as `YYYY-MM-DD`.
    pub modified: Option<Arc<str>>,
    /// `tags`
    pub tags: Vec<Arc<str>>,
    /// `falsepositives`
    pub falsepositives: Vec<Arc<str>>,
    /// `fields`
    pub fields: Vec<FieldName>,
    /// `scope`
    pub scope: Vec<Arc<str>>,
}

/// `status`, in the order of the specification's maturity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Status {
    Unsupported,
    Deprecated,
    Experimental,
    Test,
    Stable,
}

/// `level`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Level {
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

macro_rules! words {
    ($type:ident { $($variant:ident = $word:literal),* }) => {
        impl $type {
            /// Every word there is, in order.
            pub const ALL: &[$type] = &[$($type::$variant),*];

            /// The word in a rule.
            pub fn as_str(self) -> &'static str {
                match self { $($type::$variant => $word),* }
            }

            /// The value of exactly that word.
            pub fn parse(word: &str) -> Option<$type> {
                $type::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }
    };
}
words!(Status {
    Unsupported = "unsupported", Deprecated = "deprecated", Experimental = "experimental", Test = "test", Stable = "stable"
});
words!(Level {
    Informational = "informational", Low = "low", Medium = "medium", High = "high", Critical = "critical"
});

/// A detection rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// What it says of itself.
    pub meta: Meta,
    /// `logsource`
    pub logsource: LogSource,
    /// `detection`
    pub detection: Detection,
}

/// The selections and conditions of a rule or a filter.
#[derive(Debug, Clone)]
pub struct Detection {
    /// The selections in the order written; names are unique.
    pub selections: Vec<Selection>,
    /// The conditions, OR-linked where there are several (SEMANTICS 1.4); parsed, names not yet resolved.
    pub conditions: Vec<Spanned<Condition>>,
}

/// A search identifier with what it looks for.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Its name.
    pub name: Spanned<Arc<str>>,
    /// Its content.
    pub body: Group,
}

/// The content of a selection (SEMANTICS 1.4).
#[derive(Debug, Clone)]
pub enum Group {
    /// A map: its items, AND-linked.
    Map(Vec<Item>),
    /// A list with maps in it: its elements, OR-linked.
    AnyOf(Vec<Group>),
    /// Scalars in a list, or one scalar: keywords, OR-linked. An item without a field.
    Keywords(Item),
}

/// A detection item: `field|modifier|modifier: values`.
#[derive(Debug, Clone)]
pub struct Item {
    /// The field; none for keywords (`'|all': [...]` and lists of scalars).
    pub field: Option<FieldName>,
    /// The whole key (for plain keywords, the list).
    pub key: Span,
    /// The modifiers in the order written, names resolved.
    pub modifiers: Vec<Spanned<Modifier>>,
    /// The values, at least one.
    pub values: Vec<Spanned<Value>>,
    /// Whether the values were written as a list.
    pub is_list: bool,
}

/// A scalar of a rule, resolved as YAML 1.2 core schema.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Text, not yet parsed for wildcards.
    Text(Arc<str>),
    /// A number.
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// `null`, `~` or nothing.
    Null,
}

/// A modifier (SEMANTICS section 3). `wide` and `utf16le`, `i` and `ignorecase` etc. are one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum Modifier {
    Contains,
    StartsWith,
    EndsWith,
    All,
    Exists,
    Cased,
    Neq,
    Re,
    IgnoreCase,
    MultiLine,
    DotAll,
    Base64,
    Base64Offset,
    Utf16Le,
    Utf16Be,
    Utf16,
    Windash,
    Cidr,
    Lt,
    Lte,
    Gt,
    Gte,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    FieldRef,
    Expand,
}

/// A condition, as written.
#[derive(Debug, Clone)]
pub enum Condition {
    /// A selection by name.
    Name(Spanned<Arc<str>>),
    /// `1 of`, `any of` or `all of` a pattern.
    Of {
        /// `all of` rather than `1 of`.
        all: bool,
        /// `them`, or a name with `*`.
        pattern: Spanned<Arc<str>>,
    },
    /// `not`
    Not(Box<Condition>),
    /// `and`, at least two.
    And(Vec<Condition>),
    /// `or`, at least two.
    Or(Vec<Condition>),
}

/// A correlation rule (SEMANTICS 4.1), as written.
#[derive(Debug, Clone)]
pub struct Correlation {
    /// What it says of itself.
    pub meta: Meta,
    /// `type`
    pub kind: Spanned<CorrelationType>,
    /// `rules`: ids or names.
    pub rules: Vec<Spanned<Arc<str>>>,
    /// `group-by`
    pub group_by: Vec<Spanned<FieldName>>,
    /// `timespan`, in seconds.
    pub timespan: Spanned<u64>,
    /// `aliases`: alias → for each rule, its field.
    pub aliases: Vec<Alias>,
    /// `condition` as bounds, as an expression over rules, or absent.
    pub condition: CorrelationCondition,
    /// `generate`: whether the referenced rules emit queries of their own.
    pub generate: bool,
}

/// One entry of `aliases`.
#[derive(Debug, Clone)]
pub struct Alias {
    /// The name that `group-by` uses.
    pub name: Spanned<FieldName>,
    /// For each rule, by id or name, the field it stands for.
    pub fields: Vec<(Spanned<Arc<str>>, FieldName)>,
}

/// `type` of a correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the specification's")]
pub enum CorrelationType {
    EventCount,
    ValueCount,
    Temporal,
    TemporalOrdered,
    ValueSum,
    ValueAvg,
    ValuePercentile,
    ValueMedian,
}

/// `condition` of a correlation.
#[derive(Debug, Clone)]
pub enum CorrelationCondition {
    /// Absent: for temporal types, every rule.
    Default,
    /// Bounds, AND-linked, over the fields named.
    Bounds {
        /// The bounds.
        bounds: Vec<(crate::ir::Bound, Number)>,
        /// `field`
        fields: Vec<FieldName>,
        /// `percentile`
        percentile: Option<Number>,
    },
    /// An expression over rule names.
    Rules(Spanned<Condition>),
}

/// A filter (SEMANTICS 4.4).
#[derive(Debug, Clone)]
pub struct Filter {
    /// What it says of itself.
    pub meta: Meta,
    /// It applies to rules whose log source this one contains.
    pub logsource: LogSource,
    /// `rules`: ids or names it applies to; none for `any`.
    pub rules: Option<Vec<Spanned<Arc<str>>>>,
    /// Its selections and its one condition.
    pub detection: Detection,
}
