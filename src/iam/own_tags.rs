//! Which of its own tags a principal may set and remove, by what lets it and what keeps it from that.

use std::collections::BTreeMap;

use super::cached::Cached;
use super::condition::{Context, Test, is_harmless};
use super::requester::Requester;
use super::tag::Tag;
use crate::value::{Truth, Value};

const KEYS: &str = "aws:tagkeys";

/// The key of a further tag, which nobody asks for by its name.
const MORE: &str = "\u{0}";

/// The tests of a statement, and whether policy variables count in it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) tests: Vec<Test>,
    pub(super) variables: bool,
}

/// What lets a principal change its own tags.
#[derive(Debug)]
pub(super) struct Permit {
    /// Whether it certainly does where a request passes the tests, and none of the denials.
    pub(super) truth: Truth,
    pub(super) asked: Asked,
    /// What is asked where it is denied.
    pub(super) denials: Vec<Asked>,
}

/// The permissions of a principal over its own tags.
#[derive(Debug, Default)]
pub(super) struct SelfTagging {
    pub(super) sets: Vec<Permit>,
    pub(super) removes: Vec<Permit>,
    /// The tags that its own policies ask for, by name, and whether they do in several ways.
    pub(super) asked: BTreeMap<String, bool>,
}

/// A request of a principal that sets one of its own tags as it likes, or removes it.
struct Request<'r, 'i, 'u> {
    requester: &'r Requester<'i, 'u>,
    name: &'r str,
    sets: bool,
    /// The tags that go with it.
    more: Vec<&'r str>,
}

impl SelfTagging {
    pub(super) fn is_none(&self) -> bool {
        self.sets.is_empty() && self.removes.is_empty()
    }

    /// Whether its own policies ask for the tag of a name.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.contains_key(name)
    }

    /// Whether they do in several ways, so that what suits one may not suit another.
    pub(super) fn is_contested(&self, name: &str) -> bool {
        self.asked.get(name) == Some(&true)
    }

    /// Whether the principal may set the tag of a name, as it likes.
    pub(super) fn sets(&self, requester: &Requester<'_, '_>, name: &str) -> Truth {
        are_let(&self.sets, requester, name, true)
    }

    /// Whether it may remove that.
    pub(super) fn removes(&self, requester: &Requester<'_, '_>, name: &str) -> Truth {
        are_let(&self.removes, requester, name, false)
    }
}

/// Whether a request for one tag is let by some permit, alone or with further tags.
fn are_let(permits: &[Permit], requester: &Requester<'_, '_>, name: &str, sets: bool) -> Truth {
    Truth::any(permits.iter().map(|permit| {
        let asked = permit.asked.tests.iter().flat_map(|test| match test.key.strip_prefix("aws:requesttag/") {
            Some(other) => vec![other],
            None if test.key == KEYS => test.values.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        });
        let asked: Vec<&str> = asked.filter(|other| !other.eq_ignore_ascii_case(name)).collect();
        let more = if asked.is_empty() { vec![MORE] } else { asked };
        Truth::any([Vec::new(), more].map(|more| Request { requester, name, sets, more }.is_let_by(permit)))
    }))
}

impl Request<'_, '_, '_> {
    fn is_let_by(&self, permit: &Permit) -> Truth {
        let passes = |asked: &Asked, when_harmless: Truth| {
            let each = asked.tests.iter().map(|test| match self.passes(test, asked.variables) {
                Truth::Unknown if self.is_free(test) => when_harmless,
                truth => truth,
            });
            Truth::all(each)
        };
        // Whoever asks fulfils what is harmless where it is let by that, and does without where it is denied by that.
        let denied = Truth::any(permit.denials.iter().map(|asked| passes(asked, Truth::False)));
        permit.truth.and(passes(&permit.asked, Truth::True)).and(!denied)
    }

    fn passes(&self, test: &Test, variables: bool) -> Truth {
        let key = test.key.as_str();
        if key == KEYS {
            // IAM does not tell keys of tags apart by their case.
            let values = test.values.iter().map(|value| match value.as_str() {
                Some(text) => Value::string(text.to_ascii_lowercase(), value.origin),
                None => value.clone(),
            });
            let test = Test { values: values.collect(), normal: Cached::default(), ..test.clone() };
            let keys = std::iter::once(&self.name).chain(&self.more).map(|key| key.to_ascii_lowercase());
            return test.holds(&Context::default().with(KEYS, keys), variables);
        }
        let of_request = key.strip_prefix("aws:requesttag/");
        if let Some(name) = of_request {
            let is_it = name == self.name;
            return match test.wants_absence().filter(|_| test.operator == "null") {
                Some(absent) if !self.sets || is_it || self.more.is_empty() => {
                    Truth::from(absent != (self.sets && is_it))
                }
                _ if self.sets && (is_it || !self.more.is_empty()) => Truth::Unknown,
                _ => test.holds_when_absent().map_or(Truth::Unknown, Truth::from),
            };
        }
        let of_itself = key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"));
        let own = of_itself.and_then(|name| Some((self.requester.resource()?, name)));
        let holds = own.and_then(|(own, name)| self.requester.holds_of_tag(test, variables, &Tag::of(own, name)));
        holds.unwrap_or(Truth::Unknown)
    }

    /// Whether it is up to whoever asks to pass a test, whatever the tag: further tags have what values they are asked for.
    fn is_free(&self, test: &Test) -> bool {
        match test.key.strip_prefix("aws:requesttag/") {
            Some(name) => name != self.name,
            None => is_harmless(&test.key) && test.key != KEYS,
        }
    }
}
