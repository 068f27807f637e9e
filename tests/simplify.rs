//! Simplification: every pass keeps every verdict; what the passes are for.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::ir::regex::print::PLAIN;
use sigmaglot::ir::{At, Case, Check, Expr, Number, Pattern, Regex, Subject, show};
use sigmaglot::simplify::{passes, simplify};

use crate::pattern::matches;

/// Field → its values; none for a field that is there but null.
type Event = BTreeMap<u8, Vec<&'static str>>;

/// What an expression means, written down a second time.
fn holds(expr: &Expr<u8>, event: &Event) -> bool {
    match expr {
        Expr::Const(value) => *value,
        Expr::All(parts) => parts.iter().all(|part| holds(part, event)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, event)),
        Expr::Not(inner) => !holds(inner, event),
        Expr::Test(test) => {
            let values = event.get(&test.on).map(Vec::as_slice).unwrap_or_default();
            let some = |check: &dyn Fn(&str) -> bool| values.iter().any(|value| check(value));
            match &test.check {
                Check::Like { any_of, case: Case::Exact } => some(&|text| any_of.iter().any(|(p, _)| matches(p, text))),
                Check::Like { any_of, case: Case::Fold } => some(&|text| {
                    let folded = |p: &Pattern| Pattern::parse(&p.to_sigma().to_lowercase());
                    any_of.iter().any(|(p, _)| matches(&folded(p), &text.to_lowercase()))
                }),
                Check::Equal { any_of } => some(&|text| any_of.iter().any(|(n, _)| n.to_string() == text)),
                Check::Within(networks) => some(&|text| {
                    text.parse().is_ok_and(|ip: std::net::IpAddr| networks.iter().any(|(n, _)| n.contains(&ip)))
                }),
                Check::Matches(regex) => some(&|text| {
                    let flags = if regex.flags.ignore_case { "(?i)" } else { "" };
                    let printed = format!("{flags}{}", regex.print(&PLAIN).unwrap());
                    regex::Regex::new(&printed).unwrap().is_match(text)
                }),
                Check::Null => values.is_empty(),
                Check::Exists => event.contains_key(&test.on),
                other => panic!("not generated: {other:?}"),
            }
        }
    }
}

fn check() -> impl Strategy<Value = Check<u8>> {
    let pattern =
        prop::sample::select(vec!["a", "A", "*a*", "*ab*", "a*", "ab*", "*b", "*ab", "*B", "a?b", "*a*b*", "*", ""]);
    let pattern = pattern.prop_map(|text| (Pattern::parse(text), At::default()));
    let case = prop_oneof![3 => Just(Case::Fold), 1 => Just(Case::Exact)];
    let network = prop::sample::select(vec!["10.0.0.0/8", "10.1.0.0/16", "::/0"]);
    let regex = prop::sample::select(vec!["a", ".*b", "a(b)?", "b*", "^a.*$", "a*|b", r"\ba?b+c*"]);
    prop_oneof![
        6 => (prop::collection::vec(pattern, 1..4), case).prop_map(|(any_of, case)| Check::Like { any_of, case }),
        1 => prop::collection::vec((0..3i128).prop_map(|n| (Number::Int(n), At::default())), 1..3)
            .prop_map(|any_of| Check::Equal { any_of }),
        1 => prop::collection::vec(network.prop_map(|n| (n.parse().unwrap(), At::default())), 1..3)
            .prop_map(Check::Within),
        1 => regex.prop_map(|text| Check::Matches(Regex::parse(text, Default::default()).unwrap())),
        1 => Just(Check::Null),
        1 => Just(Check::Exists),
    ]
}

fn expr() -> impl Strategy<Value = Expr<u8>> {
    let leaf = prop_oneof![
        12 => (0..2u8, check()).prop_map(|(on, check)| Expr::test(on, check, At::default())),
        1 => any::<bool>().prop_map(Expr::Const),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        // The same few parts again and again, so that there is something to share.
        let shared = (inner.clone(), prop::collection::vec(inner.clone(), 1..4))
            .prop_map(|(a, rest)| Expr::Any(rest.into_iter().map(|b| Expr::All(vec![a.clone(), b])).collect()));
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Expr::Any),
            inner.prop_map(Expr::not),
            shared,
        ]
    })
}

fn event() -> impl Strategy<Value = Event> {
    let value = prop::sample::select(vec!["", "a", "A", "ab", "xaby", "b", "cb", "axb", "ba", "1", "10.1.2.3", "::1"]);
    prop::collection::btree_map(0..2u8, prop::collection::vec(value, 0..3), 0..3)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_pass_keeps_every_verdict(expr in expr(), events in prop::collection::vec(event(), 12)) {
        for (name, pass) in passes() {
            let after = pass(expr.clone());
            for event in &events {
                prop_assert_eq!(holds(&after, event), holds(&expr, event), "{} on {:?}: {:?}", name, event, after);
            }
        }
        let after = simplify(expr.clone());
        for event in &events {
            prop_assert_eq!(holds(&after, event), holds(&expr, event), "simplify on {:?}: {:?}", event, after);
        }
    }

    #[test]
    fn simplified_is_simplified(expr in expr()) {
        let once = simplify(expr);
        prop_assert_eq!(simplify(once.clone()), once);
    }
}

fn like(field: &str, patterns: &[&str]) -> Expr<Subject> {
    let any_of = patterns.iter().map(|text| (Pattern::parse(text), At::default())).collect();
    Expr::test(Subject::Field(field.into()), Check::Like { any_of, case: Case::Fold }, At::default())
}

fn simplified(expr: Expr<Subject>) -> String {
    show(&simplify(expr))
}

#[test]
fn values_of_one_field_are_one_list() {
    let expr = Expr::Any(vec![like("f", &["*a"]), like("g", &["x"]), like("f", &["*b"]), like("f", &["*a"])]);
    assert_eq!(simplified(expr), "any\n  f endswith \"a\" or \"b\"\n  g = \"x\"\n");
}

#[test]
fn filters_on_one_field_are_one_negated_list() {
    let filters =
        Expr::Any(vec![like("f", &["a"]), Expr::All(vec![like("g", &["x"]), like("h", &["y"])]), like("f", &["*b"])]);
    let expr = Expr::All(vec![like("s", &["*s"]), filters.not(), like("f", &["c"]).not()]);
    let expected =
        "all\n  s endswith \"s\"\n  not f like \"a\" or \"*b\" or \"c\"\n  not all\n    g = \"x\"\n    h = \"y\"\n";
    assert_eq!(simplified(expr), expected);
}

#[test]
fn common_factors_are_pulled_out_where_that_is_smaller() {
    let both = |b: &str| Expr::All(vec![like("f", &["*\\Users\\\\*"]), like("f", &[b])]);
    let expr = Expr::Any(vec![like("f", &["C:\\x"]), both("*vbs*"), both("*ps1*")]);
    let expected = "any\n  f = \"C:\\x\"\n  all\n    f contains \"\\Users\\\"\n    f contains \"vbs\" or \"ps1\"\n";
    assert_eq!(simplified(expr), expected);
    // One shared test of three is no gain: the blocks stay as their author wrote them.
    let block = |a: &str, b: &str| Expr::All(vec![like("type", &["EXECVE"]), like("a0", &[a]), like("a1", &[b])]);
    let expr = Expr::Any(vec![block("chage", "-l"), block("passwd", "-S")]);
    assert_eq!(simplify(expr.clone()), expr);
}

#[test]
fn implied_values_and_optional_ends_are_dropped() {
    assert_eq!(simplified(like("f", &["*CMD*", "*cmd.exe", "x*y", "cmd", "x*"])), "f like \"*CMD*\" or \"x*\"\n");
    assert_eq!(simplified(like("f", &["a", "*"])), "f like \"*\"\n");
    for (written, expected) in
        [(r"-k\s\w{1,64}(?:\s-p)?", r"-k\s\w{1,64}"), (".*a.*", "a"), (".*", "^"), ("a|b*", "a|^"), ("^a*$", "^a*$")]
    {
        let check = Check::Matches(Regex::parse(written, Default::default()).unwrap());
        let expr = Expr::test(Subject::AnyText, check, At::default());
        assert_eq!(simplified(expr), format!("any value matches /{expected}/\n"));
    }
}
