//! Splunk SPL: every row of the translation table, the query around the tests, hostile values.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use sigmaglot::backends::spl::Spl;
use sigmaglot::ir::regex::{Flags, Regex};
use sigmaglot::ir::{
    At, Case, Check, Cmp, Expr, Fidelity, FieldName, Number, Order, Part, Pattern, Plan, Segment, TimePart,
};
use sigmaglot::render::{Backend, Options, Query};
use sigmaglot::schema::{Branch, Column, Coverage, From, Schema, Table, Text, Traits, Type};

mod corpus;
mod hostile;

const HEAD: &str = "source=\"XmlWinEventLog:Microsoft-Windows-Sysmon/Operational\" EventCode=1";

fn column(name: &str) -> Column {
    Column::path(&FieldName::from(name), [Arc::from(name)], Type::Untyped, Traits::default())
}

fn number(value: i64) -> (Number, At) {
    (Number::Int(value.into()), At::default())
}

fn is(name: &str, check: Check<Column>) -> Expr<Column> {
    Expr::test(column(name), check, At::default())
}

fn equal(name: &str, values: &[i64]) -> Expr<Column> {
    is(name, Check::Equal { any_of: values.iter().map(|value| number(*value)).collect() })
}

fn patterns(case: Case, patterns: &[&str]) -> Check<Column> {
    Check::Like { any_of: patterns.iter().map(|text| (Pattern::parse(text), At::default())).collect(), case }
}

/// Values as a rule writes them: wildcards and escapes are read.
fn like(values: &[&str]) -> Expr<Column> {
    is("F", patterns(Case::Fold, values))
}

fn literally(text: &str) -> Expr<Column> {
    is("F", Check::Like { any_of: vec![(Pattern::literal(text), At::default())], case: Case::Fold })
}

fn matches(text: &str, ignore_case: bool) -> Expr<Column> {
    let flags = Flags { ignore_case, ..Flags::default() };
    is("F", Check::Matches(Regex::parse(text, flags).expect("a regular expression")))
}

fn raw(check: Check<Column>) -> Expr<Column> {
    let mut on = column("keywords");
    on.from = From::Native("_raw".into());
    Expr::test(on, check, At::default())
}

fn table(name: &str, attributes: &[(&str, &str)]) -> Arc<Table> {
    let attributes = attributes.iter().map(|(key, value)| (Arc::from(*key), Arc::from(*value))).collect();
    Arc::new(Table { name: name.into(), time: "_time".into(), text: Text::Plain, attributes })
}

fn sysmon() -> Arc<Table> {
    let source = ("source", "XmlWinEventLog:Microsoft-Windows-Sysmon/Operational");
    let table = table("sysmon", &[source, ("macro", "sysmon")]);
    Arc::new(Table { text: Text::Xml, ..Table::clone(&table) })
}

fn branch(table: Arc<Table>, kind: Expr<Column>, filter: Expr<Column>) -> Branch {
    Branch { table, kind, filter, keep: Vec::new(), coverage: Coverage::Full }
}

fn query(filter: Expr<Column>) -> Result<Query, Vec<sigmaglot::render::Gap>> {
    let plan = Plan::Select(vec![branch(sysmon(), equal("EventCode", &[1]), filter)]);
    Spl.query(&plan, &Options::default())
}

/// What stands behind the head: `search` terms as they are, `where` terms behind the pipe.
fn tail(filter: Expr<Column>) -> String {
    let text = query(filter).expect("SPL can say it").text;
    text.strip_prefix(HEAD).expect("the head").trim_start().to_owned()
}

/// The filter behind the first pipe, which says the whole test whatever stands in front of it.
fn filtered(filter: Expr<Column>) -> String {
    let tail = tail(filter);
    tail.find("| where ").and_then(|start| tail.get(start..)).expect("a filter").to_owned()
}

#[test]
fn search_narrows_what_where_decides() {
    let before = |filter| tail(filter).split_once("\n| where ").map(|(weaker, _)| weaker.to_owned());
    assert_eq!(before(like(&["*a?c*"])).as_deref(), Some("F=\"*a*c*\""));
    assert_eq!(before(like(&["a\\*c", "b"])).as_deref(), Some("F IN (\"a*c\", \"b\")"));
    assert_eq!(before(is("F", patterns(Case::Exact, &["Ab*"]))).as_deref(), Some("F=\"Ab*\""));
    assert_eq!(before(literally("a\nb")).as_deref(), Some("F=\"a*b\""));
    assert_eq!(before(Expr::Any(vec![like(&["a?c"]), equal("N", &[1])])).as_deref(), Some("(F=\"a*c\" OR N=1)"));
    let part = Expr::All(vec![like(&["a?c"]), matches("x", false)]);
    assert_eq!(before(Expr::Any(vec![part, equal("N", &[1])])).as_deref(), Some("(F=\"a*c\" OR N=1)"));
    assert_eq!(before(like(&["a?c"]).not()), None);
    assert_eq!(before(Expr::Any(vec![like(&["a?c"]), matches("x", false)])), None);
    assert_eq!(before(like(&["?"])), None);
    assert_eq!(before(literally("007")), None);
    let keywords = raw(patterns(Case::Fold, &["*Remove-Mailbox x*", "*a New-Thing*"]));
    assert_eq!(before(keywords).as_deref(), Some("(\"*Mailbox*\" OR \"*Thing*\")"));
}

#[test]
fn excluded_values_stay_in_search_as_far_as_they_can() {
    let excluded = like(&["*.dll", "", "a?c"]).not();
    assert_eq!(tail(excluded), "NOT F=\"*.dll\"\n| where NOT isnotnull(mvfind('F',\"(?is)^(?:|a.c)\\z\"))");
    let either = Expr::Any(vec![like(&["x", ""]).not(), like(&["y"])]);
    assert!(tail(either).starts_with("| where"), "nothing under OR is taken apart");
}

#[test]
fn text_without_case_stays_in_search() {
    assert_eq!(tail(like(&["whoami"])), r#"F="whoami""#);
    assert_eq!(tail(like(&["a"]).not()), r#"NOT F="a""#);
    assert_eq!(tail(like(&["a", "b"]).not()), r#"NOT F IN ("a", "b")"#);
    assert_eq!(tail(like(&["a", "b", "c"])), r#"F IN ("a", "b", "c")"#);
    assert_eq!(tail(like(&["*ell*"])), r#"F="*ell*""#);
    assert_eq!(tail(like(&["C:\\Win\\\\*"])), r#"F="C:\\Win\\*""#);
    assert_eq!(tail(like(&["*.exe"])), r#"F="*.exe""#);
    assert_eq!(tail(like(&["a*c"])), r#"F="a*c""#);
    assert_eq!(tail(like(&["é"])), r#"F="é""#);
    assert_eq!(tail(literally(r#"say "hi" \ x"#)), r#"F="say \"hi\" \\ x""#);
    assert_eq!(tail(literally("what?")), r#"F="what?""#);
    let both = Expr::All(vec![like(&["*x*"]), like(&["*y*"])]);
    assert_eq!(tail(both), "F=\"*x*\"\n    F=\"*y*\"");
}

#[test]
fn what_search_would_read_otherwise_goes_to_where() {
    assert_eq!(filtered(like(&["a?c"])), r#"| where isnotnull(mvfind('F',"(?is)^a.c\z"))"#);
    assert_eq!(filtered(literally("a*c")), r#"| where isnotnull(mvfind('F',"(?i)^a\*c\z"))"#);
    assert_eq!(filtered(literally("10.0.0.0/8")), r#"| where isnotnull(mvfind('F',"(?i)^10\.0\.0\.0/8\z"))"#);
    assert_eq!(filtered(literally("007")), r#"| where isnotnull(mvfind('F',"(?i)^007\z"))"#);
    assert_eq!(filtered(literally("1.0")), r#"| where isnotnull(mvfind('F',"(?i)^1\.0\z"))"#);
    assert_eq!(filtered(literally("a`b")), r#"| where isnotnull(mvfind('F',"(?i)^a\x{60}b\z"))"#);
    assert_eq!(filtered(literally("a\nb")), r#"| where isnotnull(mvfind('F',"(?i)^a\nb\z"))"#);
    assert_eq!(filtered(literally(r"C:\T*")), r#"| where isnotnull(mvfind('F',"(?i)^C:\\\\T\*\z"))"#);
    assert_eq!(filtered(literally("")), r#"| where if('F'=="",1,0)=1"#);
    assert_eq!(
        filtered(Expr::Any(vec![like(&["x"]), like(&["a?c"])])),
        "| where (isnotnull(mvfind('F',\"(?i)^x\\z\")) OR isnotnull(mvfind('F',\"(?is)^a.c\\z\")))",
    );
}

#[test]
fn presence_and_null() {
    assert_eq!(tail(like(&["*"])), "F=*");
    assert_eq!(tail(like(&["*"]).not()), "NOT F=*");
    assert_eq!(tail(is("F", Check::Null)), "| where isnull('F')");
    assert_eq!(tail(is("F", Check::Null).not()), "F=*");
    assert_eq!(tail(is("F", Check::Exists)), "| where isnotnull('F')");
    assert_eq!(tail(is("F", Check::Exists).not()), "| where NOT isnotnull('F')");
}

#[test]
fn numbers_and_truth() {
    assert_eq!(tail(equal("N", &[4625])), "N=4625");
    assert_eq!(tail(equal("N", &[5]).not()), "NOT N=5");
    assert_eq!(tail(literally("4625")), r#"F="4625""#);
    assert_eq!(tail(equal("N", &[1, 2])), "N IN (1, 2)");
    assert_eq!(tail(equal("N", &[-1])), r#"N="-1""#);
    assert_eq!(tail(equal("N", &[i64::MAX])), r#"| where isnotnull(mvfind('N',"^9223372036854775807\z"))"#);
    assert_eq!(tail(is("F", Check::Is(true))), r#"F="true""#);
    let greater = || is("N", Check::Order { op: Order::Gt, value: Number::Int(5) });
    let decimal = r#"match('N',"^-?[0-9]+(?:\.[0-9]+)?\z")"#;
    assert_eq!(tail(greater()), format!("| where if({decimal} AND tonumber('N')>5,1,0)=1"));
    assert_eq!(tail(greater().not()), format!("| where NOT if({decimal} AND tonumber('N')>5,1,0)=1"));
}

#[test]
fn case_and_regular_expressions() {
    assert_eq!(filtered(is("F", patterns(Case::Exact, &["Ab"]))), r#"| where isnotnull(mvfind('F',"^Ab\z"))"#);
    assert_eq!(filtered(is("F", patterns(Case::Exact, &["*Ab*"]))), r#"| where isnotnull(mvfind('F',"Ab"))"#);
    assert_eq!(filtered(matches("ab+c", false)), r#"| where isnotnull(mvfind('F',"ab+c"))"#);
    assert_eq!(filtered(matches("ab+c", true)), r#"| where isnotnull(mvfind('F',"(?i)ab+c"))"#);
    assert_eq!(filtered(matches("p", false).not()), r#"| where NOT isnotnull(mvfind('F',"p"))"#);
    assert_eq!(filtered(matches("x$", false)), r#"| where isnotnull(mvfind('F',"x\z"))"#);
    assert_eq!(filtered(matches(r"-k\s\w{1,64}", false)), r#"| where isnotnull(mvfind('F',"-k\s\w{1,64}"))"#);
    assert_eq!(filtered(matches(r#"\\"x\\"#, false)), r#"| where isnotnull(mvfind('F',"\\\\\"x\\\\"))"#);
}

#[test]
fn dashes_become_a_list_of_texts() {
    let dashes = Segment::OneOf(['-', '/', '–', '—', '―'].into());
    let segments = [Segment::Any, dashes, Segment::Literal("x ".into()), Segment::Any];
    let check = Check::Like { any_of: vec![(Pattern::new(segments), At::default())], case: Case::Fold };
    assert_eq!(tail(is("F", check)), r#"F IN ("*-x *", "*/x *", "*–x *", "*—x *", "*―x *")"#);
}

#[test]
fn networks() {
    let within = |networks: &[&str]| {
        let parsed = networks.iter().map(|text| (text.parse().expect("a network"), At::default()));
        is("F", Check::Within(parsed.collect()))
    };
    assert_eq!(tail(within(&["10.0.0.0/8"])), r#"F="10.0.0.0/8""#);
    assert_eq!(tail(within(&["10.0.0.0/8"]).not()), r#"NOT F="10.0.0.0/8""#);
    assert_eq!(tail(within(&["10.0.0.0/8", "fe80::/10"])), r#"(F="10.0.0.0/8" OR F="fe80::/10")"#);
    assert_eq!(
        tail(Expr::All(vec![Expr::Any(vec![within(&["10.0.0.0/8"]), is("F", Check::Null)])])),
        r#"| where (if(cidrmatch("10.0.0.0/8",'F'),1,0)=1 OR isnull('F'))"#,
    );
}

#[test]
fn one_field_compared_with_another() {
    let same = |part, case| is("F", Check::SameAs { other: column("G"), part, case });
    let both = "isnotnull('F') AND isnotnull('G')";
    assert_eq!(tail(same(Part::Whole, Case::Fold)), format!("| where if({both} AND lower('F')==lower('G'),1,0)=1"));
    assert_eq!(tail(same(Part::Whole, Case::Exact).not()), format!("| where NOT if({both} AND 'F'=='G',1,0)=1"));
    assert_eq!(
        tail(same(Part::Start, Case::Fold)),
        format!("| where if({both} AND substr(lower('F'),1,len('G'))==lower('G'),1,0)=1")
    );
    let gaps = query(same(Part::Within, Case::Fold)).expect_err("SPL cannot search for a field's text");
    assert_eq!(gaps.first().map(|gap| gap.code.as_str()), Some("E0602"));
}

#[test]
fn times_only_where_the_time_zone_does_not_matter() {
    let hour = |kind, part| {
        let mut on = column("_time");
        on.kind = kind;
        Expr::test(on, Check::TimeOf { part, op: Cmp::Order(Order::Gte), value: 18 }, At::default())
    };
    assert_eq!(tail(hour(Type::Datetime, TimePart::Hour)), "| where if(floor('_time'/3600)%24>=18,1,0)=1");
    assert!(query(hour(Type::Untyped, TimePart::Hour)).is_err());
    assert!(query(hour(Type::Datetime, TimePart::Week)).is_err());
}

#[test]
fn keywords_search_the_raw_text() {
    let of = |text: &str| query(raw(patterns(Case::Fold, &[text]))).expect("SPL can say it");
    let found = of("*evil*");
    assert_eq!(found.text, format!("{HEAD}\n    \"*evil*\""));
    assert_eq!(found.claim, Fidelity::Wider);
    assert_eq!(
        of("* -Confirm \"False\"*").text,
        format!(
            r#"{HEAD}{}| where match(_raw,"(?i) -Confirm (?:\"|&quot;)False(?:\"|&quot;)")"#,
            "\n    \"*Confirm*\"\n"
        ),
    );
    assert_eq!(of("*a<b*").text, format!("{HEAD}\n| where match(_raw,\"(?i)a(?:&lt;)b\")"));
    let line = branch(
        table("syslog", &[("sourcetype", "syslog")]),
        Expr::Const(true),
        raw(patterns(Case::Fold, &["*a \"b*"])),
    );
    let plain = Spl.query(&Plan::Select(vec![line]), &Options::default()).expect("SPL can say it");
    assert_eq!(plain.text, "sourcetype=\"syslog\"\n| where match(_raw,\"(?i)a \\\"b\")");
    assert_eq!(plain.claim, Fidelity::Exact);
    let json = Arc::new(Table { text: Text::Json, ..Table::clone(&table("cloud", &[("sourcetype", "cloud")])) });
    let json = branch(json, Expr::Const(true), raw(patterns(Case::Fold, &["*a\u{1b}\u{8}*"])));
    let json = Spl.query(&Plan::Select(vec![json]), &Options::default()).expect("SPL can say it");
    assert_eq!(
        json.text,
        r#"sourcetype="cloud"
| where match(_raw,"(?i)a(?:\\\\u001b|\\\\u001B)(?:\\\\b|\\\\u0008)")"#
    );
    assert!(query(raw(patterns(Case::Fold, &["evil"]))).is_err(), "the raw text does not show where a value ends");
}

#[test]
fn field_names() {
    assert_eq!(tail(is("a.b{}", patterns(Case::Fold, &["v"]))), r#""a.b{}"="v""#);
    assert_eq!(
        tail(is("earliest", patterns(Case::Fold, &["-1d"]))),
        r#"| where isnotnull(mvfind('earliest',"(?i)^-1d\z"))"#
    );
    assert_eq!(tail(is("NOT", patterns(Case::Fold, &["v"]))), r#"| where isnotnull(mvfind('NOT',"(?i)^v\z"))"#);
    assert!(query(is("a' OR 'b", patterns(Case::Fold, &["v"]))).is_err());
    assert!(query(is("a`b", patterns(Case::Fold, &["v"]))).is_err());
}

#[test]
fn or_binds_tighter_than_and_in_search() {
    let [a, b, c] = ["a", "b", "c"].map(|name| is(name, patterns(Case::Fold, &["v"])));
    let mixed = Expr::Any(vec![a.clone(), Expr::All(vec![b.clone(), c.clone()])]);
    assert_eq!(tail(mixed), r#"(a="v" OR (b="v" AND c="v"))"#);
    assert_eq!(tail(Expr::All(vec![a.not(), Expr::Any(vec![b, c])])), "NOT a=\"v\"\n    (b=\"v\" OR c=\"v\")");
}

#[test]
fn heads() {
    let one = |set: &[(&str, &str)]| {
        let set = set.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let plan = Plan::Select(vec![branch(sysmon(), equal("EventCode", &[1]), like(&["x"]))]);
        Spl.query(&plan, &Options { set, ..Options::default() })
    };
    let head = |set: &[(&str, &str)]| one(set).expect("a query").text.lines().next().map(str::to_owned);
    assert_eq!(head(&[]).as_deref(), Some(HEAD));
    assert_eq!(head(&[("index", "main")]), Some(format!("index=main {HEAD}")));
    assert_eq!(head(&[("index", "a, b")]), Some(format!("index IN (a, b) {HEAD}")));
    assert_eq!(head(&[("macros", "true")]).as_deref(), Some("`sysmon` EventCode=1"));
    assert!(one(&[("index", "main | delete")]).is_err());
    let codes = |set| one(set).expect("a query").notes.iter().map(|note| note.code.as_str()).collect::<Vec<_>>();
    assert_eq!(codes(&[]), ["W0707"]);
    assert_eq!(codes(&[("index", "main")]), [""; 0]);
    assert_eq!(codes(&[("macros", "true")]), ["W0707"]);
}

#[test]
fn unions() {
    let other = || table("stream_dns", &[("sourcetype", "stream:dns|bro:dns:json")]);
    let of = |first: Expr<Column>, second: Expr<Column>| {
        let branches =
            vec![branch(sysmon(), equal("EventCode", &[22]), first), branch(other(), Expr::Const(true), second)];
        Spl.query(&Plan::Select(branches), &Options::default()).expect("SPL can say it").text
    };
    let [query_name, query] = ["QueryName", "query"].map(|name| is(name, patterns(Case::Fold, &["x"])));
    insta::with_settings!({snapshot_path => "../snapshots/spl", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!("union_same_filter", of(like(&["x"]), like(&["x"])));
        insta::assert_snapshot!("union_in_search", of(query_name.clone(), query.clone()));
        let odd = Expr::All(vec![query, is("F", patterns(Case::Fold, &["a?b"]))]);
        insta::assert_snapshot!("union_with_where", of(query_name, odd));
    });
}

#[test]
fn comments_cannot_be_ended() {
    assert_eq!(Spl.comment("a ```| delete\nb"), "``` a '''| delete b ```");
}

#[test]
fn the_schema_is_sound() {
    for (name, text) in Spl.schemas() {
        let schema = Schema::parse("spl", text).expect("the schema can be read");
        assert_eq!(schema.target(), format!("spl:{name}"));
        assert_eq!(schema.problems(), Vec::<String>::new());
    }
}
