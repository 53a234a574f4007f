//! What a principal comes to hold by what it does to itself where its permissions boundary limits that: all that the boundary
//! allows once it gives itself permissions, what a group has that it joins, or what it is granted once the boundary is gone.

use std::sync::Arc;

use super::boundary::can_shed_own;
use super::given::{Change, Gives, gives};
use super::held::{Held, held};
use super::judge::{Found, Judge};
use super::kind::kind_of;
use super::net::is_enough;
use super::world::World;
use super::worth::{Aim, Hold};
use crate::iam::access::Access;
use crate::iam::facts::{self, Holding, Limit, Source};
use crate::iam::step::Step;
use crate::iam::watched::Bits;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// So many groups are looked at that somebody may join.
const MAX_GROUPS: usize = 256;

/// A user can be in so many groups at once, by AWS' quotas of IAM.
const MAX_GROUPS_OF_USER: usize = 10;

/// The way by which somebody joins groups.
pub(super) const JOIN: &str = "iam-add-user-to-group";

/// What a principal comes to hold.
#[derive(Debug)]
pub(super) struct Widened {
    /// The positions of the ways by which, among those that it holds.
    pub(super) by: Vec<usize>,
    /// Whether one of them is held for certain.
    pub(super) sure: bool,
    /// Why it is not certain all the same that it holds all of this at once.
    pub(super) limit: Option<Arc<Unknown>>,
    /// There are more groups that it may join than are looked at.
    pub(super) is_cut: bool,
    /// What it then has.
    pub(super) holding: Holding,
    /// That is all that its permissions boundary allows.
    pub(super) gives_all: bool,
    /// It may then do everything.
    pub(super) granted: bool,
    /// What shows that, where that is no policy that it holds already.
    pub(super) because: Vec<Step>,
    /// Else what that is good for, beyond what the principal holds before.
    pub(super) held: Held,
}

impl Widened {
    /// Whether all that it holds then may make an administrator at once.
    pub(super) fn may_lead(&self) -> bool {
        self.granted || self.is_cut || self.held.found.iter().any(|found| is_enough(&self.held, found))
    }
}

/// What a principal comes to hold where a permissions boundary limits what it does to itself; none where that is nothing more.
pub(super) fn widened(access: Access<'_, '_>, world: &World, principal: usize, own: &Held) -> Option<Widened> {
    let holding = access.holding(principal)?;
    let Limit::Document(boundary) = holding.boundary else {
        let of_group = || administrator_of_group(access, world, principal, own);
        return if own.stays { None } else { of_group().or_else(|| member(access, world, principal, own)) };
    };
    let is_limited = access.is_bounded(principal) && world.under_controls(access, principal).0 != Truth::True;
    if own.found.is_empty() || !is_limited {
        return None;
    }
    if !own.stays && can_shed_own(access, world, principal) {
        return freed(access, world, principal, own);
    }
    let (mut more, mut limit, mut is_cut) = (holding.clone(), None, false);
    let mut by = ways_to_all(access, principal, own);
    let gives_all = !by.is_empty();
    if !gives_all {
        let (way, groups, further) = joined(access, world, principal, own)?;
        (limit, is_cut) = (further, groups.len() > MAX_GROUPS);
        let groups = groups.into_iter().take(MAX_GROUPS).collect::<Vec<_>>();
        let of_groups = groups.iter().filter_map(|group| access.facts.holdings.get(*group));
        more.held.extend(of_groups.flat_map(|holding| holding.held.iter().copied()));
        by.push(way);
    } else {
        // To be granted what the boundary allows comes to just that.
        more.held.push(facts::Held { document: boundary, attachment: None, membership: None });
    }
    let sure = by.iter().any(|at| own.found.get(*at).is_some_and(Found::is_sure));
    if can_shed_own(access.as_if(principal, &more), world, principal) {
        more.boundary = Limit::None;
        if gives_all && access.comes_to_everything(principal, &more) == Truth::True {
            return Some(Widened {
                by,
                sure,
                limit: None,
                is_cut: false,
                holding: more,
                gives_all,
                granted: true,
                because: Vec::new(),
                held: Held::default(),
            });
        }
    }
    let sure = sure && limit.is_none();
    Some(Widened { limit, is_cut, gives_all, ..evaluated(access, world, principal, own, more, (by, sure)) })
}

/// So many times policies are attached that let further ones be attached.
const MAX_ROUNDS: usize = 8;

/// So many policies that somebody may attach to itself are looked at: AWS leaves room for fewer.
const MAX_ATTACHED: usize = 48;

/// Adds what a principal comes to hold that attaches fixed policies to itself, on top of what it comes to hold otherwise; and
/// the ways by which.
pub(super) fn attach(access: Access<'_, '_>, world: &World, principal: usize, own: &mut Held) {
    let Some(holding) = access.holding(principal) else { return };
    // Whoever gives itself all that its boundary allows gains nothing by one of them, nor who is an administrator by that.
    if own.changes.is_empty() || own.widened.iter().any(|widened| widened.granted || widened.gives_all) {
        return;
    }
    let base = own.widened.first().filter(|widened| widened.sure).map_or(holding, |widened| &widened.holding).clone();
    let before = own.widened.first().filter(|widened| widened.sure).map(|widened| widened.by.clone());
    for is_sure in [true, false] {
        let is_one =
            |change: &&Change| (is_sure && change.hold.unknown.is_none()) || (!is_sure && change.unknown.is_some());
        let mut first: Vec<&Change> = own.changes.iter().filter(is_one).collect();
        first.retain(|change| is_of_itself(access, principal, change));
        if first.is_empty() {
            continue;
        }
        let mut more = base.clone();
        let mut limit = first.iter().find_map(|change| change.unknown.clone()).filter(|_| !is_sure);
        let is_open = limit.is_some();
        let mut ways: Vec<Found> = Vec::new();
        for change in first {
            if add(&mut more, change) || !is_sure {
                ways.push(change.found());
            }
        }
        // What is attached may let further policies be attached.
        for round in 0.. {
            let then = access.as_if(principal, &more);
            let Some(bits) = added(access, principal, &base, &more).filter(gives) else { break };
            let mut next = Judge::new(then, world, principal).changes(&bits);
            next.retain(|change| change.hold.unknown.is_none() && is_of_itself(then, principal, change));
            if more.held.len() > base.held.len() + MAX_ATTACHED {
                break;
            }
            let mut wider = more.clone();
            let is_more = next.iter().fold(false, |any, change| add(&mut wider, change) | any);
            if !is_more {
                break;
            }
            if round >= MAX_ROUNDS {
                limit = limit.or_else(|| next.first().map(|change| Held::limit(change.hold.statement)));
                break;
            }
            more = wider;
        }
        if ways.is_empty() {
            continue;
        }
        if more.held.len() > base.held.len() + MAX_ATTACHED {
            more.held.truncate(base.held.len() + MAX_ATTACHED);
            let place = ways.first().and_then(|found| found.holds.first()).map_or(Origin::NONE, |hold| hold.statement);
            own.cut = own.cut.take().or_else(|| Some(Held::limit(place)));
        }
        // What is added may be nothing that leads anywhere.
        if limit.is_none() && added(access, principal, &base, &more).is_none_or(|bits| bits == Bits::default()) {
            continue;
        }
        if can_shed_own(access.as_if(principal, &more), world, principal) {
            more.boundary = Limit::None;
        }
        let at = own.found.len();
        let by = (at..at + ways.len()).chain(before.iter().flatten().copied()).collect();
        let sure = is_sure && limit.is_none();
        let widened = evaluated(access, world, principal, own, more, (by, sure));
        own.found.extend(ways);
        own.widened.push(Widened { limit, is_cut: is_open, ..widened });
    }
}

/// The actions that are asked about of those that a holding may have more than another one.
fn added(access: Access<'_, '_>, principal: usize, before: &Holding, more: &Holding) -> Option<Bits> {
    let held = more.held.get(before.held.len()..)?.to_vec();
    let new = Holding { held, ..Holding::default() };
    access.as_if(principal, &new).watched(principal)
}

/// Whether somebody gives itself what it may give.
fn is_of_itself(access: Access<'_, '_>, principal: usize, change: &Change) -> bool {
    let reaches = match change.hold.aim {
        Aim::Whole => is_changed(access, principal, &change.hold),
        _ => change.hold.itself,
    };
    reaches && matches!(change.gives, Gives::Policies(_)) && change.is_for(access, principal)
}

/// Adds the policies of a change to what somebody holds; says whether any is new.
fn add(holding: &mut Holding, change: &Change) -> bool {
    let Gives::Policies(documents) = &change.gives else { return false };
    let before = holding.held.len();
    for document in documents {
        if !holding.held.iter().any(|held| held.document == *document) {
            holding.held.push(facts::Held { document: *document, attachment: None, membership: None });
        }
    }
    holding.held.len() > before
}

/// What a principal comes to hold that rids itself of its boundary.
fn freed(access: Access<'_, '_>, world: &World, principal: usize, own: &Held) -> Option<Widened> {
    let rids = |found: &Found| {
        let is_of_boundary = |id: &str| matches!(id, "iam-drop-user-boundary" | "iam-drop-role-boundary");
        found.path().is_some_and(|path| is_of_boundary(&path.id)) && found.is_of_all_or_own()
    };
    let rewrites = |found: &Found| found.path().is_some_and(|path| path.id == "iam-create-policy-version");
    let which = |is: &dyn Fn(&Found) -> bool| -> Vec<usize> {
        own.found.iter().enumerate().filter(|(_, found)| is(found)).map(|(at, _)| at).collect()
    };
    let by = Some(which(&rids)).filter(|by| !by.is_empty()).unwrap_or_else(|| which(&rewrites));
    let holding = Holding { boundary: Limit::None, ..access.holding(principal)?.clone() };
    (!by.is_empty()).then(|| evaluated(access, world, principal, own, holding, (by, true)))
}

/// The ways by which a principal gives itself any permissions.
fn ways_to_all(access: Access<'_, '_>, principal: usize, own: &Held) -> Vec<usize> {
    let is_own = |found: &Found| {
        let reaches = |hold: &Hold| match hold.aim {
            Aim::Own => hold.itself,
            Aim::Whole => is_changed(access, principal, hold),
            _ => false,
        };
        found.path().is_some_and(|path| path.direct && path.class == "self") && found.holds.iter().all(reaches)
    };
    let mut by: Vec<usize> =
        own.found.iter().enumerate().filter(|(_, found)| is_own(found)).map(|(at, _)| at).collect();
    // Permissions that it gives to a group that it joins.
    let join = own.found.iter().find(|found| found.is_sure() && found.path().is_some_and(|path| path.id == JOIN));
    if let Some(join) = join {
        let is_joined = |other: &usize| join.targets().is_none_or(|groups| groups.contains(other));
        let of_groups = |found: &Found| {
            let changes = found.path().is_some_and(|path| path.direct && path.class == "self");
            changes && found.is_sure() && found.holds.iter().flat_map(|hold| &hold.others).any(is_joined)
        };
        let more = own.found.iter().enumerate().filter(|(at, found)| !by.contains(at) && of_groups(found));
        let more: Vec<usize> = more.map(|(at, _)| at).collect();
        by.extend(more);
    }
    by
}

/// Whether what changes permissions of a whole type changes those of the principal: as such, as a member of groups, or as one
/// who holds policies.
pub(super) fn is_changed(access: Access<'_, '_>, principal: usize, hold: &Hold) -> bool {
    let Some(found) = access.identity.principals.get(principal) else { return false };
    let is_left = |one: usize| !hold.denied.contains(&one);
    match kind_of(hold.action) {
        Some("group") => access.groups_of(principal).into_iter().any(|(group, _)| is_left(group)),
        Some("policy") => access.holding(principal).is_some_and(|holding| {
            let policies = holding.held.iter().filter(|held| held.attachment.is_some());
            let mut own = policies.filter_map(|held| match access.facts.source(held.document) {
                Some(Source::Own(policy)) => Some(policy),
                _ => None,
            });
            own.any(is_left)
        }),
        Some(kind) => *found.instance.row.kind == *kind && is_left(principal),
        None => false,
    }
}

/// What a group has that makes an administrator just of the one who joins it: its policies ask who makes the request.
fn administrator_of_group(access: Access<'_, '_>, world: &World, principal: usize, own: &Held) -> Option<Widened> {
    let (way, groups, _) = joined(access, world, principal, own)?;
    let sure = own.found.get(way).is_some_and(Found::is_sure);
    let is_cut = groups.len() > MAX_GROUPS;
    let answers =
        groups.into_iter().take(MAX_GROUPS).filter_map(|group| access.administers_as_member(principal, group));
    let (because, limit) = answers.min_by_key(|(_, unknown)| unknown.is_some())?;
    let (holding, sure) = (access.holding(principal)?.clone(), sure && limit.is_none());
    let (gives_all, granted, held) = (false, true, Held::default());
    Some(Widened { by: vec![way], sure, limit, is_cut, holding, gives_all, granted, because, held })
}

/// What a user comes to hold as a member of the groups that it may join.
fn member(access: Access<'_, '_>, world: &World, principal: usize, own: &Held) -> Option<Widened> {
    let (way, groups, limit) = joined(access, world, principal, own)?;
    let (mut more, is_cut) = (access.holding(principal)?.clone(), groups.len() > MAX_GROUPS);
    let of_groups = groups.iter().take(MAX_GROUPS).filter_map(|group| access.facts.holdings.get(*group));
    more.held.extend(of_groups.flat_map(|holding| holding.held.iter().copied()));
    let sure = limit.is_none() && own.found.get(way).is_some_and(Found::is_sure);
    Some(Widened { limit, is_cut, ..evaluated(access, world, principal, own, more, (vec![way], sure)) })
}

/// The position of the way by which a user joins groups, the groups, and why it is not certain that it can be in all of them
/// at once.
fn joined(
    access: Access<'_, '_>,
    world: &World,
    principal: usize,
    own: &Held,
) -> Option<(usize, Vec<usize>, Option<Arc<Unknown>>)> {
    let is_user = access.identity.principals.get(principal).is_some_and(|one| &*one.instance.row.kind == "user");
    if !is_user {
        return None;
    }
    let is_join = |found: &&Found| found.path().is_some_and(|path| path.id == JOIN);
    let (at, found) = own.found.iter().enumerate().find(|(_, found)| is_join(found))?;
    let groups: Vec<usize> = match found.targets() {
        Some(groups) => groups.to_vec(),
        None if found.is_of_all_or_own() => {
            let denied = |group: &usize| found.holds.iter().any(|hold| hold.denied.contains(group));
            world.groups().filter(|group| !denied(group)).collect()
        }
        None => return None,
    };
    let place = found.holds.first().map_or(Origin::NONE, |hold| hold.statement);
    let limit = (groups.len() > MAX_GROUPS_OF_USER).then(|| Held::limit(place));
    (!groups.is_empty()).then_some((at, groups, limit))
}

pub(super) fn evaluated(
    access: Access<'_, '_>,
    world: &World,
    principal: usize,
    own: &Held,
    holding: Holding,
    (by, sure): (Vec<usize>, bool),
) -> Widened {
    let then = access.as_if(principal, &holding);
    let granted = then.holds_everything(principal) == Truth::True;
    let mut held = if granted { Held::default() } else { held(then, world, principal) };
    let is_new = |found: &Found| {
        let same = |other: &&Found| {
            let places = |found: &Found| found.holds.iter().map(|hold| hold.statement).collect::<Vec<_>>();
            other.way == found.way && places(other) == places(found)
        };
        !own.found.iter().any(|other| same(&other))
    };
    // Without the boundary the same statements are good for more.
    let had_boundary = access.holding(principal).is_some_and(|before| !matches!(before.boundary, Limit::None));
    if !had_boundary || !matches!(holding.boundary, Limit::None) {
        held.found.retain(is_new);
        held.assumes.retain(|one| !own.assumes.contains(one));
    }
    let (limit, is_cut, gives_all, because) = (None, false, false, Vec::new());
    Widened { by, sure, limit, is_cut, holding, gives_all, granted, because, held }
}
