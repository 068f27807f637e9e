//! Simplifying keeps the meaning: every expression and what it becomes agree on every event.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::ir::{At, Case, Check, Expr, Pattern, Test};
use sigmaglot::simplify::simplify;

/// Two subjects, each with several values.
type Event = [Vec<char>; 2];

fn holds(expr: &Expr<usize>, event: &Event) -> bool {
    match expr {
        Expr::Const(value) => *value,
        Expr::All(parts) => parts.iter().all(|part| holds(part, event)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, event)),
        Expr::Not(inner) => !holds(inner, event),
        Expr::Test(Test { on, check: Check::Like { any_of, .. }, .. }) => {
            let texts: Vec<&str> = any_of.iter().filter_map(|(pattern, _)| pattern.as_literal()).collect();
            event[*on].iter().any(|value| texts.contains(&value.to_string().as_str()))
        }
        Expr::Test(Test { on, check: Check::Null, .. }) => event[*on].is_empty(),
        Expr::Test(_) => unreachable!("no such test is generated"),
    }
}

fn is(on: usize, values: &[char]) -> Expr<usize> {
    let any_of = values.iter().map(|value| (Pattern::literal(&value.to_string()), At::default())).collect();
    Expr::test(on, Check::Like { any_of, case: Case::Fold }, At::default())
}

fn expressions() -> impl Strategy<Value = Expr<usize>> {
    let leaf = prop_oneof![
        (0..2usize, prop::collection::vec(prop::char::range('a', 'c'), 1..3)).prop_map(|(on, values)| is(on, &values)),
        (0..2usize).prop_map(|on| Expr::test(on, Check::Null, At::default())),
        any::<bool>().prop_map(Expr::Const),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Expr::not),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::All),
            prop::collection::vec(inner, 0..4).prop_map(Expr::Any),
        ]
    })
}

proptest! {
    #[test]
    fn simplifying_keeps_the_meaning(expr in expressions()) {
        let simple = simplify(expr.clone());
        let values = [vec![], vec!['a'], vec!['b'], vec!['a', 'c'], vec!['d']];
        for first in &values {
            for second in &values {
                let event = [first.clone(), second.clone()];
                prop_assert_eq!(holds(&expr, &event), holds(&simple, &event), "{:?} on {:?}", simple, event);
            }
        }
        prop_assert_eq!(simplify(simple.clone()), simple);
    }
}

#[test]
fn filters_become_lists() {
    let [a, b, c] = [is(0, &['a']), is(0, &['b']), is(1, &['c'])];
    let rule = Expr::All(vec![c.clone(), Expr::Any(vec![a.clone(), b.clone()]).not()]);
    assert_eq!(simplify(rule), Expr::All(vec![c.clone(), is(0, &['a', 'b']).not()]));
    assert_eq!(simplify(Expr::Any(vec![a.clone(), c.clone(), b])), Expr::Any(vec![is(0, &['a', 'b']), c.clone()]));
    let both = Expr::All(vec![a.clone(), c.clone()]).not();
    assert_eq!(simplify(Expr::Any(vec![both.clone(), a.clone()]).not()), Expr::All(vec![a.clone(), c, a.not()]));
}
