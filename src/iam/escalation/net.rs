//! Who gets from whom to whom, and the shortest way of each to an administrator.

use std::collections::{BTreeMap, VecDeque};

use super::Passage;
use super::chain::title;
use super::federation::SAML;
use super::held::{Held, MAX_TARGETS};
use super::judge::Found;
use super::path::{is_direct, ways};
use super::widened::JOIN;
use super::worlds::Worlds;
use super::worth::{Aim, Hold};
use crate::iam::access::Access;
use crate::iam::power::{Hub, Next};
use crate::iam::step::Step;
use crate::source::Origin;

/// A sort of principals that are reached alike, with the service where it is one, and the account of those who reach them.
pub(super) type HubName<'w> = (Hub, &'w str, usize);

/// The ways between principals.
pub(super) struct Net<'w> {
    worlds: &'w Worlds,
    pub(super) next: Vec<Next>,
    pub(super) passages: Vec<Passage>,
    /// To each principal those who reach it, with the passage.
    incoming: BTreeMap<usize, Vec<(usize, usize)>>,
    /// Those who reach every principal of a sort, by what, and the place that shows it.
    pub(super) hubs: BTreeMap<HubName<'w>, Vec<(usize, String, Origin)>>,
    queue: VecDeque<usize>,
    /// So many passages may still be added.
    left: usize,
    /// Those of whom not all passages are looked at, with the place that shows one.
    pub(super) cut: BTreeMap<usize, Origin>,
}

/// No more passages are looked at in one unit.
const MAX_PASSAGES: usize = 500_000;

impl<'w> Net<'w> {
    pub(super) fn of(worlds: &'w Worlds, granted: &[bool], all: &[Held]) -> Net<'w> {
        let next = vec![Next::Not; all.len()];
        let (passages, incoming, hubs, queue) = (Vec::new(), BTreeMap::new(), BTreeMap::new(), VecDeque::new());
        let (left, cut) = (MAX_PASSAGES, BTreeMap::new());
        let mut net = Net { worlds, next, passages, incoming, hubs, queue, left, cut };
        for (at, held) in all.iter().enumerate() {
            if granted.get(at) == Some(&true) {
                net.reaches_end(at, Next::Granted);
            } else {
                net.add(at, held);
            }
        }
        net
    }

    pub(super) fn done(self) -> (Vec<Next>, Vec<Passage>, BTreeMap<usize, Origin>) {
        (self.next, self.passages, self.cut)
    }

    /// A principal is an administrator, or becomes one at once.
    pub(super) fn reaches_end(&mut self, at: usize, by: Next) {
        if let Some(next) = self.next.get_mut(at)
            && matches!(next, Next::Not)
        {
            *next = by;
            self.queue.push_back(at);
        }
    }

    fn reach(&mut self, from: usize, to: usize, by: &str, trusted: bool, origin: Origin) {
        if to == from {
            return;
        }
        if self.left == 0 {
            self.cut.entry(from).or_insert(origin);
        } else {
            self.left -= 1;
            self.incoming.entry(to).or_default().push((from, self.passages.len()));
            self.passages.push(Passage { from, to, by: by.to_owned(), trusted, origin });
        }
    }

    fn enter(&mut self, at: usize, (sort, service): (Hub, &'w str), by: &str, place: Origin) {
        let hub = self.hubs.entry((sort, service, self.worlds.account(at))).or_default();
        if hub.last().is_none_or(|(last, ..)| *last != at) {
            hub.push((at, by.to_owned(), place));
        }
    }

    fn add(&mut self, at: usize, held: &Held) {
        if let Some(found) = held.found.iter().find(|found| is_enough(held, found)) {
            self.reaches_end(at, Next::Direct(found.way));
        }
        if let Some(way) = held.sheds {
            self.reaches_end(at, Next::Direct(way));
        }
        self.add_ways(at, held, None);
        for widened in held.widened.iter().filter(|widened| widened.sure) {
            let way = widened.by.first().and_then(|at| ways().get(held.found.get(*at)?.way));
            let Some((first, way)) = widened.by.first().zip(way) else { continue };
            let on = &widened.held;
            if (widened.granted || on.found.iter().any(|found| is_enough(on, found)))
                && let Some(found) = held.found.get(*first)
            {
                self.reaches_end(at, Next::Direct(found.way));
            }
            self.add_ways(at, on, Some(&title(way)));
        }
    }

    /// Adds where the ways of a principal lead, which it comes to hold by something before.
    fn add_ways(&mut self, at: usize, held: &Held, before: Option<&str>) {
        let told = |by: &str| before.map_or_else(|| by.to_owned(), |before| format!("{before}, then {by}"));
        let assumes = told("`sts:AssumeRole`");
        for (role, place) in &held.assumes {
            self.reach(at, *role, &assumes, before.is_none(), *place);
        }
        for (role, place, by) in &held.assumes_after {
            self.reach(at, *role, &told(&format!("{by}, then `sts:AssumeRole`")), false, *place);
        }
        if let Some(place) = held.assumes_any {
            self.enter(at, (Hub::Account, ""), &assumes, place);
        }
        for found in &held.found {
            let Some(way) = ways().get(found.way) else { continue };
            let sure = |hold: &Hold| hold.unknown.is_none() && !matches!(hold.aim, Aim::Elsewhere);
            if !found.holds.iter().all(sure) || held.is_limited(way, found) {
                continue;
            }
            let by = told(&title(way));
            let place = found.holds.last().map_or(Origin::NONE, |hold| hold.statement);
            if let Some(targets) = found.targets().or(found.left.as_deref()) {
                targets.iter().take(MAX_TARGETS).for_each(|to| self.reach(at, *to, &by, false, place));
                if targets.len() > MAX_TARGETS {
                    self.cut.entry(at).or_insert(place);
                }
                continue;
            }
            let sort = match way.reaches() {
                "role-passed" => Hub::Passed,
                "role-attached" => Hub::Attached,
                _ if way.path.id == JOIN => Hub::Joined,
                _ if way.path.id == SAML => Hub::Federated,
                _ => continue,
            };
            match sort {
                Hub::Joined | Hub::Federated => self.enter(at, (sort, ""), &by, place),
                _ => way.path.service.iter().for_each(|service| self.enter(at, (sort, service), &by, place)),
            }
        }
    }

    /// Tells how one goes on who is an administrator or becomes one; returns how many principals it becomes.
    pub(super) fn tell(&self, access: Access<'_, '_>, from: usize, most: usize, because: &mut Vec<Step>) -> usize {
        let mut at = from;
        for steps in 0..most {
            let Some(actor) = access.actor(at) else { return steps };
            match self.next.get(at) {
                Some(Next::Granted) => {
                    let text = format!("{} `{}` is an administrator", actor.kind, actor.name);
                    because.push(Step::new(text, actor.origin));
                    because.extend(access.granted_administration(at).1);
                    return steps;
                }
                Some(Next::Direct(way)) => {
                    let way = ways().get(*way).map(title).unwrap_or_default();
                    because.push(Step::new(format!("{} `{}` may {way}", actor.kind, actor.name), actor.origin));
                    return steps;
                }
                Some(Next::By(passage, to)) => {
                    if let (Some(passage), Some(to)) = (self.passages.get(*passage), access.actor(*to)) {
                        let by = &passage.by;
                        let text = format!("{} `{}` reaches {} `{}` by {by}", actor.kind, actor.name, to.kind, to.name);
                        because.push(Step::new(text, passage.origin.or(actor.origin)));
                    }
                    at = *to;
                }
                _ => return steps,
            }
        }
        most
    }

    /// The sorts that a principal is of.
    pub(super) fn hubs_of(&self, at: usize) -> Vec<HubName<'w>> {
        let own = self.worlds.account(at);
        let Some(world) = self.worlds.in_account(own) else { return Vec::new() };
        if world.is_group(at) {
            return vec![(Hub::Joined, "", own)];
        }
        let Some(trusted) = world.trusted.get(at) else { return Vec::new() };
        let account = trusted.account.is_some().then_some((Hub::Account, "", own));
        let services = |sort: Hub| trusted.services.iter().map(move |service| (sort, service.as_str(), own));
        let attached = services(Hub::Attached).filter(|(_, service, _)| world.is_carried(at, service));
        let federated = world.by_federation.binary_search(&at).is_ok().then_some((Hub::Federated, "", own));
        services(Hub::Passed).chain(attached).chain(account).chain(federated).collect()
    }

    /// Finds the next step of each principal to those that have been found, by the shortest chain.
    pub(super) fn spread(&mut self) {
        while let Some(at) = self.queue.pop_front() {
            for (from, passage) in self.incoming.remove(&at).unwrap_or_default() {
                self.reaches_end(from, Next::By(passage, at));
            }
            // Everybody at a hub has then been let in: it is asked once.
            for name in self.hubs_of(at) {
                for (from, by, origin) in self.hubs.remove(&name).unwrap_or_default() {
                    if from != at && matches!(self.next.get(from), Some(Next::Not)) {
                        self.reaches_end(from, Next::By(self.passages.len(), at));
                        self.passages.push(Passage { from, to: at, by, trusted: false, origin });
                    }
                }
            }
        }
    }
}

/// Whether a way makes an administrator by itself.
pub(super) fn is_enough(held: &Held, found: &Found) -> bool {
    ways().get(found.way).is_some_and(|way| is_direct(way) && !held.is_limited(way, found) && !held.is_outside(way))
        && found.is_sure()
        && found.is_of_all_or_own()
}
