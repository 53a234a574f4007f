//! Binary floating point numbers of 512 bits, in which Terraform computes; they are written as the shortest decimal that
//! stands for them alone.

use bigdecimal::BigDecimal;
use bigdecimal::num_bigint::{BigInt, BigUint, Sign};

/// The bits of a mantissa.
const PRECISION: u64 = 512;

/// Decimals with no more digits are what is written for the float that they stand for.
pub(super) const EXACT_DIGITS: u64 = 153;

/// No number is larger than two to this power, nor nearer to zero than its inverse.
const MAX_EXPONENT: i64 = 4096;

/// `mantissa × 2^exponent`
pub(super) struct Float {
    negative: bool,
    mantissa: BigUint,
    exponent: i64,
}

impl Float {
    /// The nearest float; of two that are equally near, the one that ends with an even bit.
    fn rounded(negative: bool, mantissa: BigUint, exponent: i64, is_more: bool) -> Float {
        let extra = mantissa.bits().saturating_sub(PRECISION);
        if extra == 0 {
            return Float { negative, mantissa, exponent };
        }
        let mut kept = &mantissa >> extra;
        let half = mantissa.bit(extra - 1);
        let past_half = is_more || mantissa.trailing_zeros().is_some_and(|zeros| zeros < extra - 1);
        if half && (past_half || kept.bit(0)) {
            kept += 1_u32;
        }
        Float { negative, mantissa: kept, exponent: exponent + extra as i64 }
    }

    /// The quotient of two whole numbers times a power of two.
    fn quotient(negative: bool, dividend: &BigUint, divisor: &BigUint, exponent: i64) -> Float {
        // Two bits more than are kept tell how to round, together with whether anything is left over.
        let shift = (PRECISION + 2 + divisor.bits()).saturating_sub(dividend.bits());
        let dividend = dividend << shift;
        let quotient = &dividend / divisor;
        let is_more = &quotient * divisor != dividend;
        Float::rounded(negative, quotient, exponent - shift as i64, is_more)
    }

    pub(super) fn of_decimal(value: &BigDecimal) -> Float {
        let (digits, scale) = value.as_bigint_and_exponent();
        let negative = digits.sign() == Sign::Minus;
        let power = BigUint::from(10_u32).pow(u32::try_from(scale.unsigned_abs()).unwrap_or(0));
        if scale <= 0 {
            Float::rounded(negative, digits.magnitude() * power, 0, false)
        } else {
            Float::quotient(negative, digits.magnitude(), &power, 0)
        }
    }

    fn is_zero(&self) -> bool {
        self.mantissa == BigUint::ZERO
    }

    fn negated(self) -> Float {
        Float { negative: !self.negative, ..self }
    }

    pub(super) fn plus(&self, other: &Float) -> Float {
        let exponent = self.exponent.min(other.exponent);
        let whole = |float: &Float| {
            let mantissa = &float.mantissa << (float.exponent - exponent).unsigned_abs();
            BigInt::from_biguint(if float.negative { Sign::Minus } else { Sign::Plus }, mantissa)
        };
        let (sign, mantissa) = (whole(self) + whole(other)).into_parts();
        Float::rounded(sign == Sign::Minus, mantissa, exponent, false)
    }

    pub(super) fn minus(&self, other: &Float) -> Float {
        let negative = Float { negative: !other.negative, mantissa: other.mantissa.clone(), exponent: other.exponent };
        self.plus(&negative)
    }

    pub(super) fn times(&self, other: &Float) -> Float {
        let negative = self.negative != other.negative;
        Float::rounded(negative, &self.mantissa * &other.mantissa, self.exponent + other.exponent, false)
    }

    /// The quotient; `None` for a division by zero.
    pub(super) fn divided_by(&self, other: &Float) -> Option<Float> {
        let negative = self.negative != other.negative;
        let exponent = self.exponent - other.exponent;
        (!other.is_zero()).then(|| Float::quotient(negative, &self.mantissa, &other.mantissa, exponent))
    }

    /// The remainder as Terraform computes it: by a quotient, which is rounded already.
    pub(super) fn modulo(&self, other: &Float) -> Option<Float> {
        let Float { negative, mantissa, exponent } = self.divided_by(other)?;
        let whole = if exponent < 0 {
            Float { negative, mantissa: mantissa >> exponent.unsigned_abs(), exponent: 0 }
        } else {
            Float { negative, mantissa, exponent }
        };
        Some(whole.times(other).negated().plus(self))
    }

    /// The shortest decimal that stands for this float and for no other; `None` for what is too large or too small.
    pub(super) fn to_decimal(&self) -> Option<BigDecimal> {
        let bits = self.mantissa.bits();
        if bits == 0 {
            return Some(BigDecimal::from(0));
        }
        if (self.exponent + bits as i64).abs() > MAX_EXPONENT {
            return None;
        }
        // The last bit of this mantissa is half of what the float's own last bit stands for.
        let shift = (PRECISION + 1).saturating_sub(bits);
        let mantissa = &self.mantissa << shift;
        let exponent = self.exponent - shift as i64;
        let inclusive = !mantissa.bit(1);
        let exact = Digits::of(&mantissa, exponent);
        let (lower, upper) = (Digits::of(&(&mantissa - 1_u32), exponent), Digits::of(&(&mantissa + 1_u32), exponent));
        Some(exact.shortest_between(&lower, &upper, inclusive).to_decimal(self.negative))
    }
}

/// Decimal digits without zeros at the end, and where their point stands.
struct Digits {
    digits: Vec<u8>,
    point: i64,
}

impl Digits {
    fn of(mantissa: &BigUint, exponent: i64) -> Digits {
        let power = exponent.unsigned_abs();
        let small = u32::try_from(power).unwrap_or(0);
        let (whole, fraction) = if exponent >= 0 {
            (mantissa << power, 0)
        } else {
            (mantissa * BigUint::from(5_u32).pow(small), i64::from(small))
        };
        let mut digits = whole.to_radix_be(10);
        let point = digits.len() as i64 - fraction;
        digits.truncate(digits.iter().rposition(|digit| *digit != 0).map_or(0, |last| last + 1));
        Digits { digits, point }
    }

    fn at(&self, nth: usize) -> u8 {
        self.digits.get(nth).copied().unwrap_or(0)
    }

    fn shortest_between(self, lower: &Digits, upper: &Digits, inclusive: bool) -> Digits {
        for (nth, digit) in self.digits.iter().copied().enumerate() {
            let (low, high) = (lower.at(nth), upper.at(nth));
            let may_cut = low != digit || inclusive && nth + 1 == lower.digits.len();
            let may_raise = digit != high && (inclusive || digit + 1 < high || nth + 1 < upper.digits.len());
            let raises = match (may_cut, may_raise) {
                (false, false) => continue,
                (true, true) => self.is_nearer_above(nth + 1),
                (_, raises) => raises,
            };
            return self.cut(nth + 1, raises);
        }
        self
    }

    /// Whether the number is nearer to what is raised after so many digits than to what is cut there.
    fn is_nearer_above(&self, count: usize) -> bool {
        match self.at(count) {
            5 if count + 1 >= self.digits.len() => count.checked_sub(1).is_some_and(|last| self.at(last) % 2 == 1),
            digit => digit >= 5,
        }
    }

    fn cut(mut self, count: usize, raises: bool) -> Digits {
        self.digits.truncate(count);
        if raises {
            while self.digits.last() == Some(&9) {
                self.digits.pop();
            }
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(1);
                    self.point += 1;
                }
            }
        }
        self
    }

    fn to_decimal(&self, negative: bool) -> BigDecimal {
        let whole = BigUint::from_radix_be(&self.digits, 10).unwrap_or_default();
        let sign = if negative { Sign::Minus } else { Sign::Plus };
        BigDecimal::new(BigInt::from_biguint(sign, whole), self.digits.len() as i64 - self.point)
    }
}
