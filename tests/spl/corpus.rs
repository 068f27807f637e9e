//! What becomes of all rules of the public corpus in SPL.

use std::collections::BTreeMap;

use sigmaglot::compile::Outcome;
use sigmaglot::diag::{Code, Severity};

use crate::golden::{compiled, shown, target};
use crate::shared;
use pretty_assertions::assert_eq;
use sigmaglot::ir::Plan;

#[test]
fn an_unknown_service_is_not_all_of_its_product() {
    let rule = |logsource: &str| {
        let text =
            format!("title: t\nlogsource: {{{logsource}}}\ndetection: {{sel: {{EventID: 1}}, condition: sel}}\n");
        shown(&text, &target("spl"))
    };
    assert!(rule("product: windows").starts_with("``` exact: windows_all ```\nsource=\"XmlWinEventLog:*\""));
    assert!(rule("product: windows, service: no-such-service").starts_with("``` E0501"));
    assert!(rule("product: linux, service: no-such-service").starts_with("``` E0501"));
}

fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../snapshots/spl");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

/// How many rules become queries, why others do not, and the log sources that have no entry.
#[test]
fn corpus() {
    let Some(files) = shared::rules("corpus") else { return };
    let target = target("spl");
    let mut claims: BTreeMap<&str, usize> = BTreeMap::new();
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut homeless: BTreeMap<String, usize> = BTreeMap::new();
    for (_, text) in &files {
        for (plan, Outcome { query, diagnostics, .. }) in compiled(text, &target) {
            *claims.entry(query.as_ref().map_or("refused", |query| query.claim.as_str())).or_default() += 1;
            if query.is_some() {
                continue;
            }
            let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            let mut of_rule: Vec<&str> = errors.map(|diagnostic| diagnostic.code.as_str()).collect();
            of_rule.sort_unstable();
            of_rule.dedup();
            for code in &of_rule {
                *codes.entry(code).or_default() += 1;
            }
            if let (true, Plan::Select(matching)) = (of_rule.contains(&"E0501"), plan) {
                *homeless.entry(matching.logsource.to_string()).or_default() += 1;
            }
        }
    }
    let lines = |title: &str, counts: Vec<(String, usize)>| {
        let lines: Vec<String> = counts.iter().map(|(name, count)| format!("{count:5} {name}")).collect();
        format!("{title}\n{}\n", lines.join("\n"))
    };
    let named = |counts: BTreeMap<&str, usize>| counts.into_iter().map(|(name, n)| (name.to_owned(), n)).collect();
    let report = lines("rules by claim", named(claims))
        + &lines("refusals by code", named(codes))
        + &lines("log sources without an entry", homeless.into_iter().collect());
    settings().bind(|| insta::assert_snapshot!("corpus", report));
}

/// A warning without a reason helps nobody: that of a keyword stands at the keyword and says why.
#[test]
fn a_keyword_says_why_its_query_is_wider() {
    let rule = "title: t\nlogsource: {product: windows, service: system}\ndetection:\n  keywords: [mimikatz]\n  condition: keywords\n";
    let (_, outcome) = compiled(rule, &target("spl")).pop().expect("a rule");
    let warning = outcome.diagnostics.iter().find(|finding| finding.code == Code::W0703).expect("a warning");
    let at = warning.span.expect("a place");
    assert_eq!(&rule[at.start as usize..at.end as usize], "[mimikatz]");
    assert!(warning.help.iter().any(|help| help.contains("keyword")), "{warning:?}");
}
