//! How a field's value stands in the index: an add-on that cuts fields out of XML leaves `&amp;`, `&lt;` and `&gt;` as
//! they are, and the quotes of an attribute around it (measured; the add-ons' transforms.conf take what stands between
//! the tags and behind the `=`). `search` asks for the value so spelled; where that could be mistaken, `where` undoes it.

use super::aligned::aligned;
use crate::ir::{Check, Part, Pattern, Segment, Shape};
use crate::schema::{Column, Text, Traits};

/// The texts, with `*` for any text, by which `search` finds just the values that a text finds; none where no text does.
pub(super) fn spellings(text: &str, traits: Traits) -> Option<Vec<String>> {
    let escaped = escaped(text, traits.text)?;
    let mut texts = Vec::new();
    if escaped != text && cannot_stand(text, traits.text) {
        texts.push(text.to_owned());
    }
    texts.push(escaped);
    if traits.quoted {
        let (open, close) = (!text.starts_with('*'), !text.ends_with('*'));
        if !open && text.trim_start_matches('*').starts_with('\'') || !close && text.ends_with("'*") {
            return None;
        }
        let quote = |wanted: bool| if wanted { "'" } else { "" };
        if open || close {
            texts.extend(texts.clone().iter().map(|text| format!("{}{text}{}", quote(open), quote(close))));
        }
    }
    Some(texts)
}

/// A value as its text, for `where`.
pub(super) fn read(value: &str, traits: Traits) -> String {
    let (others, amp) = traits.text.entities().iter().partition::<Vec<_>, _>(|(c, _)| *c != '&');
    let value = if traits.quoted { format!("trim({value},\"'\")") } else { value.to_owned() };
    others.into_iter().chain(amp).fold(value, |value, (c, entity)| {
        format!("replace({value},\"{entity}\",{})", super::literal::quoted(c.encode_utf8(&mut [0; 4])))
    })
}

/// Whether a check says the same of a stored value as of its text.
pub(super) fn reads_alike(check: &Check<Column>, traits: Traits) -> bool {
    if traits.text.entities().is_empty() && !traits.quoted {
        return true;
    }
    match check {
        Check::Null | Check::Exists => true,
        Check::Like { any_of, .. } => any_of.iter().all(|(pattern, _)| pattern_alike(pattern, traits)),
        Check::Matches(regex) => !traits.quoted && aligned(&regex.node, traits.text),
        Check::SameAs { part, .. } => !traits.quoted && matches!(part, Part::Whole | Part::Start),
        Check::Equal { .. } | Check::Order { .. } | Check::Is(_) | Check::Within(_) | Check::TimeOf { .. } => {
            !traits.quoted
        }
    }
}

fn pattern_alike(pattern: &Pattern, traits: Traits) -> bool {
    if pattern.shape() == Shape::Everything {
        return true;
    }
    let mut text = String::new();
    for segment in pattern.segments() {
        match segment {
            // No asterisk and no dash is part of an entity, and all are alike.
            Segment::Literal(literal) => text.push_str(&literal.replace('*', "-")),
            Segment::OneOf(choices) if !choices.contains(&'\'') => text.push('-'),
            Segment::Any => text.push('*'),
            Segment::One | Segment::OneOf(_) => return false,
        }
    }
    spellings(&text, traits).is_some_and(|texts| texts == [text])
}

/// The text with entities; none where a part of it could also be found inside an entity of the stored value.
fn escaped(text: &str, spelled: Text) -> Option<String> {
    let entities = spelled.entities();
    let mut out = String::new();
    for c in text.chars() {
        match entities.iter().find(|(special, _)| *special == c) {
            Some((_, entity)) => out.push_str(entity),
            None => out.push(c),
        }
    }
    // The part in front of the first `*` starts where the value starts.
    let inside = |part: &str| tails(spelled).any(|tail| starts(part, tail) || starts(tail, part));
    let mistaken = out.split('*').skip(1).any(|part| !part.is_empty() && inside(part));
    (!mistaken).then_some(out)
}

/// Whether no stored value has the text as it is.
fn cannot_stand(text: &str, spelled: Text) -> bool {
    let entities = spelled.entities();
    text.split('*').any(|part| {
        part.char_indices().any(|(n, c)| {
            let rest = part.get(n..).unwrap_or_default();
            let entity = |(_, entity): &(char, &str)| starts(rest, entity) || starts(entity, rest);
            entities.iter().any(|(special, _)| *special == c) && !entities.iter().any(entity)
        })
    })
}

/// What stands in an entity behind its first character, and behind each other.
pub(super) fn tails(spelled: Text) -> impl Iterator<Item = &'static str> {
    spelled.entities().iter().flat_map(|(_, entity)| (1..entity.len()).filter_map(|n| entity.get(n..)))
}

fn starts(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}
