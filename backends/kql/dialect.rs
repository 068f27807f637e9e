//! One test in KQL.

use super::column::Value;
use super::{absent, dynamic, network, number, same, text};
use crate::ir::{Case, Check, Pattern, Shape, Test};
use crate::render::{Binding, Dialect, Fragment, Gap, Negation, Spelling};
use crate::schema::{Column, Type};

/// The language of `where`.
pub(super) struct Kql;

static SPELLING: Spelling = Spelling {
    and: "and",
    or: "or",
    not: Negation::Call("not"),
    constants: ("true", "false"),
    total: "coalesce({}, false)",
    total_binding: Binding::Atom,
};

impl Dialect for Kql {
    fn name(&self) -> &'static str {
        "KQL"
    }

    fn spelling(&self) -> &Spelling {
        &SPELLING
    }

    fn test(&self, test: &Test<Column>) -> Result<Fragment, Gap> {
        let (column, at) = (&test.on, &test.at);
        let value = Value::of(column);
        match (&test.check, column.kind) {
            (Check::Null, _) => Ok(absent::null(&value, column, at)),
            (Check::Exists, _) => absent::exists(&value, column, at),
            (Check::SameAs { .. } | Check::Order { .. } | Check::Within(_), Type::Dynamic) => {
                Err(dynamic::refused(column, at))
            }
            (Check::SameAs { other, .. }, _) if other.kind == Type::Dynamic => Err(dynamic::refused(other, at)),
            (Check::SameAs { other, part, case }, _) => same::same(column, other, *part, *case, at),
            (Check::TimeOf { part, op, value: number }, _) => number::time(&value, column, *part, *op, *number, at),
            (Check::Like { any_of, case }, Type::Dynamic) => dynamic::like(&value, column, any_of, *case, at),
            (Check::Like { any_of, .. }, kind)
                if !matches!(kind, Type::String | Type::Untyped | Type::Dynamic)
                    && any_of.iter().any(|(pattern, _)| pattern.shape() == Shape::Everything) =>
            {
                Ok(absent::present(&value, column, at))
            }
            (Check::Like { .. } | Check::Matches(_), Type::Datetime | Type::Real) => Err(number::no_text(column, at)),
            (Check::Like { any_of, case }, kind) => text::like(&value.as_text(kind), column, any_of, *case, at),
            (Check::Matches(_), Type::Dynamic) => Err(dynamic::refused(column, at)),
            (Check::Matches(regex), kind) => text::matches(&value.as_text(kind), column, regex, at),
            (Check::Equal { any_of }, Type::Dynamic) => Ok(dynamic::equal(&value, any_of)),
            (Check::Equal { any_of }, kind) if kind.is_number() => Ok(number::equal(&value, column, any_of)),
            (Check::Equal { any_of }, kind) => {
                let texts: Vec<_> =
                    any_of.iter().map(|(number, at)| (Pattern::literal(&number.to_string()), at.clone())).collect();
                text::like(&value.as_text(kind), column, &texts, Case::Exact, at)
            }
            (Check::Order { op, value: number }, kind) if kind.is_number() => Ok(number::order(&value, *op, *number)),
            (Check::Order { op, value: number }, kind) => {
                number::text_order(&value.as_text(kind), column, *op, *number, at)
            }
            (Check::Is(wanted), Type::Bool) => Ok(number::boolean(&value, *wanted)),
            (Check::Is(wanted), kind) => {
                let text = value.as_text(kind);
                Ok(value.needed_by(Fragment::atom(format!("{} =~ \"{wanted}\"", text.text))))
            }
            (Check::Within(networks), kind) => Ok(network::within(&value.as_text(kind), networks)),
        }
    }
}
