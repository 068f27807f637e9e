//! UTF-16 and Base64, byte by byte (SEMANTICS section 3).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A form of UTF-16.
#[derive(Clone, Copy)]
pub(super) enum Utf16 {
    /// `wide`, `utf16le`
    Le,
    /// `utf16be`
    Be,
    /// `utf16`: little-endian behind a byte order mark.
    LeWithMark,
}

/// The text in UTF-16.
pub(super) fn utf16(text: &str, form: Utf16) -> Vec<u8> {
    let mark = matches!(form, Utf16::LeWithMark).then_some([0xff, 0xfe]);
    let units = text.encode_utf16().map(|unit| match form {
        Utf16::Be => unit.to_be_bytes(),
        Utf16::Le | Utf16::LeWithMark => unit.to_le_bytes(),
    });
    mark.into_iter().chain(units).flatten().collect()
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// What the Base64 of any text with these bytes in it contains, for each of the three places that the bytes can have in
/// a group of three: without the characters that neighbouring bytes have a part in. None where one would be empty.
pub(super) fn base64_offsets(bytes: &[u8]) -> Option<Vec<String>> {
    let variant = |offset: usize| {
        let shifted: Vec<u8> = std::iter::repeat_n(b' ', offset).chain(bytes.iter().copied()).collect();
        let text = STANDARD.encode(&shifted);
        let start = [0, 2, 3].get(offset)?;
        let cut = [0, 3, 2].get(shifted.len() % 3)?;
        text.get(*start..text.len().checked_sub(*cut)?).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    (0..3).map(variant).collect()
}
