//! Any text as a pattern and as a regular expression: what is printed is read as the same again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmaglot::ir::regex::print::PLAIN;
use sigmaglot::ir::{Case, Pattern, Regex};

fuzz_target!(|text: &str| {
    let (written, value) = text.split_once('\n').unwrap_or((text, ""));
    let pattern = Pattern::parse(written);
    assert_eq!(Pattern::parse(&pattern.to_sigma()), pattern, "{:?}", pattern.to_sigma());
    pattern.matches(value, Case::Fold);
    assert!(Pattern::literal(value).matches(value, Case::Exact));
    assert!(Pattern::contains(written).matches(&format!("{value}{written}{value}"), Case::Exact));

    let Ok(regex) = Regex::parse(written, Default::default()) else { return };
    let Ok(printed) = regex.print(&PLAIN) else { return };
    let again = Regex::parse(&printed, regex.flags).unwrap_or_else(|error| panic!("{printed}: {error:?}"));
    assert_eq!(again.print(&PLAIN).ok().as_deref(), Some(printed.as_str()), "{written}");
});
