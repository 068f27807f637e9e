//! `tests/engines/vql/cases.jsonl` holds events and what each idiom must answer on them; the engines run it. Its queries are
//! what this backend writes today.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use pretty_assertions::assert_eq;
use sigmaglot::backends::vql::Vql;
use sigmaglot::ir::regex::Flags;
use sigmaglot::ir::{At, Case, Check, Cmp, Expr, FieldName, Number, Order, Part, Pattern, Plan, Segment, TimePart};
use sigmaglot::render::{Backend, Options};
use sigmaglot::schema::{Column, Traits, Type};

use super::{fold, leaf, like, member, native, numbers, re, string, sysmon, within};

/// Dashes of `|windash`.
fn dashes() -> Segment {
    Segment::OneOf(['-', '/', '–', '—', '―'].into())
}

fn dashed(before: &str, after: &str) -> Check<Column> {
    let literal = |text: &str| Segment::Literal(text.into());
    let pattern = Pattern::new([Segment::Any, literal(before), dashes(), literal(after), Segment::Any]);
    Check::Like { any_of: vec![(pattern, At::default())], case: Case::Fold }
}

fn f(values: &[&str]) -> Expr<Column> {
    leaf(string("F"), fold(values))
}

fn one(name: &str) -> Expr<Column> {
    leaf(string(name), fold(&["1"]))
}

fn list(name: &str) -> Column {
    Column { traits: Traits { multi: true, ..Traits::default() }, ..member(name, Type::Untyped) }
}

fn untyped(name: &str) -> Column {
    member(name, Type::Untyped)
}

fn nested(path: [&str; 3]) -> Column {
    Column::path(&FieldName::from(path[2]), path.map(Arc::from), Type::Untyped, Traits::default())
}

fn same(part: Part) -> Expr<Column> {
    leaf(untyped("F"), Check::SameAs { other: untyped("G"), part, case: Case::Fold })
}

fn gt(column: Column) -> Expr<Column> {
    leaf(column, Check::Order { op: Order::Gt, value: Number::Int(5) })
}

fn keyword(value: &str) -> Expr<Column> {
    leaf(native("Leaves(x=EventData)._value", Type::Dynamic), fold(&[value]))
}

fn evening() -> Expr<Column> {
    leaf(string("T"), Check::TimeOf { part: TimePart::Hour, op: Cmp::Order(Order::Gte), value: 18 })
}

/// The rows of the translation table, by number.
fn table() -> Vec<(&'static str, Expr<Column>)> {
    const NONE: Flags = Flags { ignore_case: false, multi_line: false, dot_all: false };
    const ALL: Flags = Flags { ignore_case: true, multi_line: true, dot_all: true };
    let ab = |case| like(&["Ab"], case);
    let many: Vec<String> = (0..500).map(|n| format!("v{n:03}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    vec![
        ("1", f(&["whoami"])),
        ("2", f(&["a"]).not()),
        ("4", f(&["a", "b"]).not()),
        ("5", f(&["a", "b", "c"])),
        ("6", f(&["a"])),
        ("7", f(&["*ell*"])),
        ("8", Expr::All(vec![f(&["*x*"]), f(&["*y*"])])),
        ("9", f(&[r"C:\Win\\*"])),
        ("10", f(&["*.exe"])),
        ("11", f(&["a*c"])),
        ("12", f(&["a?c"])),
        ("13", f(&[r"a\*c"])),
        ("14", f(&[r"C:\T\\*"])),
        ("15 string", f(&["*"])),
        ("15 number", leaf(untyped("N"), fold(&["*"]))),
        ("15 bool", leaf(untyped("B"), fold(&["*"]))),
        ("15 array", leaf(list("D"), fold(&["*"]))),
        ("16", f(&[""])),
        ("17 string", leaf(string("F"), Check::Null)),
        ("17 number", leaf(member("N", Type::Int), Check::Null)),
        ("17 member", leaf(nested(["EventData", "D", "F"]), Check::Null)),
        ("18 string", leaf(string("F"), Check::Null).not()),
        ("19", leaf(string("F"), Check::Exists)),
        ("20", leaf(string("F"), Check::Exists).not()),
        ("21", leaf(untyped("N"), numbers(&[4625]))),
        ("22", leaf(string("F"), numbers(&[4625]))),
        ("23", leaf(untyped("N"), fold(&["4625"]))),
        ("24", leaf(untyped("N"), numbers(&[1, 2]))),
        ("25 bool", leaf(untyped("B"), Check::Is(true))),
        ("26 number", gt(untyped("N"))),
        ("26 string", gt(string("F"))),
        ("27 number", gt(untyped("N")).not()),
        ("28", leaf(untyped("N"), numbers(&[5])).not()),
        ("29", leaf(string("F"), ab(Case::Exact))),
        ("29 array", leaf(list("D"), ab(Case::Exact))),
        ("30", leaf(string("F"), like(&["*Ab*"], Case::Exact))),
        ("31", leaf(string("F"), re("ab+c", NONE))),
        ("32", leaf(string("F"), re("^a.b$", ALL))),
        ("33", leaf(string("F"), re("p", NONE)).not()),
        ("34", leaf(string("F"), re(".*", NONE))),
        ("34 emptymatch", leaf(string("F"), re("a?", NONE))),
        ("35", leaf(string("F"), re("x$", NONE))),
        ("36 class", leaf(string("F"), re("[a&&b]", NONE))),
        ("36 lt", leaf(string("F"), re(r"\<x", NONE))),
        ("37", leaf(string("F"), within(&["10.0.0.0/8"]))),
        ("38", leaf(string("F"), within(&["fe80::/10"]))),
        ("38 mapped", leaf(string("F"), within(&["::ffff:0:0/96"]))),
        ("39", leaf(string("F"), within(&["10.0.0.0/8"])).not()),
        ("40", leaf(string("F"), within(&["10.0.0.0/8", "192.168.0.0/16"]))),
        ("40 mixed", leaf(string("F"), within(&["10.0.0.0/8", "fe80::/10"]))),
        ("41", leaf(string("F"), dashed(" ", "x "))),
        ("41 noblank", leaf(string("F"), dashed("", "x"))),
        ("42", Expr::All(vec![leaf(string("F"), dashed("", "f")), leaf(string("F"), dashed("", "x"))])),
        ("43", f(&["*Zm9vYmFy*", "*Zvb2Jhc*", "*mb29iYX*"])),
        ("43 plus", f(&["*a+b/*"])),
        ("44", same(Part::Whole)),
        ("45", same(Part::Start)),
        ("45 endswith", same(Part::End)),
        ("45 contains", same(Part::Within)),
        ("46", same(Part::Whole).not()),
        ("47", evening()),
        ("47 not", evening().not()),
        ("49", keyword("*evil*")),
        ("49 backslash", keyword(r"*C:\Temp*")),
        ("49 keyname", keyword("*evil*")),
        ("50", Expr::All(vec![keyword("*k1*"), keyword("*k2*")])),
        ("51", leaf(list("D"), fold(&["v"]))),
        ("51 numbers", leaf(list("D"), fold(&["1"]))),
        ("52", leaf(list("D"), fold(&["v"])).not()),
        ("53 dynamic", leaf(nested(["EventData", "D", "b"]), fold(&["v"]))),
        ("53 dotcolumn", leaf(string("a.b"), fold(&["v"]))),
        ("54", leaf(string("X"), fold(&["v"]))),
        ("55", f(&["é"])),
        ("55 kelvin", f(&["k"])),
        ("56", Expr::Any(vec![one("x1"), Expr::All(vec![one("x2"), one("x3")])])),
        ("57", Expr::All(vec![one("x1").not(), one("x2")])),
        ("57 or", Expr::Any(vec![one("x1").not(), one("x2")])),
        ("58 1of", Expr::Any(vec![one("x1"), one("x2")])),
        ("58 allof", Expr::All(vec![one("x1"), one("x2")])),
        ("59", Expr::Any(vec![Expr::All(vec![one("x1"), one("x2")]), one("x3")])),
        ("60", f(&[r#"say "hi" \ x"#])),
        ("60 ad", f(&[r"a\d"])),
        ("61 newline", f(&["a\nb"])),
        ("61 tab", f(&["a\tb\\\\\"c"])),
        ("62", f(&many)),
        // What the table says of untyped columns only, on typed ones; and what needs a literal of its own.
        ("typed int", leaf(member("N", Type::Int), numbers(&[4625]))),
        ("typed ints", leaf(member("N", Type::Int), numbers(&[1, -2])).not()),
        ("typed order", gt(member("N", Type::Int)).not()),
        ("typed bool", leaf(member("B", Type::Bool), Check::Is(true)).not()),
        ("typed bool pattern", leaf(member("B", Type::Bool), fold(&["*ul*"]))),
        ("hexadecimal", leaf(native("Hex(x=EventData.N)", Type::String), fold(&["*10"]))),
        ("any address", leaf(string("F"), within(&["::/0"]))),
        ("quotes", f(&["*x'*", "*'''*", "*\"y*"])),
        ("keyword with quotes", keyword(r#"* -Confirm "False"*"#)),
        ("keyword in UserData", leaf(native("Elements(x=UserData)._value", Type::Dynamic), fold(&[r"*C:\x*"]))),
        ("white space", leaf(string("F"), re(r"a\sb", NONE))),
        ("blank in a name", leaf(string("Threat Name"), fold(&["*a*"])).not()),
    ]
}

#[test]
fn the_cases_hold_what_is_written_today() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/engines/vql/cases.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut cases: BTreeMap<String, String> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|case| (case["case"].as_str().unwrap().to_owned(), case["query"].as_str().unwrap().to_owned()))
        .collect();
    for (name, expr) in table() {
        let mut branch = sysmon(expr);
        branch.kind = Expr::Const(true);
        let query = Vql.query(&Plan::Select(vec![branch]), &Options::default()).unwrap();
        assert_eq!(cases.remove(name).unwrap_or_default(), query.text, "{name}");
    }
    assert_eq!(cases.into_keys().collect::<Vec<_>>(), Vec::<String>::new());
}
