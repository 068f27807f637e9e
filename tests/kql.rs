//! Single tests in KQL: the right idiom of every row of the translation table, for typed columns.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use sigmaglot::backends::kql::dialect;
use sigmaglot::diag::Code;
use sigmaglot::ir::regex::Flags;
use sigmaglot::ir::{At, Case, Check, Cmp, Expr, FieldName, Number, Order, Part, Pattern, Regex, Test, TimePart};
use sigmaglot::render::{Fragment, Gap, Options, conjunct};
use sigmaglot::schema::{Column, From, Traits, Type};

fn column(path: &[&str], kind: Type) -> Column {
    let path: Arc<[Arc<str>]> = path.iter().map(|part| Arc::from(*part)).collect();
    Column { field: FieldName::from("Field"), from: From::Path(path), kind, traits: Traits::default() }
}

fn text() -> Column {
    column(&["F"], Type::String)
}

fn number() -> Column {
    column(&["N"], Type::Long)
}

fn dynamic() -> Column {
    column(&["D"], Type::Dynamic)
}

fn try_leaf(on: Column, check: Check<Column>) -> Result<Fragment, Gap> {
    dialect().test(&Test { on, check, at: At::default() })
}

fn leaf(on: Column, check: Check<Column>) -> String {
    try_leaf(on, check).expect("the test can be said").text
}

/// The test under `not`.
fn negated(on: Column, check: Check<Column>) -> String {
    let expr = Expr::test(on, check, At::default()).not();
    conjunct(&expr, dialect(), &Options::default()).expect("the test can be said").fragment.text
}

fn patterns(patterns: &[&str], case: Case) -> Check<Column> {
    Check::Like { any_of: patterns.iter().map(|p| (Pattern::parse(p), At::default())).collect(), case }
}

fn like(values: &[&str]) -> Check<Column> {
    patterns(values, Case::Fold)
}

fn cased(values: &[&str]) -> Check<Column> {
    patterns(values, Case::Exact)
}

fn equal(numbers: &[i128]) -> Check<Column> {
    Check::Equal { any_of: numbers.iter().map(|n| (Number::Int(*n), At::default())).collect() }
}

fn regex(text: &str, flags: &str) -> Check<Column> {
    let flags =
        Flags { ignore_case: flags.contains('i'), multi_line: flags.contains('m'), dot_all: flags.contains('s') };
    Check::Matches(Regex::parse(text, flags).expect("the expression is valid"))
}

fn within(networks: &[&str]) -> Check<Column> {
    Check::Within(networks.iter().map(|n| (n.parse().expect("a network"), At::default())).collect())
}

fn same_as(other: Column, part: Part, case: Case) -> Check<Column> {
    Check::SameAs { other, part, case }
}

#[test]
fn equality_of_text() {
    assert_eq!(leaf(text(), like(&["whoami"])), r#"F =~ "whoami""#);
    assert_eq!(negated(text(), like(&["a"])), r#"not(F =~ "a")"#);
    assert_eq!(negated(text(), like(&["a", "b"])), r#"not(F in~ ("a", "b"))"#);
    assert_eq!(leaf(text(), like(&["a", "b", "a"])), r#"F in~ ("a", "b")"#);
    assert_eq!(leaf(text(), like(&["0"])), r#"F == "0""#, "digits have no case");
    assert_eq!(leaf(text(), cased(&["Ab"])), r#"F == "Ab""#);
    assert_eq!(leaf(text(), cased(&["Ab", "C"])), r#"F in ("Ab", "C")"#);
    assert_eq!(leaf(text(), like(&[r"a\*c"])), r#"F =~ "a*c""#, "a literal star");
    assert_eq!(leaf(text(), like(&[r#"say "hi" \ x"#])), r#"F =~ @"say ""hi"" \ x""#);
    assert_eq!(leaf(text(), like(&["a\nb"])), r#"F =~ "a\nb""#);
}

#[test]
fn parts_of_text() {
    assert_eq!(leaf(text(), like(&["*ell*"])), r#"F contains "ell""#);
    assert_eq!(leaf(text(), like(&[r"C:\Win\\*"])), r#"F startswith @"C:\Win\""#);
    assert_eq!(leaf(text(), like(&["*.exe"])), r#"F endswith ".exe""#);
    assert_eq!(leaf(text(), cased(&["*Ab*"])), r#"F contains_cs "Ab""#);
    assert_eq!(leaf(text(), cased(&["*Ab"])), r#"F endswith_cs "Ab""#);
    assert_eq!(leaf(text(), like(&["*a*", "*b*"])), r#"F contains "a" or F contains "b""#);
    assert_eq!(
        leaf(text(), like(&["*a*", "*b*", "*c.*", "*d*", "*e*"])),
        r#"F matches regex @"(?i)a|b|c\.|d|e""#,
        "many on one column are one expression"
    );
    assert_eq!(leaf(text(), like(&["x", "*.a", "*.b"])), r#"F =~ "x" or F endswith ".a" or F endswith ".b""#);
}

#[test]
fn wildcards_inside() {
    assert_eq!(leaf(text(), like(&["a*c"])), r#"F matches regex "(?is)^a.*c$""#);
    assert_eq!(leaf(text(), like(&["a?c"])), r#"F matches regex "(?is)^a.c$""#);
    assert_eq!(leaf(text(), like(&["*a*c*"])), r#"F matches regex "(?is)a.*c""#);
    assert_eq!(leaf(text(), cased(&["a?c"])), r#"F matches regex "(?s)^a.c$""#);
    assert_eq!(leaf(number(), like(&["46*"])), r#"tostring(N) startswith "46""#);
}

#[test]
fn text_beyond_ascii_goes_to_expressions_that_fold_it() {
    assert_eq!(leaf(text(), like(&["é"])), r#"F matches regex @"(?i)^\x{E9}$""#);
    assert_eq!(leaf(text(), cased(&["é"])), r#"F == "é""#);
    let dashes = Pattern::new([
        sigmaglot::ir::Segment::Any,
        sigmaglot::ir::Segment::OneOf(Arc::from(['-', '/', '\u{2013}'])),
        sigmaglot::ir::Segment::Literal("f".into()),
        sigmaglot::ir::Segment::Any,
    ]);
    let check = Check::Like { any_of: vec![(dashes, At::default())], case: Case::Fold };
    assert_eq!(leaf(text(), check), r#"F matches regex @"(?i)[-/\x{2013}]f""#);
}

#[test]
fn missing_null_and_empty() {
    assert_eq!(leaf(text(), like(&["*"])), "isnotempty(F)");
    assert_eq!(leaf(text(), like(&[""])), "isempty(F)");
    assert_eq!(leaf(text(), Check::Null), "isempty(F)");
    assert_eq!(leaf(text(), Check::Exists), "isnotempty(F)");
    assert_eq!(negated(text(), Check::Null), "not(isempty(F))");
    assert_eq!(leaf(number(), Check::Null), "isnull(N)");
    assert_eq!(leaf(number(), Check::Exists), "isnotnull(N)");
    assert_eq!(leaf(dynamic(), Check::Null), r#"isnull(D) or tostring(D) in ("[]", "[null]")"#);
    let member = column(&["D", "F"], Type::Dynamic);
    assert_eq!(leaf(member.clone(), Check::Null), r#"tostring(D.F) in ("", "[]", "[null]")"#);
    assert_eq!(leaf(member.clone(), Check::Exists), r#"bag_has_key(D, "F")"#);
    assert_eq!(negated(member, Check::Exists), r#"not(coalesce(bag_has_key(D, "F"), false))"#);
    let notes = try_leaf(text(), Check::Null).expect("can be said").notes;
    assert_eq!(notes.iter().map(|note| note.code).collect::<Vec<_>>(), [Code::W0701]);
}

#[test]
fn numbers() {
    let order = |op| Check::Order { op, value: Number::Int(5) };
    assert_eq!(leaf(number(), equal(&[4625])), "N == 4625");
    assert_eq!(leaf(number(), equal(&[1, 2])), "N in (1, 2)");
    assert_eq!(negated(number(), equal(&[5])), "not(N == 5)", "never null");
    assert_eq!(leaf(text(), equal(&[4625])), r#"F == "4625""#);
    assert_eq!(leaf(number(), order(Order::Gt)), "N > 5");
    assert_eq!(negated(number(), order(Order::Gt)), "not(coalesce(N > 5, false))");
    assert_eq!(leaf(text(), order(Order::Lte)), r#"F matches regex @"^-?[0-9]+(?:\.[0-9]+)?$" and toreal(F) <= 5"#);
    assert_eq!(
        negated(text(), order(Order::Gt)),
        r#"not(F matches regex @"^-?[0-9]+(?:\.[0-9]+)?$" and toreal(F) > 5)"#,
        "never null"
    );
    assert_eq!(leaf(number(), equal(&[1 << 70])), "false");
    assert_eq!(leaf(number(), Check::Order { op: Order::Lt, value: Number::Int(1 << 70) }), "isnotnull(N)");
    assert_eq!(leaf(number(), Check::Order { op: Order::Gt, value: Number::Int(1 << 70) }), "false");
    assert_eq!(leaf(number(), Check::Order { op: Order::Gt, value: Number::Int(-(1 << 70)) }), "isnotnull(N)");
    assert_eq!(
        leaf(column(&["R"], Type::Real), Check::Equal { any_of: vec![(Number::Float(1.5), At::default())] }),
        "R == 1.5"
    );
}

#[test]
fn booleans_and_times() {
    assert_eq!(leaf(column(&["B"], Type::Bool), Check::Is(true)), "B == true");
    assert_eq!(leaf(text(), Check::Is(true)), r#"F =~ "true""#);
    let time = || column(&["T"], Type::Datetime);
    let hour = Check::TimeOf { part: TimePart::Hour, op: Cmp::Order(Order::Gte), value: 18 };
    assert_eq!(leaf(time(), hour.clone()), r#"datetime_part("hour", T) >= 18"#);
    assert_eq!(negated(time(), hour.clone()), r#"not(coalesce(datetime_part("hour", T) >= 18, false))"#);
    assert_eq!(leaf(time(), Check::TimeOf { part: TimePart::Week, op: Cmp::Eq, value: 9 }), "week_of_year(T) == 9");
    assert_eq!(try_leaf(text(), hour).expect_err("no time").code, Code::E0602);
    assert_eq!(try_leaf(time(), like(&["2024*"])).expect_err("no text").code, Code::E0602);
}

#[test]
fn regular_expressions() {
    assert_eq!(leaf(text(), regex("ab+c", "")), r#"F matches regex "ab+c""#);
    assert_eq!(leaf(text(), regex("p", "ims")), r#"F matches regex "(?ims)p""#);
    assert_eq!(negated(text(), regex("p", "")), r#"not(F matches regex "p")"#);
    assert_eq!(leaf(text(), regex("x$", "")), r#"F matches regex "x$""#);
    assert_eq!(leaf(text(), regex("[a&&b]", "")), r#"F matches regex @"[a\&\&b]""#);
    assert_eq!(leaf(text(), regex(r"-k\s\w", "")), r#"F matches regex @"-k[\t\n\x0B\x0C\r ][0-9A-Za-z_]""#);
    assert_eq!(leaf(text(), regex(r"\bx", "")), r#"F matches regex @"(?-u:\b)x""#);
    for empty in ["a?", "x*", "^", "(a|)", ".*"] {
        assert!(leaf(text(), regex(empty, "")).starts_with("isnotempty(F) and F matches regex "), "{empty}");
    }
    let groups = "(a)".repeat(40);
    assert!(!leaf(text(), regex(&groups, "")).contains("(a)"), "captures count against a limit of 16");
}

#[test]
fn networks() {
    assert_eq!(leaf(text(), within(&["10.0.0.0/8"])), r#"ipv4_is_in_range(F, "10.0.0.0/8")"#);
    assert_eq!(
        negated(text(), within(&["10.0.0.0/8", "127.0.0.0/8"])),
        r#"not(coalesce(ipv4_is_in_any_range(F, "10.0.0.0/8", "127.0.0.0/8"), false))"#
    );
    assert_eq!(
        leaf(text(), within(&["fe80::/10"])),
        r#"F contains ":" and coalesce(ipv6_is_in_range(F, "fe80::/10"), false)"#
    );
    assert_eq!(
        leaf(text(), within(&["fe80::/10", "10.0.0.0/8", "::1/128"])),
        "coalesce(ipv4_is_in_range(F, \"10.0.0.0/8\"), false)\n\
         or (F contains \":\" and coalesce(ipv6_is_in_any_range(F, \"fe80::/10\", \"::1/128\"), false))"
    );
}

#[test]
fn mapped_addresses_are_read_as_ipv4() {
    let column = Column { traits: Traits { mapped: true, ..Traits::default() }, ..column(&["RemoteIP"], Type::String) };
    let fragment = try_leaf(column, like(&["10.*"])).expect("can be said");
    assert_eq!(fragment.text, r#"Field startswith "10.""#);
    assert_eq!(&*fragment.hoist[0].text, r#"iff(RemoteIP startswith "::ffff:", substring(RemoteIP, 7), RemoteIP)"#);
}

#[test]
fn two_fields() {
    let other = || column(&["G"], Type::String);
    assert_eq!(leaf(text(), same_as(other(), Part::Whole, Case::Fold)), "isnotempty(F) and F =~ G");
    assert_eq!(leaf(text(), same_as(other(), Part::Whole, Case::Exact)), "isnotempty(F) and F == G");
    assert_eq!(leaf(text(), same_as(other(), Part::Start, Case::Fold)), "isnotempty(G) and F startswith G");
    assert_eq!(leaf(text(), same_as(other(), Part::End, Case::Fold)), "isnotempty(G) and F endswith G");
    assert_eq!(leaf(text(), same_as(other(), Part::Within, Case::Exact)), "isnotempty(G) and F contains_cs G");
    assert_eq!(negated(text(), same_as(other(), Part::Whole, Case::Fold)), "not(isnotempty(F) and F =~ G)");
    assert_eq!(leaf(number(), same_as(number(), Part::Whole, Case::Fold)), "isnotnull(N) and N == N");
    assert_eq!(leaf(text(), same_as(number(), Part::Whole, Case::Fold)), "isnotempty(F) and F =~ tostring(N)");
}

#[test]
fn dynamic_columns() {
    assert_eq!(
        leaf(dynamic(), like(&["V"])),
        "coalesce(set_has_element(parse_json(tolower(tostring(D))), \"v\"), false) or tostring(D) =~ \"V\""
    );
    assert_eq!(
        negated(dynamic(), cased(&["V"])),
        r#"not(coalesce(set_has_element(D, "V"), false) or tostring(D) == "V")"#
    );
    assert!(leaf(dynamic(), equal(&[1])).contains("coalesce(set_has_element(D, 1), false)"));
    assert_eq!(try_leaf(dynamic(), like(&["*v*"])).expect_err("any member").code, Code::E0602);
    assert_eq!(leaf(column(&["a", "b"], Type::String), like(&["v"])), r#"tostring(a.b) =~ "v""#);
    assert_eq!(leaf(column(&["a", "b c"], Type::String), like(&["v"])), r#"tostring(a["b c"]) =~ "v""#);
    assert_eq!(leaf(column(&["a.b"], Type::String), like(&["v"])), r#"['a.b'] =~ "v""#);
}

#[test]
fn computed_columns() {
    let json = Column { from: From::JsonText("A".into(), Arc::from(["k".into(), "l m".into()])), ..text() };
    let fragment = try_leaf(json, like(&["v"])).expect("can be said");
    assert_eq!(fragment.text, r#"Field =~ "v""#);
    assert_eq!(&*fragment.hoist[0].text, r#"tostring(parse_json(A).k["l m"])"#);

    let joined = || Column { from: From::Joined(Arc::from(["A".into(), "B".into()]), r"\".into()), ..text() };
    let fragment = try_leaf(joined(), like(&["*v"])).expect("can be said");
    assert_eq!(fragment.text, r#"Field endswith "v""#);
    assert_eq!(&*fragment.hoist[0].text, r#"strcat(A, @"\", B)"#);
    assert_eq!(leaf(joined(), like(&[r"*\\*"])), r#"(isnotempty(A) or isnotempty(B)) and Field contains @"\""#);
    assert_eq!(leaf(joined(), Check::Null), "isempty(A) and isempty(B)");

    let optional = Column { traits: Traits { optional: true, ..Traits::default() }, ..text() };
    assert_eq!(leaf(optional, like(&["v"])), r#"column_ifexists("F", "") =~ "v""#);
}

#[test]
fn columns_in_lower_case_cannot_tell_case() {
    let lower = || Column { traits: Traits { lower: true, ..Traits::default() }, ..text() };
    assert_eq!(try_leaf(lower(), cased(&["*Ab*"])).expect_err("lost").code, Code::E0602);
    assert_eq!(try_leaf(lower(), regex("a[0-9]", "")).expect_err("lost").code, Code::E0602);
    assert_eq!(leaf(lower(), cased(&["1.2"])), r#"F == "1.2""#);
    assert_eq!(leaf(lower(), regex(r"^[0-9A-Za-z]+$", "")), r#"F matches regex "^[0-9A-Za-z]+$""#);
    assert_eq!(leaf(lower(), regex("a[0-9]", "i")), r#"F matches regex "(?i)a[0-9]""#);
}

#[test]
fn presence_is_asked_of_the_column_and_not_of_its_text() {
    assert_eq!(leaf(number(), like(&["*"])), "isnotnull(N)");
    assert_eq!(leaf(column(&["T"], Type::Datetime), like(&["*"])), "isnotnull(T)");
    assert_eq!(leaf(column(&["B"], Type::Bool), like(&["*"])), "isnotnull(B)");
}

#[test]
fn what_may_hold_several_values_is_not_compared_as_one() {
    let ordered = |on| try_leaf(on, Check::Order { op: Order::Gt, value: Number::Int(5) });
    assert_eq!(ordered(dynamic()).unwrap_err().code, Code::E0602);
    assert_eq!(try_leaf(dynamic(), within(&["10.0.0.0/8"])).unwrap_err().code, Code::E0602);
    assert_eq!(try_leaf(dynamic(), same_as(text(), Part::Whole, Case::Fold)).unwrap_err().code, Code::E0602);
    assert_eq!(try_leaf(text(), same_as(dynamic(), Part::Whole, Case::Fold)).unwrap_err().code, Code::E0602);
}

#[test]
fn numbers_in_text_are_compared_where_a_real_is_exact() {
    let above = |value| try_leaf(text(), Check::Order { op: Order::Gt, value: Number::Int(value) });
    assert!(above((1 << 53) - 1).is_ok());
    assert_eq!(above(1 << 53).unwrap_err().code, Code::E0602);
}
