//! Parts of timestamps, in UTC (SEMANTICS section 3, the time modifiers).

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::ir::{Number, TimePart};

/// Seconds since 1970 stay below this until the year 5138; milliseconds have been above it since 1973.
const MILLISECONDS: f64 = 1e11;

/// The part of the time that a leaf is; none for a leaf that is no time.
pub(super) fn part_of(leaf: &Value, part: TimePart) -> Option<i64> {
    let time = time(leaf)?;
    Some(match part {
        TimePart::Minute => time.minute().into(),
        TimePart::Hour => time.hour().into(),
        TimePart::Day => time.day().into(),
        TimePart::Week => time.date().iso_week_date().week().into(),
        TimePart::Month => time.month().into(),
        TimePart::Year => time.year().into(),
    })
}

/// RFC 3339, a text without an offset being in UTC as Sysmon's `UtcTime` is, or seconds or milliseconds since 1970, as a number or its text.
fn time(leaf: &Value) -> Option<DateTime> {
    let in_utc = |text: &str| text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp());
    let timestamp = match leaf {
        Value::String(text) => {
            text.parse().ok().or_else(|| in_utc(text)).or_else(|| since_1970(Number::from_decimal(text)?.as_f64()))
        }
        Value::Number(number) => since_1970(number.as_f64()?),
        _ => None,
    }?;
    Some(timestamp.to_zoned(TimeZone::UTC).datetime())
}

fn since_1970(number: f64) -> Option<Timestamp> {
    let seconds = if number.abs() < MILLISECONDS { number } else { number / 1000.0 };
    #[expect(clippy::cast_possible_truncation, reason = "the whole second is what is wanted; a cast saturates")]
    Timestamp::from_second(seconds.floor() as i64).ok()
}
