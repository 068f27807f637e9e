//! From paths to rules: reading, parsing and linking, and which rule each finding belongs to.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;

use super::Stop;
use super::args::Choice;
use super::choice::Chooser;
use super::input::{self, Exclude, Found, Text};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::link::{self, Collection, LinkedKind};
use crate::sigma::{self, Document, Meta, Rule};
use crate::source::{SourceId, Sources, Span};

/// The rules of a run, with what was found while reading them.
pub(crate) struct Loaded {
    /// All texts read.
    pub(crate) sources: Sources,
    /// All rules, those not chosen too: correlations may refer to them.
    pub(crate) collection: Collection,
    /// What the run is about, in the order of the inputs.
    pub(crate) units: Vec<Unit>,
    /// Findings about nothing in `units`: filters, empty folders.
    pub(crate) loose: Vec<Diagnostic>,
    /// Whether a path could not be read.
    pub(crate) unreadable: bool,
}

/// A rule that was chosen, or a document that gave none.
pub(crate) struct Unit {
    /// The path of its file as shown.
    pub(crate) path: Arc<str>,
    /// The document's position in its file, from 0.
    pub(crate) document: usize,
    /// Its title, as far as it can be read.
    pub(crate) title: Option<Arc<str>>,
    /// Its id, as far as it can be read.
    pub(crate) id: Option<Arc<str>>,
    /// The rule's index in the collection; none where reading or parsing failed.
    pub(crate) rule: Option<usize>,
    /// What reading, parsing and linking found.
    pub(crate) findings: Vec<Diagnostic>,
}

impl Unit {
    /// Whether its text could be read: a broken rule is one, a missing file is none.
    pub(crate) fn was_read(&self) -> bool {
        !self.findings.iter().any(|finding| finding.is_error() && NO_TEXT.contains(&finding.code))
    }
}

/// The errors of files that gave no text.
pub(crate) const NO_TEXT: [Code; 4] = [Code::E0001, Code::E0002, Code::E0003, Code::E0004];

/// Applies `work` to all, on all cores where it pays, and keeps the order.
pub(crate) fn each<T: Send, R: Send>(items: Vec<T>, work: impl Fn(usize, T) -> R + Sync + Send) -> Vec<R> {
    if items.len() < 8 {
        items.into_iter().enumerate().map(|(n, item)| work(n, item)).collect()
    } else {
        items.into_par_iter().enumerate().map(|(n, item)| work(n, item)).collect()
    }
}

/// Reads, parses and links the rules of the paths and the filters of `--filter`.
pub(crate) fn load(paths: &[PathBuf], choice: &Choice) -> Result<Loaded, Stop> {
    let exclude = Exclude::new(&choice.exclude)?;
    let chooser = Chooser::new(choice, &exclude)?;
    let mut found = input::list(&rules_of(paths), &exclude, &input::is_rule_file, "rules (.yml, .yaml)");
    let rule_files = found.len();
    found.extend(input::list(&choice.filter, &exclude, &input::is_rule_file, "filters (.yml, .yaml)"));

    let read = each(found, |n, found| parse(SourceId(u32::try_from(n).unwrap_or(u32::MAX)), found));

    let mut sources = Sources::default();
    let mut documents = Vec::new();
    let mut files = Files::default();
    let mut unreadable = false;
    for (n, file) in read.into_iter().enumerate() {
        unreadable |= file.failed;
        let id = sources.add(file.path, file.text);
        files.findings.extend(file.diagnostics.0.into_iter().map(|finding| (id, finding)));
        for document in file.documents {
            if n >= rule_files && !matches!(document, Document::Filter(_)) {
                files.findings.push((id, not_a_filter(meta(&document))));
                continue;
            }
            files.kinds.push((place_of(&document), Kind::of(&document)));
            documents.push(document);
        }
    }
    let mut linking = Diagnostics::new();
    let collection = link::link(documents, &mut linking);
    files
        .findings
        .extend(linking.0.into_iter().map(|finding| (finding.span.map_or(SourceId(0), |s| s.source), finding)));
    let (units, loose) = files.sort(&sources, &collection, &chooser, rule_files);
    Ok(Loaded { sources, collection, units, loose, unreadable })
}

/// The paths without what a shell's `*.yml` names beside the rules: events and the pack's description.
fn rules_of(paths: &[PathBuf]) -> Vec<PathBuf> {
    let beside_a_rule = |path: &PathBuf| {
        let beside = |other: &PathBuf| other.parent() == path.parent() && !input::is_companion(other);
        input::is_companion(path) && paths.iter().any(beside)
    };
    paths.iter().filter(|path| !beside_a_rule(path)).cloned().collect()
}

struct ReadFile {
    path: Arc<str>,
    text: Arc<str>,
    documents: Vec<Document>,
    diagnostics: Diagnostics,
    failed: bool,
}

fn parse(id: SourceId, found: Found) -> ReadFile {
    let Text { path, content } = input::read(found);
    let mut diagnostics = Diagnostics::new();
    let (text, documents, failed): (Arc<str>, _, _) = match content {
        Ok(text) => {
            let documents = sigma::parse(id, &text, &mut diagnostics);
            (text.into(), documents, false)
        }
        Err(finding) => {
            let failed = finding.is_error();
            diagnostics.push(finding.at(Span::new(id, 0, 0)));
            ("".into(), Vec::new(), failed)
        }
    };
    ReadFile { path: path.into(), text, documents, diagnostics, failed }
}

fn meta(document: &Document) -> &Meta {
    match document {
        Document::Rule(rule) => &rule.meta,
        Document::Correlation(correlation) => &correlation.meta,
        Document::Filter(filter) => &filter.meta,
    }
}

fn not_a_filter(meta: &Meta) -> Diagnostic {
    Diagnostic::new(Code::E0211, "a document given by `--filter` is not a filter")
        .at(meta.title_span)
        .help("give rules as PATH; a filter has a `filter:` key")
}

/// A document: its file and its position there.
type Key = (SourceId, usize);

/// What a document turned out to be.
#[derive(Debug, Clone)]
enum Kind {
    Rule(Arc<str>, Option<Arc<str>>),
    Filter,
}

impl Kind {
    fn of(document: &Document) -> Kind {
        let meta = meta(document);
        match document {
            Document::Filter(_) => Kind::Filter,
            _ => Kind::Rule(meta.title.clone(), meta.id.as_ref().map(|id| id.value.clone())),
        }
    }
}

/// Findings and documents on their way to units.
#[derive(Default)]
struct Files {
    findings: Vec<(SourceId, Diagnostic)>,
    kinds: Vec<(Span, Kind)>,
}

/// Where the documents of each text are; found when first asked for.
struct Parts<'a> {
    sources: &'a Sources,
    parts: HashMap<SourceId, Vec<Range<usize>>>,
}

impl Parts<'_> {
    fn of(&mut self, source: SourceId) -> &[Range<usize>] {
        self.parts.entry(source).or_insert_with(|| documents_of(text_of(self.sources, source)))
    }

    /// The document that holds the first byte of a span.
    fn key(&mut self, span: Span) -> Key {
        let document = self.of(span.source).partition_point(|part| part.start <= span.start as usize);
        (span.source, document.saturating_sub(1))
    }

    /// The text of a document.
    fn text(&mut self, (source, document): Key) -> &str {
        let part = self.of(source).get(document).cloned().unwrap_or_default();
        text_of(self.sources, source).get(part).unwrap_or_default()
    }
}

impl Files {
    /// Gives every finding to the rule or broken document it is about.
    fn sort(
        self,
        sources: &Sources,
        collection: &Collection,
        chooser: &Chooser<'_>,
        rule_files: usize,
    ) -> (Vec<Unit>, Vec<Diagnostic>) {
        let mut parts = Parts { sources, parts: HashMap::new() };
        let mut by_document: BTreeMap<Key, Vec<Diagnostic>> = BTreeMap::new();
        for (source, finding) in self.findings {
            let key = parts.key(finding.span.unwrap_or(Span::new(source, 0, 0)));
            by_document.entry(key).or_default().push(finding);
        }
        // Stable by place; what one stage says of the same place stays in its order.
        for findings in by_document.values_mut() {
            findings.sort_by_key(|finding| finding.span.map(|span| span.start));
        }
        let kinds: HashMap<Key, Kind> = self.kinds.into_iter().map(|(span, kind)| (parts.key(span), kind)).collect();
        let mut units: Vec<(Key, Unit)> = Vec::new();
        let mut not_chosen = Vec::new();
        for (index, rule) in collection.rules.iter().enumerate() {
            let meta = rule.meta();
            let key = parts.key(match &rule.kind {
                LinkedKind::Rule { rule, .. } => rule_place(rule),
                LinkedKind::Correlation { correlation, .. } => correlation.kind.span,
            });
            if !chooser.takes(collection, index) {
                not_chosen.push(key);
                continue;
            }
            let findings = by_document.remove(&key).unwrap_or_default();
            let title = (!meta.title.is_empty()).then(|| meta.title.clone());
            let id = meta.id.as_ref().map(|id| id.value.clone());
            let path = path_of(sources, meta.source);
            units.push((key, Unit { path, document: key.1, title, id, rule: Some(index), findings }));
        }
        for key in not_chosen {
            by_document.remove(&key);
        }
        let mut loose = Vec::new();
        for (key, findings) in by_document {
            let (source, document) = key;
            let a_rule = (source.0 as usize) < rule_files && !matches!(kinds.get(&key), Some(Kind::Filter));
            if !a_rule || !findings.iter().any(Diagnostic::is_error) {
                loose.extend(findings);
                continue;
            }
            let (title, id) = match kinds.get(&key) {
                Some(Kind::Rule(title, id)) => (Some(title.clone()), id.clone()),
                _ => {
                    let text = parts.text(key);
                    (attribute(text, "title:"), attribute(text, "id:"))
                }
            };
            let path = path_of(sources, source);
            units.push((key, Unit { path, document, title, id, rule: None, findings }));
        }
        units.sort_by_key(|(key, _)| *key);
        (units.into_iter().map(|(_, unit)| unit).collect(), loose)
    }
}

/// A place in the document that a rule was written in: the last of its parts, since `action: global` may have written
/// the others in a document before it.
fn rule_place(rule: &Rule) -> Span {
    let conditions = rule.detection.conditions.iter().map(|condition| condition.span);
    let selections = rule.detection.selections.iter().map(|selection| selection.name.span);
    let parts = conditions.chain(selections).chain([rule.meta.title_span, rule.logsource.at.span]);
    parts.filter(|span| span.source == rule.meta.source).max().unwrap_or(rule.meta.title_span)
}

fn place_of(document: &Document) -> Span {
    match document {
        Document::Rule(rule) => rule_place(rule),
        Document::Correlation(correlation) => correlation.kind.span,
        Document::Filter(filter) => filter.meta.title_span,
    }
}

fn text_of(sources: &Sources, source: SourceId) -> &str {
    sources.get(source).map(|source| &*source.text).unwrap_or_default()
}

fn path_of(sources: &Sources, source: SourceId) -> Arc<str> {
    sources.get(source).map(|source| source.path.clone()).unwrap_or_default()
}

/// The YAML documents of a text that hold more than comments. A line that starts with `---` is a marker wherever it
/// stands (YAML 1.2.2, section 9.1.3).
fn documents_of(text: &str) -> Vec<Range<usize>> {
    let marker = |line: &str| {
        line.strip_prefix("---").filter(|rest| rest.trim_end().is_empty() || rest.starts_with([' ', '\t'])).is_some()
    };
    let says = |line: &str| {
        let content = if marker(line) { line.get(3..).unwrap_or_default() } else { line };
        !matches!(content.trim_start().chars().next(), None | Some('#' | '%'))
    };
    let mut documents = Vec::new();
    let mut current = 0..0;
    let mut any = false;
    for line in text.split_inclusive('\n') {
        if marker(line) {
            if std::mem::take(&mut any) {
                documents.push(current.clone());
            }
            current.start = current.end;
        }
        current.end += line.len();
        any |= says(line);
    }
    if any {
        documents.push(current);
    }
    documents
}

/// A top-level attribute of a document that could not be parsed, as far as its line tells.
fn attribute(document: &str, key: &str) -> Option<Arc<str>> {
    let line = document.lines().find_map(|line| line.strip_prefix(key))?;
    serde_yaml::from_str::<String>(line.trim()).ok().map(Arc::from)
}
