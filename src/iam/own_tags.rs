//! Which of its own tags a principal may set, by what lets it and what keeps it from that.

use std::sync::Arc;

use super::cached::Cached;
use super::condition::{Context, Test};
use crate::value::{Truth, Value};

/// What a statement asks of who sets the own tags.
#[derive(Debug)]
pub(super) struct OwnTags {
    pub(super) tests: Vec<Test>,
    pub(super) variables: bool,
    /// There may be further tests.
    pub(super) is_open: bool,
}

/// The statements that let a principal set its own tags, and those that deny it.
#[derive(Debug, Default)]
pub(super) struct SelfTagging {
    pub(super) allowed: Vec<Arc<OwnTags>>,
    pub(super) denied: Vec<Arc<OwnTags>>,
}

impl SelfTagging {
    /// Whether the principal may set the tag of a name, as it likes.
    pub(super) fn takes(&self, name: &str) -> bool {
        const KEYS: &str = "aws:tagkeys";
        let request = Context::default().with(KEYS, [name]);
        let of_value = |test: &Test| test.key.strip_prefix("aws:requesttag/") == Some(name);
        // IAM does not tell keys of tags apart by their case.
        let holds = |test: &Test, variables: bool| {
            let values = test.values.iter().map(|value| match value.as_str() {
                Some(text) => Value::string(text.to_ascii_lowercase(), value.origin),
                None => value.clone(),
            });
            let test = Test { values: values.collect(), normal: Cached::default(), ..test.clone() };
            test.holds(&request, variables)
        };
        let may_pass = |asked: &OwnTags, test: &Test| match test.key.as_str() {
            KEYS => holds(test, asked.variables) != Truth::False,
            // What it would have to be already, it is not.
            key => !key.starts_with("aws:principaltag/"),
        };
        let is_kept_out = |asked: &OwnTags, test: &Test| match test.key.as_str() {
            KEYS => holds(test, asked.variables) == Truth::True,
            _ => of_value(test) && test.operator == "null" && test.wants_absence() == Some(false),
        };
        let allowed = self.allowed.iter().any(|asked| asked.tests.iter().all(|test| may_pass(asked, test)));
        let mut denials = self.denied.iter().filter(|asked| !asked.is_open);
        allowed && !denials.any(|asked| asked.tests.iter().all(|test| is_kept_out(asked, test)))
    }
}
