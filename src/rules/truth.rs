//! The truth of a condition alone: nearly all questions are answered no, and need no places.

use std::cmp::Ordering;

use super::condition::Condition;
use super::pattern::{around, compare, is};
use crate::iam::pattern as glob;
use crate::value::{Data, Truth, Value, derived};

/// Whether a condition holds for a value: what [`answer`](super::pattern::answer) says, without the places and the reasons.
pub(super) fn holds(condition: &Condition, value: &Value) -> Truth {
    if let Data::Unknown(unknown) = &value.data {
        match condition {
            Condition::Any(_) => {}
            _ if unknown.candidates.is_empty() => {}
            _ => return unknown.agree(|candidate| holds(condition, candidate)),
        }
    }
    match condition {
        Condition::Fields(fields) => match &value.data {
            Data::List(_) => any(value, |item| holds(condition, item)),
            Data::Unknown(_) => Truth::Unknown,
            Data::Null => Truth::False,
            _ => Truth::all(fields.iter().map(|(name, condition)| of_field(name, condition, value))),
        },
        Condition::All(conditions) => Truth::all(conditions.iter().map(|condition| holds(condition, value))),
        Condition::Not(inner) => !holds(inner, value),
        Condition::Any(inner) => any(value, |item| holds(inner, item)),
        Condition::None(inner) => !any(value, |item| holds(inner, item)),
        Condition::Every(inner) => !any(value, |item| !holds(inner, item)),
        Condition::Count(inner) => count(inner, value),
        Condition::Exists(wanted) => match &value.data {
            Data::Unknown(_) => Truth::Unknown,
            data => Truth::from(matches!(data, Data::Null) != *wanted),
        },
        Condition::Empty(wanted) => empty(*wanted, value),
        _ => match &value.data {
            Data::List(_) => any(value, |item| holds(condition, item)),
            _ => scalar(condition, value),
        },
    }
}

fn of_field(name: &str, condition: &Condition, value: &Value) -> Truth {
    match &value.data {
        Data::Map(map) => match (map.get(name), &map.rest) {
            (Some(found), _) => holds(condition, found),
            (None, Some(rest)) => holds(condition, &Value::unknown(derived(rest), value.origin)),
            (None, None) => holds(condition, &Value::null(value.origin)),
        },
        _ => holds(condition, &Value::null(value.origin)),
    }
}

fn any(value: &Value, test: impl Fn(&Value) -> Truth) -> Truth {
    match &value.data {
        Data::Unknown(unknown) if unknown.candidates.is_empty() => Truth::Unknown,
        Data::List(list) => {
            let known = Truth::any(list.items.iter().map(test));
            if list.rest.is_some() { known.or(Truth::Unknown) } else { known }
        }
        _ => Truth::any(value.elements().iter().map(test)),
    }
}

/// Whether the number of elements is such.
pub(super) fn count(inner: &Condition, value: &Value) -> Truth {
    let (number, is_open) = match &value.data {
        Data::Unknown(_) => return Truth::Unknown,
        Data::List(list) => (list.items.len(), list.rest.is_some()),
        Data::Map(map) => (map.entries().len(), map.rest.is_some()),
        Data::Null => (0, false),
        _ => (1, false),
    };
    let number = number as i64;
    let of = |number: i64| holds(inner, &Value::integer(number, value.origin));
    let now = of(number);
    // There may be more, up to any number: certain only where no number that the condition names changes the answer.
    if is_open && !around(inner, number).into_iter().all(|probe| of(probe) == now) { Truth::Unknown } else { now }
}

/// Whether nothing is in it, or, where that is not wanted, something.
pub(super) fn empty(wanted: bool, value: &Value) -> Truth {
    let is_empty = match &value.data {
        Data::Unknown(_) => return Truth::Unknown,
        Data::List(list) if list.items.is_empty() && list.rest.is_some() => return Truth::Unknown,
        Data::List(list) => list.items.is_empty(),
        Data::Map(map) if map.entries().is_empty() && map.rest.is_some() => return Truth::Unknown,
        Data::Map(map) => map.entries().is_empty(),
        Data::Null => true,
        Data::Text(text) if text.known().is_none() && value.known_prefix().is_empty() => {
            if value.known_suffix().is_empty() && text.first_unknown().is_some() {
                return Truth::Unknown;
            }
            false
        }
        _ => value.as_str().is_some_and(str::is_empty),
    };
    Truth::from(is_empty == wanted)
}

/// Whether a single value is such.
pub(super) fn scalar(condition: &Condition, value: &Value) -> Truth {
    let not_known = || Truth::from(value.first_unknown().is_some()).and(Truth::Unknown);
    if let Data::Unknown(_) = &value.data {
        return Truth::Unknown;
    }
    match condition {
        Condition::OneOf(literals) => Truth::any(literals.iter().map(|literal| is(value, literal))),
        Condition::Glob(patterns) => match &value.data {
            Data::Null => Truth::False,
            _ => Truth::any(patterns.iter().map(|pattern| glob::matches_value(pattern, value, false))),
        },
        Condition::Regex(regex) => match value.scalar_text() {
            Some(text) => regex.is_match(&text).into(),
            None => not_known(),
        },
        Condition::AtLeast(bound) => compare(value, bound, Ordering::is_ge),
        Condition::AtMost(bound) => compare(value, bound, Ordering::is_le),
        Condition::Within(range) => match value.scalar_text() {
            Some(text) => text
                .parse::<ipnet::IpNet>()
                .or_else(|_| text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from))
                .is_ok_and(|found| range.contains(&found))
                .into(),
            None => not_known(),
        },
        _ => Truth::False,
    }
}
