//! Witnesses: events made from a rule, judged by the evaluator.

use rayon::prelude::*;
use sigmaglot::agreement::witness::{Witnesses, witnesses};
use sigmaglot::compile::prepare;
use sigmaglot::diag::Diagnostics;
use sigmaglot::eval::Evaluator;
use sigmaglot::ir::Plan;
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

use crate::shared;

/// The witnesses of all rules of the files that have a plan, by title.
fn of_files(files: &[(String, String)]) -> Vec<(String, Witnesses)> {
    let mut found = Diagnostics::new();
    let mut documents = Vec::new();
    for (n, (_, text)) in files.iter().enumerate() {
        documents.extend(sigma::parse(SourceId(n as u32), text, &mut found));
    }
    let collection = link(documents, &mut found);
    (0..collection.rules.len())
        .into_par_iter()
        .filter_map(|index| {
            let plan = prepare(&collection, index, &lower::Options::default(), &mut Diagnostics::new())?;
            let evaluator = Evaluator::new(&plan).ok()?;
            let Plan::Select(matching) = &plan else { return None };
            Some((collection.rules[index].meta().title.to_string(), witnesses(matching, &evaluator)))
        })
        .collect()
}

#[test]
fn nearly_every_public_rule_has_witnesses() {
    let Some(files) = shared::rules("corpus") else { return };
    let all = of_files(&files);
    let mut counts: Vec<usize> = all.iter().map(|(_, witnesses)| witnesses.all.len()).collect();
    counts.sort_unstable();
    let both = |w: &Witnesses| w.all.iter().any(|w| w.meant) && w.all.iter().any(|w| !w.meant);
    let without: Vec<&String> = all.iter().filter(|(_, w)| !both(w)).map(|(title, _)| title).collect();
    let missed: usize = all.iter().map(|(_, w)| w.missed).sum();
    let paths: usize = all.iter().map(|(_, w)| w.paths).sum();
    eprintln!(
        "{} rules, median {}, {} paths, {missed} missed, without: {} {:#?}",
        all.len(),
        counts[counts.len() / 2],
        paths,
        without.len(),
        &without[..without.len().min(80)]
    );
}
