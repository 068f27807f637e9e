//! Parser events → tree, with every limit that keeps a hostile file cheap.

use std::collections::HashMap;
use std::sync::Arc;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StrInput};

use super::{Kind, Node, Scalar, Style, Tag};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::{SourceId, Span};

/// The size of a file that is still read: 10 MB, about a thousand times the largest rule in use.
pub const MAX_BYTES: usize = 10 << 20;
/// The values of a file: more than a file of that size full of rules has.
const MAX_NODES: usize = 1_000_000;
/// The nesting of a document, flow or block; rules nest five deep.
const MAX_DEPTH: usize = 64;
/// The values that the aliases of a file may stand for.
const MAX_ALIASED: usize = 100_000;
/// The documents of one file that may be broken before the file is given up.
const MAX_BROKEN: usize = 100;

/// Reads all documents of a text. A document that cannot be read is reported and left out, and the next one is
/// tried; an empty document (`---` at the end) is left out.
/// Errors: E0003, E0004, E0101, E0102, E0104, E0105.
pub fn read(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let mut documents = read_with_duplicates(source, text, diagnostics);
    documents.retain(|document| unique_keys(document, diagnostics));
    documents
}

/// [`read`] without the check for keys that occur twice: who has a better explanation for them makes that check
/// ([`unique_keys`]) later.
pub fn read_with_duplicates(source: SourceId, text: &str, diagnostics: &mut Diagnostics) -> Vec<Node> {
    if text.len() > MAX_BYTES {
        let message = format!("file has {} bytes; at most {MAX_BYTES} are read", text.len());
        diagnostics.push(Diagnostic::new(Code::E0004, message).help("split the file: a rule each is best"));
        return Vec::new();
    }
    let control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r');
    if let Some((place, character)) = text.char_indices().find(|(_, c)| control(*c)) {
        let code = u32::from(character);
        diagnostics.push(
            Diagnostic::new(Code::E0101, format!("control character U+{code:04X}: this is no YAML text"))
                .at(Span::new(source, place, place + 1))
                .help("YAML is text; a control character in a value is written as an escape in double quotes, such as \"\\x01\""),
        );
        return Vec::new();
    }
    let mut reader = Reader { source, text, nodes: 0, aliased: 0, broken: 0, diagnostics };
    let (documents, seen) = reader.documents();
    if documents.is_empty() && !seen {
        diagnostics.push(
            Diagnostic::new(Code::E0003, "file holds no document")
                .at(Span::new(source, 0, 0))
                .help("a rule needs at least `title`, `logsource` and `detection`"),
        );
    }
    documents
}

/// Reports keys that occur twice in one map (E0102); whether there are none.
pub fn unique_keys(node: &Node, diagnostics: &mut Diagnostics) -> bool {
    match &node.kind {
        Kind::Scalar(_) => true,
        Kind::Seq(items) => items.iter().filter(|item| !unique_keys(item, diagnostics)).count() == 0,
        Kind::Map(pairs) => {
            let mut seen: HashMap<&str, Span> = HashMap::with_capacity(pairs.len());
            let mut good = true;
            for (key, value) in pairs {
                if let Some(first) = seen.insert(key.key(), key.span) {
                    good = false;
                    diagnostics.push(
                        Diagnostic::new(Code::E0102, format!("key `{}` occurs twice in one map", key.key()))
                            .at(key.span)
                            .label("again")
                            .also(first, "first here")
                            .help(
                                "some readers keep only the last one; join both values in a list, or give one another name",
                            ),
                    );
                }
                good = unique_keys(value, diagnostics) && good;
            }
            good
        }
    }
}

/// Why a document was given up.
enum Failure {
    Scan(ScanError),
    Found(Box<Diagnostic>),
    /// The whole file is given up.
    Fatal(Box<Diagnostic>),
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Failure::Found(Box::new(diagnostic))
    }
}

struct Reader<'a> {
    source: SourceId,
    text: &'a str,
    nodes: usize,
    aliased: usize,
    broken: usize,
    diagnostics: &'a mut Diagnostics,
}

/// A list or map that is still open.
struct Open {
    kind: Kind,
    /// The key whose value comes next.
    key: Option<Node>,
    start: usize,
    anchor: usize,
    size: usize,
    height: usize,
}

/// What an anchor stands for.
struct Anchored {
    node: Node,
    size: usize,
    height: usize,
}

impl Reader<'_> {
    /// All documents, and whether there was anything at all.
    fn documents(&mut self) -> (Vec<Node>, bool) {
        let mut options = granit_parser::options! {
            emit_comments: false,
            flow_nesting_limit: MAX_DEPTH,
            block_nesting_limit: MAX_DEPTH,
        };
        options.set_emit_comments(false);
        let mut parser = Parser::new_from_str_with_options(self.text, options);
        let mut documents = Vec::new();
        let mut seen = false;
        loop {
            let failure = match self.document(&mut parser) {
                Ok(None) => break,
                Ok(Some(node)) => {
                    if !node.is_null() {
                        documents.push(node);
                        seen = true;
                    }
                    continue;
                }
                Err(failure) => failure,
            };
            seen = true;
            self.broken += 1;
            let fatal = matches!(failure, Failure::Fatal(_)) || self.broken >= MAX_BROKEN;
            let diagnostic = match failure {
                Failure::Scan(error) => self.explain(&error),
                Failure::Found(diagnostic) | Failure::Fatal(diagnostic) => *diagnostic,
            };
            self.diagnostics.push(diagnostic);
            if self.broken >= MAX_BROKEN {
                let message = format!("{MAX_BROKEN} documents of this file cannot be read; the rest is left out");
                self.diagnostics.push(Diagnostic::new(Code::E0004, message));
            }
            if fatal || !matches!(parser.proceed_next_document(), Ok(true)) {
                break;
            }
        }
        (documents, seen)
    }

    /// The next document; none at the end of the file.
    fn document<'i>(&mut self, parser: &mut Parser<'i, StrInput<'i>>) -> Result<Option<Node>, Failure> {
        let mut open: Vec<Open> = Vec::new();
        let mut anchors: HashMap<usize, Anchored> = HashMap::new();
        let mut root = None;
        while let Some(event) = parser.next_event() {
            let (event, place) = event.map_err(Failure::Scan)?;
            let range = place.byte_range().unwrap_or(0..0);
            let span = Span::new(self.source, range.start, range.end);
            let (node, anchor, size, height) = match event {
                Event::DocumentEnd => return Ok(root),
                Event::StreamEnd => return Ok(None),
                Event::Scalar(text, style, anchor, tag) => {
                    let tag = tag.map(|tag| scalar_tag(&tag, span)).transpose()?.flatten();
                    let style = match style {
                        ScalarStyle::Plain => Style::Plain,
                        ScalarStyle::SingleQuoted => Style::SingleQuoted,
                        ScalarStyle::DoubleQuoted => Style::DoubleQuoted,
                        ScalarStyle::Literal | ScalarStyle::Folded => Style::Block,
                    };
                    // The parser writes `~` for a value that is not there.
                    let text = if style == Style::Plain && range.is_empty() { "" } else { &*text };
                    let scalar = Scalar { text: Arc::from(text), style, tag };
                    if !scalar.tag_fits() {
                        let message = format!("`{}` is not of the type that its tag names", scalar.text);
                        return Err(Diagnostic::new(Code::E0101, message).at(span).into());
                    }
                    (Node { kind: Kind::Scalar(scalar), span }, anchor, 1, 0)
                }
                Event::Alias(id) => {
                    let (node, size, height) = self.alias(&anchors, id, open.len(), span)?;
                    (node, 0, size, height)
                }
                Event::SequenceStart(_, anchor, tag) => {
                    collection_tag(tag.as_deref(), "seq", span)?;
                    open.push(self.open(Kind::Seq(Vec::new()), range.start, anchor, open.len(), span)?);
                    continue;
                }
                Event::MappingStart(_, anchor, tag) => {
                    collection_tag(tag.as_deref(), "map", span)?;
                    open.push(self.open(Kind::Map(Vec::new()), range.start, anchor, open.len(), span)?);
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some(done) = open.pop() else { continue };
                    let Open { kind, start, anchor, size, height, .. } = done;
                    let span = self.collection_span(&kind, start, range.end);
                    (Node { kind, span }, anchor, size, height)
                }
                _ => continue,
            };
            self.nodes += 1;
            if self.nodes > MAX_NODES {
                let message = format!("file holds more than {MAX_NODES} values");
                return Err(Failure::Fatal(Box::new(Diagnostic::new(Code::E0004, message).at(node.span))));
            }
            if anchor > 0 {
                self.expand(size, node.span)?;
                anchors.insert(anchor, Anchored { node: node.clone(), size, height });
            }
            match open.last_mut() {
                None => root = Some(node),
                Some(parent) => parent.add(node, size, height)?,
            }
        }
        Ok(None)
    }

    /// Opens a list or map below `depth` others.
    fn open(&self, kind: Kind, start: usize, anchor: usize, depth: usize, span: Span) -> Result<Open, Failure> {
        if depth >= MAX_DEPTH {
            return Err(too_deep(span).into());
        }
        Ok(Open { kind, key: None, start, anchor, size: 1, height: 1 })
    }

    /// The bytes of a closed list or map: from its first to its last child, brackets included.
    fn collection_span(&self, kind: &Kind, start: usize, end: usize) -> Span {
        let bracket = self.text.as_bytes().get(start).is_some_and(|b| matches!(b, b'[' | b'{'));
        let (first, last) = match kind {
            Kind::Seq(items) => (items.first().map(|n| n.span), items.last().map(|n| n.span)),
            Kind::Map(pairs) => (
                pairs.first().map(|p| p.0.span),
                pairs.last().map(|(k, v)| if v.is_absent() { k.span } else { v.span }),
            ),
            Kind::Scalar(_) => (None, None),
        };
        match (first, last) {
            (Some(first), Some(last)) if !bracket => {
                let start =
                    if matches!(kind, Kind::Seq(_)) { start.min(first.start as usize) } else { first.start as usize };
                Span::new(self.source, start, (last.end as usize).max(start))
            }
            _ => Span::new(self.source, start, end.max(start)),
        }
    }

    /// What an alias stands for, within the limits.
    fn alias(
        &mut self,
        anchors: &HashMap<usize, Anchored>,
        id: usize,
        depth: usize,
        span: Span,
    ) -> Result<(Node, usize, usize), Failure> {
        let Some(anchored) = anchors.get(&id) else {
            return Err(Diagnostic::new(Code::E0105, "alias stands for a value that contains it").at(span).into());
        };
        self.expand(anchored.size, span)?;
        if depth + anchored.height > MAX_DEPTH {
            return Err(too_deep(span).into());
        }
        Ok((Node { kind: anchored.node.kind.clone(), span }, anchored.size, anchored.height))
    }

    /// Counts values that are kept for an anchor or copied for an alias.
    fn expand(&mut self, size: usize, span: Span) -> Result<(), Failure> {
        self.aliased = self.aliased.saturating_add(size);
        if self.aliased <= MAX_ALIASED {
            return Ok(());
        }
        let message = format!("aliases of this file expand to more than {MAX_ALIASED} values");
        let diagnostic = Diagnostic::new(Code::E0105, message).at(span);
        Err(Failure::Fatal(Box::new(diagnostic.help("write the values out where they are needed"))))
    }

    /// A parser's error as a finding with advice.
    fn explain(&self, error: &ScanError) -> Diagnostic {
        let place = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let width = self.text.get(place..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let span = Span::new(self.source, place, place + width);
        if *error.kind() == ErrorKind::RecursionLimitExceeded {
            return too_deep(span);
        }
        let diagnostic = Diagnostic::new(Code::E0101, format!("YAML cannot be read: {}", error.info())).at(span);
        let line = self.text.get(..place).unwrap_or("").rsplit('\n').next().unwrap_or("");
        let rest = self.text.get(place..).unwrap_or("").lines().next().unwrap_or("");
        let whole_line = format!("{line}{rest}");
        let tab = whole_line.trim_start_matches(' ').starts_with('\t')
            || matches!(
                error.kind(),
                ErrorKind::TabNotAllowed
                    | ErrorKind::TabInBlockIndentation
                    | ErrorKind::TabInIndentation
                    | ErrorKind::TabAtBlockScalarStart
            );
        match error.kind() {
            _ if tab => {
                diagnostic.help("YAML is indented with blanks; replace the tab, by four blanks as Sigma rules do")
            }
            ErrorKind::UnknownAnchor => {
                diagnostic.help("a value that starts with `*` is an alias in YAML; put it in single quotes: '*text'")
            }
            ErrorKind::MappingValueNotAllowed => {
                diagnostic.help("`: ` inside a text makes it a map; put the text in single quotes")
            }
            ErrorKind::UnclosedQuotedScalar
            | ErrorKind::DocumentIndicatorInQuotedScalar
            | ErrorKind::InvalidQuotedScalarIndent
            | ErrorKind::InvalidTrailingSingleQuotedScalar
            | ErrorKind::InvalidTrailingDoubleQuotedScalar => diagnostic
                .help("a quote before this place is never closed, or closed too early; inside single quotes, a quote is written twice"),
            ErrorKind::UnknownQuotedScalarEscape | ErrorKind::InvalidQuotedScalarHexEscape => {
                diagnostic.help("in double quotes `\\` starts an escape; write Windows paths in single quotes")
            }
            ErrorKind::UnexpectedCharacter { character } => {
                diagnostic.help(format!("a plain text cannot start with `{character}`; put it in single quotes"))
            }
            _ => diagnostic.help("look at the indentation and the quotes of this line and the one before it"),
        }
    }
}

impl Open {
    /// Adds the next item, key or value.
    fn add(&mut self, node: Node, size: usize, height: usize) -> Result<(), Failure> {
        self.size = self.size.saturating_add(size);
        self.height = self.height.max(height + 1);
        match &mut self.kind {
            Kind::Seq(items) => items.push(node),
            Kind::Map(pairs) => match self.key.take() {
                Some(key) => pairs.push((key, node)),
                None => self.key = Some(checked_key(node)?),
            },
            Kind::Scalar(_) => {}
        }
        Ok(())
    }
}

/// A key that rules can have.
fn checked_key(node: Node) -> Result<Node, Failure> {
    match node.as_scalar() {
        None => {
            let message = format!("the key of a map is {}", node.describe());
            let help = "keys are texts; a text that starts with `[` or `{` must be in quotes";
            Err(Diagnostic::new(Code::E0101, message).at(node.span).help(help).into())
        }
        Some(scalar) if scalar.style == Style::Plain && &*scalar.text == "<<" => {
            Err(Diagnostic::new(Code::E0101, "merge keys (`<<`) are not part of YAML 1.2")
                .at(node.span)
                .help("write the keys out, or use an alias for a whole value")
                .into())
        }
        Some(_) => Ok(node),
    }
}

fn scalar_tag(tag: &granit_parser::Tag, span: Span) -> Result<Option<Tag>, Failure> {
    match tag.core_suffix() {
        Some("str") => Ok(Some(Tag::Str)),
        Some("int") => Ok(Some(Tag::Int)),
        Some("float") => Ok(Some(Tag::Float)),
        Some("bool") => Ok(Some(Tag::Bool)),
        Some("null") => Ok(Some(Tag::Null)),
        _ if tag.original() == "!" => Ok(Some(Tag::Str)),
        _ => Err(unknown_tag(tag, span).into()),
    }
}

fn collection_tag(tag: Option<&granit_parser::Tag>, expected: &str, span: Span) -> Result<(), Failure> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(expected) && tag.original() != "!" => Err(unknown_tag(tag, span).into()),
        _ => Ok(()),
    }
}

fn unknown_tag(tag: &granit_parser::Tag, span: Span) -> Diagnostic {
    Diagnostic::new(Code::E0101, format!("YAML tag `{}` has no meaning here", tag.original()))
        .at(span)
        .help("a text that starts with `!` must be in quotes")
}

fn too_deep(span: Span) -> Diagnostic {
    Diagnostic::new(Code::E0104, format!("YAML is nested more than {MAX_DEPTH} levels deep"))
        .at(span)
        .help("rules need no more than about six levels")
}
