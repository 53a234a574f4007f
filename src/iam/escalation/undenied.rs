//! What a principal comes to hold that rids itself of what denies it something: it detaches or deletes the policy, or leaves
//! the group that has it.

use std::sync::Arc;

use super::given::Off;
use super::held::{Held, held};
use super::judge::Found;
use super::net::is_enough;
use super::rewrite::WRITE;
use super::widened::{Widened, evaluated, widened};
use super::world::World;
use super::worth::Hold;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::condition::{Context, Test, is_harmless};
use crate::iam::document::Statement;
use crate::iam::facts::{self, Holding, Limit, Source};
use crate::value::{Truth, Unknown, Value, Why};

const POLICY: &str = "iam:policyarn";

/// How much is taken off.
#[derive(Clone, Copy, Debug)]
struct Taking {
    /// Only what comes off without doubt.
    sure: bool,
    /// What allows something as well is kept.
    spares: bool,
}

/// What is taken off without doubt is not made doubtful by what may be.
const TAKINGS: [Taking; 4] = [
    Taking { sure: true, spares: true },
    Taking { sure: true, spares: false },
    Taking { sure: false, spares: true },
    Taking { sure: false, spares: false },
];

/// So many times denials are taken off that keep others from being taken off.
const MAX_ROUNDS: usize = 8;

impl Held {
    /// Adds the ways that are open once the principal has rid itself of denials.
    pub(super) fn add_undenied(&mut self, access: Access<'_, '_>, world: &World, principal: usize) {
        if self.found.iter().any(|found| is_enough(self, found)) {
            return;
        }
        let mut last = None;
        for taking in TAKINGS {
            let Some((holding, by)) = undenied(access, world, principal, taking) else { continue };
            if last.replace((taking.sure, holding.held.clone())) == Some((taking.sure, holding.held.clone())) {
                continue;
            }
            if access.boundary_policy(principal).is_some() && matches!(holding.boundary, Limit::None) {
                self.add_unbound(access, world, principal, holding, &by);
                continue;
            }
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

impl Held {
    /// Adds what the principal is good for without its boundary, where what takes that away is not certain to.
    fn add_unbound(&mut self, access: Access<'_, '_>, world: &World, principal: usize, holding: Holding, by: &[Hold]) {
        let is_it = |found: &Found| {
            found
                .holds
                .iter()
                .any(|hold| by.iter().any(|one| one.statement == hold.statement && one.action == hold.action))
        };
        let by_what = (0..self.found.len()).filter(|at| self.found.get(*at).is_some_and(is_it)).collect();
        let widened = evaluated(access, world, principal, self, holding, (by_what, false));
        let limit = by.iter().find_map(|hold| hold.unknown.clone());
        self.widened.push(Widened { limit, ..widened });
    }
}

/// What a principal holds once it has rid itself of denials, and perhaps of its boundary, and by what; none where it cannot. What
/// is denied of taking one off may itself be taken off first.
fn undenied(access: Access<'_, '_>, world: &World, principal: usize, taking: Taking) -> Option<(Holding, Vec<Hold>)> {
    let (mut left, mut by) = (access.holding(principal)?.clone(), Vec::new());
    for _ in 0..MAX_ROUNDS {
        let then = access.as_if(principal, &left);
        let (gone, more) = taken_off(then, world, (principal, principal), taking).unwrap_or_default();
        let of_boundary = unbound(then, world, (principal, principal), taking.sure);
        if more.is_empty() && of_boundary.is_none() {
            break;
        }
        if of_boundary.is_some() {
            left.boundary = Limit::None;
        }
        left.held.retain(|one| !gone.contains(one));
        by.extend(more.into_iter().chain(of_boundary));
    }
    let is_one = |hold: &Hold| taking.sure || hold.unknown.is_some();
    by.iter().any(is_one).then_some((left, by))
}

/// What is taken off somebody of what limits it, and by what.
pub(super) type Freed = (Off, Vec<Hold>);

/// What somebody may take off another one, denials and a permissions boundary that it changes: one thing or the other.
pub(super) fn freed_by(access: Access<'_, '_>, world: &World, (by, target): (usize, usize), sure: bool) -> Vec<Freed> {
    let held = access.holding(target).map_or(&[][..], |holding| &holding.held);
    let of_boundary = unbound(access, world, (by, target), sure);
    let mut all: Vec<Freed> = Vec::new();
    for taking in TAKINGS.into_iter().filter(|taking| taking.sure == sure) {
        let (gone, mut holds) = taken_off(access, world, (by, target), taking).unwrap_or_default();
        let policies = (0..held.len()).filter(|at| held.get(*at).is_some_and(|one| gone.contains(one))).collect();
        holds.extend(of_boundary.clone());
        let off = Off { policies, boundary: of_boundary.is_some() };
        if !holds.is_empty() && !all.iter().any(|(other, _)| *other == off) {
            all.push((off, holds));
        }
    }
    all
}

/// By what somebody changes the policy that is the permissions boundary of another one, or perhaps its own; none where it cannot.
fn unbound(access: Access<'_, '_>, world: &World, (by, target): (usize, usize), sure: bool) -> Option<Hold> {
    let policy = access.boundary_policy(target)?;
    let reset = || reset(access, world, by, policy).filter(|_| !sure);
    let hold = if by == target { reset() } else { changed_by(access, world, (by, policy), sure) };
    hold.filter(|_| access.is_bounded(target))
}

/// By what somebody changes a policy: it writes it or, with doubt, makes an older version the one that counts.
pub(super) fn changed_by(
    access: Access<'_, '_>,
    world: &World,
    (by, policy): (usize, usize),
    sure: bool,
) -> Option<Hold> {
    let writes = held_by(access, world, by, WRITE, policy, None).filter(|hold| !sure || hold.unknown.is_none());
    writes.or_else(|| if sure { None } else { reset(access, world, by, policy) })
}

/// By what somebody makes an older version of a policy the one that counts: what that says is not known.
fn reset(access: Access<'_, '_>, world: &World, by: usize, policy: usize) -> Option<Hold> {
    let hold = held_by(access, world, by, RESET, policy, None)?;
    let subject = format!("what older versions say of policy `{}`", access.document_name(policy));
    let older = || Arc::new(Unknown::new(Why::NotInTree, subject, hold.statement));
    Some(Hold { unknown: Some(hold.unknown.clone().unwrap_or_else(older)), ..hold })
}

/// Whether a principal holds a policy that denies something.
pub(super) fn is_denied(access: Access<'_, '_>, principal: usize) -> bool {
    access.holding(principal).is_some_and(|holding| holding.held.iter().any(|held| denies(access, held)))
}

/// Whether a principal holds something that takes denials off.
pub(super) fn takes_off(access: Access<'_, '_>, principal: usize) -> bool {
    TAKES_OFF.iter().any(|name| !access.grants(principal, &Wanted::new(name), None).grants.is_empty())
}

fn allows(access: Access<'_, '_>, held: &facts::Held) -> bool {
    let document = access.document(held.document);
    document.is_none_or(|document| document.statements.iter().any(|one| one.allows() != Truth::False))
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
    Taking { sure, spares }: Taking,
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
        if gone.contains(held) || (spares && allows(access, held)) {
            continue;
        }
        let of_same_group = |one: &&facts::Held| one.membership == held.membership;
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
        let is_worth = || spares && holding.held.iter().filter(of_same_group).any(|one| allows(access, one));
        let leaves = held.membership.filter(|_| !is_worth()).map(|_| "iam:RemoveUserFromGroup".to_owned());
        let attached = held.attachment.and(access.facts.source(held.document));
        let policy = match attached {
            Some(Source::Own(policy)) if !sure => Some(policy),
            _ => None,
        };
        // Whoever leaves the group has no more of what it allows.
        let mut is_off = false;
        for action in [takes_it_off].into_iter().chain(leaves) {
            let policy = if action.contains("Detach") { Some(held) } else { None };
            let hold = held_by(access, world, from, &action, owner, policy);
            let Some(hold) = hold.filter(|hold| !sure || hold.unknown.is_none()) else { continue };
            let leaves = hold.action == "iam:removeuserfromgroup";
            gone.extend(holding.held.iter().filter(|one| *one == held || (leaves && of_same_group(one))));
            if !by.iter().any(|other| other.action == hold.action && other.statement == hold.statement) {
                by.push(hold);
            }
            is_off = true;
            break;
        }
        if let Some(hold) = policy.filter(|_| !is_off).and_then(|policy| reset(access, world, from, policy)) {
            gone.extend(holding.held.iter().filter(|one| one.document == held.document));
            by.push(hold);
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

/// The action that makes another version of a policy the one that counts.
const RESET: &str = "iam:SetDefaultPolicyVersion";

/// What changes a permissions boundary.
pub(super) const UNBINDS: [&str; 4] = [
    "iam:createpolicyversion",
    "iam:setdefaultpolicyversion",
    "iam:putuserpermissionsboundary",
    "iam:putrolepermissionsboundary",
];

/// The name of an action as permissions are called by.
fn name_of(wanted: &Wanted) -> Option<&'static str> {
    TAKES_OFF.into_iter().chain(UNBINDS).find(|name| *name == wanted.name)
}
