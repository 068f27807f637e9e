//! Any text as a file of rules, all the way: what is written for a target can be read and run by the target's engine, with its
//! comments, and finds the same without them.
#![no_main]

mod stock;

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::engines::Refusal;
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::render::{Options, RuleInfo};
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

static TARGETS: LazyLock<Vec<Target>> = LazyLock::new(|| Target::resolve("all").expect("the schemas are sound"));

fuzz_target!(|text: &str| {
    let mut found = Diagnostics::new();
    let collection = link(sigma::parse(SourceId(0), text, &mut found), &mut found);
    for index in 0..collection.rules.len().min(4) {
        let Some(plan) = prepare(&collection, index, &lower::Options::default(), &mut found) else { continue };
        let meta = collection.rules[index].meta();
        let info = RuleInfo { title: meta.title.clone(), id: meta.id.as_ref().map(|id| id.value.clone()) };
        for target in TARGETS.iter() {
            let outcome = target.compile(&plan, &Options::default());
            let Some(query) = outcome.query else {
                assert!(outcome.diagnostics.iter().any(|found| found.is_error()), "nothing says why there is no query");
                continue;
            };
            let (language, place) = target.name().split_once(':').expect("a place");
            let alone = stock::run(language, place, &query.text);
            let refusal = alone.as_ref().err().map(|refusal| refusal.placed().1);
            let rejected = matches!(refusal, Some(Refusal::Syntax(..) | Refusal::Error(_) | Refusal::Unknown(_)));
            assert!(!rejected, "{alone:?}\n{}", query.text);
            let document = target.document(&info, &query, &outcome.coverage);
            let whole = stock::run(language, place, &document);
            assert_eq!(format!("{whole:?}"), format!("{alone:?}"), "{document}");
        }
    }
});
