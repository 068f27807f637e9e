//! Whether an expression is found in a text that is known beforehand, such as the empty one or a word that a place stores.
//! A part of the expression takes a set of positions to the positions behind its matches, so that nothing is tried twice.

use std::collections::BTreeSet;

use super::{Class, Flags, Node, Perl, Regex};

/// Positions between the characters of a text.
type Positions = BTreeSet<usize>;

impl Regex {
    /// Whether the expression is found in the empty text.
    pub fn finds_empty(&self) -> bool {
        self.is_found_in("")
    }

    /// Whether the expression is found anywhere in the text.
    pub fn is_found_in(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let starts = (0..=text.len()).collect();
        !Text(&text).behind(&self.node, self.flags, starts).is_empty()
    }
}

struct Text<'a>(&'a [char]);

impl Text<'_> {
    /// The positions behind the matches of a part that start at one of these positions.
    fn behind(&self, node: &Node, flags: Flags, starts: Positions) -> Positions {
        match node {
            Node::Empty => starts,
            Node::Literal(c) => self.step(starts, |other| is_same(*c, other, flags)),
            Node::Dot => self.step(starts, |c| flags.dot_all || c != '\n'),
            Node::Class(class) => self.step(starts, |c| holds(class, c, flags)),
            Node::Start => self.stay(starts, |at| at == 0 || flags.multi_line && self.before(at) == Some('\n')),
            Node::End => self.stay(starts, |at| at == self.0.len() || flags.multi_line && self.after(at) == Some('\n')),
            Node::TextStart => self.stay(starts, |at| at == 0),
            Node::TextEnd => self.stay(starts, |at| at == self.0.len()),
            Node::WordBoundary => self.stay(starts, |at| self.is_boundary(at)),
            Node::NotWordBoundary => self.stay(starts, |at| !self.is_boundary(at)),
            Node::Group { flags: own, inner } => self.behind(inner, own.unwrap_or(flags), starts),
            Node::Concat(parts) => parts.iter().fold(starts, |at, part| self.behind(part, flags, at)),
            Node::Alternate(parts) => parts.iter().flat_map(|part| self.behind(part, flags, starts.clone())).collect(),
            Node::Repeat { inner, min, max, .. } => self.repeated(inner, flags, starts, *min, *max),
        }
    }

    fn repeated(&self, inner: &Node, flags: Flags, starts: Positions, min: u32, max: Option<u32>) -> Positions {
        // Behind as many rounds as there are characters, further ones match nothing or bring nothing new.
        let most = u32::try_from(self.0.len()).map_or(u32::MAX, |length| length.saturating_add(1));
        let mut now = starts;
        for _ in 0..min.min(most) {
            now = self.behind(inner, flags, now);
        }
        let mut all = now.clone();
        for _ in 0..max.map_or(most, |max| max.saturating_sub(min).min(most)) {
            now = self.behind(inner, flags, now);
            all.extend(&now);
        }
        all
    }

    fn step(&self, starts: Positions, fits: impl Fn(char) -> bool) -> Positions {
        starts.into_iter().filter(|at| self.after(*at).is_some_and(&fits)).map(|at| at + 1).collect()
    }

    fn stay(&self, mut starts: Positions, fits: impl Fn(usize) -> bool) -> Positions {
        starts.retain(|at| fits(*at));
        starts
    }

    fn after(&self, at: usize) -> Option<char> {
        self.0.get(at).copied()
    }

    fn before(&self, at: usize) -> Option<char> {
        self.after(at.checked_sub(1)?)
    }

    fn is_boundary(&self, at: usize) -> bool {
        let is_word = |c: Option<char>| c.is_some_and(|c| Perl::Word.holds(c));
        is_word(self.before(at)) != is_word(self.after(at))
    }
}

/// Whether two characters are the same, under simple case folding where the flags say so.
fn is_same(one: char, other: char, flags: Flags) -> bool {
    one == other || flags.ignore_case && one.to_lowercase().eq(other.to_lowercase())
}

/// Whether the class has the character, in any case where the flags say so.
fn holds(class: &Class, c: char, flags: Flags) -> bool {
    let own = Class { negated: false, items: class.items.clone() };
    let folded = flags.ignore_case && (own.holds(c.to_ascii_lowercase()) || own.holds(c.to_ascii_uppercase()));
    (own.holds(c) || folded) != class.negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_as_any_engine_finds_it() {
        let found = ["[^x]{2,}", "^n.*l$", "u|x", "(?i)NULL", r"\bnull\b", "l{2}$", "(n|u)+l", "", r"\Anull\z"];
        let missed = ["[^l]{3,}", "^ull", "N", r"null\b.", "l{3}", "(nu){2}", r"\Bnull", r"\d"];
        let is_found = |text: &&str| Regex::parse(text, Flags::default()).unwrap().is_found_in("null");
        assert!(found.iter().all(is_found) && !missed.iter().any(is_found));
    }
}
