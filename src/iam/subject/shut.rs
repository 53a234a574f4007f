//! What stands over those who hold a policy, whatever the policy grants: denials of their other policies, their permissions
//! boundaries, and the service control policies of the organization.

use std::sync::Arc;

use super::ceiling::{Ceiling, Ceilings};
use crate::iam::Identity;
use crate::iam::access::under_resource_controls;
use crate::iam::action_set::ActionSet;
use crate::iam::document::Document;
use crate::iam::facts::{Control, Limit};
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

/// What has been found of the unit.
pub(super) struct Limits {
    /// What each principal is denied by its policies.
    denied: Option<Vec<Taken>>,
    ceilings: Ceilings,
    /// What holds for everybody.
    everybody: Shut,
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
    /// What stands over everybody, and where what is found of each is kept.
    pub(super) fn limits(&self) -> Limits {
        let mut ceilings = Ceilings::default();
        let everybody = self.shut_to_everybody(&mut ceilings);
        Limits { denied: self.denied_by_policies(), ceilings, everybody }
    }

    /// What service control policies leave nobody with.
    pub(super) fn shut_to_everybody(&self, ceilings: &mut Ceilings) -> Shut {
        let mut shut = Shut::default();
        let access = self.access();
        let controls = &access.facts.controls;
        for control in &controls.controls {
            let Some(document) = access.document(control.document) else { continue };
            let taken = denied_by_control(control, document);
            if taken.is_empty() {
                continue;
            }
            shut.bounded = true;
            shut.possible.add(&taken);
            if control.applies == Truth::True {
                shut.certain.add(&taken);
            } else {
                shut.unknown = shut.unknown.take().or_else(|| control.unknown.clone());
            }
        }
        for list in &controls.allow_lists {
            let documents = list.documents.iter().filter_map(|at| Some((*at, access.document(*at)?)));
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

    /// What is not left to a principal.
    pub(super) fn shut_to(&self, principal: usize, limits: &mut Limits) -> Shut {
        let mut shut = limits.everybody.clone();
        if let Some(denied) = limits.denied.as_ref().and_then(|all| all.get(principal)) {
            shut.deny(denied);
        }
        let Some((taken, unknown)) = self.taken_by_boundary(principal, &mut limits.ceilings) else { return shut };
        shut.within(&taken, unknown.as_ref());
        let access = self.access();
        if let Some(Limit::Document(document)) = access.facts.holdings.get(principal).map(|holding| &holding.boundary) {
            shut.deny(&Taken::wholly(access.closed_by(*document)));
        }
        shut
    }

    /// The holders of a policy by what they are not left with: one share, of nobody, where others may hold it that are not
    /// known.
    pub(super) fn shares(&self, policy: usize, limits: &mut Limits) -> Shares {
        let holders = self.policies.get(policy).map_or(&[][..], |policy| &policy.holders);
        let mut shares: Shares = Vec::new();
        for holder in holders {
            let shut = match holder.principal {
                Some(principal) => self.shut_to(principal, limits),
                None => limits.everybody.clone(),
            };
            match shares.iter_mut().find(|(known, _)| known.is_like(&shut)) {
                Some((_, among)) => among.push(holder.clone()),
                None => shares.push((shut, vec![holder.clone()])),
            }
        }
        let is_free = |(shut, _): &(Shut, Vec<Holder>)| shut.is_like(&limits.everybody);
        if !shares.iter().any(is_free) && (shares.is_empty() || self.may_have_others(policy)) {
            shares.push((limits.everybody.clone(), Vec::new()));
        }
        shares
    }

    /// What stands over whoever holds a document that is not tied to anybody.
    pub(super) fn shares_of_nobody(&self, limits: &Limits) -> Shares {
        vec![(limits.everybody.clone(), Vec::new())]
    }
}

/// What a control denies.
fn denied_by_control(control: &Control, document: &Document) -> Taken {
    let taken = document.taken();
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
