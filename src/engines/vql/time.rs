//! Times: `timestamp()` and the members of Go's time.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::super::Refusal;
use super::value::Value;

const SECOND: i128 = 1_000_000_000;

/// Go's zero time, the first instant of the year 1, in nanoseconds since 1970.
pub(super) const ZERO: i128 = -62_135_596_800 * SECOND;

/// The time that a number of seconds is, where a comparison meets one.
pub(super) fn of_number(value: &Value<'_>) -> Option<i128> {
    match value {
        Value::Float(seconds) => Some(of_seconds(*seconds)),
        _ => value.int().map(|seconds| i128::from(seconds) * SECOND),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what Go's conversion does")]
fn of_seconds(seconds: f64) -> i128 {
    i128::from(seconds.trunc() as i64) * SECOND + i128::from((seconds.fract() * 1e9) as i64)
}

/// `timestamp(epoch=..)` and `timestamp(string=..)`: whole numbers beyond the year 2603 are milli-, micro- or nanoseconds.
pub(super) fn of_any<'a>(value: &Value<'a>) -> Result<Value<'a>, Refusal> {
    Ok(match value {
        Value::Null => Value::Null,
        Value::Time(..) => value.clone(),
        Value::Float(seconds) if *seconds == 0.0 => Value::Time(ZERO, true),
        Value::Float(seconds) => Value::Time(of_seconds(*seconds), false),
        Value::Int(0) => Value::Time(ZERO, true),
        Value::Int(number) => {
            let unit = match number {
                20_000_000_000_000_001.. => 1,
                20_000_000_000_001.. => 1_000,
                20_000_000_001.. => 1_000_000,
                _ => SECOND,
            };
            Value::Time(i128::from(*number) * unit, false)
        }
        Value::Text(text) => read(text)?.map_or(Value::Null, |(time, utc)| Value::Time(time, utc)),
        _ => return Err(Refusal::Unknown("timestamp() of this value".to_owned())),
    })
}

/// A time written as text: ISO 8601, as the events and the documentation write it; `None` for a text that is none: one
/// without digits, before which stands something, or with T or Z in lower case. Other spellings are the product's date
/// parser's, which is not known here.
///
/// What is none is NULL at first. Velociraptor 0.75.5 remembers the texts it has read, and gives the year 1 for the same text again;
/// a query that tells these two apart depends on what ran before.
pub(super) fn read(text: &str) -> Result<Option<(i128, bool)>, Refusal> {
    if !text.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(None);
    }
    let unknown = || Refusal::Unknown(format!("the time {text:?}"));
    let year = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let lower = text.bytes().any(|byte| matches!(byte, b't' | b'z'));
    if is_dated(year) && (lower || year.len() < text.len()) {
        return Ok(None);
    }
    if !is_dated(text) {
        return Err(unknown());
    }
    let text = match behind(text) {
        Some(before) => before,
        None => return Ok(None),
    };
    if let Ok(time) = text.parse::<Timestamp>() {
        let utc = text.ends_with(['Z', 'z']);
        return Ok(Some((time.as_nanosecond(), utc)));
    }
    let civil: DateTime = text.parse().map_err(|_| unknown())?;
    if text.contains('[') {
        return Err(unknown());
    }
    let time = civil.to_zoned(TimeZone::UTC).map_err(|_| unknown())?;
    Ok(Some((time.timestamp().as_nanosecond(), true)))
}

/// A time without what stands behind it: after Z all but digits, after a fraction an x, a blank; `None` where that makes the
/// text none, as an x after whole seconds does. Measured for these; the rest is left as it is.
fn behind(text: &str) -> Option<&str> {
    let zulu = text.find('Z').filter(|at| *at >= 19);
    if let Some((before, after)) = zulu.and_then(|at| text.split_at_checked(at + 1)) {
        return Some(if after.bytes().any(|byte| byte.is_ascii_digit()) { text } else { before });
    }
    match text.strip_suffix(['x', 'X']).filter(|before| before.len() >= 19) {
        Some(before) if before.contains('.') => Some(before),
        Some(_) => None,
        None => Some(text.strip_suffix(' ').unwrap_or(text)),
    }
}

/// Whether a text begins as 2024-01-02 does.
fn is_dated(text: &str) -> bool {
    text.as_bytes().get(4) == Some(&b'-') && text.as_bytes().get(7) == Some(&b'-')
}

/// A member of a time. The clock's parts are known in UTC only: elsewhere they depend on the machine.
pub(super) fn member<'a>(time: i128, utc: bool, name: &str) -> Result<Value<'a>, Refusal> {
    let seconds = time.div_euclid(SECOND);
    let int = |number: i128| i64::try_from(number).map_or(Value::Null, Value::Int);
    match name {
        "UTC" => return Ok(Value::Time(time, true)),
        "Unix" => return Ok(int(seconds)),
        "UnixNano" => return Ok(int(time)),
        _ => {}
    }
    let unknown = || Refusal::Unknown(format!("the member {name} of a time"));
    let instant = Timestamp::from_nanosecond(time).map_err(|_| unknown())?;
    let civil = TimeZone::UTC.to_datetime(instant);
    let part = match name {
        // A year differs between zones for a day only; the measurement has one.
        "Year" if utc || (civil.day_of_year() > 1 && civil.day_of_year() < 365) => i64::from(civil.year()),
        _ if !utc => return Err(unknown()),
        "Day" => i64::from(civil.day()),
        "YearDay" => i64::from(civil.day_of_year()),
        "Hour" => i64::from(civil.hour()),
        "Minute" => i64::from(civil.minute()),
        "Second" => i64::from(civil.second()),
        "Nanosecond" => i64::from(civil.subsec_nanosecond()),
        _ => return Err(unknown()),
    };
    Ok(Value::Int(part))
}
