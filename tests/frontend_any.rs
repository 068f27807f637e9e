//! Whatever the text, the frontend ends, and every place it names is a place of the text.

use proptest::prelude::*;
use sigmaglot::diag::Diagnostics;
use sigmaglot::source::{Sources, Span};
use sigmaglot::{link, sigma};

/// Pieces that rules and broken rules are made of.
const PIECES: &[&str] = &[
    "title: x\n",
    "id: 8d4f2a1b\n",
    "name: n\n",
    "date: 2026/1/1\n",
    "tags:\n",
    "- attack.T1\n",
    "level: High\n",
    "logsource:\n",
    "product: windows\n",
    "detection:\n",
    "selection:\n",
    "sel_a:\n",
    "Image|endswith: 'é'\n",
    "Ünï|not|re: x\n",
    "|all: [a, b]\n",
    "condition: sel and 1 of them\n",
    "condition: a OR é\n",
    "condition: s | count() by é > 5\n",
    "condition: |\n",
    "correlation:\n",
    "type: temporal\n",
    "rules: [n, é]\n",
    "timespan: 5m\n",
    "group-by: [u]\n",
    "filter:\n",
    "rules: any\n",
    "action: global\n",
    "action: repeat\n",
    "---\n",
    "  ",
    "    ",
    "        ",
    "- ",
    "'",
    "\"",
    "[",
    "]",
    "{",
    "}",
    ": ",
    "\n",
    "*",
    "&a ",
    "*a ",
    "!",
    "|",
    "#",
    "\t",
    "é",
    "\u{1f600}",
    "~",
    "010",
    "1e999",
    "? ",
    "<<: *a\n",
    "\\*",
    "\r\n",
    "\u{feff}",
    "timeframe: 1M\n",
    "aliases:\n",
    "u: {n: x}\n",
];

fn check(text: &str) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let id = sources.add("any.yml", text);
    let documents = sigma::parse(id, text, &mut diagnostics);
    link::link(documents, &mut diagnostics);
    let whole = |span: Span| text.get(span.start as usize..span.end as usize).is_some();
    for diagnostic in diagnostics.iter() {
        let edits = diagnostic.edits.iter().map(|edit| edit.span);
        let places = diagnostic.span.into_iter().chain(diagnostic.labels.iter().map(|(span, _)| *span)).chain(edits);
        for span in places {
            assert!(whole(span), "{diagnostic:#?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_rules(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        check(&pieces.concat());
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(&text);
    }
}

/// Rules with a line left out or written twice.
#[test]
fn damaged_rules() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("rules/invalid");
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for n in 0..lines.len() {
            for copies in [0, 2] {
                let (before, after) = (&lines[..n], &lines[n + 1..]);
                check(&[before, &vec![lines[n]; copies], after].concat().join("\n"));
            }
        }
    }
}
