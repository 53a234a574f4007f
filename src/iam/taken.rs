//! What denials take from whatever is allowed beside them, and what they leave.
//!
//! A denial leaves of an action: the resources that it does not name, and those requests for the others that one of its tests
//! does not hold for. `Deny` with `NotResource` leaves just the resources of its list, `Deny` with a negated test just what the
//! positive test would let through in an `Allow`. With several tests each of them leaves something: what all of that comes to
//! is as much as the widest part.

use std::collections::HashMap;
use std::sync::Arc;

use super::action_set::ActionSet;
use super::catalogue::{Action, ResourceType};
use super::condition::{Normal, Test, is_harmless, is_of_caller};
use super::coverage::{Whose, all_among, among, covers_all};
use super::document::{Document, Elements, Statement};
use super::glob::Glob;
use crate::value::{Truth, Unknown};

/// What denials take. Each set has those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Nothing of them is left, whoever asks.
    pub(super) gone: ActionSet,
    /// What is left of them makes nobody an administrator: single resources, or what a condition on what is asked for ties.
    pub(super) bound: ActionSet,
    /// No whole type of resource is left of them that a condition would not tie, as one of an `Allow` does.
    pub(super) narrow: ActionSet,
}

impl Taken {
    /// Actions of which nothing is left.
    pub(super) fn wholly(actions: ActionSet) -> Taken {
        Taken { bound: actions.clone(), narrow: actions.clone(), gone: actions }
    }

    /// Adds what further denials take.
    pub(super) fn add(&mut self, other: &Taken) {
        self.gone.add(&other.gone);
        self.bound.add(&other.bound);
        self.narrow.add(&other.narrow);
    }

    /// What both take.
    #[must_use]
    pub(super) fn intersection(&self, other: &Taken) -> Taken {
        Taken {
            gone: self.gone.intersection(&other.gone),
            bound: self.bound.intersection(&other.bound),
            narrow: self.narrow.intersection(&other.narrow),
        }
    }

    /// Whether they take nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.narrow.is_empty()
    }

    fn insert(&mut self, action: &Action, left: Left) {
        if left <= Left::Nothing {
            self.gone.insert(action);
        }
        if left <= Left::Bound {
            self.bound.insert(action);
        }
        if left <= Left::Narrow {
            self.narrow.insert(action);
        }
    }
}

/// What a denial leaves of an action that is allowed on everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    Nothing,
    /// Single resources, or requests that a condition ties.
    Bound,
    /// Requests that a condition ties which everybody can fulfil who has the permission.
    Narrow,
    Wide,
}

impl Document {
    /// What its denials take from whatever is allowed beside them.
    pub(super) fn taken(&self) -> &Taken {
        self.taken.get_or_init(|| {
            let mut taken = Taken::default();
            let denying = self.statements.iter().filter(|statement| statement.denies() == Truth::True);
            denying.for_each(|statement| statement.take(&mut taken));
            Box::new(taken)
        })
    }

    /// The same, with what those possibly take of which it is not known whether they deny, or what.
    pub(super) fn possibly_taken(&self) -> &Taken {
        let more = self.possibly_taken.get_or_init(|| {
            let mut possible =
                self.statements.iter().filter(|statement| statement.doubtful_denial().is_some()).peekable();
            possible.peek()?;
            let mut taken = self.taken().clone();
            for statement in possible {
                match statement.denies() {
                    Truth::Unknown => statement.take(&mut taken),
                    _ => taken.add(&Taken::wholly(statement.actions_reached().possible.clone())),
                }
            }
            Some(Box::new(taken))
        });
        more.as_deref().unwrap_or_else(|| self.taken())
    }

    /// Why it is not known what its statements deny.
    pub(super) fn doubtful_denial(&self) -> Option<Arc<Unknown>> {
        self.statements.iter().find_map(Statement::doubtful_denial)
    }

    /// The tests that are left of an action as if an `Allow` had them: those of which a denial on every resource lets through
    /// nothing else.
    pub(super) fn demanded(&self, action: &Action) -> Vec<&Test> {
        let denies = |statement: &&Statement| {
            statement.effect.as_str() == Some("Deny")
                && statement.actions_reached().certain.contains(action)
                && statement.denies_all(action)
        };
        let parts = self.statements.iter().filter(denies).map(|statement| statement.left_open(Some(action)));
        parts.filter_map(|parts| if let [one] = parts?.as_slice() { Some(*one) } else { None }).collect()
    }
}

impl Statement {
    /// Why it is not known whether it denies, or of an unconditional denial which actions on everything.
    fn doubtful_denial(&self) -> Option<Arc<Unknown>> {
        match self.denies() {
            Truth::False => return None,
            Truth::Unknown => return self.effect.first_unknown().cloned(),
            Truth::True => {}
        }
        if !self.tests.is_empty() || self.more_tests.is_some() {
            return None;
        }
        let open = |elements: &Elements| {
            let unknown =
                || elements.items.iter().find_map(|item| item.as_unknown().filter(|one| one.refers.is_none()));
            elements.rest.clone().or_else(|| unknown().cloned())
        };
        let actions = || self.actions.as_ref().or(self.not_actions.as_ref()).and_then(open);
        match (&self.resources, &self.not_resources) {
            (Some(resources), _) => match self.on_every_resource().truth {
                Truth::True => actions(),
                Truth::Unknown => open(resources),
                Truth::False => None,
            },
            (None, Some(left_out)) => open(left_out),
            (None, None) => None,
        }
    }

    /// The opposites of its tests, in their order; none for a test without one.
    pub(super) fn opposites(&self) -> &[Option<Test>] {
        self.opposites.get_or_init(|| self.tests.iter().map(Test::negated).collect())
    }

    /// Of a denial the tests one of which a request passes that it does not hold for: none where some of these requests are
    /// not tied to anything, or it depends on who asks. An empty list where it holds for all of them.
    pub(super) fn left_open(&self, action: Option<&Action>) -> Option<Vec<&Test>> {
        if self.more_tests.is_some() || self.never_matches(action) {
            return None;
        }
        let normal = |test: &Test| action.map_or_else(|| test.normal(), |action| test.normal_for(action));
        let mut left = Vec::new();
        for (test, opposite) in self.tests.iter().zip(self.opposites()) {
            if normal(test) == Normal::Always || test.holds_for_callers() {
                continue;
            }
            let opposite = opposite.as_ref()?;
            match normal(opposite) {
                Normal::Never => {}
                Normal::Says if is_tie(opposite, action) => left.push(opposite),
                // It asks less than it seems to, as an `Allow` with it does.
                Normal::Says | Normal::Present | Normal::Absent if is_of_policies(&opposite.key) => left.push(opposite),
                _ => return None,
            }
        }
        Some(left)
    }

    /// Adds what it denies, where it does.
    fn take(&self, taken: &mut Taken) {
        if self.more_tests.is_some() {
            return;
        }
        let actions = &self.actions_reached().certain;
        let always = self.is_of_every_caller();
        if always && self.on_every_resource().truth.is_true() {
            taken.gone.add(actions);
            taken.bound.add(actions);
            taken.narrow.add(actions);
            return;
        }
        // Most conditions of denials ask how somebody comes, whatever the action.
        let opposites = self.tests.iter().zip(self.opposites());
        let loose = |(test, opposite): (&Test, &Option<Test>)| {
            !test.holds_for_callers()
                && !test.depends_on_action()
                && !opposite.as_ref().is_some_and(|one| one.normal() == Normal::Never || one.ties())
        };
        if !always && (self.more_tests.is_some() || opposites.into_iter().any(loose)) {
            return;
        }
        // Actions on the same types come out alike.
        let mut alike: HashMap<(&str, &str), Left> = HashMap::new();
        for action in actions.iter() {
            let (types, _) = action.asked_about();
            let of_resources = *alike.entry((action.service, types)).or_insert_with(|| self.leaves_of(action));
            let left = if always { of_resources } else { of_resources.max(self.leaves_by_tests(action)) };
            taken.insert(action, left);
        }
    }

    /// What its tests leave of an action.
    fn leaves_by_tests(&self, action: &Action) -> Left {
        if self.never_matches(Some(action)) {
            return Left::Wide;
        }
        let asks = |test: &Test| test.normal_for(action) != Normal::Always && !test.holds_for_callers();
        let tests = self.tests.iter().zip(self.opposites()).filter(|(test, _)| asks(test));
        let one = |opposite: &Option<Test>| match opposite {
            None => Left::Wide,
            Some(opposite) => match opposite.normal_for(action) {
                Normal::Never => Left::Nothing,
                Normal::Says if is_tie(opposite, Some(action)) => Left::Bound,
                Normal::Says if opposite.ties() && !is_of_caller(&opposite.key) => Left::Narrow,
                _ => Left::Wide,
            },
        };
        tests.map(|(_, opposite)| one(opposite)).max().unwrap_or(Left::Nothing)
    }

    /// What its resources leave of those of an action.
    fn leaves_of(&self, action: &Action) -> Left {
        let patterns = self.patterns();
        match (&self.resources, &self.not_resources) {
            (Some(_), _) => {
                if self.on_every_resource().truth.is_true() || self.denies_all(action) {
                    Left::Nothing
                } else {
                    Left::Wide
                }
            }
            (None, Some(elements)) if elements.rest.is_some() || elements.items.len() > patterns.len() => Left::Wide,
            (None, Some(_)) => {
                let kinds: Vec<Option<&ResourceType>> = match action.has_resource_types() {
                    true => action.resource_types().map(|(kind, _)| Some(kind)).collect(),
                    false => vec![None],
                };
                let some = |kind: Option<&ResourceType>| among(patterns, false, kind);
                let all = |kind: Option<&ResourceType>| all_among(patterns, false, kind, || some(kind));
                if kinds.iter().all(|kind| some(*kind) == Truth::False) {
                    Left::Nothing
                } else if kinds.iter().any(|kind| all(*kind) != Truth::False) {
                    Left::Wide
                } else {
                    Left::Bound
                }
            }
            (None, None) => Left::Wide,
        }
    }

    /// Whether its resources take in everything that an action works on.
    fn denies_all(&self, action: &Action) -> bool {
        if self.resources.is_none() || self.on_every_resource().truth.is_true() {
            return self.resources.is_some();
        }
        takes_all(self.patterns(), action, Whose::Anybodys(&[]))
    }
}

/// Whether patterns of a denial take in everything that an action works on.
pub(super) fn takes_all(patterns: &[Glob], action: &Action, whose: Whose<'_>) -> bool {
    if !action.has_resource_types() {
        let star = Glob::literal("*");
        return patterns.iter().any(|pattern| pattern.covers(&star).is_true());
    }
    let takes = |kind: &ResourceType| covers_all(patterns, kind, whose).is_true();
    action.resource_types().all(|(kind, _)| takes(kind))
        || action.types_of_each_request().iter().any(|kinds| kinds.iter().all(|kind| takes(kind)))
}

/// Whether a key says which policy is handed out.
fn is_of_policies(key: &str) -> bool {
    matches!(key, "iam:policyarn" | "iam:permissionsboundary")
}

/// Whether a test that a denial leaves ties what is asked for: not who asks, and how.
fn is_tie(test: &Test, action: Option<&Action>) -> bool {
    // An organization has other accounts, whose roles are worth naming.
    let across = action.is_some_and(|action| action.service == "sts" && action.name == "AssumeRole");
    let harmless = is_harmless(&test.key) && !(across && test.key == "aws:resourceorgid");
    // A service whose name begins with a wildcard is any.
    let any = |value: &crate::value::Value| value.as_str().is_some_and(|text| text.starts_with(['*', '?']));
    let is_any = test.key == "iam:passedtoservice" && test.values.iter().any(any);
    test.ties() && !harmless && !is_of_caller(&test.key) && !is_any
}
