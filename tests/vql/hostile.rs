//! Rules come from strangers: whatever they say stays inside its literal or name.

use proptest::prelude::*;
use sigmaglot::ir::{Case, Expr};

use super::{fold, leaf, like, query, string};

/// A token of VQL, as its lexer cuts them. Literals carry their decoded text.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Text(String),
    Name(String),
    Comment,
    Other(char),
}

/// Cuts a query by the rules of SEMANTICS 5.3; panics where VQL would find no token.
fn tokens(query: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = query;
    while let Some(c) = rest.chars().next() {
        if let Some(body) = rest.strip_prefix("'''") {
            let end = body.find("'''").expect("a raw literal ends");
            out.push(Token::Text(body[..end].to_owned()));
            rest = &body[end + 3..];
        } else if c == '\'' || c == '"' {
            let mut text = Vec::new();
            let mut bytes = rest.as_bytes()[1..].iter().copied().enumerate();
            let end = loop {
                let (n, byte) = bytes.next().expect("a literal ends");
                match byte {
                    b if char::from(b) == c => break n + 2,
                    b'\\' => match bytes.next().expect("an escape is whole").1 {
                        b'n' => text.push(b'\n'),
                        b'r' => text.push(b'\r'),
                        b't' => text.push(b'\t'),
                        b'x' => {
                            let digits = [bytes.next().unwrap().1, bytes.next().unwrap().1];
                            text.push(u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap());
                        }
                        other => text.push(other),
                    },
                    other => text.push(other),
                }
            };
            out.push(Token::Text(String::from_utf8(text).unwrap()));
            rest = &rest[end..];
        } else if let Some(body) = rest.strip_prefix('`') {
            let end = body.find('`').expect("a name ends");
            out.push(Token::Name(body[..end].to_owned()));
            rest = &body[end + 1..];
        } else if rest.starts_with("--") || rest.starts_with("//") || rest.starts_with("/*") {
            out.push(Token::Comment);
            rest = &rest[2..];
        } else if c.is_ascii_alphabetic() || c == '_' {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            out.push(Token::Name(rest[..end].to_owned()));
            rest = &rest[end..];
        } else {
            if !c.is_whitespace() {
                out.push(Token::Other(c));
            }
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// The tokens with every literal, and every use of the name, made the same.
fn shape(query: &str, name: &str) -> Vec<Token> {
    let hide = |token| match token {
        Token::Text(_) => Token::Text(String::new()),
        Token::Name(found) if found == name => Token::Name(String::new()),
        other => other,
    };
    tokens(query).into_iter().map(hide).collect()
}

/// Text that likes to get out.
fn nasty() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a'\"`\\\\ \\n\\r\\t\\x00\\x7f*?-]{0,12}",
        "('''|\"|\\\\|--|/\\*|\\)| OR |TRUE|=|\\}|,){0,6}",
    ]
}

proptest! {
    #[test]
    fn values_stay_in_their_literals(value in nasty()) {
        prop_assume!(!value.is_empty());
        let plain = shape(&query(leaf(string("F"), fold(&["*a*"]))).unwrap(), "");
        let escaped = value.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?");
        let written = query(leaf(string("F"), fold(&[&format!("*{escaped}*"), "zz"]))).unwrap();
        prop_assert_eq!(shape(&written, ""), plain);
        let Some(Token::Text(pattern)) = tokens(&written).into_iter().rev().find(|token| matches!(token, Token::Text(_)))
        else { panic!("no literal in {written}") };
        let regex = regex::Regex::new(&format!("(?i){pattern}")).unwrap();
        let long = format!("x{value}y");
        prop_assert!(regex.is_match(&value) && regex.is_match(&long), "{}", pattern);
    }

    #[test]
    fn cased_values_are_themselves(value in nasty()) {
        let escaped = value.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?");
        let written = query(leaf(string("F"), like(&[&escaped], Case::Exact))).unwrap();
        prop_assert_eq!(tokens(&written).pop(), Some(Token::Text(value)));
    }

    #[test]
    fn names_stay_names(name in nasty(), other in nasty()) {
        let rule = |name: &str, other: &str| query(Expr::All(vec![
            leaf(string(name), fold(&["*a*"])),
            leaf(string(other), fold(&["b"])),
        ]));
        if let Ok(written) = rule(&name, "Zz") {
            // A name that is not shown has two tokens fewer; the conditions are the same.
            let conditions = |text: &str, name: &str| {
                let shape = shape(text, name);
                let start = shape.iter().position(|token| *token == Token::Name("WHERE".into())).unwrap();
                shape[start..].to_vec()
            };
            prop_assert_eq!(conditions(&written, &name), conditions(&rule("Yy", "Zz").unwrap(), "Yy"));
        }
        let _ = rule(&name, &other);
    }
}
