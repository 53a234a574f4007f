//! Functions over numbers.

use bigdecimal::num_bigint::{BigInt, Sign};

use super::argument::{Call, Outcome, Stop, to_number};
use crate::value::{Data, Number, Value};

/// Terraform gives no longer ranges.
const MAX_RANGE: usize = 1024;

/// The longest text of digits that `parseint` reads.
const MAX_DIGITS: usize = 300;

const ZERO: Number = Number::Integer(0);

pub(super) fn abs(call: &Call<'_>) -> Outcome {
    let number = call.number(0)?;
    call.give_number(if number < ZERO { ZERO.minus(&number) } else { number })
}

pub(super) fn ceil(call: &Call<'_>) -> Outcome {
    call.give_number(call.number(0)?.ceil())
}

pub(super) fn floor(call: &Call<'_>) -> Outcome {
    call.give_number(call.number(0)?.floor())
}

pub(super) fn signum(call: &Call<'_>) -> Outcome {
    call.give_number(Number::Integer(call.whole(0)?.signum()))
}

pub(super) fn max(call: &Call<'_>) -> Outcome {
    extreme(call, |number, best| number > best)
}

pub(super) fn min(call: &Call<'_>) -> Outcome {
    extreme(call, |number, best| number < best)
}

fn extreme(call: &Call<'_>, better: fn(&Number, &Number) -> bool) -> Outcome {
    let mut best = call.number(0)?;
    for at in 1..call.arguments.len() {
        let number = call.number(at)?;
        if better(&number, &best) {
            best = number;
        }
    }
    call.give_number(best)
}

pub(super) fn log(call: &Call<'_>) -> Outcome {
    let (number, base) = (call.number(0)?.to_f64(), call.number(1)?.to_f64());
    give_float(call, number.ln() / base.ln())
}

pub(super) fn pow(call: &Call<'_>) -> Outcome {
    let (number, exponent) = (call.number(0)?.to_f64(), call.number(1)?.to_f64());
    give_float(call, number.powf(exponent))
}

fn give_float(call: &Call<'_>, value: f64) -> Outcome {
    match Number::from_f64(value) {
        // Minus zero is zero.
        Some(number) => call.give_number(if number == ZERO { ZERO } else { number }),
        None => Err(call.fail("the result is not a number")),
    }
}

pub(super) fn parseint(call: &Call<'_>) -> Outcome {
    let value = call.value(0)?;
    if !matches!(value.data, Data::String(_) | Data::Text(_)) {
        return Err(call.fail_at(0, "a string is required"));
    }
    let text = call.text(0)?;
    let base = call.whole(1)?;
    let Some(base) = u32::try_from(base).ok().filter(|base| (2..=62).contains(base)) else {
        return Err(call.fail_at(1, "the base must be between 2 and 62"));
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (Sign::Minus, digits),
        None => (Sign::Plus, text.strip_prefix('+').unwrap_or(&text)),
    };
    let digit = |c: u8| match c {
        b'0'..=b'9' => u32::from(c - b'0'),
        b'a'..=b'z' => u32::from(c - b'a') + 10,
        b'A'..=b'Z' if base <= 36 => u32::from(c - b'A') + 10,
        b'A'..=b'Z' => u32::from(c - b'A') + 36,
        _ => u32::MAX,
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.bytes().all(|c| digit(c) < base) {
        return Err(call.fail_at(0, format!("`{text}` is not a whole number in base {base}")));
    }
    let magnitude = digits.bytes().fold(BigInt::from(0), |sum, c| sum * base + digit(c));
    let whole = if sign == Sign::Minus { -magnitude } else { magnitude };
    call.give_number(Number::from_decimal(whole.into()))
}

pub(super) fn range(call: &Call<'_>) -> Outcome {
    let numbers = (0..call.arguments.len()).map(|at| call.number(at)).collect::<Result<Vec<Number>, Stop>>()?;
    let one = |start: &Number, end: &Number| Number::Integer(if end < start { -1 } else { 1 });
    let (start, end, step) = match numbers.as_slice() {
        [end] => (ZERO, end.clone(), one(&ZERO, end)),
        [start, end] => (start.clone(), end.clone(), one(start, end)),
        [start, end, step] => (start.clone(), end.clone(), step.clone()),
        _ => return Err(call.fail("a range needs an end")),
    };
    if step == ZERO {
        return Err(call.fail("the step of a range must not be zero"));
    }
    let down = step < ZERO;
    if (down && end > start) || (!down && end < start) {
        return Err(call.fail("the step of a range must lead from its start to its end"));
    }
    let mut items = Vec::new();
    let mut number = start;
    while if down { number > end } else { number < end } {
        if items.len() == MAX_RANGE {
            return Err(call.fail(format!("a range has at most {MAX_RANGE} numbers")));
        }
        let next = number.plus(&step);
        items.push(Value::new(Data::Number(number), call.context.origin));
        number = next;
    }
    call.give_elements(items)
}

pub(super) fn sum(call: &Call<'_>) -> Outcome {
    let items = call.items(0)?;
    if items.is_empty() {
        return Err(call.fail_at(0, "an empty list has no sum"));
    }
    let mut total = ZERO;
    for item in items {
        match to_number(item) {
            Some(number) => total = total.plus(&number),
            None if item.first_unknown().is_some() => return Err(call.undecided_by(item)),
            None => return Err(call.fail_at(0, "every element must be a number")),
        }
    }
    call.give_number(total)
}
