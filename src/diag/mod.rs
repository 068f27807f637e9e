//! Diagnostics as data: what is wrong, where, how bad, and the way out. `cli` renders them.

mod codes;

pub use codes::{ALL_CODES, Code};

use crate::source::Span;

/// How bad it is. An error may still leave the rule usable (an `id` that is no UUID); what cannot be
/// understood is not handed on by its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// Good to know: what a target's storage loses, or what its sensor does not record.
    Note,
    /// The result stands, but look at it.
    Warning,
    /// Wrong.
    Error,
}

impl Severity {
    /// `error`, `warning` or `note`, as in the JSON output.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// A change of the text that mends the finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
    /// Whether the edit keeps the rule's meaning, so that it may be applied without asking.
    pub safe: bool,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Diagnostic {
    /// What kind of finding; fixed for ever.
    pub code: Code,
    /// The code's own severity, unless a flag changed it.
    pub severity: Severity,
    /// One line, lower case, no full stop.
    pub message: String,
    /// The place it is about; none for a finding about a whole file or a target.
    pub span: Option<Span>,
    /// Text to print at the caret under `span`; may be empty.
    pub label: String,
    /// Other places with what they have to do with it.
    pub labels: Vec<(Span, String)>,
    /// What to do, a sentence each.
    pub help: Vec<String>,
    /// Changes that mend it.
    pub edits: Vec<Edit>,
}

impl Diagnostic {
    /// A finding of that kind with the code's severity.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity: code.severity(),
            message: message.into(),
            span: None,
            label: String::new(),
            labels: Vec::new(),
            help: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// Sets the place.
    pub fn at(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// Sets the text at the caret.
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Adds another place.
    pub fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Adds a sentence of help.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Adds an edit.
    pub fn edit(mut self, span: Span, text: impl Into<String>, safe: bool) -> Self {
        self.edits.push(Edit { span, text: text.into(), safe });
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// The findings of a run of stages, in the order they were made.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// No findings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Whether one of them is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(Diagnostic::is_error)
    }

    /// All findings.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}
