//! Claims are tried on witnesses: events made from each rule, judged by the evaluator, searched by the engine of the
//! query's language.

use std::collections::BTreeMap;
use std::fmt::Write;

use rayon::prelude::*;
use sigmaglot::agreement::{Case, Judged, Status, Verdict};
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::engines::engine;
use sigmaglot::ir::{Matching, Plan};
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::source::SourceId;
use sigmaglot::{lower, sigma};

use crate::{rule_files, shared};

/// The clock of all trials.
pub(crate) const NOW: f64 = 1_775_044_800.0;

/// A rule with its witnesses.
pub(crate) struct Rule {
    pub(crate) title: String,
    pub(crate) plan: Plan<Matching>,
    pub(crate) case: Case,
}

pub(crate) fn rules(files: &[(String, String)]) -> Vec<Rule> {
    let mut found = Diagnostics::new();
    let mut documents = Vec::new();
    for (n, (_, text)) in files.iter().enumerate() {
        documents.extend(sigma::parse(SourceId(u32::try_from(n).expect("few files")), text, &mut found));
    }
    let collection = link(documents, &mut found);
    (0..collection.rules.len())
        .into_par_iter()
        .filter_map(|index| {
            let plan = prepare(&collection, index, &lower::Options::default(), &mut Diagnostics::new())?;
            let case = Case::new(&plan)?;
            Some(Rule { title: collection.rules[index].meta().title.to_string(), plan, case })
        })
        .collect()
}

/// The rules that ship.
pub(crate) fn own_rules() -> Vec<Rule> {
    let paths = ["constructs", "axios-npm-compromise"].into_iter().flat_map(rule_files::rule_files);
    let files: Vec<(String, String)> = paths
        .map(|path| (path.display().to_string(), std::fs::read_to_string(rule_files::root().join(path)).unwrap()))
        .collect();
    rules(&files)
}

/// What trying a query's claim comes to; none where the rule has no query there.
pub(crate) fn tried(rule: &Rule, target: &Target) -> Option<Verdict> {
    let options = Options::default();
    let outcome = target.compile(&rule.plan, &options);
    let query = outcome.query.as_ref()?;
    let judged = Judged::Own { query, diagnostics: &outcome.diagnostics, options: &options };
    let engine = engine(target.backend.language()).expect("every language has an engine");
    Some(rule.case.judge(judged, target, &[], engine, NOW))
}

#[test]
fn no_claim_of_the_rules_that_ship_is_refuted() {
    let targets = Target::resolve("all").expect("the schemas are sound");
    let mut agreed = BTreeMap::new();
    for rule in own_rules() {
        for target in &targets {
            let Some(verdict) = tried(&rule, target) else { continue };
            assert!(verdict.status != Status::Refuted, "{} on {}: {verdict:#?}", rule.title, target.name());
            *agreed.entry(target.name().to_owned()).or_insert(0) += usize::from(verdict.status == Status::Agrees);
        }
    }
    assert!(agreed.values().all(|agreed| *agreed > 50), "{agreed:?}");
}

#[test]
fn claims_of_the_public_rules_stand() {
    let Some(files) = shared::rules("corpus") else { return };
    let rules = rules(&files);
    let mut counts: Vec<usize> = rules.iter().map(|rule| rule.case.witnesses.all.len()).collect();
    counts.sort_unstable();
    let one_sided = rules.iter().filter(|rule| {
        let meant = rule.case.witnesses.all.iter().filter(|witness| witness.meant).count();
        meant == 0 || meant == rule.case.witnesses.all.len()
    });
    let mut table = format!(
        "{} rules, {} witnesses in the median, {} rules without one meant and one not meant\n",
        rules.len(),
        counts[counts.len() / 2],
        one_sided.count()
    );
    let mut refuted = 0;
    for target in Target::resolve("all").expect("the schemas are sound") {
        let verdicts: Vec<Option<Verdict>> = rules.par_iter().map(|rule| tried(rule, &target)).collect();
        let claims = verdicts.iter().flatten().count();
        let of = |wanted| verdicts.iter().flatten().filter(|verdict| verdict.status == wanted).count();
        let _ = writeln!(
            table,
            "\n{}: {} agree, {} refuted, {} unproven",
            target.name(),
            of(Status::Agrees),
            of(Status::Refuted),
            of(Status::Unproven)
        );
        refuted += of(Status::Refuted);
        assert!(
            of(Status::Unproven) * 100 <= claims * 3,
            "{}: too many of {claims} claims are unproven",
            target.name()
        );
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for (rule, verdict) in rules.iter().zip(&verdicts) {
            match verdict {
                Some(Verdict { status: Status::Refuted, .. }) => {
                    let _ = writeln!(table, "  refuted: {}", rule.title);
                }
                Some(Verdict { status: Status::Unproven, reason: Some(reason), .. }) => {
                    *reasons.entry(reason.message.clone()).or_default() += 1;
                }
                _ => {}
            }
        }
        for (reason, rules) in reasons {
            let _ = writeln!(table, "  unproven, {rules}: {reason}");
        }
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("agreement", table);
    });
    assert_eq!(refuted, 0, "claims are refuted:\n{table}");
    assert!(counts[counts.len() / 2] >= 20, "too few witnesses for half of the rules");
}
