//! The tests of a statement's `Condition`, and whether they keep anyone out.

mod evaluate;
mod guard;
mod negate;
mod normal;
mod operator;
mod pair;
mod trap;

use std::sync::Arc;

pub use evaluate::Context;
pub(super) use evaluate::{network, number, resolve, seconds, wanted};
pub(super) use guard::{is_guard, is_harmless, is_of_caller};
pub use normal::Normal;
pub(super) use normal::is_private;
pub use operator::{Family, Operator, Order, Qualifier};
pub use trap::Trap;

use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

/// One test: an operator, a key, and the values of which one must match (for negated operators: none).
#[derive(Clone, Debug)]
pub struct Test {
    /// The operator without prefix and suffix, in lower case: `stringequals`.
    pub operator: String,
    /// The whole operator as written: `ForAnyValue:StringEquals`.
    pub operator_written: Arc<str>,
    /// `ForAllValues:` or `ForAnyValue:`, in lower case without the colon.
    pub qualifier: Option<String>,
    /// `…IfExists`: true where the key is absent.
    pub if_exists: bool,
    /// The key in lower case: `aws:sourceaccount`.
    pub key: String,
    /// The key as written: `aws:SourceAccount`.
    pub written: Arc<str>,
    /// The values.
    pub values: Vec<Value>,
    /// There may be further values, for this reason.
    pub rest: Option<Arc<Unknown>>,
    /// The key, the operator and the values together.
    pub origin: Origin,
}

/// Reads a `Condition` element; the second part says why there may be more tests.
pub(super) fn read_tests(condition: &Value) -> (Vec<Test>, Option<Arc<Unknown>>) {
    let mut tests = Vec::new();
    let Some(operators) = condition.as_map() else { return (tests, condition.first_unknown().cloned()) };
    let mut more = operators.rest.clone();
    for entry in operators.entries() {
        let Some(keys) = entry.value.as_map() else {
            more = more.or_else(|| entry.value.first_unknown().cloned());
            continue;
        };
        more = more.or_else(|| keys.rest.clone());
        let written = entry.key.to_ascii_lowercase();
        let (qualifier, operator) = match written.split_once(':') {
            Some((qualifier, operator)) => (Some(qualifier.to_owned()), operator),
            None => (None, written.as_str()),
        };
        let (operator, if_exists) = match operator.strip_suffix("ifexists") {
            Some(plain) => (plain, true),
            None => (operator, false),
        };
        for key in keys.entries() {
            let span = key.key_origin.span.join(key.value.origin.span);
            // A value that comes from elsewhere (an anchor, a local, a parameter) is no neighbour of its key.
            let block = entry.value.origin;
            let is_written_here = block.file == key.value.origin.file && block.span.holds(span);
            let origin = if is_written_here { Origin { file: block.file, span } } else { key.value.origin };
            tests.push(Test {
                operator: operator.to_owned(),
                operator_written: entry.key.clone(),
                qualifier: qualifier.clone(),
                if_exists,
                key: key.key.to_ascii_lowercase(),
                written: key.key.clone(),
                values: key.value.elements().to_vec(),
                rest: key.value.as_list().and_then(|list| list.rest.clone()),
                origin,
            });
        }
    }
    (tests, more)
}

impl Test {
    /// Whether the operator is one that a request must fulfil, not one that it must avoid.
    pub fn is_positive(&self) -> bool {
        !self.operator.contains("not") && self.operator != "null"
    }

    /// Whether the test lets everyone through: a wildcard, a whole address range, an absent key where that is allowed.
    pub fn always_holds(&self) -> Truth {
        match self.operator.as_str() {
            "stringlike" | "arnlike" | "arnequals" => {
                let everything = |value: &Value| match value.as_str() {
                    Some(text) => Truth::from(!text.is_empty() && text.chars().all(|c| c == '*')),
                    None => Truth::Unknown,
                };
                Truth::any(self.values.iter().map(everything))
            }
            "ipaddress" => {
                let everything = |value: &Value| match value.as_str() {
                    Some(text) => Truth::from(text.ends_with("/0")),
                    None => Truth::Unknown,
                };
                Truth::any(self.values.iter().map(everything))
            }
            _ => Truth::False,
        }
    }
}
