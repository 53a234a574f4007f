//! Going through the values of the condition keys for one resource.

use std::rc::Rc;

use super::context::Choice;
use super::term::{Claim, Claims, Clause};
use crate::iam::condition::Context;
use crate::value::Truth;

/// The keys of a request that comes over the internet, and those of one that comes through an endpoint: never both.
const OVER_INTERNET: [&str; 1] = ["aws:sourceip"];
const THROUGH_ENDPOINT: [&str; 4] = ["aws:sourcevpc", "aws:sourcevpce", "aws:sourcevpcarn", "aws:vpcsourceip"];

/// Whose statement it is, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    NewAllow,
    NewDeny,
    OldAllow,
    OldDeny,
}

/// A key that statements test.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    /// For each test the place of its statement among those at hand, and the proposition that it holds where that is not
    /// known.
    pub(super) asked: Vec<(usize, Option<u32>)>,
    pub(super) choices: Rc<[Choice]>,
}

/// The statements at hand and the keys that they test, which are the same from resource to resource.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) keys: Vec<Key>,
    /// For each statement of which sort it is.
    pub(super) sorts: Vec<Sort>,
    /// For each number of keys the statements of which all tests are decided with so many, and were not with fewer.
    pub(super) decided_with: Vec<Vec<usize>>,
}

/// One descent through the values of all keys: what each statement says so far, and how to take back the last choice.
#[derive(Debug)]
pub(super) struct Trial<'s> {
    stage: &'s Stage,
    /// The keys that variables ask for.
    decided: &'s Context,
    claims: Vec<Option<Claim>>,
    /// By sort how many statements may still be about the request, and how many certainly are.
    live: [usize; 4],
    sure: [usize; 4],
    /// What is not known of those that may be.
    clauses: usize,
    /// What choices changed: a statement that is not about the request after all, or one with a clause more.
    changes: Vec<(usize, Option<Claim>)>,
    chosen: Vec<usize>,
    /// For some request it depends on what is not known.
    pub(super) open: bool,
}

impl<'s> Trial<'s> {
    pub(super) fn new(stage: &'s Stage, decided: &'s Context, claims: Vec<Option<Claim>>) -> Trial<'s> {
        let (mut live, mut clauses) = ([0; 4], 0);
        for (claim, sort) in claims.iter().zip(&stage.sorts) {
            if let (Some(claim), Some(live)) = (claim, live.get_mut(*sort as usize)) {
                *live += 1;
                clauses += claim.len();
            }
        }
        let (changes, chosen) = (Vec::new(), Vec::new());
        Trial { stage, decided, claims, live, sure: [0; 4], clauses, changes, chosen, open: false }
    }

    fn count(&mut self, slot: usize, of: fn(&mut Self) -> &mut [usize; 4], more: bool) {
        let Some(sort) = self.stage.sorts.get(slot).copied() else { return };
        if let Some(count) = of(self).get_mut(sort as usize) {
            *count = if more { *count + 1 } else { count.saturating_sub(1) };
        }
    }

    fn is_live(&self, sort: Sort) -> bool {
        self.live.get(sort as usize).is_some_and(|count| *count > 0)
    }

    fn is_sure(&self, sort: Sort) -> bool {
        self.sure.get(sort as usize).is_some_and(|count| *count > 0)
    }

    /// A context in which the request is certainly new; the steps that it takes are taken off, and `None` is where they are
    /// too few.
    pub(super) fn search(&mut self, steps: &mut usize) -> Option<Option<Context>> {
        let found = self.descend(0, steps)?;
        Some(found.then(|| self.context()))
    }

    /// The keys that were chosen, with those that variables ask for.
    fn context(&self) -> Context {
        self.chosen_keys().fold(self.decided.clone(), |context, (key, choice)| match &choice.values {
            Some(values) => context.with(&key.name, values.clone()),
            None => context,
        })
    }

    fn chosen_keys(&self) -> impl Iterator<Item = (&'s Key, &'s Choice)> {
        self.stage.keys.iter().zip(&self.chosen).filter_map(|(key, at)| Some((key, key.choices.get(*at)?)))
    }

    /// Goes through the values of the keys from one on: whether a choice of them makes the request new.
    fn descend(&mut self, at: usize, steps: &mut usize) -> Option<bool> {
        *steps = steps.checked_sub(1)?;
        let stage = self.stage;
        let mut decided = Vec::new();
        for slot in stage.decided_with.get(at).into_iter().flatten().copied() {
            if self.claims.get(slot).is_some_and(|claim| claim.as_ref().is_some_and(Vec::is_empty)) {
                self.count(slot, |trial| &mut trial.sure, true);
                decided.push(slot);
            }
        }
        let found = self.descend_further(at, steps);
        for slot in decided {
            self.count(slot, |trial| &mut trial.sure, false);
        }
        found
    }

    fn descend_further(&mut self, at: usize, steps: &mut usize) -> Option<bool> {
        if !self.is_live(Sort::NewAllow) || self.is_sure(Sort::NewDeny) {
            return Some(false);
        }
        if !self.is_live(Sort::OldDeny) && self.is_sure(Sort::OldAllow) {
            return Some(false);
        }
        let stage = self.stage;
        let Some(key) = stage.keys.get(at) else {
            let is_new = self.is_new();
            self.open |= is_new == Truth::Unknown;
            return Some(is_new == Truth::True);
        };
        for (nth, choice) in key.choices.iter().enumerate() {
            if choice.values.is_some() && self.excludes(&key.name) {
                continue;
            }
            let before = self.changes.len();
            self.choose(key, choice);
            self.chosen.push(nth);
            if self.descend(at + 1, steps)? {
                return Some(true);
            }
            self.chosen.pop();
            self.take_back(before);
        }
        Some(false)
    }

    fn choose(&mut self, key: &Key, choice: &Choice) {
        for ((slot, term), truth) in key.asked.iter().zip(&choice.truths) {
            let Some(claim) = self.claims.get_mut(*slot) else { continue };
            let Some(clauses) = claim.as_mut() else { continue };
            match truth {
                Truth::True => {}
                Truth::False => {
                    self.clauses = self.clauses.saturating_sub(clauses.len());
                    let given_up = claim.take();
                    self.changes.push((*slot, given_up));
                    self.count(*slot, |trial| &mut trial.live, false);
                }
                Truth::Unknown => {
                    clauses.push(Clause { negated: false, terms: term.iter().copied().collect() });
                    self.clauses += 1;
                    self.changes.push((*slot, None));
                }
            }
        }
    }

    /// Undoes all changes but for the first ones.
    fn take_back(&mut self, kept: usize) {
        while self.changes.len() > kept {
            let Some((slot, given_up)) = self.changes.pop() else { return };
            let Some(claim) = self.claims.get_mut(slot) else { continue };
            match given_up {
                Some(clauses) => {
                    self.clauses += clauses.len();
                    *claim = Some(clauses);
                    self.count(slot, |trial| &mut trial.live, true);
                }
                None => {
                    claim.as_mut().map(Vec::pop);
                    self.clauses = self.clauses.saturating_sub(1);
                }
            }
        }
    }

    /// Whether the request is new, with all keys chosen.
    fn is_new(&self) -> Truth {
        if self.clauses == 0 {
            let was_allowed = self.is_live(Sort::OldAllow) && !self.is_live(Sort::OldDeny);
            return Truth::from(self.is_live(Sort::NewAllow) && !self.is_live(Sort::NewDeny) && !was_allowed);
        }
        let of = |wanted: Sort| {
            let all = self.claims.iter().zip(&self.stage.sorts).filter(|(_, sort)| **sort == wanted);
            all.filter_map(|(claim, _)| claim.as_ref()).collect()
        };
        let claims = Claims {
            new_allows: of(Sort::NewAllow),
            new_denies: of(Sort::NewDeny),
            old_allows: of(Sort::OldAllow),
            old_denies: of(Sort::OldDeny),
        };
        claims.is_new()
    }

    /// Whether a request that carries the keys so far cannot carry this one.
    fn excludes(&self, key: &str) -> bool {
        let others: &[&str] = if OVER_INTERNET.contains(&key) {
            &THROUGH_ENDPOINT
        } else if THROUGH_ENDPOINT.contains(&key) {
            &OVER_INTERNET
        } else {
            return false;
        };
        let is_chosen =
            |other: &&&str| self.chosen_keys().any(|(key, choice)| key.name == ***other && choice.values.is_some());
        others.iter().any(|other| self.decided.get(other).is_some() || is_chosen(&other))
    }
}
