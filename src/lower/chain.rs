//! Which chains of modifiers there are (SEMANTICS section 3).

use super::Context;
use crate::diag::{Code, Diagnostic};
use crate::ir::regex::Flags;
use crate::ir::{Order, Part, TimePart};
use crate::sigma::{Item, Modifier, Spanned};

/// The modifiers of an item, understood.
pub(super) struct Chain {
    /// AND instead of OR over the values.
    pub(super) all: bool,
    /// The negation of the whole item.
    pub(super) neq: bool,
    /// What each value asks.
    pub(super) ask: Ask,
}

/// What a value asks.
pub(super) enum Ask {
    /// Equality and what becomes of text: the value modifiers in order, applied left to right.
    Value {
        /// From `windash`, the encodings, and `contains`, `startswith`, `endswith`.
        edits: Vec<Modifier>,
        /// `expand`
        expand: bool,
        /// `cased`
        cased: bool,
    },
    /// `re`
    Regex { flags: Flags, expand: bool },
    /// `cidr`
    Cidr,
    /// `exists`
    Exists,
    /// `lt lte gt gte`
    Order(Order),
    /// `minute` to `year`, perhaps with an order
    Time(TimePart, Option<Order>),
    /// `fieldref`
    Field { part: Part, cased: bool },
}

type Modifiers<'a> = &'a [&'a Spanned<Modifier>];

impl Context<'_> {
    /// Understands an item's modifiers, or says which of them do not go together.
    pub(super) fn chain(&mut self, item: &Item) -> Option<Chain> {
        let find = |wanted| item.modifiers.iter().find(|modifier| modifier.value == wanted);
        let (all, neq) = (find(Modifier::All), find(Modifier::Neq));
        if let Some(all) = all.filter(|_| item.values.len() < 2) {
            let diagnostic = Diagnostic::new(Code::E0404, "`all` needs a list of at least two values").at(all.span);
            self.error(diagnostic.help("remove `all`, or write a list"));
            return None;
        }
        let rest: Vec<&Spanned<Modifier>> =
            item.modifiers.iter().filter(|modifier| !matches!(modifier.value, Modifier::All | Modifier::Neq)).collect();
        if item.field.is_none() {
            self.keyword_chain(&rest)?;
        }
        let ask = self.ask(&rest)?;
        if let (Ask::Exists, Some(first), Some(other)) = (&ask, rest.first(), all.or(neq)) {
            return self.exclude(first, other, "`exists` stands alone; write `exists: false` for its negation");
        }
        Some(Chain { all: all.is_some(), neq: neq.is_some(), ask })
    }

    /// A keyword is found anywhere in a value; only what changes its text makes sense.
    fn keyword_chain(&mut self, rest: Modifiers<'_>) -> Option<()> {
        let fits = |modifier: Modifier| match modifier {
            Modifier::StartsWith | Modifier::EndsWith => false,
            Modifier::Re | Modifier::Cased | Modifier::Expand => true,
            modifier => is_edit(modifier) || is_flag(modifier),
        };
        let Some(odd) = rest.iter().find(|modifier| !fits(modifier.value)) else {
            return Some(());
        };
        let message = format!("`{}` does not go with keywords", name(odd.value));
        let diagnostic = Diagnostic::new(Code::E0403, message).at(odd.span);
        self.error(diagnostic.help("keywords are looked for anywhere in the values of the event; name a field"));
        None
    }

    fn ask(&mut self, rest: Modifiers<'_>) -> Option<Ask> {
        let Some(first) = rest.first() else {
            return Some(Ask::Value { edits: Vec::new(), expand: false, cased: false });
        };
        let main = rest.iter().find(|modifier| is_main(modifier.value)).unwrap_or(first);
        match main.value {
            Modifier::Re => self.regex(main, rest),
            Modifier::FieldRef => self.field(main, rest),
            Modifier::Cidr => self.alone(main, rest, "`cidr` compares addresses with networks").map(|()| Ask::Cidr),
            Modifier::Exists => {
                self.alone(main, rest, "`exists` asks for presence and nothing else").map(|()| Ask::Exists)
            }
            modifier if time_part(modifier).is_some() || order(modifier).is_some() => self.number(rest),
            _ => self.value(rest),
        }
    }

    fn regex(&mut self, main: &Spanned<Modifier>, rest: Modifiers<'_>) -> Option<Ask> {
        let (mut flags, mut expand) = (Flags::default(), false);
        let mut seen = false;
        for modifier in rest {
            match modifier.value {
                Modifier::Re => seen = true,
                Modifier::IgnoreCase if seen => flags.ignore_case = true,
                Modifier::MultiLine if seen => flags.multi_line = true,
                Modifier::DotAll if seen => flags.dot_all = true,
                Modifier::Expand if seen => expand = true,
                Modifier::Cased => {
                    return self.exclude(main, modifier, "regular expressions are case-sensitive without `i`");
                }
                Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith => {
                    return self.exclude(
                        main,
                        modifier,
                        "a regular expression is found anywhere; anchor it with `^` and `$`",
                    );
                }
                _ => return self.exclude(main, modifier, "write `re` first, and its flags behind it"),
            }
        }
        Some(Ask::Regex { flags, expand })
    }

    fn field(&mut self, main: &Spanned<Modifier>, rest: Modifiers<'_>) -> Option<Ask> {
        let (mut part, mut cased, mut seen) = (None, false, false);
        for modifier in rest {
            let this = match modifier.value {
                Modifier::Cased => {
                    cased = true;
                    continue;
                }
                Modifier::FieldRef => {
                    seen = true;
                    continue;
                }
                Modifier::StartsWith if seen => Part::Start,
                Modifier::EndsWith if seen => Part::End,
                Modifier::Contains if seen => Part::Within,
                _ => {
                    return self.exclude(
                        main,
                        modifier,
                        "behind `fieldref` goes one of startswith, endswith, contains",
                    );
                }
            };
            if part.replace(this).is_some() {
                return self.exclude(main, modifier, "behind `fieldref` goes one of startswith, endswith, contains");
            }
        }
        Some(Ask::Field { part: part.unwrap_or(Part::Whole), cased })
    }

    fn number(&mut self, rest: Modifiers<'_>) -> Option<Ask> {
        let help = "numbers take one of lt, lte, gt, gte, which may follow a part of a time: `hour|gte`";
        match rest {
            [only] => match (time_part(only.value), order(only.value)) {
                (Some(part), _) => Some(Ask::Time(part, None)),
                (_, Some(order)) => Some(Ask::Order(order)),
                _ => None,
            },
            [first, second] => match (time_part(first.value), order(second.value)) {
                (Some(part), Some(order)) => Some(Ask::Time(part, Some(order))),
                _ => self.exclude(first, second, help),
            },
            [first, .., last] => self.exclude(first, last, help),
            [] => None,
        }
    }

    fn value(&mut self, rest: Modifiers<'_>) -> Option<Ask> {
        let (mut expand, mut cased) = (false, false);
        let mut edits: Vec<&Spanned<Modifier>> = Vec::new();
        for modifier in rest {
            match modifier.value {
                Modifier::Expand => expand = true,
                Modifier::Cased => cased = true,
                value if is_flag(value) => {
                    let message = format!("`{}` is a flag of `re`", name(value));
                    self.error(
                        Diagnostic::new(Code::E0403, message).at(modifier.span).help("write `re` in front of it"),
                    );
                    return None;
                }
                _ => edits.push(modifier),
            }
        }
        for (n, modifier) in edits.iter().enumerate() {
            let behind = edits.get(n + 1..).unwrap_or_default();
            if is_place(modifier.value)
                && let Some(other) = behind.iter().find(|other| is_place(other.value) || is_encoding(other.value))
            {
                let help = if is_place(other.value) {
                    "an item takes one of contains, startswith, endswith"
                } else {
                    "a value is encoded first: write `contains` behind the encoding"
                };
                return self.exclude(modifier, other, help);
            }
            let next = behind.first().map(|next| next.value);
            if is_utf16(modifier.value) && !matches!(next, Some(Modifier::Base64 | Modifier::Base64Offset)) {
                let message = format!("`{}` without `base64` or `base64offset` behind it", name(modifier.value));
                let diagnostic = Diagnostic::new(Code::E0403, message).at(modifier.span);
                self.error(diagnostic.help("the bytes of an encoding are no text that a field could hold"));
                return None;
            }
        }
        Some(Ask::Value { edits: edits.iter().map(|modifier| modifier.value).collect(), expand, cased })
    }

    fn alone(&mut self, main: &Spanned<Modifier>, rest: Modifiers<'_>, help: &str) -> Option<()> {
        match rest.iter().find(|modifier| modifier.value != main.value) {
            None => Some(()),
            Some(other) => self.exclude(main, other, help),
        }
    }

    fn exclude<T>(&mut self, one: &Spanned<Modifier>, other: &Spanned<Modifier>, help: &str) -> Option<T> {
        let (first, second) = if one.span.start <= other.span.start { (one, other) } else { (other, one) };
        let message = format!("`{}` and `{}` exclude each other", name(first.value), name(second.value));
        self.error(Diagnostic::new(Code::E0403, message).at(second.span).also(first.span, "with this").help(help));
        None
    }
}

/// Decides what kind of test it is.
fn is_main(modifier: Modifier) -> bool {
    matches!(modifier, Modifier::Re | Modifier::FieldRef | Modifier::Cidr | Modifier::Exists)
        || time_part(modifier).is_some()
        || order(modifier).is_some()
}

fn is_flag(modifier: Modifier) -> bool {
    matches!(modifier, Modifier::IgnoreCase | Modifier::MultiLine | Modifier::DotAll)
}

fn is_place(modifier: Modifier) -> bool {
    matches!(modifier, Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith)
}

fn is_utf16(modifier: Modifier) -> bool {
    matches!(modifier, Modifier::Utf16 | Modifier::Utf16Le | Modifier::Utf16Be)
}

fn is_encoding(modifier: Modifier) -> bool {
    is_utf16(modifier) || matches!(modifier, Modifier::Base64 | Modifier::Base64Offset)
}

fn is_edit(modifier: Modifier) -> bool {
    is_place(modifier) || is_encoding(modifier) || modifier == Modifier::Windash
}

fn order(modifier: Modifier) -> Option<Order> {
    match modifier {
        Modifier::Lt => Some(Order::Lt),
        Modifier::Lte => Some(Order::Lte),
        Modifier::Gt => Some(Order::Gt),
        Modifier::Gte => Some(Order::Gte),
        _ => None,
    }
}

fn time_part(modifier: Modifier) -> Option<TimePart> {
    match modifier {
        Modifier::Minute => Some(TimePart::Minute),
        Modifier::Hour => Some(TimePart::Hour),
        Modifier::Day => Some(TimePart::Day),
        Modifier::Week => Some(TimePart::Week),
        Modifier::Month => Some(TimePart::Month),
        Modifier::Year => Some(TimePart::Year),
        _ => None,
    }
}

/// The modifier's first name in the specification.
pub(super) fn name(modifier: Modifier) -> &'static str {
    match modifier {
        Modifier::Contains => "contains",
        Modifier::StartsWith => "startswith",
        Modifier::EndsWith => "endswith",
        Modifier::All => "all",
        Modifier::Exists => "exists",
        Modifier::Cased => "cased",
        Modifier::Neq => "neq",
        Modifier::Re => "re",
        Modifier::IgnoreCase => "i",
        Modifier::MultiLine => "m",
        Modifier::DotAll => "s",
        Modifier::Base64 => "base64",
        Modifier::Base64Offset => "base64offset",
        Modifier::Utf16Le => "utf16le",
        Modifier::Utf16Be => "utf16be",
        Modifier::Utf16 => "utf16",
        Modifier::Windash => "windash",
        Modifier::Cidr => "cidr",
        Modifier::Lt => "lt",
        Modifier::Lte => "lte",
        Modifier::Gt => "gt",
        Modifier::Gte => "gte",
        Modifier::Minute => "minute",
        Modifier::Hour => "hour",
        Modifier::Day => "day",
        Modifier::Week => "week",
        Modifier::Month => "month",
        Modifier::Year => "year",
        Modifier::FieldRef => "fieldref",
        Modifier::Expand => "expand",
    }
}
