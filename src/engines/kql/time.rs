//! Datetimes and timespans: ticks of 100 ns (K: "The datetime data type", "The timespan data type").

use jiff::civil::{Date, DateTime};

/// Ticks in a second.
pub(crate) const SECOND: i64 = 10_000_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// The civil time of ticks since 1970, in UTC.
pub(crate) fn civil(ticks: i64) -> Option<DateTime> {
    let days = i32::try_from(ticks.div_euclid(DAY)).ok()?;
    let rest = ticks.rem_euclid(DAY);
    let date = Date::constant(1970, 1, 1).checked_add(jiff::Span::new().try_days(days).ok()?).ok()?;
    let time = jiff::civil::time(
        i8::try_from(rest / HOUR).ok()?,
        i8::try_from(rest % HOUR / MINUTE).ok()?,
        i8::try_from(rest % MINUTE / SECOND).ok()?,
        i32::try_from(rest % SECOND * 100).ok()?,
    );
    Some(date.to_datetime(time))
}

/// Ticks since 1970 of a civil time.
pub(crate) fn ticks(civil: DateTime) -> Option<i64> {
    let days = i64::from(Date::constant(1970, 1, 1).until(civil.date()).ok()?.get_days());
    let clock = i64::from(civil.hour()) * HOUR
        + i64::from(civil.minute()) * MINUTE
        + i64::from(civil.second()) * SECOND
        + i64::from(civil.subsec_nanosecond()) / 100;
    days.checked_mul(DAY)?.checked_add(clock)
}

/// `2024-01-02`, `2024-01-02 03:04[:05[.6]]`, with `T`, and an offset or `Z`. None for anything else.
pub(crate) fn parse_datetime(text: &str) -> Option<i64> {
    let text = text.trim();
    let (date, rest) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.trim()),
        None => (text, ""),
    };
    let date: Date = date.parse().ok()?;
    let (clock, offset) = split_offset(rest)?;
    let clock = if clock.is_empty() { 0 } else { parse_clock(clock)? };
    ticks(date.to_datetime(jiff::civil::Time::midnight()))?.checked_add(clock)?.checked_sub(offset)
}

fn split_offset(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock.trim(), 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (clock, zone) = text.split_at_checked(at)?;
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let offset = hours.parse::<i64>().ok()? * HOUR + minutes.parse::<i64>().ok()? * MINUTE;
    Some((clock.trim(), sign * offset))
}

/// `hh:mm[:ss[.fffffff]]`.
fn parse_clock(text: &str) -> Option<i64> {
    let mut parts = text.split(':');
    let hours = digits(parts.next()?, 23)?;
    let minutes = digits(parts.next()?, 59)?;
    let seconds = match parts.next() {
        None => 0,
        Some(seconds) => {
            let (whole, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
            digits(whole, 59)? * SECOND + parse_fraction(fraction)?
        }
    };
    parts.next().is_none().then_some(hours * HOUR + minutes * MINUTE + seconds)
}

fn parse_fraction(text: &str) -> Option<i64> {
    if !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seven: String = text.chars().chain(std::iter::repeat('0')).take(7).collect();
    seven.parse().ok()
}

fn digits(text: &str, most: i64) -> Option<i64> {
    if text.is_empty() || text.len() > 2 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| *value <= most)
}

/// `[-][d.]hh:mm[:ss[.fffffff]]`, or a number of days.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('-') {
        return parse_span(rest).map(|ticks| -ticks);
    }
    if let Some(ticks) = parse_unit_span(text) {
        return Some(ticks);
    }
    let Some(colon) = text.find(':') else {
        return text.parse::<i64>().ok()?.checked_mul(DAY);
    };
    let (days, clock) = match text.get(..colon)?.split_once('.') {
        Some((days, _)) => (days.parse::<i64>().ok()?, text.get(days.len() + 1..)?),
        None => (0, text),
    };
    days.checked_mul(DAY)?.checked_add(parse_clock(clock)?)
}

/// `2d`, `1.5h`, `30m`, `10s`, `100ms`, `1microsecond`, `1tick`.
pub(crate) fn parse_unit_span(text: &str) -> Option<i64> {
    let at = text.find(|character: char| character.is_ascii_alphabetic())?;
    let (number, unit) = text.split_at_checked(at)?;
    let unit = match unit {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => SECOND / 1000,
        "micro" | "micros" | "microsecond" | "microseconds" => 10,
        "tick" | "ticks" => 1,
        _ => return None,
    };
    match number.parse::<i64>() {
        Ok(whole) => whole.checked_mul(unit),
        Err(_) => number.parse::<f64>().ok().map(|real| (real * unit as f64) as i64),
    }
}

/// As `tostring()` writes it: `2024-01-02T03:04:05.0000000Z`.
pub(crate) fn datetime_text(at: i64) -> String {
    let Some(civil) = civil(at) else { return String::new() };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:07}Z",
        civil.year(),
        civil.month(),
        civil.day(),
        civil.hour(),
        civil.minute(),
        civil.second(),
        at.rem_euclid(SECOND)
    )
}

/// As `tostring()` writes it: `1.02:03:04`, with seven digits behind a point where there are any.
pub(crate) fn span_text(span: i64) -> String {
    let sign = if span < 0 { "-" } else { "" };
    let span = span.unsigned_abs();
    let unit = |ticks: i64| ticks.unsigned_abs();
    let days = match span / unit(DAY) {
        0 => String::new(),
        days => format!("{days}."),
    };
    let fraction = match span % unit(SECOND) {
        0 => String::new(),
        fraction => format!(".{fraction:07}"),
    };
    format!(
        "{sign}{days}{:02}:{:02}:{:02}{fraction}",
        span % unit(DAY) / unit(HOUR),
        span % unit(HOUR) / unit(MINUTE),
        span % unit(MINUTE) / unit(SECOND)
    )
}
