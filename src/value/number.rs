//! Numbers as Terraform has them: as precise as 512 bits, written as decimals.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bigdecimal::{BigDecimal, RoundingMode, ToPrimitive};

use super::float::{EXACT_DIGITS, Float};

/// More digits than this are refused: Terraform's own precision is 512 bits (about 154 digits).
const MAX_DIGITS: usize = 400;

/// A decimal number.
#[derive(Clone, Debug)]
pub enum Number {
    /// A whole number that fits.
    Integer(i64),
    /// Everything else.
    Decimal(Arc<BigDecimal>),
}

impl From<i64> for Number {
    fn from(value: i64) -> Number {
        Number::Integer(value)
    }
}

impl Number {
    /// Reads a decimal literal such as `12`, `-0.5` or `1e3`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Number> {
        if let Ok(whole) = text.parse::<i64>() {
            return (!text.starts_with('+')).then_some(Number::Integer(whole));
        }
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
        if digits == 0 || digits > MAX_DIGITS || !plain || text.starts_with(['+', '.']) || text.ends_with('.') {
            return None;
        }
        if let Some((_, exponent)) = text.split_once(['e', 'E'])
            && exponent.parse::<i32>().ok()?.unsigned_abs() as usize > MAX_DIGITS
        {
            return None;
        }
        let value = BigDecimal::from_str(text).ok()?;
        if value.digits() > EXACT_DIGITS {
            return Float::of_decimal(&value).to_decimal().map(Number::from_decimal);
        }
        Some(Number::from_decimal(value))
    }

    /// The shortest form of a decimal.
    pub fn from_decimal(value: BigDecimal) -> Number {
        if value.is_integer()
            && let Some(whole) = value.to_i64()
        {
            return Number::Integer(whole);
        }
        Number::Decimal(Arc::new(value.normalized()))
    }

    /// The number as an arbitrary precision decimal.
    pub fn to_decimal(&self) -> BigDecimal {
        match self {
            Number::Integer(value) => BigDecimal::from(*value),
            Number::Decimal(value) => (**value).clone(),
        }
    }

    /// The number, where it is whole and fits.
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Number::Integer(value) => Some(*value),
            Number::Decimal(_) => None,
        }
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, other: &Number) -> Number {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) if a.checked_add(*b).is_some() => Number::Integer(a + b),
            _ => self
                .computed(other, Float::plus)
                .unwrap_or_else(|| Number::from_decimal(self.to_decimal() + other.to_decimal())),
        }
    }

    /// The difference.
    #[must_use]
    pub fn minus(&self, other: &Number) -> Number {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) if a.checked_sub(*b).is_some() => Number::Integer(a - b),
            _ => self
                .computed(other, Float::minus)
                .unwrap_or_else(|| Number::from_decimal(self.to_decimal() - other.to_decimal())),
        }
    }

    /// The product; `None` where it would grow past the limit of digits.
    pub fn times(&self, other: &Number) -> Option<Number> {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) if a.checked_mul(*b).is_some() => Some(Number::Integer(a * b)),
            _ => self.computed(other, Float::times),
        }
    }

    fn to_float(&self) -> Float {
        Float::of_decimal(&self.to_decimal())
    }

    /// The result of an operation as Terraform computes it; `None` where it grows past all bounds.
    fn computed(&self, other: &Number, operation: fn(&Float, &Float) -> Float) -> Option<Number> {
        operation(&self.to_float(), &other.to_float()).to_decimal().map(Number::from_decimal)
    }

    /// The quotient; `None` for a division by zero.
    pub fn divided_by(&self, other: &Number) -> Option<Number> {
        if let (Number::Integer(a), Number::Integer(b)) = (self, other)
            && a.checked_rem(*b) == Some(0)
            && let Some(quotient) = a.checked_div(*b)
        {
            return Some(Number::Integer(quotient));
        }
        let quotient = self.to_float().divided_by(&other.to_float())?;
        quotient.to_decimal().map(Number::from_decimal)
    }

    /// The nearest whole number that is not greater.
    #[must_use]
    pub fn floor(&self) -> Number {
        self.rounded(RoundingMode::Floor)
    }

    /// The nearest whole number that is not less.
    #[must_use]
    pub fn ceil(&self) -> Number {
        self.rounded(RoundingMode::Ceiling)
    }

    fn rounded(&self, mode: RoundingMode) -> Number {
        match self {
            Number::Integer(_) => self.clone(),
            Number::Decimal(value) => Number::from_decimal(value.with_scale_round(0, mode)),
        }
    }

    /// The nearest binary floating point number.
    pub fn to_f64(&self) -> f64 {
        match self {
            Number::Integer(value) => *value as f64,
            Number::Decimal(value) => value.to_f64().unwrap_or(f64::NAN),
        }
    }

    /// The shortest decimal that stands for a floating point number; `None` for infinities and what is no number.
    pub fn from_f64(value: f64) -> Option<Number> {
        value.is_finite().then(|| Number::parse(&value.to_string())).flatten()
    }

    /// The remainder with the sign of the dividend; `None` for a division by zero.
    pub fn modulo(&self, other: &Number) -> Option<Number> {
        if let (Number::Integer(a), Number::Integer(b)) = (self, other)
            && let Some(rest) = a.checked_rem(*b)
        {
            return Some(Number::Integer(rest));
        }
        let rest = self.to_float().modulo(&other.to_float())?;
        rest.to_decimal().map(Number::from_decimal)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> std::cmp::Ordering {
        match (self, other) {
            (Number::Integer(a), Number::Integer(b)) => a.cmp(b),
            _ => self.to_decimal().cmp(&other.to_decimal()),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Integer(value) => write!(f, "{value}"),
            Number::Decimal(value) => f.write_str(&value.to_plain_string()),
        }
    }
}
