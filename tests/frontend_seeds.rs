//! The broken rules that the project was created from get the findings that help their owner.

use pretty_assertions::assert_eq;
use sigmaglot::diag::{Code, Diagnostic, Diagnostics};
use sigmaglot::sigma;
use sigmaglot::source::Sources;

use crate::shared;

/// The rules on a page, from the first `---` to the end of the second rule.
fn rules(page: &str) -> Option<String> {
    let folder = shared::folder()?.join("seeds");
    let path = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(page)));
    let text = std::fs::read_to_string(path.unwrap()).unwrap();
    let start = text.find("---\n").unwrap();
    let last = "level: medium\n";
    let end = text.find(last).unwrap() + last.len();
    Some(text[start..end].to_owned())
}

fn findings(text: &str) -> (usize, Vec<(Code, String, String)>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut diagnostics = Diagnostics::new();
    let id = sources.add("rule.yml", text);
    let documents = sigma::parse(id, text, &mut diagnostics);
    let found = diagnostics.iter().map(|d| (d.code, sources.slice(d.span.unwrap()).to_owned(), d.label.clone()));
    (documents.len(), found.collect(), diagnostics.0)
}

#[test]
fn dates_tags_and_an_id() {
    let Some(text) = rules("002") else { return };
    let (documents, found, diagnostics) = findings(&text);
    assert_eq!(documents, 2);
    let entry = |code, at: &str, label: &str| (code, at.to_owned(), label.to_owned());
    let letters = "`g`, `h`, `i`, `j`, `k`, `l`, `m` and `n` are not hexadecimal digits";
    assert_eq!(
        found,
        [
            entry(Code::W0801, "2024/04/19", ""),
            entry(Code::E0203, "3c5d8e2f-4g6h-7i8j-9k0l-1m2n3o4p5q6r", letters),
            entry(Code::W0801, "2024/04/19", ""),
            entry(Code::W0802, "attack.initial_access", ""),
        ]
    );
    let edits: Vec<_> = diagnostics.iter().flat_map(|d| &d.edits).map(|e| (e.text.as_str(), e.safe)).collect();
    assert_eq!(edits, [("2024-04-19", true), ("2024-04-19", true), ("attack.initial-access", true)]);
}

#[test]
fn lost_indentation() {
    let Some(text) = rules("004") else { return };
    let (documents, found, diagnostics) = findings(&text);
    assert_eq!(documents, 0);
    let entry = |code, at: &str, label: &str| (code, at.to_owned(), label.to_owned());
    assert_eq!(
        found,
        [
            entry(Code::E0206, "detection", "nothing is below it"),
            entry(Code::W0801, "2026/04/18", ""),
            entry(Code::E0206, "detection", "nothing is below it"),
            entry(Code::E0401, "not", "did you mean `|neq`?"),
            entry(
                Code::E0203,
                "9e5g3b2c-4d7f-5g6a-0c9e-2b3c4d5e6f0a",
                "`g` is not a hexadecimal digit; it stands here 2 times"
            ),
            entry(Code::W0801, "2026/04/18", ""),
            entry(Code::W0802, "attack.command_and_control", ""),
        ]
    );
    // With the indentation put back as proposed, only what else is wrong is left.
    let mut mended = text;
    let mut edits: Vec<_> = diagnostics.iter().filter(|d| d.code == Code::E0206).flat_map(|d| &d.edits).collect();
    edits.sort_by_key(|edit| edit.span.start);
    for edit in edits.iter().rev() {
        mended.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    let (documents, found, _) = findings(&mended);
    assert_eq!(documents, 1, "{mended}");
    let codes: Vec<Code> = found.iter().map(|(code, ..)| *code).collect();
    assert_eq!(codes, [Code::W0801, Code::E0203, Code::W0801, Code::W0802, Code::E0401], "{mended}");
}

/// Fields that stood in two selections are no keys that occur twice, once it is clear what happened.
#[test]
fn lost_indentation_explains_repeated_keys() {
    let text = "title: Two Selections\nid: 8d4f2a1b-3c6e-4f5a-9b8d-1a2b3c4d5e6f\nlogsource:\n  product: windows\ndetection:\n\
                selection_a:\nImage|endswith: '\\a.exe'\nselection_b:\nImage|endswith: '\\b.exe'\nUser: null\n\
                filter:\n- '# not a comment'\ncondition: 1 of selection_* and not filter\nlevel: low\n";
    let (documents, found, diagnostics) = findings(text);
    assert_eq!(documents, 0);
    assert_eq!(found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(), [Code::E0206]);
    let shape = "detection:\n    selection_a:\n        Image|endswith: '\\a.exe'\n    selection_b:\n        \
                 Image|endswith: '\\b.exe'\n        User: null\n    filter:\n        - '# not a comment'\n    \
                 condition: 1 of selection_* and not filter";
    assert_eq!(diagnostics[0].help, [format!("this was probably meant:\n{shape}")]);
}
