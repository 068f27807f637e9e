//! Nothing of a rule leaves its literal: queries are read back by a small reader of SPL's tokens.

use proptest::prelude::*;

use super::*;

/// The string literals of a query, unescaped as Splunk does, and the rest with each literal as `S`.
fn read(text: &str) -> (Vec<String>, String) {
    let (mut literals, mut rest) = (Vec::new(), String::new());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '"' {
            rest.push(c);
            continue;
        }
        let mut literal = String::new();
        loop {
            match chars.next().expect("a literal ends") {
                '"' => break,
                '\\' => match chars.next().expect("a literal does not end in a backslash") {
                    c @ ('"' | '\\') => literal.push(c),
                    other => literal.extend(['\\', other]),
                },
                other => literal.push(other),
            }
        }
        literals.push(literal);
        rest.push('S');
    }
    (literals, rest)
}

fn texts() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("\\".to_owned()),
        Just("\"".to_owned()),
        Just("`".to_owned()),
        Just("```".to_owned()),
        Just("| delete".to_owned()),
        Just("[search x]".to_owned()),
        Just("*".to_owned()),
        Just("?".to_owned()),
        Just("'".to_owned()),
        Just("$x$".to_owned()),
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("\u{2028}".to_owned()),
        Just("(".to_owned()),
        Just("10.0.0.0/8".to_owned()),
        Just("5".to_owned()),
        "[a-zA-Z0-9 .:é–]{1,3}",
    ];
    prop::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn a_value_stays_one_literal(text in texts(), open in any::<(bool, bool)>()) {
        let pattern = Pattern::literal(&text).open(open.0, open.1);
        let on = is("F", Check::Like { any_of: vec![(pattern, At::default())], case: Case::Fold });
        let tail = tail(on);
        let tail = match tail.split_once("\n| where ") {
            Some((weaker, filter)) => {
                prop_assert_eq!(read(weaker).1, "F=S");
                prop_assert!(!weaker.contains(['`', '\n', '\t', '\u{2028}']), "{weaker}");
                format!("| where {filter}")
            }
            None => tail,
        };
        prop_assert!(!tail.contains(['`', '\n', '\t', '\u{2028}']), "{tail}");
        let (literals, rest) = read(&tail);
        let shapes = ["F=S", "F=*", "| where isnotnull(mvfind('F',S))", "| where if('F'==S,1,0)=1", "| where isnotnull('F')"];
        prop_assert!(shapes.contains(&rest.as_str()), "{rest}");
        match literals.as_slice() {
            [value] if rest == "F=S" => {
                let stars = |open: bool| if open { "*" } else { "" };
                prop_assert_eq!(value, &format!("{}{text}{}", stars(open.0), stars(open.1)));
            }
            [regex] if rest.contains("mvfind") => {
                // Rust reads the few constructs written here as PCRE does.
                let regex = regex::Regex::new(regex).expect("a regular expression");
                prop_assert!(regex.is_match(&text), "{regex} does not find {text:?}");
                let longer = [format!("x{text}"), format!("{text}x")];
                let whole = open == (false, false);
                prop_assert!(!whole || !longer.iter().any(|longer| regex.is_match(longer)), "{regex}");
            }
            _ => {}
        }
    }

    #[test]
    fn a_field_name_stays_one_name(name in texts()) {
        let filter = is(&name, patterns(Case::Fold, &["v"]));
        if let Ok(query) = query(filter) {
            let tail = query.text.strip_prefix(HEAD).expect("the head").trim_start().to_owned();
            let (literals, rest) = read(&tail);
            let expected = [
                format!("{name}=S"), "S=S".to_owned(), format!("| where isnotnull(mvfind('{name}',S))"),
            ];
            prop_assert!(expected.contains(&rest), "{rest}");
            // A name S needs no quotation marks, and looks like a literal.
            prop_assert!(rest != "S=S" || name == "S" || literals.first() == Some(&name));
            prop_assert!(!name.contains(['`', '\'', '"', '\\', '\n']));
        }
    }

    #[test]
    fn a_keyword_stays_one_literal(text in texts()) {
        let on = raw(Check::Like { any_of: vec![(Pattern::contains(&text), At::default())], case: Case::Fold });
        if let Ok(query) = query(on) {
            let (_, rest) = read(query.text.strip_prefix(HEAD).expect("the head").trim_start());
            prop_assert!(["S", "| where match(_raw,S)", "S\n| where match(_raw,S)"].contains(&rest.as_str()), "{rest}");
        }
    }

    #[test]
    fn a_comment_ends_where_it_should(text in texts()) {
        let comment = Spl.comment(&text);
        prop_assert_eq!(comment.matches("```").count(), 2);
        prop_assert!(!comment.contains('\n'));
    }
}
