//! Branches made ready for writing: those of one table with one filter are one, computed columns get names that collide with
//! nothing, and branches that differ only in where their fields come from share their filter behind the union.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::ir::{Check, Expr, FieldName, Test, distinct};
use crate::schema::{Branch, Column, From};

/// Branches of the same table that look for the same become one, for either event kind.
pub(super) fn merged(branches: &[Branch]) -> Vec<Branch> {
    let mut out: Vec<Branch> = Vec::new();
    for branch in branches {
        match out.iter_mut().find(|known| known.table == branch.table && known.filter == branch.filter) {
            Some(known) => known.kind = either(&known.kind, &branch.kind),
            None => out.push(branch.clone()),
        }
    }
    out.into_iter().map(named).collect()
}

/// Events of one kind or the other: one list where both name values of one column.
fn either(one: &Expr<Column>, other: &Expr<Column>) -> Expr<Column> {
    if let (Expr::Test(a), Expr::Test(b)) = (one, other)
        && let (Check::Like { any_of: left, case }, Check::Like { any_of: right, case: same }) = (&a.check, &b.check)
        && a.on == b.on
        && case == same
    {
        let new = right.iter().filter(|(value, _)| !left.iter().any(|(known, _)| known == value));
        let any_of = left.iter().chain(new).cloned().collect();
        return Expr::Test(Test { on: a.on.clone(), check: Check::Like { any_of, case: *case }, at: a.at.clone() });
    }
    if one == other { one.clone() } else { Expr::Any(vec![one.clone(), other.clone()]) }
}

/// The branch with every computed column under a name of its own: no column of the table that it uses or keeps, and no other
/// computed column, has it.
fn named(branch: Branch) -> Branch {
    let mut stored: BTreeSet<Arc<str>> = branch.keep.iter().flat_map(|(_, column)| base(column)).collect();
    stored.insert(branch.table.time.clone());
    let mut computed: Vec<Column> = Vec::new();
    let mut look = |column: &Column| {
        stored.extend(base(column));
        if is_computed(column) {
            computed.push(column.clone());
        }
    };
    for expr in [&branch.kind, &branch.filter] {
        for_each_column(expr, &mut look);
    }
    let mut taken = stored;
    let mut names: BTreeMap<Column, FieldName> = BTreeMap::new();
    for column in distinct(computed) {
        // A column that several fields are read from is computed once.
        let same = names.iter().find(|(known, _)| known.from == column.from && known.kind == column.kind);
        let name = match same {
            Some((_, name)) => name.clone(),
            None => free_name(&column.field, &taken),
        };
        taken.insert(name.0.clone());
        names.insert(column, name);
    }
    let rename = &|column: &Column| match names.get(column) {
        Some(name) => Column { field: name.clone(), ..column.clone() },
        None => column.clone(),
    };
    Branch { filter: map_columns(&branch.filter, rename), ..branch }
}

/// The field's own name, made printable, or the first numbered one that is free.
fn free_name(field: &FieldName, taken: &BTreeSet<Arc<str>>) -> FieldName {
    let plain: String =
        field.as_str().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).take(80).collect();
    let plain = if plain.is_empty() { "Value".to_owned() } else { plain };
    let mut name = plain.clone();
    let mut number = 1;
    while taken.contains(name.as_str()) {
        number += 1;
        name = format!("{plain}_{number}");
    }
    FieldName::from(name.as_str())
}

/// Whether an `extend` computes the column.
fn is_computed(column: &Column) -> bool {
    match &column.from {
        From::Path(path) => path.len() == 1 && column.traits.mapped,
        From::JsonText(..) | From::Joined(..) | From::Native(_) => true,
    }
}

/// The table's columns that it is read from, as far as the schema says.
fn base(column: &Column) -> Vec<Arc<str>> {
    match &column.from {
        From::Path(path) => path.first().cloned().into_iter().collect(),
        From::JsonText(text, _) => vec![text.clone()],
        From::Joined(columns, _) => columns.to_vec(),
        From::Native(_) => Vec::new(),
    }
}

fn for_each_column(expr: &Expr<Column>, visit: &mut impl FnMut(&Column)) {
    expr.for_each_test(&mut |test| {
        visit(&test.on);
        if let Check::SameAs { other, .. } = &test.check {
            visit(other);
        }
    });
}

fn map_columns(expr: &Expr<Column>, change: &impl Fn(&Column) -> Column) -> Expr<Column> {
    match expr {
        Expr::Const(value) => Expr::Const(*value),
        Expr::All(parts) => Expr::All(parts.iter().map(|part| map_columns(part, change)).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(|part| map_columns(part, change)).collect()),
        Expr::Not(inner) => map_columns(inner, change).not(),
        Expr::Test(test) => {
            let check = match &test.check {
                Check::SameAs { other, part, case } => Check::SameAs { other: change(other), part: *part, case: *case },
                other => other.clone(),
            };
            Expr::Test(Test { on: change(&test.on), check, at: test.at.clone() })
        }
    }
}

/// The columns that a branch's filter looks at.
fn used(branch: &Branch) -> BTreeSet<Column> {
    let mut used = BTreeSet::new();
    for_each_column(&branch.filter, &mut |column| {
        used.insert(column.clone());
    });
    used
}

/// A filter that several branches share: written once, behind their union.
pub(super) struct Shared {
    /// For each branch, the columns to compute in it.
    pub(super) computed: Vec<Vec<Column>>,
    /// The filter on those names.
    pub(super) filter: Expr<Column>,
}

/// The branches' common filter, if they differ only in what their fields are read from. Joined columns are tested by
/// their parts, so they keep a branch apart.
pub(super) fn shared(branches: &[Branch]) -> Option<Shared> {
    let mut filter: Option<Expr<Column>> = None;
    let mut computed = Vec::new();
    let used: Vec<BTreeSet<Column>> = branches.iter().map(used).collect();
    let everywhere = |column: &Column| used.iter().all(|used| used.contains(column));
    for branch in branches {
        let mut own: Vec<Column> = Vec::new();
        let mut simple = true;
        for_each_column(&branch.filter, &mut |column| {
            simple &= match &column.from {
                From::Joined(..) => false,
                From::Path(path) => path.len() == 1,
                From::JsonText(..) | From::Native(_) => true,
            };
            if is_computed(column) || !everywhere(column) {
                own.push(column.clone());
            }
        });
        let own = distinct(own);
        let names: BTreeSet<&FieldName> = own.iter().map(|column| &column.field).collect();
        if !simple || names.len() != own.len() {
            return None;
        }
        let is_own: BTreeSet<&Column> = own.iter().collect();
        let by_name = map_columns(&branch.filter, &|column| {
            if is_own.contains(column) {
                let traits = crate::schema::Traits { mapped: false, ..column.traits };
                let from = From::Path(Arc::from([column.field.0.clone()]));
                Column { field: column.field.clone(), from, kind: column.kind, traits }
            } else {
                column.clone()
            }
        });
        if filter.as_ref().is_some_and(|known| *known != by_name) {
            return None;
        }
        filter = Some(by_name);
        computed.push(own);
    }
    filter.map(|filter| Shared { computed, filter })
}
