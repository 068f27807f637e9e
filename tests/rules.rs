//! What several tests need: rules made ready.

use sigmaglot::diag::{Diagnostic, Diagnostics};
use sigmaglot::ir::{Matching, Plan};
use sigmaglot::link::link;
use sigmaglot::lower::{self, Options};
use sigmaglot::sigma::Meta;
use sigmaglot::source::SourceId;

/// The rules of a text as plans, and all findings.
pub(crate) fn plans(text: &str, options: &Options) -> (Vec<(Meta, Plan<Matching>)>, Vec<Diagnostic>) {
    let mut findings = Diagnostics::new();
    let documents = sigmaglot::sigma::parse(SourceId::default(), text, &mut findings);
    let collection = link(documents, &mut findings);
    let plan = |index: usize| {
        let plan = lower::lower(&collection, index, options, &mut findings)?;
        Some((collection.rules[index].meta().clone(), plan))
    };
    let plans = (0..collection.rules.len()).filter_map(plan).collect();
    (plans, findings.0)
}
