//! Whether what a principal may hold besides what is known leads it any further.

use std::sync::{Arc, LazyLock};

use super::path::ways;
use crate::iam::access::{Access, BESIDES, Wanted};
use crate::iam::catalogue::passrole_consumers;
use crate::iam::watched::Bits;
use crate::value::Unknown;

/// Services' actions that take a role.
static CONSUMERS: LazyLock<Vec<Wanted>> =
    LazyLock::new(|| passrole_consumers().iter().map(|name| Wanted::new(name)).collect());

static BESIDE: LazyLock<[Wanted; 4]> = LazyLock::new(|| BESIDES.map(Wanted::new));

impl<'i> Access<'i, '_> {
    /// Why a principal may hold more by which it could come to further permissions: it would hold all of a way, and some of it
    /// by that.
    pub(in crate::iam) fn more_that_leads_on(&self, principal: usize) -> Option<&'i Arc<Unknown>> {
        let (unknown, more) = self.more_of(principal)?;
        let mut all = self.watched(principal).unwrap_or_default();
        all.add(&more);
        let has = |some: &[Wanted], bits: &Bits| some.iter().any(|wanted| wanted.is_in(bits));
        let opens = ways().iter().any(|way| {
            way.entries.iter().all(|entry| has(entry, &all))
                && (way.entries.iter().any(|entry| has(entry, &more))
                    || (way.needs_consumer() && has(&CONSUMERS, &more)))
        });
        Some(unknown).filter(|_| opens || has(&*BESIDE, &more))
    }
}
