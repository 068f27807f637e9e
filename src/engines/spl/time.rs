//! `strftime` and `strptime` (Search Reference, Date and time format variables). The user's time zone is taken to be UTC.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::engines::Refusal;

const DAYS: &[&str] = &["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn unknown<T>(variable: char) -> Result<T, Refusal> {
    Err(Refusal::Unknown(format!("the time variable %{variable}")))
}

/// The text of a time; none where it is out of range.
pub(super) fn format(seconds: f64, format: &str) -> Result<Option<String>, Refusal> {
    let Ok(duration) = SignedDuration::try_from_secs_f64(seconds) else { return Ok(None) };
    let Ok(time) = Timestamp::from_duration(duration) else { return Ok(None) };
    let civil = TimeZone::UTC.to_datetime(time);
    let sunday = i64::from(civil.weekday().to_sunday_zero_offset());
    let day_name = |length: usize| name(DAYS, sunday, length);
    let month_name = |length: usize| name(MONTHS, i64::from(civil.month()) - 1, length);
    let half = match civil.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let Some(variable) = chars.next() else { return unknown(' ') };
        let text = match variable {
            '%' => "%".to_owned(),
            'Y' => format!("{:04}", civil.year()),
            'y' => format!("{:02}", civil.year().rem_euclid(100)),
            'm' => format!("{:02}", civil.month()),
            'd' => format!("{:02}", civil.day()),
            'e' => format!("{:>2}", civil.day()),
            'j' => format!("{:03}", civil.day_of_year()),
            'H' => format!("{:02}", civil.hour()),
            'k' => format!("{:>2}", civil.hour()),
            'I' => format!("{half:02}"),
            'M' => format!("{:02}", civil.minute()),
            'S' => format!("{:02}", civil.second()),
            'p' => if civil.hour() < 12 { "AM" } else { "PM" }.to_owned(),
            'F' => format!("{:04}-{:02}-{:02}", civil.year(), civil.month(), civil.day()),
            'T' => format!("{:02}:{:02}:{:02}", civil.hour(), civil.minute(), civil.second()),
            'V' => format!("{:02}", civil.date().iso_week_date().week()),
            'G' => format!("{:04}", civil.date().iso_week_date().year()),
            'U' => format!("{:02}", (i64::from(civil.day_of_year()) + 6 - sunday) / 7),
            'w' => sunday.to_string(),
            'a' => day_name(3),
            'A' => day_name(9),
            'b' | 'h' => month_name(3),
            'B' => month_name(9),
            's' => time.as_second().to_string(),
            'z' => "+0000".to_owned(),
            'Z' => "UTC".to_owned(),
            other => return unknown(other),
        };
        out.push_str(&text);
    }
    Ok(Some(out))
}

fn name(names: &[&str], n: i64, length: usize) -> String {
    let name = usize::try_from(n).ok().and_then(|n| names.get(n)).copied().unwrap_or_default();
    name.chars().take(length).collect()
}

/// The time that a text is; none where it does not fit the format.
pub(super) fn parse(text: &str, format: &str) -> Result<Option<f64>, Refusal> {
    let (mut year, mut month, mut day, mut hour, mut minute, mut second) = (1970_i16, 1_i8, 1_i8, 0_i8, 0_i8, 0_i8);
    let (mut offset, mut fraction) = (0.0, 0.0);
    let mut rest = text;
    let mut format = format.replace("%F", "%Y-%m-%d").replace("%T", "%H:%M:%S");
    if format.contains("%s") {
        if format != "%s" {
            return unknown('s');
        }
        return Ok(text.parse::<i64>().ok().map(|seconds| seconds as f64));
    }
    format =
        format.replace("%3N", "%N").replace("%6N", "%N").replace("%9N", "%N").replace("%3Q", "%N").replace("%Q", "%N");
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            match rest.strip_prefix(c) {
                Some(after) => rest = after,
                None => return Ok(None),
            }
            continue;
        }
        let Some(variable) = chars.next() else { return unknown(' ') };
        let mut digits = |most: usize| -> Option<i16> {
            let length = rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at_checked(length)?;
            rest = after;
            number.parse().ok()
        };
        let small = |number: Option<i16>| number.and_then(|number| i8::try_from(number).ok());
        match variable {
            'Y' => match digits(4) {
                Some(number) => year = number,
                None => return Ok(None),
            },
            'm' | 'd' | 'H' | 'M' | 'S' => {
                let Some(number) = small(digits(2)) else { return Ok(None) };
                match variable {
                    'm' => month = number,
                    'd' => day = number,
                    'H' => hour = number,
                    'M' => minute = number,
                    _ => second = number,
                }
            }
            'N' => {
                let length = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (number, after) = rest.split_at(length);
                let Ok(number) = format!("0.{number}").parse::<f64>() else { return Ok(None) };
                rest = after;
                fraction = number;
            }
            'z' | 'Z' => match rest.strip_prefix('Z').or_else(|| rest.strip_prefix("UTC")) {
                Some(after) => rest = after,
                None => {
                    let Some((seconds, after)) = zone(rest) else { return Ok(None) };
                    offset = seconds;
                    rest = after;
                }
            },
            '%' => match rest.strip_prefix('%') {
                Some(after) => rest = after,
                None => return Ok(None),
            },
            other => return unknown(other),
        }
    }
    let (Ok(date), Ok(time)) = (Date::new(year, month, day), Time::new(hour, minute, second, 0)) else {
        return Ok(None);
    };
    let civil = DateTime::from_parts(date, time);
    let Ok(time) = TimeZone::UTC.to_timestamp(civil) else { return Ok(None) };
    Ok(Some(time.as_second() as f64 - offset + fraction))
}

/// `+01:30`, `-0800` as seconds.
fn zone(text: &str) -> Option<(f64, &str)> {
    let sign = match text.chars().next()? {
        '+' => 1.0,
        '-' => -1.0,
        _ => return None,
    };
    let hours: f64 = text.get(1..3)?.parse().ok()?;
    let rest = text.get(3..)?;
    let rest = rest.strip_prefix(':').unwrap_or(rest);
    let minutes: f64 = rest.get(..2)?.parse().ok()?;
    Some((sign * (hours * 3600.0 + minutes * 60.0), rest.get(2..)?))
}
