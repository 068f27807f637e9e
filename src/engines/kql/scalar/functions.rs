//! The functions that are known, with what they take and give.

use super::convert::{self, common_type};
use super::{Function, Given, dynamic, ip, strings, times};
use crate::engines::Refusal;
use crate::engines::kql::value::Type;

/// What an argument may be.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    /// Any type.
    Any,
    /// A string, or a dynamic value that is seen as one.
    Text,
    /// A dynamic value alone.
    Bag,
    /// A number.
    Number,
    /// An integer.
    Whole,
    /// A datetime.
    Time,
    /// A timespan.
    Span,
    /// A bool.
    Truth,
}

impl Takes {
    fn accepts(self, kind: Type) -> bool {
        match self {
            Takes::Any => true,
            Takes::Text => kind.is_textual(),
            Takes::Bag => kind == Type::Dynamic,
            Takes::Number => kind.is_number(),
            Takes::Whole => matches!(kind, Type::Int | Type::Long),
            Takes::Time => kind == Type::DateTime,
            Takes::Span => kind == Type::TimeSpan,
            Takes::Truth => kind == Type::Bool,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Takes::Any => "any type",
            Takes::Text => "string",
            Takes::Bag => "dynamic",
            Takes::Number => "a number",
            Takes::Whole => "an integer",
            Takes::Time => "datetime",
            Takes::Span => "timespan",
            Takes::Truth => "bool",
        }
    }
}

/// How many arguments there may be, what each takes (the last for all that follow), and what comes out.
type Signature = (usize, usize, &'static [Takes], Type, Function);

const MANY: usize = 1000;

/// The function of that name for arguments of these types.
///
/// # Errors
/// [`Refusal::Unknown`] for a function that is not known here, whether the product has it or not;
/// [`Refusal::Error`] for arguments that it does not take.
pub(super) fn function(name: &str, kinds: &[Type]) -> Given<(Type, Function)> {
    let Some((least, most, takes, gives, function)) = signature(name, kinds)? else {
        return Err(Refusal::Unknown(format!("the function {name}()")));
    };
    if kinds.len() < least || kinds.len() > most {
        return Err(Refusal::Error(format!("{name}() does not take {} arguments", kinds.len())));
    }
    for (at, kind) in kinds.iter().enumerate() {
        let wanted = takes.get(at).or(takes.last()).copied().unwrap_or(Takes::Any);
        if !wanted.accepts(*kind) {
            return Err(Refusal::Error(format!(
                "argument {} of {name}() must be {}, not {}",
                at + 1,
                wanted.name(),
                kind.name()
            )));
        }
    }
    Ok((gives, function))
}

/// The arguments that must be constants.
pub(super) fn constants(name: &str) -> &'static [usize] {
    match name {
        "trim" | "trim_start" | "trim_end" | "extract" | "extract_all" => &[0],
        "datetime_part" | "datetime_diff" | "datetime_add" => &[0],
        "replace_regex" => &[1, 2],
        "format_datetime" => &[1],
        _ => &[],
    }
}

/// Whether `bin()` takes these: numbers, or times and a timespan.
fn bins(kinds: &[Type]) -> bool {
    match kinds {
        [Type::DateTime | Type::TimeSpan, by] => *by == Type::TimeSpan,
        [of, by] => of.is_number() && by.is_number(),
        _ => false,
    }
}

/// What each function takes is what Microsoft's binder accepts of it, measured type by type.
fn signature(name: &str, kinds: &[Type]) -> Given<Option<Signature>> {
    use Takes::{Any, Bag, Number, Span, Text, Time, Truth, Whole};
    let wrong = |what: &str| Err(Refusal::Error(format!("{name}() {what}")));
    let first = kinds.first().copied().unwrap_or(Type::Dynamic);
    let odd = |skip: usize| -> Vec<Type> { kinds.iter().skip(skip).step_by(2).copied().collect() };
    Ok(Some(match name {
        "not" => (1, 1, &[Truth], Type::Bool, convert::not),
        "tostring" => (1, 1, &[Any], Type::String, convert::tostring),
        "toint" => (1, 1, &[Any], Type::Int, convert::toint),
        "tolong" => (1, 1, &[Any], Type::Long, convert::tolong),
        "toreal" | "todouble" => (1, 1, &[Any], Type::Real, convert::toreal),
        "tobool" | "toboolean" => (1, 1, &[Any], Type::Bool, convert::tobool),
        "todatetime" => (1, 1, &[Any], Type::DateTime, convert::todatetime),
        "totimespan" | "totime" => (1, 1, &[Any], Type::TimeSpan, convert::totimespan),
        "toguid" => (1, 1, &[Text], Type::Guid, convert::toguid),
        "isempty" => (1, 1, &[Any], Type::Bool, convert::isempty),
        "isnotempty" | "notempty" => (1, 1, &[Any], Type::Bool, convert::isnotempty),
        "isnull" => (1, 1, &[Any], Type::Bool, convert::isnull),
        "isnotnull" | "notnull" => (1, 1, &[Any], Type::Bool, convert::isnotnull),
        "coalesce" => (2, 64, &[Any], common_type(name, kinds)?, convert::coalesce),
        "iff" | "iif" => (3, 3, &[Truth, Any], common_type(name, kinds.get(1..).unwrap_or_default())?, convert::choose),
        "case" => {
            if kinds.len().is_multiple_of(2) {
                return wrong("takes pairs and a default");
            }
            let mut values = odd(1);
            values.extend(kinds.last());
            let (_, conditions) = kinds.split_last().unwrap_or((&Type::Bool, &[]));
            if conditions.iter().step_by(2).any(|kind| !Truth.accepts(*kind)) {
                return wrong("takes conditions that are bool");
            }
            (3, MANY, &[Any], common_type(name, &values)?, convert::choose)
        }
        "abs" if !first.is_number() && first != Type::TimeSpan => return wrong("takes a number or a timespan"),
        "abs" => (1, 1, &[Any], first, convert::abs),
        "min_of" | "max_of" if kinds.contains(&Type::Dynamic) => return wrong("takes no dynamic values"),
        "min_of" => (2, 64, &[Any], common_type(name, kinds)?, convert::min_of),
        "max_of" => (2, 64, &[Any], common_type(name, kinds)?, convert::max_of),
        "tohex" => (1, 2, &[Whole], Type::String, convert::tohex),
        "bin" | "floor" if !bins(kinds) => return wrong("takes numbers, or a time and a timespan"),
        "bin" | "floor" => {
            let real = kinds.contains(&Type::Real);
            (2, 2, &[Any], if real { Type::Real } else { first }, convert::bin)
        }
        "strcat" => (1, 64, &[Any], Type::String, strings::strcat),
        "strcat_delim" => (2, 64, &[Any], Type::String, strings::strcat_delim),
        "strlen" => (1, 1, &[Text], Type::Long, strings::strlen),
        "tolower" => (1, 1, &[Any], Type::String, strings::tolower),
        "toupper" => (1, 1, &[Any], Type::String, strings::toupper),
        "substring" => (2, 3, &[Any, Whole], Type::String, strings::substring),
        "trim" => (2, 2, &[Text], Type::String, strings::trim),
        "trim_start" => (2, 2, &[Text], Type::String, strings::trim_start),
        "trim_end" => (2, 2, &[Text], Type::String, strings::trim_end),
        "replace_string" => (3, 3, &[Text], Type::String, strings::replace_string),
        "replace_regex" => (3, 3, &[Text], Type::String, strings::replace_regex),
        "extract" => (3, 4, &[Text, Whole, Text, Any], Type::String, strings::extract),
        "extract_all" if kinds.len() == 2 => (2, 2, &[Text], Type::Dynamic, strings::extract_all),
        "extract_all" => (2, 3, &[Text, Bag, Text], Type::Dynamic, strings::extract_all),
        "split" => (2, 3, &[Any, Text, Whole], Type::Dynamic, strings::split),
        "indexof" => (2, 5, &[Any, Any, Whole], Type::Long, strings::indexof),
        "countof" => (2, 3, &[Text], Type::Long, strings::countof),
        "base64_decode_tostring" => (1, 1, &[Text], Type::String, strings::base64_decode),
        "base64_encode_tostring" => (1, 1, &[Text], Type::String, strings::base64_encode),
        "url_decode" => (1, 1, &[Text], Type::String, strings::url_decode),
        "reverse" => (1, 1, &[Any], Type::String, strings::reverse),
        "parse_path" => (1, 1, &[Text], Type::Dynamic, strings::parse_path),
        "parse_json" | "todynamic" | "parsejson" | "toobject" => (1, 1, &[Text], Type::Dynamic, dynamic::parse_json),
        "bag_has_key" => (2, 2, &[Bag, Text], Type::Bool, dynamic::bag_has_key),
        "bag_keys" => (1, 1, &[Bag], Type::Dynamic, dynamic::bag_keys),
        "bag_pack" | "pack" | "pack_dictionary" => {
            if !kinds.len().is_multiple_of(2) {
                return wrong("takes pairs");
            }
            if odd(0).iter().any(|kind| !kind.is_textual()) {
                return wrong("takes names that are strings");
            }
            (2, MANY, &[Any], Type::Dynamic, dynamic::bag_pack)
        }
        "set_has_element" => (2, 2, &[Bag, Any], Type::Bool, dynamic::set_has_element),
        "array_length" => (1, 1, &[Bag], Type::Long, dynamic::array_length),
        "array_index_of" => (2, 2, &[Bag, Any], Type::Long, dynamic::array_index_of),
        "array_concat" => (1, 64, &[Bag], Type::Dynamic, dynamic::array_concat),
        "strcat_array" => (2, 2, &[Bag, Any], Type::String, dynamic::strcat_array),
        "pack_array" => (0, MANY, &[Any], Type::Dynamic, dynamic::pack_array),
        "ipv4_is_in_range" => (2, 2, &[Text], Type::Bool, ip::ipv4_in),
        "ipv4_is_in_any_range" => (2, MANY, &[Text], Type::Bool, ip::ipv4_in),
        "ipv6_is_in_range" => (2, 2, &[Text], Type::Bool, ip::ipv6_in),
        "ipv6_is_in_any_range" => (2, MANY, &[Text], Type::Bool, ip::ipv6_in),
        "ipv4_is_private" => (1, 1, &[Text], Type::Bool, ip::ipv4_private),
        "ipv4_is_match" => (2, 3, &[Text, Text, Whole], Type::Bool, ip::ipv4_match),
        "ipv6_is_match" => (2, 3, &[Text, Text, Whole], Type::Bool, ip::ipv6_match),
        "parse_ipv4" => (1, 1, &[Text], Type::Long, ip::parse_ipv4),
        "now" => (0, 1, &[Span], Type::DateTime, times::now),
        "ago" => (1, 1, &[Span], Type::DateTime, times::ago),
        "getyear" => (1, 1, &[Time], Type::Int, times::getyear),
        "getmonth" | "monthofyear" => (1, 1, &[Time], Type::Int, times::getmonth),
        "dayofmonth" => (1, 1, &[Time], Type::Int, times::dayofmonth),
        "dayofyear" => (1, 1, &[Time], Type::Int, times::dayofyear),
        "dayofweek" => (1, 1, &[Time], Type::TimeSpan, times::dayofweek),
        "hourofday" => (1, 1, &[Time], Type::Int, times::hourofday),
        "week_of_year" | "weekofyear" => (1, 1, &[Time], Type::Long, times::week_of_year),
        "datetime_part" => (2, 2, &[Text, Time], Type::Int, times::datetime_part),
        "datetime_diff" => (3, 3, &[Text, Time], Type::Long, times::datetime_diff),
        "datetime_add" => (3, 3, &[Text, Whole, Time], Type::DateTime, times::datetime_add),
        "startofday" => (1, 2, &[Time, Whole], Type::DateTime, times::startofday),
        "startofweek" => (1, 2, &[Time, Whole], Type::DateTime, times::startofweek),
        "startofmonth" => (1, 1, &[Time], Type::DateTime, times::startofmonth),
        "endofday" => (1, 2, &[Time, Whole], Type::DateTime, times::endofday),
        "unixtime_seconds_todatetime" => (1, 1, &[Number], Type::DateTime, times::unixtime_seconds),
        "format_datetime" => (2, 2, &[Time, Text], Type::String, times::format_datetime),
        _ => return Ok(None),
    }))
}
