//! Lints that must find what they are for, and nothing else.

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Code, Diagnostics};
use sigmaglot::sigma;
use sigmaglot::source::SourceId;

fn lints(item: &str, code: Code) -> usize {
    let text = format!("title: t\nlogsource: {{category: proxy}}\ndetection:\n  a:\n    {item}\n  condition: a\n");
    let mut found = Diagnostics::new();
    sigma::parse(SourceId(0), &text, &mut found);
    assert!(!found.has_errors(), "{item}: {found:?}");
    found.iter().filter(|finding| finding.code == code).count()
}

/// The question mark of an address or of a help switch is one; wildcards for a drive, a digit or a mask are meant.
#[test]
fn question_marks_that_were_probably_meant() {
    for value in [
        "/login.php?id=",
        "?fn=",
        "/debug/dump?",
        "http://ad.example.com/adlog.php?",
        "*?/dana/html5acc/guacamole/*",
        "/?",
        " /?",
        "whoami /? ",
        "-?",
    ] {
        assert_eq!(lints(&format!("f|contains: '{}'", value.trim_matches('*')), Code::W0813), 1, "{value}");
        assert_eq!(lints(&format!("f: '{value}'"), Code::W0813), 1, "{value}");
    }
    for value in [
        "\\?",
        "/login.php\\?id=",
        " /\\?",
        "F?",
        "1?",
        "?:\\Program Files\\",
        ">?C:\\Temp\\",
        "0200????A9FE",
        "a?c",
        "file-?.log",
        "/tmp/?/x",
        "\\\\?\\GLOBALROOT",
    ] {
        assert_eq!(lints(&format!("f|contains: '{value}'"), Code::W0813), 0, "{value}");
    }
}
