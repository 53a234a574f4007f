//! What one test says of another.

use super::interval::Interval;
use super::{Family, Normal, Operator, Qualifier, Test, network, wanted};
use crate::iam::catalogue;
use crate::iam::glob::{Glob, Symbol};
use crate::value::{Truth, Value};

/// More pairs of values than these are not compared.
const MAX_COMPARED: usize = 10_000;

impl Test {
    /// Whether every request that passes this test passes another one for certain.
    pub(in crate::iam) fn implies(&self, other: &Test) -> bool {
        let alike = self.key == other.key
            && self.operator == other.operator
            && self.qualifier == other.qualifier
            && self.if_exists == other.if_exists
            && self.rest.is_none()
            && other.rest.is_none();
        let among = |some: &[Value], all: &[Value]| {
            some.iter().all(|one| {
                one.scalar_text().is_some_and(|text| all.iter().any(|o| o.scalar_text() == Some(text.clone())))
            })
        };
        let negated = self.kind().is_none_or(|kind| kind.negated);
        alike
            && match negated {
                true => among(&self.values, &other.values) && among(&other.values, &self.values),
                false => among(&self.values, &other.values),
            }
    }

    /// Whether no request passes both this test and another one, as far as their values show it.
    pub(in crate::iam) fn excludes(&self, other: &Test) -> bool {
        if self.key != other.key {
            return false;
        }
        let needs_key = |test: &Test| test.holds_when_absent() == Some(false);
        let is_absent = |test: &Test| test.normal() == Normal::Absent;
        if (is_absent(self) && needs_key(other)) || (is_absent(other) && needs_key(self)) {
            return true;
        }
        let is_single = |test: &Test| test.quantity() == Some(Qualifier::None);
        if !(needs_key(self) || needs_key(other)) || !is_single(self) || !is_single(other) {
            return false;
        }
        let is_over = self.values.len().saturating_mul(other.values.len()) > MAX_COMPARED;
        if is_over || catalogue::key(&self.key).is_some_and(|key| key.many) {
            return false;
        }
        let (Some(a), Some(b)) = (self.kind(), other.kind()) else { return false };
        let all = |some: &Test, all: &Test, holds: &dyn Fn(&Value, &Value) -> bool| {
            some.values.iter().all(|one| all.values.iter().all(|other| holds(one, other)))
        };
        match (a.negated, b.negated) {
            (true, true) => false,
            (false, false) => {
                let is_closed = self.rest.is_none() && other.rest.is_none();
                is_closed && all(self, other, &|one, another| are_apart((a, one), (b, another)))
            }
            (false, true) => self.is_within(a, other, b),
            (true, false) => other.is_within(b, self, a),
        }
    }

    /// Whether each value of this positive test is among those that a negated one forbids.
    fn is_within(&self, own: Operator, negated: &Test, operator: Operator) -> bool {
        let is_forbidden = |value: &Value| negated.values.iter().any(|all| takes_in((operator, all), (own, value)));
        self.rest.is_none() && self.values.iter().all(is_forbidden)
    }
}

fn is_text(operator: Operator) -> bool {
    matches!(operator.family, Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn)
}

/// What a text is compared with; none of one that depends on the request, or is not known.
fn glob_of(operator: Operator, value: &Value) -> Option<Glob> {
    let glob = wanted(operator, value, true)?;
    let is_fixed = |symbol: &Symbol| !matches!(symbol, Symbol::Variable(_) | Symbol::Hole(_));
    glob.symbols().iter().all(is_fixed).then_some(glob)
}

/// The same without regard to case.
fn folded(glob: &Glob) -> Glob {
    Glob::of_symbols(glob.symbols().iter().map(|symbol| match symbol {
        Symbol::Char(letter) => Symbol::Char(letter.to_ascii_lowercase()),
        other => other.clone(),
    }))
}

/// Whether no text fits both of two values.
fn are_apart((a, one): (Operator, &Value), (b, other): (Operator, &Value)) -> bool {
    if is_text(a) && is_text(b) {
        let (Some(one), Some(other)) = (glob_of(a, one), glob_of(b, other)) else { return false };
        let ignores = [a, b].iter().any(|operator| operator.family == Family::TextIgnoringCase);
        return match ignores {
            true => folded(&one).meets(&folded(&other)) == Truth::False,
            false => one.meets(&other) == Truth::False,
        };
    }
    let (Some(one), Some(other)) = (one.scalar_text(), other.scalar_text()) else { return false };
    if let Some((one, other)) = intervals((a, &one), (b, &other)) {
        return one.and(other).is_empty();
    }
    if a.family != b.family {
        return false;
    }
    match a.family {
        Family::Bool => !one.contains('$') && !other.contains('$') && !one.eq_ignore_ascii_case(&other),
        Family::Address => match (network(&one), network(&other)) {
            (Some(one), Some(other)) => !one.contains(&other) && !other.contains(&one),
            _ => true,
        },
        _ => false,
    }
}

/// Whether all that fits the second value fits the first one.
fn takes_in((a, all): (Operator, &Value), (b, some): (Operator, &Value)) -> bool {
    if is_text(a) && is_text(b) {
        let (Some(all), Some(some)) = (glob_of(a, all), glob_of(b, some)) else { return false };
        return match (a.family, b.family) {
            (Family::TextIgnoringCase, _) => folded(&all).covers(&folded(&some)) == Truth::True,
            (_, Family::TextIgnoringCase) => false,
            (Family::Arn, Family::Arn) => all.covers_arn(&some) == Truth::True,
            (Family::Arn, _) => some.is_literal() && all.covers_arn(&some) == Truth::True,
            _ => all.covers(&some) == Truth::True,
        };
    }
    let (Some(all), Some(some)) = (all.scalar_text(), some.scalar_text()) else { return false };
    if let Some((all, some)) = intervals((a, &all), (b, &some)) {
        return all.covers(some);
    }
    let networks = || Some((network(&all)?, network(&some)?));
    a.family == Family::Address
        && b.family == Family::Address
        && networks().is_some_and(|(all, some)| all.contains(&some))
}

/// What fits each of two values that are both numbers, or both points in time.
fn intervals((a, one): (Operator, &str), (b, other): (Operator, &str)) -> Option<(Interval, Interval)> {
    let is_time = |operator: Operator| matches!(operator.family, Family::Date(_));
    (is_time(a) == is_time(b)).then_some((Interval::of(a, one)?, Interval::of(b, other)?))
}
