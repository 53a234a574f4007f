//! Three-valued truth after Kleene: what is not known stays not known unless the rest decides.

use super::{Data, Value};

/// True, false, or undecided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Truth {
    /// Definitely not.
    False,
    /// It depends on something that is not known.
    Unknown,
    /// Definitely.
    True,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

impl Truth {
    /// Both hold: false wins over unknown.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        match (self, other) {
            (Truth::False, _) | (_, Truth::False) => Truth::False,
            (Truth::True, Truth::True) => Truth::True,
            _ => Truth::Unknown,
        }
    }

    /// At least one holds: true wins over unknown.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        !((!self).and(!other))
    }

    /// All of them hold.
    pub fn all(truths: impl IntoIterator<Item = Truth>) -> Truth {
        let mut result = Truth::True;
        for truth in truths {
            result = result.and(truth);
            if result == Truth::False {
                break;
            }
        }
        result
    }

    /// At least one of them holds.
    pub fn any(truths: impl IntoIterator<Item = Truth>) -> Truth {
        !Truth::all(truths.into_iter().map(|truth| !truth))
    }

    /// Whether it is definitely so.
    pub fn is_true(self) -> bool {
        self == Truth::True
    }

    /// Whether it is definitely not so.
    pub fn is_false(self) -> bool {
        self == Truth::False
    }
}

/// Two values are compared in at most so many steps.
const MAX_COMPARISONS: u32 = 100_000;

impl Value {
    /// Whether two values are equal, strictly: a number never equals a string.
    ///
    /// Where the two are so large, or may each be so many values, that comparing them would not end soon, the answer is
    /// that it is not known.
    pub fn equals(&self, other: &Value) -> Truth {
        self.equals_within(other, &mut { MAX_COMPARISONS })
    }

    /// The value behind the text that `jsonencode` made.
    fn encoded(&self) -> Option<&Value> {
        match &self.data {
            Data::Text(text) => text.json(),
            _ => None,
        }
    }

    fn equals_within(&self, other: &Value, left: &mut u32) -> Truth {
        match left.checked_sub(1) {
            Some(fewer) => *left = fewer,
            None => return Truth::Unknown,
        }
        match (&self.data, &other.data) {
            (Data::Unknown(a), Data::Unknown(b)) if a.is_same(b) => Truth::True,
            (Data::Unknown(unknown), _) => one_of(&unknown.candidates, other, left),
            (_, Data::Unknown(unknown)) => one_of(&unknown.candidates, self, left),
            (Data::Null, Data::Null) => Truth::True,
            (Data::Bool(a), Data::Bool(b)) => (a == b).into(),
            (Data::Number(a), Data::Number(b)) => (a == b).into(),
            (Data::String(_) | Data::Text(_), Data::String(_) | Data::Text(_)) => {
                match (self.as_str(), other.as_str()) {
                    (Some(a), Some(b)) => (a == b).into(),
                    _ => match (self.encoded(), other.encoded()) {
                        // Unequal values may be encoded as one text: a data source sorts what a list holds.
                        (Some(a), Some(b)) if a.equals_within(b, left).is_true() => Truth::True,
                        (Some(_), Some(_)) => Truth::Unknown,
                        _ => super::text::may_be_equal(self, other),
                    },
                }
            }
            (Data::List(a), Data::List(b)) => {
                if a.rest.is_some() || b.rest.is_some() {
                    return Truth::Unknown;
                }
                // What is not known in a set may turn out to be another of its elements.
                let is_open = |value: &Value, list: &super::List| list.is_set && value.first_unknown().is_some();
                let is_same = |left: &mut u32| {
                    a.items.len() == b.items.len()
                        && Truth::all(a.items.iter().zip(&b.items).map(|(x, y)| x.equals_within(y, left))).is_true()
                };
                if is_open(self, a) || is_open(other, b) {
                    return if is_same(left) { Truth::True } else { Truth::Unknown };
                }
                if a.items.len() != b.items.len() {
                    return Truth::False;
                }
                Truth::all(a.items.iter().zip(&b.items).map(|(x, y)| x.equals_within(y, left)))
            }
            (Data::Map(a), Data::Map(b)) => {
                if a.rest.is_some() || b.rest.is_some() {
                    return Truth::Unknown;
                }
                let keys = |m: &super::Map| m.entries().iter().map(|entry| entry.key.clone()).collect::<Vec<_>>();
                if keys(a) != keys(b) {
                    return Truth::False;
                }
                Truth::all(a.entries().iter().zip(b.entries()).map(|(x, y)| x.value.equals_within(&y.value, left)))
            }
            _ => Truth::False,
        }
    }
}

fn one_of(candidates: &[Value], other: &Value, left: &mut u32) -> Truth {
    let mut truths = candidates.iter().map(|candidate| candidate.equals_within(other, left));
    let Some(first) = truths.next() else { return Truth::Unknown };
    truths.fold(first, |so_far, truth| if truth == so_far { so_far } else { Truth::Unknown })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::{Text, Unknown, Why};
    use super::*;
    use crate::source::Origin;

    #[test]
    fn encoded_texts_with_one_hole_are_equal_only_by_what_they_hold() {
        let hole = Arc::new(Unknown::new(Why::NoValue, "var.a", Origin::NONE));
        let text = |effect: &str| {
            let who = Value::unknown(hole.clone(), Origin::NONE);
            let fields = [("AWS", who), ("Effect", Value::string(effect, Origin::NONE))];
            let content = Value::fields(fields, Origin::NONE);
            Value::new(Data::Text(Arc::new(Text::of_json(content))), Origin::NONE)
        };
        assert_eq!(text("Allow").equals(&text("Allow")), Truth::True);
        assert_eq!(text("Allow").equals(&text("Deny")), Truth::Unknown);
        let alone = Value::new(
            Data::Text(Arc::new(Text::of_pieces(vec![super::super::Piece::Hole(hole.clone(), Origin::NONE)]))),
            Origin::NONE,
        );
        assert_eq!(text("Allow").equals(&alone), Truth::Unknown);
    }
}
