//! Whether it matters that a principal may hold more than what is known: of what may be attached to it, or not, it is known
//! what it would allow.

use std::sync::Arc;

use super::{Access, Extent, Pattern, Wanted};
use crate::iam::arn::arn_of_policy;
use crate::iam::facts::{Holding, Source};
use crate::iam::watched::Bits;
use crate::value::{Truth, Unknown};

impl<'i> Access<'i, '_> {
    /// Why a principal may hold more, and the watched actions that this would allow it; all of them where they are not known.
    pub(in crate::iam) fn more_of(&self, principal: usize) -> Option<(&'i Arc<Unknown>, Bits)> {
        let holding = self.facts.holdings.get(principal)?;
        let mut bits = if holding.perhaps.is_some() { Bits::default() } else { Bits::ALL };
        for document in holding.perhaps.iter().flatten() {
            bits.add(&if self.may_rewrite(holding, *document) { Bits::ALL } else { self.watched_of(*document) });
        }
        Some((holding.incomplete.as_ref()?, bits))
    }

    /// Whether a principal may be able to rewrite a policy of the unit.
    fn may_rewrite(&self, holding: &Holding, document: usize) -> bool {
        let Some(Source::Own(policy)) = self.facts.source(document) else { return false };
        let Some(arn) = arn_of_policy(self.identity, policy) else { return false };
        let address = self.identity.policies.get(policy).map(|policy| &policy.instance.resource.address);
        let is_meant = |pattern: &Pattern| match &pattern.refers {
            Some(refers) => Some(refers) == address,
            None => pattern.glob.meets(&arn) != Truth::False,
        };
        let takes_in = |extent: &Extent| match extent {
            Extent::Among(patterns, rest) => rest.is_some() || patterns.iter().any(is_meant),
            Extent::AllBut(..) => true,
        };
        ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"].into_iter().any(|action| {
            let grants = self.grants_of(holding, &Wanted::new(action), None).grants;
            grants.iter().any(|grant| grant.truth != Truth::False && takes_in(&grant.extent))
        })
    }

    /// Why somebody may hold more by which it could be allowed an action.
    pub(super) fn more_that_allows(&self, holding: &'i Holding, wanted: &Wanted) -> Option<&'i Arc<Unknown>> {
        let allows = |document: &usize| self.naming(*document, wanted).any(|(one, _)| one.allows() != Truth::False);
        let may_allow = |documents: &Vec<usize>| documents.iter().any(allows);
        holding.incomplete.as_ref().filter(|_| holding.perhaps.as_ref().is_none_or(may_allow))
    }
}
