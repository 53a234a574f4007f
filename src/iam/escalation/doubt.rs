//! Who may be an administrator, where some step on the way there is not certain.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::directory::directory_doubt;
use super::held::Held;
use super::judge::Found;
use super::path::{is_direct, ways};
use super::widened::JOIN;
use super::world::World;
use super::worlds::Worlds;
use super::worth::{Aim, Hold};
use crate::iam::catalogue::EscalationPath;
use crate::iam::power::{Doubt, Next, Passage};
use crate::value::Unknown;

/// A principal, with the reason where it is not certain.
type Perhaps = (usize, Option<Arc<Unknown>>);

/// By principal why it may be an administrator; none of those who are, and of those who are none for certain. `unsure` are
/// those of whom it is not known whether they are granted everything.
pub(super) fn doubts(
    worlds: &Worlds,
    all: &[Held],
    mut unsure: BTreeMap<usize, Arc<Unknown>>,
    next: &[Next],
    edges: &[Passage],
) -> Vec<Option<Doubt>> {
    let mut doubts: Vec<Option<Doubt>> = vec![None; all.len()];
    let leads = |at: usize| !matches!(next.get(at), None | Some(Next::Not));
    // To each principal those who may reach it, with the reason where that is not certain.
    let mut incoming: BTreeMap<usize, Vec<Perhaps>> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for (at, held) in all.iter().enumerate().filter(|(at, _)| !leads(*at)) {
        for (to, why) in worlds.around(at).map(|world| perhaps(world, held)).unwrap_or_default() {
            incoming.entry(to).or_default().push((at, Some(why)));
        }
        // What depends on the member is not known of the group.
        let is_group = worlds.is_group(at);
        let by_group =
            || held.widened.iter().filter(|widened| widened.may_lead()).find_map(|widened| widened.limit.clone());
        let by_directory = || held.found.iter().filter(|_| held.outside_directory).find_map(directory_doubt);
        let by_way = || {
            let found = held.found.iter().find_map(|found| undecided(held, found));
            found.or_else(by_directory).filter(|_| !is_group)
        };
        if let Some(unknown) = unsure.remove(&at).or_else(by_way).or_else(|| held.cut.clone()).or_else(by_group)
            && let Some(doubt) = doubts.get_mut(at)
        {
            *doubt = Some(Doubt { unknown, is_own: true });
            queue.push_back(at);
        }
    }
    let mut passing = Passing::new();
    for (at, held) in all.iter().enumerate().filter(|(at, _)| !leads(*at)) {
        for found in held.found.iter().filter(|found| is_of_all_roles(found) || joins_any(found)) {
            let services = found.path().into_iter().flat_map(|path| &path.service).map(String::as_str);
            for service in services.chain(joins_any(found).then_some(JOIN)) {
                passing.entry((worlds.account(at), service)).or_default().push((at, found));
            }
        }
    }
    for passage in edges.iter().filter(|passage| !leads(passage.from)) {
        incoming.entry(passage.to).or_default().push((passage.from, None));
    }
    queue.extend((0..all.len()).filter(|at| leads(*at)));
    let mut unnamed = Unnamed::new();
    while let Some(at) = queue.pop_front() {
        let own = doubts.get(at).and_then(Option::as_ref).map(|doubt| doubt.unknown.clone());
        for (from, why) in incoming.remove(&at).unwrap_or_default() {
            let Some(doubt) = doubts.get_mut(from).filter(|doubt| doubt.is_none()) else { continue };
            // Whoever certainly reaches one who leads on leads on itself.
            let Some(unknown) = why.or_else(|| own.clone()) else { continue };
            *doubt = Some(Doubt { unknown, is_own: false });
            queue.push_back(from);
        }
        if let Some(unknown) = worlds.around(at).and_then(|world| world.trusted.get(at)?.unnamed.as_ref()) {
            let may_be_named = unnamed
                .entry(worlds.account(at))
                .or_insert_with(|| who_assumes(worlds, worlds.account(at), &leads, all.len()));
            for from in may_be_named.drain(..).filter(|from| *from != at) {
                if let Some(doubt) = doubts.get_mut(from).filter(|doubt| doubt.is_none()) {
                    *doubt = Some(Doubt { unknown: unknown.clone(), is_own: false });
                    queue.push_back(from);
                }
            }
        }
        let trusted = worlds.around(at).and_then(|world| Some((world, world.trusted.get(at)?)));
        let (Some(unknown), Some((world, trusted))) = (own, trusted) else { continue };
        let group = world.is_group(at).then_some(JOIN);
        for service in trusted.services.iter().map(String::as_str).chain(group) {
            let Some(some) = passing.get_mut(&(worlds.account(at), service)) else { continue };
            some.retain(|(from, found)| {
                let is_spared = found.holds.iter().any(|hold| hold.denied.contains(&at));
                let is_passed = found.path().is_some_and(|path| path.reaches == "role-passed");
                if is_spared || !(is_passed || group.is_some() || world.is_carried(at, service)) {
                    return true;
                }
                if let Some(doubt) = doubts.get_mut(*from).filter(|doubt| doubt.is_none()) {
                    *doubt = Some(Doubt { unknown: unknown.clone(), is_own: false });
                    queue.push_back(*from);
                }
                false
            });
        }
    }
    doubts
}

/// By account who may be named by a trust that is not known.
type Unnamed = BTreeMap<usize, Vec<usize>>;

/// Those of an account who may assume roles, and are no administrators.
fn who_assumes(worlds: &Worlds, account: usize, leads: &impl Fn(usize) -> bool, count: usize) -> Vec<usize> {
    let Some(world) = worlds.in_account(account) else { return Vec::new() };
    let mut all: Vec<usize> = ["user", "role"].iter().flat_map(|kind| world.all_of(kind)).collect();
    all.retain(|at| *at < count && !leads(*at) && !world.assuming_none.contains(at));
    all
}

/// Who certainly gives the roles of an account that trust a service to it, or joins groups, whichever they are, by what.
type Passing<'h> = BTreeMap<(usize, &'h str), Vec<(usize, &'h Found)>>;

/// Whether a way certainly leads to whichever role.
fn is_of_all_roles(found: &Found) -> bool {
    let reaches = |path: &'static EscalationPath| matches!(path.reaches.as_str(), "role-passed" | "role-attached");
    let is_certain = |hold: &Hold| hold.unknown.is_none() && matches!(hold.aim, Aim::Whole | Aim::Own);
    found.path().is_some_and(reaches) && found.holds.iter().all(is_certain)
}

/// Whether a way certainly leads to whichever group.
fn joins_any(found: &Found) -> bool {
    let is_certain = |hold: &Hold| hold.unknown.is_none() && matches!(hold.aim, Aim::Whole);
    found.path().is_some_and(|path| path.id == JOIN) && found.holds.iter().all(is_certain)
}

/// Whom somebody may reach by a step that is not certain, with the reason.
pub(super) fn perhaps(world: &World, held: &Held) -> Vec<(usize, Arc<Unknown>)> {
    let mut all = held.perhaps.clone();
    for widened in &held.widened {
        all.extend(perhaps(world, &widened.held));
        let assumed = widened.limit.iter().flat_map(|limit| widened.held.assumes.iter().map(move |one| (one.0, limit)));
        all.extend(assumed.map(|(role, limit)| (role, limit.clone())));
    }
    for found in &held.found {
        let is_nowhere = |hold: &Hold| matches!(hold.aim, Aim::Elsewhere) && hold.maybe.is_empty();
        if !found.holds.iter().any(is_nowhere) {
            all.extend(targets(world, found));
        }
    }
    all
}

/// Whom a way may lead to, where it does not for certain.
fn targets(world: &World, found: &Found) -> Vec<(usize, Arc<Unknown>)> {
    let unknown = found.holds.iter().find_map(|hold| hold.unknown.clone());
    let of_hold = |hold: &Hold| -> Option<Vec<Perhaps>> {
        let mut named: Vec<_> = hold.maybe.iter().map(|(one, why)| (*one, Some(why.clone()))).collect();
        match &hold.aim {
            Aim::Whole | Aim::Own if named.is_empty() => return None,
            Aim::Some(targets) => named.extend(targets.iter().map(|one| (*one, None))),
            Aim::Whole | Aim::Own | Aim::Elsewhere => {}
        }
        Some(named)
    };
    let mut named = found.holds.iter().filter_map(of_hold);
    let Some(first) = named.next() else { return by_service(world, found, unknown.as_ref()) };
    let others: Vec<_> = named.collect();
    let of_all = |(target, why): Perhaps| {
        let mut why = why.or_else(|| unknown.clone());
        for other in &others {
            let (_, reason) = other.iter().find(|(one, _)| *one == target)?;
            why = why.or_else(|| reason.clone());
        }
        Some((target, why?))
    };
    let mut all: Vec<_> = first.into_iter().filter_map(of_all).collect();
    if found.is_of_all_or_own() {
        all.extend(by_service(world, found, unknown.as_ref()));
    }
    all.sort_by_key(|(target, _)| *target);
    all
}

/// The roles that a way over all of them may be given.
fn by_service(world: &World, found: &Found, unknown: Option<&Arc<Unknown>>) -> Vec<(usize, Arc<Unknown>)> {
    let Some(way) = ways().get(found.way) else { return Vec::new() };
    let (passed, attached) = (way.reaches() == "role-passed", way.reaches() == "role-attached");
    let mut all = Vec::new();
    for service in way.path.service.iter().filter(|_| passed || attached) {
        let denied = |role: usize| found.holds.iter().any(|hold| hold.denied.contains(&role));
        let fits = |role: usize| !denied(role) && (passed || world.is_carried(role, service));
        let doubtful = world.by_doubtful_service.get(service).into_iter().flatten();
        all.extend(doubtful.chain(&world.by_any_service).filter(|(role, _)| fits(*role)).cloned());
        if let Some(unknown) = unknown {
            let certain = world.by_service.get(service).into_iter().flatten().copied();
            all.extend(certain.filter(|role| fits(*role)).map(|role| (role, unknown.clone())));
        }
    }
    all
}

/// Why it is not known whether a way makes an administrator at once, where it would.
pub(super) fn undecided(held: &Held, found: &Found) -> Option<Arc<Unknown>> {
    let way = ways().get(found.way).filter(|way| !held.is_limited(way, found))?;
    let is_at_once = found.holds.iter().all(|hold| matches!(hold.aim, Aim::Whole | Aim::Own));
    found.holds.iter().find_map(|hold| hold.unknown.clone()).filter(|_| is_at_once && is_direct(way))
}
