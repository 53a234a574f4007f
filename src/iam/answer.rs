//! What is asked of a statement, answered with the place that decides it.

use std::sync::Arc;

use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// An answer with the element that gives it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The answer.
    pub truth: Truth,
    /// The element to point at.
    pub origin: Origin,
    /// Why it is undecided.
    pub unknown: Option<Arc<Unknown>>,
}

impl Answer {
    pub(super) fn new(truth: Truth, origin: Origin) -> Answer {
        Answer { truth, origin, unknown: None }
    }

    /// Both answers; the place is that of the first, the reason that of the undecided one.
    #[must_use]
    pub(super) fn and(self, other: Answer) -> Answer {
        let truth = self.truth.and(other.truth);
        let unknown = if self.truth == Truth::Unknown { self.unknown } else { other.unknown };
        Answer { truth, origin: self.origin, unknown: unknown.filter(|_| truth == Truth::Unknown) }
    }

    /// The answer as a value for rules.
    pub fn to_value(&self) -> Value {
        match (self.truth, &self.unknown) {
            (Truth::Unknown, Some(unknown)) => Value::unknown(derived(unknown), self.origin),
            (Truth::Unknown, None) => {
                Value::unknown(Unknown::new(Why::Invalid, "the statement", self.origin), self.origin)
            }
            (truth, _) => Value::bool(truth.is_true(), self.origin),
        }
    }
}
