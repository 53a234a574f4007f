//! Dates and times.

use jiff::SignedDuration;
use jiff::civil::DateTime;

use super::argument::{Call, Outcome, Stop};

/// A moment as RFC 3339 writes it: the local time, the offset in seconds, and whether the offset was written as `Z`.
struct Moment {
    local: DateTime,
    offset: i32,
}

fn parse(text: &str) -> Option<Moment> {
    let digits = |from: usize, to: usize| -> Option<i32> {
        let part = text.get(from..to)?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let marks = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if marks.iter().any(|(at, mark)| text.as_bytes().get(*at) != Some(mark)) {
        return None;
    }
    let mut rest = text.get(19..)?;
    let mut nanoseconds = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let length = fraction.bytes().take_while(u8::is_ascii_digit).count();
        if length == 0 {
            return None;
        }
        nanoseconds = format!("{:0<9.9}", fraction.get(..length)?).parse().ok()?;
        rest = fraction.get(length..)?;
    }
    let offset = match rest.as_bytes() {
        b"Z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let at = text.len() - 5;
            let (hours, minutes) = (digits(at, at + 2)?, digits(at + 3, at + 5)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
        }
        _ => return None,
    };
    let small = |number: Option<i32>| number.and_then(|number| i8::try_from(number).ok());
    let local = DateTime::new(
        i16::try_from(digits(0, 4)?).ok()?,
        small(digits(5, 7))?,
        small(digits(8, 10))?,
        small(digits(11, 13))?,
        small(digits(14, 16))?,
        small(digits(17, 19))?,
        nanoseconds,
    );
    Some(Moment { local: local.ok()?, offset })
}

fn moment(call: &Call<'_>, at: usize) -> Result<Moment, Stop> {
    let text = call.text(at)?;
    parse(&text).ok_or_else(|| call.fail_at(at, format!("`{text}` is not a time such as `2006-01-02T15:04:05Z`")))
}

pub(super) fn timecmp(call: &Call<'_>) -> Outcome {
    let instant = |moment: Moment| moment.local.checked_sub(SignedDuration::from_secs(moment.offset.into())).ok();
    let (first, second) = (instant(moment(call, 0)?), instant(moment(call, 1)?));
    Ok(crate::value::Value::integer(first.cmp(&second) as i64, call.context.origin))
}

pub(super) fn timeadd(call: &Call<'_>) -> Outcome {
    let moment = moment(call, 0)?;
    let text = call.text(1)?;
    let Some(duration) = duration(&text) else {
        return Err(call.fail_at(1, format!("`{text}` is not a duration such as `1h30m`")));
    };
    match moment.local.checked_add(duration) {
        Ok(local) => call.give_string(rfc3339(&Moment { local, ..moment })),
        Err(_) => Err(call.fail("the result is out of range")),
    }
}

/// A duration as Go writes it: numbers with units, such as `-1h30m` or `1.5s`.
fn duration(text: &str) -> Option<SignedDuration> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(SignedDuration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds = 0_i128;
    while !rest.is_empty() {
        let length = rest.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, after) = rest.split_at(length);
        let unit_length = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(unit_length);
        let unit = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000_i128,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || whole.len() > 18 || fraction.len() > 18 {
            return None;
        }
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        nanoseconds += whole * unit + part * unit / 10_i128.pow(fraction.len() as u32);
        rest = after;
    }
    let nanoseconds = i64::try_from(if negative { -nanoseconds } else { nanoseconds }).ok()?;
    Some(SignedDuration::from_nanos(nanoseconds))
}

/// The offset from UTC, with `utc` for none.
fn zone(offset: i32, utc: &str, colon: bool) -> String {
    if offset == 0 && !utc.is_empty() {
        return utc.to_owned();
    }
    let (sign, minutes) = if offset < 0 { ('-', -offset / 60) } else { ('+', offset / 60) };
    format!("{sign}{:02}{}{:02}", minutes / 60, if colon { ":" } else { "" }, minutes % 60)
}

const MONTHS: [&str; 12] = [
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

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub(super) fn formatdate(call: &Call<'_>) -> Outcome {
    let format = call.text(0)?;
    let moment = moment(call, 1)?;
    let mut out = String::new();
    let mut rest = &*format;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if c == '\'' {
            length = quoted(call, rest, &mut out)?;
        } else if c.is_ascii_alphabetic() {
            length = rest.chars().take_while(|other| *other == c).count();
            let token = rest.get(..length).unwrap_or("");
            match field(token, &moment) {
                Some(text) => out.push_str(&text),
                None => return Err(call.fail_at(0, format!("`{token}` is not a part of a date format"))),
            }
        } else {
            out.push(c);
        }
        rest = rest.get(length..).unwrap_or("");
    }
    call.give_string(out)
}

/// Writes a literal in single quotes, in which two quotes stand for one, and gives its length.
fn quoted(call: &Call<'_>, text: &str, out: &mut String) -> Result<usize, Stop> {
    if text.starts_with("''") {
        out.push('\'');
        return Ok(2);
    }
    let mut at = 1;
    loop {
        let after = text.get(at..).unwrap_or("");
        let Some(end) = after.find('\'') else {
            return Err(call.fail_at(0, "a literal of the date format has no closing quote"));
        };
        out.push_str(after.get(..end).unwrap_or(""));
        at += end + 1;
        if !text.get(at..).unwrap_or("").starts_with('\'') {
            return Ok(at);
        }
        out.push('\'');
        at += 1;
    }
}

fn field(token: &str, moment: &Moment) -> Option<String> {
    let local = moment.local;
    let named = |names: &[&'static str], at: i8| names.get(usize::try_from(at - 1).ok()?).copied();
    let month = named(&MONTHS, local.month())?;
    let day = named(&DAYS, local.weekday().to_monday_one_offset())?;
    let short = |name: &str| name.get(..3).map(str::to_owned);
    let twelve = if local.hour() % 12 == 0 { 12 } else { local.hour() % 12 };
    let two = |number: i8| Some(format!("{number:02}"));
    let plain = |number: i8| Some(number.to_string());
    let half = if local.hour() < 12 { "AM" } else { "PM" };
    match token {
        "YYYY" => Some(format!("{:04}", local.year())),
        "YY" => Some(format!("{:02}", local.year() % 100)),
        "MMMM" => Some(month.to_owned()),
        "MMM" => short(month),
        "MM" => two(local.month()),
        "M" => plain(local.month()),
        "DD" => two(local.day()),
        "D" => plain(local.day()),
        "EEEE" => Some(day.to_owned()),
        "EEE" => short(day),
        "hh" => two(local.hour()),
        "h" => plain(local.hour()),
        "HH" => two(twelve),
        "H" => plain(twelve),
        "AA" => Some(half.to_owned()),
        "aa" => Some(half.to_lowercase()),
        "mm" => two(local.minute()),
        "m" => plain(local.minute()),
        "ss" => two(local.second()),
        "s" => plain(local.second()),
        "ZZZZZ" => Some(zone(moment.offset, "", true)),
        "ZZZZ" => Some(zone(moment.offset, "", false)),
        "ZZZ" => Some(zone(moment.offset, "UTC", false)),
        "Z" => Some(zone(moment.offset, "Z", true)),
        _ => None,
    }
}

/// A plain YAML scalar that is a date or time, as RFC 3339 writes it.
pub(super) fn yaml_timestamp(text: &str) -> Option<String> {
    if text.len() > 40 || !text.get(4..)?.starts_with('-') {
        return None;
    }
    let padded = |part: &str, separator: char| {
        let parts = part.split(separator).map(|part| {
            let whole = part.split('.').next().unwrap_or(part);
            (matches!(whole.len(), 1 | 2 | 4) && whole.bytes().all(|b| b.is_ascii_digit()))
                .then(|| format!("{whole:0>2}"))
        });
        parts.collect::<Option<Vec<String>>>().map(|parts| parts.join(&separator.to_string()))
    };
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time)),
        None => (text, None),
    };
    let date = padded(date, '-')?;
    let Some(time) = time else {
        return Some(rfc3339(&parse(&format!("{date}T00:00:00Z"))?));
    };
    let zone = time.find(['Z', '+', '-']);
    let (time, zone) = time.split_at_checked(zone.unwrap_or(time.len()))?;
    // A blank comes without an offset, a `T` with one.
    if text.contains(' ') != zone.is_empty() {
        return None;
    }
    let zone = if zone.is_empty() { "Z" } else { zone };
    Some(rfc3339(&parse(&format!("{date}T{}{zone}", padded(time, ':')?))?))
}

fn rfc3339(moment: &Moment) -> String {
    let local = moment.local;
    let seconds = format!("{:02}:{:02}:{:02}", local.hour(), local.minute(), local.second());
    let zone = zone(moment.offset, "Z", true);
    format!("{:04}-{:02}-{:02}T{seconds}{zone}", local.year(), local.month(), local.day())
}
