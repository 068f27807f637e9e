//! Rewrites are equal to the test on what the columns hold: checked on rows with a matcher of its own.

use std::collections::BTreeMap;

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::ir::{At, Case, Check, Expr, Fidelity, FieldName, LogSource, Matching, Pattern, Plan, Segment, Subject};
use sigmaglot::render::Options;
use sigmaglot::schema::{Branch, Column, From, Placed, Schema, place};

const SCHEMA: &str = r#"
name: test
title: A schema for tests
time: Timestamp
tables:
  T:
    columns: {Kind: string, Domain: string, Name: string, Key: string, Value: string, MD5: string, SHA256: string,
              LogonId: long, Port: int, File: string, Type: string, Data: string, Ip: string}
  U:
    columns: {Name: string}
logsources:
  - for: {product: windows, category: a}
    branches:
      - table: T
        kind: {Kind: [A, B, C]}
        values: {EventID: 1}
        fields:
          User: {account: [Domain, Name]}
          TargetObject: {registry: [Key, Value], short: Short}
          Details: {registry_data: [Type, Data]}
          Hashes: {hashes: {MD5: MD5, SHA256: SHA256}}
          LogonId: {hex: LogonId}
          Port: Port
          ParentImage: {basename: File}
          Initiated: {lookup: Kind, values: {"true": [A, B], "false": C}}
          Ip: {column: Ip, nothing: ["-"]}
          Gone: absent
          Secret: {none: nobody records it}
  - for: {product: windows, service: security}
    complete: false
    branches:
      - {table: T, values: {EventID: 4624}, fields: {User: Name}}
      - {table: U, values: {EventID: 4625}, fields: {User: Name, Only: Name}}
"#;

fn windows(category: Option<&str>, service: Option<&str>) -> LogSource {
    LogSource {
        product: Some("windows".into()),
        category: category.map(Into::into),
        service: service.map(Into::into),
        at: At::default(),
    }
}

fn field(name: &str, check: Check<Subject>) -> Expr<Subject> {
    Expr::test(Subject::Field(FieldName::from(name)), check, At::default())
}

fn like(patterns: &[Pattern]) -> Check<Subject> {
    Check::Like { any_of: patterns.iter().map(|p| (p.clone(), At::default())).collect(), case: Case::Fold }
}

fn placed(logsource: LogSource, expr: Expr<Subject>) -> Result<Placed, Vec<String>> {
    let schema = Schema::parse("test", SCHEMA).expect("the schema is sound");
    assert_eq!(schema.problems(), Vec::<String>::new());
    place(&Plan::Select(Matching { logsource, expr }), &schema, &Options::default())
        .map_err(|gaps| gaps.iter().map(|gap| format!("{} {}", gap.code, gap.message)).collect())
}

fn branches(placed: &Placed) -> &[Branch] {
    match &placed.plan {
        Plan::Select(branches) => branches,
        Plan::Correlate(_) => &[],
    }
}

type Row<'a> = BTreeMap<&'a str, String>;

/// Evaluates a placed expression on a row of text columns ('' is missing).
fn holds(expr: &Expr<Column>, row: &Row<'_>) -> bool {
    match expr {
        Expr::Const(value) => *value,
        Expr::All(parts) => parts.iter().all(|part| holds(part, row)),
        Expr::Any(parts) => parts.iter().any(|part| holds(part, row)),
        Expr::Not(inner) => !holds(inner, row),
        Expr::Test(test) => {
            let get = |name: &str| row.get(name).cloned().unwrap_or_default();
            let value = match &test.on.from {
                From::Path(path) => get(&path[0]),
                From::Joined(columns, separator) => {
                    columns.iter().map(|column| get(column)).collect::<Vec<_>>().join(separator)
                }
                From::Native(name) => get(name),
                other => panic!("no such column in this test: {other:?}"),
            };
            match &test.check {
                Check::Null => value.is_empty(),
                Check::Exists => !value.is_empty(),
                Check::Like { any_of, case } => any_of.iter().any(|(pattern, _)| matches(pattern, *case, &value)),
                Check::Equal { any_of } => any_of.iter().any(|(number, _)| number.to_string() == value),
                other => panic!("no such check in this test: {other:?}"),
            }
        }
    }
}

/// The pattern as a regular expression of the `regex` crate.
fn matches(pattern: &Pattern, case: Case, text: &str) -> bool {
    let body: String = pattern
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => regex::escape(text),
            Segment::Any => ".*".to_owned(),
            Segment::One => ".".to_owned(),
            Segment::OneOf(set) => {
                format!("[{}]", set.iter().map(|c| regex::escape(&c.to_string())).collect::<String>())
            }
        })
        .collect();
    let flags = if case == Case::Fold { "(?is)" } else { "(?s)" };
    regex::Regex::new(&format!("{flags}^{body}$")).expect("escaped").is_match(text)
}

fn found(expr: Expr<Subject>, row: &Row<'_>) -> bool {
    match placed(windows(Some("a"), None), expr) {
        Ok(placed) => branches(&placed).iter().any(|branch| holds(&branch.filter, row)),
        Err(_) => false,
    }
}

fn pattern() -> impl Strategy<Value = Pattern> {
    let segment = prop_oneof![
        3 => "[ab\\\\]{1,3}".prop_map(|text| Segment::Literal(text.into())),
        2 => Just(Segment::Any),
        1 => Just(Segment::One),
    ];
    prop::collection::vec(segment, 0..5).prop_map(Pattern::new)
}

/// Part of a key, in which parts of hives' names stand.
fn key_text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["m", "e", "s", "u", "user", "machine", "hk", "_", "\\", "x"]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn key_pattern() -> impl Strategy<Value = Pattern> {
    let hive = prop::sample::select(vec!["", "*", "HKLM\\", "*HKU\\", "HKLM", "*KLM", "HK*", "?K", "*K?"]);
    let end = prop::sample::select(vec!["", "*"]);
    (hive, key_text(), end)
        .prop_map(|(hive, text, end)| Pattern::parse(&format!("{hive}{text}{end}").replace('\\', "\\\\")))
}

proptest! {
    #[test]
    fn an_account_is_its_two_halves(pattern in pattern(), domain in "[ab]{0,3}", name in "[ab]{1,3}") {
        let row = Row::from([("Domain", domain.clone()), ("Name", name.clone())]);
        let user = if domain.is_empty() { name.clone() } else { format!("{domain}\\{name}") };
        let meant = matches(&pattern, Case::Fold, &user);
        prop_assert_eq!(found(field("User", like(&[pattern])), &row), meant);
    }

    #[test]
    fn a_file_name_stands_for_the_path_only_where_that_is_equal(pattern in pattern(), folder in "[ab]{1,2}", file in "[ab]{1,3}") {
        let expr = field("ParentImage", like(std::slice::from_ref(&pattern)));
        if let Ok(placed) = placed(windows(Some("a"), None), expr) {
            let row = Row::from([("File", file.clone())]);
            let meant = matches(&pattern, Case::Fold, &format!("C:\\{folder}\\{file}"));
            prop_assert_eq!(branches(&placed).iter().any(|branch| holds(&branch.filter, &row)), meant);
        }
    }

    #[test]
    fn a_hexadecimal_text_is_its_number(value in any::<u32>(), other in any::<u32>()) {
        let row = Row::from([("LogonId", value.to_string())]);
        let ask = |number: u32| found(field("LogonId", like(&[Pattern::literal(&format!("0x{number:X}"))])), &row);
        prop_assert!(ask(value));
        prop_assert_eq!(ask(other), value == other);
    }

    #[test]
    fn a_hive_may_be_asked_for_in_part(
        (short, long) in prop::sample::select(vec![("HKLM", "HKEY_LOCAL_MACHINE"), ("HKU", "HKEY_USERS"), ("HKU", "HKEY_CURRENT_USER")]),
        rest in key_text(),
        pattern in key_pattern(),
    ) {
        let row = Row::from([("Key", format!("{long}\\{rest}")), ("Value", "v".to_owned()), ("Short", format!("{short}\\{rest}\\v"))]);
        prop_assert_eq!(found(field("TargetObject", like(std::slice::from_ref(&pattern))), &row), matches(&pattern, Case::Fold, &row["Short"]));
    }

    #[test]
    fn a_dword_is_its_decimal_text(value in any::<u32>()) {
        let row = Row::from([("Type", "Dword".to_owned()), ("Data", value.to_string())]);
        let dword = Pattern::literal(&format!("DWORD (0x{value:08x})"));
        prop_assert!(found(field("Details", like(&[dword])), &row));
        prop_assert!(!found(field("Details", like(&[Pattern::literal(&value.to_string())])), &row));
    }
}

#[test]
fn registry_data_have_words_for_what_is_not_stored() {
    let row = |kind: &str, data: &str| Row::from([("Type", kind.to_owned()), ("Data", data.to_owned())]);
    let ask = |text: &str, row: &Row<'_>| found(field("Details", like(&[Pattern::parse(text)])), row);
    let (binary, empty, text) = (row("Binary", ""), row("String", ""), row("String", "data"));
    for (pattern, finds) in [
        ("Binary Data", [true, false, false]),
        ("*data*", [true, false, true]),
        ("(Empty)", [false, true, false]),
        ("*Empty*", [false, true, false]),
        ("*", [true, false, true]),
    ] {
        assert_eq!([&binary, &empty, &text].map(|row| ask(pattern, row)), finds, "{pattern}");
    }
    assert!(found(field("Details", Check::Null), &empty) && !found(field("Details", Check::Null), &binary));
}

#[test]
fn registry_paths_are_spelled_out() {
    let row = |key: &str| Row::from([("Key", key.to_owned()), ("Value", "Start".to_owned())]);
    let ask = |pattern: Pattern, key: &str| found(field("TargetObject", like(&[pattern])), &row(key));
    assert!(ask(Pattern::starts_with("HKLM\\System"), "HKEY_LOCAL_MACHINE\\SYSTEM\\x"));
    assert!(ask(
        Pattern::literal("HKLM\\System\\CurrentControlSet\\Services\\x\\Start"),
        "HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\x"
    ));
    assert!(ask(Pattern::ends_with("\\x\\Start"), "HKEY_USERS\\x"));
    assert!(!ask(Pattern::ends_with("\\CurrentControlSetX\\Start"), "HKEY_USERS\\ControlSet001"));
}

#[test]
fn a_lookup_narrows_the_event_kind() {
    let placed = placed(windows(Some("a"), None), field("Initiated", Check::Is(true))).expect("has a column");
    let [branch] = branches(&placed) else { panic!("one branch") };
    assert_eq!(branch.filter, Expr::Const(true));
    let Expr::Test(kind) = &branch.kind else { panic!("one test") };
    let words = Check::Like {
        any_of: vec![(Pattern::literal("A"), At::default()), (Pattern::literal("B"), At::default())],
        case: Case::Exact,
    };
    assert_eq!(kind.check, words);
}

#[test]
fn a_dash_is_stored_as_empty() {
    let ask = |ip: &str| found(field("Ip", like(&[Pattern::literal("-")])), &Row::from([("Ip", ip.to_owned())]));
    assert_eq!([ask(""), ask("-"), ask("1.2.3.4")], [true, true, false]);
}

#[test]
fn a_number_column_knows_only_canonical_text() {
    let ask =
        |text: &str| found(field("Port", like(&[Pattern::literal(text)])), &Row::from([("Port", "80".to_owned())]));
    assert_eq!([ask("80"), ask("080"), ask("x")], [true, false, false]);
}

#[test]
fn hashes_find_their_column_or_narrow_the_query() {
    let (md5, imphash) = ("a".repeat(32), "b".repeat(32));
    let md5_value = Pattern::contains(&format!("MD5={md5}"));
    let imphash_value = Pattern::contains(&format!("IMPHASH={imphash}"));
    assert!(found(field("Hashes", like(std::slice::from_ref(&md5_value))), &Row::from([("MD5", md5.clone())])));
    let both = placed(windows(Some("a"), None), field("Hashes", like(&[md5_value.clone(), imphash_value.clone()])));
    assert_eq!(both.expect("MD5 remains").fidelity, Fidelity::Narrower);
    let negated = placed(windows(Some("a"), None), field("Hashes", like(&[md5_value, imphash_value.clone()])).not());
    assert!(negated.is_err(), "leaving a value out under a not would widen the query");
    assert!(placed(windows(Some("a"), None), field("Hashes", like(&[imphash_value]))).is_err());
}

#[test]
fn refusals_name_the_reason() {
    let category = || windows(Some("a"), None);
    let text = || like(&[Pattern::literal("x")]);
    assert_eq!(
        placed(category(), field("Secret", text())).expect_err("not held"),
        ["E0502 test:test has no column for Secret in T"]
    );
    assert_eq!(
        placed(windows(Some("nothing"), None), field("User", text())).expect_err("no table"),
        ["E0501 test:test has no table for the log source windows / nothing"]
    );
    let dead = Expr::All(vec![field("Gone", text()), field("Secret", text())]);
    assert_eq!(
        placed(category(), dead).expect_err("never"),
        ["E0506 no event of windows / a carries Gone in test:test"],
        "a test that cannot be placed does no harm in a part that is false here anyway"
    );
}

#[test]
fn event_ids_route_to_tables_and_what_is_not_held_narrows() {
    let service = || windows(None, Some("security"));
    let id = |ids: &[i128]| {
        let any_of = ids.iter().map(|id| (sigmaglot::ir::Number::Int(*id), At::default())).collect();
        field("EventID", Check::Equal { any_of })
    };
    let user = || field("User", like(&[Pattern::literal("x")]));
    let tables =
        |placed: &Placed| branches(placed).iter().map(|branch| branch.table.name.to_string()).collect::<Vec<_>>();

    let one = placed(service(), Expr::All(vec![id(&[4624]), user()])).expect("held");
    assert_eq!((tables(&one), one.fidelity), (vec!["T".to_owned()], Fidelity::Exact));
    let some = placed(service(), Expr::All(vec![id(&[4624, 4656]), user()])).expect("one is held");
    assert_eq!((tables(&some), some.fidelity), (vec!["T".to_owned()], Fidelity::Narrower));
    let all = placed(service(), user()).expect("held");
    assert_eq!((tables(&all).len(), all.fidelity), (2, Fidelity::Narrower));
    let partial = placed(service(), Expr::All(vec![id(&[4624, 4625]), field("Only", like(&[Pattern::literal("x")]))]));
    let partial = partial.expect("one table has the field");
    assert_eq!((tables(&partial), partial.fidelity), (vec!["U".to_owned()], Fidelity::Narrower));
    assert_eq!(
        placed(service(), Expr::All(vec![id(&[4656]), user()])).expect_err("not held"),
        ["E0503 test:test holds no events 4656 of windows / security"]
    );
}
