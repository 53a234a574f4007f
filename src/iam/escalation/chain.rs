//! From what each principal holds to the chain that ends with an administrator.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::doubt::doubts;
use super::held::Held;
use super::judge::Found;
use super::net::Net;
use super::path::{Way, is_direct, ways};
use super::sum::sums;
use super::target::compares_tags;
use super::widened::{JOIN, Widened};
use super::wider::Gain;
use super::world::World;
use super::worth::{Aim, Hold};
use super::{Administrator, Escalation, EscalationState};
use crate::iam::access::Access;
use crate::iam::catalogue::EscalationPath;
use crate::iam::facts::{self, Source};
use crate::iam::power::{Hub, Next, Power, Sum, Widths};
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// A chain is told up to so many principals.
const MAX_CHAIN: usize = 12;

/// The way of all services that have no way of their own.
const ANY_SERVICE: &str = "passrole-any-consumer";

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
        let answers: Vec<Truth> = (0..count).map(is_granted).collect();
        let granted: Vec<bool> = answers.iter().map(|answer| *answer == Truth::True).collect();
        let one = |at: usize| match granted.get(at) {
            Some(true) => Held::default(),
            _ => Held::of(access, &world, at),
        };
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
        let mut net = Net::of(&world, &granted, &all);
        net.spread();
        let (sums, doubtful) = sums(access, &world, &all, &mut net);
        let (next, edges) = net.done();
        let widths = Widths::new(count);
        let passages = edges.iter().filter(|passage| passage.from < principals).cloned().collect();
        let unsure = (0..principals).filter(|at| answers.get(*at) == Some(&Truth::Unknown));
        let unsure = unsure.filter_map(|at| Some((at, access.granted_administration(at).2?)));
        // What a policy asks of whoever makes the request is not known of a group, and may be of who joins it.
        let of_members = |at: usize, why: Why| why == Why::Condition && world.is_group(at);
        let unsure = unsure.filter(|(at, unknown)| !of_members(*at, unknown.why)).collect();
        let doubts = doubts(&world, &all, unsure, &next, &edges);
        let (escalations, first, compares_tags) = (Vec::new(), BTreeMap::new(), compares_tags(access));
        let mut power =
            Power { escalations, passages, edges, next, sums, doubtful, first, doubts, compares_tags, widths };
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
        let unknown = unknown.or_else(|| Some(self.doubts.get(principal)?.as_ref()?.unknown.clone()));
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
                Some(Next::Sum(sum)) => return steps + self.sums.get(*sum).map_or(1, |sum| sum.hops + 1),
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
                Some(Next::Sum(sum)) => {
                    steps.extend(self.sums.get(*sum).iter().flat_map(|sum| sum.because.iter().cloned()));
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
        let mut told: Vec<Escalation> = Vec::with_capacity(held.found.len());
        for (at, found) in held.found.iter().enumerate() {
            let Some(mut one) = self.escalation(access, principal, held, found) else { continue };
            if let Some(widened) = held.widened.as_ref().filter(|widened| widened.by.contains(&at)) {
                self.widen(access, principal, found, widened, &mut one);
            }
            told.push(one);
        }
        if let Some(sum) = self.sum_of(principal) {
            let same = |group: &usize| {
                self.sum_of(*group).is_some_and(|one| one.path.id == sum.path.id && one.cause == sum.cause)
            };
            let by_group = access.groups_of(principal).into_iter().map(|(group, _)| group).find(same);
            let one = Escalation { by_group, ..sum.escalation() };
            told.retain(|other| other.path.id != one.path.id || other.state < EscalationState::Confined);
            told.push(one);
        }
        // It stands for services that have no way of their own.
        let open = |one: &Escalation| one.state == EscalationState::Open && one.path.class == "passrole";
        if told.iter().any(|one| open(one) && one.path.id != ANY_SERVICE) {
            told.retain(|one| one.path.id != ANY_SERVICE);
        }
        told.sort_by_key(|one| (one.state, rank(one.severity), one.path.all.len()));
        told
    }

    /// Tells of a way by which the principal itself comes to hold more where that is enough for an administrator.
    fn widen(&self, access: Access<'_, '_>, principal: usize, found: &Found, widened: &Widened, told: &mut Escalation) {
        if widened.sure && !self.leads_on(principal) {
            return;
        }
        let Some((to, steps, because)) = self.then(access, principal, widened) else { return };
        told.state = if found.is_sure() { EscalationState::Open } else { EscalationState::Undecided };
        told.unknown = found.holds.iter().find_map(|hold| hold.unknown.clone());
        told.because = holds_steps(access, principal, found);
        told.because.extend(because);
        distinct(&mut told.because);
        if told.state == EscalationState::Open {
            (told.to, told.administrator, told.steps) = (to, true, Some(steps));
            let weak = found.holds.iter().any(|hold| hold.weak);
            told.severity = lowered(&told.path.severity, usize::from(told.guarded) + usize::from(weak));
        }
    }

    /// How a principal goes on to an administrator with what it has come to hold: whom it reaches, by how many steps, and
    /// what shows it.
    fn then(
        &self,
        access: Access<'_, '_>,
        principal: usize,
        widened: &Widened,
    ) -> Option<(Option<usize>, usize, Vec<Step>)> {
        let access = access.as_if(principal, &widened.holding);
        if widened.granted {
            let because = match widened.because.is_empty() {
                true => access.everything_held_by(principal),
                false => widened.because.clone(),
            };
            return Some((None, 1, because));
        }
        let open = widened.held.found.iter().filter_map(|found| {
            let one = self.escalation(access, principal, &widened.held, found)?;
            (one.state == EscalationState::Open && one.administrator).then_some(one)
        });
        if let Some(one) = open.into_iter().next() {
            return Some((one.to, 1 + one.steps.unwrap_or(1), one.because));
        }
        let first = || self.first.get(&(Hub::Account, String::new())).copied();
        let assumed = widened.held.assumes.iter().copied().find(|(role, _)| self.leads_on(*role));
        let (role, place) = assumed.or_else(|| Some((first()?, widened.held.assumes_any?)))?;
        let (actor, to) = (access.actor(principal)?, access.actor(role)?);
        let text = format!("{} `{}` reaches {} `{}` by `sts:AssumeRole`", actor.kind, actor.name, to.kind, to.name);
        let mut because = vec![Step::new(text, place.or(actor.origin))];
        self.chain(access, role, &mut because);
        Some((Some(role), 1 + self.steps(role), because))
    }

    /// The first of some of whom it is not known whether it is an administrator, and why; nobody for one of whom that is not
    /// known itself.
    fn doubtful_among(&self, principal: usize, targets: &[usize]) -> Option<(usize, Arc<Unknown>)> {
        let doubt = |at: usize| self.doubts.get(at)?.as_ref();
        if doubt(principal).is_some_and(|doubt| doubt.is_own) {
            return None;
        }
        targets.iter().find_map(|target| Some((*target, doubt(*target)?.unknown.clone())))
    }

    fn sum_of(&self, principal: usize) -> Option<&Sum> {
        match self.next.get(principal)? {
            Next::Sum(sum) => self.sums.get(*sum),
            Next::Not => self.doubtful.get(&principal),
            _ => None,
        }
    }

    fn escalation(&self, access: Access<'_, '_>, principal: usize, held: &Held, found: &Found) -> Option<Escalation> {
        let way = ways().get(found.way)?;
        // What it does to itself stays below a ceiling: whoever else is an administrator does not make it one.
        let limited = held.is_limited(way, found);
        let mut state = EscalationState::Open;
        let (mut unknown, mut to) = (None, found.rewritten);
        let mut gain: Option<Gain> = None;
        for hold in &found.holds {
            let one = match &hold.aim {
                Aim::Elsewhere => EscalationState::Confined,
                Aim::Whole | Aim::Own if limited => EscalationState::Confined,
                Aim::Whole | Aim::Own => EscalationState::Open,
                Aim::Some(targets) => {
                    let wide = targets.iter().find(|target| !limited && self.leads_on(**target));
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
            let doubtful = match &hold.aim {
                Aim::Some(targets) if !limited && one == EscalationState::Confined => {
                    self.doubtful_among(principal, targets)
                }
                _ => None,
            };
            let one = match doubtful {
                Some((target, reason)) => {
                    to = to.or(Some(target));
                    unknown = unknown.or(Some(reason));
                    EscalationState::Undecided
                }
                None => one,
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
        let (by, statement) = shed.map_or((&own.held, own.statement), |shed| (&shed.held, shed.statement));
        let cause = Power::cause(access, by, statement);
        let mut because = Vec::new();
        // Who holds a thousand ways that are closed in by something needs no story for each.
        if state != EscalationState::Confined {
            because.extend(holds_steps(access, principal, found));
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
                if !limited {
                    self.chain(access, to, &mut because);
                }
                because.extend(gain.iter().map(|gain| gain.step.clone()));
            }
            distinct(&mut because);
        }
        let takes_user = takes_user(access, principal, way);
        let steps = match to {
            _ if state != EscalationState::Open => None,
            Some(target) if !limited && self.leads_on(target) => Some(1 + self.steps(target)),
            _ if !limited && is_direct(way) && found.is_of_all_or_own() => Some(1),
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
            within: within(access, by, statement),
            document: document_of(access, by),
            by_group: by_group(access, principal, &found.holds),
            unknown,
        })
    }

    /// The place of what grants the permission: its statement, else what ties a policy of AWS to the principal.
    pub(super) fn cause(access: Access<'_, '_>, held: &facts::Held, statement: Origin) -> Origin {
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
            _ if way.path.id == JOIN => return self.first.get(&(Hub::Joined, String::new())).copied(),
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
        if let Some(group) = world.groups().find(|group| self.leads_on(*group)) {
            self.first.insert((Hub::Joined, String::new()), group);
        }
    }
}

/// How a principal holds what a way takes.
pub(super) fn holds_steps(access: Access<'_, '_>, principal: usize, found: &Found) -> Vec<Step> {
    let mut steps = Vec::new();
    for hold in &found.holds {
        steps.extend(access.way(principal, &hold.held));
        if hold.statement.is_some() {
            steps.push(Step::new(format!("which allows `{}`", full_name(hold.action)), hold.element));
        }
    }
    steps
}

/// Leaves out steps that are told before.
pub(super) fn distinct(steps: &mut Vec<Step>) {
    let mut seen: Vec<Step> = Vec::new();
    steps.retain(|step| {
        let new = !seen.contains(step);
        if new {
            seen.push(step.clone());
        }
        new
    });
}

/// Whether a way raises users and the principal is none: it takes one to share with, or one who comes by way of it.
fn takes_user(access: Access<'_, '_>, principal: usize, way: &Way) -> bool {
    let kind = access.identity.principals.get(principal).map(|principal| &*principal.instance.row.kind);
    way.raises_users() && matches!(kind, Some("role" | "permission-set"))
}

/// The permissions of a way, for people.
pub(super) fn title(way: &Way) -> String {
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
pub(super) fn within(access: Access<'_, '_>, held: &facts::Held, statement: Origin) -> Option<(usize, Origin)> {
    if let Some(Source::Own(policy)) = access.facts.source(held.document) {
        return Some((access.identity.policies.get(policy)?.instance.index, statement));
    }
    if let Some(Source::Loose(at)) = access.facts.source(held.document) {
        return Some((access.identity.loose.get(at)?.0.index, statement));
    }
    let attachment = access.identity.attachments.get(held.attachment?)?;
    Some((attachment.instance.index, attachment.policy.origin.or(attachment.instance.origin())))
}

/// The place of the policy document of a grant; nothing where AWS wrote it.
pub(super) fn document_of(access: Access<'_, '_>, held: &facts::Held) -> Origin {
    access.document(held.document).and_then(|document| document.origin).unwrap_or(Origin::NONE)
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

pub(super) fn lowered(severity: &str, by: usize) -> &'static str {
    SEVERITIES.get((rank(severity) + by).min(SEVERITIES.len() - 1)).copied().unwrap_or("info")
}
