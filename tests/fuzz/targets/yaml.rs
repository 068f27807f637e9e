//! Any text as a file of rules: read, linked and lowered, or refused with an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmaglot::compile::prepare;
use sigmaglot::diag::Diagnostics;
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

fuzz_target!(|text: &str| {
    let mut found = Diagnostics::new();
    let documents = sigma::parse(SourceId(0), text, &mut found);
    let collection = link(documents, &mut found);
    for index in 0..collection.rules.len() {
        let mut found = Diagnostics::new();
        let plan = prepare(&collection, index, &lower::Options::default(), &mut found);
        assert!(plan.is_some() || found.has_errors(), "nothing says why a rule has no meaning");
    }
});
