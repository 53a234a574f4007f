//! Conditions on the permissions boundary around what an action works on: the one that is there, or one that whoever asks puts
//! there first.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::boundary::{BOUNDARY, admits_administration, makes_one_alone, sheds_of};
use super::path::Way;
use super::rewrite::Rewriting;
use super::target::Targets;
use super::world::World;
use crate::iam::access::{Access, Grant, Pattern, Wanted};
use crate::iam::arn::arn_of_policy;
use crate::iam::condition::{Family, Operator, Test, is_harmless};
use crate::iam::facts::{Limit, Source};
use crate::iam::glob::Glob;
use crate::iam::owner;
use crate::value::{Truth, Unknown, Value};

/// Whether a condition on a key is on the boundary that is there when an action begins. What makes a user or role, or puts a
/// boundary around one, is asked for the new one.
///
/// Source: the Service Authorization Reference of IAM, `iam:PermissionsBoundary`.
pub(super) fn is_on_boundary(action: &str, key: &str) -> bool {
    let puts = action.starts_with("iam:put") && action.ends_with("permissionsboundary");
    key == BOUNDARY && !puts && !action.starts_with("iam:create")
}

/// Whether a test on the boundary around a user or role holds for that which there is.
pub(super) fn holds_of_boundary(access: Access<'_, '_>, world: &World, test: &Test, target: usize) -> Truth {
    let (Some(kind), Some(holding)) = (test.kind(), access.holding(target)) else { return Truth::Unknown };
    let absent = test.holds_when_absent();
    match (&holding.boundary, kind.family) {
        (Limit::Unknown(_), _) => Truth::Unknown,
        (Limit::None, _) => absent.map_or(Truth::Unknown, Truth::from),
        (Limit::Document(_), Family::Null) => absent.map_or(Truth::Unknown, |absent| Truth::from(!absent)),
        (Limit::Document(document), _) => {
            let is_it = |value: &Value| is_document(access, world, kind, value, *document);
            matched(test, kind, test.values.iter().map(is_it))
        }
    }
}

/// Why it is not known which boundary is around a user or role that a test asks for.
pub(super) fn boundary_doubt(access: Access<'_, '_>, test: &Test, target: usize) -> Option<Arc<Unknown>> {
    match &access.holding(target).filter(|_| test.key == BOUNDARY)?.boundary {
        Limit::Unknown(unknown) => Some(unknown.clone()),
        Limit::None | Limit::Document(_) => None,
    }
}

/// What a test comes to whose values match what is there or do not.
fn matched(test: &Test, kind: Operator, values: impl Iterator<Item = Truth>) -> Truth {
    let known = Truth::any(values);
    let known = if test.rest.is_some() { known.or(Truth::Unknown) } else { known };
    if kind.negated { !known } else { known }
}

/// Whether a value of a condition names a policy by which somebody is bounded.
fn is_document(access: Access<'_, '_>, world: &World, kind: Operator, value: &Value, document: usize) -> Truth {
    let Some(pattern) = Pattern::of(value, false) else { return Truth::Unknown };
    if !kind.has_wildcards() && value.as_str().is_some_and(|text| text.contains(['*', '?'])) {
        return Truth::False;
    }
    match access.facts.source(document) {
        Some(Source::Own(policy)) => {
            let found = world.matching("policy", &pattern);
            let is_other = match pattern.refers {
                Some(_) => !found.sure.is_empty(),
                None => arn_of_policy(access.identity, policy)
                    .is_some_and(|arn| owner::meets(&pattern.glob, &arn, &world.own_accounts) == Truth::False),
            };
            match found.sure.contains(&policy) {
                true => Truth::True,
                false if !is_other && (found.open || pattern.unknown.is_some()) => Truth::Unknown,
                false => Truth::False,
            }
        }
        Some(Source::Managed(policy)) => pattern.glob.covers(&Glob::literal(&policy.arn())),
        _ => Truth::Unknown,
    }
}

/// What a principal holds by which it changes the boundaries of what an action works on, each with those that it is for.
pub(super) struct Rebounding<'i, 'u> {
    rewriting: Rewriting<'i, 'u>,
    deletes: Vec<(Grant<'i>, BTreeSet<usize>)>,
    puts: Vec<(Grant<'i>, BTreeSet<usize>)>,
}

/// The tests that a grant to put a boundary makes of the new one, with how they must come out.
fn asked_of_new<'g>(grant: &'g Grant<'_>) -> impl Iterator<Item = (&'g Test, Truth)> {
    let own = grant.tests.iter().map(|test| (*test, Truth::True));
    let denied = grant.denials.iter().flat_map(|denial| &denial.tests).map(|test| (test, Truth::False));
    own.chain(denied).filter(|(test, _)| test.key == BOUNDARY)
}

impl<'i, 'u> Targets<'_, 'i, 'u> {
    /// Whether a test on the boundary of a target holds, as it had better come out for the principal: as it is, or once the
    /// principal has taken it away or put another one there that leaves something to be gained.
    pub(super) fn holds_once_rebound(&self, test: &Test, target: usize, suits: Truth) -> Truth {
        let now = self.holds_now(test, target);
        if now == suits {
            return now;
        }
        let rebounding = self.rebounding.get_or_init(|| self.find_rebounding());
        let deletes = rebounding.deletes.iter().any(|(grant, targets)| {
            let is_let = |test: &&Test| test.key != BOUNDARY || self.holds_now(test, target) == Truth::True;
            targets.contains(&target) && grant.tests.iter().all(is_let)
        });
        if deletes && test.holds_when_absent().map(Truth::from) == Some(suits) {
            return suits;
        }
        let puts = rebounding.puts.iter().filter(|(_, targets)| targets.contains(&target));
        if puts.into_iter().any(|(grant, _)| self.puts_one(rebounding, grant, test, target, suits)) {
            suits
        } else {
            now
        }
    }

    /// As [`holds_of_boundary`], found once for all that have the same.
    fn holds_now(&self, test: &Test, target: usize) -> Truth {
        let find = || holds_of_boundary(self.access, self.world, test, target);
        let boundary = match self.access.holding(target).map(|holding| &holding.boundary) {
            Some(Limit::None) => None,
            Some(Limit::Document(document)) => Some(*document),
            Some(Limit::Unknown(_)) | None => return find(),
        };
        let key = (std::ptr::from_ref(test), boundary);
        let known = self.bound.borrow().get(&key).copied();
        known.unwrap_or_else(|| {
            let found = find();
            self.bound.borrow_mut().insert(key, found);
            found
        })
    }

    /// Whether a boundary that a grant lets the principal put around a target makes a test come out as it wants it, and holds
    /// nobody, or not for long.
    fn puts_one(
        &self,
        rebounding: &Rebounding<'_, '_>,
        grant: &Grant<'_>,
        test: &Test,
        target: usize,
        suits: Truth,
    ) -> bool {
        let Some(kind) = test.kind() else { return false };
        let asked: Vec<(&Test, Truth)> = asked_of_new(grant).collect();
        let present = test.holds_when_absent().map_or(Truth::Unknown, |absent| Truth::from(!absent));
        // That which allows everything, and which no condition names, is put by whoever may put any.
        let other = if kind.family == Family::Null { present } else { Truth::from(kind.negated) };
        if other == suits && asked.is_empty() {
            return true;
        }
        let is_self = target == self.principal;
        let counts: fn(&Way) -> bool = if is_self { |_| false } else { makes_one_alone };
        let mut candidates = asked.iter().map(|(test, _)| *test).chain([test]).flat_map(|test| &test.values);
        candidates.any(|value| {
            let comes_to = |test: &Test, wanted: Truth| {
                let found = match test.kind() {
                    Some(kind) if kind.family != Family::Null => {
                        matched(test, kind, test.values.iter().map(|other| self.is_same(kind, other, value)))
                    }
                    _ => test.holds_when_absent().map_or(Truth::Unknown, |absent| Truth::from(!absent)),
                };
                found == wanted
            };
            let wildcards = value.as_str().is_some_and(|text| text.contains(['*', '?']));
            let is_deleted = |(by, targets): &(Grant<'_>, BTreeSet<usize>)| {
                targets.contains(&target)
                    && by.tests.iter().all(|test| test.key != BOUNDARY || comes_to(test, Truth::True))
            };
            let sheds = || {
                !is_self
                    && (rebounding.deletes.iter().any(is_deleted)
                        || sheds_of(self.access, self.world, self.principal, target))
            };
            let administers =
                || admits_administration(&rebounding.rewriting, self.world, value, wildcards, counts).0 == Truth::True;
            comes_to(test, suits)
                && asked.iter().all(|(test, wanted)| comes_to(test, *wanted))
                && (sheds() || administers())
        })
    }

    /// Whether a value of a condition matches another one.
    fn is_same(&self, kind: Operator, value: &Value, other: &Value) -> Truth {
        if value.as_str().is_some() && value.as_str() == other.as_str() {
            return Truth::True;
        }
        let (Some(a), Some(b)) = (Pattern::of(value, false), Pattern::of(other, false)) else { return Truth::Unknown };
        let policies = |pattern: &Pattern| self.world.matching("policy", pattern).sure;
        match policies(&b).as_slice() {
            [] if kind.has_wildcards() => a.glob.covers(&b.glob),
            [] => Truth::from(a.refers.is_some() && a.refers == b.refers),
            all => {
                let named = policies(&a);
                Truth::from(all.iter().all(|policy| named.contains(policy)))
            }
        }
    }

    fn find_rebounding(&self) -> Rebounding<'i, 'u> {
        let name = if self.kind == "role" { "Role" } else { "User" };
        let changing = |verb: &str| {
            let wanted = Wanted::at_home(&format!("iam:{verb}{name}PermissionsBoundary"));
            let mut grants = self.grants(&wanted);
            grants.retain(|grant| {
                grant.truth == Truth::True
                    && grant.tests.iter().all(|test| is_harmless(&test.key) || test.key == BOUNDARY)
            });
            let targets = |grant: &Grant<'_>| {
                let mut targets: BTreeSet<usize> = self.among(wanted.action, &grant.extent).into_iter().collect();
                for gone in self.world.denied(self.kind, grant) {
                    targets.remove(&gone);
                }
                targets
            };
            grants.into_iter().map(|grant| (targets(&grant), grant)).map(|(targets, grant)| (grant, targets)).collect()
        };
        Rebounding {
            rewriting: Rewriting::of(self.access, self.principal),
            deletes: changing("Delete"),
            puts: changing("Put"),
        }
    }
}
