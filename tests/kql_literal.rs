//! Texts and names of strangers in KQL: whatever they hold, they come out as one literal or name that stands for them.

use std::sync::Arc;

use pretty_assertions::assert_eq;
use proptest::prelude::*;
use sigmaglot::backends::kql::{Kql, dialect};
use sigmaglot::ir::regex::Flags;
use sigmaglot::ir::{At, Case, Check, FieldName, Pattern, Regex, Segment, Test};
use sigmaglot::render::Backend;
use sigmaglot::schema::{Column, From, Traits, Type};

fn column(path: &[&str]) -> Column {
    let path: Arc<[Arc<str>]> = path.iter().map(|part| Arc::from(*part)).collect();
    Column { field: FieldName::from("F"), from: From::Path(path), kind: Type::String, traits: Traits::default() }
}

fn like(path: &[&str], pattern: Pattern, case: Case) -> String {
    let check = Check::Like { any_of: vec![(pattern, At::default())], case };
    dialect().test(&Test { on: column(path), check, at: At::default() }).expect("text can always be compared").text
}

/// Reads the literal at the start of the text as Kusto's lexer does; the rest stands behind it.
fn read(text: &str) -> Option<(String, &str)> {
    if let Some(body) = text.strip_prefix("@\"") {
        let mut out = String::new();
        let mut rest = body;
        loop {
            let quote = rest.find('"')?;
            out.push_str(&rest[..quote]);
            rest = &rest[quote + 1..];
            match rest.strip_prefix('"') {
                Some(more) => {
                    out.push('"');
                    rest = more;
                }
                None => return (!out.contains(['\n', '\r'])).then_some((out, rest)),
            }
        }
    }
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut out = String::new();
    let mut chars = text[1..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Some((out, &text[1 + at + 1..])),
            '\n' | '\r' => return None,
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                'r' => out.push('\r'),
                't' => out.push('\t'),
                'u' => {
                    let digits: String = chars.by_ref().take(4).map(|(_, c)| c).collect();
                    out.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                }
                c @ ('\\' | '"' | '\'') => out.push(c),
                _ => return None,
            },
            c => out.push(c),
        }
    }
    None
}

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("'".to_owned()),
        Just("//".to_owned()),
        Just("\n".to_owned()),
        Just("\r\n".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\u{85}".to_owned()),
        Just("\0".to_owned()),
        Just("@\"".to_owned()),
        Just("```".to_owned()),
        Just("| take 1".to_owned()),
        Just("{}".to_owned()),
        Just("*".to_owned()),
        Just("😀".to_owned()),
        "[ -~]{1,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_text_is_one_literal(text in hostile()) {
        let written = like(&["F"], Pattern::literal(&text), Case::Exact);
        let literal = written.strip_prefix("F == ").expect("one comparison");
        let (read, rest) = read(literal).expect("a literal");
        prop_assert_eq!(read, text);
        prop_assert_eq!(rest, "");
        let hidden = written.contains(['\n', '\r', '\u{2028}', '\u{202e}', '\0']);
        prop_assert!(!hidden);
    }

    #[test]
    fn a_name_is_one_name(name in hostile()) {
        let written = like(&[&name], Pattern::literal("v"), Case::Exact);
        let before = written.strip_suffix(" == \"v\"").expect("one comparison");
        if before != name {
            let inside = before.strip_prefix('[').and_then(|name| name.strip_suffix(']')).expect("brackets");
            let (read, rest) = read(inside).expect("a literal");
            prop_assert_eq!(read, name);
            prop_assert_eq!(rest, "");
        } else {
            prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        }
    }

    #[test]
    fn a_wildcard_pattern_becomes_an_expression_for_the_same_texts(
        parts in prop::collection::vec(prop_oneof![Just(None), hostile().prop_map(Some)], 2..5),
        near in hostile(),
    ) {
        let segments = parts.iter().map(|part| match part {
            None => Segment::One,
            Some(text) => Segment::Literal(text.as_str().into()),
        });
        let pattern = Pattern::new(segments.chain([Segment::Any, Segment::Literal("end".into())]));
        let written = like(&["F"], pattern, Case::Fold);
        let literal = written.strip_prefix("F matches regex ").expect("an expression");
        let (expression, rest) = read(literal).expect("a literal");
        prop_assert_eq!(rest, "");
        let expression = regex::Regex::new(&expression).expect("Kusto's dialect is that of the regex crate");
        let fitting: String = parts.iter().map(|part| part.as_deref().unwrap_or("\n")).chain([&*near, "END"]).collect();
        prop_assert!(expression.is_match(&fitting));
        let longer = format!("{fitting}!");
        prop_assert!(!expression.is_match(&longer));
    }

    #[test]
    fn a_comment_is_one_line(text in hostile()) {
        let comment = Kql.comment(&text);
        prop_assert!(comment.starts_with("//"));
        let broken = comment.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        prop_assert!(!broken);
    }
}

#[test]
fn words_of_the_language_are_bracketed() {
    for word in ["and", "title", "Kind", "between", "true", "9lives", "a b", "", "a.b", "größe"] {
        let written = like(&[word], Pattern::literal("v"), Case::Exact);
        assert_eq!(written, format!("['{word}'] == \"v\""));
    }
    for word in ["query", "FolderPath", "_x", "Id9"] {
        assert_eq!(like(&[word], Pattern::literal("v"), Case::Exact), format!("{word} == \"v\""));
    }
}

#[test]
fn word_boundaries_are_those_of_kustos_engine() {
    for text in [r"\bx\b", r"\Bx"] {
        let regex = Regex::parse(text, Flags::default()).expect("valid");
        let test = Test { on: column(&["F"]), check: Check::Matches(regex), at: At::default() };
        if let Ok(fragment) = dialect().test(&test) {
            let (_, literal) = fragment.text.split_once(" matches regex ").expect("an expression");
            let (expression, _) = read(literal).expect("a literal");
            regex::Regex::new(&expression).expect("the regex crate takes it");
        }
    }
}
