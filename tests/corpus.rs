//! The public rules, every one through every stage and target: no panic, and each ends as a query or as an error with
//! a code. The counts are kept in `snapshots/corpus.snap`; a change of them is looked at, and must be for the better.

use std::collections::BTreeMap;
use std::fmt::Write;

use rayon::prelude::*;
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::{Code, Diagnostics};
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::render::Options;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

use crate::shared;

/// What became of one rule on one target.
enum End {
    Query(&'static str),
    Refused(Vec<Code>),
}

#[test]
fn every_rule_ends_as_a_query_or_an_error() {
    let Some(files) = shared::rules("corpus") else { return };
    let mut found = Diagnostics::new();
    let mut documents = Vec::new();
    for (n, (_, text)) in files.iter().enumerate() {
        let source = SourceId(u32::try_from(n).expect("few files"));
        documents.extend(sigma::parse(source, text, &mut found));
    }
    let read = documents.len();
    let collection = link(documents, &mut found);
    let targets = Target::resolve("all").expect("the schemas are sound");

    let ends: Vec<Vec<End>> = (0..collection.rules.len())
        .into_par_iter()
        .map(|index| {
            let mut diagnostics = Diagnostics::new();
            let plan = prepare(&collection, index, &lower::Options::default(), &mut diagnostics);
            let title = collection.rules[index].meta().title.clone();
            let Some(plan) = plan else {
                assert!(diagnostics.has_errors(), "{title}: refused without an error");
                let codes = codes(diagnostics.iter());
                return targets.iter().map(|_| End::Refused(codes.clone())).collect();
            };
            let end = |target: &Target| {
                let outcome = target.compile(&plan, &Options::default());
                match outcome.query {
                    Some(query) => End::Query(query.claim.as_str()),
                    None => {
                        let codes = codes(outcome.diagnostics.iter());
                        assert!(!codes.is_empty(), "{title}: {} refused without an error", target.name());
                        End::Refused(codes)
                    }
                }
            };
            targets.iter().map(end).collect()
        })
        .collect();

    let mut table = format!("{} files, {read} documents read, {} rules\n", files.len(), ends.len());
    let unread = codes(found.iter());
    let _ = writeln!(table, "errors while reading: {}", names(&unread));
    for (n, target) in targets.iter().enumerate() {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for end in ends.iter().filter_map(|ends| ends.get(n)) {
            let key = match end {
                End::Query(claim) => format!("query {claim}"),
                End::Refused(codes) => format!("refused {}", names(codes)),
            };
            *counts.entry(key).or_default() += 1;
        }
        let queries: usize = counts.iter().filter(|(key, _)| key.starts_with("query")).map(|(_, count)| count).sum();
        let _ = writeln!(table, "\n{}: {queries} queries", target.name());
        for (key, count) in counts {
            let _ = writeln!(table, "  {key}: {count}");
        }
    }
    insta::with_settings!({ snapshot_path => "../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("corpus", table);
    });
}

fn codes<'a>(diagnostics: impl Iterator<Item = &'a sigmaglot::diag::Diagnostic>) -> Vec<Code> {
    let mut codes: Vec<Code> = diagnostics.filter(|d| d.is_error()).map(|d| d.code).collect();
    codes.sort();
    codes.dedup();
    codes
}

fn names(codes: &[Code]) -> String {
    codes.iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
}
