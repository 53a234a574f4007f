//! What everybody who holds a policy is denied by another of his policies.

use super::shut::Shut;
use crate::iam::Identity;
use crate::iam::identity::HOLDERS;
use crate::model::{KindInstance, Resolution};

impl Identity<'_> {
    /// Adds what a principal is denied by the policies that it holds, those of its groups among them.
    pub(super) fn deny_by_policies(&self, principal: usize, shut: &mut Shut) {
        let access = self.access();
        let Some(holding) = access.facts.holdings.get(principal) else { return };
        for document in holding.held.iter().filter_map(|held| access.document(held.document)) {
            shut.deny_by(document);
        }
    }

    /// Whether a policy may be held by somebody who is not known.
    pub(super) fn may_have_others(&self, policy: usize) -> bool {
        let all = self.with_other_holders.get_or_init(|| self.find_other_holders());
        all.get(policy).copied().unwrap_or(true)
    }

    fn find_other_holders(&self) -> Vec<bool> {
        let is_open = |one: &KindInstance<'_>| {
            HOLDERS.iter().any(|kind| {
                let has = one.has_field(kind);
                has && one.field(kind, &self.relations).as_list().is_some_and(|list| list.rest.is_some())
            })
        };
        let mut open: Vec<bool> = self.policies.iter().map(|policy| is_open(&policy.instance)).collect();
        for attachment in &self.attachments {
            match attachment.own {
                Some(policy) => {
                    if let Some(open) = open.get_mut(policy) {
                        *open |= is_open(&attachment.instance);
                    }
                }
                None => {
                    let meant = self.relations.resolve(&attachment.policy, "policy", attachment.instance.index);
                    // It may be of any policy.
                    if matches!(meant, Resolution::Unknown(_)) {
                        return vec![true; open.len()];
                    }
                }
            }
        }
        open
    }
}
