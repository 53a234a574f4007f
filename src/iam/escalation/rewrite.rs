//! Who may write what a policy says, whoever holds it.

use std::cell::{Cell, OnceCell};
use std::sync::Arc;

use super::world::World;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::condition::is_harmless;
use crate::iam::document::Statement;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// The action that writes a policy.
pub(super) const WRITE: &str = "iam:CreatePolicyVersion";

/// No more grants and denials are looked at for the policies that one principal may write.
const MAX_LOOKED_AT: usize = 200_000;

/// What a principal holds by which it writes policies, looked up once for all that are asked about.
pub(super) struct Rewriting<'i, 'u> {
    pub(super) access: Access<'i, 'u>,
    pub(super) principal: usize,
    writes: OnceCell<Vec<Grant<'i>>>,
    /// So many grants and denials may still be looked at.
    left: Cell<usize>,
}

impl<'i, 'u> Rewriting<'i, 'u> {
    pub(super) fn of(access: Access<'i, 'u>, principal: usize) -> Rewriting<'i, 'u> {
        Rewriting { access, principal, writes: OnceCell::new(), left: Cell::new(MAX_LOOKED_AT) }
    }

    fn writes(&self) -> &[Grant<'i>] {
        self.writes.get_or_init(|| {
            let mut writes = self.access.grants(self.principal, &Wanted::new(WRITE), None).grants;
            writes.retain(is_free);
            writes
        })
    }

    /// Whether the principal may write a policy; undecided where that is too much to look at.
    pub(super) fn may_write(&self, world: &World, policy: &Value) -> Truth {
        let (writes, Some(policy)) = (self.writes(), Pattern::of(policy, false)) else { return Truth::False };
        let work: usize = writes.iter().map(|grant| 1 + grant.exceptions.len()).sum();
        let Some(left) = self.left.get().checked_sub(work) else { return Truth::Unknown };
        self.left.set(left);
        can_rewrite(world, writes, &[policy]).into()
    }

    /// Whether the principal may write one of some policies.
    pub(super) fn writes_one(&self, world: &World, policies: &[Pattern]) -> bool {
        can_rewrite(world, self.writes(), policies)
    }

    /// That it was too much to look at.
    pub(super) fn limit(&self, at: Origin) -> Arc<Unknown> {
        Arc::new(Unknown::new(Why::Limit, "who may write so many policies", at))
    }
}

pub(super) fn is_free(grant: &Grant<'_>) -> bool {
    grant.truth == Truth::True && grant.tests.iter().all(|test| is_harmless(&test.key))
}

/// Whether grants to write new versions of policies reach one of these.
pub(super) fn can_rewrite(world: &World, writes: &[Grant<'_>], policies: &[Pattern]) -> bool {
    let named = |pattern: &Pattern| world.matching("policy", pattern).sure;
    let is_one = |a: &Pattern, b: &Pattern| {
        let some = named(b);
        !some.is_empty() && named(a).iter().any(|policy| some.contains(policy))
    };
    let meet = |a: &Pattern, b: &Pattern| crate::iam::owner::meets(&a.glob, &b.glob, &world.own_accounts);
    let same = |a: &Pattern, b: &Pattern| match (&a.refers, &b.refers) {
        (Some(a), Some(b)) => a == b,
        (None, None) => meet(a, b) == Truth::True,
        // A reference and a name.
        _ => meet(a, b) == Truth::True || is_one(a, b),
    };
    writes.iter().any(|grant| {
        let denied = |policy: &Pattern| {
            let names = |denial: &Statement| match Extent::of(denial) {
                Extent::Among(patterns, _) => patterns.iter().any(|one| same(one, policy)),
                spares @ Extent::AllBut(..) => spares.covers(policy) == Truth::True,
            };
            grant.exceptions.iter().any(|denial| names(denial))
        };
        let mut left = policies.iter().filter(|policy| !denied(policy));
        match &grant.extent {
            Extent::Among(patterns, _) => left.any(|b| patterns.iter().any(|a| same(a, b))),
            Extent::AllBut(patterns, _) => left.any(|b| !patterns.iter().any(|a| same(a, b))),
        }
    })
}
