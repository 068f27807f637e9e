//! Simple case folding (Unicode CaseFolding.txt, C and S): code point for code point, as `(?i)` does.

use std::sync::OnceLock;

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// No letter from here on has a case (Unicode 16).
const END: u32 = 0x1e944;

/// The text with each letter replaced by the one that stands for all its cases.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let table = table();
    text.chars().map(|c| table.get(c as usize).copied().unwrap_or(c)).collect()
}

/// What each code point folds to.
fn table() -> &'static [char] {
    static TABLE: OnceLock<Vec<char>> = OnceLock::new();
    TABLE.get_or_init(|| {
        (0..END).map(|c| char::from_u32(c).map_or(char::REPLACEMENT_CHARACTER, representative)).collect()
    })
}

/// The least of all a letter's cases, which is the same for each of them; for the cases of an ASCII letter its small form.
fn representative(c: char) -> char {
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class.case_fold_simple();
    class.ranges().first().map_or(c, |range| range.start().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{END, fold, representative};

    #[test]
    fn letters_fold_one_by_one() {
        assert_eq!(fold("ΣΑΣ"), fold("σας"));
        assert_eq!(fold("\u{212a}ſé"), fold("ksÉ"));
        assert_eq!(fold("STRAẞE"), fold("straße"));
        assert_ne!(fold("STRASSE"), fold("straße"));
    }

    #[test]
    fn the_table_has_all_letters_with_cases() {
        assert!((END..=0x10ffff).filter_map(char::from_u32).all(|c| representative(c) == c));
    }
}
