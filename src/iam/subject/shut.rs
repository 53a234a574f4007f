//! What stands over those who hold a policy, whatever the policy grants: denials of their other policies, their permissions
//! boundaries, and the service control policies of the organization.

use std::collections::HashMap;
use std::sync::Arc;

use super::ceiling::{Ceiling, Ceilings};
use crate::iam::Identity;
use crate::iam::access::under_resource_controls;
use crate::iam::action_set::ActionSet;
use crate::iam::document::Document;
use crate::iam::facts::{Control, Holding, Limit, Source};
use crate::iam::identity::Holder;
use crate::iam::taken::Taken;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// What some holder is not left with of any grant.
#[derive(Clone, Debug, Default)]
pub(super) struct Shut {
    /// For certain.
    pub(super) certain: Taken,
    /// The same, with what is possibly taken.
    pub(super) possible: Taken,
    /// A permissions boundary or a service control policy has a part in it.
    pub(super) bounded: bool,
    /// Why it is not known how much it is.
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// Some holders of a policy with what they all are not left with.
pub(super) type Shares = Vec<(Shut, Vec<Holder>)>;

/// Whom the policies of the organization stand over: the account, and those of them that are others for somebody.
type Below = (usize, Vec<(usize, usize)>);

/// What has been found of the unit.
#[derive(Debug, Default)]
pub(super) struct Limits {
    ceilings: Ceilings,
    /// What denials take of principals, where that depends on who asks.
    denied: HashMap<usize, Shut>,
    /// What the policies of the organization leave nobody with.
    organization: Vec<(Below, Shut)>,
}

impl Shut {
    /// Whether everything is left.
    pub(super) fn is_nothing(&self) -> bool {
        self.possible.is_empty()
    }

    /// The same as a ceiling of its own.
    pub(super) fn as_ceiling(&self) -> Ceiling {
        Ceiling { certain: self.certain.clone(), possible: self.possible.clone() }
    }

    fn is_like(&self, other: &Shut) -> bool {
        self.certain == other.certain && self.possible == other.possible
    }

    fn deny(&mut self, taken: &Taken) {
        self.certain.add(taken);
        self.possible.add(taken);
    }

    /// With what a document denies to somebody.
    pub(super) fn deny_by(&mut self, document: &Document) {
        let (taken, possible) = (document.taken(), document.possibly_taken());
        if !possible.is_empty() {
            self.certain.add(taken);
            self.possible.add(possible);
            self.unknown = self.unknown.take().or_else(|| document.doubtful_denial());
        }
    }

    fn within(&mut self, ceiling: &Ceiling, unknown: Option<&Arc<Unknown>>) {
        // Of what is not left on whole types, something may be left.
        let of = |all: &Taken| Taken { gone: ActionSet::empty(), ..all.clone() };
        self.certain.add(&of(&ceiling.certain));
        self.possible.add(&of(&ceiling.possible));
        self.bounded = true;
        self.unknown = self.unknown.take().or_else(|| unknown.cloned());
    }

    /// What both are not left with.
    fn common(&self, other: &Shut) -> Shut {
        Shut {
            certain: self.certain.intersection(&other.certain),
            possible: self.possible.intersection(&other.possible),
            bounded: self.bounded && other.bounded,
            unknown: self.unknown.clone().or_else(|| other.unknown.clone()),
        }
    }

    /// Why it is not known what is left, where that makes a difference.
    pub(super) fn open(&self, origin: Origin) -> Option<Arc<Unknown>> {
        let unknown = || Arc::new(Unknown::new(Why::Condition, "what the permissions boundary allows", origin));
        (self.certain != self.possible).then(|| self.unknown.clone().unwrap_or_else(unknown))
    }
}

/// What all of some holders are not left with.
pub(super) fn common(shares: &Shares) -> Shut {
    let mut all = shares.iter().map(|(shut, _)| shut);
    let Some(first) = all.next() else { return Shut::default() };
    all.fold(first.clone(), |common, shut| common.common(shut))
}

impl Identity<'_> {
    /// What the policies of the organization do not leave to somebody.
    fn shut_by_organization(&self, holding: &Holding, limits: &mut Limits) -> Shut {
        let is_it = |below: &Below| below.0 == holding.account && below.1 == holding.controls;
        let known = limits.organization.iter().find(|(below, _)| is_it(below));
        if let Some((_, shut)) = known {
            return shut.clone();
        }
        let shut = self.find_shut_by_organization(holding, &mut limits.ceilings);
        limits.organization.push(((holding.account, holding.controls.clone()), shut.clone()));
        shut
    }

    fn find_shut_by_organization(&self, holding: &Holding, ceilings: &mut Ceilings) -> Shut {
        let mut shut = Shut::default();
        let access = self.access();
        let controls = &access.facts.controls;
        for control in controls.over(holding.account) {
            let Some(document) = access.document(holding.control(control.document)) else { continue };
            let taken = denied_by_control(control, document.taken());
            let possible = denied_by_control(control, document.possibly_taken());
            if possible.is_empty() {
                continue;
            }
            shut.bounded = true;
            shut.possible.add(&possible);
            if control.applies == Truth::True {
                shut.certain.add(&taken);
            }
            let unknown = || control.unknown.clone().or_else(|| document.doubtful_denial());
            shut.unknown = shut.unknown.take().or_else(unknown);
        }
        for list in controls.lists_over(holding.account) {
            let numbers = list.documents.iter().map(|written| holding.control(*written));
            let documents = numbers.filter_map(|at| Some((at, access.document(at)?)));
            let mut sum: Option<(Ceiling, ActionSet)> = None;
            for (at, document) in documents {
                let taken = self.taken_by(at, document, ceilings);
                let closed = access.closed_by(at);
                sum = Some(match sum {
                    None => ((*taken).clone(), closed),
                    Some((known, all)) => {
                        let certain = known.certain.intersection(&taken.certain);
                        let possible = known.possible.intersection(&taken.possible);
                        (Ceiling { certain, possible }, all.intersection(&closed))
                    }
                });
            }
            let Some((mut taken, all)) = sum else { continue };
            match &list.unknown {
                Some(_) => taken.certain = Taken::default(),
                None => shut.deny(&Taken::wholly(all)),
            }
            shut.within(&taken, list.unknown.as_ref());
        }
        shut
    }

    /// What is not left to a principal. Members of a group come and go, so that their permissions boundaries do not count for
    /// the group; what depends on who asks is known of its members alone.
    pub(super) fn shut_to(&self, principal: usize, limits: &mut Limits) -> Shut {
        let access = self.access();
        let mut shut = match limits.denied.get(&principal) {
            Some(known) => known.clone(),
            None => {
                let shut = self.denied_to_any(principal, limits);
                if access.has_personal_policies() {
                    limits.denied.insert(principal, shut.clone());
                }
                shut
            }
        };
        let Some((taken, unknown)) = self.taken_by_boundary(principal, &mut limits.ceilings) else { return shut };
        shut.within(&taken, unknown.as_ref());
        if let Some(Limit::Document(document)) = access.facts.holdings.get(principal).map(|holding| &holding.boundary) {
            shut.deny(&Taken::wholly(access.closed_by(*document)));
        }
        shut
    }

    /// What the organization and its policies do not leave to a principal: of a group what depends on who asks as it is for
    /// all of its members, where they are known.
    fn denied_to_any(&self, principal: usize, limits: &mut Limits) -> Shut {
        let own = self.denied_to(principal, limits);
        if !self.access().has_personal_policies() || own.certain == own.possible || !self.knows_members(principal) {
            return own;
        }
        let members = self.principals.get(principal).map_or(&[][..], |group| &group.memberships);
        let members = members.iter().filter_map(|membership| membership.other);
        let all = members.map(|member| self.denied_to(member, limits));
        let Some(mut shut) = all.reduce(|all, one| all.common(&one)) else { return own };
        // What the members are denied besides is no matter of the group.
        let within = |taken: &Taken| taken.intersection(&own.possible);
        (shut.certain, shut.possible) = (within(&shut.certain), within(&shut.possible));
        shut.deny(&own.certain);
        shut
    }

    /// What the organization does not leave to a principal, and what its policies deny.
    fn denied_to(&self, principal: usize, limits: &mut Limits) -> Shut {
        let Some(holding) = self.access().facts.holdings.get(principal) else { return Shut::default() };
        let mut shut = self.shut_by_organization(holding, limits);
        self.deny_by_policies(principal, &mut shut);
        shut
    }

    /// What is not left to somebody of whom nothing is known.
    pub(super) fn shut_to_anybody(&self, limits: &mut Limits) -> Shut {
        let anybody = &self.access().facts.anybody;
        let mut shut = self.shut_by_organization(anybody, limits);
        for account in 1..self.accounts.count() {
            let other = self.shut_by_organization(&Holding { account, ..anybody.clone() }, limits);
            shut.certain = shut.certain.intersection(&other.certain);
            shut.possible.add(&other.possible);
            shut.bounded |= other.bounded;
            shut.unknown = shut.unknown.take().or(other.unknown);
        }
        shut
    }

    /// As this, of the holder of a document that nobody in the unit holds.
    fn shut_to_holder(&self, limits: &mut Limits, is_it: impl Fn(Source) -> bool) -> Shut {
        let (access, mut shut) = (self.access(), self.shut_to_anybody(limits));
        let held = access.facts.holder_of(is_it).map_or(&[][..], |holding| &holding.held);
        held.iter().filter_map(|held| access.document(held.document)).for_each(|document| shut.deny_by(document));
        shut
    }

    /// The holders of a policy by what they are not left with: one share, of nobody, where others may hold it that are not
    /// known.
    pub(super) fn shares(&self, policy: usize, limits: &mut Limits) -> Shares {
        let holders = self.policies.get(policy).map_or(&[][..], |policy| &policy.holders);
        let is_it = |source: Source| matches!(source, Source::Own(at) if at == policy);
        let anybody = self.shut_to_holder(limits, is_it);
        let mut shares: Shares = Vec::new();
        for holder in holders {
            let shut = match holder.principal {
                Some(principal) => self.shut_to(principal, limits),
                None => anybody.clone(),
            };
            match shares.iter_mut().find(|(known, _)| known.is_like(&shut)) {
                Some((_, among)) => among.push(holder.clone()),
                None => shares.push((shut, vec![holder.clone()])),
            }
        }
        let is_free = |(shut, _): &(Shut, Vec<Holder>)| shut.is_like(&anybody);
        if !shares.iter().any(is_free) && (shares.is_empty() || self.may_have_others(policy)) {
            shares.push((anybody, Vec::new()));
        }
        shares
    }

    /// What stands over whoever holds a document that is not tied to anybody.
    pub(super) fn shares_of_nobody(&self, loose: usize, limits: &mut Limits) -> Shares {
        let is_it = |source: Source| matches!(source, Source::Loose(at) if at == loose);
        vec![(self.shut_to_holder(limits, is_it), Vec::new())]
    }
}

/// What a control denies.
fn denied_by_control(control: &Control, taken: &Taken) -> Taken {
    if !control.of_resources {
        return taken.clone();
    }
    Taken {
        gone: under_resource_controls(&taken.gone),
        bound: under_resource_controls(&taken.bound),
        narrow: under_resource_controls(&taken.narrow),
    }
}

/// What is certain of an answer that is found once with all that may be left, and once with what surely is.
pub(super) fn settled(most: Value, least: &Value, reason: &Arc<Unknown>) -> Value {
    let origin = most.origin;
    let open = || Value::unknown(derived(reason), origin);
    if most.as_unknown().is_some() || most.is_null() || most.as_bool() == Some(false) {
        return most;
    }
    match (most.as_list(), least.as_list()) {
        (Some(all), Some(sure)) if all.items.len() > sure.items.len() => {
            super::open_list(sure.items.clone(), &Some(derived(reason)), origin)
        }
        (None, None) if least.is_null() || least.as_bool() == Some(false) || least.as_unknown().is_some() => open(),
        _ => least.clone(),
    }
}
