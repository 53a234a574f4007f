//! The roles of what a grant is about that is no identity: functions, stacks, instances.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kind::is_whole;
use super::worth::{Aim, One};
use crate::iam::access::{Extent, Pattern};
use crate::value::{Truth, Unknown};

impl One<'_, '_, '_> {
    /// What the patterns are good for by what they mean that runs with a role, and why that is not certain.
    pub(super) fn carried(&self, patterns: &[&Pattern]) -> (Aim, Option<Arc<Unknown>>) {
        let (services, denied) = (&self.way.path.service, self.denied());
        let is_trusted = |role: &usize| services.is_empty() || self.world.trusts(*role, services) != Truth::False;
        let roles = |carriers: &[usize]| -> Vec<usize> {
            let all: BTreeSet<usize> = carriers.iter().filter_map(|one| self.world.carriers.role_of(*one)).collect();
            all.into_iter().filter(|role| !denied.contains(role) && is_trusted(role)).collect()
        };
        let mut meant = self.meant(patterns);
        let perhaps = match self.way.class() {
            "passrole" => self.perhaps_left().find(|(one, _)| meant.contains(one)),
            _ => None,
        };
        if !self.is_open_to_tags() {
            meant.retain(|one| self.left_out.all.binary_search(one).is_err());
        }
        let found = roles(&meant);
        match self.way.class() {
            // It is there to be given another role.
            "passrole" if !found.is_empty() => (Aim::Own, None),
            "passrole" => match perhaps {
                Some((_, unknown)) => (Aim::Own, Some(unknown.clone())),
                None => (Aim::Elsewhere, None),
            },
            _ if found.is_empty() => (Aim::Elsewhere, None),
            _ => (Aim::Some(found), None),
        }
    }

    /// What patterns mean that runs with a role.
    fn meant(&self, patterns: &[&Pattern]) -> Vec<usize> {
        let carriers = &self.world.carriers;
        let whole = |pattern: &&Pattern| self.wanted.action.is_some_and(|action| is_whole(action, pattern));
        if !patterns.iter().any(whole) {
            let own = patterns.iter().copied().filter(|pattern| self.world.may_be_here(pattern)).cloned().collect();
            // What is called as the user is its own by the name alone.
            let mut own = Extent::Among(own, None);
            let user = self.access.holding(self.principal).and_then(|holding| holding.user.as_deref());
            user.into_iter().for_each(|user| own.name_caller(user));
            let (Extent::Among(own, _) | Extent::AllBut(own, _)) = &own;
            return own.iter().flat_map(|pattern| carriers.meant_by(pattern)).collect();
        }
        self.world.carriers_of(self.way).to_vec()
    }

    /// Whether something is of a service of the way.
    fn is_of_way(&self, carrier: usize) -> bool {
        self.world.carriers_of(self.way).binary_search(&carrier).is_ok()
    }

    fn perhaps_left(&self) -> impl Iterator<Item = &(usize, Arc<Unknown>)> {
        let perhaps = if self.is_open_to_tags() { &[][..] } else { &self.left_out.perhaps };
        perhaps.iter().filter(|(one, _)| self.is_of_way(*one))
    }

    /// The roles of which it is not known whether what runs with them has the tags that the grant asks for, with the reason.
    pub(super) fn perhaps_carried(&self) -> Vec<(usize, Arc<Unknown>)> {
        if self.kind_of_target().is_none() || self.way.class() == "passrole" || self.left_out.perhaps.is_empty() {
            return Vec::new();
        }
        let carriers = &self.world.carriers;
        let named: BTreeSet<usize> = match &self.grant.extent {
            Extent::Among(patterns, _) => self.meant(&patterns.iter().collect::<Vec<_>>()),
            extent @ Extent::AllBut(..) => carriers.among(self.wanted.action, extent),
        }
        .into_iter()
        .collect();
        let services = &self.way.path.service;
        let trusts = |role: usize| services.is_empty() || self.world.trusts(role, services) != Truth::False;
        let left = self.perhaps_left().filter(|(one, _)| named.contains(one));
        let roles = left.filter_map(|(one, why)| Some((carriers.role_of(*one)?, why.clone())));
        roles.filter(|(role, _)| trusts(*role)).collect()
    }

    /// The roles of which all that runs with them for the way is among some.
    pub(super) fn carried_by_none_but(&self, some: &[usize]) -> Vec<usize> {
        if some.is_empty() {
            return Vec::new();
        }
        let (mut gone, mut left) = (BTreeSet::new(), BTreeSet::new());
        for one in self.world.carriers_of(self.way).iter().copied() {
            let Some(role) = self.world.carriers.role_of(one) else { continue };
            if some.binary_search(&one).is_ok() {
                gone.insert(role)
            } else {
                left.insert(role)
            };
        }
        gone.difference(&left).copied().collect()
    }
}
