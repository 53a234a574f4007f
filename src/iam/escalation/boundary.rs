//! Conditions that stand for something else: a permissions boundary that can be taken away or rewritten, and policies whose
//! attachment makes an administrator.

use std::sync::{Arc, OnceLock};

use super::path::ways;
use super::world::World;
use super::worth::element;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted, names_action};
use crate::iam::catalogue::{self, ManagedPolicy, managed_policies};
use crate::iam::condition::{Qualifier, Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Held, Limit};
use crate::iam::glob::Glob;
use crate::model::Resolution;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// The key by which a permissions boundary is asked for.
pub(super) const BOUNDARY: &str = "iam:permissionsboundary";

/// What makes one of the identities that a boundary is asked of, or gives it permissions, ends with its kind.
fn kind_of(action: &str) -> &'static str {
    if action.contains("role") { "Role" } else { "User" }
}

/// Whether nothing but the boundary that is there already, or how the request comes, is asked for.
fn asks_nothing_else(grant: &Grant<'_>) -> bool {
    grant.truth == Truth::True && grant.tests.iter().all(|test| is_harmless(&test.key) || test.key == BOUNDARY)
}

fn meets(extent: &Extent, other: &Extent) -> bool {
    !extent.within(other).is_empty()
}

/// No more pairs of grants are held against each other.
const MAX_PAIRS: usize = 20_000;

/// The tests by which a grant asks for a permissions boundary: its own, and those of what is denied without one.
pub(super) fn asks_for<'g>(grant: &'g Grant<'_>) -> impl Iterator<Item = &'g Test> {
    let own = grant.tests.iter().copied();
    let denied = grant.denials.iter().filter_map(|denial| only_but(denial, grant));
    own.chain(denied).filter(|test| test.key == BOUNDARY)
}

/// The test of a denial that leaves a grant only to requests with one of its values: all others are denied, on all that is
/// granted.
pub(super) fn only_but<'d>(denial: &'d Statement, grant: &Grant<'_>) -> Option<&'d Test> {
    let [test] = denial.tests.as_slice() else { return None };
    let is_else =
        !test.is_positive() && test.quantity() == Some(Qualifier::None) && test.holds_when_absent() == Some(true);
    let negated = test.kind().is_some_and(|kind| kind.negated);
    if !is_else || !negated || denial.more_tests.is_some() || test.rest.is_some() || test.values.is_empty() {
        return None;
    }
    let denied = Extent::of(denial);
    let whole = match &grant.extent {
        Extent::Among(patterns, None) => patterns.iter().all(|pattern| denied.covers(pattern) == Truth::True),
        _ => denied.is_everything(),
    };
    whole.then_some(test)
}

/// The grant by which a boundary that is asked for can be got rid of.
#[derive(Clone, Debug)]
pub(super) struct Shed {
    pub(super) action: &'static str,
    pub(super) held: Held,
    pub(super) statement: Origin,
    /// The element of the statement that names the action.
    pub(super) element: Origin,
}

impl Shed {
    fn by(action: &'static str, grant: &Grant<'_>) -> Shed {
        let statement = grant.statement.value.origin;
        Shed { action, held: grant.held, statement, element: element(grant.statement, &action.to_ascii_lowercase()) }
    }
}

/// What a principal holds by which the boundaries of users or of roles can be got rid of, found once for all grants that
/// ask for one.
pub(super) struct Shedding<'i> {
    kind: &'static str,
    deletes: Vec<Grant<'i>>,
    puts: Vec<Grant<'i>>,
    writes: Vec<Grant<'i>>,
    /// So many pairs of grants may still be looked at.
    pairs: usize,
}

impl<'i> Shedding<'i> {
    pub(super) fn of(access: Access<'i, '_>, principal: usize, action: &str) -> Shedding<'i> {
        let kind = kind_of(action);
        let grants = |action: &str, keep: &dyn Fn(&Grant<'_>) -> bool| {
            let mut grants = access.grants(principal, &Wanted::new(action), None).grants;
            grants.retain(keep);
            grants
        };
        Shedding {
            kind,
            deletes: grants(&format!("iam:Delete{kind}PermissionsBoundary"), &asks_nothing_else),
            puts: grants(&format!("iam:Put{kind}PermissionsBoundary"), &is_free),
            writes: grants(WRITE, &is_free),
            pairs: MAX_PAIRS,
        }
    }

    /// Whether it is about the boundaries of what an action makes.
    pub(super) fn is_for(&self, action: &str) -> bool {
        self.kind == kind_of(action)
    }

    /// Whether the boundary that a grant asks for can be got rid of: taken away, replaced, or widened as a policy.
    pub(super) fn sheds(&mut self, access: Access<'_, '_>, grant: &Grant<'_>) -> (Truth, Option<Shed>) {
        let all = self.deletes.len() + self.puts.len() + self.writes.len();
        let Some(left) = self.pairs.checked_sub(all) else { return (Truth::Unknown, None) };
        self.pairs = left;
        let on_same = |other: &&Grant<'_>| meets(&other.extent, &grant.extent);
        let (delete, put) = match self.kind {
            "Role" => ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
            _ => ("iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary"),
        };
        let deletes = self.deletes.iter().find(on_same).map(|by| Shed::by(delete, by));
        let shed = deletes.or_else(|| self.puts.iter().find(on_same).map(|by| Shed::by(put, by)));
        if shed.is_some() {
            return (Truth::True, shed);
        }
        let values = asks_for(grant).flat_map(|test| &test.values);
        let boundaries: Vec<Pattern> =
            values.filter_map(|value| Pattern::of(value, grant.statement.variables)).collect();
        let shed = self.writes.iter().find(|by| can_rewrite(access, std::slice::from_ref(by), &boundaries));
        let shed = shed.map(|by| Shed::by(WRITE, by));
        (Truth::from(shed.is_some()), shed)
    }
}

const WRITE: &str = "iam:CreatePolicyVersion";

fn is_free(grant: &Grant<'_>) -> bool {
    grant.truth == Truth::True && grant.tests.iter().all(|test| is_harmless(&test.key))
}

/// Whether grants to write new versions of policies reach one of these.
fn can_rewrite(access: Access<'_, '_>, writes: &[Grant<'_>], policies: &[Pattern]) -> bool {
    let same = |a: &Pattern, b: &Pattern| match (&a.refers, &b.refers) {
        (Some(a), Some(b)) => a == b,
        _ => super::owner::meets(&a.glob, &b.glob, access.identity.own_accounts) == Truth::True,
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

/// Whether a principal may rid itself of its own boundary.
pub(super) fn can_shed_own(access: Access<'_, '_>, principal: usize) -> bool {
    if access.may_drop_boundary(principal) {
        return true;
    }
    let (Some(owner), Some(holding)) =
        (access.identity.principals.get(principal), access.facts.holdings.get(principal))
    else {
        return false;
    };
    let kind = if &*owner.instance.row.kind == "role" { "Role" } else { "User" };
    let put = Wanted::new(&format!("iam:Put{kind}PermissionsBoundary"));
    let whole = |grant: &Grant<'_>| is_free(grant) && access.reaches_itself(principal, &grant.extent);
    if access.grants(principal, &put, None).grants.iter().any(whole) {
        return true;
    }
    let Limit::Document(_) = holding.boundary else { return false };
    let value = access.identity.field(&owner.instance, "boundary");
    let mut writes = access.grants(principal, &Wanted::new(WRITE), None).grants;
    writes.retain(is_free);
    Pattern::of(&value, false).is_some_and(|boundary| can_rewrite(access, &writes, &[boundary]))
}

/// Whether somebody stays less than an administrator whatever permissions another one writes for it: within a permissions
/// boundary that the other one cannot get rid of, or denied everything by the organization. With the reason where that is
/// not known.
pub(super) fn ceiling_over(
    access: Access<'_, '_>,
    world: &World,
    by: usize,
    target: usize,
) -> (Truth, Option<Arc<Unknown>>) {
    let Some(holding) = access.facts.holdings.get(target) else { return (Truth::False, None) };
    let mut answer = (Truth::False, None);
    for control in access.facts.controls.controls.iter().filter(|control| !control.of_resources) {
        let document = access.facts.document(access.identity, holding.control(control.document));
        if document.is_some_and(|document| document.statements.iter().any(Statement::denies_everything)) {
            match control.applies {
                Truth::True => return (Truth::True, None),
                Truth::Unknown => answer = (Truth::Unknown, control.unknown.clone()),
                Truth::False => {}
            }
        }
    }
    let bound = match &holding.boundary {
        Limit::None => return answer,
        Limit::Unknown(unknown) => (Truth::Unknown, Some(unknown.clone())),
        Limit::Document(document) => {
            let Some(document) = access.facts.document(access.identity, *document) else { return answer };
            if !access.is_bounded(target) || administers(document) {
                return answer;
            }
            (Truth::True, None)
        }
    };
    if sheds_of(access, world, by, target) { answer } else { bound }
}

/// Whether one principal can get rid of the boundary of another one.
fn sheds_of(access: Access<'_, '_>, world: &World, by: usize, target: usize) -> bool {
    let Some(principal) = access.identity.principals.get(target) else { return false };
    let (kind, name) = if &*principal.instance.row.kind == "role" { ("role", "Role") } else { ("user", "User") };
    let reaches = |grant: &Grant<'_>| {
        let named = match &grant.extent {
            extent if extent.is_everything() => true,
            Extent::Among(patterns, _) => {
                patterns.iter().any(|pattern| world.matching(kind, pattern).sure.contains(&target))
            }
            Extent::AllBut(patterns, _) => {
                !patterns.iter().any(|pattern| world.matching(kind, pattern).sure.contains(&target))
            }
        };
        is_free(grant) && named && !world.denied(kind, &grant.exceptions).contains(&target)
    };
    let sheds = ["Delete", "Put"].iter().any(|verb| {
        let wanted = Wanted::new(&format!("iam:{verb}{name}PermissionsBoundary"));
        access.grants(by, &wanted, None).grants.iter().any(reaches)
    });
    let value = access.identity.field(&principal.instance, "boundary");
    sheds
        || Pattern::of(&value, false).is_some_and(|boundary| {
            let mut writes = access.grants(by, &Wanted::new(WRITE), None).grants;
            writes.retain(is_free);
            can_rewrite(access, &writes, &[boundary])
        })
}

/// Whether a value of a condition on `iam:PolicyARN` or `iam:PermissionsBoundary` admits a policy that makes an
/// administrator, with the reason where that is not known.
pub(super) fn admits_administration(
    access: Access<'_, '_>,
    world: &World,
    principal: usize,
    value: &Value,
    wildcards: bool,
) -> (Truth, Option<Arc<Unknown>>) {
    let identity = access.identity;
    let of_unit = |at: usize| {
        let policy = identity.policies.get(at);
        policy.map_or(Truth::False, |policy| makes_administrator(access, &policy.document, policy.instance.origin()))
    };
    let resource = identity.principals.get(principal).map_or(0, |principal| principal.instance.index);
    if let Resolution::Resources(found) = identity.relations.resolve(value, "policy", resource)
        && let Some(policy) = found.first().and_then(|at| identity.policy_at(*at))
    {
        return (of_unit(policy), None);
    }
    let Some(text) = value.as_str() else {
        let Some(unknown) = value.first_unknown() else { return (Truth::True, None) };
        // What a resource or the deployment gives is some policy and no wildcard.
        let is_some = unknown.refers.is_some() || matches!(unknown.why, Why::Environment(_));
        let prefix = value.known_prefix();
        let starts_fixed = !prefix.is_empty() && !prefix.starts_with(['*', '?']);
        return if is_some || starts_fixed { (Truth::False, None) } else { (Truth::Unknown, Some(unknown.clone())) };
    };
    if !wildcards || !text.contains(['*', '?']) {
        let known = catalogue::managed_policy(text).filter(|_| text.starts_with("arn:"));
        return (known.is_some_and(|policy| administers(policy.document())).into(), None);
    }
    let pattern = Pattern::text(Glob::pattern(text));
    let covered = |policy: &&ManagedPolicy| pattern.glob.covers(&Glob::literal(&policy.arn())) == Truth::True;
    let head = text.split(['*', '?']).next().unwrap_or_default();
    let of_aws = "arn:aws:iam::aws:policy/";
    let may_be_of_aws = head.starts_with(of_aws) || of_aws.starts_with(head);
    if may_be_of_aws && administering().iter().any(covered) {
        return (Truth::True, None);
    }
    if head.starts_with(of_aws) {
        return (Truth::False, None);
    }
    let of_unit = Truth::any(world.matching("policy", &pattern).sure.into_iter().map(of_unit));
    let makes = Wanted::new("iam:CreatePolicy");
    let can_make = |grant: &Grant<'_>| {
        grant.truth == Truth::True
            && grant.tests.iter().all(|test| is_harmless(&test.key))
            && meets(&grant.extent, &Extent::Among(vec![pattern.clone()], None))
    };
    if of_unit == Truth::True || access.grants(principal, &makes, None).grants.iter().any(can_make) {
        return (Truth::True, None);
    }
    let unknown = Unknown::new(Why::NotInTree, format!("which policies there are like `{text}`"), value.origin);
    (Truth::Unknown, Some(Arc::new(unknown)))
}

/// Whether who holds a policy may do everything.
fn makes_administrator(access: Access<'_, '_>, document: &Document, place: Origin) -> Truth {
    let admin = access.identity.document_is_admin(document, place).0;
    if admin == Truth::True { admin } else { admin.or(administers(document).into()) }
}

/// Whether who holds a policy may do everything at once, or by a permission on everything that suffices alone.
fn administers(document: &Document) -> bool {
    let direct = |statement: &Statement| {
        let mut alone = ways().iter().filter(|way| way.path.direct && way.path.severity == "critical");
        alone.any(|way| match way.entries.as_slice() {
            [entry] => entry.iter().any(|wanted| names_action(statement, &wanted.name) == Truth::True),
            _ => false,
        })
    };
    document.granting().iter().any(|statement| {
        statement.is_admin().truth == Truth::True
            || (statement.allows() == Truth::True
                && statement.unconditional() == Truth::True
                && statement.on_every_resource().truth == Truth::True
                && direct(statement))
    })
}

/// The policies of AWS that make an administrator.
fn administering() -> &'static [&'static ManagedPolicy] {
    static ALL: OnceLock<Vec<&'static ManagedPolicy>> = OnceLock::new();
    ALL.get_or_init(|| managed_policies().iter().filter(|policy| administers(policy.document())).collect())
}
