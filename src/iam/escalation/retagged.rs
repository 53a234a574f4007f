//! The tags of what an action works on once whoever does it has changed them, as far as it may.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::target::{Targets, changers};
use crate::iam::access::{Extent, Grant, Wanted, permit_but_for};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::own_tags::{Doing, Permit, are_let, values_to_try};
use crate::iam::tag::Tag;
use crate::value::{Truth, Unknown, Value};

/// No more ways to leave the tags of a target are looked at.
const MAX_STATES: usize = 256;

/// What lets a principal set and remove the tags of targets, each with those that it is for.
#[derive(Debug, Default)]
pub(super) struct Retagging {
    sets: Vec<(Permit, Vec<usize>)>,
    removes: Vec<(Permit, Vec<usize>)>,
}

/// What a tag has become.
#[derive(Clone, Debug)]
pub(super) enum New {
    Removed,
    Set(Value),
    /// Set to what makes the one test that there is on it come out so.
    Suited(Truth),
}

/// The tags of a target that have been changed, by their names in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Changed(BTreeMap<String, New>);

impl Changed {
    pub(super) fn tag(&self, name: &str) -> Option<&New> {
        self.0.get(name)
    }
}

impl New {
    pub(super) fn tag(&self) -> Tag<'_> {
        match self {
            New::Removed => Tag::Absent,
            New::Set(value) => Tag::Value(value),
            New::Suited(_) => Tag::Perhaps,
        }
    }
}

impl Retagging {
    fn is_for(&self, target: usize) -> bool {
        self.sets.iter().chain(&self.removes).any(|(_, targets)| targets.binary_search(&target).is_ok())
    }
}

/// The permits of those that are for a target.
fn permits(all: &[(Permit, Vec<usize>)], target: usize) -> impl Iterator<Item = &Permit> {
    all.iter().filter(move |(_, targets)| targets.binary_search(&target).is_ok()).map(|(permit, _)| permit)
}

impl Targets<'_, '_, '_> {
    /// The best for the principal that a question about a target comes to, which some tests on its tags decide, each with how it
    /// had better come out: with the tags as they are, or as the principal makes them.
    pub(super) fn at_best(
        &self,
        target: usize,
        tests: &[(&Test, Truth)],
        decide: impl Fn(&Changed) -> (Truth, Option<Arc<Unknown>>),
    ) -> (Truth, Option<Arc<Unknown>>) {
        let now = decide(&Changed::default());
        let Some((first, _)) = tests.first() else { return now };
        if now.0 == Truth::True || !self.retagging().is_for(target) {
            return now;
        }
        let (states, is_all) = self.states(target, tests);
        let mut best = if is_all { now } else { (now.0.or(Truth::Unknown), now.1) };
        for (changed, may_be) in states {
            let (truth, reason) = decide(&changed);
            match truth.and(may_be) {
                Truth::True => return (Truth::True, None),
                Truth::Unknown => best = (Truth::Unknown, best.1.or(reason)),
                Truth::False => {}
            }
        }
        match best {
            (Truth::Unknown, None) => (Truth::Unknown, Some(self.doubt(first, target))),
            best => best,
        }
    }

    /// The ways to leave the tags of a target that some tests ask for, with whether the principal may, and whether these are all
    /// that matter.
    fn states(&self, target: usize, tests: &[(&Test, Truth)]) -> (Vec<(Changed, Truth)>, bool) {
        let name_of = |test: &Test| test.key.split_once('/').map(|(_, name)| name.to_owned());
        let names: BTreeSet<String> = tests.iter().filter_map(|(test, _)| name_of(test)).collect();
        let (mut states, mut is_all) = (vec![(Changed::default(), Truth::True)], true);
        for name in names {
            let own: Vec<_> = tests.iter().filter(|(test, _)| name_of(test).as_ref() == Some(&name)).copied().collect();
            let (ways, are_all) = self.ways_to_leave(target, &name, &own);
            is_all &= are_all && states.len().saturating_mul(ways.len() + 1) <= MAX_STATES;
            let more = states.iter().flat_map(|(changed, truth)| {
                ways.iter().map(|(new, may_be)| {
                    let mut changed = changed.clone();
                    changed.0.insert(name.clone(), new.clone());
                    (changed, truth.and(*may_be))
                })
            });
            let more: Vec<_> = more.collect();
            states.extend(more);
            states.truncate(MAX_STATES);
        }
        (states, is_all)
    }

    /// What the principal may make of a tag of a target, and whether that is all that matters to some tests.
    fn ways_to_leave(&self, target: usize, name: &str, tests: &[(&Test, Truth)]) -> (Vec<(New, Truth)>, bool) {
        let retagging = self.retagging();
        let resource = self.resource(target);
        let (sets, removes) = (permits(&retagging.sets, target), permits(&retagging.removes, target));
        let sets: Vec<&Permit> = sets.collect();
        let is_let = |doing: Doing<'_>| are_let(sets.iter().copied(), self.requester(), resource, name, doing);
        let mut ways = vec![(New::Removed, are_let(removes, self.requester(), resource, name, Doing::Removes))];
        let as_it_likes = is_let(Doing::Sets);
        let is_variable = |value: &Value| value.as_str().is_some_and(|text| text.contains("${"));
        let mut is_all = true;
        match tests {
            [(test, suits)] if as_it_likes == Truth::True && test.operator != "null" && test.rest.is_none() => {
                let is_known = !test.values.iter().any(is_variable);
                ways.push((New::Suited(*suits), Truth::from(is_known).or(Truth::Unknown)));
            }
            _ if as_it_likes == Truth::False => {}
            _ => {
                let of_request = sets.iter().flat_map(|permit| permit.tests_of(name));
                let (values, are_all) = values_to_try(tests.iter().map(|(test, _)| *test).chain(of_request));
                is_all = are_all;
                ways.extend(values.into_iter().map(|value| {
                    let may_be = is_let(Doing::SetsTo(&value));
                    (New::Set(value), may_be)
                }));
            }
        }
        ways.retain(|(_, may_be)| *may_be != Truth::False);
        (ways, is_all)
    }

    /// What lets the principal change the tags of what the action works on.
    pub(super) fn find_retagging(&self, kind: &str, action: &str) -> Retagging {
        let Some([sets, removes]) = changers(kind, action) else { return Retagging::default() };
        Retagging { sets: self.changing(sets), removes: self.changing(removes) }
    }

    fn changing(&self, action: &str) -> Vec<(Permit, Vec<usize>)> {
        let action = Wanted::at_home(action);
        let grants = self.grants(&action);
        grants.iter().flat_map(|grant| self.each_changed(&action, grant)).collect()
    }

    /// What a grant of changing tags lets: those who are denied alike together.
    fn each_changed(&self, action: &Wanted, grant: &Grant<'_>) -> Vec<(Permit, Vec<usize>)> {
        let gone: BTreeSet<usize> = self.among_some(action.action, &grant.left_out()).into_iter().collect();
        let named = |denial: &&Statement| -> BTreeSet<usize> {
            self.among(action.action, &Extent::of(denial)).into_iter().collect()
        };
        let denied: Vec<BTreeSet<usize>> = grant.denials.iter().map(named).collect();
        let mut alike: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
        let targets: BTreeSet<usize> = self.among(action.action, &grant.extent).into_iter().collect();
        for target in targets.difference(&gone).copied() {
            let by = (0..denied.len()).filter(|at| denied.get(*at).is_some_and(|denied| denied.contains(&target)));
            alike.entry(by.collect()).or_default().push(target);
        }
        let permit = |by: &[usize]| permit_but_for(grant, by.iter().filter_map(|at| grant.denials.get(*at)).copied());
        alike.into_iter().map(|(by, targets)| (permit(&by), targets)).collect()
    }
}
