//! Whose permissions a grant changes.

use super::kind::kind_of;
use super::worth::One;
use crate::iam::access::Extent;

impl One<'_, '_, '_> {
    /// The others whose permissions the grant changes, and whether it changes those of the principal itself.
    pub(super) fn changed(&self) -> (Vec<usize>, bool) {
        let (Extent::Among(patterns, _), Some(kind)) = (&self.grant.extent, kind_of(&self.wanted.name)) else {
            return (Vec::new(), true);
        };
        let denied = self.denied_otherwise();
        let (mut others, mut itself) = (Vec::new(), false);
        for pattern in patterns {
            itself |= pattern.of_caller && !self.leaves_itself_out(kind);
            for target in self.world.matching(kind, pattern).sure {
                if denied.binary_search(&target).is_ok() {
                    continue;
                }
                itself |= self.is_own(kind, target);
                match kind {
                    "policy" => {
                        let holders = self.access.identity.policies.get(target).into_iter();
                        others.extend(holders.flat_map(|policy| &policy.holders).filter_map(|holder| holder.principal));
                    }
                    _ => others.push(target),
                }
            }
        }
        others.retain(|other| *other != self.principal);
        others.sort_unstable();
        others.dedup();
        (others, itself)
    }
}
