//! Tests on fields that a table spells another way become tests on its columns: one file a transformation.
//! A rewrite is equal to the test on what the columns hold, or it is refused.

mod account;
mod basename;
mod details;
mod filled;
mod hashes;
mod hex;
mod lookup;
mod plus;
mod registry;

pub(super) use lookup::one_of;

use std::sync::Arc;

use super::constant::{decide, decide_absent};
use super::load::{Field, View};
use super::model::{Entry, Keywords, Scalar};
use super::place::Report;
use super::typed::{any, typed};
use super::{Column, From, Traits, Type};
use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, Fidelity, FieldName, Pattern, Shape, Subject, Test};
use crate::render::Gap;

/// Where a test is rewritten.
pub(super) struct Context<'a> {
    pub(super) view: View<'a>,
    pub(super) target: &'a str,
    /// Whether the test stands under an even number of negations.
    pub(super) positive: bool,
    pub(super) report: &'a mut Report,
}

/// One test of a rule in the columns of a branch.
pub(super) fn test(cx: &mut Context<'_>, test: &Test<Subject>) -> Result<Expr<Column>, Gap> {
    let check = cx.lift(&test.check, &test.at)?;
    match &test.on {
        Subject::AnyText => keyword(cx, check, &test.at),
        Subject::Field(field) => match cx.view.field(field) {
            Field::Constant(value) => constant(value, &check, field, &test.at),
            Field::Column(column) => Ok(typed(column, check, &test.at)),
            Field::Entry(entry) => at_entry(cx, field, entry, check, &test.at),
            Field::Unknown => Err(cx.no_column(field, &test.at, cx.view.branch.unnamed.as_deref())),
        },
    }
}

fn constant(value: &Scalar, check: &Check<Column>, field: &FieldName, at: &At) -> Result<Expr<Column>, Gap> {
    decide(check, value).map(Expr::Const).ok_or_else(|| {
        let message = format!(
            "{field} is always {} here, and this test of it needs a real value",
            super::constant::canonical(value)
        );
        Gap::new(Code::E0504, at, message)
    })
}

/// A keyword is a test of any of the table's text columns.
fn keyword(cx: &mut Context<'_>, check: Check<Column>, at: &At) -> Result<Expr<Column>, Gap> {
    let field = FieldName::from("keywords");
    let entries = match &cx.view.branch.keywords {
        Some(Keywords::Columns(entries)) => {
            if !cx.view.is_whole_text(entries) {
                some_columns(cx, at);
            }
            entries.as_slice()
        }
        Some(Keywords::Entry(entry)) => std::slice::from_ref(entry),
        None => {
            let message = format!("the table {} of {} has no text of the whole event", cx.view.branch.table, cx.target);
            return Err(Gap::new(Code::E0505, at, message).help("name the field that the keyword is looked for in"));
        }
    };
    let tests: Result<Vec<_>, _> = entries.iter().map(|entry| at_entry(cx, &field, entry, check.clone(), at)).collect();
    Ok(any(tests?))
}

/// Other fields of the event may hold the keyword too.
fn some_columns(cx: &mut Context<'_>, at: &At) {
    let (code, fidelity) = match cx.positive {
        true => (Code::W0702, Fidelity::Narrower),
        false => (Code::W0703, Fidelity::Wider),
    };
    let message = format!("keywords are looked for in some columns of {} only", cx.view.branch.table);
    cx.report.fidelity = cx.report.fidelity.join(fidelity);
    cx.report.notes.push(Diagnostic::new(code, message).at(at.span));
}

fn at_entry(
    cx: &mut Context<'_>,
    field: &FieldName,
    entry: &Entry,
    check: Check<Column>,
    at: &At,
) -> Result<Expr<Column>, Gap> {
    if let Entry::Column { shared: Some(other), .. } = entry {
        cx.shares(field, other, at);
    }
    match entry {
        Entry::Name(name) if &**name == "absent" => Ok(Expr::Const(decide_absent(&check))),
        Entry::Name(name) if &**name == "none" => Err(cx.no_column(field, at, None)),
        Entry::None { none } => Err(cx.no_column(field, at, Some(none))),
        Entry::Value { value } => constant(value, &check, field, at),
        Entry::Any { any: entries } => {
            let all = check == Check::Null;
            let tests: Result<Vec<_>, _> =
                entries.iter().map(|entry| at_entry(cx, field, entry, check.clone(), at)).collect();
            if all { tests.map(Expr::All) } else { tests.map(any) }
        }
        Entry::Column { column, nothing: words, .. } if !words.is_empty() => {
            Ok(nothing(cx, cx.whole(field, entry, column), words, check, at))
        }
        Entry::Column { column, plus, filled, .. } if *plus || filled.is_some() => {
            let check = if *plus { plus::rewrite(cx, field, check, at)? } else { check };
            let column = cx.whole(field, entry, column);
            match filled {
                Some(word) => Ok(filled::rewrite(cx, field, column, word, check, at)),
                None => Ok(typed(column, check, at)),
            }
        }
        Entry::Account { account: (domain, name) } => account::rewrite(cx, field, (domain, name), check, at),
        Entry::Hashes { hashes } => hashes::rewrite(cx, field, hashes, check, at),
        Entry::Lookup { lookup, values } => lookup::rewrite(cx, field, lookup, values, check, at),
        Entry::Hex { hex, text } => hex::rewrite(cx, field, hex, text.as_ref(), check, at),
        Entry::Registry { registry, short } => registry::object(cx, field, (registry, short), check, at),
        Entry::RegistryData { registry_data: (kind, data) } => details::rewrite(cx, field, (kind, data), check, at),
        Entry::Basename { basename } => basename::rewrite(cx, field, basename, check, at),
        Entry::Native { objects: true, .. } if matches!(check, Check::SameAs { .. }) => Err(objects(field, at)),
        Entry::Native { objects: true, .. } if asks_for_object(&check) => Ok(Expr::Const(false)),
        plain => match cx.plain(field, plain) {
            Some(column) => Ok(typed(column, check, at)),
            None => Err(cx.no_column(field, at, None)),
        },
    }
}

/// The column holds nothing where the event holds one of the words, such as `-`.
fn nothing(cx: &mut Context<'_>, column: Column, words: &[Arc<str>], check: Check<Column>, at: &At) -> Expr<Column> {
    let means = |word: &Arc<str>| match &check {
        Check::Like { any_of, case } => {
            any_of.iter().any(|(pattern, _)| pattern.shape() != Shape::Everything && pattern.matches(word, *case))
        }
        _ => false,
    };
    let meant = words.iter().find(|word| means(word)).cloned();
    let test = typed(column.clone(), check, at);
    let Some(word) = meant else { return test };
    let message = format!("{} is the same when it is missing and when it is `{word}`", column.field);
    cx.report.notes.push(Diagnostic::new(Code::W0701, message).at(at.span));
    let empty = Check::Like { any_of: vec![(Pattern::literal(""), at.clone())], case: Case::Fold };
    any(vec![test, typed(column, empty, at)])
}

impl Context<'_> {
    /// The check with the other field of a comparison placed.
    fn lift(&mut self, check: &Check<Subject>, at: &At) -> Result<Check<Column>, Gap> {
        Ok(match check {
            Check::Like { any_of, case } => Check::Like { any_of: any_of.clone(), case: *case },
            Check::Equal { any_of } => Check::Equal { any_of: any_of.clone() },
            Check::Order { op, value } => Check::Order { op: *op, value: *value },
            Check::Matches(regex) => Check::Matches(regex.clone()),
            Check::Is(value) => Check::Is(*value),
            Check::Within(networks) => Check::Within(networks.clone()),
            Check::Null => Check::Null,
            Check::Exists => Check::Exists,
            Check::TimeOf { part, op, value } => Check::TimeOf { part: *part, op: *op, value: *value },
            Check::SameAs { other, part, case } => {
                Check::SameAs { other: self.comparable(other, at)?, part: *part, case: *case }
            }
        })
    }

    /// Notes that a column holds two fields.
    fn shares(&mut self, field: &FieldName, other: &str, at: &At) {
        let message = format!("{field} is the same as {other}");
        self.report.notes.push(Diagnostic::new(Code::W0701, message).at(at.span).help("one column holds both"));
    }

    /// The column of a field that another is compared with: only one that holds the value whole.
    fn comparable(&mut self, subject: &Subject, at: &At) -> Result<Column, Gap> {
        let Subject::Field(field) = subject else {
            return Err(Gap::new(Code::E0504, at, "a field cannot be compared with the whole event"));
        };
        match self.view.field(field) {
            Field::Column(column) => Ok(column),
            Field::Entry(Entry::Native { objects: true, .. }) => Err(objects(field, at)),
            Field::Entry(entry) => {
                if let Entry::Column { shared: Some(other), .. } = entry {
                    self.shares(field, other, at);
                }
                self.plain(field, entry).ok_or_else(|| self.no_column(field, at, None))
            }
            Field::Unknown => Err(self.no_column(field, at, self.view.branch.unnamed.as_deref())),
            Field::Constant(_) => Err(self.no_column(field, at, None)),
        }
    }

    /// The column of an entry that holds the value whole, stored or computed.
    fn plain(&self, field: &FieldName, entry: &Entry) -> Option<Column> {
        let string = self.view.default_type();
        let computed = |from, kind: Option<Type>, multi| {
            let traits = Traits { multi, ..Traits::default() };
            Column { field: field.clone(), from, kind: kind.unwrap_or(string), traits }
        };
        match entry {
            Entry::Name(name) if matches!(&**name, "none" | "absent") => None,
            Entry::Name(name) => Some(self.view.column(field, name)),
            Entry::Column { column, .. } => Some(self.whole(field, entry, column)),
            Entry::Path { path, kind } => {
                let mut column = self.view.column_at(field, path.clone());
                column.kind = kind.unwrap_or(column.kind);
                Some(column)
            }
            Entry::Json { json, kind } => {
                let (column, path) = json.split_first()?;
                Some(computed(From::JsonText(column.clone(), path.into()), Some(kind.unwrap_or_default()), false))
            }
            Entry::Native { native, kind, multi, .. } => Some(computed(From::Native(native.clone()), *kind, *multi)),
            Entry::Joined { joined, separator } => {
                let from = From::Joined(joined.as_slice().into(), separator.clone());
                Some(computed(from, Some(Type::String), false))
            }
            _ => None,
        }
    }

    /// The column of a `{column: ...}` entry with the entry's own type and traits on top of the table's.
    fn whole(&self, field: &FieldName, entry: &Entry, name: &str) -> Column {
        let mut column = self.view.column(field, name);
        if let Entry::Column { kind, lower, mapped, multi, optional, quoted, plus, .. } = entry {
            column.kind = kind.unwrap_or(column.kind);
            column.traits.lower |= lower;
            column.traits.mapped |= mapped;
            column.traits.multi |= multi;
            column.traits.optional |= optional;
            column.traits.quoted |= quoted;
            column.traits.plus |= plus;
        }
        column
    }

    /// The columns joined by a separator, as one computed column.
    fn joined(&self, field: &FieldName, columns: &[&Arc<str>], separator: &str) -> Column {
        let from = From::Joined(columns.iter().map(|column| (*column).clone()).collect(), separator.into());
        let lower = columns.iter().any(|column| self.view.column(field, column).traits.lower);
        Column { field: field.clone(), from, kind: Type::String, traits: Traits { lower, ..Traits::default() } }
    }

    fn no_column(&self, field: &FieldName, at: &At, why: Option<&str>) -> Gap {
        let table = &self.view.branch.table;
        let message = format!("{} has no column for {field} in {table}", self.target);
        let gap = Gap::new(Code::E0502, at, message);
        match why {
            Some(why) => gap.help(why),
            None => gap.help(
                "choose a target that holds the field (`sigmaglot targets`), or --approximate to leave the test out",
            ),
        }
    }
}

/// A text test on a column.
fn text(column: Column, pattern: Pattern, case: Case, at: &At) -> Expr<Column> {
    typed(column, Check::Like { any_of: vec![(pattern, at.clone())], case }, at)
}

/// Whether a check asks for nothing but texts of whole objects.
fn asks_for_object(check: &Check<Column>) -> bool {
    let is_object = |pattern: &Pattern| pattern.as_literal().is_some_and(|text| text.starts_with('{'));
    matches!(check, Check::Like { any_of, .. } if any_of.iter().all(|(pattern, _)| is_object(pattern)))
}

/// The refusal of a comparison with objects.
fn objects(field: &FieldName, at: &At) -> Gap {
    unplaceable(field, at, "its values are objects, which are not compared as a whole")
}

/// The refusal of a test that a transformation cannot express.
fn unplaceable(field: &FieldName, at: &At, why: &str) -> Gap {
    Gap::new(Code::E0504, at, format!("this test of {field} cannot be translated: {why}"))
        .help("rewrite the value, or use --approximate to leave the test out")
}
