//! Simple case folding (Unicode CaseFolding.txt, C and S), for comparisons between fields.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// The text with each letter replaced by the one that stands for all its cases.
pub(super) fn fold(text: &str) -> String {
    text.chars().map(fold_char).collect()
}

fn fold_char(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    class.case_fold_simple();
    // The least of all its cases is the same for each of them. It may be a capital of ASCII: that of the Kelvin sign.
    class.ranges().first().map_or(c, |range| range.start().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn letters_fold_one_by_one() {
        assert_eq!(fold("ΣΑΣ"), fold("σας"));
        assert_eq!(fold("\u{212a}ſ"), "ks");
        assert_eq!(fold("STRAẞE"), fold("straße"));
        assert_ne!(fold("STRASSE"), fold("straße"));
    }
}
