//! One test of a rule, one idiom: the VQL column of the translation table, row by row.

use pretty_assertions::assert_eq;
use sigmaglot::backends::vql::Where;
use sigmaglot::diag::Code;
use sigmaglot::ir::regex::Flags;
use sigmaglot::ir::{Case, Check, Cmp, Expr, Fidelity, FieldName, Number, Order, Part, TimePart};
use sigmaglot::render::Dialect;
use sigmaglot::schema::{Column, From, Traits, Type};

use super::{conditions, fold, leaf, like, member, native, numbers, re, string, test, within};

fn text(on: Column, check: Check<Column>) -> String {
    Where.test(&test(on, check)).unwrap().text
}

fn refused(on: Column, check: Check<Column>) -> Code {
    Where.test(&test(on, check)).unwrap_err().code
}

const NONE: Flags = Flags { ignore_case: false, multi_line: false, dot_all: false };

#[test]
fn text_is_an_anchored_regular_expression() {
    for (values, expected) in [
        (&["whoami"][..], "EventData.F =~ '''^whoami$'''"),
        (&["a", "b", "c"], "EventData.F =~ '''^(?:a|b|c)$'''"),
        (&["*ell*"], "EventData.F =~ '''ell'''"),
        (&[r"C:\Win\\*"], r"EventData.F =~ '''^C:\\Win\\'''"),
        (&["*.exe"], r"EventData.F =~ '''\.exe$'''"),
        (&["a*c"], "EventData.F =~ '''(?s)^a.*c$'''"),
        (&["a?c"], "EventData.F =~ '''(?s)^a.c$'''"),
        (&[r"a\*c"], r"EventData.F =~ '''^a\*c$'''"),
        (&["?"], "EventData.F =~ '''(?s)^.$'''"),
        (&["*?*"], "EventData.F =~ '''(?s).'''"),
        (&["*"], "EventData.F != NULL"),
        (&["*", "a"], "EventData.F != NULL"),
        (&[""], "EventData.F = ''"),
        (&["", "a"], "EventData.F =~ '''^(?:|a)$'''"),
        (&["é"], "EventData.F =~ '''^é$'''"),
        (&["a+b/"], r"EventData.F =~ '''^a\+b/$'''"),
        (&[r#"say "hi" \ x"#], r#"EventData.F =~ '''^say "hi" \\ x$'''"#),
        (&["a\nb\tc"], r"EventData.F =~ '''^a\nb\tc$'''"),
        (&["it's"], "EventData.F =~ '''^it's$'''"),
        (&["*/WmiPrvSE.exe", "*/WerFault.exe"], r"EventData.F =~ '''/(?:WmiPrvSE|WerFault)\.exe$'''"),
    ] {
        assert_eq!(text(string("F"), fold(values)), expected, "{values:?}");
    }
}

#[test]
fn raw_literals_give_way_to_escapes_at_quotes() {
    for (value, expected) in [
        ("*x'*", "EventData.F =~ \"x'\""),
        ("*'x*", "EventData.F =~ \"'x\""),
        ("a'''b", "EventData.F =~ \"^a'''b$\""),
        (r"*\x'*", r#"EventData.F =~ "\\\\x'""#),
        (r#"*"x'*"#, r#"EventData.F =~ "\"x'""#),
    ] {
        assert_eq!(text(string("F"), fold(&[value])), expected, "{value}");
    }
}

#[test]
fn cased_text_is_equality_where_a_value_is_one_text() {
    let cased = |on: Column, values: &[&str]| text(on, like(values, Case::Exact));
    assert_eq!(cased(string("F"), &["Ab"]), "EventData.F = 'Ab'");
    assert_eq!(cased(string("F"), &["A b", r"C:\x"]), r"EventData.F IN ('A b', '''C:\x''')");
    assert_eq!(cased(string("F"), &["*Ab*"]), "EventData.F =~ '''(?-i)Ab'''");
    assert_eq!(cased(string("F"), &["A*b"]), "EventData.F =~ '''(?s-i)^A.*b$'''");
    assert_eq!(cased(member("F", Type::Untyped), &["Ab"]), "EventData.F =~ '''(?-i)^Ab$'''");
    let list = Column { traits: Traits { multi: true, ..Traits::default() }, ..string("F") };
    assert_eq!(cased(list, &["Ab"]), "EventData.F =~ '''(?-i)^Ab$'''");
}

#[test]
fn numbers_are_literals_of_the_column_s_type() {
    let int = || member("N", Type::Int);
    let untyped = || member("N", Type::Untyped);
    assert_eq!(text(int(), numbers(&[4625])), "EventData.N = 4625");
    assert_eq!(text(int(), numbers(&[1, -2])), "EventData.N IN (1, -2)");
    assert_eq!(text(int(), numbers(&[u64::MAX.into()])), "EventData.N =~ '''^18446744073709551615$'''");
    assert_eq!(text(int(), fold(&["4625"])), "EventData.N = 4625");
    assert_eq!(text(int(), fold(&["04625"])), "EventData.N =~ '''^04625$'''");
    assert_eq!(text(int(), fold(&["46*"])), "EventData.N =~ '''^46'''");
    assert_eq!(text(untyped(), numbers(&[4625])), "EventData.N =~ '''^4625$'''");
    assert_eq!(text(untyped(), numbers(&[1, 2])), "EventData.N =~ '''^(?:1|2)$'''");
    assert_eq!(text(string("N"), numbers(&[4625])), "EventData.N =~ '''^4625$'''");
    let mask = Column { traits: Traits { hex: true, ..Traits::default() }, ..member("N", Type::Long) };
    assert_eq!(text(mask, numbers(&[0x1410, 6, -1])), "EventData.N IN (0x1410, 6, -1)");
    let half = Check::Equal { any_of: vec![(Number::Float(1.5), Default::default())] };
    assert_eq!(text(untyped(), half), r"EventData.N =~ '''^1\.5$'''");
}

#[test]
fn order_asks_text_to_be_a_number_first() {
    let gt = |value| Check::Order { op: Order::Gt, value };
    assert_eq!(text(member("N", Type::Int), gt(Number::Int(5))), "EventData.N > 5");
    assert_eq!(
        text(member("N", Type::Untyped), gt(Number::Int(5))),
        r"EventData.N =~ '''^-?[0-9]+(\.[0-9]+)?$''' AND parse_float(string=str(str=EventData.N)) > 5"
    );
    assert_eq!(
        text(string("N"), Check::Order { op: Order::Lte, value: Number::Float(-0.5) }),
        r"EventData.N =~ '''^-?[0-9]+(\.[0-9]+)?$''' AND parse_float(string=str(str=EventData.N)) <= -0.5"
    );
    assert_eq!(refused(string("N"), gt(Number::Int(1 << 54))), Code::E0602);
    assert_eq!(refused(member("N", Type::Long), gt(Number::Int(u64::MAX.into()))), Code::E0602);
    assert_eq!(refused(member("B", Type::Bool), gt(Number::Int(1))), Code::E0602);
}

#[test]
fn booleans_are_compared_as_text() {
    for kind in [Type::Bool, Type::Untyped] {
        assert_eq!(text(member("B", kind), Check::Is(true)), "str(str=EventData.B) =~ '''^true$'''");
    }
    assert_eq!(text(string("B"), Check::Is(false)), "EventData.B =~ '''^false$'''");
    // The text of NULL is `Null`.
    assert_eq!(
        text(member("B", Type::Bool), re("u", NONE)),
        "EventData.B != NULL AND str(str=EventData.B) =~ '''(?-i)u'''"
    );
    assert_eq!(
        text(member("B", Type::Bool), fold(&["*ul*"])),
        "EventData.B != NULL AND str(str=EventData.B) =~ '''ul'''"
    );
    assert_eq!(text(member("B", Type::Bool), fold(&["true"])), "str(str=EventData.B) =~ '''^true$'''");
}

#[test]
fn null_and_exists() {
    assert_eq!(text(string("F"), Check::Null), "EventData.F = NULL");
    assert_eq!(conditions(leaf(string("F"), Check::Null).not()), "EventData.F != NULL");
    assert_eq!(
        conditions(Expr::Any(vec![leaf(string("F"), Check::Null).not(), leaf(string("G"), Check::Null)])),
        "(EventData.F != NULL OR EventData.G = NULL)"
    );
    assert_eq!(text(string("F"), Check::Exists), "'F' IN EventData");
    assert_eq!(conditions(leaf(string("F"), Check::Exists).not()), "NOT 'F' IN EventData");
    let top = Column::path(&FieldName::from("T"), ["T".into()], Type::String, Traits::default());
    let fragment = Where.test(&test(top, Check::Exists)).unwrap();
    assert_eq!((fragment.text.as_str(), fragment.fidelity), ("T != NULL", Fidelity::Narrower));
    assert_eq!(fragment.notes[0].code, Code::W0702);
    let list = Column { traits: Traits { multi: true, ..Traits::default() }, ..member("D", Type::Untyped) };
    assert_eq!(
        text(list, fold(&["*"])),
        "EventData.D =~ '''(?s)^''' OR str(str=EventData.D) =~ '''^(?:true|false)$'''"
    );
}

#[test]
fn regular_expressions_count_case_unless_told_otherwise() {
    let all = Flags { ignore_case: true, multi_line: true, dot_all: true };
    let fold = Flags { ignore_case: true, ..NONE };
    for (written, flags, expected) in [
        ("ab+c", NONE, "'''(?-i)ab+c'''"),
        ("^a.b$", all, "'''(?ms)^a.b$'''"),
        ("ab", fold, "'''ab'''"),
        ("a.b", Flags { ignore_case: false, ..all }, "'''(?ms-i)a.b'''"),
        (".*", NONE, "'''(?-i).*'''"),
        (".*", fold, "'''^'''"),
        (".", fold, "'''(?:.)'''"),
        ("", fold, "'''^'''"),
        ("", NONE, "'''(?-i)'''"),
        ("a?", NONE, "'''(?-i)a?'''"),
        ("x$", NONE, "'''(?-i)x$'''"),
        ("[a&&b]", NONE, "'''(?-i)[a&&b]'''"),
        (r"\<x", NONE, "'''(?-i)<x'''"),
        (r"-k\s\w{1,64}", NONE, r"'''(?-i)-k[\t\n\x0B\x0C\r ]\w{1,64}'''"),
        ("[[:x]", NONE, r"'''(?-i)[\[:x]'''"),
    ] {
        assert_eq!(text(string("F"), re(written, flags)), format!("EventData.F =~ {expected}"), "{written}");
    }
    assert_eq!(refused(string("F"), re("a{1001}", NONE)), Code::E0603);
    assert_eq!(refused(string("F"), re("(a{50}){21}", NONE)), Code::E0603);
}

#[test]
fn networks_mean_their_own_family() {
    assert_eq!(
        text(string("F"), within(&["10.0.0.0/8", "192.168.0.0/16"])),
        "cidr_contains(ip=EventData.F, ranges=[\"10.0.0.0/8\", \"192.168.0.0/16\"]) AND NOT EventData.F =~ ''':'''"
    );
    assert_eq!(text(string("F"), within(&["fe80::/10"])), "cidr_contains(ip=EventData.F, ranges=[\"fe80::/10\"])");
    assert_eq!(
        text(string("F"), within(&["::ffff:0:0/96"])),
        "cidr_contains(ip=EventData.F, ranges=[\"::ffff:0.0.0.0/96\"]) AND EventData.F =~ ''':'''"
    );
    assert_eq!(
        text(string("F"), within(&["::/0"])),
        "cidr_contains(ip=EventData.F, ranges=[\"::/0\", \"::ffff:0:0/96\"]) AND EventData.F =~ ''':'''"
    );
    assert_eq!(
        conditions(leaf(string("F"), within(&["10.0.0.0/8", "fe80::/10"])).not()),
        "NOT (cidr_contains(ip=EventData.F, ranges=[\"10.0.0.0/8\"]) AND NOT EventData.F =~ ''':''')
  AND NOT cidr_contains(ip=EventData.F, ranges=[\"fe80::/10\"])"
    );
}

#[test]
fn another_field_is_compared_as_text() {
    let same = |part, case| Check::SameAs { other: string("G"), part, case };
    let both = "EventData.F != NULL AND EventData.G != NULL\nAND ";
    let escaped = r"regex_replace(source=EventData.G, re='''[\\.+*?()|\[\]{}^$]''', replace='''\$0''')";
    for (part, case, expected) in [
        (Part::Whole, Case::Fold, "lowcase(string=EventData.F) = lowcase(string=EventData.G)".to_owned()),
        (Part::Whole, Case::Exact, "EventData.F = EventData.G".to_owned()),
        (Part::Start, Case::Fold, format!("EventData.F =~ ('''^''' + {escaped})")),
        (Part::End, Case::Fold, format!("EventData.F =~ ({escaped} + '''$''')")),
        (Part::Within, Case::Fold, format!("EventData.F =~ {escaped}")),
        (Part::Within, Case::Exact, format!("EventData.F =~ ('''(?-i)''' + {escaped})")),
        (Part::End, Case::Exact, format!("EventData.F =~ ('''(?-i)''' + {escaped} + '''$''')")),
    ] {
        assert_eq!(text(string("F"), same(part, case)), format!("{both}{expected}"));
    }
    let untyped = Check::SameAs { other: member("G", Type::Int), part: Part::Whole, case: Case::Fold };
    assert_eq!(
        text(member("F", Type::Untyped), untyped),
        format!("{both}lowcase(string=str(str=EventData.F)) = lowcase(string=str(str=EventData.G))")
    );
}

#[test]
fn parts_of_a_time() {
    let hour = |op| Check::TimeOf { part: TimePart::Hour, op, value: 18 };
    assert_eq!(
        text(string("T"), hour(Cmp::Order(Order::Gte))),
        r"EventData.T =~ '''(?-i)^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$''' AND timestamp(string=EventData.T).UTC.Year > 1 AND timestamp(string=EventData.T).UTC.Hour >= 18"
    );
    assert_eq!(
        text(member("T", Type::Real), hour(Cmp::Eq)),
        "timestamp(epoch=EventData.T).UTC.Year > 1 AND timestamp(epoch=EventData.T).UTC.Hour = 18"
    );
    assert_eq!(refused(string("T"), Check::TimeOf { part: TimePart::Week, op: Cmp::Eq, value: 9 }), Code::E0602);
}

#[test]
fn names_that_are_no_words_stand_between_backticks() {
    for (name, expected) in
        [("Threat Name", "`Threat Name`"), ("From", "`From`"), ("a.b", "`a.b`"), ("9x", "`9x`"), ("_x", "_x")]
    {
        assert_eq!(text(string(name), fold(&["*a*"])), format!("EventData.{expected} =~ '''a'''"));
    }
    for name in ["a`b", r"a\b", "", "a\nb"] {
        assert_eq!(refused(string(name), fold(&["*a*"])), Code::E0602, "{name:?}");
    }
}

#[test]
fn schemas_may_compute() {
    let hex = native("Hex(x=EventData.GrantedAccess)", Type::String);
    let fragment = Where.test(&test(hex, fold(&["*10"]))).unwrap();
    assert_eq!(fragment.text, "Hex(x=EventData.GrantedAccess) =~ '''10$'''");
    assert_eq!(&*fragment.hoist[0].text, "LET Hex(x) = if(condition=x != NULL, then=format(format='0x%x', args=x))");
    let json = Column { from: From::JsonText("Data".into(), vec!["a".into(), "b c".into()].into()), ..string("x") };
    assert_eq!(text(json, fold(&["v"])), "parse_json(data=Data).a.`b c` =~ '''^v$'''");
}
