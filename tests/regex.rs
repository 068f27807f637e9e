//! Regular expressions: reading, refusing, writing.

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::ir::Pattern;
use sigmaglot::ir::regex::print::{PLAIN, Style, Unprintable};
use sigmaglot::ir::regex::{Class, ClassItem, Flags, Node, Perl, Regex};

/// Rust's regex crate: Unicode classes and set operations.
const RUST: Style = Style {
    spell_out: &[Perl::Digit, Perl::Word, Perl::Space],
    word_boundary: Some(r"(?-u:\b)"),
    not_word_boundary: Some(r"(?-u:\B)"),
    text_end: "$",
    escape_in_class: "&~",
    max_repeat: None,
    hex_non_ascii: true,
};
/// RE2 with its limit, and PCRE's end of text.
const STRICT: Style = Style { text_end: r"\z", max_repeat: Some(1000), word_boundary: None, ..PLAIN };

fn plain(text: &str) -> String {
    Regex::parse(text, Flags::default()).unwrap().print(&PLAIN).unwrap()
}

fn rust(text: &str) -> String {
    Regex::parse(text, Flags::default()).unwrap().print(&RUST).unwrap()
}

#[test]
fn groups_are_not_captured_and_only_written_where_needed() {
    for (written, printed) in [
        ("ab+c", "ab+c"),
        ("(ab)+c", "(?:ab)+c"),
        ("(a)(b|c)(?:d)", "a(?:b|c)d"),
        ("(?<name>a|b)x", "(?:a|b)x"),
        ("((a|b))", "a|b"),
        ("(a+)*", "(?:a+)*"),
        ("(a|)b", "(?:a|)b"),
        ("a{1}b{0}c{2,}d{2,2}?e{0,1}?f{0,}", "ac{2,}d{2}e??f*"),
        ("(?#note)a(?#note)", "a"),
        (r"\Qa.b\E+", r"a\.b+"),
        (r"\x41\x{2013}\u2014\t\x07\e", "A–—\\t\\x07\\x1B"),
        (r"\<\/\-\_", "</-_"),
        ("a{", r"a\{"),
        ("a{,3}", r"a\{,3\}"),
        ("a{x}", r"a\{x\}"),
        ("]}", r"\]\}"),
    ] {
        assert_eq!(plain(written), printed, "{written}");
    }
}

#[test]
fn classes() {
    for (written, printed) in [
        ("[a-z0-9_]", "[a-z0-9_]"),
        ("[]a]", r"[\]a]"),
        ("[^]a]", r"[^\]a]"),
        ("[[x]", r"[\[x]"),
        ("[[:alpha:]_]", "[A-Za-z_]"),
        (r"[\w-.]", r"[\w\-.]"),
        (r"[a-\d]", r"[a\-\d]"),
        ("[-/]", "[-/]"),
        ("[a-]", r"[a\-]"),
        (r"[\b\n\]\\]", r"[\x08\n\]\\]"),
        (r"[\d]", r"\d"),
        (r"[^\D]", r"[^\D]"),
        ("[[:x]", r"[\[:x]"),
    ] {
        assert_eq!(plain(written), printed, "{written}");
    }
}

#[test]
fn unicode_dialects_get_ascii_sets_and_plain_operators() {
    for (written, printed) in [
        (r"-k\s\w{1,64}", r"-k[\t\n\x0B\x0C\r ][0-9A-Za-z_]{1,64}"),
        (r"\D[\Da]", r"[^0-9][\x00-/:-\x{10FFFF}a]"),
        (r"[^\S]", r"[\t\n\x0B\x0C\r ]"),
        ("[a&&b~]", r"[a\&\&b\~]"),
        (r"\bx\B", r"(?-u:\b)x(?-u:\B)"),
        ("[–—]é", r"[\x{2013}\x{2014}]\x{E9}"),
    ] {
        assert_eq!(rust(written), printed, "{written}");
    }
}

#[test]
fn flags_at_the_start_are_the_expressions_own() {
    let all = Flags { ignore_case: true, multi_line: true, dot_all: true };
    assert_eq!(Regex::parse("(?i)(?ms)a", Flags::default()).unwrap().flags, all);
    assert_eq!(Regex::parse("(?-i)a", all).unwrap().flags, Flags { ignore_case: false, ..all });
    assert_eq!(plain("(?i:a)b(?i-s:c)"), "(?i:a)b(?i:c)");
    assert_eq!(plain("(?i)(?i:a)b((?-i)c|d)"), "ab(?-i:c|d)");
}

#[test]
fn ends_of_text() {
    assert_eq!(Regex::parse("^a$", Flags::default()).unwrap().print(&STRICT).unwrap(), r"^a\z");
    let lines = Flags { multi_line: true, ..Flags::default() };
    assert_eq!(Regex::parse("^a$", lines).unwrap().print(&STRICT).unwrap(), "^a$");
    assert_eq!(plain("(?m:a$)"), "(?m:a$)");
    assert_eq!(plain(r"\Aa\z"), r"\Aa\z");
    // `\Z` also stands before a final line break.
    let found = |text: &str| regex::Regex::new(&rust(r"\Aab\Z")).unwrap().is_match(text);
    assert!(found("ab") && found("ab\n"));
    assert!(!found("ab\n\n") && !found("abc"));
    assert_eq!(plain(r"(a\Z|b)"), r"a\n?\z|b");
}

#[test]
fn what_is_outside_the_flavour_is_refused_with_its_place() {
    for (written, offset) in [
        ("a(?=b)", 1),
        ("(?<!a)b", 0),
        ("(?>a)", 0),
        (r"(a)\1", 3),
        ("a++", 2),
        ("a{2}+", 4),
        ("a**", 2),
        ("a{2}{3}", 4),
        (r"a\Kb", 1),
        ("(?(1)a|b)", 0),
        ("(?R)", 0),
        ("(?1)", 0),
        ("(?&x)", 0),
        ("(?P=x)", 0),
        ("(*UTF)a", 0),
        ("(?x)a", 0),
        ("a(?i)b", 1),
        (r"\p{L}", 0),
        (r"\h", 0),
        (r"\v", 0),
        (r"\012", 0),
        (r"[\R]", 1),
        ("[[=a=]]", 1),
        ("[[:^alpha:]]", 1),
        (r"a\Zb", 3),
        (r"(a\Z|b)c", 7),
        (r"(a\Z)?", 0),
        ("^*", 0),
    ] {
        let error = Regex::parse(written, Flags::default()).expect_err(written);
        assert_eq!((error.unsupported, error.offset), (true, offset), "{written}: {}", error.message);
    }
}

#[test]
fn what_is_broken_is_refused_with_its_place() {
    for (written, offset) in [
        ("a[", 1),
        ("[]", 0),
        ("[z-a]", 1),
        ("(a", 0),
        ("a)", 1),
        ("*a", 0),
        ("a|+", 2),
        ("{2}", 0),
        ("a{3,2}", 1),
        ("a{99999}", 1),
        ("a\\", 1),
        (r"\xg", 0),
        (r"\x{110000}", 0),
        (r"\uD800", 0),
        ("(?", 0),
        ("(?<>a)", 0),
        ("(((a{300}){300}){300})", 0),
    ] {
        let error = Regex::parse(written, Flags::default()).expect_err(written);
        assert_eq!((error.unsupported, error.offset), (false, offset), "{written}: {}", error.message);
    }
    let deep = format!("{}a{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(!Regex::parse(&deep, Flags::default()).unwrap_err().unsupported);
    assert!(Regex::parse(&"a".repeat(1 << 20), Flags::default()).is_err());
}

#[test]
fn dialects_without_a_spelling_say_so() {
    let print = |text: &str| Regex::parse(text, Flags::default()).unwrap().print(&STRICT);
    assert_eq!(
        print("(?:a{100}){11}"),
        Err(Unprintable("a counted repetition of 1100, above the limit of 1000".into()))
    );
    assert_eq!(print("(?:a{100}){10}"), Ok("(?:a{100}){10}".into()));
    assert!(print(r"\bx").is_err());
}

#[test]
fn patterns_become_one_readable_expression() {
    let of = |patterns: &[&str]| {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::parse(text)).collect();
        Node::from_patterns(&patterns).print(&PLAIN).unwrap()
    };
    for (patterns, expected) in [
        (vec![r"*\wscript.exe", r"*\cscript.exe"], r"\\(?:wscript|cscript)\.exe$"),
        (vec![r"C:\ProgramData\wt.exe", r"C:\ProgramData\system.bat"], r"^C:\\ProgramData\\(?:wt\.exe|system\.bat)$"),
        (vec!["*.acl*", "*.bat*", "*.doc*"], r"\.(?:acl|bat|doc)"),
        (vec!["sfrclak.com", "calltan.com"], r"^(?:sfrclak|calltan)\.com$"),
        (
            vec!["notepad-plus-plus.org", "github.com", "*.sourceforge.net", "*block.opendns.com"],
            r"^(?:notepad-plus-plus\.org|github\.com)$|(?:\.sourceforge\.net|block\.opendns\.com)$",
        ),
        (
            vec![r"*\DeviceGuard\Enable", r"*\DeviceGuard\LsaCfgFlags", r"*\Lsa\LsaCfgFlags"],
            r"\\(?:DeviceGuard\\Enable|DeviceGuard\\LsaCfgFlags|Lsa\\LsaCfgFlags)$",
        ),
        (vec!["*Mimikatz*", "*MiniDump*", "*TOKEN_QUERY*"], "Mimikatz|MiniDump|TOKEN_QUERY"),
        (vec!["*?/dana/*"], "./dana/"),
        (vec!["a*c"], "^a.*c$"),
        (vec!["*"], "^"),
        (vec!["??*"], ".."),
        (vec!["?"], "^.$"),
        (vec![""], "^$"),
        (vec!["a?*"], "^a."),
        (vec![r"*.exe\\*", r"*.com\\*"], r"\.(?:exe\\|com\\)"),
    ] {
        assert_eq!(of(&patterns), expected, "{patterns:?}");
    }
}

fn node() -> impl Strategy<Value = Node> {
    let character = prop::sample::select(vec!['a', 'Z', '-', ']', '[', '\\', '^', '&', '{', ' ', '\n', '–', '*']);
    let item = prop_oneof![
        character.clone().prop_map(|c| ClassItem::Range(c, c)),
        Just(ClassItem::Range('a', 'f')),
        (prop::sample::select(vec![Perl::Digit, Perl::Word, Perl::Space]), any::<bool>())
            .prop_map(|(perl, negated)| ClassItem::Perl(perl, negated)),
    ];
    let class = (any::<bool>(), prop::collection::vec(item, 1..4))
        .prop_map(|(negated, items)| Node::Class(Class { negated, items }));
    let leaf = prop_oneof![
        4 => character.prop_map(Node::Literal),
        2 => class,
        1 => prop::sample::select(vec![
            Node::Empty, Node::Dot, Node::Start, Node::End, Node::TextStart, Node::TextEnd, Node::WordBoundary,
            Node::NotWordBoundary,
        ]),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::concat),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Node::alternate),
            (inner.clone(), 0u32..3, prop::option::of(0u32..3), any::<bool>())
                .prop_map(|(inner, min, more, lazy)| Node::repeat(inner, min, more.map(|more| min + more), lazy)),
            inner.prop_map(|inner| Node::Group {
                flags: Some(Flags { ignore_case: true, ..Flags::default() }),
                inner: Box::new(without_groups(inner)),
            }),
        ]
    })
}

/// A group inside a group of the same flags would not be read back.
fn without_groups(node: Node) -> Node {
    match node {
        Node::Group { inner, .. } => without_groups(*inner),
        Node::Concat(parts) => Node::concat(parts.into_iter().map(without_groups).collect()),
        Node::Alternate(parts) => Node::alternate(parts.into_iter().map(without_groups).collect()),
        Node::Repeat { inner, min, max, lazy } => Node::repeat(without_groups(*inner), min, max, lazy),
        node => node,
    }
}

proptest! {
    #[test]
    fn printed_text_reads_back_as_the_same_tree(node in node()) {
        let text = node.print(&PLAIN).unwrap();
        let read = Regex::parse(&text, Flags::default());
        // A flagged group around everything is read as a group, not as the expression's flags.
        prop_assert_eq!(read.map(|regex| regex.node), Ok(node), "{}", text);
    }

    #[test]
    fn reading_never_panics(text in r"[-a-z0-9\\\[\](){}|?*+.^$:,<>=!#&éé]{0,24}") {
        if let Ok(regex) = Regex::parse(&text, Flags::default()) {
            let printed = regex.print(&RUST).unwrap();
            prop_assert!(regex::Regex::new(&printed).is_ok(), "{} -> {}", text, printed);
        }
    }

    #[test]
    fn the_expression_of_a_list_finds_what_the_patterns_match(
        patterns in prop::collection::vec("[ab.*?]{0,5}", 1..4),
        text in "[ab.\n]{0,6}",
    ) {
        let patterns: Vec<Pattern> = patterns.iter().map(|text| Pattern::parse(text)).collect();
        let printed = Node::from_patterns(&patterns).print(&RUST).unwrap();
        let found = regex::Regex::new(&format!("(?s){printed}")).unwrap().is_match(&text);
        prop_assert_eq!(found, patterns.iter().any(|pattern| crate::pattern::matches(pattern, &text)), "{}", printed);
    }
}
