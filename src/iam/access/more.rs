//! Whether it matters that a principal may hold more than what is known: of what may be attached to it, or not, it is known
//! what it would allow.

use std::sync::Arc;

use super::{Access, Wanted};
use crate::iam::facts::Holding;
use crate::iam::watched::Bits;
use crate::value::{Truth, Unknown};

impl<'i> Access<'i, '_> {
    /// Why a principal may hold more, and the watched actions that this would allow it; all of them where they are not known.
    pub(in crate::iam) fn more_of(&self, principal: usize) -> Option<(&'i Arc<Unknown>, Bits)> {
        let holding = self.facts.holdings.get(principal)?;
        let mut bits = if holding.perhaps.is_some() { Bits::default() } else { Bits::ALL };
        holding.perhaps.iter().flatten().for_each(|document| bits.add(&self.watched_of(*document)));
        Some((holding.incomplete.as_ref()?, bits))
    }

    /// Why somebody may hold more by which it could be allowed an action.
    pub(super) fn more_that_allows(&self, holding: &'i Holding, wanted: &Wanted) -> Option<&'i Arc<Unknown>> {
        let allows = |document: &usize| self.naming(*document, wanted).any(|(one, _)| one.allows() != Truth::False);
        let may_allow = |documents: &Vec<usize>| documents.iter().any(allows);
        holding.incomplete.as_ref().filter(|_| holding.perhaps.as_ref().is_none_or(may_allow))
    }
}
