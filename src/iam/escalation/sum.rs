//! Steps that make an administrator only together: somebody may change the permissions of a principal, and gets to it by
//! another way.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::boundary::ceiling_over;
use super::chain::{distinct, document_of, holds_steps, lowered, title, within};
use super::first::{is_used_first, retagging, told};
use super::given::{Change, Gives, Off};
use super::held::{Held, MAX_TARGETS};
use super::judge::Found;
use super::kind::kind_of;
use super::link::{ASSUME, within_role};
use super::net::{HubName, Net};
use super::path::{Way, ways};
use super::raised::{Onward, Raised};
use super::undenied::{Freed, changed_by, freed_by, is_denied, takes_off};
use super::worlds::Worlds;
use super::worth::{Aim, Hold};
use super::{Escalation, EscalationState};
use crate::iam::access::Access;
use crate::iam::facts::Limit;
use crate::iam::power::{Hub, Next, Power, Sum};
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// So many principals that one gets to are looked at, each so many ways off.
const MAX_REACHED: usize = 128;
const MAX_HOPS: usize = 6;

/// So many pairs of one whose permissions are changed and one who is reached are looked at for one principal, and in all.
const MAX_PAIRS: usize = 200_000;
const MAX_PAIRS_IN_ALL: usize = 20_000_000;

/// To look at what somebody comes to by what is changed of it is worth so many pairs.
const LIFTED: usize = 1_000;

/// One who is reached, with the one before and the passage between.
struct Reached {
    at: usize,
    from: Option<(usize, usize)>,
    hops: usize,
}

/// Where somebody has permissions changed.
struct Met {
    /// The position of who changes them among those who are reached, and its way.
    by: usize,
    found: Found,
    /// Whose permissions, and the position of the one who gets there, with what leads on from it.
    to: usize,
    last: usize,
    hub: Option<ByHub>,
    /// How it goes on where it is no administrator by that alone.
    onward: Option<Onward>,
    /// Why it is not certain that it makes an administrator.
    unknown: Option<Arc<Unknown>>,
}

/// By what one is reached who is reached as many are, and the place that shows it.
type ByHub = (String, Origin);

struct Search<'a, 'i, 'u, 'w> {
    access: Access<'i, 'u>,
    worlds: &'a Worlds,
    all: &'a [Held],
    /// From each principal the passages.
    outgoing: BTreeMap<usize, Vec<usize>>,
    /// The hubs that each is at, with the position there.
    at_hubs: BTreeMap<usize, Vec<(HubName<'w>, usize)>>,
    /// So many pairs may still be looked at, and so many of them for the one at hand.
    pairs_in_all: usize,
    pairs: usize,
    /// Not all was looked at for the one at hand.
    is_cut: bool,
    /// Who holds a policy that denies something, by principal.
    denied: Vec<bool>,
    /// Who holds something that takes denials off, once that has been asked.
    takes_off: BTreeMap<usize, bool>,
    /// Whether one changes a policy, with or without doubt.
    writes: BTreeMap<(usize, usize, bool), bool>,
    /// What one takes off another one of what limits it, with or without doubt.
    freed: BTreeMap<(usize, usize, bool), Vec<Freed>>,
    /// What principals come to by what is given to them.
    raised: BTreeMap<(usize, Gives), Option<Raised>>,
}

/// What there is of sums.
#[derive(Default)]
pub(super) struct Sums {
    pub(super) all: Vec<Sum>,
    /// By principal those of which it is not known whether they lead there.
    pub(super) doubtful: BTreeMap<usize, Sum>,
    /// Those for whom not all was looked at.
    pub(super) cut: Vec<usize>,
}

/// Finds those who get to an administrator by steps none of which leads there alone.
pub(super) fn sums<'w>(access: Access<'_, '_>, worlds: &'w Worlds, all: &[Held], net: &mut Net<'w>) -> Sums {
    let mut sums = Sums::default();
    let changes = |held: &Held| !held.changes.is_empty() || held.found.iter().any(|found| changes_others(held, found));
    let denied: Vec<bool> = (0..all.len()).map(|at| is_denied(access, at)).collect();
    let is_one = |held: &Held| changes(held) || rewrites(held) || resets(held);
    if !all.iter().any(is_one) && !denied.contains(&true) && !access.are_others_tagged() {
        return sums;
    }
    let mut outgoing: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, passage) in net.passages.iter().enumerate() {
        outgoing.entry(passage.from).or_default().push(at);
    }
    let mut at_hubs: BTreeMap<usize, Vec<(HubName<'w>, usize)>> = BTreeMap::new();
    for (name, those) in &net.hubs {
        for (position, (at, ..)) in those.iter().enumerate() {
            at_hubs.entry(*at).or_default().push((*name, position));
        }
    }
    let (pairs, pairs_in_all) = (MAX_PAIRS, MAX_PAIRS_IN_ALL);
    let (is_cut, takes_off, writes) = (false, BTreeMap::new(), BTreeMap::new());
    let (freed, raised) = (BTreeMap::new(), BTreeMap::new());
    let mut search = Search {
        access,
        worlds,
        all,
        outgoing,
        at_hubs,
        pairs_in_all,
        pairs,
        is_cut,
        denied,
        takes_off,
        writes,
        freed,
        raised,
    };
    // The nearest first: who gets to one of them needs no sum of its own.
    for hops in [1, MAX_HOPS, MAX_HOPS, MAX_HOPS] {
        let mut found: Vec<(usize, Sum)> = Vec::new();
        for at in 0..all.len() {
            if matches!(net.next.get(at), Some(Next::Not))
                && let Some(sum) = search.of(net, at, hops, true)
            {
                found.push((at, sum));
            }
        }
        if found.is_empty() && hops > 1 {
            break;
        }
        for (at, sum) in found {
            net.reaches_end(at, Next::Sum(sums.all.len()));
            sums.all.push(sum);
        }
        net.spread();
    }
    for at in 0..all.len() {
        if !matches!(net.next.get(at), Some(Next::Not)) {
            continue;
        }
        match search.of(net, at, MAX_HOPS, false) {
            Some(sum) => {
                sums.doubtful.insert(at, sum);
            }
            None if search.is_cut => sums.cut.push(at),
            None => {}
        }
    }
    sums
}

/// Whether a way changes the permissions of somebody else.
fn changes_others(held: &Held, found: &Found) -> bool {
    let is_of_whole = (held.stays || lifts(found)) && found.holds.iter().all(|hold| matches!(hold.aim, Aim::Whole));
    let names = found.holds.iter().any(|hold| !hold.others.is_empty());
    found.path().is_some_and(|path| path.direct && path.class == "self" || lifts(found)) && (names || is_of_whole)
}

/// Whether somebody writes policies, which may be the permissions boundaries of others.
fn rewrites(held: &Held) -> bool {
    held.found.iter().any(|found| found.path().is_some_and(|path| path.id == "iam-create-policy-version"))
}

/// Whether somebody sets which version of a policy counts.
fn resets(held: &Held) -> bool {
    held.found.iter().any(|found| found.path().is_some_and(|path| path.id == "iam-set-default-policy-version"))
}

/// Whether a way takes just one permission.
fn is_just(way: &Way, hold: &Hold) -> bool {
    matches!(way.entries.as_slice(), [one] if one.iter().any(|wanted| wanted.name == hold.action))
}

/// Whether a way takes permissions boundaries away.
fn lifts(found: &Found) -> bool {
    found.path().is_some_and(|path| matches!(path.id.as_str(), "iam-drop-user-boundary" | "iam-drop-role-boundary"))
}

impl<'w> Search<'_, '_, '_, 'w> {
    fn of(&mut self, net: &Net<'w>, at: usize, hops: usize, sure: bool) -> Option<Sum> {
        let is_alone = !self.outgoing.contains_key(&at) && !self.at_hubs.contains_key(&at);
        (self.is_cut, self.pairs) = (false, MAX_PAIRS.min(self.pairs_in_all));
        if is_alone {
            return None;
        }
        let reached = self.reached(net, at, hops);
        let met = self.met(net, &reached, sure)?;
        self.sum(net, &reached, met)
    }

    /// Those whom a principal gets to, itself first.
    fn reached(&mut self, net: &Net<'w>, at: usize, hops: usize) -> Vec<Reached> {
        let mut reached = vec![Reached { at, from: None, hops: 0 }];
        let mut known = BTreeSet::from([at]);
        let mut position = 0;
        while let Some(one) = reached.get(position) {
            let (here, far) = (one.at, one.hops + 1);
            for passage in self.outgoing.get(&here).into_iter().flatten() {
                let Some(to) = net.passages.get(*passage).map(|passage| passage.to) else { continue };
                if known.contains(&to) {
                    continue;
                }
                if reached.len() >= MAX_REACHED || far > hops {
                    self.is_cut = true;
                    break;
                }
                known.insert(to);
                reached.push(Reached { at: to, from: Some((position, *passage)), hops: far });
            }
            position += 1;
        }
        reached
    }

    /// The first of those who are reached whose permissions one of them changes.
    fn met(&mut self, net: &Net<'w>, reached: &[Reached], sure: bool) -> Option<Met> {
        let all = self.all;
        for (by, changer) in reached.iter().enumerate() {
            let Some(held) = all.get(changer.at) else { continue };
            for way in held.found.iter().filter(|way| changes_others(held, way)) {
                if sure && !way.is_sure() {
                    continue;
                }
                let others = way.holds.iter().flat_map(|hold| &hold.others).copied();
                let others: Vec<usize> = match way.holds.iter().all(|hold| matches!(hold.aim, Aim::Whole)) {
                    true => self.of_kind(net, reached, &way.holds),
                    false => others.collect(),
                };
                for other in others.into_iter().filter(|other| *other != changer.at) {
                    self.spend(reached.len())?;
                    let Some((to, last, hub)) = self.gets_to(net, reached, changer.at, other) else { continue };
                    if lifts(way) && !self.is_within_boundary(to) {
                        continue;
                    }
                    let (freed, unknown) = self.is_freed(changer.at, to, way);
                    let gives = match lifts(way) {
                        true => Gives::Less(Off { policies: Vec::new(), boundary: true }),
                        false => Gives::All,
                    };
                    let onward = if freed == Truth::False { self.onward(net, to, &gives)? } else { None };
                    let (freed, unknown) = match &onward {
                        Some(onward) => {
                            (Truth::from(onward.unknown.is_none()).or(Truth::Unknown), onward.unknown.clone())
                        }
                        None => (freed, unknown),
                    };
                    let unknown = unknown.or_else(|| way.holds.iter().find_map(|hold| hold.unknown.clone()));
                    let limits = || Arc::new(Unknown::new(Why::NotInTree, "what limits it", Origin::NONE));
                    let unknown = unknown.or_else(|| (freed == Truth::Unknown).then(limits));
                    if freed == Truth::True || (!sure && freed == Truth::Unknown) {
                        return Some(Met { by, found: way.clone(), to, last, hub, onward, unknown });
                    }
                }
            }
            for change in &held.changes {
                if let Some(met) = self.met_by_change(net, reached, sure, (by, change))? {
                    return Some(met);
                }
            }
            if let Some(met) = self.met_by_freeing(net, reached, sure, by)? {
                return Some(met);
            }
            if let Some(met) = self.met_by_tagging(net, reached, sure, by)? {
                return Some(met);
            }
        }
        None
    }

    /// As [`Search::met`], by what one of those who are reached may give without a free hand; none inside where nobody is met,
    /// none at all where there is no more to be looked at.
    fn met_by_change(
        &mut self,
        net: &Net<'w>,
        reached: &[Reached],
        sure: bool,
        (by, change): (usize, &Change),
    ) -> Option<Option<Met>> {
        let Some(changer) = reached.get(by).map(|one| one.at) else { return Some(None) };
        if sure && change.hold.unknown.is_some() {
            return Some(None);
        }
        let others = match change.hold.aim {
            Aim::Whole => self.of_kind(net, reached, std::slice::from_ref(&change.hold)),
            _ => change.hold.others.clone(),
        };
        for other in others.into_iter().filter(|other| *other != changer) {
            self.spend(reached.len())?;
            let Some((to, last, hub)) = self.gets_to(net, reached, changer, other) else { continue };
            if !change.is_for(self.access, other) {
                continue;
            }
            let found = change.found();
            if let Some(onward) = self.onward(net, to, &change.gives)? {
                let unknown = onward.unknown.clone().or_else(|| change.hold.unknown.clone());
                if unknown.is_none() || !sure {
                    return Some(Some(Met { by, found, to, last, hub, onward: Some(onward), unknown }));
                }
            }
            if let Some(unknown) = change.unknown.clone().filter(|_| !sure) {
                return Some(Some(Met { by, found, to, last, hub, onward: None, unknown: Some(unknown) }));
            }
        }
        Some(None)
    }

    /// As [`Search::met_by_change`], by what one of those who are reached takes off another one of what limits it.
    fn met_by_freeing(&mut self, net: &Net<'w>, reached: &[Reached], sure: bool, by: usize) -> Option<Option<Met>> {
        let Some(changer) = reached.get(by).map(|one| one.at) else { return Some(None) };
        let writes = self.all.get(changer).is_some_and(|held| rewrites(held) || (!sure && resets(held)));
        let alike = if writes { self.roles_alike(net, reached) } else { Vec::new() };
        for to in reached.iter().map(|one| one.at).chain(alike) {
            if to == changer || self.worlds.account(to) != self.worlds.account(changer) {
                continue;
            }
            let freed = self.freed((changer, to), sure)?;
            let Some((_, last, hub)) = self.gets_to(net, reached, changer, to).filter(|_| !freed.is_empty()) else {
                continue;
            };
            for (off, holds) in freed {
                let Some(onward) = self.onward(net, to, &Gives::Less(off))? else { continue };
                let unknown = onward.unknown.clone().or_else(|| holds.iter().find_map(|hold| hold.unknown.clone()));
                let of_hold = || holds.iter().find_map(|hold| ways().iter().position(|way| is_just(way, hold)));
                let assumes = || ways().iter().position(|way| way.path.id == ASSUME);
                let way = onward.way.or_else(of_hold).or_else(assumes);
                if let Some(way) = way.filter(|_| unknown.is_none() || !sure) {
                    let found = Found { way, holds, rewritten: None, left: None, is_bound: true };
                    return Some(Some(Met { by, found, to, last, hub, onward: Some(onward), unknown }));
                }
            }
        }
        Some(None)
    }

    /// Whether one changes the policy that is the permissions boundary of another one; none where there is no more to be looked
    /// at.
    fn unbinds(&mut self, (by, to): (usize, usize), sure: bool) -> Option<bool> {
        let (access, worlds) = (self.access, self.worlds);
        let may = |held: &Held| rewrites(held) || (!sure && resets(held));
        let policy = access.boundary_policy(to).filter(|_| self.all.get(by).is_some_and(may));
        let Some(key) = policy.map(|policy| (by, policy, sure)) else { return Some(false) };
        if !self.writes.contains_key(&key) {
            self.spend(LIFTED)?;
            let changed = |world| changed_by(access, world, (by, key.1), sure).is_some();
            self.writes.insert(key, worlds.around(by).is_some_and(changed));
        }
        self.writes.get(&key).copied()
    }

    /// What one takes off another one of what limits it, one thing or the other; none where there is no more to be looked at.
    fn freed(&mut self, (by, to): (usize, usize), sure: bool) -> Option<Vec<Freed>> {
        let (access, key) = (self.access, (by, to, sure));
        let is_denied = self.denied.get(to) == Some(&true);
        let resets = !sure && self.all.get(by).is_some_and(resets);
        let of_denials = is_denied && (resets || *self.takes_off.entry(by).or_insert_with(|| takes_off(access, by)));
        if !of_denials && !self.unbinds((by, to), sure)? {
            return Some(Vec::new());
        }
        if !self.freed.contains_key(&key) {
            self.spend(LIFTED)?;
            let freed = self.worlds.around(to).map(|world| freed_by(access, world, (by, to), sure));
            self.freed.insert(key, freed.unwrap_or_default());
        }
        self.freed.get(&key).cloned()
    }

    /// As [`Search::met_by_change`], by the tags of another one that one of those who are reached changes.
    fn met_by_tagging(&mut self, net: &Net<'w>, reached: &[Reached], sure: bool, by: usize) -> Option<Option<Met>> {
        let Some(changer) = reached.get(by).map(|one| one.at).filter(|_| self.access.are_others_tagged()) else {
            return Some(None);
        };
        for (last, to) in reached.iter().map(|one| one.at).enumerate() {
            self.is_cut |= self.access.is_tagging_cut(changer, to);
            let Some(tagged) = self.access.tagged_by(changer, to) else { continue };
            let Some(onward) = self.onward(net, to, &Gives::Tagged(tagged))? else { continue };
            let Some((action, grant)) = self.access.tags_by(changer, to) else { continue };
            let unknown = onward.unknown.clone();
            let assumes = || ways().iter().position(|way| way.path.id == ASSUME);
            if let Some(way) = onward.way.or_else(assumes).filter(|_| unknown.is_none() || !sure) {
                let holds = vec![retagging(&grant, action)];
                let found = Found { way, holds, rewritten: None, left: None, is_bound: true };
                return Some(Some(Met { by, found, to, last, hub: None, onward: Some(onward), unknown }));
            }
        }
        Some(None)
    }

    /// How one goes on to an administrator by what is given to it; none inside where it does not, none at all where there is
    /// no more to be looked at.
    fn onward(&mut self, net: &Net<'w>, to: usize, gives: &Gives) -> Option<Option<Onward>> {
        let key = (to, gives.clone());
        if !self.raised.contains_key(&key) {
            self.spend(LIFTED)?;
            let raised = self.worlds.around(to).and_then(|world| Raised::of(self.access, world, to, gives));
            self.raised.insert(key.clone(), raised);
        }
        let raised = self.raised.get(&key).and_then(Option::as_ref);
        Some(raised.zip(self.worlds.around(to)).and_then(|(raised, world)| raised.onward(self.access, world, net, to)))
    }

    /// Takes pairs from those that may still be looked at; none where there are no more.
    fn spend(&mut self, pairs: usize) -> Option<()> {
        let left = self.pairs.checked_sub(pairs);
        self.is_cut |= left.is_none();
        self.pairs_in_all = self.pairs_in_all.saturating_sub(pairs);
        self.pairs = left?;
        Some(())
    }

    /// Of those who are reached the ones that a way is about which changes all of a kind, and roles that are reached alike.
    fn of_kind(&self, net: &Net<'w>, reached: &[Reached], holds: &[Hold]) -> Vec<usize> {
        let kind = holds.first().and_then(|hold| kind_of(hold.action));
        let kind_at = |at: usize| self.access.identity.principals.get(at).map(|one| &*one.instance.row.kind);
        let denied = |at: &usize| holds.iter().any(|hold| hold.denied.contains(at));
        let mut some: Vec<usize> = reached.iter().map(|one| one.at).filter(|at| kind_at(*at) == kind).collect();
        if kind == Some("role") {
            some.extend(self.roles_alike(net, reached));
        }
        some.retain(|at| !denied(at));
        some.truncate(MAX_TARGETS);
        some
    }

    /// The roles that those who are reached get to as many do.
    fn roles_alike(&self, net: &Net<'w>, reached: &[Reached]) -> Vec<usize> {
        let mut some = Vec::new();
        for (name, _) in reached.iter().filter_map(|one| self.at_hubs.get(&one.at)).flatten() {
            let (sort, service, account) = name;
            let Some(world) = self.worlds.in_account(*account) else { continue };
            let roles = match sort {
                Hub::Account => &world.by_account[..],
                Hub::Passed | Hub::Attached => world.by_service.get(*service).map_or(&[][..], Vec::as_slice),
                Hub::Federated => &world.by_federation[..],
                Hub::Joined => &[],
            };
            some.extend(roles.iter().take(MAX_TARGETS).filter(|role| net.hubs_of(**role).contains(name)));
        }
        some
    }

    /// Who is given the permissions where another one's are changed and who is reached: that one, or a member of that group.
    fn gets_to(
        &self,
        net: &Net<'w>,
        reached: &[Reached],
        by: usize,
        other: usize,
    ) -> Option<(usize, usize, Option<ByHub>)> {
        if let Some(last) = reached.iter().position(|one| one.at == other) {
            return Some((other, last, None));
        }
        let is_member =
            |one: &Reached| one.at != by && self.access.groups_of(one.at).iter().any(|(group, _)| *group == other);
        if let Some(last) = reached.iter().position(is_member) {
            return reached.get(last).map(|one| (one.at, last, None));
        }
        let hubs = net.hubs_of(other);
        for (last, one) in reached.iter().enumerate() {
            let at = self.at_hubs.get(&one.at).into_iter().flatten().find(|(name, _)| hubs.contains(name));
            if let Some((name, position)) = at {
                let (_, by, origin) = net.hubs.get(name)?.get(*position)?;
                return Some((other, last, Some((by.clone(), *origin))));
            }
        }
        None
    }

    fn is_within_boundary(&self, at: usize) -> bool {
        self.access.holding(at).is_some_and(|holding| !matches!(holding.boundary, Limit::None))
    }

    /// Whether whose permissions are changed is an administrator then, whatever it is granted.
    fn is_freed(&self, by: usize, to: usize, way: &Found) -> (Truth, Option<Arc<Unknown>>) {
        let Some(world) = self.worlds.around(to).filter(|_| !lifts(way)) else { return (Truth::False, None) };
        let (held, unknown) = ceiling_over(self.access, world, by, to);
        (!held, unknown)
    }

    fn sum(&self, net: &Net<'w>, reached: &[Reached], met: Met) -> Option<Sum> {
        let (changer, way) = (reached.get(met.by)?, &met.found);
        let path = way.path()?;
        let (mut because, mut names, mut places) = (Vec::new(), Vec::new(), Vec::new());
        self.route(net, reached, met.by, (&mut because, &mut names, &mut places));
        names.push(match way.holds.first().is_some_and(is_used_first) {
            true => told(&way.holds),
            false => title(ways().get(way.way)?),
        });
        because.extend(holds_steps(self.access, changer.at, way));
        let actor = self.access.actor(met.to)?;
        let enough = match met.onward {
            Some(_) => format!("that changes what {} `{}` may do", actor.kind, actor.name),
            None => format!("that is enough for {} `{}`", actor.kind, actor.name),
        };
        because.push(Step::new(enough, actor.origin));
        self.route(net, reached, met.last, (&mut because, &mut names, &mut places));
        if let (Some((by, origin)), Some(last)) = (&met.hub, reached.get(met.last)) {
            let from = self.access.actor(last.at)?;
            because.push(reaches(&from, &actor, by, *origin));
            names.push(by.clone());
            places.push(*origin);
        }
        let further = met.onward.as_ref().map_or(0, |onward| onward.hops);
        because.extend(met.onward.iter().flat_map(|onward| onward.because.iter().cloned()));
        distinct(&mut because);
        let mut seen: Vec<String> = Vec::new();
        names.retain(|name| {
            !seen.contains(name) && {
                seen.push(name.clone());
                true
            }
        });
        let hold = way.holds.first()?;
        let is_own = met.by == 0;
        let first =
            reached.iter().find(|one| one.hops == 1 && self.is_before(reached, one.at, met.by)).map(|one| one.at);
        let cause = match is_own {
            true => Power::cause(self.access, &hold.held, hold.statement),
            false => places.first().copied().unwrap_or(Origin::NONE),
        };
        Some(Sum {
            path,
            by: names.join(", then "),
            to: met.to,
            hops: places.len() + further,
            guarded: way.holds.iter().any(|hold| hold.guarded),
            weak: way.holds.iter().any(|hold| hold.weak),
            because,
            cause,
            action: if is_own { hold.element } else { cause },
            within: match (is_own, first) {
                (true, _) => within(self.access, &hold.held, hold.statement),
                (false, Some(role)) => within_role(self.access, role, cause),
                (false, None) => None,
            },
            document: if is_own { document_of(self.access, &hold.held) } else { Origin::NONE },
            unknown: met.unknown,
        })
    }

    /// Whether one of those who are reached is on the route to another one.
    fn is_before(&self, reached: &[Reached], one: usize, to: usize) -> bool {
        let mut at = Some(to);
        while let Some(here) = at.and_then(|at| reached.get(at)) {
            if here.at == one {
                return true;
            }
            at = here.from.map(|(from, _)| from);
        }
        false
    }

    /// How the first of those who are reached gets to one of them.
    fn route(
        &self,
        net: &Net<'w>,
        reached: &[Reached],
        to: usize,
        (because, names, places): (&mut Vec<Step>, &mut Vec<String>, &mut Vec<Origin>),
    ) {
        let mut route = Vec::new();
        let mut at = to;
        while let Some((from, passage)) = reached.get(at).and_then(|one| one.from) {
            route.push(passage);
            at = from;
        }
        for passage in route.into_iter().rev().filter_map(|passage| net.passages.get(passage)) {
            let (Some(from), Some(to)) = (self.access.actor(passage.from), self.access.actor(passage.to)) else {
                continue;
            };
            because.push(reaches(&from, &to, &passage.by, passage.origin));
            names.push(passage.by.clone());
            places.push(passage.origin);
        }
    }
}

fn reaches(from: &crate::iam::access::Actor, to: &crate::iam::access::Actor, by: &str, origin: Origin) -> Step {
    let text = format!("{} `{}` reaches {} `{}` by {by}", from.kind, from.name, to.kind, to.name);
    Step::new(text, origin.or(from.origin))
}

impl Sum {
    /// As it is told to who gets there.
    pub(super) fn escalation(&self) -> Escalation {
        Escalation {
            path: self.path,
            by: self.by.clone(),
            state: if self.unknown.is_some() { EscalationState::Undecided } else { EscalationState::Open },
            severity: lowered(&self.path.severity, usize::from(self.guarded) + usize::from(self.weak)),
            guarded: self.guarded,
            to: Some(self.to),
            administrator: self.unknown.is_none(),
            steps: self.unknown.is_none().then_some(self.hops + 1),
            because: self.because.clone(),
            cause: self.cause,
            action: self.action,
            within: self.within,
            document: self.document,
            by_group: None,
            unknown: self.unknown.clone(),
        }
    }
}
