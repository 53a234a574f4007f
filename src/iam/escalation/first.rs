//! What a principal comes to by something that it does first: it changes its own tags or boundary, or rids itself of denials.

use std::sync::Arc;

use super::chain::full_name;
use super::held::{Held, MAX_TARGETS, held};
use super::net::is_enough;
use super::undenied::{TAKES_OFF, UNBINDS};
use super::world::World;
use super::worth::{Aim, Hold, element};
use crate::iam::access::{Access, Grant};
use crate::value::Truth;

/// What changes the tags of a principal.
const RETAGS: [&str; 4] = ["iam:taguser", "iam:untaguser", "iam:tagrole", "iam:untagrole"];

/// Whether a permission is only there to be used first, and says nothing of where the way leads.
pub(super) fn is_used_first(hold: &Hold) -> bool {
    TAKES_OFF.contains(&hold.action) || UNBINDS.contains(&hold.action) || RETAGS.contains(&hold.action)
}

/// That a grant lets its holder change tags.
pub(super) fn retagging(grant: &Grant<'_>, action: &'static str) -> Hold {
    // How certain it is that it sets the tags that are asked for is seen where they are asked for.
    Hold { unknown: None, ..Hold::first(grant, action) }
}

impl Hold {
    /// That a grant lets its holder do something to itself.
    pub(super) fn first(grant: &Grant<'_>, action: &'static str) -> Hold {
        Hold {
            aim: Aim::Own,
            guarded: false,
            weak: false,
            unknown: grant.unknown.clone().filter(|_| grant.truth != Truth::True),
            action,
            held: grant.held,
            statement: grant.statement.value.origin,
            element: element(grant.statement, action),
            denied: Vec::new(),
            maybe: Vec::new(),
            shed: None,
            others: Vec::new(),
            itself: true,
            only: None,
            fixed: None,
        }
    }
}

impl Held {
    /// Adds the ways that are open once the principal has changed its own tags.
    pub(super) fn add_retagged(&mut self, access: Access<'_, '_>, world: &World, principal: usize) {
        let Some(holding) = access.once_retagged(principal) else { return };
        if self.found.iter().any(|found| is_enough(self, found)) {
            return;
        }
        let Some((action, grant)) = access.retags_by(principal) else { return };
        let by = [retagging(&grant, action)];
        let then = access.as_if(principal, holding);
        let mut more = held(then, world, principal);
        more.add_undenied(then, world, principal);
        self.add_after(more, &by, world);
    }

    /// Adds what the principal holds once it has done something first, by these permissions.
    pub(super) fn add_after(&mut self, then: Held, by: &[Hold], world: &World) {
        let unknown = by.iter().find_map(|hold| hold.unknown.clone());
        let mut positions = Vec::with_capacity(then.found.len());
        // What it could not do to itself before may be limited as well.
        self.stays |= then.stays;
        for mut found in then.found {
            let places = |holds: &[Hold]| holds.iter().map(|hold| (hold.statement, hold.rank())).collect::<Vec<_>>();
            let known = self.found.iter().position(|other| {
                other.way == found.way && places(&other.holds) == places(&found.holds) && other.left == found.left
            });
            positions.push(known.unwrap_or(self.found.len()));
            if known.is_none() {
                found.holds.splice(0..0, by.iter().cloned());
                self.found.push(found);
            }
        }
        for mut widened in then.widened {
            widened.by = widened.by.iter().filter_map(|at| positions.get(*at).copied()).collect();
            widened.sure &= unknown.is_none();
            widened.limit = widened.limit.or_else(|| unknown.clone());
            self.widened.push(widened);
        }
        let any = then.assumes_any.filter(|_| self.assumes_any.is_none());
        let of_account = any.into_iter().flat_map(|place| world.by_account.iter().map(move |role| (*role, place)));
        let all = then.assumes.iter().copied().chain(of_account.take(MAX_TARGETS));
        let all = all.filter(|one| !self.assumes.contains(one));
        let told = told(by);
        let mut sure: Vec<_> = all.map(|(role, place)| (role, place, told.clone())).collect();
        sure.extend(then.assumes_after.into_iter().map(|(role, place, by)| (role, place, format!("{told} + {by}"))));
        match unknown {
            Some(unknown) => {
                let perhaps =
                    then.perhaps.into_iter().map(|(role, _)| role).chain(sure.into_iter().map(|(role, ..)| role));
                self.perhaps.extend(perhaps.map(|role| (role, Arc::clone(&unknown))));
            }
            None => {
                self.perhaps.extend(then.perhaps);
                self.assumes_after.extend(sure);
            }
        }
    }
}

/// By what something is done first.
pub(super) fn told(by: &[Hold]) -> String {
    let mut names: Vec<String> = by.iter().map(|hold| format!("`{}`", full_name(hold.action))).collect();
    names.dedup();
    names.join(" + ")
}
