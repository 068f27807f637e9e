//! Joins the fragments of single tests to whole conditions: connectives, parentheses, negation, line breaks.

use std::sync::Arc;

use super::{Binding, Dialect, Fragment, Gap, Negation, Spelling};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Check, Expr, Fidelity, Test, distinct};
use crate::schema::Column;

/// Conditions longer than this are broken into lines at their outermost connective.
const ONE_LINE: usize = 100;

/// A chain of more operands than this is cut into parenthesised groups: binders count a chain's length as depth.
const LONG_CHAIN: usize = 100;

/// What the user asked of the output.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// `--approximate`: replace what cannot be said by true in positive and false in negated position.
    pub approximate: bool,
    /// `--set name=value`: values for what the target's user owns, such as `index` for SPL.
    pub set: Vec<(String, String)>,
}

impl Options {
    /// The value of `--set name=...`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.set.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// One member of a query's top-level conjunction, ready to be written.
#[derive(Debug, Clone)]
pub struct Conjunct {
    /// Its text; parenthesised by the caller where the surroundings need it. Continuation lines start at column 0.
    pub fragment: Fragment,
    /// The selections of the rule it comes from, in order.
    pub selections: Vec<Arc<str>>,
}

/// The text of an expression in a dialect: the whole tree, or everything in it that the dialect cannot say.
pub fn conjunct(expr: &Expr<Column>, dialect: &dyn Dialect, options: &Options) -> Result<Conjunct, Vec<Gap>> {
    let joiner = Joiner { dialect, spelling: dialect.spelling(), approximate: options.approximate };
    let fragment = joiner.fragment(expr, Position { positive: true, under_not: false })?;
    Ok(Conjunct { fragment, selections: selections(expr) })
}

/// The selections that an expression's tests and values come from, in order. Simplifying joins tests of several.
fn selections(expr: &Expr<Column>) -> Vec<Arc<str>> {
    let mut names: Vec<Arc<str>> = Vec::new();
    let mut add = |at: &At| names.extend(at.selection.as_ref().filter(|name| names.last() != Some(name)).cloned());
    expr.for_each_test(&mut |test| match &test.check {
        Check::Like { any_of, .. } => any_of.iter().for_each(|(_, at)| add(at)),
        Check::Equal { any_of } => any_of.iter().for_each(|(_, at)| add(at)),
        Check::Within(networks) => networks.iter().for_each(|(_, at)| add(at)),
        _ => add(&test.at),
    });
    distinct(names)
}

/// Where in the tree a part stands.
#[derive(Clone, Copy)]
struct Position {
    /// Under an even number of negations.
    positive: bool,
    /// Under at least one: a null there would be lost by the target's `not`.
    under_not: bool,
}

struct Joiner<'a> {
    dialect: &'a dyn Dialect,
    spelling: &'a Spelling,
    approximate: bool,
}

impl Joiner<'_> {
    fn fragment(&self, expr: &Expr<Column>, position: Position) -> Result<Fragment, Vec<Gap>> {
        match expr {
            Expr::Const(value) => Ok(self.constant(*value)),
            Expr::Test(test) => self.test(test, position),
            Expr::Not(inner) => {
                let under = Position { positive: !position.positive, under_not: true };
                Ok(self.negation(self.fragment(inner, under)?))
            }
            Expr::All(parts) => self.chain(parts, Binding::And, position),
            Expr::Any(parts) => self.chain(parts, Binding::Or, position),
        }
    }

    fn constant(&self, value: bool) -> Fragment {
        let (always, never) = self.spelling.constants;
        Fragment::atom(if value { always } else { never })
    }

    fn test(&self, test: &Test<Column>, position: Position) -> Result<Fragment, Vec<Gap>> {
        match self.dialect.test(test) {
            Ok(fragment) if fragment.nullable && position.under_not => Ok(Fragment {
                text: self.total(&fragment.text),
                binding: self.spelling.total_binding,
                nullable: false,
                ..fragment
            }),
            Ok(fragment) => Ok(fragment),
            Err(gap) if self.approximate => {
                let mut fragment = self.constant(position.positive);
                fragment.fidelity = if position.positive { Fidelity::Wider } else { Fidelity::Narrower };
                fragment.notes.push(weakened(&gap));
                Ok(fragment)
            }
            Err(gap) => Err(vec![gap]),
        }
    }

    /// The text made two-valued; its continuation lines move with it.
    fn total(&self, text: &str) -> String {
        let before = self.spelling.total.split("{}").next().unwrap_or_default();
        self.spelling.total.replace("{}", &indent(text, before.chars().count()))
    }

    fn negation(&self, inner: Fragment) -> Fragment {
        let (text, binding) = match self.spelling.not {
            Negation::Call(name) => {
                let text = below(&inner.text, inner.binding, self.spelling, name.chars().count() + 1);
                (format!("{name}({text})"), Binding::Atom)
            }
            Negation::Prefix(word) => {
                let operand = if inner.binding == Binding::Atom { inner.text } else { parenthesised(&inner.text) };
                (format!("{word} {}", indent(&operand, word.chars().count() + 1)), Binding::Not)
            }
        };
        Fragment { text, binding, fidelity: inner.fidelity.negate(), ..inner }
    }

    fn chain(&self, parts: &[Expr<Column>], binding: Binding, position: Position) -> Result<Fragment, Vec<Gap>> {
        let mut fragments = Vec::with_capacity(parts.len());
        let mut gaps = Vec::new();
        for part in parts {
            match self.fragment(part, position) {
                Ok(fragment) => fragments.push(fragment),
                Err(more) => gaps.extend(more),
            }
        }
        if gaps.is_empty() { Ok(self.join(fragments, binding)) } else { Err(gaps) }
    }

    fn join(&self, mut fragments: Vec<Fragment>, binding: Binding) -> Fragment {
        if fragments.len() > LONG_CHAIN {
            let size = fragments.len().isqrt() + 1;
            let mut groups = Vec::new();
            while !fragments.is_empty() {
                let rest = fragments.split_off(size.min(fragments.len()));
                let group = self.join(std::mem::replace(&mut fragments, rest), binding);
                groups.push(Fragment { text: parenthesised(&group.text), binding: Binding::Atom, ..group });
            }
            fragments = groups;
        }
        let [first, rest @ ..] = fragments.as_slice() else {
            return self.constant(binding == Binding::And);
        };
        if rest.is_empty() {
            return first.clone();
        }
        let word = if binding == Binding::And { self.spelling.and } else { self.spelling.or };
        let operands: Vec<String> = fragments.iter().map(|part| operand(part, binding)).collect();
        let joined = Fragment { text: chain(&operands, word), binding, ..Fragment::atom("") };
        fragments.into_iter().fold(joined, Fragment::with_part)
    }
}

/// An operand's text: in parentheses where `and` and `or` meet, whichever of them the language binds tighter.
fn operand(part: &Fragment, inside: Binding) -> String {
    match (inside, part.binding) {
        (Binding::And, Binding::Or) | (Binding::Or, Binding::And) => parenthesised(&part.text),
        _ => part.text.clone(),
    }
}

/// The operands in one line where they fit, or one a line behind the connective. An operand that is itself such a chain
/// goes on in the same column.
pub fn chain(operands: &[String], word: &str) -> String {
    let width: usize = operands.iter().map(|text| text.chars().count() + word.len() + 2).sum();
    if width <= ONE_LINE && operands.iter().all(|text| !text.contains('\n')) {
        return operands.join(&format!(" {word} "));
    }
    let goes_on = format!("\n{word} ");
    let mut lines = operands.iter();
    let mut text = lines.next().cloned().unwrap_or_default();
    for line in lines {
        text.push_str(&goes_on);
        text.push_str(&indent(line, if line.contains(&goes_on) { 0 } else { word.chars().count() + 1 }));
    }
    text
}

fn parenthesised(text: &str) -> String {
    format!("({})", indent(text, 1))
}

/// The text with its continuation lines moved to the right.
pub fn indent(text: &str, columns: usize) -> String {
    text.replace('\n', &format!("\n{}", " ".repeat(columns)))
}

/// The text with its continuation lines moved to the right, where it starts at that column: the operands of a chain stand
/// below each other, its connectives to their left.
pub fn below(text: &str, binding: Binding, spelling: &Spelling, columns: usize) -> String {
    let word = match binding {
        Binding::Or => spelling.or,
        Binding::And => spelling.and,
        Binding::Not | Binding::Atom => return indent(text, columns),
    };
    match text.split_once(&format!("\n{word} ")) {
        Some((first, rest)) => {
            let left = columns.saturating_sub(word.chars().count() + 1);
            let rest = indent(&format!("\n{word} {rest}"), left);
            format!("{}{rest}", indent(first, columns))
        }
        None => indent(text, columns),
    }
}

/// The warning that a test was left out because the user asked for an approximation.
pub fn weakened(gap: &Gap) -> Diagnostic {
    let mut note = Diagnostic::new(Code::W0703, format!("left out, so that the query finds more: {}", gap.message));
    note.span = Some(gap.at.span);
    note.help.clone_from(&gap.help);
    note
}
