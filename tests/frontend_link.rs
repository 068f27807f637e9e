//! Documents that refer to each other: legacy collections, correlations, filters.

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Diagnostics, Severity};
use sigmaglot::link::{Collection, LinkedKind, link};
use sigmaglot::sigma::{self, Document};
use sigmaglot::source::Sources;

use crate::shared;

/// Links the documents of some files; findings as `E0208 3:5 message`, notes left out.
fn linked(files: &[&str]) -> (Collection, Vec<String>) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let mut documents = Vec::new();
    for (n, text) in files.iter().enumerate() {
        let id = sources.add(format!("{n}.yml"), *text);
        documents.extend(sigma::parse(id, text, &mut diagnostics));
    }
    let collection = link(documents, &mut diagnostics);
    let shown = diagnostics.iter().filter(|d| d.severity > Severity::Note).map(|d| {
        let (line, column) = sources.line_column(d.span.unwrap());
        let kind = if d.is_error() { "" } else { " (warning)" };
        format!("{}{kind} {line}:{column} {}", d.code, d.message)
    });
    (collection, shown.collect())
}

/// Title, whether it emits, filters of each rule.
fn shape(collection: &Collection) -> Vec<String> {
    let describe = |rule: &sigmaglot::link::LinkedRule| {
        let title = &rule.meta().title;
        let emits = if rule.emits { "" } else { " (silent)" };
        match &rule.kind {
            LinkedKind::Rule { filters, .. } if filters.is_empty() => format!("{title}{emits}"),
            LinkedKind::Rule { filters, .. } => {
                let names: Vec<_> = filters.iter().map(|filter| filter.meta.title.to_string()).collect();
                format!("{title}{emits} [{}]", names.join(", "))
            }
            LinkedKind::Correlation { rules, .. } => format!("{title}{emits} of {rules:?}"),
        }
    };
    collection.rules.iter().map(describe).collect()
}

fn rule(title: &str, extra: &str) -> String {
    format!(
        "title: {title}\n{extra}logsource: {{category: process_creation, product: windows}}\n\
         detection: {{s: {{Image: x}}, condition: s}}\n"
    )
}

fn correlation(title: &str, rules: &str, extra: &str) -> String {
    format!(
        "title: {title}\n{extra}correlation:\n  type: temporal\n  rules: [{rules}]\n  group-by: [User]\n  timespan: 5m\n"
    )
}

#[test]
fn correlations_resolve_by_id_and_name() {
    let id = "8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f";
    let files = [
        correlation("both", &format!("b, {}", id.to_uppercase()), ""),
        rule("a", &format!("id: {id}\n")),
        rule("b", "name: b\n"),
        correlation("outer", "b, inner", "generate: true\n"),
        correlation("inner", "b", "name: inner\n"),
        rule("alone", ""),
    ];
    let (collection, found) = linked(&files.each_ref().map(String::as_str));
    assert_eq!(found, [""; 0]);
    assert_eq!(shape(&collection), ["both of [2, 1]", "a (silent)", "b", "outer of [2, 4]", "inner of [2]", "alone"]);
}

#[test]
fn broken_references() {
    let files = [
        correlation("x", "nothing", ""),
        correlation("y", "z", "name: y\n"),
        correlation("z", "y", "name: z\n"),
        correlation("w", "y, a", ""),
        rule("a", "name: a\n"),
    ];
    let (collection, found) = linked(&files.each_ref().map(String::as_str));
    assert_eq!(
        found,
        [
            "E0208 4:11 correlation refers to a rule that is not here: `nothing`",
            "E0210 5:11 correlation refers to itself, directly or through others",
            "E0210 5:11 correlation refers to itself, directly or through others",
            "E0210 4:11 correlation refers to itself, directly or through others",
        ]
    );
    assert_eq!(shape(&collection), ["a (silent)"]);
}

#[test]
fn shared_names() {
    let id = "id: 8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f\n";
    let (a, b) = (rule("a", id), rule("b", id));
    let refers = correlation("c", "8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f", "");
    let (_, found) = linked(&[&a, &b]);
    assert_eq!(found, ["E0209 (warning) 2:5 two rules share their id"]);
    let (collection, found) = linked(&[&a, &b, &refers]);
    let ambiguous = "E0209 4:11 `8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f` is the name or id of several rules";
    assert_eq!(found, [ambiguous, "E0209 2:5 two rules share their id"]);
    assert_eq!(shape(&collection), ["a (silent)", "b"]);
    let (_, found) = linked(&[&a, &a, &refers]);
    assert_eq!(found, ["E0209 (warning) 2:5 rule was given twice"]);
    let (_, found) = linked(&[&rule("a", "name: n\n"), &rule("b", "name: n\n")]);
    assert_eq!(found, ["E0209 2:7 two rules share their name"]);
}

#[test]
fn conditions_and_aliases_of_correlations() {
    let base = [rule("a", "name: a\n"), rule("b", "name: b\nid: 8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f\n")].join("---\n");
    let with = |text: &str| {
        let text = format!("{base}---\ntitle: c\ncorrelation:\n  group-by: [u]\n  timespan: 1h\n{text}");
        linked(&[&text]).1
    };
    let first = "  rules: [a, 8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f]\n";
    let cases: &[(&str, &[&str])] = &[
        ("  type: temporal\n  condition: a and not b\n", &[]),
        ("  type: temporal\n  RULES\n  condition: a or b\n", &[]),
        (
            "  type: temporal\n  RULES\n  condition: a\n",
            &["E0210 18:14 condition of the correlation leaves out rule `8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f`"],
        ),
        ("  type: temporal\n  condition: 1 of them\n", &["E0301 17:19 `x of` has no meaning in a correlation"]),
        (
            "  type: event_count\n  RULES\n  condition: a or b\n",
            &["E0210 18:14 a condition over rules has a meaning for temporal types only"],
        ),
        ("  type: event_count\n  RULES\n  condition: {gte: 10, lt: 20}\n", &[]),
        (
            "  type: event_count\n  RULES\n  condition: {more: 10}\n",
            &["E0202 18:15 `more` is no bound of a correlation"],
        ),
        (
            "  type: event_count\n  RULES\n  condition: {gt: 9, lt: 10}\n",
            &["W0818 (warning) 18:3 correlation can never fire as written"],
        ),
        ("  type: value_count\n  RULES\n  condition: {gt: 9}\n", &["E0210 18:3 condition has no `field`"]),
        ("  type: value_count\n  RULES\n  condition: {gt: 9, field: [x, y]}\n", &[]),
        (
            "  type: value_sum\n  RULES\n  condition: {gt: 0.5, field: [x, y]}\n",
            &["E0210 18:35 only `value_count` takes several fields"],
        ),
        (
            "  type: value_percentile\n  RULES\n  condition: {gt: 9, field: x}\n",
            &["E0210 18:3 `value_percentile` without `percentile`"],
        ),
        ("  type: temporal\n  RULES\n  aliases:\n    u: {a: x, b: y}\n", &[]),
        (
            "  type: temporal\n  RULES\n  aliases:\n    u: {a: x}\n",
            &["E0210 19:5 alias `u` has no field of rule `8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f`"],
        ),
        (
            "  type: temporal\n  RULES\n  generate: true\ngenerate: false\n",
            &["E0210 18:13 `generate` is given twice, and differs"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(with(&text.replace("  RULES\n", first)), *expected, "{text}");
    }
}

#[test]
fn timespans() {
    let cases = [
        ("90s", Some(90)),
        ("15m", Some(900)),
        ("2w", Some(1_209_600)),
        ("0m", None),
        ("1M", None),
        ("1.5h", None),
        ("-1h", None),
        ("m", None),
        ("9999999999d", None),
    ];
    for (text, seconds) in cases {
        let text = correlation("c", "a", "").replace("5m", text);
        let documents = sigma::parse(Default::default(), &text, &mut Diagnostics::new());
        let found = match documents.first() {
            Some(Document::Correlation(correlation)) => Some(correlation.timespan.value),
            _ => None,
        };
        assert_eq!(found, seconds, "{text}");
    }
}

#[test]
fn filters_attach() {
    let filter = |title: &str, logsource: &str, rules: &str| {
        format!(
            "title: {title}\nlogsource: {{{logsource}}}\nfilter:\n  rules: {rules}\n  s: {{User: x}}\n  condition: not s\n"
        )
    };
    let files = [
        filter("everything", "product: windows", "any"),
        filter("linux", "product: linux", "any"),
        filter("named", "category: process_creation", "[b, absent]"),
        filter("foreign", "product: linux", "[b]"),
        filter("correlated", "product: windows", "[c]"),
        rule("a", ""),
        rule("b", "name: b\n"),
        correlation("c", "b", "name: c\n"),
    ];
    let (collection, found) = linked(&files.each_ref().map(String::as_str));
    assert_eq!(shape(&collection), ["a [everything]", "b (silent) [everything, named]", "c of [1]"]);
    assert_eq!(
        found,
        [
            "E0208 (warning) 4:14 filter names a rule that is not here: `absent`",
            "E0211 (warning) 4:11 filter has no effect on `b`",
            "E0211 (warning) 4:11 filter has no effect on `c`",
        ]
    );
}

#[test]
fn legacy_collections() {
    let text = "action: global\ntitle: base\nlevel: high\ndetection:\n  condition: s\n---\n\
                logsource: {product: windows}\ndetection:\n  s: {EventID: 1}\n---\n\
                action: repeat\ntitle: base\nlogsource: {service: sysmon}\n---\n\
                action: reset\n---\n\
                title: free\nlogsource: {product: linux}\ndetection:\n  k: [word]\n  condition: k\n";
    let mut diagnostics = Diagnostics::new();
    let documents = sigma::parse(Default::default(), text, &mut diagnostics);
    let found: Vec<String> = documents
        .iter()
        .map(|document| match document {
            Document::Rule(rule) => {
                format!(
                    "{} {} {} {:?} {}",
                    rule.meta.document,
                    rule.meta.title,
                    rule.logsource,
                    rule.meta.level,
                    rule.detection.selections.len()
                )
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(found, ["1 base windows Some(High) 1", "2 base windows / sysmon Some(High) 1", "4 free linux None 1",]);
    assert!(!diagnostics.has_errors(), "{diagnostics:?}");
}

/// Every aggregation of the public rules is refused with a correlation that can be read as it stands.
#[test]
fn aggregations_become_correlations() {
    let Some(files) = shared::rules("corpus") else { return };
    let mut shown = Vec::new();
    let mut without = Vec::new();
    for (path, text) in files {
        let mut diagnostics = Diagnostics::new();
        sigma::parse(Default::default(), &text, &mut diagnostics);
        for diagnostic in diagnostics.iter().filter(|d| d.code.as_str() == "E0307") {
            let help = diagnostic.help.join("\n");
            let Some((_, yaml)) = help.split_once(":\ntitle:") else {
                without.push(format!("{path}: {help}"));
                continue;
            };
            let mut found = Diagnostics::new();
            let documents = sigma::parse(Default::default(), &format!("title:{yaml}"), &mut found);
            assert!(matches!(documents.as_slice(), [Document::Correlation(_)]), "{path}: {found:#?}\n{yaml}");
            assert!(!found.has_errors(), "{path}: {found:#?}\n{yaml}");
            shown.push(path.clone());
        }
    }
    assert_eq!((shown.len(), without), (41, Vec::<String>::new()));
}
