//! Splunk SPL: `search`, which uses the index, then `where` for what `search` cannot say. A top-level conjunct goes
//! whole to one of the two; nothing under OR or NOT is ever taken apart.

mod aligned;
mod head;
mod literal;
mod pattern;
mod prefilter;
mod raw;
mod search;
mod stored;
mod where_;

use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Case, Check, Expr, Fidelity, Pattern, Plan, Test, distinct};
use crate::render::{Backend, Binding, Conjunct, Fragment, Gap, Options, Query, conjunct, indent};
use crate::schema::{Branch, Column, From, Table};
use raw::Raw;
use search::Search;
use where_::Where;

/// Splunk's language.
#[derive(Debug)]
pub struct Spl;

impl Backend for Spl {
    fn language(&self) -> &'static str {
        "spl"
    }

    fn title(&self) -> &'static str {
        "Splunk SPL"
    }

    fn schemas(&self) -> &'static [(&'static str, &'static str)] {
        &[("windows", include_str!("schemas/windows.yml"))]
    }

    fn extension(&self) -> &'static str {
        "spl"
    }

    fn settings(&self) -> &'static [&'static str] {
        &["index", "macros"]
    }

    /// A comment in triple backquotes (Search Manual, "Add comments to searches"; Splunk 8.1 and later).
    fn comment(&self, line: &str) -> String {
        let text = crate::render::comment_text(line).replace('`', "'");
        format!("``` {text} ```")
    }

    fn query(&self, plan: &Plan<Vec<Branch>>, options: &Options) -> Result<Query, Vec<Gap>> {
        let Plan::Select(branches) = plan else {
            return Err(vec![Gap::new(Code::E0601, &At::default(), "correlations cannot be said in SPL yet")]);
        };
        let index = head::index(options).map_err(|gap| vec![gap])?;
        let parts = parts(branches, options)?;
        let tables: Vec<&Table> = branches.iter().map(|branch| &*branch.table).collect();
        let mut notes: Vec<Diagnostic> = head::notes(&tables, options);
        let mut claim = Fidelity::Exact;
        for fragment in parts.iter().flat_map(Part::fragments) {
            claim = claim.join(fragment.fidelity);
            notes.extend(fragment.notes.iter().cloned());
        }
        let text = match parts.as_slice() {
            [only] => only.alone(index.as_deref()),
            several => union(several, index.as_deref(), options)?,
        };
        let names = distinct(tables.iter().map(|table| table.name.clone()).collect());
        Ok(Query { text, claim, tables: names, notes: distinct(notes) })
    }
}

/// Whether the column is the raw text of the event.
fn is_raw(column: &Column) -> bool {
    matches!(&column.from, From::Native(text) if &**text == "_raw")
}

/// Branches with the same filter, and what they become.
struct Part<'a> {
    branches: Vec<&'a Branch>,
    /// One a branch: `source="..." EventCode=1`.
    heads: Vec<String>,
    search: Vec<Fragment>,
    /// Implied by `filter`.
    prefilter: Vec<Fragment>,
    filter: Vec<Fragment>,
}

fn parts<'a>(branches: &'a [Branch], options: &Options) -> Result<Vec<Part<'a>>, Vec<Gap>> {
    let mut groups: Vec<Vec<&Branch>> = Vec::new();
    for branch in branches {
        let alike = |group: &&mut Vec<&Branch>| {
            let same_text = |first: &Branch| raw(first) == raw(branch) || !has_keyword(&branch.filter);
            group.first().is_some_and(|first| first.filter == branch.filter && same_text(first))
        };
        match groups.iter_mut().find(alike) {
            Some(group) => group.push(branch),
            None => groups.push(vec![branch]),
        }
    }
    let mut gaps = Vec::new();
    let mut parts = Vec::new();
    for group in groups {
        match part(group, options) {
            Ok(part) => parts.push(part),
            Err(more) => gaps.extend(more),
        }
    }
    if gaps.is_empty() { Ok(parts) } else { Err(gaps) }
}

fn has_keyword(filter: &Expr<Column>) -> bool {
    let mut found = false;
    filter.for_each_test(&mut |test| found |= is_raw(&test.on));
    found
}

fn raw(branch: &Branch) -> Raw {
    Raw::of(branch.table.text)
}

fn part<'a>(branches: Vec<&'a Branch>, options: &Options) -> Result<Part<'a>, Vec<Gap>> {
    let heads = match head::any_of(&branches) {
        Some(one) if options.get("macros").is_none() => vec![spoken(&one, options)?],
        _ => branches.iter().map(|branch| head(branch, options)).collect::<Result<Vec<_>, _>>()?,
    };
    let mut part = Part { branches, heads, search: Vec::new(), prefilter: Vec::new(), filter: Vec::new() };
    let Some(first) = part.branches.first().copied() else { return Ok(part) };
    let (search, filter) = (Search { raw: raw(first) }, Where { raw: raw(first) });
    let strict = Options { approximate: false, ..options.clone() };
    let mut gaps = Vec::new();
    let sayable = |expr: &Expr<Column>| conjunct(expr, &search, &strict).is_ok();
    let members: Vec<Expr<Column>> =
        conjuncts(&first.filter).into_iter().flat_map(|one| exclusions(one, &sayable)).collect();
    for one in &members {
        let searched = conjunct(&present(one), &search, &strict);
        let said = searched.map(|conjunct| (true, conjunct)).or_else(|_| {
            conjunct(one, &filter, &strict)
                .or_else(|_| conjunct(one, &filter, options))
                .map(|conjunct| (false, conjunct))
        });
        match said {
            Ok((true, Conjunct { fragment, .. })) => part.search.push(fragment),
            Ok((false, Conjunct { fragment, .. })) => {
                let weaker = prefilter::prefilter(&present(one), &sayable);
                if let Some(Ok(conjunct)) = weaker.map(|weaker| conjunct(&weaker, &search, &strict)) {
                    part.prefilter.push(conjunct.fragment);
                }
                part.filter.push(fragment);
            }
            Err(more) => gaps.extend(more),
        }
    }
    if gaps.is_empty() { Ok(part) } else { Err(gaps) }
}

/// The table's source and the event kind in one line of `search`.
fn head(branch: &Branch, options: &Options) -> Result<String, Vec<Gap>> {
    let mut words: Vec<String> = head::macro_of(&branch.table, options).into_iter().collect();
    let sources = if words.is_empty() { head::events_of(&branch.table) } else { Vec::new() };
    let kind = any_case(&branch.kind);
    for test in sources.iter().chain(conjuncts(&kind)) {
        words.push(spoken(test, options)?);
    }
    Ok(words.join(" "))
}

/// A test of the head in `search`.
fn spoken(test: &Expr<Column>, options: &Options) -> Result<String, Vec<Gap>> {
    Ok(operand(&conjunct(test, &Search { raw: Raw::Plain }, options)?.fragment))
}

/// The members of a conjunction, nested ones too.
fn conjuncts(expr: &Expr<Column>) -> Vec<&Expr<Column>> {
    match expr {
        Expr::All(parts) => parts.iter().flat_map(conjuncts).collect(),
        Expr::Const(true) => Vec::new(),
        other => vec![other],
    }
}

/// A list of excluded values as two members of the conjunction, where `search` can say some of them and not all.
fn exclusions(expr: &Expr<Column>, said: &impl Fn(&Expr<Column>) -> bool) -> Vec<Expr<Column>> {
    let Expr::Not(inner) = expr else { return vec![expr.clone()] };
    let Expr::Test(Test { on, check: Check::Like { any_of, case }, at }) = &**inner else { return vec![expr.clone()] };
    let test = |any_of| Expr::test(on.clone(), Check::Like { any_of, case: *case }, at.clone());
    let (plain, odd): (Vec<_>, Vec<_>) = any_of.iter().cloned().partition(|value| said(&test(vec![value.clone()])));
    if plain.is_empty() || odd.is_empty() {
        return vec![expr.clone()];
    }
    vec![test(plain).not(), test(odd).not()]
}

/// The same with "not null" as "has a value", which `search` can say: `F=*`.
fn present(expr: &Expr<Column>) -> Expr<Column> {
    match expr {
        Expr::Not(inner) => match &**inner {
            Expr::Test(Test { on, check: Check::Null, at }) => {
                let anything = Pattern::default().open(true, false);
                let check = Check::Like { any_of: vec![(anything, at.clone())], case: Case::Fold };
                Expr::test(on.clone(), check, at.clone())
            }
            other => present(other).not(),
        },
        Expr::All(parts) => Expr::All(parts.iter().map(present).collect()),
        Expr::Any(parts) => Expr::Any(parts.iter().map(present).collect()),
        other => other.clone(),
    }
}

/// The words of an event kind without regard to case, as `search` compares them: no two kinds differ by it.
fn any_case(kind: &Expr<Column>) -> Expr<Column> {
    match kind {
        Expr::All(parts) => Expr::All(parts.iter().map(any_case).collect()),
        Expr::Test(Test { on, check: Check::Like { any_of, .. }, at }) => {
            Expr::test(on.clone(), Check::Like { any_of: any_of.clone(), case: Case::Fold }, at.clone())
        }
        other => other.clone(),
    }
}

/// A conjunct among others: a disjunction in parentheses.
fn operand(fragment: &Fragment) -> String {
    match fragment.binding {
        Binding::Or | Binding::And => format!("({})", indent(&fragment.text, 1)),
        Binding::Not | Binding::Atom => fragment.text.clone(),
    }
}

impl Part<'_> {
    fn fragments(&self) -> impl Iterator<Item = &Fragment> {
        self.search.iter().chain(&self.filter)
    }

    /// The sources: one, or any of several.
    fn sources(&self) -> String {
        match self.heads.as_slice() {
            [one] => one.clone(),
            several => {
                let each: Vec<String> = several.iter().map(|head| format!("({head})")).collect();
                format!("({})", each.join("\n OR "))
            }
        }
    }

    /// The query of a part that is all there is.
    fn alone(&self, index: Option<&str>) -> String {
        let mut text = join_head(index, &self.sources());
        for fragment in self.search.iter().chain(&self.prefilter) {
            text.push_str("\n    ");
            text.push_str(&indent(&operand(fragment), 4));
        }
        text + &filter(&self.filter.iter().map(operand).collect::<Vec<_>>())
    }

    /// As a member of a union, in parentheses: what `search` can say of it.
    fn searched(&self) -> String {
        let words = std::iter::once(self.sources()).chain(self.search.iter().chain(&self.prefilter).map(operand));
        let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
        let one_line = words.join(" ");
        let text = if one_line.len() <= 100 && !one_line.contains('\n') { one_line } else { words.join("\n") };
        format!("({})", indent(&text, 1))
    }
}

fn join_head(index: Option<&str>, sources: &str) -> String {
    match index {
        Some(index) if sources.contains('\n') => format!("{index}\n    {}", indent(sources, 4)),
        Some(index) => format!("{index} {sources}"),
        None => sources.to_owned(),
    }
}

/// `| where a AND b`, a line each.
fn filter(tests: &[String]) -> String {
    match tests {
        [] => String::new(),
        tests => {
            let lines: Vec<String> = tests.iter().map(|test| indent(test, 8)).collect();
            format!("\n| where {}", lines.join("\n    AND "))
        }
    }
}

/// The query of several parts. Where `search` cannot say all of them, `where` says the whole again, sources and event
/// kinds included: the search in front is then implied by it and only makes it fast.
fn union(parts: &[Part<'_>], index: Option<&str>, options: &Options) -> Result<String, Vec<Gap>> {
    let searched: Vec<String> = parts.iter().map(Part::searched).collect();
    let search = format!("({})", indent(&searched.join("\nOR "), 1));
    let text = join_head(index, &search);
    if parts.iter().all(|part| part.filter.is_empty()) {
        return Ok(text);
    }
    let mut whole = Vec::new();
    for branch in parts.iter().flat_map(|part| &part.branches) {
        let dialect = Where { raw: raw(branch) };
        let mut tests = Vec::new();
        let sources = head::events_of(&branch.table);
        let kind = any_case(&branch.kind);
        for test in sources.iter().chain(conjuncts(&kind)).chain(conjuncts(&branch.filter)) {
            tests.push(operand(&conjunct(test, &dialect, options)?.fragment));
        }
        whole.push(format!("({})", indent(&tests.join("\nAND "), 1)));
    }
    Ok(format!("{text}\n| where {}", indent(&whole.join("\nOR "), 5)))
}
