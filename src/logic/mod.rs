//! What is odd about the logic of a rule: it can never match, a filter takes away all that a value selects, a filter
//! takes nothing away. Everything found here follows from the tests alone; what would need knowledge of events is left.

mod relation;

use std::collections::BTreeSet;
use std::sync::Arc;

use relation::{excludes, implies};

use crate::diag::{Code, Diagnostic};
use crate::ir::{At, Check, Expr, Matching, Plan, Subject, Test};
use crate::simplify::simplify;
use crate::source::Span;

/// How many ways of a filter are looked at.
const WAYS: usize = 200;

/// The findings of a lowered rule: W0819, W0820, W0821. None for a correlation.
pub fn findings(plan: &Plan<Matching>) -> Vec<Diagnostic> {
    let Plan::Select(Matching { logsource, expr }) = plan else { return Vec::new() };
    let expr = simplify(expr.clone());
    let never = |help: &str| {
        let message = "the rule can never match: what it asks for contradicts itself";
        vec![Diagnostic::new(Code::W0819, message).at(logsource.at.span).help(help)]
    };
    if expr == Expr::Const(false) {
        return never("read the condition again: whatever the event holds, it is false");
    }
    let rule = Rule::of(&expr);
    if let Some((one, other)) = rule.contradiction() {
        let message = format!("the rule can never match: no value of {} passes both tests", one.on);
        let place = Diagnostic::new(Code::W0819, message).at(one.at.span).also(other.at.span, "and this");
        return vec![place.help("did you mean one or the other? Then put them in one list")];
    }
    let mut found = rule.swallowed();
    if found.iter().any(|finding| finding.code == Code::W0819) {
        return found;
    }
    found.extend(rule.idle_filters());
    found
}

/// A conjunction taken apart: what an event must pass, and what it must not.
struct Rule<'a> {
    wanted: Vec<&'a Test<Subject>>,
    /// Each filter as its ways: it takes an event away where all tests of one way pass.
    filters: Vec<Vec<Way<'a>>>,
}

/// Tests of which all must pass; none where it asks for something that is not understood here.
type Way<'a> = Option<Vec<&'a Test<Subject>>>;

impl<'a> Rule<'a> {
    fn of(expr: &'a Expr<Subject>) -> Self {
        let mut rule = Rule { wanted: Vec::new(), filters: Vec::new() };
        let parts = match expr {
            Expr::All(parts) => parts.as_slice(),
            other => std::slice::from_ref(other),
        };
        for part in parts {
            match part {
                Expr::Test(test) => rule.wanted.push(test),
                Expr::Not(inner) => rule.filters.push(ways(inner)),
                _ => {}
            }
        }
        rule
    }

    /// Two tests that no value passes, both of them wanted.
    fn contradiction(&self) -> Option<(&'a Test<Subject>, &'a Test<Subject>)> {
        let each = self.wanted.iter().enumerate();
        each.flat_map(|(n, one)| self.wanted.iter().skip(n + 1).map(|other| (*one, *other)))
            .find(|(one, other)| excludes(one, other))
    }

    /// Values that a filter takes away again, whatever else the event holds.
    fn swallowed(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (n, test) in self.wanted.iter().enumerate() {
            let others = || self.wanted.iter().enumerate().filter(|(other, _)| *other != n).map(|(_, test)| *test);
            let alternatives = alternatives(test);
            let taken: Vec<(At, At)> = alternatives
                .iter()
                .filter_map(|one| {
                    let takes = |way: &&Vec<&Test<Subject>>| {
                        way.iter().all(|wanted| implies(one, wanted) || others().any(|other| implies(other, wanted)))
                            // A filter that has nothing to do with this value takes everything away.
                            && way.iter().any(|wanted| wanted.on == one.on)
                    };
                    let by = self.filters.iter().flatten().flatten().find(takes)?;
                    Some((one.at.clone(), by.first()?.at.clone()))
                })
                .collect();
            let all = taken.len() == alternatives.len();
            for (at, by) in taken {
                let name = by.selection.as_deref().map_or_else(|| "a filter".to_owned(), |name| format!("`{name}`"));
                let (code, message) = if all {
                    (Code::W0819, format!("the rule can never match: {name} excludes all that {} may be", test.on))
                } else {
                    (Code::W0820, format!("this value finds nothing: {name} excludes it again"))
                };
                let finding = Diagnostic::new(code, message).at(at.span).also(by.span, "excluded here");
                found.push(finding.help("leave the value out, or make the filter ask for more"));
                if all {
                    return found;
                }
            }
        }
        found
    }

    /// Filters that no event which is wanted can pass.
    fn idle_filters(&self) -> Vec<Diagnostic> {
        let mut found: Vec<Diagnostic> = Vec::new();
        let mut said: BTreeSet<Arc<str>> = BTreeSet::new();
        for ways in &self.filters {
            let impossible = |way: &&Way<'a>| {
                way.as_ref().and_then(|tests| {
                    tests.iter().find_map(|test| {
                        let wanted = self.wanted.iter().find(|wanted| excludes(wanted, test))?;
                        Some((*test, *wanted))
                    })
                })
            };
            let all: Option<Vec<_>> = ways.iter().map(|way| impossible(&way)).collect();
            let Some((test, wanted)) = all.as_deref().and_then(<[_]>::first) else { continue };
            let name = test.at.selection.clone().unwrap_or_default();
            if !said.insert(name.clone()) {
                continue;
            }
            let message = match &*name {
                "" => "the filter excludes nothing: no event that is selected can pass it".to_owned(),
                name => format!("`{name}` excludes nothing: no event that is selected can pass it"),
            };
            let finding = Diagnostic::new(Code::W0821, message).at(test.at.span).also(wanted.at.span, "selected here");
            found.push(finding.help(format!("no value of {} passes both tests", test.on)));
        }
        found
    }
}

/// A test for each alternative of a list, at the alternative's own place.
fn alternatives(test: &Test<Subject>) -> Vec<Test<Subject>> {
    let at = |own: &At| if own.span == Span::default() { test.at.clone() } else { own.clone() };
    let one = |check, own: &At| Test { on: test.on.clone(), check, at: at(own) };
    match &test.check {
        Check::Like { any_of, case } => any_of
            .iter()
            .map(|(pattern, own)| one(Check::Like { any_of: vec![(pattern.clone(), own.clone())], case: *case }, own))
            .collect(),
        Check::Equal { any_of } => {
            any_of.iter().map(|(number, own)| one(Check::Equal { any_of: vec![(*number, own.clone())] }, own)).collect()
        }
        _ => vec![test.clone()],
    }
}

/// The ways in which an expression can hold, each as the tests that must all pass.
fn ways(expr: &Expr<Subject>) -> Vec<Way<'_>> {
    match expr {
        Expr::Test(test) => vec![Some(vec![test])],
        Expr::Any(parts) => {
            let all: Vec<_> = parts.iter().flat_map(ways).take(WAYS + 1).collect();
            if all.len() > WAYS { vec![None] } else { all }
        }
        Expr::All(parts) => {
            let tests: Option<Vec<_>> =
                parts.iter().map(|part| if let Expr::Test(test) = part { Some(test) } else { None }).collect();
            vec![tests]
        }
        Expr::Const(_) | Expr::Not(_) => vec![None],
    }
}
