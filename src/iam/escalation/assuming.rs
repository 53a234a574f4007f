//! Who of those whom trusts name may assume the role, as they are and once they have rid themselves of denials.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::held::{Held, MAX_TARGETS};
use super::kind::is_tag;
use super::target::Targets;
use super::world::World;
use crate::iam::access::{Access, Assuming, Wanted};
use crate::iam::condition::is_harmless;
use crate::iam::coverage::Whose;
use crate::iam::document::Statement;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// Of so many pairs of a role and a principal it is asked whether one may assume the other.
const MAX_PAIRS: usize = 100_000;

/// What each principal is denied of assuming roles.
type Denials<'i> = BTreeMap<usize, Vec<&'i Statement>>;

impl World {
    /// Leaves of those whom trusts name the ones who may assume the role, and names those of the account who may where that
    /// depends on who asks.
    pub(super) fn name_those_who_assume(&mut self, access: Access<'_, '_>) {
        let identities = &access.identity.principals;
        let is_here = |at: usize| access.is_same_account(self.account, access.account_of(at));
        let asks =
            |at: &usize| identities.get(*at).is_some_and(|one| &*one.instance.row.kind != "group") && is_here(*at);
        let mut all = std::mem::take(&mut self.trusted);
        let (mut pairs, mut denials) = (0, Denials::new());
        if all.iter().any(|trusted| trusted.unnamed.is_some()) {
            let wanted = Wanted::at_home("sts:AssumeRole");
            let takes_all = |denial: &&Statement| {
                denial.always_denies()
                    && wanted
                        .action
                        .is_some_and(|action| denial.takes_in_all(action, Whose::Own(&self.own_accounts)).is_true())
            };
            let is_denied = |at: &usize| access.denials_of(*at, &wanted).iter().any(takes_all);
            self.assuming_none = (0..identities.len()).filter(asks).filter(is_denied).collect();
        }
        let asking_for_tags = access.asking_for_tags();
        for (role, trusted) in all.iter_mut().enumerate() {
            // From one account to another both sides have a say.
            let is_elsewhere = self.elsewhere.contains(&role);
            trusted.particular |= asking_for_tags.contains(&role);
            if is_elsewhere && trusted.account.is_some() && !trusted.particular {
                self.open_elsewhere.push(role);
            }
            trusted.particular |= is_elsewhere;
            let of_account = trusted.particular && trusted.account.is_some();
            if trusted.principals.is_empty() && !of_account {
                continue;
            }
            if of_account {
                self.asking.push(role);
            }
            pairs += if of_account { identities.len() } else { trusted.principals.len() };
            if pairs > MAX_PAIRS {
                let subject = "who may assume so many roles";
                let limit = |at: Origin| Arc::new(Unknown::new(Why::Limit, subject, at));
                let named = trusted.principals.drain(..).map(|(principal, at)| (principal, limit(at)));
                trusted.perhaps.extend(named);
                trusted.perhaps_account = trusted.account.take().map(|at| (Arc::from("*"), limit(at)));
                (trusted.open, trusted.particular) = (true, false);
                continue;
            }
            let among: Vec<usize> = match of_account {
                true => (0..identities.len()).filter(asks).collect(),
                false => {
                    let mut named: Vec<usize> = trusted.principals.iter().map(|(principal, _)| *principal).collect();
                    named.retain(|principal| is_here(*principal));
                    named.sort_unstable();
                    named.dedup();
                    named
                }
            };
            for principal in among.iter().filter(|_| is_elsewhere) {
                self.asking_elsewhere.entry(*principal).or_default().push(role);
            }
            let who = access.who_assumes(role, among.into_iter());
            let who = match is_elsewhere {
                true => self.granted_elsewhere(access, role, who),
                false => self.granted_here(access, role, who, &mut denials),
            };
            trusted.principals = who.certain;
            trusted.perhaps.extend(who.perhaps);
            for principal in who.denied {
                self.kept_out.entry(principal).or_default().push(role);
            }
            if trusted.particular {
                trusted.account = None;
            }
        }
        self.trusted = all;
    }

    /// Of those whom the trust of a role of the account lets in the ones who may assume it, those of whom that is not known and
    /// those to whom it is denied.
    fn granted_here<'i>(
        &self,
        access: Access<'i, '_>,
        role: usize,
        who: Assuming,
        denials: &mut Denials<'i>,
    ) -> Assuming {
        let wanted = Wanted::at_home("sts:AssumeRole");
        let (mut certain, mut found) = (who.certain, Assuming { denied: who.denied, ..Assuming::default() });
        for principal in who.admitted {
            match self.granted(access, principal, role) {
                (Some(place), _) => certain.push((principal, place)),
                (None, Some(unknown)) => found.perhaps.push((principal, unknown)),
                (None, None) => {}
            }
        }
        for (principal, may_be_absent) in who.if_tagged {
            let changes =
                access.tags_by(principal, role).filter(|(action, _)| may_be_absent || !action.contains("untag"));
            if let Some((_, grant)) = changes {
                let unknown =
                    Unknown::new(Why::Condition, "which tags the role then has", grant.statement.value.origin);
                found.perhaps.push((principal, Arc::new(unknown)));
            }
        }
        let told = |principal: usize| certain.iter().any(|(one, _)| *one == principal);
        found.perhaps.extend(who.perhaps.into_iter().filter(|(principal, _)| !told(*principal)));
        for (principal, place) in certain {
            let denials = denials.entry(principal).or_insert_with(|| access.denials_of(principal, &wanted));
            let targets = if denials.is_empty() { None } else { Targets::of(access, self, principal, &wanted) };
            match targets.map_or((Truth::False, None), |targets| targets.is_denied(denials, role)) {
                (Truth::True, _) => found.denied.push(principal),
                (Truth::Unknown, Some(unknown)) => found.perhaps.push((principal, unknown)),
                _ => found.certain.push((principal, place)),
            }
        }
        found
    }

    /// The statement that lets a principal assume a role whose trust leaves it to the account, else why that is not known.
    fn granted(&self, access: Access<'_, '_>, principal: usize, role: usize) -> (Option<Origin>, Option<Arc<Unknown>>) {
        let wanted = Wanted::at_home("sts:AssumeRole");
        let grants = access.grants(principal, &wanted, None).grants;
        let Some(targets) = Targets::of(access, self, principal, &wanted) else { return (None, None) };
        let mut doubt = None;
        for (grant, left_out) in grants.iter().zip(targets.left_out_each(&grants)) {
            let free = grant.truth == Truth::True
                && grant.tests.iter().all(|test| is_harmless(&test.key) || is_tag(&test.key))
                && self.among("role", &grant.extent).contains(&role);
            let perhaps = left_out.perhaps.iter().find(|(one, _)| *one == role);
            match (free, left_out.all.contains(&role)) {
                (true, false) => return (Some(grant.statement.value.origin), None),
                (true, true) => doubt = doubt.or_else(|| perhaps.map(|(_, unknown)| unknown.clone())),
                (false, _) => {}
            }
        }
        (None, doubt)
    }
}

impl Held {
    /// Adds the roles whose trusts let a principal in that is no longer denied to assume them.
    pub(super) fn assume_undenied(&mut self, access: Access<'_, '_>, world: &World, principal: usize) {
        let Some(roles) = world.kept_out.get(&principal) else { return };
        if roles.len() > MAX_TARGETS {
            self.cut = self.cut.take().or_else(|| Some(Held::limit(Origin::NONE)));
        }
        for role in roles.iter().take(MAX_TARGETS) {
            let who = access.who_assumes(*role, std::iter::once(principal));
            let who = world.granted_here(access, *role, who, &mut Denials::new());
            self.assumes.extend(who.certain.into_iter().map(|(_, place)| (*role, place)));
            self.perhaps.extend(who.perhaps.into_iter().map(|(_, unknown)| (*role, unknown)));
        }
    }
}
