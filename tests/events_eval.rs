//! The evaluator on tests made by hand, and the log sources events belong to.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use serde_json::{Value, json};
use sigmaglot::eval::{Evaluator, Unsupported};
use sigmaglot::event::Event;
use sigmaglot::ir::regex::{Flags, Node, Regex};
use sigmaglot::ir::{
    Aggregate, At, Bound, Case, Check, Correlation, Expr, FieldName, Fires, LogSource, Matching, Number, Order,
    Pattern, Plan, Segment, Subject,
};
use sigmaglot::logsource::LogSources;

fn event(value: Value) -> Event {
    Event::from_json(value.as_object().unwrap().clone())
}

fn field(name: &str) -> Subject {
    Subject::Field(FieldName::from(name))
}

fn evaluator(expr: Expr<Subject>) -> Evaluator {
    Evaluator::new(&Plan::Select(Matching { logsource: LogSource::default(), expr })).unwrap()
}

/// Whether a test on the field `f` holds for each of the values.
fn verdicts(check: Check<Subject>, values: &[Value]) -> Vec<bool> {
    let evaluator = evaluator(Expr::test(field("f"), check, At::default()));
    values.iter().map(|value| evaluator.matches(&event(json!({"f": value})))).collect()
}

fn like(patterns: &[Pattern], case: Case) -> Check<Subject> {
    Check::Like { any_of: patterns.iter().map(|pattern| (pattern.clone(), At::default())).collect(), case }
}

fn source(product: Option<&str>, category: Option<&str>, service: Option<&str>) -> LogSource {
    let word = |word: Option<&str>| word.map(Arc::from);
    LogSource { product: word(product), category: word(category), service: word(service), at: At::default() }
}

#[test]
fn patterns_are_whole_and_fold_case() {
    let pattern = Pattern::new([
        Segment::Literal("a.".into()),
        Segment::Any,
        Segment::OneOf(Arc::from(['-', '/'])),
        Segment::One,
        Segment::Literal("k".into()),
    ]);
    let values =
        [json!("A.x/yK"), json!("a.-\n\u{212a}"), json!("ab-ck"), json!("a.-xk "), json!(null), json!(["z", "a./1k"])];
    assert_eq!(
        verdicts(like(std::slice::from_ref(&pattern), Case::Fold), &values),
        [true, true, false, false, false, true]
    );
    assert_eq!(verdicts(like(&[pattern], Case::Exact), &values), [false, false, false, false, false, true]);
}

#[test]
fn thousands_of_values_are_one_test() {
    let patterns: Vec<_> = (0..20_000).map(|n| Pattern::ends_with(&format!("-value-number-{n}"))).collect();
    let check = like(&patterns, Case::Fold);
    assert_eq!(verdicts(check, &[json!("X-VALUE-number-19999"), json!("value-number-20000")]), [true, false]);
}

#[test]
fn numbers_are_exact() {
    let equal = |number| Check::Equal { any_of: vec![(number, At::default())] };
    let large = Number::Int(i128::from(u64::MAX));
    assert_eq!(
        verdicts(equal(large), &[json!(u64::MAX), json!(u64::MAX - 1), json!(u64::MAX as f64)]),
        [true, false, false]
    );
    let order = Check::Order { op: Order::Gt, value: Number::Float(0.5) };
    let values = [json!(1), json!("0.6"), json!(0.5), json!("1e3"), json!(true), json!({"a": 1}), json!([0, [2]])];
    assert_eq!(verdicts(order, &values), [true, true, false, false, false, false, true]);
}

#[test]
fn objects_have_text_for_patterns_alone() {
    let object = [json!({"x": 1}), json!([{"x": 1}]), json!(r#"{"x":1}"#)];
    assert_eq!(verdicts(like(&[Pattern::contains(r#""x":1"#)], Case::Fold), &object), [true, true, true]);
    assert_eq!(verdicts(like(&[Pattern::literal(r#"{"x":1}"#)], Case::Fold), &object), [false, false, true]);
    assert_eq!(verdicts(Check::Null, &object), [false, false, false]);
}

#[test]
fn what_has_no_sound_reading_is_refused() {
    let huge = Regex {
        node: (0..4).fold(Node::Dot, |inner, _| Node::Repeat {
            inner: Box::new(inner),
            min: 1000,
            max: Some(1000),
            lazy: false,
        }),
        flags: Flags::default(),
    };
    let expr = Expr::test(field("f"), Check::Matches(huge), At::default());
    let refused = Evaluator::new(&Plan::Select(Matching { logsource: LogSource::default(), expr }));
    assert!(matches!(refused, Err(Unsupported::Regex { .. })));
    let correlation = Plan::Correlate(Box::new(Correlation {
        sources: vec![],
        by: vec![],
        window: 60,
        fires: Fires::Aggregate { what: Aggregate::EventCount, bounds: vec![(Bound::Gte, Number::Int(2))] },
    }));
    assert_eq!(Evaluator::new(&correlation).err(), Some(Unsupported::Correlation));
}

/// An event of a channel and id, as the Windows event log renders it.
fn windows(channel: &str, provider: &str, id: i64, data: Value) -> Event {
    event(json!({"Event": {
        "System": {"Provider": {"#attributes": {"Name": provider}}, "EventID": id, "Channel": channel},
        "EventData": data
    }}))
}

#[test]
fn events_belong_to_the_log_sources_they_can_come_from() {
    let sysmon = |id, data| windows("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon", id, data);
    let security = |id, data| windows("security", "Microsoft-Windows-Security-Auditing", id, data);
    let none = json!({});
    let admitted = |product: Option<&str>, category: Option<&str>, service: Option<&str>, event: &Event| {
        LogSources::standard().admits(&source(product, category, service), event).is_some()
    };
    let created = sysmon(1, none.clone());
    for (expected, product, category, service) in [
        (true, Some("windows"), Some("process_creation"), None),
        (true, None, Some("process_creation"), None),
        (true, Some("windows"), None, Some("sysmon")),
        (true, Some("windows"), None, None),
        (true, Some("windows"), Some("process_creation"), Some("sysmon")),
        // Not known, so it might be anything.
        (true, Some("windows"), Some("something_new"), None),
        (false, Some("windows"), Some("file_event"), None),
        (false, Some("windows"), Some("process_creation"), Some("security")),
        (false, Some("windows"), None, Some("security")),
        (false, Some("linux"), Some("process_creation"), None),
        (false, Some("aws"), None, Some("cloudtrail")),
        (false, None, Some("webserver"), None),
    ] {
        assert_eq!(admitted(product, category, service, &created), expected, "{product:?} {category:?} {service:?}");
    }
    let windows = Some("windows");
    assert!(admitted(windows, Some("process_creation"), None, &security(4688, none.clone())));
    assert!(!admitted(windows, Some("process_creation"), None, &security(4624, none.clone())));
    assert!(admitted(windows, None, Some("security"), &security(4624, none.clone())));
    for (category, kind, expected) in [
        ("registry_add", "CreateKey", true),
        ("registry_add", "DeleteKey", false),
        ("registry_delete", "DeleteValue", true),
        ("registry_delete", "CreateKey", false),
        ("registry_event", "CreateKey", true),
        ("registry_set", "CreateKey", false),
    ] {
        assert_eq!(
            admitted(windows, Some(category), None, &sysmon(12, json!({"EventType": kind}))),
            expected,
            "{category} {kind}"
        );
    }
    let linux = event(json!({"Event": {"System": {"EventID": 1, "Channel": "Linux-Sysmon/Operational"}}}));
    assert!(admitted(Some("linux"), Some("process_creation"), None, &linux));
    assert!(!admitted(windows, Some("process_creation"), None, &linux));
}

#[test]
fn events_that_say_less_belong_to_more() {
    let admitted = |product, category, event: &Event| {
        LogSources::standard().admits(&source(product, category, None), event).is_some()
    };
    let silent = event(json!({"CommandLine": "x"}));
    let cloud = event(json!({"eventSource": "s3.amazonaws.com"}));
    for event in [&silent, &cloud] {
        assert!(admitted(Some("windows"), Some("process_creation"), event));
        assert!(admitted(Some("linux"), Some("process_creation"), event));
        assert!(admitted(None, Some("webserver"), event));
    }
    let id = |id: i64| event(json!({"EventID": id}));
    assert!(admitted(Some("windows"), Some("process_creation"), &id(4688)));
    assert!(!admitted(Some("windows"), Some("process_creation"), &id(3)));
    assert!(!admitted(Some("linux"), Some("process_creation"), &id(4688)));
    let provider = event(json!({"Provider_Name": "Microsoft-Windows-Sysmon", "EventID": 1}));
    assert!(admitted(Some("windows"), Some("process_creation"), &provider));
    assert!(!admitted(Some("windows"), Some("ps_script"), &provider));
}

#[test]
fn another_kind_of_event_has_the_names_of_the_log_source() {
    let meant = |category: &str, name: &str, value: &str, event: &Event| {
        let expr = Expr::test(field(name), like(&[Pattern::literal(value)], Case::Fold), At::default());
        let plan = Plan::Select(Matching { logsource: source(Some("windows"), Some(category), None), expr });
        let evaluator = Evaluator::new(&plan).unwrap();
        evaluator.meant(event)
    };
    let security = |id, data| windows("Security", "Microsoft-Windows-Security-Auditing", id, data);
    let created = security(
        4688,
        json!({"NewProcessName": r"C:\a.exe", "ParentProcessName": r"C:\b.exe", "NewProcessId": "0x2", "ProcessId": "0x1",
               "SubjectUserName": "bob", "CommandLine": "a"}),
    );
    for (name, value) in [
        ("Image", r"C:\A.exe"),
        ("ParentImage", r"C:\b.exe"),
        ("ProcessId", "0x2"),
        ("ParentProcessId", "0x1"),
        ("User", "BOB"),
        ("CommandLine", "a"),
        ("NewProcessName", r"C:\a.exe"),
    ] {
        assert!(meant("process_creation", name, value, &created), "{name}");
    }
    assert!(!meant("file_event", "CommandLine", "a", &created));
    let set = security(
        4657,
        json!({"ObjectName": r"\REGISTRY\MACHINE\SOFTWARE\Run", "ObjectValueName": "x", "NewValue": "1", "OperationType": "%%1905"}),
    );
    assert!(meant("registry_set", "TargetObject", r"HKLM\software\Run\x", &set));
    assert!(meant("registry_set", "Details", "1", &set));
    assert!(!meant("registry_add", "Details", "1", &set));
    let connected = security(5156, json!({"Direction": "%%14593", "DestPort": "443"}));
    assert!(meant("network_connection", "Initiated", "true", &connected));
    assert!(meant("network_connection", "DestinationPort", "443", &connected));
    let query = windows(
        "Microsoft-Windows-DNS-Client/Operational",
        "Microsoft-Windows-DNS-Client",
        3006,
        json!({"QueryName": "a.b"}),
    );
    assert!(meant("dns", "query", "a.b", &query));
    let found = windows(
        "Microsoft-Windows-Windows Defender/Operational",
        "Microsoft-Windows-Windows Defender",
        1116,
        json!({"Threat Name": "EICAR"}),
    );
    assert!(meant("antivirus", "Signature", "eicar", &found));
}
