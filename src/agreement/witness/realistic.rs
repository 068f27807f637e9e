//! Values that a field may have in a real event and no rule asks for, so that a witness can be read.

/// What a field holds, as its name tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Image,
    CommandLine,
    File,
    Registry,
    Pipe,
    User,
    Address,
    Host,
    Hex,
    Number,
    Text,
}

fn holds(field: &str) -> Holds {
    let name = field.rsplit('.').next().unwrap_or(field).to_ascii_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    match name.as_str() {
        "targetobject" | "objectname" | "newname" => Holds::Registry,
        "pipename" => Holds::Pipe,
        "grantedaccess" | "accessmask" | "logonid" | "subjectlogonid" | "targetlogonid" => Holds::Hex,
        "eventid" | "eventcode" => Holds::Number,
        _ if ends(&["commandline", "payload", "scriptblocktext"]) => Holds::CommandLine,
        _ if ends(&["image", "imageloaded", "processname", "application", "exe"]) => Holds::Image,
        _ if ends(&["targetfilename", "filename", "path", "currentdirectory", "imagepath"]) => Holds::File,
        _ if ends(&["user", "username", "accountname"]) => Holds::User,
        _ if ends(&["ip", "ipaddress", "address"]) => Holds::Address,
        _ if ends(&["hostname", "queryname", "computer", "domain", "workstation"]) => Holds::Host,
        _ => Holds::Text,
    }
}

/// A value that no rule names; variants beyond the first are plainer, and then tell one field from another.
pub(super) fn neutral(field: &str, variant: usize) -> String {
    match variant % 3 {
        more if holds(field) == Holds::Number => format!("{}77", more + 1),
        0 => typical(field).to_owned(),
        1 => "neutral.Q7".to_owned(),
        _ => format!("Q7 {field}"),
    }
}

fn typical(field: &str) -> &'static str {
    match holds(field) {
        Holds::Image => r"C:\Apps\neutral.Q7.exe",
        Holds::CommandLine => "neutral.Q7 run",
        Holds::File => r"C:\Apps\neutral.Q7",
        Holds::Registry => r"HKLM\SOFTWARE\Q7\neutral",
        Holds::Pipe => r"\neutral.Q7",
        Holds::User => r"CORP\neutral.Q7",
        Holds::Address => "203.0.113.77",
        Holds::Host => "neutral.Q7.example",
        Holds::Hex => "0x77",
        Holds::Number => "77",
        Holds::Text => "neutral.Q7",
    }
}

/// What stands for any one character.
pub(super) fn letter(field: &str) -> char {
    if matches!(holds(field), Holds::Hex | Holds::Number) { '1' } else { 'z' }
}

/// What a wildcard at the start of a pattern stands for, before a backslash or before something else: what values of the
/// field begin with. None where anything may stand there.
pub(super) fn beginning(field: &str, path_follows: bool, variant: usize) -> Option<&'static str> {
    Some(match (holds(field), path_follows, variant % 3) {
        (Holds::Registry, true, 0) => r"HKLM\SOFTWARE\Q7",
        (Holds::Registry, true, _) => "HKLM",
        (Holds::Registry, false, _) => r"HKLM\Q7",
        (Holds::Pipe, true, 0) => "",
        (Holds::Pipe, true, _) => r"\Q7",
        (Holds::Pipe, false, _) => r"\Q7",
        (Holds::Hex, _, 0) => "0x",
        (Holds::Hex, _, _) => "0x1",
        (Holds::User, true, _) => "CORP",
        (Holds::CommandLine, true, 0) => r"Q7.exe C:\Apps",
        (_, true, 0) => r"C:\Apps",
        (Holds::File | Holds::Image, false, 0) => r"C:\Apps\Q7",
        (_, true, 1) => r"D:\Q7",
        _ => return None,
    })
}

/// What a wildcard stands for behind the beginning of a value, where values of the field go on in one way only: a key of
/// the registry behind (part of) its hive.
pub(super) fn continued(field: &str, so_far: &str) -> Option<&'static str> {
    const KEY: &str = r"HKLM\Q7\";
    if holds(field) != Holds::Registry {
        return None;
    }
    let hives = ["HKU", "HKCU", "HKCR"];
    match so_far.to_ascii_uppercase().as_str() {
        "" => None,
        hive if hives.contains(&hive) => Some(r"\Q7\"),
        begun => KEY.strip_prefix(begun),
    }
}
