//! What one test says of another.

use super::{Family, Test};
use crate::value::Value;

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
        let plain = |test: &Test| {
            let kind = test.kind().filter(|kind| !kind.negated);
            let fixed = matches!(kind.map(|kind| kind.family), Some(Family::Bool));
            fixed && test.qualifier.is_none() && !test.if_exists && test.rest.is_none()
        };
        let differ = |a: &Value, b: &Value| match (a.scalar_text(), b.scalar_text()) {
            (Some(a), Some(b)) => !a.eq_ignore_ascii_case(&b),
            _ => false,
        };
        self.key == other.key
            && plain(self)
            && plain(other)
            && self.values.iter().all(|a| other.values.iter().all(|b| differ(a, b)))
    }
}
