//! What all backends share: fragments of query text, how they are joined, and what a query says of itself.

mod join;
mod layout;

pub use join::{Conjunct, Options, below, chain, conjunct, indent, weakened};
pub use layout::{WIDTH, wrapped_list};

use std::sync::Arc;

use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Fidelity, Plan, Test};
use crate::schema::{Branch, Column};
use crate::source::Span;

/// A piece of query text with what its surroundings must know of it. The text may have line breaks (a wrapped list);
/// it never has one inside a literal: backends write those as escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The text, with no parentheses of its own around it.
    pub text: String,
    /// How tightly its outermost operator binds.
    pub binding: Binding,
    /// Whether the target may compute null (neither true nor false) for it.
    pub nullable: bool,
    /// What it finds, compared with the test.
    pub fidelity: Fidelity,
    /// Definitions it needs before the filter, in order.
    pub hoist: Vec<Hoist>,
    /// What is lost or approximated, at the rule's lines.
    pub notes: Vec<Diagnostic>,
}

/// How tightly a fragment's outermost operator binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Binding {
    /// A disjunction.
    Or,
    /// A conjunction.
    And,
    /// A negation.
    Not,
    /// A comparison, a call, anything in parentheses.
    Atom,
}

/// A definition a fragment needs before it: `extend` and `let` in KQL, `eval` in SPL, `LET` and an alias in VQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hoist {
    /// The name it is used by.
    pub name: Arc<str>,
    /// The expression.
    pub text: Arc<str>,
}

impl Fragment {
    /// An exact comparison or call that is never null.
    pub fn atom(text: impl Into<String>) -> Self {
        Fragment {
            text: text.into(),
            binding: Binding::Atom,
            nullable: false,
            fidelity: Fidelity::Exact,
            hoist: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The same, with that binding.
    pub fn binding(self, binding: Binding) -> Self {
        Fragment { binding, ..self }
    }

    /// The same, possibly null.
    pub fn nullable(self) -> Self {
        Fragment { nullable: true, ..self }
    }

    /// The same text, with what the surroundings must know of one of its parts.
    pub fn with_part(mut self, part: Fragment) -> Self {
        self.nullable |= part.nullable;
        self.fidelity = self.fidelity.join(part.fidelity);
        self.notes.extend(part.notes);
        part.hoist.into_iter().fold(self, Fragment::needs)
    }

    /// The same, with something to say about it.
    pub fn note(mut self, note: Diagnostic) -> Self {
        self.notes.push(note);
        self
    }

    /// The same, needing a definition.
    pub fn needs(mut self, hoist: Hoist) -> Self {
        if !self.hoist.contains(&hoist) {
            self.hoist.push(hoist);
        }
        self
    }
}

/// Something a place or a language cannot say: becomes a diagnostic at the rule's line.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Gap {
    /// E05xx or E06xx.
    pub code: Code,
    /// What cannot be said.
    pub message: String,
    /// The way out.
    pub help: Vec<String>,
    /// Where the rule asks for it.
    pub at: At,
}

impl Gap {
    /// A gap at a place of the rule.
    pub fn new(code: Code, at: &At, message: impl Into<String>) -> Self {
        Gap { code, message: message.into(), help: Vec::new(), at: at.clone() }
    }

    /// Adds a way out.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// As a diagnostic; one that no part of the rule has asked for names no place.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::new(self.code, self.message.clone());
        diagnostic.span = (self.at.span != Span::default()).then_some(self.at.span);
        diagnostic.help = self.help.clone();
        diagnostic
    }
}

/// One sub-language of a target, such as SPL's `search` and its `where`.
pub trait Dialect: Sync {
    /// Its name, for messages.
    fn name(&self) -> &'static str;

    /// How it spells connectives.
    fn spelling(&self) -> &Spelling;

    /// The text of one test. `Any` and `All` fragments are fine: shared code parenthesises by `binding`.
    fn test(&self, test: &Test<Column>) -> Result<Fragment, Gap>;
}

/// How a dialect spells connectives.
#[derive(Debug, Clone)]
pub struct Spelling {
    /// `and`, `AND`
    pub and: &'static str,
    /// `or`, `OR`
    pub or: &'static str,
    /// Negation.
    pub not: Negation,
    /// A test that always holds, and one that never does.
    pub constants: (&'static str, &'static str),
    /// Makes a possibly null fragment two-valued: `coalesce({}, false)`, `if({},1,0)=1`; `{}` stands for the text.
    pub total: &'static str,
    /// How tightly the result of `total` binds.
    pub total_binding: Binding,
}

/// How negation is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negation {
    /// `not(x)`
    Call(&'static str),
    /// `NOT x`, with parentheses around anything but an atom.
    Prefix(&'static str),
}

/// What a rule contributes to the text around a query: data, to be escaped wherever it goes.
#[derive(Debug, Clone, Default)]
pub struct RuleInfo {
    /// The title.
    pub title: Arc<str>,
    /// The id.
    pub id: Option<Arc<str>>,
}

/// A query with what it claims.
#[derive(Debug, Clone)]
pub struct Query {
    /// The text to run.
    pub text: String,
    /// What it finds, compared with what the rule means on the events as the target stores them.
    pub claim: Fidelity,
    /// The tables it reads, in order.
    pub tables: Vec<Arc<str>>,
    /// Losses, approximations, hints: notes and warnings at the rule's lines.
    pub notes: Vec<Diagnostic>,
}

/// A language.
pub trait Backend: Sync {
    /// `kql`, `spl`, `vql`: the part of a target before the colon.
    fn language(&self) -> &'static str;

    /// The language's name for readers, such as `Splunk SPL`.
    fn title(&self) -> &'static str;

    /// Its schemas, the default first: name and text of the file.
    fn schemas(&self) -> &'static [(&'static str, &'static str)];

    /// The extension of a file with one query.
    fn extension(&self) -> &'static str;

    /// The names that `--set NAME=VALUE` may give.
    fn settings(&self) -> &'static [&'static str] {
        &[]
    }

    /// One line of text as a comment that no text can end early.
    fn comment(&self, line: &str) -> String;

    /// The query for a placed rule, or everything that stands in its way.
    fn query(&self, plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>>;
}

/// A line for a comment: what some reader takes for a line break, what is not seen and what reorders a line is a blank.
pub fn comment_text(line: &str) -> String {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    line.chars().map(|c| if odd(c) { ' ' } else { c }).collect()
}
