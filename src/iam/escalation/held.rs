//! What one principal holds of the known ways, and the roles that it may assume.

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, LazyLock};

use super::boundary::can_shed_own;
use super::directory::is_of_directory;
use super::given::Change;
use super::judge::{Found, Judge};
use super::kind::{is_tag, is_whole};
use super::made::Making;
use super::path::{Way, ways};
use super::widened::{JOIN, Widened, attach, widened};
use super::world::World;
use super::worth::Aim;
use crate::iam::access::{Access, Extent, Wanted};
use crate::iam::catalogue::takes_role;
use crate::iam::condition::is_harmless;
use crate::iam::facts::Limit;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// No more ways lead on from one principal than this, by one permission.
pub(super) const MAX_TARGETS: usize = 1_024;

/// What one principal holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) found: Vec<Found>,
    /// Roles that it may assume, with the place that lets it.
    pub(super) assumes: Vec<(usize, Origin)>,
    /// Roles that it may assume once it has done something first, with the place that lets it, and by what.
    pub(super) assumes_after: Vec<(usize, Origin, String)>,
    /// It may call `sts:AssumeRole` on every role.
    pub(super) assumes_any: Option<Origin>,
    /// Roles of which it is not known whether it may assume them.
    pub(super) perhaps: Vec<(usize, Arc<Unknown>)>,
    /// It holds denials, which hold as well for what a group has that it joins: that is in `widened`.
    pub(super) denies_itself: bool,
    /// Why it may lead on to more than is looked at.
    pub(super) cut: Option<Arc<Unknown>>,
    /// Whatever it does to itself stays within its permissions boundary, or within what the organization allows.
    pub(super) stays: bool,
    /// What it comes to hold by what it does to itself.
    pub(super) widened: Vec<Widened>,
    /// What it may give others, or itself, without a free hand.
    pub(super) changes: Vec<Change>,
    /// Users and roles that it may make, though not as it likes.
    pub(super) makes: Vec<Making>,
    /// Of one who may be made the way by which it rids itself of its boundary.
    pub(super) sheds: Option<usize>,
    /// Nothing shows that its account administers Identity Center.
    pub(super) outside_directory: bool,
}

impl Held {
    /// What a principal holds, and comes to hold.
    pub(super) fn of(access: Access<'_, '_>, world: &World, principal: usize) -> Held {
        let mut judge = Judge::new(access, world, principal);
        let mut held = held_by(&mut judge);
        held.add_undenied(access, world, principal);
        held.add_retagged(access, world, principal);
        if let Some(bits) = access.watched(principal) {
            held.changes = judge.changes(&bits);
            held.add_rebound(access, world, principal, &bits);
            judge.makings(&bits, &mut held);
        }
        let after = std::mem::take(&mut held.widened);
        held.widened = widened(access, world, principal, &held).into_iter().collect();
        attach(access, world, principal, &mut held);
        held.denies_itself = held.widened.iter().any(|widened| !widened.is_cut) && denies(access, principal);
        held.widened.extend(after);
        held
    }

    /// That not all is looked at that somebody may lead on to.
    pub(super) fn limit(origin: Origin) -> Arc<Unknown> {
        Arc::new(Unknown::new(Why::Limit, "where so many permissions lead", origin))
    }

    /// Whether a way leads somewhere in another account only, as far as anything shows.
    pub(super) fn is_outside(&self, way: &Way) -> bool {
        self.outside_directory && is_of_directory(way)
    }

    /// Whether a way changes only what the principal itself may do, which is limited all the same.
    pub(super) fn is_limited(&self, way: &Way, found: &Found) -> bool {
        let of_itself = || found.holds.iter().all(|hold| hold.itself || !matches!(hold.aim, Aim::Own));
        let of_member = self.denies_itself && way.path.id == JOIN;
        of_member || (self.stays && way.path.class == "self" && of_itself())
    }
}

/// Whether a principal itself is denied something.
fn denies(access: Access<'_, '_>, principal: usize) -> bool {
    let documents = access.holding(principal).into_iter().flat_map(|holding| &holding.held);
    let mut documents = documents.filter_map(|held| access.document(held.document));
    documents.any(|document| document.statements.iter().any(|statement| statement.denies() != Truth::False))
}

/// What one principal holds of the known ways.
pub(super) fn held(access: Access<'_, '_>, world: &World, principal: usize) -> Held {
    held_by(&mut Judge::new(access, world, principal))
}

pub(super) fn held_by(judge: &mut Judge<'_, '_, '_>) -> Held {
    let (access, world, principal) = (judge.access, judge.world, judge.principal);
    let mut held = Held { outside_directory: !world.administers_directory, ..Held::default() };
    let Some(bits) = access.watched(principal) else { return held };
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
    if access.is_instead(principal) {
        held.assume_undenied(access, world, principal);
    }
    let assume = &ways().iter().find(|way| way.path.id == "sts-assume-any-role").map(|way| &way.entries);
    let Some(wanted) = assume.and_then(|entries| entries.first()).and_then(|entry| entry.first()) else { return held };
    if !wanted.is_in(&bits) {
        return held;
    }
    if access.is_instead(principal) {
        held.assume_elsewhere(access, world, principal);
    }
    for (grant, left_out) in judge.with_left_out(wanted) {
        if grant.truth != Truth::True || grant.tests.iter().any(|test| !is_harmless(&test.key) && !is_tag(&test.key)) {
            continue;
        }
        let place = grant.statement.value.origin;
        let trusting = |role: &usize| world.trusted.get(*role).is_some_and(|trusted| trusted.account.is_some());
        let (mut roles, mut any, mut is_cut) = (Vec::new(), false, false);
        match &grant.extent {
            Extent::AllBut(..) => any = true,
            Extent::Among(patterns, _) => {
                for pattern in patterns.iter().filter(|pattern| world.is_own(pattern) == Truth::True) {
                    if wanted.action.is_some_and(|action| is_whole(action, pattern)) {
                        any = true;
                        continue;
                    }
                    let meant = world.matching("role", pattern);
                    is_cut |= meant.is_cut;
                    roles.extend(meant.sure);
                }
            }
        }
        let mut denied = world.denied("role", grant);
        let doubtful = left_out.perhaps.iter().filter(|(role, _)| !denied.contains(role));
        let doubtful: Vec<(usize, Arc<Unknown>)> = doubtful.cloned().collect();
        denied.extend(&left_out.all);
        let denied: HashSet<usize> = denied.into_iter().collect();
        held.assumes_any = held.assumes_any.or(Some(place).filter(|_| any && denied.is_empty()));
        let of_account = world.by_account.iter().filter(|_| any && !denied.is_empty()).copied();
        let of_grant: HashSet<usize> = roles.iter().copied().collect();
        let named = |role: &usize| any || of_grant.contains(role);
        held.perhaps.extend(doubtful.into_iter().filter(|(role, _)| named(role) && trusting(role)));
        let perhaps = |role: &usize| world.by_perhaps_account.binary_search(role).is_ok();
        let perhaps: Vec<usize> = match any {
            true => world.by_perhaps_account.clone(),
            false => roles.iter().copied().filter(perhaps).collect(),
        };
        let left = perhaps.into_iter().filter(|role| !denied.contains(role));
        held.perhaps.extend(left.filter_map(|role| world.perhaps_assumed(role, &grant.extent)));
        let left = roles.into_iter().filter(trusting).chain(of_account).filter(|role| !denied.contains(role));
        held.assumes.extend(left.map(|role| (role, place)));
        is_cut |= held.assumes.len() > MAX_TARGETS || held.perhaps.len() > MAX_TARGETS;
        if is_cut {
            held.assumes.truncate(MAX_TARGETS);
            held.perhaps.truncate(MAX_TARGETS);
            held.cut = held.cut.or_else(|| Some(Held::limit(place)));
        }
    }
    held
}

/// Whether all that a principal may do to itself is limited, and it cannot rid itself of the limit.
fn stays(access: Access<'_, '_>, world: &World, principal: usize) -> bool {
    let known = access.holding(principal).is_some_and(|holding| matches!(holding.boundary, Limit::Document(_)));
    let bounded = known && access.is_bounded(principal) && !can_shed_own(access, world, principal);
    bounded || world.under_controls(access, principal).0 == Truth::True
}

/// Whether an action is one of a known way by which a role is passed and run with, or is passing itself.
fn has_own_way(name: &str) -> bool {
    static ALL: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
        let passing = ways().iter().filter(|way| way.passes());
        passing.flat_map(|way| way.entries.iter().flatten()).map(|wanted| wanted.name.as_str()).collect()
    });
    ALL.contains(name)
}

impl Access<'_, '_> {
    /// The services of which an action that takes a role is granted, by prefix. What takes more than that to run is told by ways
    /// of its own.
    fn role_takers(&self, principal: usize, bits: &crate::iam::watched::Bits) -> Vec<&'static str> {
        let mut services: Vec<&'static str> = Vec::new();
        for (bit, name) in crate::iam::access::watched_names().enumerate() {
            let Some((service, _)) = name.split_once(':').filter(|(service, _)| !services.contains(service)) else {
                continue;
            };
            if bits.has(bit)
                && takes_role(name)
                && !has_own_way(name)
                && !self.grants(principal, &Wanted::at_home(name), None).grants.is_empty()
            {
                services.push(service);
            }
        }
        services
    }
}
