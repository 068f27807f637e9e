//! Claims are tried on witnesses: events made from each rule, judged by the evaluator, searched by the engine of the
//! query's language.

use std::collections::BTreeMap;
use std::fmt::Write;

use pretty_assertions::assert_eq;
use rayon::prelude::*;
use sigmaglot::agreement::witness::{Witnesses, witnesses};
use sigmaglot::agreement::{Claim, Trial};
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::engines::{Refusal, engine};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::ir::{Fidelity, Matching, Plan};
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::source::SourceId;
use sigmaglot::{lower, sigma};

use crate::{rule_files, shared};

/// A rule with its witnesses.
struct Rule {
    title: String,
    plan: Plan<Matching>,
    made: Witnesses,
}

impl Rule {
    fn matching(&self) -> &Matching {
        match &self.plan {
            Plan::Select(matching) => matching,
            Plan::Correlate(_) => unreachable!("only rules that have an evaluator are kept"),
        }
    }
}

fn rules(files: &[(String, String)]) -> Vec<Rule> {
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
            let evaluator = Evaluator::new(&plan).ok()?;
            let Plan::Select(matching) = &plan else { return None };
            let made = witnesses(matching, &evaluator);
            Some(Rule { title: collection.rules[index].meta().title.to_string(), plan, made })
        })
        .collect()
}

/// What trying a query's claim comes to; none where the rule has no query there.
fn tried(rule: &Rule, target: &Target) -> Option<Result<Trial, Refusal>> {
    let query = target.compile(&rule.plan, &Options::default()).query?;
    let engine = engine(target.backend.language()).expect("every language has an engine");
    let claim = Claim { matching: rule.matching(), schema: &target.schema, query: &query.text, claim: query.claim };
    Some(claim.try_on(rule.made.all.iter().map(|witness| &witness.event), engine, 0.0))
}

fn status(trial: &Result<Trial, Refusal>) -> &'static str {
    match trial {
        Ok(trial) if !trial.refuted.is_empty() => "refuted",
        Ok(trial) if trial.proven => "agrees",
        _ => "unproven",
    }
}

#[test]
fn no_claim_of_the_rules_that_ship_is_refuted() {
    let paths = ["constructs", "axios-npm-compromise"].into_iter().flat_map(rule_files::rule_files);
    let files: Vec<(String, String)> = paths
        .map(|path| (path.display().to_string(), std::fs::read_to_string(rule_files::root().join(path)).unwrap()))
        .collect();
    let targets = Target::resolve("all").expect("the schemas are sound");
    let mut agreed = BTreeMap::new();
    for rule in rules(&files) {
        for target in &targets {
            let Some(trial) = tried(&rule, target) else { continue };
            assert!(status(&trial) != "refuted", "{} on {}: {trial:?}", rule.title, target.name());
            *agreed.entry(target.name().to_owned()).or_insert(0) += usize::from(status(&trial) == "agrees");
        }
    }
    assert!(agreed.values().all(|agreed| *agreed > 50), "{agreed:?}");
}

#[test]
fn claims_of_the_public_rules_stand() {
    let Some(files) = shared::rules("corpus") else { return };
    let rules = rules(&files);
    let mut counts: Vec<usize> = rules.iter().map(|rule| rule.made.all.len()).collect();
    counts.sort_unstable();
    let one_sided = rules.iter().filter(|rule| {
        let meant = rule.made.all.iter().filter(|witness| witness.meant).count();
        meant == 0 || meant == rule.made.all.len()
    });
    let mut table = format!(
        "{} rules, {} witnesses in the median, {} rules without one meant and one not meant\n",
        rules.len(),
        counts[counts.len() / 2],
        one_sided.count()
    );
    for target in Target::resolve("all").expect("the schemas are sound") {
        let trials: Vec<Option<&'static str>> =
            rules.par_iter().map(|rule| tried(rule, &target).as_ref().map(status)).collect();
        let of = |wanted: &str| trials.iter().filter(|status| **status == Some(wanted)).count();
        let _ = writeln!(
            table,
            "\n{}: {} agree, {} refuted, {} unproven",
            target.name(),
            of("agrees"),
            of("refuted"),
            of("unproven")
        );
        for (rule, status) in rules.iter().zip(&trials) {
            if *status == Some("refuted") {
                let _ = writeln!(table, "  refuted: {}", rule.title);
            }
        }
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("agreement", table);
    });
}

/// A check that cannot fail proves nothing: queries with a deliberate fault are refuted.
#[test]
fn a_wrong_query_is_refuted() {
    let rule = r"
title: A child of node
logsource: {product: windows, category: process_creation}
detection:
    selection: {ParentImage|endswith: '\node.exe'}
    filter: {User: 'CORP\ci'}
    condition: selection and not filter
";
    let rule = &rules(&[("rule.yml".to_owned(), rule.to_owned())])[0];
    let faults = [
        ("kql", "ParentImage", "endswith @\"\\node.exe\"", "endswith @\"node.exe\""),
        ("kql", "User", "not(AccountDomain =~ \"CORP\" and", "not(AccountDomain =~ \"CORP\" or"),
        ("kql", "kind", "ActionType == \"ProcessCreated\"", "ActionType == \"ProcessTerminated\""),
        ("spl", "ParentImage", "ParentImage=\"*\\\\node.exe\"", "ParentImage=\"*node.exe\""),
        ("spl", "User", "NOT User=\"CORP\\\\ci\"", "User!=\"CORP\\\\ci\""),
        ("spl", "kind", "EventCode=1", "EventCode=5"),
        ("vql", "ParentImage", "'''\\\\node\\.exe$'''", "'''node.exe'''"),
        ("vql", "User", "NOT EventData.User =~ '''^CORP\\\\ci$'''", "NOT EventData.User = '''CORP\\ci'''"),
        ("vql", "kind", "System.EventID.Value = 1", "System.EventID.Value = 5"),
    ];
    for (language, what, right, wrong) in faults {
        let target = &Target::resolve(language).expect("the schema is sound")[0];
        let query = target.compile(&rule.plan, &Options::default()).query.expect("a query").text;
        assert!(query.contains(right), "{language}, {what}: {query}");
        let faulty = query.replace(right, wrong);
        let claim = Claim { matching: rule.matching(), schema: &target.schema, query: &faulty, claim: Fidelity::Exact };
        let events: Vec<&Event> = rule.made.all.iter().map(|witness| &witness.event).collect();
        let trial = claim.try_on(events.iter().copied(), engine(language).expect("an engine"), 0.0).expect("it runs");
        assert!(!trial.refuted.is_empty(), "{language}, {what}: {faulty}");
        assert_eq!(trial.outside + trial.agreed + trial.refuted.len(), events.len());
    }
}
