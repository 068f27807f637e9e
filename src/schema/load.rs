//! A schema ready for use: looked up by log source, branch and field.

use std::sync::Arc;

use super::constant::canonical;
use super::model::{BranchFile, ColumnFile, CoverageFile, Entry, File, LogSourceFile, Scalar, Selector, TableFile};
use super::whole::WholeColumns;
use super::{Branch, Column, Coverage, Table, Text, Traits, Type, loss};
use crate::diag::{Code, Diagnostic};
use crate::ir::{Case, FieldName, LogSource, Matching};

/// A parsed schema file.
#[derive(Debug)]
pub struct Schema {
    file: File,
    /// `kql:defender`
    target: String,
}

impl Schema {
    /// Reads a schema file of a language. Error E0901 with the reader's message and line.
    pub fn parse(language: &str, text: &str) -> Result<Schema, Diagnostic> {
        let file: File = serde_yaml::from_str(text).map_err(|error| Diagnostic::new(Code::E0901, error.to_string()))?;
        let target = format!("{language}:{}", file.name);
        Ok(Schema { file, target })
    }

    /// The target's name, such as `kql:defender`.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// What the place loses of all events, as far as a placed rule sees it.
    pub(super) fn losses(&self, matching: &Matching, branches: &[Branch]) -> Vec<Diagnostic> {
        loss::notes(&self.file, matching, branches)
    }

    /// The schema's name for readers.
    pub fn title(&self) -> &str {
        &self.file.title
    }

    /// The log sources that have tables, as the schema lists them.
    pub fn logsources(&self) -> impl Iterator<Item = LogSource> {
        let held = self.file.logsources.iter().filter(|entry| entry.none.is_none());
        held.flat_map(|entry| entry.applies.as_slice()).map(selector_as_logsource)
    }

    /// The most specific entry whose attributes the log source all has; the first of equals.
    pub(super) fn logsource(&self, logsource: &LogSource) -> Option<&LogSourceFile> {
        let mut best: Option<(usize, &LogSourceFile)> = None;
        for entry in &self.file.logsources {
            for selector in entry.applies.as_slice() {
                let attributes = [&selector.product, &selector.category, &selector.service];
                let count = attributes.into_iter().flatten().count();
                let better = best.is_none_or(|(most, _)| count > most);
                let given = [&logsource.product, &logsource.category, &logsource.service];
                let more = given.into_iter().flatten().count() > count;
                if better && !(entry.alone && more) && selector_as_logsource(selector).contains(logsource) {
                    best = Some((count, entry));
                }
            }
        }
        best.map(|(_, entry)| entry)
    }

    pub(super) fn branch<'a>(
        &'a self,
        entry: &'a LogSourceFile,
        branch: &'a BranchFile,
    ) -> Result<View<'a>, Diagnostic> {
        let Some(table) = self.file.tables.get(&branch.table) else {
            let message = format!("{}: a branch names the table {}, which the schema lacks", self.target, branch.table);
            return Err(Diagnostic::new(Code::E0901, message));
        };
        Ok(View { schema: &self.file, entry, branch, table })
    }

    /// Whether some branch of the log source holds events with this id: those of a branch that selects them by id have
    /// no others, such as the events in which another sensor tells of the same thing.
    pub fn is_fed_by(&self, logsource: &LogSource, event_id: i64) -> bool {
        let Some(entry) = self.logsource(logsource) else { return false };
        let views = entry.branches.iter().filter_map(|branch| self.branch(entry, branch).ok());
        views.into_iter().any(|view| view.event_ids().is_none_or(|ids| ids.contains(&Scalar::Int(event_id))))
    }

    /// The words of events, such as `-`, for which the field's column holds nothing.
    pub fn words_for_nothing(&self, logsource: &LogSource, field: &FieldName) -> &[Arc<str>] {
        let Some(entry) = self.logsource(logsource) else { return &[] };
        let mut views = entry.branches.iter().filter_map(|branch| self.branch(entry, branch).ok());
        let words = views.find_map(|view| match view.field(field) {
            Field::Entry(Entry::Column { nothing, .. }) if !nothing.is_empty() => Some(nothing.as_slice()),
            _ => None,
        });
        words.unwrap_or_default()
    }

    /// The word that the field's column has where events have nothing.
    pub fn filling(&self, logsource: &LogSource, field: &FieldName) -> Option<&str> {
        let entry = self.logsource(logsource)?;
        let mut views = entry.branches.iter().filter_map(|branch| self.branch(entry, branch).ok());
        views.find_map(|view| match view.field(field) {
            Field::Entry(Entry::Column { filled, .. }) => filled.as_deref(),
            _ => None,
        })
    }

    /// The one text that the field has in every event of the log source that is held.
    pub fn constant(&self, logsource: &LogSource, field: &FieldName) -> Option<String> {
        let branches = &self.logsource(logsource)?.branches;
        let mut texts = branches.iter().map(|branch| branch.values.get(&field.0).map(canonical));
        let first = texts.next()??;
        texts.all(|text| text.as_ref() == Some(&first)).then_some(first)
    }

    /// For each table that holds events of the log source: its name, and of the fields those that a column of it holds
    /// whole, with that column; hexadecimal text is held whole by a number column with the trait `hex`.
    pub fn whole_columns(&self, logsource: &LogSource, fields: &[FieldName]) -> Vec<WholeColumns> {
        let Some(entry) = self.logsource(logsource) else { return Vec::new() };
        let views = entry.branches.iter().filter_map(|branch| self.branch(entry, branch).ok());
        views.map(|view| WholeColumns::of(view, fields)).collect()
    }

    /// Everything in the schema that does not fit together, in words: tables, maps and columns that are named but
    /// not there. Empty for a sound schema.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for entry in &self.file.logsources {
            for branch in &entry.branches {
                let Some(table) = self.file.tables.get(&branch.table) else {
                    problems.push(format!("no table {}", branch.table));
                    continue;
                };
                for name in branch.uses.iter().filter(|name| !self.file.maps.contains_key(*name)) {
                    problems.push(format!("{}: no map {name}", branch.table));
                }
                if table.columns.is_empty() || branch.other.is_some() {
                    continue;
                }
                let maps = branch.uses.iter().filter_map(|name| self.file.maps.get(name));
                let entries = maps.flatten().chain(&branch.fields).chain(&branch.keep);
                for (field, column) in
                    entries.flat_map(|(field, entry)| entry.columns().into_iter().map(move |c| (field, c)))
                {
                    if !table.columns.contains_key(column) {
                        problems
                            .push(format!("{}: {field} names the column {column}, which is not listed", branch.table));
                    }
                }
                for column in branch.kind.keys().filter(|column| !table.columns.contains_key(*column)) {
                    problems.push(format!("{}: the kind names the column {column}, which is not listed", branch.table));
                }
            }
        }
        problems
    }
}

fn selector_as_logsource(selector: &Selector) -> LogSource {
    LogSource {
        product: selector.product.clone(),
        category: selector.category.clone(),
        service: selector.service.clone(),
        ..LogSource::default()
    }
}

/// One branch with all it refers to.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    schema: &'a File,
    entry: &'a LogSourceFile,
    pub(super) branch: &'a BranchFile,
    pub(super) table: &'a TableFile,
}

/// What a field turned out to be.
pub(super) enum Field<'a> {
    Entry(&'a Entry),
    Constant(&'a super::model::Scalar),
    Column(Column),
    Unknown,
}

/// A name as Splunk's extractions write it (transforms.conf.spec, CLEAN_KEYS): `_` for what is no letter, digit or
/// underscore of ASCII, and none of these nor a digit before the first letter.
fn cleaned(name: &str) -> String {
    let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    name.trim_start_matches(|c: char| c == '_' || c.is_ascii_digit()).to_owned()
}

impl<'a> View<'a> {
    /// What the field is here.
    pub(super) fn field(&self, name: &FieldName) -> Field<'a> {
        let key = &name.0;
        if let Some(value) = self.branch.values.get(key) {
            return Field::Constant(value);
        }
        let named = || self.branch.uses.iter().rev().filter_map(|map| self.schema.maps.get(map));
        if let Some(entry) = self.branch.fields.get(key).or_else(|| named().find_map(|map| map.get(key))) {
            return Field::Entry(entry);
        }
        match self.branch.other.as_deref() {
            None | Some("none") => Field::Unknown,
            Some("same") => Field::Column(self.column_at(name, vec![key.clone()])),
            Some("cleaned") => match cleaned(key) {
                none if none.is_empty() => Field::Unknown,
                column => Field::Column(self.column_at(name, vec![column.into()])),
            },
            Some(template) => {
                let segments = self.split(template);
                if key.contains('.') && segments.iter().any(|part| &**part == "{word}") {
                    return Field::Unknown;
                }
                let is_name = |part: &str| matches!(part, "{}" | "{word}");
                let filled = segments.iter().map(|part| if is_name(part) { key.clone() } else { part.clone() });
                Field::Column(self.column_at(name, filled.collect()))
            }
        }
    }

    /// The stored column that holds the field whole, if one does.
    pub(super) fn whole_column(&self, field: &FieldName) -> Option<Column> {
        match self.field(field) {
            Field::Column(column) => Some(column),
            Field::Entry(Entry::Name(name)) if !matches!(&**name, "none" | "absent") => Some(self.column(field, name)),
            Field::Entry(Entry::Column { column, quoted, plus, .. }) => {
                let mut column = self.column(field, column);
                column.traits.quoted |= quoted;
                column.traits.plus |= plus;
                Some(column)
            }
            Field::Entry(Entry::Path { path, .. }) => Some(self.column_at(field, path.clone())),
            Field::Entry(Entry::Hex { hex, .. }) => {
                let mut column = self.column(field, hex);
                column.traits.hex = true;
                Some(column)
            }
            _ => None,
        }
    }

    /// Whether the events are of systems whose paths have slashes.
    pub(super) fn is_of_unix(&self) -> bool {
        let unix = |selector: &Selector| matches!(selector.product.as_deref(), Some("linux" | "macos"));
        self.entry.applies.as_slice().iter().any(unix)
    }

    /// The event ids of the branch, where it says which they are: as the value of the field, or by the column that holds it.
    pub(super) fn event_ids(&self) -> Option<&'a [Scalar]> {
        let field = FieldName::from("EventID");
        let column = match self.field(&field) {
            Field::Constant(value) => return Some(std::slice::from_ref(value)),
            Field::Entry(Entry::Name(name) | Entry::Column { column: name, .. }) => self.column(&field, name),
            Field::Column(column) => column,
            _ => return None,
        };
        self.branch
            .kind
            .iter()
            .find(|(name, _)| self.column(&field, name).from == column.from)
            .map(|(_, ids)| ids.as_slice())
    }

    /// How the text of the event kind is compared.
    pub(super) fn kind_case(&self) -> Case {
        if self.schema.fold_kinds { Case::Fold } else { Case::Exact }
    }

    /// A column by the name a schema writes.
    pub(super) fn column(&self, field: &FieldName, name: &str) -> Column {
        self.column_at(field, self.split(name))
    }

    /// A column by its path, with the type and traits the table gives it.
    pub(super) fn column_at(&self, field: &FieldName, path: Vec<Arc<str>>) -> Column {
        let joined = path.join(self.schema.separator.as_deref().unwrap_or("."));
        let (kind, mut traits) = match self.table.columns.get(joined.as_str()) {
            None => (self.schema.default_type, Traits::default()),
            Some(ColumnFile::Type(kind)) => (*kind, Traits::default()),
            Some(ColumnFile::Full { kind, traits }) => (*kind, *traits),
        };
        if traits.text == Text::Plain {
            traits.text = self.table.text;
        }
        Column::path(field, path, kind, traits)
    }

    fn split(&self, name: &str) -> Vec<Arc<str>> {
        match &self.schema.separator {
            Some(separator) => name.split(separator.as_str()).map(Arc::from).collect(),
            None => vec![name.into()],
        }
    }

    pub(super) fn table(&self) -> Table {
        Table {
            name: self.branch.table.clone(),
            time: self.table.time.clone().unwrap_or_else(|| self.schema.time.clone()),
            text: self.table.text,
            attributes: self.table.attributes.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }

    /// Whether an empty value is stored as none.
    pub(super) fn drops_empty(&self) -> bool {
        self.table.text != Text::Json && self.schema.drops_empty.is_some()
    }

    /// Whether a null is stored as the text `null`.
    pub(super) fn null_is_a_word(&self) -> bool {
        self.table.text == Text::Json && self.schema.null_is_a_word.is_some()
    }

    pub(super) fn default_type(&self) -> Type {
        self.schema.default_type
    }

    /// Whether these columns hold all text of an event: an expression of the language's own that says so, or every column
    /// of text that the table has.
    pub(super) fn is_whole_text(&self, entries: &[Entry]) -> bool {
        let named: Vec<&Arc<str>> = entries.iter().flat_map(Entry::columns).collect();
        let is_text = |file: &ColumnFile| {
            matches!(file, ColumnFile::Type(Type::String) | ColumnFile::Full { kind: Type::String, .. })
        };
        entries.iter().any(|entry| matches!(entry, Entry::Native { .. }))
            || self.table.columns.iter().all(|(name, file)| named.contains(&name) || !is_text(file))
    }

    pub(super) fn coverage(&self) -> Coverage {
        match self.branch.coverage.as_ref().or(self.entry.coverage.as_ref()) {
            None | Some(CoverageFile::Word(_)) => Coverage::Full,
            Some(CoverageFile::Partial { partial }) => Coverage::Partial(partial.clone()),
            Some(CoverageFile::Proxy { proxy }) => Coverage::Proxy(proxy.clone()),
        }
    }
}

impl Entry {
    /// The columns an entry names, as written.
    fn columns(&self) -> Vec<&Arc<str>> {
        match self {
            Entry::Name(name) if matches!(&**name, "none" | "absent") => Vec::new(),
            Entry::Name(name) | Entry::Column { column: name, .. } => vec![name],
            Entry::Hex { hex: name, .. } | Entry::Basename { basename: name } | Entry::Lookup { lookup: name, .. } => {
                vec![name]
            }
            Entry::Json { json, .. } => json.first().into_iter().collect(),
            Entry::Joined { joined: names, .. } | Entry::Registry { registry: names, .. } => names.iter().collect(),
            Entry::Any { any } => any.iter().flat_map(Entry::columns).collect(),
            Entry::Account { account: (a, b) } | Entry::RegistryData { registry_data: (a, b) } => vec![a, b],
            Entry::Hashes { hashes } => hashes.values().collect(),
            Entry::Path { .. } | Entry::Native { .. } | Entry::Value { .. } | Entry::None { .. } => Vec::new(),
        }
    }
}
