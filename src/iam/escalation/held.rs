//! What one principal holds of the known ways, and the roles that it may assume.

use std::sync::Arc;

use super::boundary::can_shed_own;
use super::judge::{Found, Judge};
use super::path::{Way, ways};
use super::target::is_on_target;
use super::widened::{Widened, widened};
use super::world::World;
use super::worth::{Aim, is_whole};
use crate::iam::access::{Access, Extent, Pattern, Wanted};
use crate::iam::catalogue::takes_role;
use crate::iam::condition::is_harmless;
use crate::iam::facts::Limit;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// No more ways lead on from one principal than this.
pub(super) const MAX_TARGETS: usize = 256;

/// What one principal holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) found: Vec<Found>,
    /// Roles that it may assume, with the place that lets it.
    pub(super) assumes: Vec<(usize, Origin)>,
    /// It may call `sts:AssumeRole` on every role.
    pub(super) assumes_any: Option<Origin>,
    /// Roles of which it is not known whether it may assume them.
    pub(super) perhaps: Vec<(usize, Arc<Unknown>)>,
    /// Whatever it does to itself stays within its permissions boundary, or within what the organization allows.
    pub(super) stays: bool,
    /// What it comes to hold by what it does to itself.
    pub(super) widened: Option<Box<Widened>>,
}

impl Held {
    /// What a principal holds, and comes to hold.
    pub(super) fn of(access: Access<'_, '_>, world: &World, principal: usize) -> Held {
        let mut held = held(access, world, principal);
        held.widened = widened(access, world, principal, &held).map(Box::new);
        held
    }

    /// Whether a way changes only what the principal itself may do, which is limited all the same.
    pub(super) fn is_limited(&self, way: &Way, found: &Found) -> bool {
        let of_itself = || found.holds.iter().all(|hold| hold.itself || !matches!(hold.aim, Aim::Own));
        self.stays && way.path.class == "self" && of_itself()
    }
}

/// What one principal holds of the known ways.
pub(super) fn held(access: Access<'_, '_>, world: &World, principal: usize) -> Held {
    let mut held = Held::default();
    let Some(bits) = access.watched(principal) else { return held };
    let mut judge = Judge::new(access, world, principal);
    for (at, way) in ways().iter().enumerate() {
        if !way.entries.iter().all(|entry| entry.iter().any(|wanted| wanted.is_in(&bits))) {
            continue;
        }
        if way.needs_consumer() {
            judge.consumers = access.role_takers(principal, &bits);
            if judge.consumers.is_empty() {
                continue;
            }
        }
        held.found.extend(judge.way(at, way));
    }
    held.stays = held.found.iter().any(|found| found.is_of_itself()) && stays(access, world, principal);
    let assume = &ways().iter().find(|way| way.path.id == "sts-assume-any-role").map(|way| &way.entries);
    let Some(wanted) = assume.and_then(|entries| entries.first()).and_then(|entry| entry.first()) else { return held };
    if !wanted.is_in(&bits) {
        return held;
    }
    for (grant, left_out) in judge.with_left_out(wanted) {
        if grant.truth != Truth::True
            || grant.tests.iter().any(|test| !is_harmless(&test.key) && !is_on_target(&test.key))
        {
            continue;
        }
        let place = grant.statement.value.origin;
        let (roles, any): (Vec<usize>, bool) = match &grant.extent {
            Extent::AllBut(..) => (Vec::new(), true),
            Extent::Among(patterns, _) => {
                let own = patterns.iter().filter(|pattern| world.is_own(pattern) == Truth::True);
                let is_any = |pattern: &&Pattern| wanted.action.is_some_and(|action| is_whole(action, pattern));
                let roles = own.clone().filter(|pattern| !is_any(pattern));
                let roles =
                    roles.flat_map(|pattern| world.matching("role", pattern).sure.into_iter().take(MAX_TARGETS));
                (roles.collect(), own.clone().any(|pattern| is_any(&pattern)))
            }
        };
        let mut denied = world.denied("role", &grant.exceptions);
        let doubtful = left_out.perhaps.iter().filter(|(role, _)| !denied.contains(role));
        let doubtful: Vec<(usize, Arc<Unknown>)> = doubtful.cloned().collect();
        denied.extend(&left_out.all);
        held.assumes_any = held.assumes_any.or(Some(place).filter(|_| any && denied.is_empty()));
        let of_account = world.by_account.iter().filter(|_| any && !denied.is_empty()).copied().take(MAX_TARGETS);
        let trusting = |role: &usize| world.trusted.get(*role).is_some_and(|trusted| trusted.account.is_some());
        let named = |role: &usize| any || roles.contains(role);
        held.perhaps.extend(doubtful.into_iter().filter(|(role, _)| named(role) && trusting(role)));
        let perhaps = world.by_perhaps_account.iter().filter(|role| named(role) && !denied.contains(role));
        let perhaps = perhaps.filter_map(|role| world.perhaps_assumed(*role, &grant.extent));
        held.perhaps.extend(perhaps.take(MAX_TARGETS));
        let left = roles.into_iter().filter(trusting).chain(of_account).filter(|role| !denied.contains(role));
        held.assumes.extend(left.map(|role| (role, place)));
    }
    held
}

/// Whether all that a principal may do to itself is limited, and it cannot rid itself of the limit.
fn stays(access: Access<'_, '_>, world: &World, principal: usize) -> bool {
    let known = access.holding(principal).is_some_and(|holding| matches!(holding.boundary, Limit::Document(_)));
    let bounded = known && access.is_bounded(principal) && !can_shed_own(access, world, principal);
    bounded || world.under_controls(access, principal).0 == Truth::True
}

impl Access<'_, '_> {
    /// The services of which an action that takes a role is granted, by prefix.
    fn role_takers(&self, principal: usize, bits: &crate::iam::watched::Bits) -> Vec<&'static str> {
        let mut services: Vec<&'static str> = Vec::new();
        for (bit, name) in crate::iam::access::watched_names().enumerate() {
            let Some((service, _)) = name.split_once(':').filter(|(service, _)| !services.contains(service)) else {
                continue;
            };
            if bits.has(bit)
                && takes_role(name)
                && name != "iam:passrole"
                && !self.grants(principal, &Wanted::new(name), None).grants.is_empty()
            {
                services.push(service);
            }
        }
        services
    }
}
