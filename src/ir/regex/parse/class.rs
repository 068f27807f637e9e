//! Sets of characters: `[...]`.

use super::{Class, ClassItem, ParseError, Parser, perl};

/// One thing inside a class.
enum Member {
    Char(char),
    /// `\d`, `[:alpha:]`: never the end of a range.
    Set(Vec<ClassItem>),
}

impl Parser<'_> {
    /// A class behind its opening bracket, which is at `start`.
    pub(super) fn class(&mut self, start: usize) -> Result<Class, ParseError> {
        let negated = self.eat("^");
        let mut items = Vec::new();
        // A bracket right at the start is a member.
        let mut first = true;
        loop {
            if !first && self.eat("]") {
                return Ok(Class { negated, items });
            }
            first = false;
            let at = self.at;
            match self.member(start)? {
                Member::Set(set) => items.extend(set),
                Member::Char(low) => {
                    let is_range = self.rest().starts_with('-') && !self.rest().starts_with("-]");
                    if !is_range {
                        items.push(ClassItem::Range(low, low));
                        continue;
                    }
                    self.at += 1;
                    match self.member(start)? {
                        Member::Char(high) if low <= high => items.push(ClassItem::Range(low, high)),
                        Member::Char(high) => {
                            return Err(self.broken(at, format!("the range `{low}-{high}`, which runs backwards")));
                        }
                        // `[a-\d]`: the hyphen is a member.
                        Member::Set(set) => {
                            items.extend([ClassItem::Range(low, low), ClassItem::Range('-', '-')]);
                            items.extend(set);
                        }
                    }
                }
            }
        }
    }

    fn member(&mut self, class_start: usize) -> Result<Member, ParseError> {
        let start = self.at;
        let Some(c) = self.next() else {
            return Err(self.broken(class_start, "a class that is not closed"));
        };
        match c {
            '[' => self.posix(start),
            '\\' => {
                let Some(c) = self.next() else {
                    return Err(self.broken(class_start, "a class that is not closed"));
                };
                if let Some(item) = perl(c) {
                    return Ok(Member::Set(vec![item]));
                }
                if c == 'b' {
                    return Ok(Member::Char('\u{8}'));
                }
                self.escaped_char(start, c).map(Member::Char)
            }
            c => Ok(Member::Char(c)),
        }
    }

    /// `[:alpha:]` behind its bracket, or the bracket itself.
    fn posix(&mut self, start: usize) -> Result<Member, ParseError> {
        for kind in [":", ".", "="] {
            let Some(body) = self.rest().strip_prefix(kind) else {
                continue;
            };
            let Some((name, _)) = body.split_once(&format!("{kind}]")) else {
                continue;
            };
            let is_name = name.strip_prefix('^').unwrap_or(name).chars().all(|c| c.is_ascii_alphabetic());
            if kind != ":" {
                return Err(self.unsupported(start, "a collating element"));
            }
            if !is_name {
                continue;
            }
            let Some(items) = posix_items(name) else {
                return Err(self.unsupported(start, format!("the class `[:{name}:]`")));
            };
            self.at += name.len() + 3;
            return Ok(Member::Set(items));
        }
        Ok(Member::Char('['))
    }
}

/// The members of a POSIX class, ASCII.
fn posix_items(name: &str) -> Option<Vec<ClassItem>> {
    let ranges: &[(char, char)] = match name {
        "alpha" => &[('A', 'Z'), ('a', 'z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('0', '9'), ('A', 'Z'), ('a', 'z')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[('\t', '\r'), (' ', ' ')],
        "blank" => &[('\t', '\t'), (' ', ' ')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "print" => &[(' ', '~')],
        "graph" => &[('!', '~')],
        "cntrl" => &[('\0', '\u{1f}'), ('\u{7f}', '\u{7f}')],
        "xdigit" => &[('0', '9'), ('A', 'F'), ('a', 'f')],
        "word" => &[('0', '9'), ('A', 'Z'), ('_', '_'), ('a', 'z')],
        "ascii" => &[('\0', '\u{7f}')],
        _ => return None,
    };
    Some(ranges.iter().map(|(low, high)| ClassItem::Range(*low, *high)).collect())
}
