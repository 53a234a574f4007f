//! From what each principal holds to the chain that ends with an administrator.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use rayon::prelude::*;

use super::boundary::can_shed_own;
use super::doubt::doubts;
use super::judge::{Found, Judge};
use super::path::{Way, ways};
use super::target::{compares_tags, is_on_target};
use super::wider::Gain;
use super::world::World;
use super::worth::{Aim, Hold, is_whole};
use super::{Administrator, Escalation, EscalationState, Passage};
use crate::iam::access::{Access, Extent, Pattern, Wanted};
use crate::iam::catalogue::{EscalationPath, takes_role};
use crate::iam::condition::is_harmless;
use crate::iam::facts::{self, Source};
use crate::iam::power::{Hub, Next, Power, Widths};
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// No more ways lead on from one principal than this.
pub(super) const MAX_TARGETS: usize = 256;

/// A chain is told up to so many principals.
const MAX_CHAIN: usize = 12;

/// The way of all services that have no way of their own.
const ANY_SERVICE: &str = "passrole-any-consumer";

/// What one principal holds.
pub(super) struct Held {
    pub(super) found: Vec<Found>,
    /// Roles that it may assume, with the place that lets it.
    assumes: Vec<(usize, Origin)>,
    /// It may call `sts:AssumeRole` on every role.
    assumes_any: Option<Origin>,
    /// Roles of which it is not known whether it may assume them.
    pub(super) perhaps: Vec<(usize, Arc<Unknown>)>,
}

impl Power {
    pub(super) fn of(access: Access<'_, '_>) -> Power {
        let (principals, count) = (access.identity.principals.len(), access.facts.holdings.len());
        let world = World::of(access);
        let is_granted = |at: usize| match at.checked_sub(principals) {
            Some(_) => {
                let held = access.facts.holdings.get(at).and_then(|holding| holding.held.first());
                let document = held.and_then(|held| access.facts.document(access.identity, held.document));
                document.map_or(Truth::False, |document| access.identity.document_is_admin(document, Origin::NONE).0)
            }
            None => access.is_granted_administration(at),
        };
        let granted: Vec<bool> = (0..count).map(|at| is_granted(at) == Truth::True).collect();
        let one = |at: usize| if granted.get(at) == Some(&true) { nothing() } else { held(access, &world, at) };
        let mut all: Vec<Held> = (0..count).into_par_iter().with_min_len(16).map(one).collect();
        for (role, trusted) in world.trusted.iter().enumerate() {
            for (principal, place) in &trusted.principals {
                if let Some(held) = all.get_mut(*principal).filter(|_| granted.get(*principal) == Some(&false)) {
                    held.assumes.push((role, *place));
                }
            }
            for (principal, unknown) in &trusted.perhaps {
                if let Some(held) = all.get_mut(*principal).filter(|_| granted.get(*principal) == Some(&false)) {
                    held.perhaps.push((role, unknown.clone()));
                }
            }
        }
        let (next, edges) = chains(&world, &granted, &all);
        let widths = Widths::new(count);
        let passages = edges.iter().filter(|passage| passage.from < principals).cloned().collect();
        let doubts = doubts(&world, &all, &next, &edges);
        let (escalations, first, compares_tags) = (Vec::new(), BTreeMap::new(), compares_tags(access));
        let mut power = Power { escalations, passages, edges, next, first, doubts, compares_tags, widths };
        power.find_first(&world);
        let tell = |(at, held): (usize, &Held)| power.tell(access, at, held);
        power.escalations = all.par_iter().enumerate().with_min_len(16).map(tell).collect();
        power.add_chains(access);
        power
    }

    /// A role that one of these services may be given and that is, or becomes, an administrator.
    pub(super) fn wide_role(&self, services: &[String]) -> Option<usize> {
        let of_service = |(sort, service): &(Hub, String)| {
            *sort == Hub::Passed && services.iter().any(|value| super::pass::is_service(value, service))
        };
        self.first.iter().find(|(name, _)| of_service(name)).map(|(_, role)| *role)
    }

    fn leads_on(&self, principal: usize) -> bool {
        !matches!(self.next.get(principal), None | Some(Next::Not))
    }

    pub(super) fn administrator(&self, access: Access<'_, '_>, principal: usize) -> Administrator {
        let (truth, steps, unknown) = access.granted_administration(principal);
        let granted = truth == Truth::True;
        if granted {
            return Administrator { answer: truth, granted, because: steps, unknown: None };
        }
        // The rules go on to tell by which statement it is one.
        if let Some(place) = access.allows_everything_together(principal)
            && access.remains_administrator(principal).0 == Truth::True
        {
            let because = vec![Step::new("statements together allow everything", place)];
            return Administrator { answer: Truth::True, granted: true, because, unknown: None };
        }
        if self.leads_on(principal) {
            let mut because = Vec::new();
            self.chain(access, principal, &mut because);
            return Administrator { answer: Truth::True, granted, because, unknown: None };
        }
        let open = self.escalations.get(principal).into_iter().flatten();
        let undecided = open.filter(|one| one.state == EscalationState::Undecided && one.path.direct);
        let unknown = unknown.or_else(|| undecided.filter_map(|one| one.unknown.clone()).next());
        let unknown = unknown.or_else(|| self.doubts.get(principal).cloned().flatten());
        let answer = if unknown.is_some() { Truth::Unknown } else { Truth::False };
        Administrator { answer, granted: false, because: Vec::new(), unknown }
    }

    /// How many principals one becomes after this one until it is an administrator, and one for what makes it one.
    pub(super) fn steps(&self, from: usize) -> usize {
        let mut at = from;
        for steps in 0..self.next.len() {
            match self.next.get(at) {
                Some(Next::By(_, to)) => at = *to,
                Some(Next::Direct(_)) => return steps + 1,
                _ => return steps,
            }
        }
        self.next.len()
    }

    /// The steps from a principal on to the administrator.
    pub(super) fn chain(&self, access: Access<'_, '_>, from: usize, steps: &mut Vec<Step>) {
        let mut at = from;
        for _ in 0..MAX_CHAIN {
            let Some(actor) = access.actor(at) else { return };
            match self.next.get(at) {
                Some(Next::Granted) => {
                    let text = format!("{} `{}` is an administrator", actor.kind, actor.name);
                    steps.push(Step::new(text, actor.origin));
                    steps.extend(access.granted_administration(at).1);
                    return;
                }
                Some(Next::Direct(way)) => {
                    if let Some(way) = ways().get(*way) {
                        let text = format!("{} `{}` may {}", actor.kind, actor.name, title(way));
                        steps.push(Step::new(text, actor.origin));
                    }
                    return;
                }
                Some(Next::By(passage, to)) => {
                    if let Some(passage) = self.edges.get(*passage) {
                        let name = access.actor(*to).map(|to| format!("{} `{}`", to.kind, to.name)).unwrap_or_default();
                        let text = format!("{} `{}` reaches {name} by {}", actor.kind, actor.name, passage.by);
                        steps.push(Step::new(text, passage.origin.or(actor.origin)));
                    }
                    at = *to;
                }
                _ => return,
            }
        }
    }

    fn tell(&self, access: Access<'_, '_>, principal: usize, held: &Held) -> Vec<Escalation> {
        let mut told: Vec<Escalation> =
            held.found.iter().filter_map(|found| self.escalation(access, principal, found)).collect();
        // It stands for services that have no way of their own.
        let open = |one: &Escalation| one.state == EscalationState::Open && one.path.class == "passrole";
        if told.iter().any(|one| open(one) && one.path.id != ANY_SERVICE) {
            told.retain(|one| one.path.id != ANY_SERVICE);
        }
        told.sort_by_key(|one| (one.state, rank(one.severity), one.path.all.len()));
        told
    }

    fn escalation(&self, access: Access<'_, '_>, principal: usize, found: &Found) -> Option<Escalation> {
        let way = ways().get(found.way)?;
        let mut state = EscalationState::Open;
        let (mut unknown, mut to) = (None, found.rewritten);
        let mut gain: Option<Gain> = None;
        for hold in &found.holds {
            let one = match &hold.aim {
                Aim::Elsewhere => EscalationState::Confined,
                Aim::Whole | Aim::Own => EscalationState::Open,
                Aim::Some(targets) => {
                    let wide = targets.iter().find(|target| self.leads_on(**target));
                    let wide = wide.copied().or_else(|| {
                        let gains = |to: &usize| Some((*to, self.widths.gain(access, *to, principal)?));
                        let (target, found) = targets.iter().filter_map(gains).min_by_key(|(_, gain)| gain.less)?;
                        gain = Some(found);
                        Some(target)
                    });
                    to = to.or(wide);
                    if wide.is_some() { EscalationState::Open } else { EscalationState::Confined }
                }
            };
            let leads = |role: &usize| self.leads_on(*role) || self.widths.gain(access, *role, principal).is_some();
            let one = match hold.maybe.iter().find(|(role, _)| leads(role)) {
                Some((_, reason)) if one == EscalationState::Confined => {
                    unknown = unknown.or_else(|| Some(reason.clone()));
                    EscalationState::Undecided
                }
                _ => one,
            };
            // What leads nowhere does so whatever is not known.
            let one = match &hold.unknown {
                Some(reason) if one == EscalationState::Open => {
                    unknown = unknown.or_else(|| Some(reason.clone()));
                    EscalationState::Undecided
                }
                _ => one,
            };
            state = state.max(one);
        }
        if state == EscalationState::Open && to.is_none() && found.holds.iter().all(|h| matches!(h.aim, Aim::Whole)) {
            to = match &found.left {
                Some(left) => left.iter().copied().find(|to| *to != principal && self.leads_on(*to)),
                None => self.first_of(way).filter(|to| *to != principal),
            };
        }
        let guarded = found.holds.iter().any(|hold| hold.guarded);
        let weak = found.holds.iter().any(|hold| hold.weak);
        // Whoever may pass roles has many ways: what they have in common is the cause.
        let passes = found.holds.iter().find(|hold| hold.action == "iam:passrole");
        let own = passes.or(found.holds.first())?;
        // A boundary that is demanded and comes off again: what takes it off is to be mended.
        let shed = found.holds.iter().find_map(|hold| hold.shed.as_ref());
        let (held, statement) = shed.map_or((&own.held, own.statement), |shed| (&shed.held, shed.statement));
        let cause = self.cause(access, held, statement);
        let mut because = Vec::new();
        // Who holds a thousand ways that are closed in by something needs no story for each.
        if state != EscalationState::Confined {
            for hold in &found.holds {
                let mut steps = access.way(principal, &hold.held);
                if hold.statement.is_some() {
                    steps.push(Step::new(format!("which allows `{}`", full_name(hold.action)), hold.element));
                }
                because.extend(steps);
            }
            if let Some(shed) = shed {
                because.extend(access.way(principal, &shed.held));
                let text = format!("which allows `{}`, so that the permissions boundary holds nothing", shed.action);
                because.push(Step::new(text, shed.element.or(cause)));
            }
            if let Some(to) = to {
                if let Some(actor) = access.actor(to) {
                    because
                        .push(Step::new(format!("that is enough for {} `{}`", actor.kind, actor.name), actor.origin));
                }
                self.chain(access, to, &mut because);
                because.extend(gain.iter().map(|gain| gain.step.clone()));
            }
            let mut seen: Vec<Step> = Vec::new();
            because.retain(|step| {
                let new = !seen.contains(step);
                if new {
                    seen.push(step.clone());
                }
                new
            });
        }
        let takes_user = takes_user(access, principal, way);
        let steps = match to {
            _ if state != EscalationState::Open => None,
            Some(target) if self.leads_on(target) => Some(1 + self.steps(target)),
            _ if is_direct(way) => Some(1),
            _ => None,
        };
        // Whoever is raised is somebody else, and has to be taken over.
        let steps = steps.map(|steps| steps + usize::from(takes_user));
        let less = gain.filter(|_| steps.is_none()).map_or(0, |gain| gain.less);
        let severity = lowered(&way.path.severity, usize::from(guarded) + usize::from(weak || takes_user) + less);
        Some(Escalation {
            path: way.path,
            by: found.holds.iter().map(|hold| format!("`{}`", full_name(hold.action))).collect::<Vec<_>>().join(" + "),
            state,
            severity,
            guarded,
            to,
            administrator: steps.is_some(),
            steps,
            because,
            cause,
            action: own.element,
            within: within(access, held, statement),
            document: access.document(held.document).and_then(|document| document.origin).unwrap_or(Origin::NONE),
            by_group: by_group(access, principal, &found.holds),
            unknown,
        })
    }

    /// The place of what grants the permission: its statement, else what ties a policy of AWS to the principal.
    fn cause(&self, access: Access<'_, '_>, held: &facts::Held, statement: Origin) -> Origin {
        if statement.is_some() {
            return statement;
        }
        let attachment = held.attachment.and_then(|at| access.identity.attachments.get(at));
        attachment.map_or(Origin::NONE, |attachment| attachment.policy.origin.or(attachment.instance.origin()))
    }

    /// The first principal that a way over whole types leads to and that is or becomes an administrator.
    fn first_of(&self, way: &Way) -> Option<usize> {
        let sort = match way.path.reaches.as_str() {
            "role-passed" => Hub::Passed,
            "role-attached" => Hub::Attached,
            "role" if way.path.id == "sts-assume-any-role" => {
                return self.first.get(&(Hub::Account, String::new())).copied();
            }
            _ => return None,
        };
        way.path.service.iter().find_map(|service| self.first.get(&(sort, service.clone()))).copied()
    }

    /// Of each sort of roles the first that leads on.
    fn find_first(&mut self, world: &World) {
        for (service, roles) in &world.by_service {
            let mut leading = roles.iter().copied().filter(|role| self.leads_on(*role));
            let Some(role) = leading.clone().next() else { continue };
            let carried = leading.find(|role| world.is_carried(*role, service));
            self.first.insert((Hub::Passed, service.clone()), role);
            if let Some(role) = carried {
                self.first.insert((Hub::Attached, service.clone()), role);
            }
        }
        if let Some(role) = world.by_account.iter().find(|role| self.leads_on(**role)) {
            self.first.insert((Hub::Account, String::new()), *role);
        }
    }
}

fn nothing() -> Held {
    Held { found: Vec::new(), assumes: Vec::new(), assumes_any: None, perhaps: Vec::new() }
}

/// What one principal holds of the known ways.
fn held(access: Access<'_, '_>, world: &World, principal: usize) -> Held {
    let mut held = nothing();
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
        held.found.extend(judge.way(at, way).filter(|found| !is_bounded(access, principal, way, found)));
    }
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

/// What changes only the principal's own policies stays within its boundary.
fn is_bounded(access: Access<'_, '_>, principal: usize, way: &Way, found: &Found) -> bool {
    way.path.class == "self"
        && access.is_bounded(principal)
        && !can_shed_own(access, principal)
        && found.holds.iter().all(|hold| matches!(hold.aim, Aim::Whole | Aim::Own))
}

/// A way that makes an administrator by itself.
pub(super) fn is_direct(way: &Way) -> bool {
    way.path.direct && rank(&way.path.severity) <= rank("high")
}

/// Whether a way raises users and the principal is none: it takes one to share with, or one who comes by way of it.
fn takes_user(access: Access<'_, '_>, principal: usize, way: &Way) -> bool {
    let kind = access.identity.principals.get(principal).map(|principal| &*principal.instance.row.kind);
    way.raises_users() && matches!(kind, Some("role" | "permission-set"))
}

/// By hub who comes there, by what, and the place that shows it.
type Hubs<'w> = BTreeMap<(Hub, &'w str), Vec<(usize, String, Origin)>>;

type Edges = BTreeMap<usize, Vec<(usize, usize)>>;

/// The next step of each principal to an administrator, by the shortest chain, and the ways between principals.
fn chains(world: &World, granted: &[bool], all: &[Held]) -> (Vec<Next>, Vec<Passage>) {
    let mut next = vec![Next::Not; all.len()];
    let mut passages: Vec<Passage> = Vec::new();
    // To each principal those who reach it, with the passage.
    let mut incoming: Edges = BTreeMap::new();
    // Those who reach every role of a sort: by the service that it trusts, or because it trusts the account.
    let mut hubs: Hubs<'_> = BTreeMap::new();
    let mut queue = VecDeque::new();
    for (at, held) in all.iter().enumerate() {
        if granted.get(at) == Some(&true) {
            set(&mut next, at, Next::Granted);
            queue.push_back(at);
            continue;
        }
        let direct = held.found.iter().find(|found| {
            ways().get(found.way).is_some_and(is_direct)
                && found.holds.iter().all(|hold| hold.unknown.is_none() && matches!(hold.aim, Aim::Whole | Aim::Own))
        });
        if let Some(found) = direct {
            set(&mut next, at, Next::Direct(found.way));
            queue.push_back(at);
        }
        let mut reach = |to: usize, by: &str, trusted: bool, origin: Origin| {
            if to != at {
                incoming.entry(to).or_default().push((at, passages.len()));
                passages.push(Passage { from: at, to, by: by.to_owned(), trusted, origin });
            }
        };
        for (role, place) in held.assumes.iter().take(MAX_TARGETS) {
            reach(*role, "`sts:AssumeRole`", true, *place);
        }
        if let Some(place) = held.assumes_any {
            hubs.entry((Hub::Account, "")).or_default().push((at, "`sts:AssumeRole`".to_owned(), place));
        }
        for found in &held.found {
            let Some(way) = ways().get(found.way) else { continue };
            let sure = |hold: &Hold| hold.unknown.is_none() && !matches!(hold.aim, Aim::Elsewhere);
            if !found.holds.iter().all(sure) {
                continue;
            }
            let by = title(way);
            let targets: Vec<&Vec<usize>> = found
                .holds
                .iter()
                .filter_map(|hold| if let Aim::Some(targets) = &hold.aim { Some(targets) } else { None })
                .collect();
            let place = found.holds.last().map_or(Origin::NONE, |hold| hold.statement);
            match targets.as_slice() {
                [] if let Some(left) = &found.left => {
                    left.iter().take(MAX_TARGETS).for_each(|to| reach(*to, &by, false, place));
                }
                [] if matches!(way.path.reaches.as_str(), "role-passed" | "role-attached") => {
                    let sort = if way.path.reaches == "role-passed" { Hub::Passed } else { Hub::Attached };
                    for service in &way.path.service {
                        let hub = hubs.entry((sort, service.as_str())).or_default();
                        if hub.last().is_none_or(|(last, ..)| *last != at) {
                            hub.push((at, by.clone(), place));
                        }
                    }
                }
                [] => {}
                [targets, ..] => targets.iter().take(MAX_TARGETS).for_each(|to| reach(*to, &by, false, place)),
            }
        }
    }
    while let Some(at) = queue.pop_front() {
        for (from, passage) in incoming.remove(&at).unwrap_or_default() {
            if matches!(next.get(from), Some(Next::Not)) {
                set(&mut next, from, Next::By(passage, at));
                queue.push_back(from);
            }
        }
        let Some(trusted) = world.trusted.get(at) else { continue };
        let account = trusted.account.is_some().then_some((Hub::Account, ""));
        let services = |sort: Hub| trusted.services.iter().map(move |service| (sort, service.as_str()));
        let attached = services(Hub::Attached).filter(|(_, service)| world.is_carried(at, service));
        // Everybody at a hub has then been let in: it is asked once.
        for name in services(Hub::Passed).chain(attached).chain(account) {
            for (from, by, origin) in hubs.remove(&name).unwrap_or_default() {
                if from != at && matches!(next.get(from), Some(Next::Not)) {
                    set(&mut next, from, Next::By(passages.len(), at));
                    passages.push(Passage { from, to: at, by, trusted: false, origin });
                    queue.push_back(from);
                }
            }
        }
    }
    (next, passages)
}

fn set(next: &mut [Next], at: usize, to: Next) {
    if let Some(slot) = next.get_mut(at) {
        *slot = to;
    }
}

/// The permissions of a way, for people.
fn title(way: &Way) -> String {
    title_of(way.path)
}

/// The permissions of a path, for people.
pub(in crate::iam) fn title_of(path: &EscalationPath) -> String {
    let names: Vec<String> = path.all.iter().map(|entry| format!("`{}`", entry.replace('|', "` or `"))).collect();
    names.join(" + ")
}

fn full_name(action: &str) -> String {
    crate::iam::catalogue::action(action).map_or_else(|| action.to_owned(), |action| action.full_name())
}

/// The resource that holds the statement of a grant, and its place there: an attachment for a policy of AWS.
fn within(access: Access<'_, '_>, held: &facts::Held, statement: Origin) -> Option<(usize, Origin)> {
    if let Some(Source::Own(policy)) = access.facts.source(held.document) {
        return Some((access.identity.policies.get(policy)?.instance.index, statement));
    }
    if let Some(Source::Loose(at)) = access.facts.source(held.document) {
        return Some((access.identity.loose.get(at)?.0.index, statement));
    }
    let attachment = access.identity.attachments.get(held.attachment?)?;
    Some((attachment.instance.index, attachment.policy.origin.or(attachment.instance.origin())))
}

/// The group by which alone all of it is held.
fn by_group(access: Access<'_, '_>, principal: usize, holds: &[Hold]) -> Option<usize> {
    let user = access.identity.principals.get(principal)?;
    let group = |hold: &Hold| user.memberships.get(hold.held.membership?).and_then(|membership| membership.other);
    let first = group(holds.first()?)?;
    holds.iter().all(|hold| group(hold) == Some(first)).then_some(first)
}

const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

pub(in crate::iam) fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|one| *one == severity).unwrap_or(SEVERITIES.len())
}

fn lowered(severity: &str, by: usize) -> &'static str {
    SEVERITIES.get((rank(severity) + by).min(SEVERITIES.len() - 1)).copied().unwrap_or("info")
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
