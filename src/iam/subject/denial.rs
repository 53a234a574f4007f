//! What everybody who holds a policy is denied by another of his policies.

use crate::iam::Identity;
use crate::iam::catalogue;
use crate::iam::identity::{HOLDERS, Principal, aws_managed_name};
use crate::iam::taken::Taken;
use crate::model::Resolution;

impl Identity<'_> {
    /// What denials take from each principal; none where nobody is denied anything.
    pub(super) fn denied_by_policies(&self) -> Option<Vec<Taken>> {
        let of_policies: Vec<Taken> = self
            .policies
            .iter()
            .map(|policy| match policy.is_boundary || policy.instance.resource.possible.is_some() {
                true => Taken::default(),
                false => policy.document.taken().clone(),
            })
            .collect();
        let own = |principal: &Principal<'_>| {
            let mut denied = Taken::default();
            for attachment in principal.attached.iter().filter_map(|at| self.attachments.get(*at)) {
                if let Some(set) = attachment.own.and_then(|at| of_policies.get(at)) {
                    denied.add(set);
                } else if let Some(managed) =
                    aws_managed_name(&attachment.policy).and_then(|name| catalogue::managed_policy(&name))
                {
                    denied.add(managed.document().taken());
                }
            }
            for set in principal.inline.iter().filter_map(|at| of_policies.get(*at)) {
                denied.add(set);
            }
            denied
        };
        let mut all: Vec<Taken> = self.principals.iter().map(own).collect();
        if all.iter().all(Taken::is_empty) {
            return None;
        }
        // Users have the policies of their groups, too; no group is in another.
        for (at, user) in self.principals.iter().enumerate().filter(|(_, one)| &*one.instance.row.kind == "user") {
            for group in user.memberships.iter().filter_map(|membership| membership.other) {
                let of_group = all.get(group).cloned().unwrap_or_default();
                if let Some(denied) = all.get_mut(at) {
                    denied.add(&of_group);
                }
            }
        }
        Some(all)
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
