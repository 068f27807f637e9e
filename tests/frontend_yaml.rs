//! The YAML tree: types, spans, recovery, and hostile texts.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Code, Diagnostics};
use sigmaglot::ir::Number;
use sigmaglot::sigma;
use sigmaglot::source::SourceId;
use sigmaglot::yaml::{self, Kind, Node, Resolved, in_yaml_1_1};

fn read(text: &str) -> (Vec<Node>, Vec<Code>) {
    let mut diagnostics = Diagnostics::new();
    let nodes = yaml::read(SourceId(0), text, &mut diagnostics);
    (nodes, diagnostics.iter().map(|d| d.code).collect())
}

fn values(text: &str) -> Vec<Node> {
    let (nodes, codes) = read(text);
    assert_eq!(codes, []);
    match nodes.into_iter().next().map(|node| node.kind) {
        Some(Kind::Seq(items)) => items,
        other => panic!("{other:?}"),
    }
}

#[test]
fn core_schema() {
    let int = |n| Resolved::Number(Number::Int(n));
    let cases = [
        ("010", int(10)),
        ("0x17", int(23)),
        ("0o17", int(15)),
        ("-5", int(-5)),
        ("+5", int(5)),
        ("18446744073709551615", int(18_446_744_073_709_551_615)),
        ("1e3", int(1000)),
        ("1.5", Resolved::Number(Number::Float(1.5))),
        (".5", Resolved::Number(Number::Float(0.5))),
        ("10.0", int(10)),
        ("1e999", Resolved::OutOfRange),
        (".inf", Resolved::OutOfRange),
        (".nan", Resolved::OutOfRange),
        ("null", Resolved::Null),
        ("~", Resolved::Null),
        ("True", Resolved::Bool(true)),
        ("FALSE", Resolved::Bool(false)),
        ("'true'", Resolved::Text),
        ("\"5\"", Resolved::Text),
        ("!!str 5", Resolved::Text),
        ("yes", Resolved::Text),
        ("1:30", Resolved::Text),
        ("2024-01-31", Resolved::Text),
        ("0b1", Resolved::Text),
        ("1_000", Resolved::Text),
        ("1.2.3", Resolved::Text),
        ("-", Resolved::Null),
        ("+", Resolved::Text),
        (".", Resolved::Text),
        ("0x", Resolved::Text),
        ("-0x1F", Resolved::Text),
        ("1e", Resolved::Text),
    ];
    for (text, expected) in cases {
        let items = if text == "-" { values("- \n") } else { values(&format!("- {text}\n")) };
        assert_eq!(items[0].as_scalar().unwrap().resolve(), expected, "{text}");
    }
}

/// What PyYAML reads, by its implicit resolvers.
#[test]
fn yaml_1_1() {
    let cases = [
        ("yes", Some("the boolean true")),
        ("Off", Some("the boolean false")),
        ("yEs", None),
        ("010", Some("the number 8")),
        ("0o17", Some("the text '0o17'")),
        ("1_000", Some("the number 1000")),
        ("0b11", Some("the number 3")),
        ("1:30", Some("the number 90")),
        ("-1:30", Some("the number -90")),
        ("2024-01-31", Some("a date")),
        ("2024-1-1", None),
        ("2024-01-31 10:00:00", Some("a date")),
        ("1e3", Some("the text '1e3'")),
        ("1.5", None),
        ("00000429", Some("the text '00000429'")),
        ("4625", None),
        ("0", None),
        ("0x17", None),
        ("10.0.0.1", None),
        ("12:34:56:78:9a:bc", None),
        ("word", None),
    ];
    for (text, expected) in cases {
        let items = values(&format!("- {text}\n"));
        assert_eq!(in_yaml_1_1(items[0].as_scalar().unwrap()).as_deref(), expected, "{text}");
    }
}

#[test]
fn spans_are_bytes() {
    let text = "ä: [ö, 'ü']\nb:\n  - \"x\"\n  - |\n    über\n    zwei\n";
    let (nodes, codes) = read(text);
    assert_eq!(codes, []);
    let slice = |node: &Node| &text[node.span.start as usize..node.span.end as usize];
    let Kind::Map(pairs) = &nodes[0].kind else { panic!() };
    assert_eq!((slice(&pairs[0].0), slice(&pairs[0].1)), ("ä", "[ö, 'ü']"));
    let Kind::Seq(items) = &pairs[1].1.kind else { panic!() };
    assert_eq!(slice(&items[0]), "\"x\"");
    let places = items[1].places(text);
    let span = places.span("über\n".len().."über\nzwei".len());
    assert_eq!(&text[span.start as usize..span.end as usize], "zwei");
}

/// A broken document does not take the next one with it.
#[test]
fn recovery() {
    let (nodes, codes) = read("a: 'open\n---\nb: 1\n---\nc: [1\n---\nd: 2\n");
    let keys: Vec<_> = nodes.iter().map(|node| node.as_map().unwrap()[0].0.key().to_owned()).collect();
    assert_eq!((keys, codes), (vec!["b".to_owned(), "d".to_owned()], vec![Code::E0101, Code::E0101]));
}

#[test]
fn refused_texts() {
    let cases: &[(&str, &[Code])] = &[
        ("", &[Code::E0003]),
        ("# only a comment\n", &[Code::E0003]),
        ("---\n---\n", &[Code::E0003]),
        ("a:\n\tb: 1\n", &[Code::E0101]),
        ("a: \u{0}\n", &[Code::E0101]),
        ("a: *nothing\n", &[Code::E0101]),
        ("a: &x [*x]\n", &[Code::E0105]),
        ("a: !secret x\n", &[Code::E0101]),
        ("a: !!int x\n", &[Code::E0101]),
        ("? [a, b]\n: 1\n", &[Code::E0101]),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", &[Code::E0101]),
        ("a: 1\nb: {c: 1, c: 2}\na: 2\n", &[Code::E0102, Code::E0102]),
        ("\u{feff}a: 1\n", &[]),
        ("a: 1\r\nb: 2\r\n", &[]),
        ("a: 1\n---\n", &[]),
    ];
    for (text, expected) in cases {
        assert_eq!(&read(text).1, expected, "{text:?}");
    }
}

/// Bounded time and memory, whatever is given.
#[test]
fn hostile_texts() {
    let mb = |unit: &str| unit.repeat((2 << 20) / unit.len());
    let mut bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in b'b'..=b'k' {
        let (name, below) = (char::from(level), char::from(level - 1));
        writeln!(bomb, "{name}: &{name} [{}]", vec![format!("*{below}"); 10].join(", ")).unwrap();
    }
    let mut chain =
        "a: &a [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n".to_owned();
    for level in b'b'..=b'k' {
        let (name, below) = (char::from(level), char::from(level - 1));
        writeln!(chain, "{name}: &{name} [[[[[[[[[[*{below}]]]]]]]]]]").unwrap();
    }
    let deep_lines: String = (0..1_000).fold(String::new(), |mut text, n| {
        writeln!(text, "{}a:", " ".repeat(n)).unwrap();
        text
    });
    let condition = |text: String| {
        format!("title: x\nlogsource: {{product: x}}\ndetection:\n    s: {{a: 1}}\n    condition: {text}\n")
    };
    let cases: Vec<(&str, String, Code)> = vec![
        ("flow depth", format!("a: {}", "[".repeat(10_000)), Code::E0104),
        ("flow depth, all of it", mb("["), Code::E0104),
        ("list depth", "- ".repeat(10_000), Code::E0104),
        ("block depth", deep_lines, Code::E0104),
        ("map depth", format!("a: {}", "{a: ".repeat(10_000)), Code::E0104),
        ("alias bomb", bomb, Code::E0105),
        ("deep by aliases", chain, Code::E0104),
        ("too large", "a: b\n".repeat(3 << 20), Code::E0004),
        ("many values", "- a\n".repeat(1_100_000), Code::E0004),
        ("many documents", mb("---\nx\n"), Code::E0004),
        ("many broken documents", mb("---\n'\n---\n]\n"), Code::E0004),
        ("many rules without titles", mb("---\na: 1\n"), Code::E0004),
        ("one long text", format!("a: {}", mb("x")), Code::E0201),
        ("many comments", format!("{}a: 1\n", mb("# x\n")), Code::E0201),
        ("many parentheses", condition("(".repeat(40_000)), Code::E0308),
        ("many nots", condition(format!("{}s", "not ".repeat(10_000))), Code::E0308),
        ("long condition", condition(mb("s and ")), Code::E0418),
        ("many unknown names", condition(vec!["selectoin"; 2_000].join(" and ")), Code::E0302),
    ];
    for (name, text, code) in cases {
        let start = Instant::now();
        let mut diagnostics = Diagnostics::new();
        let documents = sigma::parse(SourceId(0), &text, &mut diagnostics);
        let took = start.elapsed();
        let found: Vec<Code> = diagnostics.iter().map(|d| d.code).collect();
        eprintln!("{name}: {took:?}, {} findings, {} documents", found.len(), documents.len());
        assert!(found.contains(&code), "{name}: {:?}", &found[..found.len().min(5)]);
        assert!(found.len() <= 20_000, "{name}: {} findings", found.len());
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
}
