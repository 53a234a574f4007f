//! What a principal comes to hold that rids itself of what denies it something: it detaches or deletes the policy, or leaves
//! the group that has it.

use std::sync::Arc;

use super::given::Off;
use super::held::{Held, held};
use super::net::is_enough;
use super::rewrite::WRITE;
use super::widened::widened;
use super::world::World;
use super::worth::Hold;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::condition::{Context, Test, is_harmless};
use crate::iam::document::Statement;
use crate::iam::facts::{self, Holding, Source};
use crate::value::{Truth, Unknown, Value, Why};

const POLICY: &str = "iam:policyarn";

/// So many times denials are taken off that keep others from being taken off.
const MAX_ROUNDS: usize = 8;

impl Held {
    /// Adds the ways that are open once the principal has rid itself of denials.
    pub(super) fn add_undenied(&mut self, access: Access<'_, '_>, world: &World, principal: usize) {
        if self.found.iter().any(|found| is_enough(self, found)) {
            return;
        }
        // What is taken off without doubt is not made doubtful by what may be.
        for sure in [true, false] {
            let Some((holding, by)) = undenied(access, world, principal, sure) else { continue };
            let then = access.as_if(principal, &holding);
            let mut more = held(then, world, principal);
            more.widened = widened(then, world, principal, &more).into_iter().collect();
            let is_done = more.widened.iter().any(|widened| widened.sure && widened.may_lead());
            self.add_after(more, &by, world);
            if is_done || self.found.iter().any(|found| is_enough(self, found)) {
                return;
            }
        }
    }
}

/// What a principal holds once it has rid itself of denials, and by what; none where it cannot. What is denied of taking one off
/// may itself be taken off first.
fn undenied(access: Access<'_, '_>, world: &World, principal: usize, sure: bool) -> Option<(Holding, Vec<Hold>)> {
    let (mut left, mut by) = (access.holding(principal)?.clone(), Vec::new());
    for _ in 0..MAX_ROUNDS {
        let then = access.as_if(principal, &left);
        let Some((gone, more)) = taken_off(then, world, (principal, principal), sure) else { break };
        left.held.retain(|one| !gone.contains(one));
        by.extend(more);
    }
    let is_one = |hold: &Hold| sure || hold.unknown.is_some();
    by.iter().any(is_one).then_some((left, by))
}

/// What is taken off somebody of what limits it, and by what.
pub(super) type Freed = (Off, Vec<Hold>);

/// What somebody may take off another one, denials and a permissions boundary that it rewrites; none where it cannot.
pub(super) fn freed_by(
    access: Access<'_, '_>,
    world: &World,
    (by, target): (usize, usize),
    sure: bool,
) -> Option<Freed> {
    let (gone, mut holds) = taken_off(access, world, (by, target), sure).unwrap_or_default();
    let held = &access.holding(target)?.held;
    let policies = (0..held.len()).filter(|at| held.get(*at).is_some_and(|one| gone.contains(one))).collect();
    let of_boundary = unbound(access, world, (by, target), sure);
    let boundary = of_boundary.is_some();
    holds.extend(of_boundary);
    (!holds.is_empty()).then_some((Off { policies, boundary }, holds))
}

/// By what somebody rewrites the policy that is the permissions boundary of another one; none where it cannot.
fn unbound(access: Access<'_, '_>, world: &World, (by, target): (usize, usize), sure: bool) -> Option<Hold> {
    let hold = held_by(access, world, by, WRITE, access.boundary_policy(target)?, None)?;
    ((!sure || hold.unknown.is_none()) && access.is_bounded(target)).then_some(hold)
}

/// Whether a principal holds a policy that denies something.
pub(super) fn is_denied(access: Access<'_, '_>, principal: usize) -> bool {
    access.holding(principal).is_some_and(|holding| holding.held.iter().any(|held| denies(access, held)))
}

/// Whether a principal holds something that takes denials off.
pub(super) fn takes_off(access: Access<'_, '_>, principal: usize) -> bool {
    TAKES_OFF.iter().any(|name| !access.grants(principal, &Wanted::new(name), None).grants.is_empty())
}

fn denies(access: Access<'_, '_>, held: &facts::Held) -> bool {
    let document = access.document(held.document);
    document.is_some_and(|document| document.statements.iter().any(|one| one.denies() != Truth::False))
}

/// The denials that one may take off another one, or itself, as it is, and by what; none where there are none.
fn taken_off(
    access: Access<'_, '_>,
    world: &World,
    (from, principal): (usize, usize),
    sure: bool,
) -> Option<(Vec<facts::Held>, Vec<Hold>)> {
    let holding = access.holding(principal)?;
    let kind = match &*access.identity.principals.get(principal)?.instance.row.kind {
        "user" => "User",
        "role" => "Role",
        "group" => "Group",
        _ => return None,
    };
    let (mut gone, mut by): (Vec<facts::Held>, Vec<Hold>) = (Vec::new(), Vec::new());
    for held in holding.held.iter().filter(|held| denies(access, held)) {
        if gone.contains(held) {
            continue;
        }
        let of_group = held.membership.and_then(|at| {
            let membership = access.identity.principals.get(principal)?.memberships.get(at)?;
            membership.other
        });
        let (owner, owner_kind) = match (held.membership, of_group) {
            (None, _) => (principal, kind),
            (Some(_), Some(group)) => (group, "Group"),
            (Some(_), None) => continue,
        };
        let verb = if held.attachment.is_some() { "Detach" } else { "Delete" };
        let takes_it_off = format!("iam:{verb}{owner_kind}Policy");
        let leaves = held.membership.is_some().then_some("iam:RemoveUserFromGroup".to_owned());
        // Whoever leaves the group has no more of what it allows.
        for action in [takes_it_off].into_iter().chain(leaves) {
            let policy = if action.contains("Detach") { Some(held) } else { None };
            let hold = held_by(access, world, from, &action, owner, policy);
            let Some(hold) = hold.filter(|hold| !sure || hold.unknown.is_none()) else { continue };
            let leaves = hold.action == "iam:removeuserfromgroup";
            gone.extend(
                holding.held.iter().filter(|one| *one == held || (leaves && one.membership == held.membership)),
            );
            if !by.iter().any(|other| other.action == hold.action && other.statement == hold.statement) {
                by.push(hold);
            }
            break;
        }
    }
    (!gone.is_empty()).then_some((gone, by))
}

/// How a principal holds an action on one user, role, group or policy, to take a policy off it where that is attached.
fn held_by(
    access: Access<'_, '_>,
    world: &World,
    principal: usize,
    action: &str,
    on: usize,
    policy: Option<&facts::Held>,
) -> Option<Hold> {
    let wanted = Wanted::new(action);
    let kind = super::kind::kind_of(&wanted.name)?;
    let is_itself = on == principal && kind != "policy";
    let means =
        |pattern: &Pattern| (is_itself && pattern.of_caller) || world.matching(kind, pattern).sure.contains(&on);
    let reaches = |grant: &Grant<'_>| {
        let named = match &grant.extent {
            extent if extent.is_everything() => true,
            Extent::Among(patterns, _) => patterns.iter().any(means),
            Extent::AllBut(patterns, _) => !patterns.iter().any(means),
        };
        named && !world.denied(kind, grant).contains(&on)
    };
    let source = policy.and_then(|held| access.facts.source(held.document));
    let is_of_policy = |test: &Test, variables: bool| match source {
        Some(Source::Managed(policy)) => {
            test.holds(&Context::default().with(POLICY, [policy.arn().as_str()]), variables) == Truth::True
        }
        Some(Source::Own(policy)) => {
            let is_it = |value: &Value| {
                let pattern = Pattern::of(value, variables);
                pattern.is_some_and(|pattern| world.matching("policy", &pattern).sure.contains(&policy))
            };
            let is_known = test.rest.is_none() && test.values.iter().all(|value| value.first_unknown().is_none());
            let named = test.values.iter().any(is_it);
            match test.kind() {
                Some(operator) if operator.negated => is_known && !named,
                Some(_) => test.is_positive() && named,
                None => false,
            }
        }
        _ => false,
    };
    let is_open = |grant: &Grant<'_>| {
        let passes = |test: &Test| match test.key.as_str() {
            POLICY => is_of_policy(test, grant.statement.variables),
            key => is_harmless(key),
        };
        grant.tests.iter().all(|test| passes(test))
    };
    let is_managed = matches!(source, Some(Source::Managed(_)));
    // Whether what is denied of it is just this.
    let denies = |denial: &Statement| {
        Truth::all(denial.tests.iter().map(|test| match test.key.as_str() {
            POLICY if is_managed || test.kind().is_some() => Truth::from(is_of_policy(test, denial.variables)),
            _ => Truth::Unknown,
        }))
    };
    let denied = |grant: &Grant<'_>| Truth::any(grant.denials.iter().map(|denial| denies(denial)));
    let grants = access.grants(principal, &wanted, None).grants;
    let fits = |grant: &&Grant<'_>| denied(grant) != Truth::True && is_open(grant) && reaches(grant);
    let rank = |grant: &&Grant<'_>| (denied(grant) != Truth::False, grant.truth != Truth::True);
    let grant = grants.iter().filter(fits).min_by_key(rank)?;
    let of_denial = grant.denials.iter().find(|denial| denies(denial) == Truth::Unknown).map(|denial| {
        let subject = format!("whether `{}` is denied then", wanted.name);
        Arc::new(Unknown::new(Why::Condition, subject, denial.value.origin))
    });
    let hold = Hold::first(grant, name_of(&wanted)?);
    Some(Hold { unknown: hold.unknown.or(of_denial), ..hold })
}

/// What takes a denial off somebody.
pub(super) const TAKES_OFF: [&str; 7] = [
    "iam:detachuserpolicy",
    "iam:detachrolepolicy",
    "iam:detachgrouppolicy",
    "iam:deleteuserpolicy",
    "iam:deleterolepolicy",
    "iam:deletegrouppolicy",
    "iam:removeuserfromgroup",
];

/// What changes a permissions boundary.
pub(super) const UNBINDS: [&str; 3] =
    ["iam:createpolicyversion", "iam:putuserpermissionsboundary", "iam:putrolepermissionsboundary"];

/// The name of an action as permissions are called by.
fn name_of(wanted: &Wanted) -> Option<&'static str> {
    TAKES_OFF.into_iter().chain(UNBINDS).find(|name| *name == wanted.name)
}
