//! What conditions say of one request.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;

use super::Test;
use super::operator::{Family, Operator, Qualifier};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Symbol};
use crate::value::{Truth, Value};

/// The keys that a request carries; one that is not here is absent.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Vec<String>>,
}

impl Context {
    /// Sets a key, whose name is not case-sensitive.
    #[must_use]
    pub fn with(mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) -> Context {
        self.keys.insert(key.to_ascii_lowercase(), values.into_iter().map(Into::into).collect());
        self
    }

    /// The keys in lower case with their values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.keys.iter().map(|(key, values)| (key.as_str(), values.as_slice()))
    }

    /// The values of a key; `None` where it is absent.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.keys.get(&key.to_ascii_lowercase()).map(Vec::as_slice)
    }
}

impl Statement {
    /// Whether all tests of the condition hold for a request.
    pub fn condition_holds(&self, context: &Context) -> Truth {
        let known = Truth::all(self.tests.iter().map(|test| test.holds(context, self.variables)));
        if self.more_tests.is_some() { known.and(Truth::Unknown) } else { known }
    }
}

impl Test {
    /// Whether the test holds for a request; `variables` where `${…}` is a policy variable. Undecided for an operator that
    /// AWS does not have, and for a request with several values where the test asks for one.
    pub fn holds(&self, context: &Context, variables: bool) -> Truth {
        let (Some(operator), Some(quantity)) = (self.kind(), self.quantity()) else { return Truth::Unknown };
        let actual = context.get(&self.key).unwrap_or_default();
        if operator.family == Family::Null {
            return self.wants_absence().map_or(Truth::Unknown, |absent| Truth::from(absent == actual.is_empty()));
        }
        if actual.is_empty() {
            return self.holds_when_absent().map_or(Truth::Unknown, Truth::from);
        }
        let matches = |actual: &String| self.matches(operator, actual, context, variables);
        match quantity {
            Qualifier::None if actual.len() > 1 => Truth::Unknown,
            Qualifier::None | Qualifier::AnyValue => {
                Truth::any(actual.iter().map(|value| if operator.negated { !matches(value) } else { matches(value) }))
            }
            Qualifier::AllValues => {
                Truth::all(actual.iter().map(|value| if operator.negated { !matches(value) } else { matches(value) }))
            }
        }
    }

    /// Whether a value of the request matches one of the policy's.
    fn matches(&self, operator: Operator, actual: &str, context: &Context, variables: bool) -> Truth {
        let known =
            Truth::any(self.values.iter().map(|value| one_matches(operator, value, actual, context, variables)));
        if self.rest.is_some() { known.or(Truth::Unknown) } else { known }
    }
}

fn one_matches(operator: Operator, value: &Value, actual: &str, context: &Context, variables: bool) -> Truth {
    if let Some(unknown) = value.as_unknown()
        && !unknown.candidates.is_empty()
    {
        return unknown.agree(|candidate| one_matches(operator, candidate, actual, context, variables));
    }
    let variables = variables && operator.has_variables();
    if matches!(operator.family, Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn) {
        let Some(glob) = wanted(operator, value, variables) else { return Truth::False };
        let Some(glob) = resolve(&glob, context) else { return Truth::False };
        let glob = folded_glob(operator, glob);
        let actual = Glob::literal(&folded(operator, actual));
        return if operator.family == Family::Arn { glob.covers_arn(&actual) } else { glob.covers(&actual) };
    }
    let Some(text) = value.scalar_text() else { return Truth::Unknown };
    let matched = match operator.family {
        Family::Bool if variables && text.contains("${") => {
            let glob = wanted(operator, value, variables).and_then(|glob| resolve(&glob, context));
            Some(glob.is_some_and(|glob| glob.to_string().eq_ignore_ascii_case(actual)))
        }
        Family::Bool => Some(text.eq_ignore_ascii_case(actual)),
        Family::Binary => Some(*text == *actual),
        Family::Number(order) => {
            number(actual).zip(number(&text)).and_then(|(a, b)| Some(order.holds(a.partial_cmp(&b)?)))
        }
        Family::Date(order) => seconds(actual).zip(seconds(&text)).map(|(a, b)| order.holds(a.cmp(&b))),
        Family::Address => IpAddr::from_str(actual).ok().zip(network(&text)).map(|(a, net)| net.contains(&a)),
        _ => None,
    };
    // What is of the wrong type matches nothing.
    matched.unwrap_or(false).into()
}

/// A pattern as an operator compares it: the values of variables are looked at without regard to case, too.
pub(in crate::iam) fn folded_glob(operator: Operator, glob: Glob) -> Glob {
    if operator.family != Family::TextIgnoringCase {
        return glob;
    }
    Glob::of_symbols(glob.symbols().iter().map(|symbol| match symbol {
        Symbol::Char(letter) => Symbol::Char(letter.to_ascii_lowercase()),
        other => other.clone(),
    }))
}

fn folded(operator: Operator, text: &str) -> String {
    if operator.family == Family::TextIgnoringCase { text.to_ascii_lowercase() } else { text.to_owned() }
}

/// The value of the policy as a pattern.
pub(in crate::iam) fn wanted(operator: Operator, value: &Value, variables: bool) -> Option<Glob> {
    if let (Some(text), false) = (value.scalar_text(), variables || operator.has_wildcards()) {
        return Some(Glob::literal(&folded(operator, &text)));
    }
    let glob = match value.scalar_text() {
        Some(text) => Glob::of_value(&Value::string(text.as_ref(), value.origin), variables)?,
        None => Glob::of_value(value, variables)?,
    };
    let symbols = glob.symbols().iter().map(|symbol| match symbol {
        Symbol::Run(_) if !operator.has_wildcards() => Symbol::Char('*'),
        Symbol::One if !operator.has_wildcards() => Symbol::Char('?'),
        Symbol::Char(c) if operator.family == Family::TextIgnoringCase => Symbol::Char(c.to_ascii_lowercase()),
        other => other.clone(),
    });
    Some(Glob::of_symbols(symbols))
}

/// The pattern with the request's values for its variables; `None` where one has none, for then nothing matches.
pub(in crate::iam) fn resolve(glob: &Glob, context: &Context) -> Option<Glob> {
    let carried = |key: &str| match context.get(key) {
        Some([one]) => Ok::<_, Infallible>(Some(one.chars().map(Symbol::Char).collect())),
        _ => Ok(None),
    };
    let Ok(filled) = glob.filled(carried);
    filled
}

pub(in crate::iam) fn number(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|number: &f64| number.is_finite())
}

/// A point in time, in seconds: `2026-01-31T12:00:00Z`, `2026-01-31`, or seconds since 1970.
pub(in crate::iam) fn seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second());
    }
    let day: jiff::civil::Date = text.parse().ok()?;
    Some(day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

/// An address or a range of addresses.
pub(crate) fn network(text: &str) -> Option<IpNet> {
    let text = text.trim();
    IpNet::from_str(text).ok().or_else(|| IpAddr::from_str(text).ok().map(IpNet::from))
}
