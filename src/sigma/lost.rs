//! Rules whose indentation was lost, as happens when they are copied from a web page: `detection:` is empty, and the
//! selections and the condition stand beside it.

use std::collections::HashSet;

use super::Meta;
use super::context::{Context, get};
use super::{detection, meta};
use crate::diag::{Code, Diagnostic, Diagnostics};
use crate::source::Span;
use crate::yaml::{Kind, Node};

const LOGSOURCE_KEYS: &[&str] = &["product", "category", "service", "definition"];

/// Where a lost key belongs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Home {
    LogSource,
    /// A selection, a condition or a time frame.
    Detection,
    /// A field of the selection before it.
    Selection,
}

/// If the document lost its indentation, says so (E0206), reports what is wrong with the modifiers and values of the
/// detection that was meant, and gives the document without the lost keys.
pub(super) fn report(cx: &mut Context<'_>, tree: &Node) -> Option<Node> {
    let pairs = tree.as_map()?;
    let lost = lost_keys(pairs);
    if lost.is_empty() {
        return None;
    }
    let shape = shape(cx.text, pairs, &lost);
    let emptied: Vec<&Node> = ["logsource", "detection"]
        .iter()
        .filter_map(|name| get(pairs, name))
        .filter(|(_, value)| value.is_absent())
        .map(|(key, _)| key)
        .collect();
    let main = emptied.last()?;
    let mut diagnostic = Diagnostic::new(
        Code::E0206,
        format!(
            "the indentation below `{}:` was lost",
            emptied.iter().map(|k| k.key()).collect::<Vec<_>>().join(":` and `")
        ),
    )
    .at(main.span)
    .label("nothing is below it");
    for (place, _) in lost.iter().filter(|(_, home)| *home != Home::Selection).take(8) {
        if let Some((key, _)) = pairs.get(*place) {
            let home = if LOGSOURCE_KEYS.contains(&key.key()) { "logsource" } else { "detection" };
            diagnostic = diagnostic.also(key.span, format!("belongs below `{home}:`"));
        }
    }
    diagnostic = diagnostic.help(format!("this was probably meant:\n{}", shape.text.trim_end()));
    for (span, text) in shape.edits {
        diagnostic = diagnostic.edit(span, text, false);
    }
    cx.report(diagnostic);
    check_meant(cx, pairs, &lost);
    let places: HashSet<usize> = lost.iter().map(|(place, _)| *place).collect();
    let rest = pairs.iter().enumerate().filter(|(place, _)| !places.contains(place)).map(|(_, pair)| pair.clone());
    Some(Node { kind: Kind::Map(rest.collect()), span: tree.span })
}

/// The keys that lost their place, by position.
fn lost_keys(pairs: &[(Node, Node)]) -> Vec<(usize, Home)> {
    let position = |name: &str| pairs.iter().position(|(key, value)| key.key() == name && value.is_absent());
    let mut lost = Vec::new();
    if let Some(start) = position("logsource") {
        let keys = pairs.iter().enumerate().skip(start + 1);
        let below = keys.take_while(|(_, (key, _))| LOGSOURCE_KEYS.contains(&key.key()));
        lost.extend(below.map(|(place, _)| (place, Home::LogSource)));
    }
    let Some(start) = position("detection") else { return lost };
    let below: Vec<(usize, &(Node, Node))> = (pairs.iter().enumerate().skip(start + 1))
        .take_while(|(_, (key, _))| !meta::RULE_KEYS.contains(&key.key()))
        .collect();
    let Some((_, (_, condition))) = below.iter().find(|(_, (key, _))| key.key() == "condition") else { return lost };
    let words: Vec<&str> = condition
        .as_scalar()
        .map(|scalar| scalar.text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-' | '*'))).collect())
        .unwrap_or_default();
    let mut inside = false;
    for (place, (key, value)) in below {
        let name = key.key();
        let named = words.iter().any(|word| *word == name || (word.contains('*') && super::selects(word, name)));
        let home = if matches!(name, "condition" | "timeframe") {
            inside = false;
            Home::Detection
        } else if !name.contains('|') && (named || value.is_absent() || !inside) {
            inside = true;
            Home::Detection
        } else {
            Home::Selection
        };
        lost.push((place, home));
    }
    lost
}

/// The text as it was probably meant, and the changes that make it so.
struct Shape {
    text: String,
    edits: Vec<(Span, String)>,
}

fn shape(text: &str, pairs: &[(Node, Node)], lost: &[(usize, Home)]) -> Shape {
    let mut shape = Shape { text: String::new(), edits: Vec::new() };
    let mut last = None;
    for (place, home) in lost {
        let Some((key, value)) = pairs.get(*place) else { continue };
        let parent = if *home == Home::LogSource { "logsource:\n" } else { "detection:\n" };
        if last != Some(parent) {
            shape.text.push_str(parent);
            last = Some(parent);
        }
        let end = if value.is_absent() { key.span.end } else { value.span.end.max(key.span.end) } as usize;
        let start = key.span.start as usize;
        let end = text.get(end..).and_then(|rest| rest.find('\n')).map_or(text.len(), |line| end + line);
        let depth = if *home == Home::Selection { 8 } else { 4 };
        let mut offset = start;
        for (number, line) in text.get(start..end).unwrap_or("").split('\n').enumerate() {
            let indent = " ".repeat(if number == 0 { depth } else { depth + 4 });
            if !line.trim().is_empty() {
                shape.text.push_str(&format!("{indent}{}\n", line.trim_end()));
                shape.edits.push((Span::new(key.span.source, offset, offset), indent));
            }
            offset += line.len() + 1;
        }
    }
    shape
}

/// Parses the detection that was meant, and reports what is wrong with its modifiers and values; anything else
/// found there may come of a wrong guess.
fn check_meant(cx: &mut Context<'_>, pairs: &[(Node, Node)], lost: &[(usize, Home)]) {
    let mut selections: Vec<(Node, Node)> = Vec::new();
    for (place, home) in lost {
        let Some((key, value)) = pairs.get(*place) else { continue };
        match (home, selections.last_mut()) {
            (Home::Detection, _) => selections.push((key.clone(), value.clone())),
            (Home::Selection, Some((_, Node { kind: Kind::Map(items), .. }))) => {
                items.push((key.clone(), value.clone()))
            }
            (Home::Selection, Some((_, selection))) => {
                selection.kind = Kind::Map(vec![(key.clone(), value.clone())]);
            }
            _ => {}
        }
    }
    let Some((key, _)) = get(pairs, "detection") else { return };
    let tree = Node { kind: Kind::Map(selections), span: key.span };
    let mut found = Diagnostics::new();
    let mut inner = Context { source: cx.source, text: cx.text, diagnostics: &mut found, errors: 0 };
    detection::parse(&mut inner, key, &tree, &Meta::default());
    for diagnostic in found.0.into_iter().filter(|d| d.is_error() && d.code.as_str().starts_with("E04")) {
        if diagnostic.code != Code::E0411 {
            cx.report(diagnostic);
        }
    }
}
