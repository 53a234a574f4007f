//! `format` and `formatlist`.

use unicode_segmentation::UnicodeSegmentation;

use super::argument::{Call, MAX_ELEMENTS, MAX_PIECES, MAX_TEXT, Outcome, Stop, kind_name, to_bool, to_number};
use crate::value::{Data, Number, Piece, Value, encode_json};

/// No verb pads or rounds to more than this.
const MAX_WIDTH: usize = 100_000;

pub(super) fn format(call: &Call<'_>) -> Outcome {
    let parts = parse(call, &call.text(0)?)?;
    let arguments: Vec<&Value> = call.arguments.iter().skip(1).collect();
    fill(call, &parts, &arguments, &mut 0)
}

pub(super) fn formatlist(call: &Call<'_>) -> Outcome {
    let parts = parse(call, &call.text(0)?)?;
    let mut count: Option<usize> = None;
    for at in 1..call.arguments.len() {
        if !matches!(call.any(at)?.data, Data::List(_)) {
            continue;
        }
        let length = call.items(at)?.len();
        if count.is_some_and(|count| count != length) {
            return Err(call.fail_at(at, "all lists must have the same length"));
        }
        count = Some(length);
    }
    // An unknown argument may be a list, and so decide how many results there are.
    if count.is_none()
        && let Some(unknown) = call.arguments.iter().find_map(Value::as_unknown)
    {
        return Err(call.undecided(unknown));
    }
    let count = count.unwrap_or(1);
    if count.saturating_mul(parts.len()) > MAX_ELEMENTS {
        return Err(call.too_large());
    }
    let mut size = 0;
    let mut items = Vec::with_capacity(count);
    for nth in 0..count {
        let arguments: Vec<&Value> = call.arguments.iter().skip(1).map(|value| nth_of(value, nth)).collect();
        items.push(fill(call, &parts, &arguments, &mut size)?);
    }
    call.give_elements(items)
}

/// An element of a list; what is no list is the same for all.
fn nth_of(value: &Value, nth: usize) -> &Value {
    value.as_list().and_then(|list| list.items.get(nth)).unwrap_or(value)
}

enum Part {
    Text(String),
    Verb(Verb),
}

/// One `%` sequence.
#[derive(Default)]
struct Verb {
    argument: usize,
    letter: char,
    width: Option<usize>,
    precision: Option<usize>,
    sharp: bool,
    zero: bool,
    minus: bool,
    plus: bool,
    space: bool,
}

fn parse(call: &Call<'_>, text: &str) -> Result<Vec<Part>, Stop> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut next = 0;
    let mut chars = text.chars().peekable();
    let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
        let mut value: Option<usize> = None;
        while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
            value = Some(value.unwrap_or(0).saturating_mul(10).saturating_add(digit as usize));
            chars.next();
        }
        value
    };
    while let Some(c) = chars.next() {
        if c != '%' {
            literal.push(c);
            continue;
        }
        if chars.peek() == Some(&'%') {
            chars.next();
            literal.push('%');
            continue;
        }
        let mut verb = Verb::default();
        while let Some(flag) = chars.next_if(|c| matches!(c, '#' | '0' | '-' | '+' | ' ')) {
            match flag {
                '#' => verb.sharp = true,
                '0' => verb.zero = true,
                '-' => verb.minus = true,
                '+' => verb.plus = true,
                _ => verb.space = true,
            }
        }
        verb.width = number(&mut chars);
        if chars.next_if_eq(&'.').is_some() {
            verb.precision = Some(number(&mut chars).unwrap_or(0));
        }
        verb.argument = next;
        if chars.next_if_eq(&'[').is_some() {
            let position = number(&mut chars).and_then(|position| position.checked_sub(1));
            match (position, chars.next()) {
                (Some(position), Some(']')) => verb.argument = position,
                _ => return Err(call.fail_at(0, "an argument number in a format must look like `[1]`")),
            }
        }
        verb.letter = match chars.next() {
            Some(letter) if "vtbdoxXeEfgGsq".contains(letter) => letter,
            Some(letter) => return Err(call.fail_at(0, format!("`%{letter}` is not a verb of a format"))),
            None => return Err(call.fail_at(0, "the format ends within a `%` sequence")),
        };
        if verb.width.max(verb.precision) > Some(MAX_WIDTH) {
            return Err(call.too_large());
        }
        next = verb.argument + 1;
        if !literal.is_empty() {
            parts.push(Part::Text(std::mem::take(&mut literal)));
        }
        parts.push(Part::Verb(verb));
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(parts)
}

/// Fills in the arguments; `size` counts the bytes of all results of a call.
fn fill(call: &Call<'_>, parts: &[Part], arguments: &[&Value], size: &mut usize) -> Outcome {
    let template = call.value(0)?.origin;
    let mut pieces = Vec::new();
    let mut used = 0;
    for part in parts {
        match part {
            Part::Text(text) => pieces.push(Piece::Known(text.as_str().into(), template)),
            Part::Verb(verb) => {
                let Some(value) = arguments.get(verb.argument) else {
                    let message = format!(
                        "the format asks for argument {}, but there are {}",
                        verb.argument + 1,
                        arguments.len()
                    );
                    return Err(call.fail_at(0, message));
                };
                used = used.max(verb.argument + 1);
                write(call, verb, value, &mut pieces)?;
            }
        }
        if let Some(Piece::Known(text, _)) = pieces.last() {
            *size += text.len();
        }
        if *size > MAX_TEXT || pieces.len() > MAX_PIECES {
            return Err(call.too_large());
        }
    }
    if used < arguments.len() {
        return Err(call.fail(format!("the format uses {used} of {} arguments", arguments.len())));
    }
    call.give_pieces(pieces)
}

fn write(call: &Call<'_>, verb: &Verb, value: &Value, pieces: &mut Vec<Piece>) -> Result<(), Stop> {
    let at = verb.argument + 1;
    let known = |text: String, pieces: &mut Vec<Piece>| pieces.push(Piece::Known(text.into(), value.origin));
    let is_plain = verb.width.is_none() && verb.precision.is_none();
    if value.first_unknown().is_some() {
        let scalar = !matches!(value.data, Data::List(_) | Data::Map(_));
        match value.to_pieces() {
            // What stands between double quotes would need its escapes.
            Some(more) if is_plain && scalar && matches!((verb.letter, verb.sharp), ('s', _) | ('v', false)) => {
                pieces.extend(more);
            }
            _ => {
                let Stop::Unknown(unknown) = call.undecided_by(value) else { return Err(call.offline()) };
                pieces.push(Piece::Hole(unknown, value.origin));
            }
        }
        return Ok(());
    }
    if value.is_null() && verb.letter != 'v' {
        return Err(call.fail_at(at, format!("null cannot be formatted with `%{}`", verb.letter)));
    }
    let wrong = |wanted: &str| call.fail_at(at, format!("`%{}` takes {wanted}, not {}", verb.letter, kind_name(value)));
    match verb.letter {
        'v' => {
            let text = match &value.data {
                Data::String(_) | Data::Text(_) if !verb.sharp => value.as_str().unwrap_or_default().to_owned(),
                _ => encode_json(value).unwrap_or_default(),
            };
            known(pad(verb, text), pieces);
        }
        's' | 'q' => {
            let text = value.scalar_text().ok_or_else(|| wrong("a string"))?;
            let cut: String = match verb.precision {
                Some(precision) => text.graphemes(true).take(precision).collect(),
                None => text.into_owned(),
            };
            let cut = if verb.letter == 'q' { quoted(&cut) } else { cut };
            known(pad(verb, cut), pieces);
        }
        't' => {
            let truth = to_bool(value).ok_or_else(|| wrong("a boolean"))?;
            known(truth.to_string(), pieces);
        }
        'b' | 'd' | 'o' | 'x' | 'X' => {
            let number = to_number(value).ok_or_else(|| wrong("a number"))?;
            let text = integer(verb, &number).ok_or_else(|| wrong("a whole number"))?;
            known(text, pieces);
        }
        _ => {
            let number = to_number(value).ok_or_else(|| wrong("a number"))?;
            known(float(verb, &number), pieces);
        }
    }
    Ok(())
}

fn quoted(text: &str) -> String {
    encode_json(&Value::string(text, crate::source::Origin::NONE)).unwrap_or_default()
}

fn pad(verb: &Verb, text: String) -> String {
    let Some(width) = verb.width else { return text };
    let missing = width.saturating_sub(text.graphemes(true).count());
    let pad = if verb.zero { "0" } else { " " }.repeat(missing);
    if verb.minus { text + &pad } else { pad + &text }
}

fn integer(verb: &Verb, number: &Number) -> Option<String> {
    let decimal = number.to_decimal();
    if !decimal.is_integer() {
        return None;
    }
    let (whole, _) = decimal.with_scale(0).into_bigint_and_exponent();
    let (radix, prefix) = match verb.letter {
        'b' => (2, "0b"),
        'o' => (8, "0"),
        'x' => (16, "0x"),
        'X' => (16, "0X"),
        _ => (10, ""),
    };
    let mut digits = whole.magnitude().to_str_radix(radix);
    if verb.letter == 'X' {
        digits = digits.to_uppercase();
    }
    if let Some(precision) = verb.precision {
        digits = "0".repeat(precision.saturating_sub(digits.len())) + &digits;
    }
    if verb.sharp {
        digits.insert_str(0, prefix);
    }
    let negative = whole.sign() == bigdecimal::num_bigint::Sign::Minus;
    Some(signed(verb, negative, &digits, verb.precision.is_none()))
}

/// The sign, and the width in spaces or zeros.
fn signed(verb: &Verb, negative: bool, digits: &str, may_fill: bool) -> String {
    let sign = match (negative, verb.plus, verb.space) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    let missing = verb.width.unwrap_or(0).saturating_sub(sign.len() + digits.len());
    match (verb.minus, verb.zero && may_fill) {
        (true, _) => format!("{sign}{digits}{}", " ".repeat(missing)),
        (false, true) => format!("{sign}{}{digits}", "0".repeat(missing)),
        (false, false) => format!("{}{sign}{digits}", " ".repeat(missing)),
    }
}

fn float(verb: &Verb, number: &Number) -> String {
    let text = number.to_string();
    let (negative, text) = text.strip_prefix('-').map_or((false, text.as_str()), |text| (true, text));
    let magnitude = Number::parse(text).unwrap_or(Number::Integer(0)).to_decimal();
    let upper = verb.letter.is_ascii_uppercase();
    let digits = match verb.letter.to_ascii_lowercase() {
        'f' => fixed(&magnitude, verb.precision.unwrap_or(6)),
        'e' => scientific(&magnitude, Some(verb.precision.unwrap_or(6) + 1)),
        _ => general(&magnitude, verb.precision),
    };
    let digits = if upper { digits.to_uppercase() } else { digits };
    signed(verb, negative, &digits, true)
}

fn fixed(magnitude: &bigdecimal::BigDecimal, precision: usize) -> String {
    let rounded = magnitude.with_scale_round(precision as i64, bigdecimal::RoundingMode::HalfEven);
    rounded.to_plain_string()
}

/// The significant digits and the exponent of the first of them.
fn significant(magnitude: &bigdecimal::BigDecimal, count: Option<usize>) -> (String, i64) {
    use bigdecimal::Zero as _;
    if magnitude.is_zero() {
        return ("0".repeat(count.unwrap_or(1).max(1)), 0);
    }
    let rounded = match count {
        Some(count) => magnitude.with_prec(count.max(1) as u64),
        None => magnitude.normalized(),
    };
    let (whole, scale) = rounded.into_bigint_and_exponent();
    let mut digits = whole.to_string();
    let exponent = digits.len() as i64 - 1 - scale;
    match count {
        Some(count) => {
            digits.truncate(count.max(1));
            digits.push_str(&"0".repeat(count.saturating_sub(digits.len())));
        }
        None => digits.truncate(digits.trim_end_matches('0').len().max(1)),
    }
    (digits, exponent)
}

fn scientific(magnitude: &bigdecimal::BigDecimal, count: Option<usize>) -> String {
    let (digits, exponent) = significant(magnitude, count);
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.abs())
}

fn general(magnitude: &bigdecimal::BigDecimal, precision: Option<usize>) -> String {
    let (digits, exponent) = significant(magnitude, precision.map(|precision| precision.max(1)));
    let digits = digits.trim_end_matches('0');
    let digits = if digits.is_empty() { "0" } else { digits };
    let mut limit = precision.map_or(6, |precision| precision.max(1)) as i64;
    if precision.is_some() && limit > digits.len() as i64 && digits.len() as i64 > exponent {
        limit = digits.len() as i64;
    }
    if exponent < -4 || exponent >= limit {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{first}{point}{rest}e{sign}{:02}", exponent.abs());
    }
    if exponent < 0 {
        return format!("0.{}{digits}", "0".repeat((-exponent - 1) as usize));
    }
    let whole = exponent as usize + 1;
    if digits.len() <= whole {
        return format!("{digits}{}", "0".repeat(whole - digits.len()));
    }
    let (left, right) = digits.split_at(whole);
    format!("{left}.{right}")
}
