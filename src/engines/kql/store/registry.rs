//! Keys and data of the Windows registry, as Sysmon writes them and as the sensor does.

/// The hives that have a short name, or another.
const HIVES: [(&str, &str); 6] = [
    ("HKLM", "HKEY_LOCAL_MACHINE"),
    ("HKU", "HKEY_USERS"),
    ("HKCU", "HKEY_CURRENT_USER"),
    ("HKCR", "HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes"),
    ("\\REGISTRY\\MACHINE", "HKEY_LOCAL_MACHINE"),
    ("\\REGISTRY\\USER", "HKEY_USERS"),
];

/// A registry key with its hive spelled out. What is below no hive is no key.
pub(super) fn hive(key: &str) -> Result<String, String> {
    for (short, long) in HIVES {
        if let Some((head, rest)) = key.split_at_checked(short.len())
            && head.eq_ignore_ascii_case(short)
            && (rest.is_empty() || rest.starts_with('\\'))
        {
            return Ok(format!("{}{rest}", if is_user(long, rest) { "HKEY_CURRENT_USER" } else { long }));
        }
    }
    let start = key.to_ascii_uppercase();
    if start.starts_with("HKEY_") || start.starts_with("\\REGISTRY\\") {
        return Ok(key.to_owned());
    }
    Err(format!("{key:?} is below no hive of the registry"))
}

/// The keys of a user that is no service: rows show `HKEY_CURRENT_USER\S-1-5-21-...` for these.
fn is_user(hive: &str, rest: &str) -> bool {
    let user = "\\S-1-5-21-";
    hive == "HKEY_USERS" && rest.get(..user.len()).is_some_and(|head| head.eq_ignore_ascii_case(user))
}

/// `DWORD (0x00000001)`, `QWORD (0x00000000-0x00000001)`. The event does not tell a number from a text that looks like one.
fn number(details: &str) -> Option<(&'static str, u64)> {
    let details = details.to_ascii_uppercase().replace("0X", "0x");
    let inside = |name: &str| details.strip_prefix(name)?.strip_prefix(" (")?.strip_suffix(')');
    let hex = |text: &str| u64::from_str_radix(text.strip_prefix("0x")?, 16).ok();
    if let Some(word) = inside("DWORD") {
        return Some(("Dword", hex(word)?));
    }
    let (high, low) = inside("QWORD")?.split_once('-')?;
    Some(("Qword", hex(high)? << 32 | hex(low)?))
}

/// The type of a value.
pub(super) fn kind(details: &str) -> &'static str {
    match number(details) {
        Some((name, _)) => name,
        None if details.eq_ignore_ascii_case("binary data") => "Binary",
        None => "String",
    }
}

/// The data of a value.
pub(super) fn data(details: &str) -> String {
    match (number(details), details.to_ascii_lowercase().as_str()) {
        (Some((_, number)), _) => number.to_string(),
        // The event does not say which bytes.
        (None, "binary data" | "(empty)") => String::new(),
        (None, _) => details.to_owned(),
    }
}
