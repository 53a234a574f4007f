//! What a statement of an identity policy grants.

use std::sync::Arc;

use super::answer::Answer;
use super::catalogue;
use super::condition::Test;
use super::document::{Elements, Statement};
use super::pattern;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

impl Elements {
    /// The answer that one of the elements gives, else all of them.
    fn answer(&self, truth: Truth, element: Option<&Value>) -> Answer {
        let unknown = element.and_then(Value::first_unknown).or(self.rest.as_ref()).cloned();
        Answer { truth, origin: element.map_or(self.origin, |e| e.origin), unknown }
    }
}

/// Whether a resource element is everything: `*`, `arn:*`, or an ARN of which every field is a wildcard.
/// The attribute of a resource is never a bare wildcard, even where it is not known.
fn is_every_resource(value: &Value) -> Truth {
    if let Some(text) = value.as_str() {
        let every = pattern::covers(text, "arn:aws:*")
            || (text.starts_with("arn:") && text.splitn(6, ':').skip(2).all(|field| field == "*"));
        return every.into();
    }
    match value.as_unknown() {
        Some(unknown) if unknown.refers.is_some() => Truth::False,
        Some(unknown) => unknown.agree(is_every_resource),
        // `arn:aws:s3:::${bucket}/*` is something, whatever the bucket; `${prefix}*` may be everything.
        None => open_pattern(value, "arn:aws:*"),
    }
}

/// Whether a pattern with holes may cover a text; that it does for certain cannot be told.
fn open_pattern(value: &Value, covered: &str) -> Truth {
    let widest = value.with_holes_as_wildcards().unwrap_or_default().to_ascii_lowercase();
    if pattern::covers(&widest, covered) { Truth::Unknown } else { Truth::False }
}

/// Whether an action element takes in an action such as `iam:PassRole`, or everything for `*:*`.
fn takes_in(element: &Value, action: &str) -> Truth {
    match element.as_str() {
        Some("*") => Truth::True,
        Some(text) if !text.contains(['*', '?']) => text.eq_ignore_ascii_case(action).into(),
        Some(text) => pattern::covers(&text.to_ascii_lowercase(), &action.to_ascii_lowercase()).into(),
        None => match element.as_unknown() {
            Some(unknown) => unknown.agree(|candidate| takes_in(candidate, action)),
            None => open_pattern(element, &action.to_ascii_lowercase()),
        },
    }
}

impl Statement {
    fn allows_answer(&self) -> Answer {
        Answer { unknown: self.effect.first_unknown().cloned(), ..Answer::new(self.allows(), self.effect.origin) }
    }

    /// Whether no test bounds what it grants. In a region where IAM takes no requests, nobody is made an administrator.
    pub(super) fn unbounded(&self) -> Truth {
        if self.never_matches(None) {
            return Truth::False;
        }
        let without_iam = |test: &Test| {
            catalogue::action("iam:PutUserPolicy")
                .is_some_and(|action| test.holds_in_regions_of(action) == Some(Truth::False))
        };
        let one = |test: &Test| match test.always_holds() {
            Truth::True => Truth::True,
            truth => truth.or(Truth::from(test.bounds_nothing() && !without_iam(test))),
        };
        let others = if self.more_tests.is_some() { Truth::Unknown } else { Truth::True };
        Truth::all(self.tests.iter().map(one)).and(others)
    }

    fn unbounded_answer(&self) -> Answer {
        let unknown = self.more_tests.clone().or_else(|| {
            self.tests.iter().flat_map(|test| &test.values).find_map(|value| value.first_unknown().cloned())
        });
        Answer { unknown, ..Answer::new(self.unbounded(), self.value.origin) }
    }

    /// Where it says which actions it is about.
    pub(super) fn grants_at(&self) -> Origin {
        self.actions.as_ref().or(self.not_actions.as_ref()).map_or(self.value.origin, |list| list.origin)
    }

    /// Whether it denies what it names, whatever the request.
    pub(super) fn always_denies(&self) -> bool {
        self.effect.as_str() == Some("Deny") && self.is_of_every_caller()
    }

    /// Whether it denies every action on every resource, whoever asks.
    pub(super) fn denies_everything(&self) -> bool {
        self.effect.as_str() == Some("Deny") && self.is_about_everything()
    }

    /// Whether it allows whatever there is, whatever the request.
    pub(super) fn allows_everything(&self) -> bool {
        self.effect.as_str() == Some("Allow") && self.unconditional().is_true() && self.is_about_everything()
    }

    fn is_about_everything(&self) -> bool {
        let every_action = |actions: &Elements| actions.find(|action| takes_in(action, "*:*")).0.is_true();
        self.actions.as_ref().is_some_and(every_action)
            && self.on_every_resource().truth.is_true()
            && self.is_of_every_caller()
    }

    /// Whether the resource element is everything.
    pub fn on_every_resource(&self) -> Answer {
        let find = || match (&self.resources, &self.not_resources) {
            (Some(resources), _) => {
                let (truth, element) = resources.find(is_every_resource);
                resources.answer(truth, element)
            }
            (None, Some(not)) => Answer::new(Truth::False, not.origin),
            (None, None) => Answer::new(Truth::False, self.value.origin),
        };
        self.every_resource.get(find).clone()
    }

    /// Whether it allows every action on every resource, whoever asks: administrator access by itself.
    ///
    /// `NotAction` counts where its list is at most a handful (`NotAction: ["aws-portal:*"]`) and leaves IAM in.
    pub fn is_admin(&self) -> &Answer {
        self.admin.get_or_init(|| self.find_admin())
    }

    fn find_admin(&self) -> Answer {
        const HANDFUL: usize = 3;
        let every_action = match (&self.actions, &self.not_actions) {
            (Some(actions), _) => {
                let (truth, element) = actions.find(|action| takes_in(action, "*:*"));
                actions.answer(truth, element)
            }
            (None, Some(not)) => {
                let (excludes_iam, element) = not.find(|action| takes_in(action, "iam:PutUserPolicy"));
                let few = Truth::from(not.items.len() <= HANDFUL && not.rest.is_none());
                let answer = not.answer((!excludes_iam).and(few), element);
                Answer { origin: not.origin, ..answer }
            }
            (None, None) => Answer::new(Truth::False, self.value.origin),
        };
        every_action.and(self.allows_answer()).and(self.on_every_resource()).and(self.unbounded_answer())
    }

    /// Why there may be further actions with a wildcard: a part of the list, or of one of its actions, is not known.
    pub fn more_wildcard_actions(&self) -> Option<Arc<Unknown>> {
        let actions = self.actions.as_ref()?;
        actions.rest.clone().or_else(|| actions.items.iter().find_map(|item| item.first_unknown().cloned()))
    }

    /// Whether it allows to pass any role to any service: `iam:PassRole` on every role without `iam:PassedToService`.
    pub fn passes_any_role(&self) -> Answer {
        let passes = match &self.actions {
            Some(actions) => {
                let (truth, element) = actions.find(|action| takes_in(action, "iam:PassRole"));
                actions.answer(truth, element)
            }
            None => Answer::new(Truth::False, self.value.origin),
        };
        let every_role = match &self.resources {
            Some(resources) => {
                let (truth, element) = resources.find(|resource| match resource.as_str() {
                    Some(text) => is_every_role(text).into(),
                    None => match is_every_resource(resource) {
                        // `arn:${partition}:iam::${account}:role/*`
                        Truth::False => {
                            Truth::from(resource.known_suffix().ends_with(":role/*") && resource.as_unknown().is_none())
                        }
                        truth => truth,
                    },
                });
                resources.answer(truth, element)
            }
            None => Answer::new(Truth::False, self.value.origin),
        };
        let guards = self.tests.iter().filter(|test| {
            test.is_positive() && (test.key == "iam:passedtoservice" || test.key == "iam:associatedresourcearn")
        });
        let guarded = Truth::any(guards.clone().map(|test| !test.always_holds()));
        let reason = guards.flat_map(|test| &test.values).find_map(|value| value.first_unknown().cloned());
        let unguarded = Answer { unknown: reason, ..Answer::new(!guarded, self.value.origin) };
        let known_tests = match &self.more_tests {
            Some(unknown) => {
                Answer { unknown: Some(unknown.clone()), ..Answer::new(Truth::Unknown, self.value.origin) }
            }
            None => Answer::new(Truth::True, self.value.origin),
        };
        passes.and(self.allows_answer()).and(every_role).and(unguarded).and(known_tests)
    }
}

fn is_every_role(text: &str) -> bool {
    if text == "*" {
        return true;
    }
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", _, service, _, _, name] => {
            pattern::matches(service, "iam") && matches!(*name, "*" | "role/*" | "role*" | "role/**")
        }
        _ => false,
    }
}
