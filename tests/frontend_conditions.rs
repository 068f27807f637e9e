//! Conditions (SEMANTICS 1.5): what they mean, and what is refused.

use pretty_assertions::assert_eq;
use sigmaglot::diag::Diagnostics;
use sigmaglot::sigma::{self, Condition, Document};
use sigmaglot::source::Sources;

/// The condition of a rule with these selections, in prefix form; or the findings with what they point at.
fn condition(text: &str) -> Result<String, Vec<String>> {
    let rule = format!(
        "title: t\nid: 8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f\nstatus: test\ndescription: d\nlevel: low\n\
         logsource: {{product: x}}\ndetection:\n  a: {{f: 1}}\n  b: {{f: 2}}\n  sel_1: {{f: 3}}\n  sel-2: {{f: 4}}\n  \
         _hidden: {{f: 5}}\n  notepad: {{f: 6}}\n  AND: {{f: 7}}\n  condition: {text}\n"
    );
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let id = sources.add("rule.yml", rule.as_str());
    let documents = sigma::parse(id, &rule, &mut diagnostics);
    match documents.as_slice() {
        [Document::Rule(rule)] => {
            Ok(rule.detection.conditions.iter().map(|c| show(&c.value)).collect::<Vec<_>>().join(" | "))
        }
        _ => Err(diagnostics
            .iter()
            .filter(|d| d.is_error())
            .map(|d| format!("{} `{}` {}", d.code, sources.slice(d.span.unwrap()), d.message))
            .collect()),
    }
}

fn show(condition: &Condition) -> String {
    let list =
        |name: &str, parts: &[Condition]| format!("{name}({})", parts.iter().map(show).collect::<Vec<_>>().join(", "));
    match condition {
        Condition::Name(name) => name.value.to_string(),
        Condition::Of { all, pattern } => format!("{} {}", if *all { "all" } else { "any" }, pattern.value),
        Condition::Not(inner) => format!("not {}", show(inner)),
        Condition::And(parts) => list("and", parts),
        Condition::Or(parts) => list("or", parts),
    }
}

#[test]
fn grammar() {
    let cases = [
        ("a", "a"),
        ("a or b and not a", "or(a, and(b, not a))"),
        ("(a or b) and a", "and(or(a, b), a)"),
        ("not not a", "not not a"),
        ("not a and b", "and(not a, b)"),
        ("a and b and a", "and(a, b, a)"),
        ("1 of sel*", "any sel*"),
        ("any of sel_*", "any sel_*"),
        ("all of them and not 1 of sel-*", "and(all them, not any sel-*)"),
        ("notepad", "notepad"),
        ("not notepad", "not notepad"),
        ("not(a)", "not a"),
        ("a and(b)or a", "or(and(a, b), a)"),
        ("sel-2", "sel-2"),
        ("a and AND", "and(a, AND)"),
        ("1 of _hid*", "any _hid*"),
        ("_hidden", "_hidden"),
        ("[a, b and a]", "a | and(b, a)"),
        ("'a and b'", "and(a, b)"),
        (">\n    a and\n    b\n", "and(a, b)"),
        ("a\n    or b", "or(a, b)"),
    ];
    for (text, expected) in cases {
        assert_eq!(condition(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn refusals() {
    let cases = [
        ("c", "E0302 `c` there is no selection `c`"),
        ("sel", "E0302 `sel` there is no selection `sel`"),
        ("a and 1 of filter_*", "E0303 `filter_*` `filter_*` matches no selection"),
        ("1 of hidden*", "E0303 `hidden*` `hidden*` matches no selection"),
        ("1 of *hidden", "E0303 `*hidden` `*hidden` matches no selection"),
        ("a OR b", "E0304 `OR` operator `OR` is not in lower case"),
        ("ALL of sel*", "E0304 `ALL` operator `ALL` is not in lower case"),
        ("2 of sel*", "E0305 `2` `2 of` is not a quantifier of Sigma"),
        ("none of them", "E0305 `none` `none of` is not a quantifier of Sigma"),
        ("a b", "E0301 `b` `and` or `or` is missing before `b`"),
        ("a and", "E0301 `and` condition ends after `and`, where a selection must follow"),
        ("and a", "E0301 `and` a selection is missing before `and`"),
        ("(a or b", "E0301 `(` parenthesis is never closed"),
        ("a)", "E0301 `)` closing parenthesis without an opening one"),
        ("a && b", "E0301 `&` `&` where `and`, `or` or the end of the condition must follow"),
        ("sel*", "E0301 `sel*` `sel*` has a wildcard; write `1 of sel*` or `all of sel*`"),
        ("them", "E0301 `them` `them` stands only after `of`: `1 of them`, `all of them`"),
        ("all of", "E0301 `of` condition ends after `of`, where `them` or a name must follow"),
        ("''", "E0301 `''` condition is empty"),
        ("a | count() > 5", "E0307 `| count() > 5` aggregation in a condition"),
        ("a | near b", "E0307 `| near b` aggregation in a condition"),
        (">\n    a and\n    c\n", "E0302 `c` there is no selection `c`"),
        ("[]", "E0309 `condition` condition is missing"),
        ("", "E0309 `condition` condition is missing"),
        ("{a: b}", "E0202 `{a: b}` `condition` is a map, not a text"),
    ];
    for (text, expected) in cases {
        assert_eq!(condition(text), Err(vec![expected.to_owned()]), "{text}");
    }
}
