//! What one test says of another.

use ipnet::IpNet;

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
        self.excludes_where(other, false)
    }

    /// The same, where it may be known that requests have the key.
    pub(super) fn excludes_where(&self, other: &Test, is_present: bool) -> bool {
        if self.key != other.key {
            return false;
        }
        let needs_key = |test: &Test| test.holds_when_absent() == Some(false);
        let is_absent = |test: &Test| test.normal() == Normal::Absent;
        if (is_absent(self) && needs_key(other)) || (is_absent(other) && needs_key(self)) {
            return true;
        }
        let is_over = self.values.len().saturating_mul(other.values.len()) > MAX_COMPARED;
        if is_over || !(is_present || needs_key(self) || needs_key(other)) {
            return false;
        }
        let (Some(a), Some(b)) = (self.kind(), other.kind()) else { return false };
        let is_alike = match (self.quantity(), other.quantity()) {
            (Some(Qualifier::None), Some(Qualifier::None)) => !catalogue::key(&self.key).is_some_and(|key| key.many),
            // The value that is asked for is one of all.
            (Some(Qualifier::AnyValue), Some(Qualifier::AllValues)) => !a.negated,
            (Some(Qualifier::AllValues), Some(Qualifier::AnyValue)) => !b.negated,
            _ => false,
        };
        if !is_alike {
            return false;
        }
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
        let networks = |test: &Test| test.values.iter().filter_map(|value| network(&value.scalar_text()?)).collect();
        let joined = match (own.family, operator.family) {
            (Family::Address, Family::Address) => IpNet::aggregate(&networks(negated)),
            _ => Vec::new(),
        };
        let is_joined = |value: &Value| {
            let own = value.scalar_text().and_then(|text| network(&text));
            own.is_some_and(|own| joined.iter().any(|all| all.contains(&own)))
        };
        let is_forbidden = |value: &Value| {
            negated.values.iter().any(|all| takes_in((operator, all), (own, value))) || is_joined(value)
        };
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
    match (a.family, b.family) {
        (Family::Bool, _) if is_text(b) => return is_no_word(one, (b, other)),
        (_, Family::Bool) if is_text(a) => return is_no_word(other, (a, one)),
        _ => {}
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

/// Whether a text is not that of `true` or `false`, however it is written.
fn is_no_word(word: &Value, (operator, text): (Operator, &Value)) -> bool {
    let (Some(word), Some(glob)) = (word.scalar_text(), glob_of(operator, text)) else { return false };
    let word = Glob::literal(&word.to_ascii_lowercase());
    !word.symbols().contains(&Symbol::Char('$')) && folded(&glob).meets(&word) == Truth::False
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
