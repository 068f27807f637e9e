//! Lowering: what each chain of modifiers becomes, which are refused and why, and whole rules in the algebra.

use std::path::Path;

use pretty_assertions::assert_eq;
use sigmaglot::ir::{self, Aggregate, Bound, Fires, Matching, Number, Plan};
use sigmaglot::lower::Options;
use sigmaglot::sigma::Value;
use sigmaglot::simplify::simplify;

use crate::rules::plans;

fn options() -> Options {
    let text = |text: &str| Value::Text(text.into());
    let placeholders = [
        ("admins".to_owned(), vec![text("root"), text("adm_*")]),
        ("ids".to_owned(), vec![Value::Number(Number::Int(7)), text("a.b")]),
        ("none".to_owned(), vec![]),
    ];
    Options { placeholders: placeholders.into() }
}

/// A rule with this detection, given as lines of YAML.
fn rule(detection: &str) -> String {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: t\nlogsource: {{category: c}}\ndetection:\n{indented}")
}

/// The rule in the algebra, as lowered.
fn lowered(detection: &str) -> String {
    let (plans, findings) = plans(&rule(detection), &options());
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).collect();
    assert!(errors.is_empty(), "{detection}: {errors:?}");
    match &plans[0].1 {
        Plan::Select(matching) => ir::show(&matching.expr),
        Plan::Correlate(_) => panic!("{detection} is no correlation"),
    }
}

/// The codes of the errors.
fn refused(detection: &str) -> Vec<&'static str> {
    let (plans, findings) = plans(&rule(detection), &options());
    let errors: Vec<_> = findings.iter().filter(|finding| finding.is_error()).map(|f| f.code.as_str()).collect();
    assert!(plans.is_empty() || errors.is_empty(), "{detection} has both a plan and {errors:?}");
    errors
}

#[test]
fn every_modifier_has_its_meaning() {
    for (item, expected) in [
        ("f: a", r#"f = "a""#),
        ("f: 'a*'", r#"f startswith "a""#),
        ("f: 5", "f = 5"),
        ("f: true", "f is true"),
        ("f: null", "f is null"),
        ("f: ''", r#"f = """#),
        ("f|contains: ''", r#"f like "*""#),
        (r"f|startswith: 'C:\W\'", r#"f startswith "C:\W\""#),
        ("f|contains: 'a*b'", r#"f like "*a*b*""#),
        ("f|endswith: '*a'", r#"f endswith "a""#),
        ("f|cased|contains: A", r#"f contains cased "A""#),
        ("f|contains|cased: A", r#"f contains cased "A""#),
        ("f|neq: a", r#"not f = "a""#),
        ("f|exists: false", "not f exists"),
        ("f|re|i|m: '^a[b]$'", "f matches /^a[b]$/im"),
        ("f|re: '(?s)a.'", "f matches /a./s"),
        ("f|cidr: 10.0.0.1", "f within 10.0.0.1/32"),
        ("f|cidr: 'fe80::/10'", "f within fe80::/10"),
        ("f|gte: 5.5", "f >= 5.5"),
        ("f|hour: 5", "f hour = 5"),
        ("f|hour|lt: 5", "f hour < 5"),
        ("f|fieldref: g", "f = field g"),
        ("f|cased|fieldref|endswith: g", "f endswith cased field g"),
        ("f|base64: 'a\\*b'", r#"f = "YSpi""#),
        ("f|base64|base64: a", r#"f = "WVE9PQ==""#),
        ("f|wide|base64offset|contains: foo", r#"f contains "ZgBvAG8A" or "YAbwBvA" or "mAG8Abw""#),
        ("f|utf16|base64: A", r#"f = "//5BAA==""#),
        ("f|utf16be|base64: A", r#"f = "AEE=""#),
        ("f|contains|windash: ' -x-y /z- '", r#"f like "* [-/–—―]x-y [-/–—―]z- *""#),
        ("f|windash: '—a'", r#"f like "[-/–—―]a""#),
        ("f|expand: 'x%admins%y'", r#"f like "xrooty" or "xadm_*y""#),
        ("f|contains|expand: '%ids%'", r#"f contains "7" or "a.b""#),
        (r"f|expand: '\%admins%'", r#"f = "%admins%""#),
        ("f: '%admins%'", r#"f = "%admins%""#),
        ("'|re': 'a.c'", "any value matches /a.c/"),
        ("'|cased': 'A?'", r#"any value like cased "*A?*""#),
    ] {
        assert_eq!(lowered(&format!("s:\n  {item}\ncondition: s")), format!("{expected}\n"), "{item}");
    }
}

#[test]
fn lists_are_linked() {
    let of = |item: &str| lowered(&format!("s:\n  {item}\ncondition: s"));
    assert_eq!(of("f|neq: [a, 5]"), "not any\n  f = \"a\"\n  f = 5\n");
    assert_eq!(of("f|contains|all|neq: [a, b]"), "not all\n  f contains \"a\"\n  f contains \"b\"\n");
    assert_eq!(of("f|all|re: [a, b]"), "all\n  f matches /a/\n  f matches /b/\n");
    // The variants of one value are alternatives, whatever links the values.
    let variants = "all\n  f contains \"Zm9vYmFy\" or \"Zvb2Jhc\" or \"mb29iYX\"\n  f contains \"cGluZ\" or \"Bpbm\" or \"waW5n\"\n";
    assert_eq!(of("f|base64offset|contains|all: [foobar, ping]"), variants);
    assert_eq!(of("f|re|expand: '^%ids%$'"), "any\n  f matches /^7$/\n  f matches /^a\\.b$/\n");
    assert_eq!(lowered("s: [a, 7]\ncondition: s"), "any\n  any value contains \"a\"\n  any value contains \"7\"\n");
    assert_eq!(
        lowered("s: [a, {f: 1, g: 2}]\ncondition: s"),
        "any\n  any value contains \"a\"\n  all\n    f = 1\n    g = 2\n"
    );
}

#[test]
fn conditions_are_linked() {
    let detection = |condition: &str| format!("a1: {{f: 1}}\na2: {{f: 2}}\n_h: {{f: 3}}\ncondition: {condition}");
    for (condition, expected) in [
        ("all of them", "all\n  f = 1\n  f = 2\n"),
        ("1 of a*", "any\n  f = 1\n  f = 2\n"),
        ("any of _*", "f = 3\n"),
        ("a1 or a2 and not _h", "any\n  f = 1\n  all\n    f = 2\n    not f = 3\n"),
        ("[a1, not a2]", "any\n  f = 1\n  not f = 2\n"),
    ] {
        assert_eq!(lowered(&detection(condition)), expected, "{condition}");
    }
}

#[test]
fn what_has_no_meaning_is_refused() {
    for (item, code) in [
        ("f|contains: 46", "E0402"),
        ("f|contains: true", "E0402"),
        ("f|cased: 1", "E0402"),
        ("f|expand: 1", "E0402"),
        ("f|re: 1", "E0402"),
        ("f|cidr: 1", "E0402"),
        ("f|exists: 'yes'", "E0402"),
        ("f|gt: '9'", "E0402"),
        ("f|hour: 3.5", "E0402"),
        ("f|fieldref: 'a*'", "E0402"),
        ("f|startswith|endswith: x", "E0403"),
        ("f|contains|startswith: x", "E0403"),
        ("f|contains|re: x", "E0403"),
        ("f|re|contains: x", "E0403"),
        ("f|re|cased: x", "E0403"),
        ("f|cased|re: x", "E0403"),
        ("f|i|re: x", "E0403"),
        ("f|contains|i: x", "E0403"),
        ("f|startswith|fieldref: x", "E0403"),
        ("f|fieldref|startswith|endswith: x", "E0403"),
        ("f|gt|hour: 1", "E0403"),
        ("f|gt|lt: 1", "E0403"),
        ("f|hour|day: 1", "E0403"),
        ("f|hour|gt|lt: 1", "E0403"),
        ("f|contains|gt: 1", "E0403"),
        ("f|cidr|contains: 10.0.0.0/8", "E0403"),
        ("f|exists|neq: true", "E0403"),
        ("f|exists|all: [true, false]", "E0403"),
        ("f|exists|contains: true", "E0403"),
        ("f|wide: x", "E0403"),
        ("f|wide|contains|base64: x", "E0403"),
        ("f|contains|base64: x", "E0403"),
        ("'|exists': true", "E0403"),
        ("'|startswith': x", "E0403"),
        ("'|gt': 1", "E0403"),
        ("f|contains|all: a", "E0404"),
        ("f|all: [a]", "E0404"),
        ("f|re: 'a['", "E0405"),
        ("f|re: 'a(?=b)'", "E0406"),
        ("f|cidr: 10.0.0.1/8", "E0407"),
        ("f|cidr: '10.0'", "E0407"),
        ("f|cidr: 'fe80::1%eth0/64'", "E0407"),
        ("f|expand: '%nobody%'", "E0408"),
        ("f|expand: '%none%'", "E0408"),
        ("f|base64offset|contains: f", "E0413"),
        ("f|base64: ''", "E0413"),
        ("f|base64: 'a*'", "E0414"),
        ("f|wide|base64: 'a?'", "E0414"),
    ] {
        assert_eq!(refused(&format!("s:\n  {item}\ncondition: s")), [code], "{item}");
    }
}

#[test]
fn every_error_of_a_rule_is_reported_at_its_value() {
    let text = rule("s:\n  f|re:\n    - 'a['\n    - ok\n    - '(?<=b)'\n  g|contains: 1\ncondition: s");
    let (plans, findings) = plans(&text, &Options::default());
    assert!(plans.is_empty());
    let places: Vec<_> = findings
        .iter()
        .filter_map(|finding| {
            finding.span.map(|span| (finding.code.as_str(), &text[span.start as usize..span.end as usize]))
        })
        .filter(|(code, _)| code.starts_with('E'))
        .collect();
    assert_eq!(places, [("E0405", "'a['"), ("E0406", "'(?<=b)'"), ("E0402", "1")]);
}

#[test]
fn rules_that_expand_to_too_much_are_refused_in_time() {
    let values: Vec<String> = (0..2000).map(|n| n.to_string()).collect();
    let selections: String = (0..50).map(|n| format!("s{n}: {{f: [{}]}}\n", values.join(", "))).collect();
    assert_eq!(refused(&format!("{selections}condition: {}", ["1 of s*"; 40].join(" or "))), ["E0418"]);
    let dashes = format!("s: {{'f|windash|base64': '{}'}}\ncondition: s", "-a ".repeat(40));
    assert_eq!(refused(&dashes), ["E0418"]);
    let placeholders = format!("s: {{'f|expand': '{}'}}\ncondition: s", "%admins%".repeat(200));
    assert_eq!(refused(&placeholders), ["E0418"]);
    let nested = format!("s: {{'f{}': ab}}\ncondition: s", "|base64".repeat(60));
    assert_eq!(refused(&nested), ["E0418"]);
    let long = "a".repeat(1_000_000);
    let dashes = format!("s: {{'f|windash|base64': '{}{long}'}}\ncondition: s", " -a".repeat(6));
    assert_eq!(refused(&dashes), ["E0418"]);
    let placeholders = format!("s: {{'f|expand': '{}{long}'}}\ncondition: s", "%admins%".repeat(4));
    assert_eq!(refused(&placeholders), ["E0418"]);
    let placeholders = format!("s: {{'f|re|expand': '{}{long}'}}\ncondition: s", "%admins%".repeat(4));
    assert_eq!(refused(&placeholders), ["E0418"]);
}

const FILTER: &str = "
---
title: no admins
logsource: {category: c}
filter:
  rules: any
  s: {user: adm}
  other: {host: x}
  condition: not 1 of them
";

#[test]
fn filters_stand_beside_the_rule_with_names_of_their_own() {
    let (plans, findings) = plans(&(rule("s: {f: 1}\ncondition: 1 of them") + FILTER), &Options::default());
    assert!(findings.iter().all(|finding| !finding.is_error()), "{findings:?}");
    let Plan::Select(Matching { expr, .. }) = &plans[0].1 else { panic!("a rule") };
    assert_eq!(ir::show(expr), "all\n  f = 1\n  not any\n    user = \"adm\"\n    host = \"x\"\n");
}

/// A correlation over two rules, `a` and `b`.
fn correlation(text: &str) -> Result<ir::Correlation<Matching>, Vec<&'static str>> {
    let base = |name: &str| {
        format!(
            "title: {name}\nname: {name}\nlogsource: {{category: c}}\ndetection: {{s: {{f: {name}}}, condition: s}}\n---\n"
        )
    };
    let indented: String = text.lines().map(|line| format!("  {line}\n")).collect();
    let text = format!("{}{}title: c\ncorrelation:\n  timespan: 5m\n{indented}", base("a"), base("b"));
    let (plans, findings) = plans(&text, &Options::default());
    let found = plans.into_iter().find_map(|(_, plan)| match plan {
        Plan::Correlate(correlation) => Some(*correlation),
        Plan::Select(_) => None,
    });
    found.ok_or_else(|| findings.iter().filter(|finding| finding.is_error()).map(|f| f.code.as_str()).collect())
}

#[test]
fn correlations_are_typed() {
    let count = correlation("type: event_count\nrules: [a]\ngroup-by: [u]\ncondition: {gt: 1, lte: 9}").unwrap();
    assert_eq!(count.window, 300);
    let bounds = vec![(Bound::Gt, Number::Int(1)), (Bound::Lte, Number::Int(9))];
    assert_eq!(count.fires, Fires::Aggregate { what: Aggregate::EventCount, bounds });
    assert_eq!(count.by, [("u".into(), vec!["u".into()])]);

    let aliased =
        correlation("type: temporal\nrules: [a, b]\naliases: {who: {a: src, b: dst}}\ngroup-by: [who, host]\n")
            .unwrap();
    let by = [("who".into(), vec!["src".into(), "dst".into()]), ("host".into(), vec!["host".into(), "host".into()])];
    assert_eq!(aliased.by, by);
    let Fires::Temporal(expr) = &aliased.fires else { panic!("temporal") };
    assert_eq!(ir::show(expr), "all\n  0 exists\n  1 exists\n");
    assert_eq!(aliased.sources.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["a", "b"]);

    assert_eq!(correlation("type: temporal_ordered\nrules: [a, b]\n").unwrap().fires, Fires::Ordered);
    let median = correlation("type: value_median\nrules: [a]\ncondition: {gt: 1, field: n}").unwrap();
    assert!(matches!(
        median.fires,
        Fires::Aggregate { what: Aggregate::Percentile(field, Number::Int(50)), .. } if field.as_str() == "n"
    ));
    let named = correlation("type: temporal\nrules: [a, b]\ncondition: a and not b").unwrap();
    let Fires::Temporal(expr) = &named.fires else { panic!("temporal") };
    assert_eq!(ir::show(expr), "all\n  0 exists\n  not 1 exists\n");
    assert_eq!(correlation("type: value_count\nrules: [a]\ncondition: {gt: 1}").unwrap_err(), ["E0210"]);
}

#[test]
fn rules_in_the_algebra() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut settings = insta::Settings::clone_current();
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.set_snapshot_path(root.join("snapshots/ir"));
    for name in [
        "constructs/backslash_before_wildcard",
        "constructs/base64offset_contains",
        "constructs/cidr_list_negated",
        "constructs/condition_list",
        "constructs/double_negation",
        "constructs/fieldref_neq",
        "constructs/keywords_all",
        "constructs/list_of_maps",
        "constructs/windash_all",
        "axios-npm-compromise/file_event_win_axios_npm_dropped_files",
        "axios-npm-compromise/net_connection_win_node_unusual_port",
        "axios-npm-compromise/proc_creation_win_axios_npm_dropper_commands",
        "axios-npm-compromise/proc_creation_win_node_spawning_script_host",
    ] {
        let text = std::fs::read_to_string(root.join(format!("rules/{name}.yml"))).unwrap();
        let (plans, findings) = plans(&text, &Options::default());
        assert!(findings.iter().all(|finding| !finding.is_error()), "{name}: {findings:?}");
        let Plan::Select(matching) = &plans[0].1 else { panic!("{name} is a rule") };
        let simple = Plan::Select(Matching { expr: simplify(matching.expr.clone()), ..matching.clone() });
        let text = format!("{}\n--- simplified\n{}", ir::show_plan(&plans[0].1), ir::show_plan(&simple));
        settings.bind(|| insta::assert_snapshot!(name.replace('/', "__"), text));
    }
}
