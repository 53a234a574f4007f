//! The tests of a statement's `Condition`, and whether they keep anyone out.

mod evaluate;
mod guard;
mod interval;
mod negate;
mod normal;
mod operator;
mod pair;
mod trap;

use std::sync::Arc;

pub use evaluate::Context;
pub(super) use evaluate::{folded_glob, network, number, resolve, seconds, wanted};
pub(super) use guard::{is_guard, is_harmless, is_of_caller};
pub use normal::Normal;
pub(super) use normal::{IDENTITY_POOL, is_identity_pool, is_private};
pub use operator::{Family, Operator, Order, Qualifier};
pub use trap::Trap;

use super::cached::Cached;
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
    /// The answer of [`Test::normal`], which is asked for with each action of a statement.
    pub(in crate::iam) normal: Cached<Normal>,
    /// Whether only the requests of some actions may carry the key, which is asked for as often.
    pub(in crate::iam) of_some_actions: Cached<bool>,
}

/// The tests of a `Condition` element.
#[derive(Clone, Debug, Default)]
pub(super) struct Tests {
    /// Those of which all is said.
    pub(super) tests: Vec<Test>,
    /// Those whose key is known in part.
    pub(super) open: Vec<OpenTest>,
    /// There may be further tests than `tests`, for this reason.
    pub(super) more: Option<Arc<Unknown>>,
    /// There may be further tests than both, for this reason.
    pub(super) others: Option<Arc<Unknown>>,
}

/// A test whose key is known in part: `"${issuer}:sub"`.
#[derive(Clone, Debug)]
pub struct OpenTest {
    /// The key, a string with holes.
    pub key: Value,
    /// The test, without a key.
    pub test: Test,
}

/// Reads a `Condition` element.
pub(super) fn read_tests(condition: &Value) -> Tests {
    let Some(operators) = condition.as_map() else {
        let unknown = condition.first_unknown().cloned();
        return Tests { more: unknown.clone(), others: unknown, ..Tests::default() };
    };
    let mut read = Tests { more: operators.rest.clone(), others: operators.rest.clone(), ..Tests::default() };
    for entry in operators.entries() {
        let Some(keys) = entry.value.as_map() else {
            let unknown = entry.value.first_unknown();
            read.more = read.more.or_else(|| unknown.cloned());
            read.others = read.others.or_else(|| unknown.cloned());
            continue;
        };
        read.more = read.more.or_else(|| keys.rest.clone());
        if keys.open_entries().is_empty() {
            read.others = read.others.or_else(|| keys.rest.clone());
        }
        let written = entry.key.to_ascii_lowercase();
        let (qualifier, operator) = match written.split_once(':') {
            Some((qualifier, operator)) => (Some(qualifier.to_owned()), operator),
            None => (None, written.as_str()),
        };
        let (operator, if_exists) = match operator.strip_suffix("ifexists") {
            Some(plain) => (plain, true),
            None => (operator, false),
        };
        let test = |key: Arc<str>, key_origin: Origin, value: &Value| {
            let span = key_origin.span.join(value.origin.span);
            // A value that comes from elsewhere (an anchor, a local, a parameter) is no neighbour of its key.
            let block = entry.value.origin;
            let is_written_here = block.file == value.origin.file && block.span.holds(span);
            Test {
                operator: operator.to_owned(),
                operator_written: entry.key.clone(),
                qualifier: qualifier.clone(),
                if_exists,
                key: key.to_ascii_lowercase(),
                written: key,
                values: value.elements().to_vec(),
                rest: value.as_list().and_then(|list| list.rest.clone()),
                origin: if is_written_here { Origin { file: block.file, span } } else { value.origin },
                normal: Cached::default(),
                of_some_actions: Cached::default(),
            }
        };
        read.tests.extend(keys.entries().iter().map(|key| test(key.key.clone(), key.key_origin, &key.value)));
        let open = keys.open_entries().iter();
        read.open.extend(
            open.map(|one| OpenTest { key: one.key.clone(), test: test("".into(), one.key.origin, &one.value) }),
        );
    }
    read
}

impl Test {
    /// Whether the operator is one that a request must fulfil, not one that it must avoid.
    pub fn is_positive(&self) -> bool {
        !self.operator.contains("not") && self.operator != "null"
    }

    /// Whether the test lets everyone through: a wildcard, a whole address range, a time that is over.
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
            _ => Truth::from(self.normal() == Normal::Always),
        }
    }
}
