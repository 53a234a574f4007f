//! What the rules say of a unit in each of its scenarios, as one answer: what holds in all of them is simply so, what
//! holds in some says in which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::assemble::{Judged, subsume};
use crate::model::{Case, Resource, Scenario, Unit, describe};
use crate::rules::{Open, Outcome};
use crate::source::Origin;

/// The rules' answers about one unit.
pub(super) struct Verdict<'u> {
    pub(super) hits: Vec<Judged<'u>>,
    /// Undecided rules with their resource, and when they are undecided, where they are not always.
    pub(super) open: Vec<(Open, &'u Resource, Option<String>)>,
    pub(super) checks: usize,
}

/// A rule, the address of a resource, and a place: what is one answer in several scenarios.
type Key = (Arc<str>, Arc<str>, Origin);

/// Puts together what the rules said of a unit: one outcome, or one for each of its scenarios.
pub(super) fn merge(unit: &Unit, outcomes: Vec<Outcome>) -> Verdict<'_> {
    if unit.scenarios.is_empty() {
        let mut verdict = Verdict { hits: Vec::new(), open: Vec::new(), checks: 0 };
        for outcome in outcomes {
            verdict.checks += outcome.checks;
            verdict.hits.extend(judged(unit, &mut verdict.open, outcome));
        }
        return verdict;
    }
    let checks = outcomes.iter().map(|outcome| outcome.checks).max().unwrap_or(0);
    let mut hits: Vec<Sighted<'_>> = Vec::new();
    let mut open: Vec<((Open, &Resource), Vec<usize>)> = Vec::new();
    let mut known_hits: HashMap<Key, usize> = HashMap::new();
    let mut known_open: HashMap<Key, usize> = HashMap::new();
    for (nth, (scenario, outcome)) in unit.scenarios.iter().zip(outcomes).enumerate() {
        let mut undecided = Vec::new();
        for one in judged(&scenario.unit, &mut undecided, outcome) {
            let key = (one.hit.rule.id.clone(), one.resource.address.clone(), one.hit.origin.or(one.resource.origin));
            let at = *known_hits.entry(key).or_insert(hits.len());
            if at == hits.len() {
                hits.push(Sighted::default());
            }
            if let Some(sighted) = hits.get_mut(at) {
                sighted.add(one, nth);
            }
        }
        for (one, resource, _) in undecided {
            let key = (one.rule.id.clone(), resource.address.clone(), one.origin.or(resource.origin));
            match known_open.get(&key).and_then(|at| open.get_mut(*at)) {
                Some((_, seen)) => seen.push(nth),
                None => {
                    known_open.insert(key, open.len());
                    open.push(((one, resource), vec![nth]));
                }
            }
        }
    }
    let groups = Groups::of(&unit.scenarios);
    let hits = hits.into_iter().filter_map(|sighted| sighted.told(&groups));
    let open = open.into_iter().filter_map(|((one, resource), seen)| Some((one, resource, groups.when_open(&seen)?)));
    Verdict { hits: hits.collect(), open: open.collect(), checks }
}

/// One answer of a rule, in all scenarios that give it.
#[derive(Default)]
struct Sighted<'u> {
    certain: Option<Judged<'u>>,
    /// The resource may or may not exist.
    possible: Option<Judged<'u>>,
    seen: Vec<usize>,
    /// The scenarios in which it is only possible.
    doubtful: Vec<usize>,
}

impl<'u> Sighted<'u> {
    fn add(&mut self, one: Judged<'u>, nth: usize) {
        self.seen.push(nth);
        let known = match one.resource.possible {
            None => &mut self.certain,
            Some(_) => {
                self.doubtful.push(nth);
                &mut self.possible
            }
        };
        if known.as_ref().is_none_or(|known| one.hit.severity > known.hit.severity) {
            *known = Some(one);
        }
    }

    /// The answer, and when it is so. A group that leaves open whether the resource exists says nothing where another
    /// one decides that.
    fn told(self, groups: &Groups<'_>) -> Option<Judged<'u>> {
        let decisive = groups.decisive(&self.seen, &self.doubtful);
        if let Some(certain) = self.certain.filter(|_| !decisive.is_empty() || self.doubtful.is_empty()) {
            return Some(Judged { when: groups.when(&self.seen, &decisive), ..certain });
        }
        let possible = self.possible?;
        Some(Judged { when: groups.when(&self.seen, &BTreeSet::new()), ..possible })
    }
}

fn judged<'u>(
    unit: &'u Unit,
    open: &mut Vec<(Open, &'u Resource, Option<String>)>,
    outcome: Outcome,
) -> Vec<Judged<'u>> {
    let undecided = outcome.open.into_iter();
    open.extend(undecided.filter_map(|one| unit.resources.get(one.resource).map(|resource| (one, resource, None))));
    let hits = outcome.hits.into_iter().filter_map(|hit| {
        Some(Judged { resource: unit.resources.get(hit.resource)?, hit, consequences: Vec::new(), when: None })
    });
    subsume(hits.collect())
}

/// The scenarios of a unit by group, each with its position.
struct Groups<'u>(BTreeMap<usize, Vec<(usize, &'u Scenario)>>);

impl<'u> Groups<'u> {
    fn of(scenarios: &'u [Scenario]) -> Groups<'u> {
        let mut groups: BTreeMap<usize, Vec<(usize, &Scenario)>> = BTreeMap::new();
        for (nth, scenario) in scenarios.iter().enumerate() {
            groups.entry(scenario.group).or_default().push((nth, scenario));
        }
        Groups(groups)
    }

    /// The groups that have seen something, and without a doubt.
    fn decisive(&self, seen: &[usize], doubtful: &[usize]) -> BTreeSet<usize> {
        let has = |members: &[(usize, &Scenario)], found: &[usize]| {
            members.iter().any(|(nth, _)| found.binary_search(nth).is_ok())
        };
        let decisive = self.0.iter().filter(|(_, members)| has(members, seen) && !has(members, doubtful));
        decisive.map(|(group, _)| *group).collect()
    }

    /// When something is so that was seen in these scenarios of these groups, or of all where none is named; none where
    /// it always is.
    fn when(&self, seen: &[usize], groups: &BTreeSet<usize>) -> Option<String> {
        let mut words: Vec<String> = Vec::new();
        for (_, members) in self.0.iter().filter(|(group, _)| groups.is_empty() || groups.contains(group)) {
            let (inside, outside) = split(members, seen);
            if outside.is_empty() {
                return None;
            }
            if !inside.is_empty() {
                words.push(describe(&inside, &outside));
            }
        }
        Some(words.join(", or "))
    }

    /// The same for what is undecided: nothing at all where the scenarios of a group decide it in every case.
    fn when_open(&self, seen: &[usize]) -> Option<Option<String>> {
        let mut words = None;
        for members in self.0.values() {
            match split(members, seen) {
                (inside, _) if inside.is_empty() => return None,
                (_, outside) if outside.is_empty() => {}
                (inside, outside) => words = words.or_else(|| Some(describe(&inside, &outside))),
            }
        }
        Some(words)
    }
}

/// The cases of the scenarios in which something was seen, and of the others.
fn split<'u>(members: &[(usize, &'u Scenario)], seen: &[usize]) -> (Vec<&'u Case>, Vec<&'u Case>) {
    let (inside, outside): (Vec<_>, Vec<_>) = members.iter().partition(|(nth, _)| seen.binary_search(nth).is_ok());
    let cases = |members: Vec<&(usize, &'u Scenario)>| -> Vec<&'u Case> {
        members.into_iter().flat_map(|(_, scenario)| &scenario.cases).collect()
    };
    (cases(inside), cases(outside))
}
