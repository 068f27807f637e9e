//! Any text as the condition of a rule: it has a meaning, which can be evaluated, or an error.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmaglot::compile::prepare;
use sigmaglot::diag::Diagnostics;
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

fuzz_target!(|condition: &str| {
    let rule = format!(
        "title: t\nlogsource: {{category: process_creation}}\ndetection:\n  one: {{A: 1}}\n  other_1: {{B: x}}\n  other_2: [y]\n  condition: {}\n",
        serde_json::Value::from(condition)
    );
    let mut found = Diagnostics::new();
    let collection = link(sigma::parse(SourceId(0), &rule, &mut found), &mut found);
    if collection.rules.is_empty() {
        assert!(found.has_errors());
        return;
    }
    let plan = prepare(&collection, 0, &lower::Options::default(), &mut found);
    assert!(plan.is_some() || found.has_errors(), "nothing says why the rule has no meaning");
    if let Some(evaluator) = plan.and_then(|plan| Evaluator::new(&plan).ok()) {
        evaluator.meant(&Event::default());
    }
});
