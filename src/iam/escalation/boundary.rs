//! Conditions that stand for something else: a permissions boundary that can be taken away or rewritten, and policies whose
//! attachment makes an administrator.

use std::sync::{Arc, OnceLock};

use super::bounded::holds_of_boundary;
use super::given::POLICY;
use super::kind::is_whole;
use super::path::{Way, ways};
use super::rewrite::{Rewriting, WRITE, can_rewrite, is_free};
use super::world::World;
use super::worth::element;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::action_set::ActionSet;
use crate::iam::arn::arn_of_policy;
use crate::iam::catalogue::{self, ManagedPolicy, managed_policies};
use crate::iam::condition::{Family, Qualifier, Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Held, Limit};
use crate::iam::glob::Glob;
use crate::iam::owner;
use crate::iam::principal::is_account_id;
use crate::model::Resolution;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// The key by which a permissions boundary is asked for.
pub(super) const BOUNDARY: &str = "iam:permissionsboundary";

/// What makes one of the identities that a boundary is asked of, or gives it permissions, ends with its kind.
fn identity_of(action: &str) -> &'static str {
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
        let kind = identity_of(action);
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
        self.kind == identity_of(action)
    }

    /// Whether the boundary that a grant asks for can be got rid of: taken away, replaced, or widened as a policy.
    pub(super) fn sheds(&mut self, world: &World, grant: &Grant<'_>) -> (Truth, Option<Shed>) {
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
        let shed = self.writes.iter().find(|by| can_rewrite(world, std::slice::from_ref(by), &boundaries));
        let shed = shed.map(|by| Shed::by(WRITE, by));
        (Truth::from(shed.is_some()), shed)
    }
}

/// Whether a principal may rid itself of its own boundary.
pub(super) fn can_shed_own(access: Access<'_, '_>, world: &World, principal: usize) -> bool {
    sheds_of(access, world, principal, principal)
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
    let answer = world.under_controls(access, target);
    if answer.0 == Truth::True {
        return answer;
    }
    let bound = match &holding.boundary {
        Limit::None => return answer,
        Limit::Unknown(unknown) => (Truth::Unknown, Some(unknown.clone())),
        Limit::Document(document) => {
            let Some(document) = access.facts.document(access.identity, *document) else { return answer };
            if !access.is_bounded(target) || administers(document, |way| raises(access, by, way)) {
                return answer;
            }
            (Truth::True, None)
        }
    };
    if sheds_of(access, world, by, target) { answer } else { bound }
}

/// Whether a way of one who is held by a boundary makes an administrator of the one who gave it permissions: it takes over
/// others, or gives that one permissions in turn.
fn raises(access: Access<'_, '_>, by: usize, way: &Way) -> bool {
    if way.path.class != "self" {
        return makes_one_alone(way);
    }
    let Some(found) = access.identity.principals.get(by) else {
        return makes_one_alone(way) && by < access.facts.holdings.len();
    };
    let named = |kind: &str| way.entries.iter().flatten().any(|wanted| wanted.name.contains(kind));
    let has_policies =
        || access.holding(by).is_some_and(|holding| holding.held.iter().any(|held| held.attachment.is_some()));
    let is_raised = match &*found.instance.row.kind {
        "role" | "permission-set" => named("role") || (named("policyversion") && has_policies()),
        "user" if named("group") => !access.groups_of(by).is_empty(),
        "user" => named("user") || (named("policyversion") && has_policies()),
        _ => true,
    };
    makes_one_alone(way) && is_raised && !access.is_bounded(by)
}

/// Whether one principal can get rid of the boundary of another one, or of its own.
pub(super) fn sheds_of(access: Access<'_, '_>, world: &World, by: usize, target: usize) -> bool {
    let Some(principal) = access.identity.principals.get(target) else { return false };
    let (kind, name) = if &*principal.instance.row.kind == "role" { ("role", "Role") } else { ("user", "User") };
    let rewriting = Rewriting::of(access, by);
    let means =
        |pattern: &Pattern| (by == target && pattern.of_caller) || world.matching(kind, pattern).sure.contains(&target);
    let reaches = |grant: &Grant<'_>| {
        let named = match &grant.extent {
            extent if extent.is_everything() => true,
            Extent::Among(patterns, _) => patterns.iter().any(means),
            Extent::AllBut(patterns, _) => !patterns.iter().any(means),
        };
        named && grant.truth == Truth::True && !world.denied(kind, grant).contains(&target)
    };
    // Its permissions are as they are: a boundary that only lets it have more is tried with them.
    let is_open = |grant: &Grant<'_>, test: &Test| {
        let alone = || grant.tests.iter().filter(|one| one.key == BOUNDARY).count() == 1;
        is_harmless(&test.key)
            || is_open_boundary(&rewriting, world, test, |_| false)
            || (alone() && leaves_open_boundary(&rewriting, world, test))
    };
    let is_there = |test: &Test| {
        is_harmless(&test.key)
            || (test.key == BOUNDARY && holds_of_boundary(access, world, test, target) == Truth::True)
    };
    let sheds = ["Delete", "Put"].iter().any(|verb| {
        let wanted = Wanted::new(&format!("iam:{verb}{name}PermissionsBoundary"));
        let grants = access.grants(by, &wanted, None).grants;
        grants.iter().any(|grant| match *verb {
            "Delete" => reaches(grant) && grant.tests.iter().all(|test| is_there(test)),
            _ => reaches(grant) && grant.tests.iter().all(|test| is_open(grant, test)),
        })
    });
    let instead = access.is_instead(target).then(|| access.boundary_policy(target)).flatten();
    let arn = instead.and_then(|policy| arn_of_policy(access.identity, policy));
    let writes = || match arn {
        Some(arn) => rewriting.writes_one(world, &[Pattern::text(arn)]),
        None => {
            let value = access.identity.field(&principal.instance, "boundary");
            rewriting.may_write(world, &value) == Truth::True
        }
    };
    sheds || writes()
}

/// Whether a test demands a boundary that may be one that holds nobody, or leaves one of the ways that count.
pub(super) fn is_open_boundary(
    rewriting: &Rewriting<'_, '_>,
    world: &World,
    test: &Test,
    counts: fn(&Way) -> bool,
) -> bool {
    let wide = |value: &Value| {
        let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
        admits_administration(rewriting, world, value, wildcards, counts).0 == Truth::True
    };
    test.key == BOUNDARY && test.is_positive() && test.values.iter().any(wide)
}

/// Whether a test demands nothing of a boundary but that it is none of some, or that there is one, and one is left that holds
/// nobody.
fn leaves_open_boundary(rewriting: &Rewriting<'_, '_>, world: &World, test: &Test) -> bool {
    match test.kind().filter(|_| test.key == BOUNDARY) {
        Some(kind) if kind.family == Family::Null => test.wants_absence() == Some(false),
        Some(kind) => kind.negated && leaves_administration(rewriting, world, test, false).0 == Truth::True,
        None => false,
    }
}

/// Whether a boundary that a condition demands is just that of the principal: what it writes for itself stays within it.
pub(super) fn is_own_boundary(access: Access<'_, '_>, world: &World, principal: usize, value: &Value) -> bool {
    let Some(own) = access.boundary_value(principal) else { return false };
    if own.as_str().is_some() && own.as_str() == value.as_str() {
        return true;
    }
    let policies = |value: &Value| {
        let pattern = Pattern::of(value, false);
        pattern.map(|pattern| world.matching("policy", &pattern).sure).unwrap_or_default()
    };
    let own = policies(&own);
    !own.is_empty() && own == policies(value)
}

/// Whether a value of a condition on `iam:PolicyARN` or `iam:PermissionsBoundary` admits a policy that allows everything, or
/// what it takes for one of the ways that count, with the reason where that is not known.
pub(super) fn admits_administration(
    rewriting: &Rewriting<'_, '_>,
    world: &World,
    value: &Value,
    wildcards: bool,
    counts: fn(&Way) -> bool,
) -> (Truth, Option<Arc<Unknown>>) {
    let answer = makes_administrators(rewriting, world, value, wildcards, counts);
    let is_one = |text: &str| (!wildcards || !text.contains(['*', '?'])) && !text.contains(":iam::aws:policy/");
    if answer.0 == Truth::True || !value.as_str().is_none_or(is_one) {
        return answer;
    }
    match rewriting.may_write(world, value) {
        Truth::True => (Truth::True, None),
        Truth::Unknown if answer.0 == Truth::False => (Truth::Unknown, Some(rewriting.limit(value.origin))),
        Truth::Unknown | Truth::False => answer,
    }
}

/// As [`admits_administration`], of policies as they are.
fn makes_administrators(
    rewriting: &Rewriting<'_, '_>,
    world: &World,
    value: &Value,
    wildcards: bool,
    counts: fn(&Way) -> bool,
) -> (Truth, Option<Arc<Unknown>>) {
    let (access, principal) = (rewriting.access, rewriting.principal);
    let identity = access.identity;
    let of_unit = |at: usize| {
        let policy = identity.policies.get(at);
        policy.map_or(Truth::False, |policy| {
            makes_administrator(access, &policy.document, policy.instance.origin(), counts)
        })
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
        return (known.is_some_and(|policy| administers(policy.document(), counts)).into(), None);
    }
    let pattern = Pattern::text(Glob::pattern(text));
    let covered = |policy: &&ManagedPolicy| pattern.glob.covers(&Glob::literal(&policy.arn())) == Truth::True;
    let head = text.split(['*', '?']).next().unwrap_or_default();
    let of_aws = "arn:aws:iam::aws:policy/";
    let may_be_of_aws = head.starts_with(of_aws) || of_aws.starts_with(head);
    if may_be_of_aws && administering().iter().any(|policy| covered(policy) && administers(policy.document(), counts)) {
        return (Truth::True, None);
    }
    if head.starts_with(of_aws) {
        return (Truth::False, None);
    }
    let some = world.matching("policy", &pattern).sure;
    let is_one = owner::names_one_policy(text) && some.len() == 1;
    let of_unit = Truth::any(some.into_iter().map(of_unit));
    let makes = Wanted::new("iam:CreatePolicy");
    let can_make = |grant: &Grant<'_>| {
        grant.truth == Truth::True
            && grant.tests.iter().all(|test| is_harmless(&test.key))
            && meets(&grant.extent, &Extent::Among(vec![pattern.clone()], None))
    };
    if of_unit == Truth::True || access.grants(principal, &makes, None).grants.iter().any(can_make) {
        return (Truth::True, None);
    }
    if is_one {
        return (of_unit, None);
    }
    let unknown = Unknown::new(Why::NotInTree, format!("which policies there are like `{text}`"), value.origin);
    (Truth::Unknown, Some(Arc::new(unknown)))
}

/// The test of a denial that takes some policies out of all that a grant lets somebody attach.
pub(super) fn all_but<'d>(denial: &'d Statement, grant: &Grant<'_>) -> Option<&'d Test> {
    let [test] = denial.tests.as_slice() else { return None };
    let denied = Extent::of(denial);
    let whole = match &grant.extent {
        Extent::Among(patterns, None) => patterns.iter().all(|pattern| denied.covers(pattern) == Truth::True),
        _ => denied.is_everything(),
    };
    (whole && test.key == POLICY && test.is_positive()).then_some(test)
}

/// Whether some policy makes an administrator that is none of those which a test on `iam:PolicyARN` leaves out, with the reason
/// where that is not known: one of AWS, one of the unit, or one that the principal writes.
pub(super) fn leaves_administration(
    rewriting: &Rewriting<'_, '_>,
    world: &World,
    test: &Test,
    variables: bool,
) -> (Truth, Option<Arc<Unknown>>) {
    let (access, identity) = (rewriting.access, rewriting.access.identity);
    let out: Vec<Option<Pattern>> = test.values.iter().map(|value| Pattern::of(value, variables)).collect();
    let is_left = |arn: &Glob, policy: Option<usize>| {
        let takes_out = |pattern: &Option<Pattern>| match pattern {
            Some(pattern) if pattern.refers.is_some() => {
                policy.is_some_and(|policy| world.matching("policy", pattern).sure.contains(&policy)).into()
            }
            Some(pattern) => pattern.glob.covers(arn),
            None => Truth::Unknown,
        };
        let known = Truth::any(out.iter().map(takes_out));
        !if test.rest.is_some() { known.or(Truth::Unknown) } else { known }
    };
    let of_aws = Truth::any(administering().iter().map(|policy| is_left(&Glob::literal(&policy.arn()), None)));
    if of_aws == Truth::True {
        return (of_aws, None);
    }
    let leads = |at: &usize| {
        let (Some(policy), Some(arn)) = (identity.policies.get(*at), arn_of_policy(identity, *at)) else {
            return false;
        };
        let makes =
            makes_administrator(access, &policy.document, policy.instance.origin(), makes_one_alone) == Truth::True;
        is_left(&arn, Some(*at)) == Truth::True && (makes || rewriting.writes_one(world, &[Pattern::text(arn)]))
    };
    let makes = Wanted::new("iam:CreatePolicy");
    // Where nobody says which account it is, it is the one that is named.
    let named = out.iter().flatten().filter_map(|pattern| Some(pattern.glob.fields().get(4)?.to_string()));
    let account = world.own_accounts.first().cloned().or_else(|| named.into_iter().find(|one| is_account_id(one)));
    let every = Glob::pattern(&format!("arn:aws:iam::{}:policy/*", account.as_deref().unwrap_or("*")));
    let can_make = |grant: &Grant<'_>| {
        let some = |pattern: &Pattern| {
            let whole = makes.action.is_some_and(|action| is_whole(action, pattern));
            let one = if whole { &every } else { &pattern.glob };
            world.is_own(pattern) == Truth::True && is_left(one, None) == Truth::True
        };
        is_free(grant) && matches!(&grant.extent, Extent::Among(patterns, _) if patterns.iter().any(some))
    };
    if world.all_of("policy").iter().any(leads)
        || access.grants(rewriting.principal, &makes, None).grants.iter().any(can_make)
    {
        return (Truth::True, None);
    }
    let of_values = test.rest.clone().or_else(|| test.values.iter().find_map(|value| value.first_unknown().cloned()));
    let others = || Arc::new(Unknown::new(Why::NotInTree, "which other policies there are", test.origin));
    (Truth::Unknown, of_values.filter(|_| of_aws == Truth::Unknown).or_else(|| Some(others())))
}

/// Whether who holds a policy may do everything.
fn makes_administrator(access: Access<'_, '_>, document: &Document, place: Origin, counts: fn(&Way) -> bool) -> Truth {
    let admin = access.identity.document_is_admin(document, place).0;
    if admin == Truth::True { admin } else { admin.or(administers(document, counts).into()) }
}

/// A way within IAM that makes an administrator, whoever else there is.
pub(super) fn makes_one_alone(way: &Way) -> bool {
    let alone = way.entries.len() == 1 || matches!(way.path.class.as_str(), "self" | "principal");
    way.path.direct && way.path.severity == "critical" && alone
}

/// Whether who holds a policy may do everything at once, or what it takes for one of some ways on everything.
fn administers(document: &Document, counts: impl Fn(&Way) -> bool) -> bool {
    let taken = document.taken();
    let mut allowed = ActionSet::empty();
    for statement in document.granting() {
        if statement.is_admin_beside(taken).truth == Truth::True {
            return true;
        }
        let free = statement.allows() == Truth::True && statement.unconditional() == Truth::True;
        if free && statement.on_every_resource().truth == Truth::True {
            allowed.add(&statement.actions_reached().certain);
        }
    }
    let allowed = allowed.without(&taken.bound);
    let holds = |wanted: &Wanted| wanted.action.is_some_and(|action| allowed.contains(action));
    !allowed.is_empty()
        && ways()
            .iter()
            .any(|way| counts(way) && !way.needs_consumer() && way.entries.iter().all(|entry| entry.iter().any(holds)))
}

/// The policies of AWS that make an administrator.
fn administering() -> &'static [&'static ManagedPolicy] {
    static ALL: OnceLock<Vec<&'static ManagedPolicy>> = OnceLock::new();
    let all = || managed_policies().iter().filter(|policy| administers(policy.document(), makes_one_alone)).collect();
    ALL.get_or_init(all)
}
