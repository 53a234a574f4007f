//! What a principal is told of the ways that it holds: how far each leads, how bad that is, and what shows it.

use std::sync::Arc;

use super::chain::{distinct, document_of, full_name, holds_steps, lowered, rank, within};
use super::first::is_used_first;
use super::held::Held;
use super::judge::Found;
use super::path::{Way, is_direct, ways};
use super::widened::Widened;
use super::wider::Gain;
use super::worth::{Aim, Hold};
use super::{Escalation, EscalationState};
use crate::iam::access::Access;
use crate::iam::power::{Hub, Next, Power, Sum};
use crate::iam::step::Step;
use crate::value::Unknown;

/// The way of all services that have no way of their own.
const ANY_SERVICE: &str = "passrole-any-consumer";

impl Power {
    pub(super) fn tell(&self, access: Access<'_, '_>, principal: usize, held: &Held) -> Vec<Escalation> {
        let mut told: Vec<Escalation> = Vec::with_capacity(held.found.len());
        for (at, found) in held.found.iter().enumerate() {
            let Some(mut one) = self.escalation(access, principal, held, found) else { continue };
            for widened in held.widened.iter().filter(|widened| widened.by.contains(&at)) {
                self.widen(access, principal, found, widened, &mut one);
            }
            if found.is_bound && one.state == EscalationState::Confined {
                continue;
            }
            // What passes a role as well stands beside what does not.
            if !told.iter().any(|other| other.path.id == one.path.id && is_better(other, &one)) {
                told.push(one);
            }
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
        let open = |one: &Escalation| one.state == EscalationState::Open && one.by.contains("`iam:PassRole`");
        if told.iter().any(|one| open(one) && one.path.id != ANY_SERVICE) {
            told.retain(|one| one.path.id != ANY_SERVICE);
        }
        told.sort_by_key(|one| (one.state, rank(one.severity), one.path.all.len()));
        told
    }

    /// Tells of a way by which the principal itself comes to hold more where that is enough for an administrator.
    fn widen(&self, access: Access<'_, '_>, principal: usize, found: &Found, widened: &Widened, told: &mut Escalation) {
        if told.administrator || (widened.sure && !self.leads_on(principal)) {
            return;
        }
        let then = self.then(access, principal, widened).or_else(|| {
            // What it comes to is not known at all.
            (found.is_bound && widened.is_cut && widened.limit.is_some()).then(|| (None, 1, Vec::new()))
        });
        let Some((to, steps, because)) = then else { return };
        told.unknown = found.holds.iter().find_map(|hold| hold.unknown.clone()).or_else(|| widened.limit.clone());
        told.state = if told.unknown.is_none() { EscalationState::Open } else { EscalationState::Undecided };
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
        let account = access.account_of(principal);
        let first = || self.first.get(&(Hub::Account, String::new(), account)).copied();
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
        let is_of_all = |hold: &Hold| matches!(hold.aim, Aim::Whole) || is_used_first(hold);
        if state == EscalationState::Open && to.is_none() && found.holds.iter().all(is_of_all) {
            to = match &found.left {
                Some(left) => left.iter().copied().find(|to| *to != principal && self.leads_on(*to)),
                None => self.first_of(way, access.account_of(principal)).filter(|to| *to != principal),
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
                if let Some(one) = self.made.get(&to) {
                    let actor = access.actor(principal).map(|actor| format!("{} `{}` ", actor.kind, actor.name));
                    because.push(Step::new(format!("{}{}", actor.unwrap_or_default(), one.text), one.origin));
                } else if let Some(actor) = access.actor(to) {
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
            _ if !limited && is_direct(way) && !held.is_outside(way) && found.is_of_all_or_own() => Some(1),
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
            to: to.filter(|to| !self.made.contains_key(to)),
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
}

/// Whether the first of two ways with the same name, one of which passes a role, leads at least as far.
fn is_better(one: &Escalation, other: &Escalation) -> bool {
    (one.state, !one.administrator) <= (other.state, !other.administrator)
}

/// Whether a way raises users and the principal is none: it takes one to share with, or one who comes by way of it.
fn takes_user(access: Access<'_, '_>, principal: usize, way: &Way) -> bool {
    let kind = access.identity.principals.get(principal).map(|principal| &*principal.instance.row.kind);
    way.raises_users() && matches!(kind, Some("role" | "permission-set"))
}

/// The group by which alone all of it is held.
fn by_group(access: Access<'_, '_>, principal: usize, holds: &[Hold]) -> Option<usize> {
    let user = access.identity.principals.get(principal)?;
    let group = |hold: &Hold| user.memberships.get(hold.held.membership?).and_then(|membership| membership.other);
    let first = group(holds.first()?)?;
    holds.iter().all(|hold| group(hold) == Some(first)).then_some(first)
}
