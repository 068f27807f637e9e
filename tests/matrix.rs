//! The matrix: what each construct of Sigma becomes on each target, in `snapshots/matrix.snap` and on the README's page.
//! A gap is an expected value like any other.

use std::fmt::Write;

use sigmaglot::agreement::{Case, Judged, Status};
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::{Diagnostic, Diagnostics};
use sigmaglot::engines::engine;
use sigmaglot::ir::{Fidelity, Matching, Plan};
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::source::SourceId;
use sigmaglot::{lower, sigma};

use crate::agreement::NOW;
use crate::rule_files::{Loaded, rule_files};

/// What relates events in time has no rule in `rules/` yet: the name, and what stands under `correlation`.
const CORRELATIONS: &[(&str, &str)] = &[
    ("event_count", "{type: event_count, rules: [one], group-by: [User], timespan: 5m, condition: {gte: 10}}"),
    (
        "value_count",
        "{type: value_count, rules: [one], group-by: [User], timespan: 5m, condition: {gte: 3, field: Image}}",
    ),
    ("temporal", "{type: temporal, rules: [one, other], group-by: [User], timespan: 5m}"),
    ("temporal_ordered", "{type: temporal_ordered, rules: [one, other], group-by: [User], timespan: 5m}"),
];

const CORRELATED: &str = "\
title: Correlated
correlation: CORRELATION
---
title: One
name: one
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\one.exe'}, condition: selection}
---
title: Other
name: other
logsource: {product: windows, category: process_creation}
detection: {selection: {Image|endswith: '\\other.exe'}, condition: selection}
";

fn correlation(text: &str) -> Plan<Matching> {
    let mut found = Diagnostics::new();
    let documents = sigma::parse(SourceId(0), &CORRELATED.replace("CORRELATION", text), &mut found);
    let collection = link(documents, &mut found);
    prepare(&collection, 0, &lower::Options::default(), &mut found).unwrap_or_else(|| panic!("{text}: {found:?}"))
}

/// What becomes of a plan on a target: the claim, with what is not proven of it, or the codes that refuse it.
fn cell(plan: &Plan<Matching>, target: &Target) -> String {
    let options = Options::default();
    let outcome = target.compile(plan, &options);
    let Some(query) = &outcome.query else {
        let mut codes: Vec<&str> = outcome.diagnostics.iter().filter(|d| d.is_error()).map(code).collect();
        codes.dedup();
        return codes.join(" ");
    };
    let claim = match query.claim {
        Fidelity::Exact => "exact",
        Fidelity::Wider => "wider",
        Fidelity::Narrower => "narrower",
        Fidelity::Either => "wider and narrower",
    };
    let judged = Judged::Own { query, diagnostics: &outcome.diagnostics, options: &options };
    let engine = engine(target.backend.language()).expect("every language has an engine");
    match Case::new(plan).expect("a detection rule").judge(judged, target, &[], engine, NOW).status {
        Status::Agrees => claim.to_owned(),
        Status::Unproven => format!("{claim}, unproven"),
        Status::Refuted => format!("{claim}, REFUTED"),
    }
}

fn code(diagnostic: &Diagnostic) -> &'static str {
    diagnostic.code.as_str()
}

#[test]
fn what_each_construct_becomes() {
    let targets = Target::resolve("all").expect("the schemas are sound");
    let rules = rule_files("constructs").into_iter().map(|path| {
        let name = path.file_stem().expect("a file").to_string_lossy().replace('_', " ");
        (name, Loaded::file(&path).plan.expect("a meaning"))
    });
    let related = CORRELATIONS.iter().map(|(name, text)| (format!("correlation: `{name}`"), correlation(text)));

    let names: Vec<String> = targets.iter().map(|target| format!("`{}`", target.name())).collect();
    let mut table = format!("| construct | {} |\n|{}\n", names.join(" | "), "---|".repeat(1 + names.len()));
    for (name, plan) in rules.chain(related) {
        let cells: Vec<String> = targets.iter().map(|target| cell(&plan, target)).collect();
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("matrix", table);
    });
}
