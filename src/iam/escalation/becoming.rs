//! Which roles of the unit a principal may assume: their trusts name it, or the account of which it may assume the role.

use std::cell::OnceCell;
use std::collections::HashSet;

use super::kind::is_whole;
use super::target::Targets;
use super::world::World;
use crate::iam::access::{Access, Extent, Wanted};
use crate::value::Truth;

/// The roles of one principal, found once.
pub(super) struct Becoming<'a, 'i, 'u> {
    access: Access<'i, 'u>,
    world: &'a World,
    principal: usize,
    by_account: OnceCell<HashSet<usize>>,
}

impl<'a, 'i, 'u> Becoming<'a, 'i, 'u> {
    pub(super) fn of(access: Access<'i, 'u>, world: &'a World, principal: usize) -> Becoming<'a, 'i, 'u> {
        Becoming { access, world, principal, by_account: OnceCell::new() }
    }

    /// Whether the principal may assume a role.
    pub(super) fn may_be(&self, role: usize) -> bool {
        let Some(trusted) = self.world.trusted.get(role) else { return false };
        trusted.principals.iter().any(|(trusted, _)| *trusted == self.principal)
            || (trusted.account.is_some() && self.by_account.get_or_init(|| self.find_by_account()).contains(&role))
    }

    /// Of the roles that trust the account those that the principal is granted.
    fn find_by_account(&self) -> HashSet<usize> {
        let (world, wanted) = (self.world, Wanted::at_home("sts:AssumeRole"));
        let grants = self.access.grants(self.principal, &wanted, None).grants;
        let targets = Targets::of(self.access, world, self.principal, &wanted);
        let left_out = targets.map(|targets| targets.left_out_each(&grants)).unwrap_or_default();
        let mut all = HashSet::new();
        for (at, grant) in grants.iter().enumerate() {
            let mut denied: HashSet<usize> = world.denied("role", grant).into_iter().collect();
            denied.extend(left_out.get(at).into_iter().flat_map(|left_out| &left_out.all));
            let whole = |action, patterns: &[_]| patterns.iter().any(|pattern| is_whole(action, pattern));
            let of_account = || world.by_account.iter().copied();
            let named: Vec<usize> = match &grant.extent {
                Extent::AllBut(..) => of_account().collect(),
                Extent::Among(patterns, _) => {
                    let own: Vec<_> =
                        patterns.iter().filter(|pattern| world.is_own(pattern) == Truth::True).cloned().collect();
                    match wanted.action.is_some_and(|action| whole(action, &own)) {
                        true => of_account().collect(),
                        false => own.iter().flat_map(|pattern| world.matching("role", pattern).sure).collect(),
                    }
                }
            };
            all.extend(named.into_iter().filter(|role| !denied.contains(role)));
        }
        all
    }
}
