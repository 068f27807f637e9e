//! `|fieldref`: one value compared with another of the same row (SEMANTICS 6, rows 44 to 46).

use super::dialect::Operand;
use crate::ir::{Case, Part};
use crate::render::{Binding, Fragment};
use crate::schema::Type;

/// Whether `left` equals, begins with, ends with or contains `right`; false where one of them is missing. Parts are
/// compared by a regular expression made of the other value, with its special characters escaped.
pub(super) fn fragment(left: &Operand, right: &Operand, part: Part, case: Case) -> Fragment {
    let both = format!("{} != NULL AND {} != NULL", left.text, right.text);
    let test = match part {
        Part::Whole => {
            let value = |operand: &Operand| match case {
                Case::Fold => format!("lowcase(string={})", text(operand)),
                Case::Exact => text(operand),
            };
            format!("{} = {}", value(left), value(right))
        }
        part => format!("{} =~ {}", left.as_text(), expression(&text(right), part, case)),
    };
    Fragment::atom(format!("{both}\nAND {test}")).binding(Binding::And)
}

fn text(operand: &Operand) -> String {
    if operand.kind == Type::String { operand.text.clone() } else { format!("str(str={})", operand.text) }
}

fn expression(value: &str, part: Part, case: Case) -> String {
    let escaped = format!(r"regex_replace(source={value}, re='''[\\.+*?()|\[\]{{}}^$]''', replace='''\$0''')");
    let flags = match case {
        Case::Fold => "",
        Case::Exact => "(?-i)",
    };
    match part {
        Part::Start => format!("('''{flags}^''' + {escaped})"),
        Part::End if flags.is_empty() => format!("({escaped} + '''$''')"),
        Part::End => format!("('''{flags}''' + {escaped} + '''$''')"),
        Part::Within | Part::Whole if flags.is_empty() => escaped,
        Part::Within | Part::Whole => format!("('''{flags}''' + {escaped})"),
    }
}
