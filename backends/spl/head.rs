//! Where a query looks: the index, the sources, source types and tags of a table.

use std::sync::Arc;

use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, FieldName, Pattern, Segment, Test};
use crate::render::{Gap, Options};
use crate::schema::{Branch, Column, Table, Traits, Type};

/// The tests that an event stands in a table: one of the sources, one of the source types, all of the tags that its
/// attributes list, separated by `|`, with `*` for any text.
pub(super) fn events_of(table: &Table) -> Vec<Expr<Column>> {
    let test = |name: &str, values: Vec<&str>| {
        let any_of = values.iter().map(|value| (wildcards(value.trim()), At::default())).collect();
        let path = [Arc::from(name)];
        let column = Column::path(&FieldName::from(name), path, Type::String, Traits::default());
        Expr::test(column, Check::Like { any_of, case: Case::Fold }, At::default())
    };
    let any = ["source", "sourcetype"]
        .into_iter()
        .filter_map(|name| Some(test(name, table.attribute(name)?.split('|').collect())));
    let tags = table.attribute("tag").into_iter().flat_map(|tags| tags.split('|'));
    any.chain(tags.map(|tag| test("tag", vec![tag]))).collect()
}

/// One test for several branches that differ in nothing but their sources, or nothing but their source types.
pub(super) fn any_of(branches: &[&Branch]) -> Option<Expr<Column>> {
    let mut merged: Option<Test<Column>> = None;
    for branch in branches {
        let [Expr::Test(test)] = <[_; 1]>::try_from(events_of(&branch.table)).ok()? else { return None };
        if branch.kind != Expr::Const(true) || &*test.on.field.0 == "tag" {
            return None;
        }
        merged = Some(match merged {
            None => test,
            Some(Test { on, check: Check::Like { mut any_of, case }, at }) if on == test.on => {
                if let Check::Like { any_of: more, .. } = test.check {
                    any_of.extend(more);
                }
                Test { on, check: Check::Like { any_of, case }, at }
            }
            Some(_) => return None,
        });
    }
    merged.map(Expr::Test)
}

fn wildcards(value: &str) -> Pattern {
    let literals = value.split('*').map(|text| Segment::Literal(text.into()));
    let mut segments = Vec::new();
    for (n, literal) in literals.enumerate() {
        if n > 0 {
            segments.push(Segment::Any);
        }
        segments.push(literal);
    }
    Pattern::new(segments)
}

/// The macro that stands for a table: with `--set macros=true`, where the table has one.
pub(super) fn macro_of(table: &Table, options: &Options) -> Option<String> {
    let wanted = options.get("macros").is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if wanted { table.attribute("macro").map(|name| format!("`{name}`")) } else { None }
}

/// `index=...` from `--set index=a,b`; none where it is not set.
///
/// # Errors
/// A name with characters that index names cannot have (Managing Indexers, "Create custom indexes").
pub(super) fn index(options: &Options) -> Result<Option<String>, Gap> {
    let Some(value) = options.get("index") else { return Ok(None) };
    let names: Vec<&str> = value.split(',').map(str::trim).collect();
    let fits = |name: &&str| {
        !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*'))
    };
    if !names.iter().all(fits) {
        let message = format!("`{value}` is not the name of an index");
        return Err(Gap::new(Code::E0602, &At::default(), message)
            .help("index names have letters, digits, `_` and `-`; separate several by commas"));
    }
    Ok(Some(match names.as_slice() {
        [name] => format!("index={name}"),
        _ => format!("index IN ({})", names.join(", ")),
    }))
}

/// What the user must look at before the query runs: the index, or the macros.
pub(super) fn notes(tables: &[&Table], options: &Options) -> Vec<Diagnostic> {
    let mut macros: Vec<String> = tables.iter().filter_map(|table| macro_of(table, options)).collect();
    macros.sort();
    macros.dedup();
    if !macros.is_empty() {
        let message = format!("the query calls macros that you must define: {}", macros.join(", "));
        return vec![Diagnostic::new(Code::W0707, message).help("define each as index and source in macros.conf")];
    }
    if options.get("index").is_some() {
        return Vec::new();
    }
    let message = "the query names no index and runs on the default indexes of the user's role";
    vec![Diagnostic::new(Code::W0707, message).help("name the index with `--set index=NAME`")]
}
