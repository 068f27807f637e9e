//! Queries and rules that someone made to be slow: each ends with an answer, or at the limit of work. None of these tests
//! looks at a clock; what is quadratic in a hundred thousand would be missed by nobody who waits for it.

use serde_json::{Map, Value, json};
use sigmaglot::agreement::Case as Tried;
use sigmaglot::compile::{Target, prepare};
use sigmaglot::diag::Diagnostics;
use sigmaglot::engines::kql::{Columns, Schemas, Type, run_on};
use sigmaglot::engines::{Database, Found, Refusal, Row, engine};
use sigmaglot::eval::Evaluator;
use sigmaglot::event::Event;
use sigmaglot::ir::Matching;
use sigmaglot::ir::{Case, Pattern, Plan};
use sigmaglot::link::link;
use sigmaglot::lower;
use sigmaglot::render::Options;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

const MANY: usize = 100_000;

/// How a language says what is hostile about the field F.
struct Language {
    name: &'static str,
    matches: fn(&str) -> String,
    like: fn(&str) -> String,
    not: &'static str,
    or: &'static str,
    equal: fn(&str) -> String,
    listed: fn(&str) -> String,
}

const LANGUAGES: [Language; 3] = [
    Language {
        name: "kql",
        matches: |regex| format!("F matches regex @'{regex}'"),
        like: |pattern| format!("F matches regex @'^{}$'", pattern.replace('*', ".*").replace('?', ".")),
        not: "not(",
        or: " or ",
        equal: |text| format!("F =~ '{text}'"),
        listed: |items| format!("F in~ ({items})"),
    },
    Language {
        name: "spl",
        matches: |regex| format!("match(F, \"{regex}\")"),
        like: |pattern| format!("like(F, \"{}\")", pattern.replace('*', "%").replace('?', "_")),
        not: "NOT (",
        or: " OR ",
        equal: |text| format!("F=\"{text}\""),
        listed: |items| format!("F IN ({})", items.replace('\'', "\"")),
    },
    Language {
        name: "vql",
        matches: |regex| format!("F =~ '''{regex}'''"),
        like: |pattern| format!("F =~ '''^{}$'''", pattern.replace('*', ".*").replace('?', ".")),
        not: "NOT (",
        or: " OR ",
        equal: |text| format!("F = '{text}'"),
        listed: |items| format!("F IN ({items})"),
    },
];

impl Language {
    /// Whether the condition holds for a row whose F is the value.
    fn holds(&self, condition: &str, value: &str) -> Result<bool, Refusal> {
        let rows = |name: &str| {
            let columns = Map::from_iter([("F".to_owned(), Value::from(value))]);
            Database::from([(name.to_owned(), vec![Row { event: 0, columns }])])
        };
        let found = match self.name {
            "kql" => {
                let schemas = Schemas::from([("T".to_owned(), Columns::from([("F".to_owned(), Type::String)]))]);
                run_on(&format!("T | where {condition}"), &schemas, &rows("T"), 0.0)
            }
            "spl" => engine("spl").unwrap().run(&format!("* | where {condition}"), &rows("events"), 0.0),
            _ => {
                let query = format!("SELECT * FROM parse_evtx(filename='C:/a.evtx') WHERE {condition}");
                engine("vql").unwrap().run(&query, &rows("a.evtx"), 0.0)
            }
        };
        found.map(|found| found != Found::Events([].into()))
    }

    /// The answer, where the query is within the limit: the engine's, or the product's own of how deep a query may nest.
    #[track_caller]
    fn answers(&self, condition: &str, value: &str, expected: bool) {
        let answer = self.holds(condition, value);
        let start: String = condition.chars().take(80).collect();
        let limit = match answer.as_ref().map_err(|refusal| refusal.placed().1) {
            Err(Refusal::Error(message)) => self.name == "kql" && message.starts_with("KS245"),
            Err(refusal) => *refusal == Refusal::Limit,
            Ok(_) => false,
        };
        assert!(limit || answer == Ok(expected), "{}: {start}: {answer:?}", self.name);
    }
}

#[test]
fn regular_expressions_that_backtrack_without_end() {
    let long = format!("{}b", "a".repeat(20_000));
    for language in &LANGUAGES {
        for regex in ["((a+)+)+$", "^(a|aa)+$", "^(a*)*$", "^(.*a){12}c", "^(([a-z])+.)+[A-Z]([a-z])+c$"] {
            language.answers(&(language.matches)(regex), &long, false);
        }
        language.answers(&(language.matches)(&format!("^{}{}$", "a?".repeat(500), "a".repeat(500))), &long, false);
        for regex in ["(((a{100}){100}){100}){100}", "((((a{50}){50}){50}){50}){50}c"] {
            assert!(language.holds(&(language.matches)(regex), &long).is_err(), "{}: {regex}", language.name);
        }
        let nested = (language.matches)(&format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000)));
        assert!(language.holds(&nested, &long).is_err(), "{}", language.name);
    }
}

#[test]
fn thousands_of_wildcards() {
    let long = "a".repeat(5_000);
    for language in &LANGUAGES {
        for pattern in
            ["a*".repeat(2_000) + "b", "*a".repeat(2_000) + "*b", "?".repeat(4_999) + "b", "*?".repeat(2_000) + "b"]
        {
            language.answers(&(language.like)(&pattern), &long, false);
        }
    }
    let search = format!("F=\"{}b\"", "*a".repeat(2_000));
    let columns = Map::from_iter([("F".to_owned(), Value::from(long))]);
    let rows = Database::from([("events".to_owned(), vec![Row { event: 0, columns }])]);
    let found = engine("spl").unwrap().run(&search, &rows, 0.0);
    assert!(matches!(&found, Ok(Found::Events(events)) if events.is_empty()) || found == Err(Refusal::Limit));
}

#[test]
fn conditions_ten_thousand_deep() {
    for language in &LANGUAGES {
        let one = (language.equal)("a");
        language.answers(&format!("{}{one}{}", "(".repeat(10_000), ")".repeat(10_000)), "a", true);
        language.answers(&format!("{}{one}{}", language.not.repeat(10_000), ")".repeat(10_000)), "a", true);
        // Not ended, so that the product says it is no query, if it comes that far.
        assert!(language.holds(&"(".repeat(10_000), "a").is_err(), "{}", language.name);
        assert!(language.holds(&format!("{one}{}", ")".repeat(10_000)), "a").is_err(), "{}", language.name);
    }
}

#[test]
fn lists_of_a_hundred_thousand() {
    let items: Vec<String> = (0..MANY).map(|n| format!("'v{n}'")).collect();
    for language in &LANGUAGES {
        let listed = (language.listed)(&items.join(", "));
        language.answers(&listed, "v99999", true);
        language.answers(&listed, "other", false);
        let chain: Vec<String> = (0..MANY).map(|n| (language.equal)(&format!("v{n}"))).collect();
        language.answers(&chain.join(language.or), "other", false);
    }
}

/// The rule's plan; none where it is refused, with an error.
fn plan(detection: &str, condition: &str) -> Option<Plan<Matching>> {
    let rule = format!(
        "title: t\nlogsource: {{category: process_creation, product: windows}}\ndetection:\n{detection}\n  condition: {condition}\n"
    );
    let mut found = Diagnostics::new();
    let collection = link(sigma::parse(SourceId(0), &rule, &mut found), &mut found);
    let plan = match collection.rules.len() {
        0 => None,
        _ => prepare(&collection, 0, &lower::Options::default(), &mut found),
    };
    assert!(plan.is_some() || found.has_errors());
    plan
}

fn event(text: &str) -> Event {
    let fields = json!({"Channel": "Microsoft-Windows-Sysmon/Operational", "Provider_Name": "Microsoft-Windows-Sysmon",
        "EventID": 1, "CommandLine": text, "ProcessId": 4711});
    Event::from_json(fields.as_object().unwrap().clone())
}

#[test]
fn the_evaluator_ends() {
    let long = event(&format!("{}b", "a".repeat(20_000)));
    let nested = plan("  s: {CommandLine|re: '((a+)+)+$'}", "s").unwrap();
    assert!(!Evaluator::new(&nested).unwrap().meant(&long));
    for pattern in ["a*".repeat(5_000) + "c", "*?a".repeat(5_000) + "c", "?".repeat(20_000) + "c"] {
        let wild = plan(&format!("  s: {{CommandLine: '{pattern}'}}"), "s").unwrap();
        assert!(!Evaluator::new(&wild).unwrap().meant(&long), "{pattern:.20}");
    }
    assert!(plan("  s: {CommandLine: a}", &format!("{}s{}", "(".repeat(10_000), ")".repeat(10_000))).is_none());
    assert!(plan("  s: {CommandLine: a}", &format!("{}s", "not ".repeat(10_000))).is_none());
    assert!(plan(&format!("  s: {{CommandLine|re: '{}a{}'}}", "(".repeat(10_000), ")".repeat(10_000)), "s").is_none());
    assert!(plan("  s: {CommandLine|re: '(((a{100}){100}){100}){100}'}", "s").is_none());
    assert!(plan(&format!("  s: {}{}", "[".repeat(10_000), "]".repeat(10_000)), "s").is_none());
}

/// Lists and maps of a hundred thousand members: read, evaluated, and written or refused, for every target.
#[test]
fn a_rule_of_a_hundred_thousand_values_ends() {
    let list = |key: &str, item: &dyn Fn(usize) -> String| {
        let items: Vec<String> = (0..MANY).map(item).collect();
        format!("  s:\n    {key}:\n      - {}", items.join("\n      - "))
    };
    let maps: Vec<String> = (0..MANY).map(|n| format!("    - CommandLine: v{n}q")).collect();
    let fields: Vec<String> = (0..MANY).map(|n| format!("    f{n}: v{n}q")).collect();
    let text = |n: usize| format!("v{n}q");
    let rules = [
        (list("CommandLine", &text), true),
        (list("CommandLine|contains", &text), true),
        (list("CommandLine|contains|all", &text), false),
        (list("ProcessId", &|n| n.to_string()), true),
        (format!("  s:\n{}", maps.join("\n")), true),
        (format!("  s:\n{}", fields.join("\n")), false),
    ];
    let targets = Target::resolve("all").unwrap();
    for (detection, meant) in rules {
        let plan = plan(&detection, "s").unwrap();
        assert_eq!(Evaluator::new(&plan).unwrap().meant(&event("v99999q")), meant, "{detection:.60}");
        for target in &targets {
            let outcome = target.compile(&plan, &Options::default());
            let says_why = outcome.diagnostics.iter().any(|found| found.is_error());
            assert!(outcome.query.is_some() || says_why, "{}: {detection:.60}", target.name());
        }
    }
}

#[test]
fn wildcards_are_put_in_order_in_one_pass() {
    let pattern = Pattern::parse(&"*?".repeat(MANY));
    assert_eq!(pattern.segments().len(), MANY + 1);
    assert_eq!(Pattern::parse("a*?*b?*c**?"), Pattern::parse("a?*b?*c?*"));
    assert_eq!(Pattern::parse("*?x").to_sigma(), "?*x");
    assert!(Pattern::parse("*?").matches("a", Case::Exact) && !Pattern::parse("*?").matches("", Case::Exact));
}

#[test]
fn witnesses_of_twenty_thousand_fields() {
    let fields: Vec<String> = (0..20_000).map(|n| format!("F{n}: x")).collect();
    let plan = plan(&format!("  s: {{{}}}", fields.join(", ")), "s").expect("a meaning");
    let case = Tried::new(&plan).expect("a detection rule");
    let values: usize = case.witnesses.all.iter().map(|witness| witness.event.fields.len()).sum();
    assert!(values < 250_000, "{values} values are held at once");
    assert!(case.witnesses.all.iter().any(|witness| witness.meant));
    assert!(case.witnesses.all.iter().any(|witness| !witness.meant));
}
