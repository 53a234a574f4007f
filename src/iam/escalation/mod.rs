//! Ways from what a principal may do to more: known paths that are open, roles that can be assumed, and the chain of them
//! that ends with an administrator.

mod assuming;
mod becoming;
mod boundary;
mod bounded;
mod carried;
mod carrier;
mod chain;
mod changed;
mod command;
mod deputy;
mod directory;
mod doubt;
mod elsewhere;
mod federation;
mod first;
mod given;
mod group;
mod held;
mod judge;
mod kind;
mod link;
mod made;
mod more;
mod net;
mod pass;
mod path;
mod raised;
mod rebound;
mod retagged;
mod rewrite;
mod sum;
mod target;
mod told;
mod undenied;
mod widened;
mod wider;
mod world;
mod worlds;
mod worth;

pub(super) use chain::{rank, title_of};

use super::access::Access;
use super::identity::Identity;
use super::power::{Administrator, Escalation, EscalationState, Passage, Power};
use crate::source::Origin;

impl Identity<'_> {
    /// Finds the ways of all principals where somebody will ask, before several ask at once.
    pub(crate) fn prepare(&self, kinds: &[&str]) {
        let ask = ["user", "group", "role", "permission-set", "statement", "escalation"];
        if kinds.iter().any(|kind| ask.contains(kind)) {
            self.access().power();
        }
    }
}

impl<'i> Access<'i, '_> {
    fn power(&self) -> &'i Power {
        if let Some(power) = self.identity.power.get() {
            return power;
        }
        // Not within the cell: who waits for a part of this work may take up other work that asks the same, and would wait
        // for itself.
        let mut power = Power::of(self.once_tagged());
        let accounts = &self.identity.accounts;
        if !self.is_one_account() && accounts.are_some_open() {
            power.doubt_accounts(&Power::of(self.once_tagged().as_one_account()), accounts.doubt(Origin::NONE));
        }
        self.identity.power.get_or_init(|| power)
    }

    /// Whether what a group opens may be open to some of its members only.
    pub(in crate::iam) fn tells_members_apart(&self) -> bool {
        self.has_personal_policies() || self.power().compares_tags
    }

    /// The ways of escalation that a principal holds, open ones first, by severity; none for one who may do everything.
    pub fn escalations(&self, principal: usize) -> &'i [Escalation] {
        self.power().escalations.get(principal).map_or(&[], Vec::as_slice)
    }

    /// Whether a principal is an administrator by any door: granted, or by ways that lead there.
    pub fn administrator(&self, principal: usize) -> Administrator {
        self.power().administrator(*self, principal)
    }

    /// The ways between principals of the unit: roles that may be assumed, passed or taken over. What leads to whole types
    /// of principals is listed for the first that is an administrator only.
    pub fn passages(&self) -> &'i [Passage] {
        &self.power().passages
    }
}
