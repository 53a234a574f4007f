//! What a principal comes to hold that puts other permissions boundaries in the place of its own, where it may not choose
//! them freely.

use std::collections::BTreeSet;

use super::boundary::can_shed_own;
use super::given::{Change, Gives};
use super::held::{Held, held_by};
use super::judge::Judge;
use super::net::is_enough;
use super::widened::{is_changed, widened};
use super::world::World;
use super::worth::{Aim, Hold};
use crate::iam::access::Access;
use crate::iam::facts::{Holding, Limit};
use crate::iam::watched::Bits;
use crate::source::Origin;

/// So many boundaries are looked at that somebody may put in the place of its own.
const MAX_BOUNDARIES: usize = 16;

impl Held {
    /// Adds what is open to the principal within each of the boundaries that it may have instead, of whom the actions are known
    /// that it may possibly hold.
    pub(super) fn add_rebound(&mut self, access: Access<'_, '_>, world: &World, principal: usize, bits: &Bits) {
        let mut next = instead(access, principal, &self.changes, &[]);
        let is_needed = |held: &Held| !held.found.iter().any(|found| is_enough(held, found));
        let Some(holding) = access.holding(principal).filter(|_| !next.is_empty() && is_needed(self)) else { return };
        // One that has none puts one around itself where a condition asks for it.
        if access.is_bounded(principal) && can_shed_own(access, world, principal) {
            return;
        }
        let mut known = BTreeSet::new();
        while let Some((document, by)) = next.pop() {
            if !known.insert(document) {
                continue;
            }
            if known.len() > MAX_BOUNDARIES {
                let place = by.first().map_or(Origin::NONE, |hold| hold.statement);
                self.cut = self.cut.take().or_else(|| Some(Held::limit(place)));
                return;
            }
            let within = Holding { boundary: Limit::Document(document), ..holding.clone() };
            let then = access.as_if(principal, &within);
            let mut judge = Judge::new(then, world, principal);
            let mut more = held_by(&mut judge);
            more.widened = widened(then, world, principal, &more).into_iter().collect();
            next.extend(instead(then, principal, &judge.changes(bits), &by));
            self.add_after(more, &by, world);
        }
    }
}

/// The boundaries that a principal puts in the place of its own, each with what it takes beside what was taken before.
fn instead(access: Access<'_, '_>, principal: usize, changes: &[Change], before: &[Hold]) -> Vec<(usize, Vec<Hold>)> {
    let is_own = |hold: &Hold| match hold.aim {
        Aim::Whole => is_changed(access, principal, hold),
        _ => hold.itself && !hold.denied.contains(&principal),
    };
    let mut all = Vec::new();
    for change in changes.iter().filter(|change| change.hold.unknown.is_none() && is_own(&change.hold)) {
        let Gives::Within(document) = change.gives else { continue };
        let hold = Hold { aim: Aim::Own, others: Vec::new(), ..change.hold.clone() };
        let is_known = before.iter().any(|one| one.statement == hold.statement);
        all.push((document, before.iter().cloned().chain((!is_known).then_some(hold)).collect()));
    }
    all
}
