//! PCRE, Splunk's regular expressions, by way of `fancy-regex`: what the two read otherwise is written anew.
//!
//! PCRE (pcre2pattern): `\d`, `\w`, `\s`, `\b` are ASCII; `$` also matches before a final newline; `\<` and `&&` are no
//! operators. Letters' case folds as Unicode says, for the text is UTF-8.

use std::collections::HashMap;
use std::rc::Rc;

use fancy_regex::{Regex, RegexBuilder};

use crate::engines::Refusal;

/// limits.conf has a match_limit of 100,000; what goes over it is not decided here but refused.
const BACKTRACKS: usize = 1_000_000;
const SIZE: usize = 10 << 20;
/// How deep groups may nest.
const DEPTH: usize = 100;

/// The regular expressions of a run, each compiled once.
#[derive(Default)]
pub(super) struct Patterns(HashMap<String, Rc<Regex>>);

impl Patterns {
    /// The regular expression that a text is.
    pub(super) fn get(&mut self, pattern: &str) -> Result<Rc<Regex>, Refusal> {
        if let Some(regex) = self.0.get(pattern) {
            return Ok(Rc::clone(regex));
        }
        let written = translate(pattern)?;
        let built = RegexBuilder::new(&written).backtrack_limit(BACKTRACKS).delegate_size_limit(SIZE).build();
        let regex = Rc::new(built.map_err(|error| Refusal::Error(format!("the regex `{pattern}`: {error}")))?);
        self.0.insert(pattern.to_owned(), Rc::clone(&regex));
        Ok(regex)
    }

    /// Whether it matches anywhere in the text.
    pub(super) fn found(&mut self, pattern: &str, text: &str) -> Result<bool, Refusal> {
        self.get(pattern)?.is_match(text).map_err(|_| Refusal::Limit)
    }
}

#[derive(Clone, Copy, Default)]
struct Flags {
    multi: bool,
    extended: bool,
    fold: bool,
    dot: bool,
    /// Inside a lookbehind.
    behind: bool,
}

struct Writer<'p> {
    pattern: &'p str,
    rest: &'p str,
    out: String,
    flags: Flags,
    open: Vec<Flags>,
    names: Vec<String>,
}

/// The classes of POSIX and Perl (pcre2pattern, POSIX character classes).
const POSIX: &[&str] = &[
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word",
    "xdigit",
];
const DIGIT: &str = "0-9";
const WORD: &str = "A-Za-z0-9_";
const SPACE: &str = r"\x09-\x0D\x20";
const BLANK: &str = r"\x09\x20\x{A0}\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}";
const LINES: &str = r"\x0A-\x0D\x{85}\x{2028}\x{2029}";

/// The same pattern as `fancy-regex` writes it.
fn translate(pattern: &str) -> Result<String, Refusal> {
    let mut writer = Writer {
        pattern,
        rest: pattern,
        out: String::new(),
        flags: Flags::default(),
        open: Vec::new(),
        names: Vec::new(),
    };
    while let Some(c) = writer.next() {
        writer.one(c)?;
    }
    if !writer.open.is_empty() {
        return Err(writer.wrong("a parenthesis is not closed"));
    }
    Ok(writer.out)
}

impl Writer<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..)?;
        Some(c)
    }

    fn take(&mut self, text: &str) -> bool {
        match self.rest.strip_prefix(text) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn until(&mut self, end: char) -> Option<String> {
        let (inside, rest) = self.rest.split_once(end)?;
        self.rest = rest;
        Some(inside.to_owned())
    }

    fn wrong(&self, why: &str) -> Refusal {
        Refusal::Error(format!("the regex `{}`: {why}", self.pattern))
    }

    fn unknown(&self, what: &str) -> Refusal {
        Refusal::Unknown(format!("{what} in the regex `{}`", self.pattern))
    }

    fn literal(&mut self, c: char) {
        if c.is_ascii_alphanumeric() || !c.is_ascii() {
            self.out.push(c);
        } else {
            self.out.push_str(&format!("\\x{{{:X}}}", u32::from(c)));
        }
    }

    fn set(&mut self, negated: bool, set: &str) {
        let not = if negated { "^" } else { "" };
        self.out.push_str(&format!("(?-i:[{not}{set}])"));
    }

    fn one(&mut self, c: char) -> Result<(), Refusal> {
        match c {
            '\\' => return self.escape(),
            '[' => return self.class(),
            '(' => return self.group(),
            ')' => {
                let outer = self.open.pop().ok_or_else(|| self.wrong("a parenthesis too many"))?;
                // A flag that was set inside a group ends with it; `fancy-regex` lets it go on.
                for (inside, outside, flag) in [(self.flags.fold, outer.fold, 'i'), (self.flags.dot, outer.dot, 's')] {
                    if inside != outside {
                        self.out.push_str(&format!("(?{}{flag})", if outside { "" } else { "-" }));
                    }
                }
                self.flags = outer;
                self.out.push(')');
            }
            '^' if self.flags.multi => self.out.push_str(r"(?:\A|(?<=\n)(?!\z))"),
            '^' => self.out.push_str(r"\A"),
            '$' if self.flags.multi => self.out.push_str(r"(?=\n|\z)"),
            '$' => self.out.push_str(r"(?=\n?\z)"),
            '#' if self.flags.extended => {
                self.rest = self.rest.split_once('\n').map_or("", |(_, rest)| rest);
            }
            c if self.flags.extended && c.is_ascii_whitespace() => {}
            // How long a lookbehind may be differs between versions of PCRE2.
            '*' | '+' | '?' if self.flags.behind => return Err(self.unknown("a repetition inside a lookbehind")),
            '.' | '|' | '*' | '+' | '?' => self.out.push(c),
            '{' => match quantifier(self.rest) {
                Some(length) => {
                    let (low, high) =
                        self.rest.split_once('}').map_or("", |(inside, _)| inside).split_once(',').unwrap_or_default();
                    if self.flags.behind && !low.is_empty() {
                        return Err(self.unknown("a repetition inside a lookbehind"));
                    }
                    if !high.is_empty() && high.parse::<u32>().ok() < low.parse::<u32>().ok() {
                        return Err(self.wrong("a repetition that ends before it starts"));
                    }
                    self.out.push('{');
                    self.out.push_str(self.rest.get(..length).unwrap_or_default());
                    self.rest = self.rest.get(length..).unwrap_or_default();
                }
                None if newer_quantifier(self.rest) => return Err(self.unknown("`{,n}` or a blank in braces")),
                None => self.literal('{'),
            },
            c => self.literal(c),
        }
        Ok(())
    }

    fn escape(&mut self) -> Result<(), Refusal> {
        let Some(c) = self.next() else { return Err(self.wrong("a backslash at its end")) };
        match c {
            'd' | 'D' => self.set(c == 'D', DIGIT),
            'w' | 'W' => self.set(c == 'W', WORD),
            's' | 'S' => self.set(c == 'S', SPACE),
            'h' | 'H' => self.set(c == 'H', BLANK),
            'v' | 'V' => self.set(c == 'V', LINES),
            'N' => self.out.push_str(r"[^\n]"),
            'R' => self.out.push_str(&format!(r"(?>\r\n|[{LINES}])")),
            'b' => self.out.push_str(&boundary(true)),
            'B' => self.out.push_str(&boundary(false)),
            'A' => self.out.push_str(r"\A"),
            'z' => self.out.push_str(r"\z"),
            'Z' => self.out.push_str(r"(?=\n?\z)"),
            'E' => {}
            'Q' => {
                let (inside, rest) = self.rest.split_once("\\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                inside.chars().for_each(|c| self.literal(c));
            }
            'k' => {
                let name = if self.take("<") {
                    self.until('>')
                } else if self.take("{") {
                    self.until('}')
                } else if self.take("'") {
                    self.until('\'')
                } else {
                    None
                };
                let name = name.filter(|name| is_name(name)).ok_or_else(|| self.wrong("no name behind \\k"))?;
                self.out.push_str(&format!("\\k<{name}>"));
            }
            '1'..='9' if !self.rest.starts_with(|c: char| c.is_ascii_digit()) => {
                self.out.push_str(&format!("(?:\\{c})"));
            }
            '1'..='9' => return Err(self.unknown("an octal number or a reference above 9")),
            'p' | 'P' => {
                let name = if self.take("{") { self.until('}') } else { self.next().map(String::from) };
                let name = name.ok_or_else(|| self.wrong("no property"))?;
                self.out.push_str(&format!("\\{c}{{{name}}}"));
            }
            c => {
                let c = self.character(c)?;
                self.literal(c);
            }
        }
        Ok(())
    }

    /// The one character that an escape stands for, inside a class and outside.
    fn character(&mut self, c: char) -> Result<char, Refusal> {
        let code = match c {
            'n' => 10,
            'r' => 13,
            't' => 9,
            'f' => 12,
            'a' => 7,
            'e' => 27,
            'x' if self.take("{") => {
                let digits = self.until('}').ok_or_else(|| self.wrong("\\x{ without its end"))?;
                u32::from_str_radix(&digits, 16).map_err(|_| self.wrong("\\x{ holds no number"))?
            }
            'x' if !self.rest.starts_with(|c: char| c.is_ascii_hexdigit()) => {
                // NUL in old versions of PCRE2, a mistake in new ones.
                return Err(self.unknown("\\x without digits"));
            }
            'x' => self.digits(2, 16),
            '0' => self.digits(2, 8),
            c if c.is_ascii_alphanumeric() => return Err(self.unknown(&format!("\\{c}"))),
            c => return Ok(c),
        };
        char::from_u32(code).ok_or_else(|| self.wrong("no such character"))
    }

    fn digits(&mut self, most: usize, base: u32) -> u32 {
        let mut code = 0;
        for _ in 0..most {
            let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(base)) else { break };
            code = code * base + digit;
            self.next();
        }
        code
    }

    fn group(&mut self) -> Result<(), Refusal> {
        if self.open.len() >= DEPTH {
            return Err(Refusal::Limit);
        }
        if self.rest.starts_with('*') {
            return Err(self.unknown("a verb"));
        }
        if !self.take("?") {
            self.open.push(self.flags);
            self.out.push('(');
            return Ok(());
        }
        for start in [":", "=", "!", ">", "<=", "<!"] {
            if self.take(start) {
                self.open.push(self.flags);
                self.flags.behind |= start.starts_with('<');
                self.out.push_str(&format!("(?{start}"));
                return Ok(());
            }
        }
        if self.take("#") {
            self.until(')').ok_or_else(|| self.wrong("a comment without its end"))?;
            return Ok(());
        }
        for (start, end) in [("P<", '>'), ("<", '>'), ("'", '\'')] {
            if self.take(start) {
                let name = self.until(end).filter(|name| is_name(name));
                let name = name.ok_or_else(|| self.wrong("a group without a name"))?;
                if self.names.contains(&name) {
                    return Err(self.wrong("two groups of one name"));
                }
                self.names.push(name.clone());
                self.open.push(self.flags);
                self.out.push_str(&format!("(?<{name}>"));
                return Ok(());
            }
        }
        self.flag_group()
    }

    fn flag_group(&mut self) -> Result<(), Refusal> {
        let before = self.flags;
        let (mut on, mut written) = (true, String::new());
        loop {
            match self.next() {
                Some('-') => {
                    on = false;
                    written.push('-');
                }
                Some('m') => self.flags.multi = on,
                Some('x') => self.flags.extended = on,
                Some('i') => {
                    self.flags.fold = on;
                    written.push('i');
                }
                Some('s') => {
                    self.flags.dot = on;
                    written.push('s');
                }
                Some(end @ (')' | ':')) => {
                    let written = written.trim_end_matches('-');
                    if end == ':' {
                        self.open.push(before);
                        self.out.push_str(&format!("(?{written}:"));
                    } else if !written.is_empty() {
                        self.out.push_str(&format!("(?{written})"));
                    }
                    return Ok(());
                }
                Some(c) => return Err(self.unknown(&format!("a group (?{c}"))),
                None => return Err(self.wrong("a parenthesis is not closed")),
            }
        }
    }

    fn class(&mut self) -> Result<(), Refusal> {
        self.out.push('[');
        if self.take("^") {
            self.out.push('^');
        }
        let mut first = true;
        loop {
            let Some(c) = self.next() else { return Err(self.wrong("a class without its end")) };
            if c == ']' && !first {
                self.out.push(']');
                return Ok(());
            }
            first = false;
            let Some(low) = self.member(c)? else {
                if self.rest.starts_with('-') && !self.rest.starts_with("-]") {
                    return Err(self.wrong("a hyphen behind a set"));
                }
                continue;
            };
            self.out.push_str(&format!("\\x{{{:X}}}", u32::from(low)));
            let mut ahead = self.rest.chars();
            if ahead.next() == Some('-') && !matches!(ahead.next(), Some(']') | None) {
                self.take("-");
                let Some(c) = self.next() else { return Err(self.wrong("a class without its end")) };
                match self.member(c)? {
                    Some(high) if high < low => return Err(self.wrong("a range that ends before it starts")),
                    Some(high) => self.out.push_str(&format!("-\\x{{{:X}}}", u32::from(high))),
                    None => return Err(self.wrong("a hyphen before a set")),
                }
            }
        }
    }

    /// A character of a class; none where it is a set, which is then written.
    fn member(&mut self, c: char) -> Result<Option<char>, Refusal> {
        if c == '[' && self.rest.starts_with([':', '.', '=']) {
            let Some(name) = self.rest.strip_prefix(':').and_then(|rest| rest.split_once(":]")) else {
                return Ok(Some(c));
            };
            if !POSIX.contains(&name.0.trim_start_matches('^')) {
                return Err(self.wrong("a class of POSIX that does not exist"));
            }
            self.rest = name.1;
            self.out.push_str(&format!("[:{}:]", name.0));
            return Ok(None);
        }
        if c != '\\' {
            return Ok(Some(c));
        }
        let Some(c) = self.next() else { return Err(self.wrong("a backslash at its end")) };
        let (set, negated) = match c {
            'd' | 'D' => (DIGIT, c == 'D'),
            'w' | 'W' => (WORD, c == 'W'),
            's' | 'S' => (SPACE, c == 'S'),
            'h' | 'H' => (BLANK, c == 'H'),
            'v' | 'V' => (LINES, c == 'V'),
            'b' => return Ok(Some('\u{8}')),
            'p' | 'P' | 'Q' | 'E' | 'N' | 'R' => return Err(self.unknown(&format!("\\{c} in a class"))),
            '1'..='7' => return Err(self.unknown("an octal number")),
            c => return self.character(c).map(Some),
        };
        let not = if negated { "^" } else { "" };
        self.out.push_str(&format!("[{not}{set}]"));
        Ok(None)
    }
}

/// `\b` and `\B` by ASCII words.
fn boundary(is: bool) -> String {
    let word = format!("(?-i:[{WORD}])");
    let (one, other) = if is { ("!", "=") } else { ("=", "!") };
    format!("(?:(?<={word})(?{one}{word})|(?<!{word})(?{other}{word}))")
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// The length of `n}`, `n,}` or `n,m}`; anything else behind a brace makes it a plain character.
fn quantifier(text: &str) -> Option<usize> {
    let (inside, _) = text.split_once('}')?;
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let valid = match inside.split_once(',') {
        None => number(inside),
        Some((low, high)) => number(low) && (high.is_empty() || number(high)),
    };
    valid.then_some(inside.len() + 1)
}

/// Whether `{,n}`, `{ n }` and the like follow: repetitions since PCRE2 10.43, plain text before (its ChangeLog; Splunk's pages
/// name no version).
fn newer_quantifier(text: &str) -> bool {
    let Some((inside, _)) = text.split_once('}') else { return false };
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let blank = |c| c == ' ' || c == '\t';
    let (low, high) = (low.trim_matches(blank), high.trim_matches(blank));
    !(low.is_empty() && high.is_empty()) && low.bytes().chain(high.bytes()).all(|b| b.is_ascii_digit())
}
