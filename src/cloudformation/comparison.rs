//! What the equality of two values in a condition hangs on.

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::parameter::partition_of;
use super::possible::possible_values;
use super::scenario::{Branch, MAX_SCENARIOS, OPAQUE, Pin, text_of};
use crate::value::{Data, Piece, Truth, Unknown, Value, Why};

/// A longer key of a value is none.
const MAX_KEY: usize = 4096;

impl<'t> Evaluator<'t> {
    /// Whether two texts are equal, after what is assumed of parameters; notes what that hangs on where it is open.
    pub(super) fn compare(&mut self, left: &Value, right: &Value) -> Truth {
        match left.equals(right) {
            Truth::Unknown => {}
            known => return known,
        }
        for (one, other) in [(left, right), (right, left)] {
            let Some(text) = other.as_str() else { continue };
            let pins = [parameter_of(one).map(Arc::from), key_of(one)].map(|name| self.pins.get(&name?));
            if let ([_, Some(_)], Some(name)) = (&pins, self.defining.last()) {
                self.comparing.insert((*name).into());
            }
            for pin in pins.into_iter().flatten() {
                match pin {
                    Pin::Is(value) => return (*text_of(value) == *text).into(),
                    Pin::IsNot(values) if values.contains(text) => return Truth::False,
                    _ => {}
                }
            }
            let is_excluded = |value: &Value| {
                let excludes = |pin: &Pin| matches!(pin, Pin::IsNot(values) if values.contains(&text_of(value)));
                pins.into_iter().flatten().any(excludes)
            };
            let values = possible_values(one);
            let left = values.iter().filter(|value| !is_excluded(value));
            let mut equal = left.map(|value| value.scalar_text().is_some_and(|value| value == text));
            if let Some(first) = equal.next()
                && equal.all(|truth| truth == first)
            {
                return first.into();
            }
            if parameter_of(one).is_some_and(|name| self.is_elsewhere(name, text)) {
                return Truth::False;
            }
        }
        let pair = pair_key(left, right);
        if let Some(pin) = pair.as_ref().and_then(|(key, _)| self.pins.get(key)) {
            self.comparing.extend(self.defining.last().map(|name| (*name).into()));
            return matches!(pin, Pin::Is(_)).into();
        }
        if let Some(name) = self.defining.last() {
            let opaque = || {
                let (key, text) = [(left, right), (right, left)]
                    .into_iter()
                    .find_map(|(one, other)| Some((key_of(one)?, Arc::from(other.as_str()?))))
                    .or(pair)?;
                Some(Branch::Opaque(key, text))
            };
            let branch = branch_of(left, right).or_else(opaque);
            self.branches.push(branch.unwrap_or_else(|| Branch::Condition((*name).into())));
        }
        Truth::Unknown
    }

    /// Whether what is assumed of region and partition keeps a pseudo parameter from being this text.
    fn is_elsewhere(&self, name: &str, text: &str) -> bool {
        let is = |name: &str, wanted: &str| match self.pins.get(name) {
            Some(Pin::Is(value)) => *text_of(value) == *wanted,
            Some(Pin::IsNot(values)) => !values.contains(wanted),
            _ => true,
        };
        match (name, self.pins.get("AWS::Region")) {
            ("AWS::Region", _) => !is("AWS::Partition", partition_of(text)),
            ("AWS::Partition", Some(Pin::Is(region))) => partition_of(&text_of(region)) != text,
            _ => false,
        }
    }
}

/// The name of the parameter or pseudo parameter that a value is, where it has none.
pub(super) fn parameter_of(value: &Value) -> Option<&str> {
    let unknown = value.as_unknown().filter(|unknown| !unknown.derived)?;
    match unknown.why {
        Why::NoValue => unknown.subject.strip_prefix("Parameter "),
        Why::Environment(_) => Some(&*unknown.subject),
        _ => None,
    }
}

/// A name for a value that has one text wherever it stands, though none that can be told.
fn key_of(value: &Value) -> Option<Arc<str>> {
    let part = |unknown: &Unknown| {
        let is_named = |subject: &str| subject.split_once(' ').is_some_and(|(_, name)| !name.is_empty());
        let is_looked_up = !unknown.derived && unknown.why == Why::DataSource && is_named(&unknown.subject);
        match unknown.identity() {
            Some(identity) => Some(format!("{OPAQUE}{identity:?}")),
            None => is_looked_up.then(|| format!("{OPAQUE}{}", unknown.subject)),
        }
    };
    let key = match &value.data {
        Data::Unknown(unknown) => part(unknown)?,
        Data::Text(text) if text.known().is_none() => {
            let mut key = OPAQUE.to_string();
            for piece in text.pieces()? {
                match piece {
                    Piece::Known(known, _) => key.push_str(known),
                    Piece::Hole(unknown, _) => key.push_str(&part(unknown)?),
                }
            }
            key
        }
        _ => return None,
    };
    (key.len() <= MAX_KEY).then(|| key.into())
}

/// A name for the question whether two values of which nothing is known are equal, and the answer.
fn pair_key(left: &Value, right: &Value) -> Option<(Arc<str>, Arc<str>)> {
    let mut keys = [key_of(left)?, key_of(right)?];
    keys.sort();
    let [one, other] = keys;
    Some((format!("{one}{OPAQUE}={other}").into(), "equal".into()))
}

/// What the equality of two values hangs on, where it is the value of a parameter.
fn branch_of(left: &Value, right: &Value) -> Option<Branch> {
    let allowed = |unknown: &Arc<Unknown>| {
        let is_plain = |value: &Value| value.scalar_text().is_some() && !value.sensitive;
        let value = Value::unknown(unknown.clone(), unknown.origin);
        let name: Arc<str> = parameter_of(&value)?.into();
        let values = &unknown.candidates;
        let is_bounded = (1..=MAX_SCENARIOS).contains(&values.len()) && values.iter().all(is_plain);
        is_bounded.then(|| Branch::Values(name, values.clone()))
    };
    let sides = [(left, right), (right, left)];
    let by_values = sides.iter().filter(|(one, _)| !one.sensitive).find_map(|(one, _)| allowed(one.first_unknown()?));
    by_values.or_else(|| {
        sides.iter().find_map(|(one, other)| {
            let text = other.as_str().filter(|_| !one.sensitive && !other.sensitive)?;
            Some(Branch::Text(parameter_of(one)?.into(), Value::string(text, one.origin)))
        })
    })
}
