//! Laws that hold for every rule, tried on rules that chance makes: claims stand, texts stay in their literals, comments stay
//! comments. The generator's seed is fixed; `cargo fuzz` (tests/fuzz) goes where chance leads.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Map, Value, json};
use sigmaglot::agreement::{Case as Tried, Judged, Status};
use sigmaglot::compile::Target;
use sigmaglot::engines::{Database, Found, Row, Stored, engine};
use sigmaglot::event::Event;
use sigmaglot::ir::{
    At, Case, Check, Cmp, Expr, LogSource, Matching, Number, Order, Part, Pattern, Plan, Regex, Segment, Subject,
    TimePart, show_plan,
};
use sigmaglot::render::{Options, RuleInfo};
use sigmaglot::simplify::simplify;

use crate::agreement::NOW;

/// Fields with text, of a process and of a connection.
const TEXTS: [[&str; 5]; 2] = [
    ["Image", "CommandLine", "ParentImage", "OriginalFileName", "CurrentDirectory"],
    ["Image", "DestinationHostname", "User", "CommandLine", "ParentImage"],
];
const NUMBERS: [&str; 2] = ["ProcessId", "DestinationPort"];
const CATEGORIES: [(&str, i64); 2] = [("process_creation", 1), ("network_connection", 3)];

/// Pieces that patterns and values are made of: what some language reads as its own.
const PIECES: [&str; 26] = [
    "a", "B", "\\", "\"", "'", "*", "?", "%", "&", "<", ";", "|", "(", ")", "[", "]", "$", "{", "/", "``", "'''", "é",
    " ", "\\x41", "evil.exe", "-enc",
];

/// Expressions that each language writes in its own way.
const REGEXES: [&str; 10] = [
    "a",
    "^a.*b$",
    "(a|bc)+d?",
    r"\ba\b",
    r"[^a-f\\]{2,3}",
    r"\d+\.exe$",
    "(?i)evil",
    "a{2,}?b",
    r"^C:\\.*\.exe$",
    "'\"x",
];

/// A fixed number of cases from a fixed seed.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(PIECES.to_vec()), 1..5).prop_map(|pieces| pieces.concat())
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let segment = prop_oneof![
        6 => text().prop_map(|text| Segment::Literal(text.into())),
        2 => Just(Segment::Any),
        1 => Just(Segment::One),
    ];
    prop_oneof![
        3 => text().prop_map(|text| Pattern::literal(&text)),
        3 => (text(), any::<bool>(), any::<bool>()).prop_map(|(text, left, right)| Pattern::literal(&text).open(left, right)),
        2 => prop::collection::vec(segment, 1..5).prop_map(Pattern::new),
    ]
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![Just(0), Just(80), Just(443), Just(4711), Just(65535), Just(-1)].prop_map(Number::Int)
}

fn order() -> impl Strategy<Value = Order> {
    prop::sample::select(vec![Order::Lt, Order::Lte, Order::Gt, Order::Gte])
}

fn on(field: &str) -> Subject {
    Subject::Field(field.into())
}

/// A test of one of the fields of the kind of event, of a type that the field has.
fn test(kind: usize) -> BoxedStrategy<Expr<Subject>> {
    let case = || prop_oneof![3 => Just(Case::Fold), 1 => Just(Case::Exact)];
    let part = prop::sample::select(vec![Part::Whole, Part::Start, Part::End, Part::Within]);
    let text = prop::sample::select(TEXTS[kind].to_vec());
    let texts = prop_oneof![
        12 => (prop::collection::vec(pattern().prop_map(|p| (p, At::default())), 1..4), case())
            .prop_map(|(any_of, case)| Check::Like { any_of, case }),
        3 => prop::sample::select(REGEXES.to_vec())
            .prop_map(|text| Check::Matches(Regex::parse(text, Default::default()).expect("it is one"))),
        1 => Just(Check::Null),
        1 => Just(Check::Exists),
        1 => (prop::sample::select(TEXTS[kind].to_vec()), part, case())
            .prop_map(|(other, part, case)| Check::SameAs { other: on(other), part, case }),
    ];
    let numbers = prop_oneof![
        3 => prop::collection::vec(number().prop_map(|n| (n, At::default())), 1..3).prop_map(|any_of| Check::Equal { any_of }),
        2 => (order(), number()).prop_map(|(op, value)| Check::Order { op, value }),
        1 => Just(Check::Null),
        1 => Just(Check::Exists),
    ];
    let network = prop::sample::select(vec!["10.0.0.0/8", "192.168.1.7/32", "0.0.0.0/0", "fe80::/10", "2001:db8::/33"]);
    let networks = prop::collection::vec(network.prop_map(|n| (n.parse().expect("a network"), At::default())), 1..3);
    let hours =
        (order(), 0..24i64).prop_map(|(op, value)| Check::TimeOf { part: TimePart::Hour, op: Cmp::Order(op), value });
    let leaf = |field: &'static str| move |check| Expr::test(on(field), check, At::default());
    prop_oneof![
        8 => (text, texts).prop_map(|(field, check)| Expr::test(on(field), check, At::default())),
        2 => numbers.prop_map(leaf(NUMBERS[kind])),
        1 => networks.prop_map(move |networks| match kind {
            0 => Expr::test(on("Image"), Check::Exists, At::default()),
            _ => Expr::test(on("DestinationIp"), Check::Within(networks), At::default()),
        }),
        1 => hours.prop_map(leaf("UtcTime")),
    ]
    .boxed()
}

fn rule() -> impl Strategy<Value = Matching> {
    (0..2usize).prop_flat_map(|kind| {
        let expr = test(kind).prop_recursive(3, 12, 3, |inner| {
            prop_oneof![
                3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::All),
                3 => prop::collection::vec(inner.clone(), 2..4).prop_map(Expr::Any),
                2 => inner.prop_map(Expr::not),
            ]
        });
        expr.prop_map(move |expr| {
            let some = |text: &str| Some(text.into());
            let (product, category) = (some("windows"), some(CATEGORIES[kind].0));
            Matching {
                logsource: LogSource { product, category, service: None, at: At::default() },
                expr: simplify(expr),
            }
        })
    })
}

/// Events of the rule's log source whose values are made of the same pieces.
fn events() -> impl Strategy<Value = Vec<Map<String, Value>>> {
    let value = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => Just(json!("")),
        1 => Just(json!(80)),
        1 => Just(json!("10.1.2.3")),
    ];
    let names: Vec<&str> = TEXTS.concat().into_iter().chain(NUMBERS).chain(["DestinationIp"]).collect();
    let fields = prop::collection::btree_map(prop::sample::select(names), value, 1..6);
    let event = fields.prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect());
    prop::collection::vec(event, 6)
}

fn whole(matching: &Matching, mut fields: Map<String, Value>) -> Event {
    let category = matching.logsource.category.as_deref();
    let id = CATEGORIES.iter().find(|(name, _)| category == Some(name)).map_or(1, |(_, id)| *id);
    fields.insert("Channel".to_owned(), json!("Microsoft-Windows-Sysmon/Operational"));
    fields.insert("Provider_Name".to_owned(), json!("Microsoft-Windows-Sysmon"));
    fields.insert("EventID".to_owned(), json!(id));
    Event::from_json(fields)
}

#[test]
fn claims_of_any_rule_stand() {
    let targets = Target::resolve("all").expect("the schemas are sound");
    let judged = std::cell::Cell::new(0);
    let result = runner(2000).run(&(rule(), events()), |(matching, events)| {
        let plan = Plan::Select(matching.clone());
        let Some(case) = Tried::new(&plan) else { return Ok(()) };
        let events: Vec<Event> = events.into_iter().map(|fields| whole(&matching, fields)).collect();
        let options = Options::default();
        for target in &targets {
            let outcome = target.compile(&plan, &options);
            let Some(query) = &outcome.query else { continue };
            let own = Judged::Own { query, diagnostics: &outcome.diagnostics, options: &options };
            let engine = engine(target.backend.language()).expect("every language has an engine");
            let verdict = case.judge(own, target, &events, engine, NOW);
            judged.set(judged.get() + usize::from(verdict.status == Status::Agrees));
            prop_assert!(
                verdict.status != Status::Refuted,
                "{}\n{}\n{}\n{:#?}\n{:?}",
                target.name(),
                show_plan(&plan),
                query.text,
                verdict.refuted.first(),
                verdict.reason
            );
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(judged.get() > 300, "only {} claims were proven", judged.get());
}

/// The rows that a place holds of events.
fn database(language: &str, place: &str, events: &[Event]) -> Database {
    let engine = engine(language).expect("every language has an engine");
    let mut database = Database::new();
    for (number, event) in events.iter().enumerate() {
        let Stored::Rows(rows) = engine.store(place, event) else { continue };
        for (table, columns) in rows {
            database.entry(table).or_default().push(Row { event: number, columns });
        }
    }
    database
}

#[test]
fn any_title_stays_in_its_comment() {
    let targets = Target::resolve("all").expect("the schemas are sound");
    let strange = prop_oneof![
        text(),
        any::<String>(),
        prop::sample::select(vec![
            "x\n| where true",
            "x\r\n``` OR 1=1",
            "``` | delete ```",
            "*/ SELECT * FROM info() /*",
            "x\u{2028}| take 1",
            "x\u{85}| take 1",
            "-- x\nSELECT 1",
            "// x",
            "'''",
            "{{ title }}",
            "%0a| take 1",
        ])
        .prop_map(str::to_owned),
    ];
    let mut runner = runner(300);
    let result = runner.run(&(strange.clone(), strange), |(title, id)| {
        let test = Expr::test(
            on("Image"),
            Check::Like { any_of: vec![(Pattern::ends_with("\\evil.exe"), At::default())], case: Case::Fold },
            At::default(),
        );
        let (product, category) = (Some("windows".into()), Some("process_creation".into()));
        let logsource = LogSource { product, category, service: None, at: At::default() };
        let matching = Matching { logsource, expr: test };
        let event = |image: &str| whole(&matching, Map::from_iter([("Image".to_owned(), json!(image))]));
        let events = [event("C:\\evil.exe"), event("C:\\good.exe")];
        let plan = Plan::Select(matching.clone());
        for target in &targets {
            let (language, place) = target.name().split_once(':').expect("a place");
            let outcome = target.compile(&plan, &Options::default());
            let query = outcome.query.expect("a query");
            let info = RuleInfo { title: title.as_str().into(), id: Some(id.as_str().into()) };
            let document = target.document(&info, &query, &outcome.coverage);
            let found = engine(language).expect("an engine").run(&document, &database(language, place, &events), NOW);
            prop_assert!(
                matches!(&found, Ok(Found::Events(found)) if found.len() == 1 && found.contains(&0)),
                "{found:?}\n{document}"
            );
        }
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}
