//! From what each principal holds to the chain that ends with an administrator.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::doubt::doubts;
use super::federation::SAML;
use super::held::Held;
use super::judge::Found;
use super::made::{Made, make};
use super::net::Net;
use super::path::{Way, ways};
use super::sum::{Sums, sums};
use super::target::compares_tags;
use super::widened::JOIN;
use super::world::World;
use super::worlds::Worlds;
use super::{Administrator, EscalationState};
use crate::iam::access::{Access, Actor};
use crate::iam::catalogue::EscalationPath;
use crate::iam::facts::{self, Source};
use crate::iam::power::{Hub, Newcomer, Next, Power, Widths};
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// A chain is told up to so many principals.
const MAX_CHAIN: usize = 12;

impl Power {
    pub(super) fn of(access: Access<'_, '_>) -> Power {
        let (principals, count) = (access.identity.principals.len(), access.facts.holdings.len());
        let mut worlds = Worlds::of(access);
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
            _ => worlds.around(at).map(|world| Held::of(access, world, at)).unwrap_or_default(),
        };
        let mut all: Vec<Held> = (0..count).into_par_iter().with_min_len(16).map(one).collect();
        let made = make(access, &mut worlds, &mut all);
        let trusting = worlds.all().flat_map(|(_, world)| world.trusted.iter().enumerate());
        for (role, trusted) in trusting {
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
        let mut net = Net::of(&worlds, &granted, &all);
        net.spread();
        let Sums { all: sums, doubtful, cut } = sums(access, &worlds, &all, &mut net);
        let (next, edges, cut_passages) = net.done();
        let widths = Widths::new(count);
        let passages = edges.iter().filter(|passage| passage.from < principals && passage.to < principals);
        let passages = passages.cloned().collect();
        let unsure = (0..principals).filter(|at| answers.get(*at) == Some(&Truth::Unknown));
        let unsure = unsure.filter_map(|at| Some((at, access.granted_administration(at).2?)));
        // What a policy asks of whoever makes the request is not known of a group, and may be of who joins it.
        let of_members = |at: usize, why: Why| {
            let is_incomplete = access.holding(at).is_some_and(|holding| holding.incomplete.is_some());
            why == Why::Condition && worlds.is_group(at) && !is_incomplete
        };
        let mut unsure: BTreeMap<usize, Arc<Unknown>> =
            unsure.filter(|(at, unknown)| !of_members(*at, unknown.why)).collect();
        let of_sums = doubtful.iter().filter_map(|(at, sum)| Some((*at, sum.unknown.clone()?)));
        let place = |at: usize| access.actor(at).map_or(Origin::NONE, |actor| actor.origin);
        let of_limits = cut.into_iter().map(|at| (at, place(at))).chain(cut_passages);
        for (at, unknown) in of_sums.chain(of_limits.map(|(at, place)| (at, Held::limit(place)))) {
            unsure.entry(at).or_insert(unknown);
        }
        let doubts = doubts(&worlds, &all, unsure, &next, &edges);
        let (escalations, first, compares_tags) = (Vec::new(), BTreeMap::new(), compares_tags(access));
        let numbered = made.into_iter().map(|one| (one.actor.index, one));
        let newcomer = |one: Made| {
            let (kind, name, place) = (one.kind(), one.actor.name, one.actor.origin);
            Newcomer { kind, name, place, text: one.text, origin: one.origin }
        };
        let made = numbered.map(|(at, one)| (at, newcomer(one))).collect();
        let mut power =
            Power { escalations, passages, edges, next, sums, doubtful, first, doubts, compares_tags, widths, made };
        power.find_first(&worlds);
        let tell = |(at, held): (usize, &Held)| power.tell(access, at, held);
        power.escalations = all.par_iter().enumerate().with_min_len(16).map(tell).collect();
        power.add_chains(access);
        power
    }

    /// A role that one of these services may be given and that is, or becomes, an administrator.
    pub(super) fn wide_role(&self, services: &[String]) -> Option<usize> {
        let of_service = |(sort, service, _): &(Hub, String, usize)| {
            *sort == Hub::Passed && services.iter().any(|value| super::pass::is_service(value, service))
        };
        self.first.iter().find(|(name, _)| of_service(name)).map(|(_, role)| *role)
    }

    pub(super) fn leads_on(&self, principal: usize) -> bool {
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

    /// A principal, or one who may be made.
    fn actor(&self, access: Access<'_, '_>, at: usize) -> Option<Actor> {
        access.actor(at).or_else(|| {
            let one = self.made.get(&at)?;
            let (kind, name, address) = (one.kind.into(), one.name.clone(), Arc::default());
            Some(Actor { index: at, kind, name, address, origin: one.place, existing: false })
        })
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
            let Some(actor) = self.actor(access, at) else { return };
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
                        let text = match self.made.get(to) {
                            Some(one) => format!("{} `{}` {}", actor.kind, actor.name, one.text),
                            None => {
                                let to = access.actor(*to).map(|to| format!("{} `{}`", to.kind, to.name));
                                let to = to.unwrap_or_default();
                                format!("{} `{}` reaches {to} by {}", actor.kind, actor.name, passage.by)
                            }
                        };
                        steps.push(Step::new(text, passage.origin.or(actor.origin)));
                    }
                    at = *to;
                }
                _ => return,
            }
        }
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
    pub(super) fn first_of(&self, way: &Way, account: usize) -> Option<usize> {
        let first = |sort: Hub, service: &str| self.first.get(&(sort, service.to_owned(), account)).copied();
        let sort = match way.reaches() {
            "role-passed" => Hub::Passed,
            "role-attached" => Hub::Attached,
            "role" if way.path.id == "sts-assume-any-role" => {
                return first(Hub::Account, "");
            }
            _ if way.path.id == JOIN => return first(Hub::Joined, ""),
            _ if way.path.id == SAML => return first(Hub::Federated, ""),
            _ => return None,
        };
        way.path.service.iter().find_map(|service| first(sort, service))
    }

    /// Of each sort of roles the first that leads on.
    fn find_first(&mut self, worlds: &Worlds) {
        worlds.all().for_each(|(account, world)| self.find_first_in(world, account));
    }

    fn find_first_in(&mut self, world: &World, account: usize) {
        for (service, roles) in &world.by_service {
            let mut leading = roles.iter().copied().filter(|role| self.leads_on(*role));
            let Some(role) = leading.clone().next() else { continue };
            let carried = leading.find(|role| world.is_carried(*role, service));
            self.first.insert((Hub::Passed, service.clone(), account), role);
            if let Some(role) = carried {
                self.first.insert((Hub::Attached, service.clone(), account), role);
            }
        }
        if let Some(role) = world.by_account.iter().find(|role| self.leads_on(**role)) {
            self.first.insert((Hub::Account, String::new(), account), *role);
        }
        if let Some(role) = world.by_federation.iter().find(|role| self.leads_on(**role)) {
            self.first.insert((Hub::Federated, String::new(), account), *role);
        }
        if let Some(group) = world.groups().find(|group| self.leads_on(*group)) {
            self.first.insert((Hub::Joined, String::new(), account), group);
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

/// The permissions of a way, for people.
pub(super) fn title(way: &Way) -> String {
    let more = way.entries.iter().skip(way.path.all.len()).flatten();
    more.fold(title_of(way.path), |title, wanted| format!("{title} + `{}`", full_name(&wanted.name)))
}

/// The permissions of a path, for people.
pub(in crate::iam) fn title_of(path: &EscalationPath) -> String {
    let names: Vec<String> = path.all.iter().map(|entry| format!("`{}`", entry.replace('|', "` or `"))).collect();
    names.join(" + ")
}

pub(super) fn full_name(action: &str) -> String {
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

const SEVERITIES: [&str; 5] = ["critical", "high", "medium", "low", "info"];

pub(in crate::iam) fn rank(severity: &str) -> usize {
    SEVERITIES.iter().position(|one| *one == severity).unwrap_or(SEVERITIES.len())
}

pub(super) fn lowered(severity: &str, by: usize) -> &'static str {
    SEVERITIES.get((rank(severity) + by).min(SEVERITIES.len() - 1)).copied().unwrap_or("info")
}
