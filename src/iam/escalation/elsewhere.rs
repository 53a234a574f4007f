//! Roles of other accounts that somebody may assume: both sides have to say so.

use std::sync::Arc;

use super::held::{Held, MAX_TARGETS};
use super::kind::is_tag;
use super::target::Targets;
use super::world::World;
use crate::iam::access::{Access, Assuming, Grant, Wanted};
use crate::iam::condition::is_harmless;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

impl World {
    /// Of those whom the trust of a role of another account lets in the ones who are granted it, and those of whom that is not
    /// known.
    pub(super) fn granted_elsewhere(&self, access: Access<'_, '_>, role: usize, who: Assuming) -> Assuming {
        let mut found = Assuming { perhaps: who.perhaps, ..Assuming::default() };
        for principal in who.certain.into_iter().map(|(principal, _)| principal).chain(who.admitted) {
            match self.grant_elsewhere(access, principal, role) {
                (Some(place), _) => found.certain.push((principal, place)),
                (None, Some(unknown)) => found.perhaps.push((principal, unknown)),
                (None, None) => {}
            }
        }
        found
    }

    /// The statement that lets a principal assume a role of another account, else why that is not known.
    fn grant_elsewhere(
        &self,
        access: Access<'_, '_>,
        principal: usize,
        role: usize,
    ) -> (Option<Origin>, Option<Arc<Unknown>>) {
        let wanted = Wanted::new("sts:AssumeRole");
        let (Some(arn), Some(targets)) = (access.arn_as_asked(role), Targets::of(access, self, principal, &wanted))
        else {
            return (None, None);
        };
        let mut doubt = None;
        for grant in access.grants(principal, &wanted, Some(&arn)).grants {
            let place = grant.statement.value.origin;
            let is_free = grant.tests.iter().all(|test| is_harmless(&test.key) || is_tag(&test.key));
            let open =
                || Arc::new(Unknown::new(Why::Condition, "what a role of another account is told apart by", place));
            match targets.admits_one(&grant, role) {
                (Truth::True, _) if grant.truth == Truth::True && is_free => return (Some(place), None),
                (Truth::False, _) => {}
                (_, unknown) => doubt = doubt.or(unknown).or_else(|| grant.unknown.clone()).or_else(|| Some(open())),
            }
        }
        (None, doubt)
    }
}

impl Held {
    /// Adds the roles of other accounts that somebody may assume by what it comes to hold.
    pub(super) fn assume_elsewhere(&mut self, access: Access<'_, '_>, world: &World, principal: usize) {
        let wanted = Wanted::new("sts:AssumeRole");
        let place = |role: &usize| {
            let arn = access.arn_as_asked(*role)?;
            let grants = access.grants(principal, &wanted, Some(&arn)).grants;
            let is_open = |grant: &&Grant<'_>| {
                grant.truth == Truth::True
                    && !grant.carved
                    && grant.denials.is_empty()
                    && grant.tests.iter().all(|test| is_harmless(&test.key))
            };
            Some((*role, grants.iter().find(is_open)?.statement.value.origin))
        };
        let Some(asking) = world.asking_elsewhere.get(&principal) else {
            // Of one who may be made no trust can be asked.
            self.assumes.extend(world.open_elsewhere.iter().take(MAX_TARGETS).filter_map(place));
            return;
        };
        if asking.len() > MAX_TARGETS {
            self.cut = self.cut.take().or_else(|| Some(Held::limit(Origin::NONE)));
        }
        for role in asking.iter().take(MAX_TARGETS) {
            let who = access.who_assumes(*role, std::iter::once(principal));
            let who = world.granted_elsewhere(access, *role, who);
            self.assumes.extend(who.certain.into_iter().map(|(_, place)| (*role, place)));
            self.perhaps.extend(who.perhaps.into_iter().map(|(_, unknown)| (*role, unknown)));
        }
    }
}
