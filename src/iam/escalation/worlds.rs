//! What there is to take over in each of the accounts that a unit deploys to.

use std::sync::Arc;

use super::chain::rank;
use super::world::World;
use super::{Escalation, EscalationState};
use crate::iam::access::Access;
use crate::iam::power::{Doubt, Next, Power};
use crate::value::Unknown;

/// The accounts, and in which of them each principal is.
pub(super) struct Worlds {
    all: Vec<World>,
    /// By principal, and by those who would hold a policy.
    of: Vec<usize>,
}

impl Worlds {
    pub(super) fn of(access: Access<'_, '_>) -> Worlds {
        let accounts = &access.identity.accounts;
        let of = if accounts.is_one() { Vec::new() } else { (0..access.facts.holdings.len()).collect() };
        Worlds {
            all: (0..accounts.count()).map(|account| World::of(access, account)).collect(),
            of: of.into_iter().map(|at| access.account_of(at)).collect(),
        }
    }

    /// Adds somebody behind all others who would be in an account.
    pub(super) fn add(&mut self, account: usize) {
        if !self.of.is_empty() {
            self.of.push(account);
        }
    }

    /// The number of the account that a principal is in.
    pub(super) fn account(&self, principal: usize) -> usize {
        self.of.get(principal).copied().unwrap_or_default()
    }

    /// What there is around a principal.
    pub(super) fn around(&self, principal: usize) -> Option<&World> {
        self.in_account(self.account(principal))
    }

    /// What there is in an account.
    pub(super) fn in_account(&self, account: usize) -> Option<&World> {
        self.all.get(account)
    }

    /// All of them, with their numbers.
    pub(super) fn all(&self) -> impl Iterator<Item = (usize, &World)> {
        self.all.iter().enumerate()
    }

    /// Whether a principal is a group.
    pub(super) fn is_group(&self, principal: usize) -> bool {
        self.around(principal).is_some_and(|world| world.is_group(principal))
    }
}

impl Power {
    /// Adds what there would be if accounts that may be one and the same were one: it is not known whether there is.
    pub(super) fn doubt_accounts(&mut self, as_one: &Power, unknown: Arc<Unknown>) {
        for (at, then) in as_one.escalations.iter().enumerate() {
            let Some(told) = self.escalations.get_mut(at) else { continue };
            let leads =
                matches!(self.next.get(at), Some(Next::Granted | Next::Direct(_) | Next::By(..) | Next::Sum(_)));
            for one in then.iter().filter(|one| one.state != EscalationState::Confined) {
                let is_told = |known: &Escalation| known.path.id == one.path.id && known.state <= one.state;
                if !told.iter().any(is_told) {
                    told.retain(|known| known.path.id != one.path.id);
                    let why = Some(one.unknown.clone().unwrap_or_else(|| unknown.clone()));
                    told.push(Escalation {
                        state: EscalationState::Undecided,
                        administrator: false,
                        unknown: why,
                        ..one.clone()
                    });
                }
            }
            told.sort_by_key(|one| (one.state, rank(one.severity), one.path.all.len()));
            let may_lead = !leads && (as_one.leads_on(at) || as_one.doubts.get(at).is_some_and(Option::is_some));
            if let Some(doubt) = self.doubts.get_mut(at).filter(|doubt| may_lead && doubt.is_none()) {
                *doubt = Some(Doubt { unknown: unknown.clone(), is_own: true });
            }
        }
    }
}
