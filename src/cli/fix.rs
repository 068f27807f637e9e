//! `check --fix`: applies the edits that keep a rule's meaning.

use std::collections::BTreeMap;

use super::Stop;
use super::terminal::{Terminal, clean};
use crate::diag::{Diagnostic, Edit};
use crate::source::{SourceId, Sources};

/// Applies the safe edits of the findings to their files, and tells each; gives whether a file changed.
/// A finding's edits are applied together or not at all; of findings that overlap, the first.
pub(crate) fn apply(findings: &[Diagnostic], sources: &Sources, terminal: &mut Terminal) -> Result<bool, Stop> {
    let mut files: BTreeMap<SourceId, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings {
        if let (Some(span), false) = (finding.span, finding.edits.is_empty())
            && finding.edits.iter().all(|edit| edit.safe && edit.span.source == span.source)
        {
            files.entry(span.source).or_default().push(finding);
        }
    }
    let mut changed = false;
    for (id, findings) in files {
        let Some(source) = sources.get(id) else { continue };
        let mut edits: Vec<&Edit> = Vec::new();
        for finding in findings {
            let clash = |edit: &Edit| {
                edits.iter().any(|other| {
                    edit.span.start < other.span.end.max(other.span.start + 1)
                        && other.span.start < edit.span.end.max(edit.span.start + 1)
                })
            };
            if finding.edits.iter().any(clash) {
                continue;
            }
            edits.extend(&finding.edits);
            if let Some(span) = finding.span {
                let (line, _) = sources.line_column(span);
                let (path, message) = (clean(&source.path), clean(&finding.message));
                terminal.line(&format!("fixed {path}:{line}: {} {message}", finding.code))?;
            }
        }
        edits.sort_by_key(|edit| edit.span);
        let mut text = String::with_capacity(source.text.len());
        let mut at = 0;
        for edit in edits {
            text.push_str(source.text.get(at..edit.span.start as usize).unwrap_or_default());
            text.push_str(&edit.text);
            at = edit.span.end as usize;
        }
        text.push_str(source.text.get(at..).unwrap_or_default());
        if text != *source.text {
            std::fs::write(&*source.path, text)?;
            changed = true;
        }
    }
    Ok(changed)
}
