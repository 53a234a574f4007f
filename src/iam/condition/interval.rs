//! What numbers and points in time a test lets through.

use super::{Family, Operator, Order, number, seconds};

/// An end of an interval, and whether it belongs to it.
type End = (f64, bool);

/// Numbers, or seconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    low: End,
    high: End,
}

impl Interval {
    pub(super) const EVERYTHING: Interval = Interval { low: (f64::NEG_INFINITY, true), high: (f64::INFINITY, true) };

    /// What compares with a text as an operator asks, which is not negated; none where these are no numbers or times.
    pub(super) fn of(operator: Operator, text: &str) -> Option<Interval> {
        #[expect(clippy::cast_precision_loss, reason = "seconds of this millennium are exact")]
        let (order, bound) = match operator.family {
            Family::Number(order) => (order, number(text)?),
            Family::Date(order) => (order, seconds(text)? as f64),
            _ => return None,
        };
        let all = Interval::EVERYTHING;
        Some(match order {
            Order::Equal => Interval { low: (bound, true), high: (bound, true) },
            Order::Less => Interval { high: (bound, false), ..all },
            Order::AtMost => Interval { high: (bound, true), ..all },
            Order::Greater => Interval { low: (bound, false), ..all },
            Order::AtLeast => Interval { low: (bound, true), ..all },
        })
    }

    /// Whether all of another one is in it.
    pub(super) fn covers(self, other: Interval) -> bool {
        let both = self.and(other);
        both.low == other.low && both.high == other.high
    }

    /// What is in both.
    pub(super) fn and(self, other: Interval) -> Interval {
        let is_higher = |a: End, b: End| a.0 > b.0 || (a.0 >= b.0 && !a.1);
        let is_lower = |a: End, b: End| a.0 < b.0 || (a.0 <= b.0 && !a.1);
        Interval {
            low: if is_higher(other.low, self.low) { other.low } else { self.low },
            high: if is_lower(other.high, self.high) { other.high } else { self.high },
        }
    }

    /// Whether nothing is in it.
    pub(super) fn is_empty(self) -> bool {
        self.low.0 > self.high.0 || (self.low.0 >= self.high.0 && !(self.low.1 && self.high.1))
    }
}
