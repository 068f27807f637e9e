//! Findings as SARIF 2.1.0 (OASIS standard), for code hosts and editors.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::diag::{Code, Diagnostic, Severity};
use crate::source::{Sources, Span};

/// The log of one run.
pub(crate) fn log(findings: &[Diagnostic], sources: &Sources) -> Value {
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> = findings.iter().map(|finding| result(finding, &codes, sources)).collect();
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "sigmaglot",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.as_str(),
        "shortDescription": { "text": code.title() },
        "help": { "text": code.explanation(), "markdown": code.explanation() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

/// SARIF has the same three words.
fn level(severity: Severity) -> &'static str {
    severity.as_str()
}

fn result(finding: &Diagnostic, codes: &[Code], sources: &Sources) -> Value {
    let mut text = finding.message.clone();
    for help in &finding.help {
        text.push_str("\n\n");
        text.push_str(help);
    }
    let mut result = json!({
        "ruleId": finding.code.as_str(),
        "ruleIndex": codes.iter().position(|code| *code == finding.code),
        "level": level(finding.severity),
        "message": { "text": text },
        "locations": finding.span.and_then(|span| location(span, None, sources)).into_iter().collect::<Vec<_>>(),
    });
    let related: Vec<Value> =
        finding.labels.iter().filter_map(|(span, label)| location(*span, Some(label), sources)).collect();
    if let (Some(result), false) = (result.as_object_mut(), related.is_empty()) {
        result.insert("relatedLocations".to_owned(), Value::Array(related));
    }
    result
}

fn location(span: Span, label: Option<&str>, sources: &Sources) -> Option<Value> {
    let source = sources.get(span.source)?;
    let mut place = json!({ "artifactLocation": { "uri": uri(&source.path) } });
    if let (Some(place), false) = (place.as_object_mut(), source.text.is_empty()) {
        let (line, column) = sources.line_column(span);
        let (end_line, end_column) = sources.line_column(Span { start: span.end, ..span });
        let region = json!({ "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column });
        place.insert("region".to_owned(), region);
    }
    let mut location = json!({ "physicalLocation": place });
    if let (Some(location), Some(label)) = (location.as_object_mut(), label) {
        location.insert("message".to_owned(), json!({ "text": label }));
    }
    Some(location)
}

/// A path as a URI reference: everything outside RFC 3986's unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
