//! What everybody who holds a policy is denied by another of his policies.

use super::shut::Shut;
use crate::iam::Identity;
use crate::iam::identity::HOLDERS;
use crate::model::Resolution;

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
        let Some(instance) = self.policies.get(policy).map(|policy| &policy.instance) else { return true };
        let is_open = |one: &crate::model::KindInstance<'_>| {
            HOLDERS.iter().any(|kind| {
                let has = one.has_field(kind);
                has && one.field(kind, &self.relations).as_list().is_some_and(|list| list.rest.is_some())
            })
        };
        is_open(instance)
            || self.attachments.iter().any(|attachment| match attachment.own {
                Some(at) => at == policy && is_open(&attachment.instance),
                None => {
                    let meant = self.relations.resolve(&attachment.policy, "policy", attachment.instance.index);
                    matches!(meant, Resolution::Unknown(_))
                }
            })
    }
}
