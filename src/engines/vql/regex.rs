//! Go's regular expressions (RE2) on the `regex` crate: what the two read differently is written anew.
//!
//! Differences: `\d \w \s \b` are ASCII in Go; a class has no set operations and may hold `[`; a `{` that begins no
//! repetition is a character; doubled repetitions, more than 1,000 repetitions, `\u`, `\<`, `(?x)` are errors or mean otherwise.

use regex::{Regex, RegexBuilder};

use super::super::Refusal;

/// Why a pattern has no program.
#[derive(Debug, PartialEq)]
pub(super) enum Bad {
    /// Go refuses the pattern: the product logs that and goes on.
    Invalid,
    /// The engine does not know how to say it.
    Refused(Refusal),
}

/// The program of a pattern.
pub(super) fn compile(pattern: &str, ignore_case: bool) -> Result<Regex, Bad> {
    let mut translator = Translator { rest: pattern, out: String::new(), atom: Atom::None, depth: 0 };
    translator.run()?;
    let mut builder = RegexBuilder::new(&translator.out);
    builder.case_insensitive(ignore_case).nest_limit(200);
    builder.build().map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => Bad::Refused(Refusal::Limit),
        _ => Bad::Refused(Refusal::Unknown(format!("the regular expression {pattern}"))),
    })
}

/// What a repetition would repeat.
#[derive(PartialEq, Clone, Copy)]
enum Atom {
    None,
    Some,
    /// Repeated already.
    Repeated,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    atom: Atom,
    depth: u32,
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\f\r ";

impl Translator<'_> {
    fn run(&mut self) -> Result<(), Bad> {
        while let Some(c) = self.next() {
            match c {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                ')' => {
                    self.depth = self.depth.checked_sub(1).ok_or(Bad::Invalid)?;
                    self.put(")", Atom::Some);
                }
                '|' => self.put("|", Atom::None),
                '*' | '+' | '?' => self.repeat(c.to_string())?,
                '{' => match self.counts() {
                    None => self.literal('{'),
                    Some((least, most)) => {
                        let most_seen = most.unwrap_or(least);
                        if least > 1000 || most_seen > 1000 || most_seen < least {
                            return Err(Bad::Invalid);
                        }
                        let most = most.map_or_else(String::new, |most| most.to_string());
                        self.repeat(format!("{{{least},{most}}}"))?;
                    }
                },
                '.' | '^' | '$' => self.put(&c.to_string(), Atom::Some),
                c => self.literal(c),
            }
        }
        if self.depth == 0 { Ok(()) } else { Err(Bad::Invalid) }
    }

    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let next = chars.next();
        self.rest = chars.as_str();
        next
    }

    fn take(&mut self, prefix: &str) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn put(&mut self, text: &str, atom: Atom) {
        self.out.push_str(text);
        self.atom = atom;
    }

    fn literal(&mut self, c: char) {
        self.put(&regex::escape(c.encode_utf8(&mut [0; 4])), Atom::Some);
    }

    fn repeat(&mut self, operator: String) -> Result<(), Bad> {
        if self.atom != Atom::Some {
            return Err(Bad::Invalid);
        }
        let lazy = if self.take("?") { "?" } else { "" };
        self.put(&format!("{operator}{lazy}"), Atom::Repeated);
        Ok(())
    }

    /// `n}`, `n,}`, `n,m}` behind a `{`; none where it is only a character.
    fn counts(&mut self) -> Option<(u32, Option<u32>)> {
        let (inside, rest) = self.rest.split_once('}')?;
        let number = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().unwrap_or(u32::MAX))
        };
        let counts = match inside.split_once(',') {
            None => number(inside).map(|exactly| (exactly, Some(exactly))),
            Some((least, "")) => number(least).map(|least| (least, None)),
            Some((least, most)) => number(least).zip(number(most)).map(|(least, most)| (least, Some(most))),
        }?;
        self.rest = rest;
        Some(counts)
    }

    fn escape(&mut self) -> Result<(), Bad> {
        let c = self.next().ok_or(Bad::Invalid)?;
        let perl = match c {
            'd' => format!("[{DIGIT}]"),
            'D' => format!("[^{DIGIT}]"),
            'w' => format!("[{WORD}]"),
            'W' => format!("[^{WORD}]"),
            's' => format!("[{SPACE}]"),
            'S' => format!("[^{SPACE}]"),
            'b' => r"(?-u:\b)".to_owned(),
            'B' => return Err(Bad::Refused(Refusal::Unknown(r"\B in a regular expression".to_owned()))),
            'A' => r"\A".to_owned(),
            'z' => r"\z".to_owned(),
            'p' | 'P' => self.property(c)?,
            'Q' => {
                let (quoted, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
                self.rest = rest;
                quoted.chars().for_each(|c| self.literal(c));
                return Ok(());
            }
            c => {
                let c = self.character(c)?;
                self.literal(c);
                return Ok(());
            }
        };
        self.put(&perl, Atom::Some);
        Ok(())
    }

    /// `\pL`, `\p{Greek}`.
    fn property(&mut self, kind: char) -> Result<String, Bad> {
        let name = if self.take("{") {
            let (name, rest) = self.rest.split_once('}').ok_or(Bad::Invalid)?;
            self.rest = rest;
            name.to_owned()
        } else {
            self.next().ok_or(Bad::Invalid)?.to_string()
        };
        if name.starts_with('^') || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Bad::Refused(Refusal::Unknown(format!(r"\{kind}{{{name}}} in a regular expression"))));
        }
        Ok(format!(r"\{kind}{{{name}}}"))
    }

    /// The character that `\c` stands for.
    fn character(&mut self, c: char) -> Result<char, Bad> {
        Ok(match c {
            'a' => '\u{7}',
            'f' => '\u{c}',
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'v' => '\u{b}',
            'x' => self.hexadecimal()?,
            '0'..='7' => {
                if c != '0' && !self.rest.starts_with(|c: char| c.is_digit(8)) {
                    return Err(Bad::Invalid);
                }
                let mut code = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some(digit) = self.rest.chars().next().and_then(|c| c.to_digit(8)) else { break };
                    code = code * 8 + digit;
                    self.next();
                }
                char::from_u32(code).ok_or(Bad::Invalid)?
            }
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => c,
            _ => return Err(Bad::Invalid),
        })
    }

    fn hexadecimal(&mut self) -> Result<char, Bad> {
        let (digits, rest) = match self.rest.strip_prefix('{') {
            Some(inside) => inside.split_once('}').ok_or(Bad::Invalid)?,
            None => self.rest.split_at_checked(2).ok_or(Bad::Invalid)?,
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Bad::Invalid);
        }
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or(Bad::Invalid)
    }

    fn group(&mut self) -> Result<(), Bad> {
        self.depth += 1;
        if !self.take("?") {
            self.put("(", Atom::None);
            return Ok(());
        }
        if self.take("P<") || self.take("<") {
            let (name, rest) = self.rest.split_once('>').ok_or(Bad::Invalid)?;
            if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                return Err(Bad::Invalid);
            }
            if name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(Bad::Refused(Refusal::Unknown(format!("the group name {name}"))));
            }
            self.rest = rest;
            self.put(&format!("(?P<{name}>"), Atom::None);
            return Ok(());
        }
        let end = self.rest.find([':', ')']).ok_or(Bad::Invalid)?;
        let (flags, rest) = self.rest.split_at(end);
        let (on, off) = flags.split_once('-').map_or((flags, None), |(on, off)| (on, Some(off)));
        let known = |flags: &str| flags.chars().all(|c| "imsU".contains(c));
        if !known(on) || off.is_some_and(|off| off.is_empty() || !known(off)) {
            return Err(Bad::Invalid);
        }
        let group = rest.starts_with(':');
        if flags.is_empty() && !group {
            return Err(Bad::Invalid);
        }
        self.rest = rest.get(1..).unwrap_or_default();
        self.depth -= u32::from(!group);
        let atom = if group { Atom::None } else { self.atom };
        self.put(&format!("(?{flags}{}", if group { ":" } else { ")" }), atom);
        Ok(())
    }

    fn class(&mut self) -> Result<(), Bad> {
        let mut out = String::from("[");
        if self.take("^") {
            out.push('^');
        }
        let mut first = true;
        loop {
            if !first && self.take("]") {
                break;
            }
            first = false;
            let Some(low) = self.class_item(&mut out)? else { continue };
            let range = self.rest.starts_with('-') && !self.rest.starts_with("-]") && self.rest.len() > 1;
            if !range {
                out.push_str(&code(low));
                continue;
            }
            self.next();
            let high = match self.next().ok_or(Bad::Invalid)? {
                '\\' => {
                    let c = self.next().ok_or(Bad::Invalid)?;
                    self.character(c)?
                }
                c => c,
            };
            if high < low {
                return Err(Bad::Invalid);
            }
            out.push_str(&format!("{}-{}", code(low), code(high)));
        }
        out.push(']');
        self.put(&out, Atom::Some);
        Ok(())
    }

    /// One item of a class: a character that may begin a range, or a set, which is written at once.
    fn class_item(&mut self, out: &mut String) -> Result<Option<char>, Bad> {
        if self.rest.starts_with("[:")
            && let Some((name, rest)) = self.rest.split_once(":]")
        {
            let bare = name.trim_start_matches("[:").trim_start_matches('^');
            const SETS: [&str; 14] = [
                "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
                "upper", "word", "xdigit",
            ];
            if !SETS.contains(&bare) {
                return Err(Bad::Invalid);
            }
            out.push_str(&format!("{name}:]"));
            self.rest = rest;
            return Ok(None);
        }
        let c = self.next().ok_or(Bad::Invalid)?;
        if c != '\\' {
            return Ok(Some(c));
        }
        let c = self.next().ok_or(Bad::Invalid)?;
        let set = match c {
            'd' => DIGIT.to_owned(),
            'w' => WORD.to_owned(),
            's' => SPACE.to_owned(),
            'D' => format!("[^{DIGIT}]"),
            'W' => format!("[^{WORD}]"),
            'S' => format!("[^{SPACE}]"),
            'p' | 'P' => self.property(c)?,
            c => return self.character(c).map(Some),
        };
        out.push_str(&set);
        Ok(None)
    }
}

/// A character of a class, spelled so that it means nothing else.
fn code(c: char) -> String {
    format!(r"\x{{{:x}}}", u32::from(c))
}
