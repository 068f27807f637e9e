//! The pages of `sigmaglot explain`: every example shows what its page is about.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sigmaglot::agreement::Judged;
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::{ALL_CODES, Code, Diagnostics};
use sigmaglot::engines::engine;
use sigmaglot::link::link;
use sigmaglot::render::Options;
use sigmaglot::schema::Schema;
use sigmaglot::source::{SourceId, Sources};
use sigmaglot::{event, sigma};
use sigmaglot::{logic, lower};

use crate::agreement::{NOW, rules, tried};
use crate::cli;

/// A fenced block of a page: the words after the fence, and the text.
struct Block {
    words: Vec<String>,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            let words = info.split_whitespace().map(str::to_owned).collect();
            let text: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block { words, text: text.join("\n") + "\n" });
        }
    }
    blocks
}

/// The codes that a rule file gives, checked and converted for the targets named in `words`, or for all.
fn codes_of_rules(text: &str, words: &[String]) -> BTreeSet<Code> {
    let mut sources = Sources::default();
    let source = sources.add("rule.yml", text);
    let mut diagnostics = Diagnostics::new();
    let documents = sigma::parse(source, text, &mut diagnostics);
    let collection = link(documents, &mut diagnostics);
    let named: Vec<&String> = words.iter().filter(|word| word.contains(':')).collect();
    let targets: Vec<Target> = if named.is_empty() {
        Target::resolve("all").unwrap()
    } else {
        named.iter().flat_map(|name| Target::resolve(name).unwrap()).collect()
    };
    let options = Options { approximate: words.iter().any(|word| word == "--approximate"), ..Options::default() };
    for index in 0..collection.rules.len() {
        let Some(plan) = prepare(&collection, index, &lower::Options::default(), &mut diagnostics) else { continue };
        diagnostics.0.extend(logic::findings(&plan));
        for target in &targets {
            target.compile(&plan, &options).diagnostics.into_iter().for_each(|finding| diagnostics.push(finding));
        }
    }
    diagnostics.iter().map(|finding| finding.code).collect()
}

fn codes_of_events(bytes: &[u8]) -> BTreeSet<Code> {
    let mut codes = BTreeSet::new();
    event::read("events", &mut &*bytes, &mut |read| {
        codes.extend(read.err().map(|finding| finding.code));
        ControlFlow::Continue(())
    });
    codes
}

fn codes_of(block: &Block) -> BTreeSet<Code> {
    match block.words.first().map(String::as_str) {
        Some("yaml") if block.words.get(1).is_some_and(|word| word == "schema") => {
            Schema::parse("kql", &block.text).err().map(|finding| finding.code).into_iter().collect()
        }
        Some("yaml") => codes_of_rules(&block.text, block.words.get(1..).unwrap_or_default()),
        Some("kql") => codes_of_query(&block.text),
        Some("json") => codes_of_events(block.text.as_bytes()),
        Some("sh") => {
            let target = block.text.split("--to ").nth(1).unwrap().split_whitespace().next().unwrap();
            Target::resolve(target).err().map(|finding| finding.code).into_iter().collect()
        }
        other => panic!("a block of {other:?}"),
    }
}

/// The code that tells why a query cannot be judged.
fn codes_of_query(query: &str) -> BTreeSet<Code> {
    let rule = &rules(&[("rule.yml".to_owned(), cli::RULE.to_owned())])[0];
    let target = Target::resolve("kql").unwrap().remove(0);
    let judged = Judged::Foreign { query, source: SourceId::default() };
    let verdict = rule.case.judge(judged, &target, &[], engine("kql").unwrap(), NOW);
    verdict.reason.map(|reason| reason.code).into_iter().collect()
}

/// The codes of claims that do not stand, with an engine that answers this to every query.
fn codes_of_claims(answer: &str) -> BTreeSet<Code> {
    let folder = cli::folder();
    let script = format!(
        "read line; echo '{{\"ready\": \"x\"}}'; while read line; do echo '{answer}' | sed \"s/ID/$(echo $line | sed 's/[^0-9]*\\([0-9]*\\).*/\\1/')/\"; done"
    );
    std::fs::write(folder.path().join("engine.sh"), script).unwrap();
    let args = ["convert", "rules/win", "--to", "kql", "--verified", "--json", "--engine", "kql=sh engine.sh"];
    let output = cli::run(folder.path(), &args);
    let lines = cli::json(&output);
    let found = lines.iter().flat_map(|line| line["diagnostics"].as_array().unwrap());
    found.filter_map(|found| Code::parse(found["code"].as_str().unwrap())).collect()
}

/// The codes of a claim that no event proves.
fn unproven() -> BTreeSet<Code> {
    let rule = &rules(&[("rule.yml".to_owned(), NOWHERE.to_owned())])[0];
    let target = Target::resolve("spl").unwrap().remove(0);
    let verdict = tried(rule, &target).unwrap();
    verdict.reason.map(|reason| reason.code).into_iter().collect()
}

/// A rule that no event can match.
const NOWHERE: &str = "\
title: Nowhere
logsource: {product: windows, category: process_creation}
detection:
    selection:
        Image: 'a'
    never:
        Image: 'a'
    condition: selection and not never
";

/// Codes whose cause is no text that a page could show, with something that causes them.
fn without_example() -> Vec<(Code, BTreeSet<Code>)> {
    let folder = cli::folder();
    let check = |name: &str, bytes: Option<&[u8]>| {
        let path = folder.path().join(name);
        if let Some(bytes) = bytes {
            std::fs::write(path, bytes).unwrap();
        }
        let output = cli::run(folder.path(), &["check", name, "--json"]);
        cli::json(&output).iter().filter_map(|line| Code::parse(line["code"].as_str().unwrap())).collect()
    };
    let many: Vec<String> =
        (0..20_000).map(|n| format!("            - 'value-number-{n:05}-of-a-long-list'\n")).collect();
    let long = cli::RULE.replace("contains: 'encode'\n", &format!("contains:\n{}", many.concat()));
    let selections: Vec<String> = (0..20_000).map(|n| format!("    s{n}:\n        Image: x\n")).collect();
    let wide = cli::RULE.replace("    selection:\n", &(selections.concat() + "    selection:\n"));
    let mut damaged = vec![0; 0x11000];
    damaged[..8].copy_from_slice(b"ElfFile\0");
    damaged[0x1000..0x1008].copy_from_slice(b"ElfChnk\0");
    vec![
        (Code::E0001, check("missing.yml", None)),
        (Code::E0002, check("latin.yml", Some(b"title: caf\xe9\n"))),
        (Code::E0003, check("empty.yml", Some(b"# nothing\n"))),
        (Code::E0004, check("large.yml", Some(&vec![b'#'; 11_000_000]))),
        (Code::E0418, codes_of_rules(&wide, &[])),
        (Code::E0604, codes_of_rules(&long, &[])),
        (Code::E1002, codes_of_events(&damaged)),
        (Code::E1003, codes_of_events(&[0x1f, 0x8b, 0, 0, 0, 0, 0, 0, 0])),
        (Code::E1105, codes_of_claims("rubbish")),
        (Code::E1106, codes_of_claims("{\"id\": ID, \"found\": []}")),
        (Code::E1107, unproven()),
    ]
}

#[test]
fn examples_show_what_their_page_is_about() {
    let mut wrong = Vec::new();
    let special = without_example();
    for code in ALL_CODES {
        let blocks: Vec<Block> = blocks(code.explanation())
            .into_iter()
            .filter(|block| !block.words.iter().any(|word| word == "right"))
            .collect();
        let shown = blocks.iter().map(codes_of);
        let made = special.iter().filter(|(other, _)| other == code).map(|(_, codes)| codes.clone());
        let all: Vec<BTreeSet<Code>> = shown.chain(made).collect();
        if all.is_empty() {
            wrong.push(format!("{code}: no example"));
        }
        for codes in all.iter().filter(|codes| !codes.contains(code)) {
            wrong.push(format!("{code}: the example gives {codes:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
