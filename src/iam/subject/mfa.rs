//! Whether what somebody holds lets it do anything of worth without a second factor, and conditions on one that do not hold.

use std::sync::Arc;

use super::group::manages_permissions;
use super::{Subject, truth_value};
use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{AccessLevel, Action, SensitiveClass};
use crate::iam::condition::{Family, Order, Test, Trap, is_guard};
use crate::iam::coverage::Whose;
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::identity::{Holder, Principal};
use crate::model::KindInstance;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

/// What it takes to set up a device and to change one's password is allowed before there is one.
const SETTING_UP: [&str; 8] = [
    "iam:CreateVirtualMFADevice",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:DeleteVirtualMFADevice",
    "iam:DeactivateMFADevice",
    "iam:ChangePassword",
    "sts:GetSessionToken",
    "sts:GetCallerIdentity",
];

pub(super) fn is_setting_up(action: &Action) -> bool {
    let name = action.full_name();
    let reads = matches!(action.level, AccessLevel::List | AccessLevel::Read);
    SETTING_UP.contains(&name.as_str()) || (action.service == "iam" && reads)
}

fn says(test: &Test, text: &str) -> bool {
    !test.values.is_empty() && test.values.iter().all(|value| value.scalar_text().is_some_and(|t| t == text))
}

/// Whether a test demands a second factor: `Bool` that it is there, or that it was used, or was of late.
pub(super) fn demands(test: &Test) -> bool {
    let present = test.key == "aws:multifactorauthpresent" && test.operator == "bool" && says(test, "true");
    let recent = test.key == "aws:multifactorauthage" && test.operator.starts_with("numericless");
    // Only what is used with a second factor has an age.
    let any = test.key == "aws:multifactorauthage" && test.wants_absence() == Some(false);
    (present || recent || any) && !test.if_exists
}

/// Whether a denial is for those without a second factor, and asks for nothing else. One that only asks whether
/// `aws:MultiFactorAuthPresent` is absent lets sessions through that were begun without: in those it is there and says so.
fn denies_without(statement: &Statement) -> bool {
    const PRESENT: &str = "aws:multifactorauthpresent";
    let about = |test: &Test| match test.kind().map(|kind| kind.family) {
        Some(Family::Bool) => test.key == PRESENT && says(test, "false"),
        Some(Family::Text | Family::TextIgnoringCase | Family::Pattern) => {
            test.key == PRESENT && says(test, if test.is_positive() { "false" } else { "true" })
        }
        // Whoever never had one is as late as can be.
        Some(Family::Number(Order::Greater | Order::AtLeast)) => {
            test.key == "aws:multifactorauthage" && test.holds_when_absent() == Some(true)
        }
        Some(Family::Null) => test.key == "aws:multifactorauthage" && test.wants_absence() == Some(true),
        _ => false,
    };
    // Nothing of what people do themselves is spared by these.
    let beside = |test: &Test| match test.key.as_str() {
        PRESENT => test.wants_absence() == Some(false),
        "aws:viaawsservice" => test.kind().is_some_and(|kind| kind.family == Family::Bool) && says(test, "false"),
        _ => false,
    };
    statement.effect.as_str() == Some("Deny")
        && statement.more_tests.is_none()
        && statement.tests.iter().any(about)
        && statement.tests.iter().all(|test| about(test) || beside(test))
}

/// Whether a test demands a second factor of who comes by the console: there the key is always there.
fn demands_of_console(test: &Test) -> bool {
    let present = test.key == "aws:multifactorauthpresent" && test.operator == "bool" && says(test, "true");
    demands(test) || present
}

/// Whether a denial is for every request without a second factor that another one is for, or would be but for the form of
/// its condition: it holds where the keys are absent.
fn shuts_absent(statement: &Statement, other: &Statement) -> bool {
    let of_absent = |test: &Test| test.key.starts_with("aws:multifactorauth") && test.holds_when_absent() == Some(true);
    let on_same = || {
        let takes = |one: &Glob| statement.patterns().iter().any(|pattern| pattern.covers(one) == Truth::True);
        statement.resources.is_some() && other.resources.is_some() && other.patterns().iter().all(takes)
    };
    // A trust has no resources.
    let in_trust = || {
        let (Some(mine), Some(theirs)) = (&statement.principal, &other.principal) else { return false };
        let named = |principal: &Value| principal.get("AWS").unwrap_or(principal).clone();
        named(mine).as_str() == Some("*") || named(mine).equals(&named(theirs)) == Truth::True
    };
    statement.effect.as_str() == Some("Deny")
        && statement.more_tests.is_none()
        && statement.tests.iter().all(of_absent)
        && other.actions_reached().possible.is_within(&statement.actions_reached().certain)
        && (statement.on_every_resource().truth == Truth::True || on_same() || in_trust())
}

/// Whether a trap lets requests with long-term keys through, which lack the keys on MFA.
fn is_of_mfa(trap: Trap) -> bool {
    matches!(trap, Trap::MfaDenyMissesKeys | Trap::MfaAgeMissesKeys | Trap::MfaAllowAdmitsKeys)
}

impl Identity<'_> {
    /// The conditions on MFA that do not do what they look like, of the policies that identities hold and of trusts.
    pub(super) fn mfa_guard_subjects(&self) -> Vec<Subject> {
        let mut subjects = Vec::new();
        let about = |name: Value, kind: &str, origin: Origin| {
            Value::fields([("name", name), ("type", Value::string(kind, origin))], origin)
        };
        for (at, policy) in self.policies.iter().enumerate().filter(|(_, policy)| !policy.is_boundary) {
            let origin = policy.instance.origin();
            let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
            let policy_value = || about(self.policy_name(policy), kind, origin);
            let holders = || self.holders_value(&policy.holders, origin);
            self.add_mfa_guards(&mut subjects, &policy.instance, &policy.document, Some(at), &policy_value, &holders);
        }
        for (instance, document) in &self.loose {
            let origin = instance.origin();
            let is_trust = document.has_principals;
            if is_trust && document.statements.iter().any(|statement| statement.resources.is_some()) {
                continue;
            }
            let kind = match &*instance.row.kind {
                _ if is_trust => "trust",
                "policy-file" => "file",
                _ => "loose",
            };
            let policy_value = || about(Value::string(instance.resource.address.clone(), origin), kind, origin);
            let holders = || self.holders_value(&[], origin);
            self.add_mfa_guards(&mut subjects, instance, document, None, &policy_value, &holders);
        }
        for policy in self.resource_policies().iter().filter(|policy| policy.is_attached) {
            let origin = policy.instance.origin();
            let policy_value = || about(policy.resource_name(), "resource", origin);
            let holders = || self.holders_value(&[], origin);
            self.add_mfa_guards(&mut subjects, &policy.instance, &policy.document, None, &policy_value, &holders);
        }
        for role in self.principals.iter().filter(|principal| &*principal.instance.row.kind == "role") {
            let (instance, origin) = (&role.instance, role.instance.origin());
            let document = Document::read(&instance.field("trust", &self.relations), self.sources);
            let policy_value = || about(self.display_name(role), "trust", origin);
            let holders = || self.holders_value(&[], origin);
            self.add_mfa_guards(&mut subjects, instance, &document, None, &policy_value, &holders);
        }
        subjects
    }

    fn add_mfa_guards(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        held: Option<usize>,
        policy: &dyn Fn() -> Value,
        holders: &dyn Fn() -> Value,
    ) {
        if let Some(unknown) = &document.rest {
            let origin = instance.origin();
            let open = ["effect", "traps"].map(|name| (name, Value::unknown(derived(unknown), origin)));
            let fields = open.into_iter().chain([("policy", policy()), ("holders", holders())]).collect();
            subjects.push(self.subject(instance, origin, fields));
        }
        for statement in document.granting() {
            // Programs and tokens of others have no second factor with AWS.
            let of_aws = |principal: &Value| principal.as_map().is_none_or(|map| map.get("AWS").is_some());
            if !statement.principal.as_ref().is_none_or(of_aws) {
                continue;
            }
            let mut traps = statement.traps();
            traps.retain(|(trap, _)| is_of_mfa(*trap));
            if traps.is_empty() && statement.more_tests.is_none() {
                continue;
            }
            let denied = || {
                document.statements.iter().any(|other| shuts_absent(other, statement))
                    || held.is_some_and(|policy| self.is_shut_to_holders(policy, statement))
            };
            if !traps.is_empty() && denied() {
                continue;
            }
            let origin = statement.value.origin;
            let effect = statement.effect.as_str().map(str::to_ascii_lowercase);
            let effect = effect.map_or_else(|| statement.effect.clone(), |text| Value::string(text, origin));
            let fields = vec![
                ("effect", effect),
                ("traps", statement.traps_value()),
                ("policy", policy()),
                ("holders", holders()),
            ];
            let mut subject = self.subject(instance, origin, fields);
            // What a trust lets in without a second factor follows from the denial that was to keep it out.
            let lets_in = |other: &&Statement| other.principal.is_some() && other.allows().is_true();
            let allowing = document.granting().iter().find(lets_in).filter(|_| statement.denies() == Truth::True);
            subject.cause = allowing.map(|other| (instance.index, other.value.origin));
            subjects.push(subject);
        }
    }

    /// Whether everybody who holds a policy holds a denial of the same without a second factor, too.
    fn is_shut_to_holders(&self, policy: usize, statement: &Statement) -> bool {
        let Some(holders) = self.policies.get(policy).map(|policy| &policy.holders) else { return false };
        let access = self.access();
        let shuts = |principal: usize| {
            let held = access.facts.holdings.get(principal).map_or(&[][..], |holding| holding.held.as_slice());
            let documents = held.iter().filter_map(|held| access.document(held.document));
            documents.flat_map(|document| &document.statements).any(|other| shuts_absent(other, statement))
        };
        !holders.is_empty()
            && holders.iter().all(|holder| holder.principal.is_some_and(shuts))
            && !self.may_have_others(policy)
    }

    /// Whether a user or group may do nothing of worth without a second factor: policies deny it, of whichever of its
    /// groups, or allow it only with one.
    pub(super) fn mfa_enforced(&self, principal: &Principal<'_>) -> Value {
        let origin = principal.instance.origin();
        let (truth, place, unknown) = self.enforces_mfa(principal);
        truth_value(truth, place.or(origin), unknown)
    }

    fn enforces_mfa(&self, principal: &Principal<'_>) -> (Truth, Origin, Option<Arc<Unknown>>) {
        principal.second_factor.get_or_init(|| self.find_second_factor(principal)).clone()
    }

    fn find_second_factor(&self, principal: &Principal<'_>) -> (Truth, Origin, Option<Arc<Unknown>>) {
        let nowhere = principal.instance.origin();
        let Some(index) = self.principal_at(principal.instance.index) else { return (Truth::False, nowhere, None) };
        let access = self.access();
        let Some(holding) = access.facts.holdings.get(index) else { return (Truth::False, nowhere, None) };
        let documents = || holding.held.iter().filter_map(|held| access.document(held.document));
        let statements = || documents().flat_map(|document| &document.statements);
        let asks = |statement: &&Statement| {
            statement.denies() == Truth::Unknown && statement.tests.iter().any(|test| is_guard(&test.key))
        };
        let doubtful = statements().find(asks).and_then(|statement| statement.effect.first_unknown().cloned());
        let doubt = doubtful.or_else(|| holding.incomplete.clone());
        let open = || (Truth::Unknown, nowhere, doubt.clone());
        let guards =
            |statement: &&Statement| denies_without(statement) || statement.tests.iter().any(demands_of_console);
        let Some(first) = statements().find(guards) else {
            return if doubt.is_some() { open() } else { (Truth::False, nowhere, None) };
        };
        let mut free = ActionSet::empty();
        for statement in statements() {
            if statement.allows() != Truth::False && !statement.tests.iter().any(demands_of_console) {
                free.add(&statement.actions_reached().possible);
            }
        }
        let left = free.without(self.denied_without(principal));
        match left.iter().all(is_setting_up) {
            true => (Truth::True, first.value.origin, None),
            false if doubt.is_some() => open(),
            false => (Truth::False, nowhere, None),
        }
    }

    /// What the policies of a user or group deny it everywhere without a second factor.
    fn denied_without<'p>(&self, principal: &'p Principal<'_>) -> &'p ActionSet {
        principal.denied_without.get_or_init(|| self.find_denied_without(principal))
    }

    fn find_denied_without(&self, principal: &Principal<'_>) -> ActionSet {
        let mut denied = ActionSet::empty();
        let access = self.access();
        let holding = self.principal_at(principal.instance.index).and_then(|at| access.facts.holdings.get(at));
        let held = holding.map_or(&[][..], |holding| holding.held.as_slice());
        let documents = held.iter().filter_map(|held| access.document(held.document));
        for statement in documents.flat_map(|document| &document.statements) {
            if !denies_without(statement) {
                continue;
            }
            let certain = &statement.actions_reached().certain;
            let everywhere = statement.on_every_resource().truth == Truth::True;
            match everywhere {
                true => denied.add(certain),
                false => {
                    let all = |action: &&Action| {
                        statement.takes_in_all(action, Whose::Anybodys(self.own_accounts)) == Truth::True
                    };
                    certain.iter().filter(all).for_each(|action| denied.insert(action));
                }
            }
            if everywhere || statement.not_resources.is_some() {
                // What the denial leaves out is what its author thinks it takes to set up a device.
                if let Some(not) = &statement.not_actions {
                    let literal = |item: &Value| item.as_str().is_some_and(|text| text.starts_with("iam:"));
                    for item in not.items.iter().filter(|item| literal(item)) {
                        denied.add(&ActionSet::matching(item.as_str().unwrap_or_default()));
                    }
                }
            }
        }
        denied
    }

    /// Whether a principal is denied what a statement gives to change permissions, unless it has a second factor.
    fn guards_permissions(&self, statement: &Statement, principal: &Principal<'_>) -> bool {
        let (all, denied) = (&statement.actions_reached().possible, self.denied_without(principal));
        let changes = |action: &Action| {
            !is_setting_up(action) && (manages_permissions(action) || action.classes.has(SensitiveClass::Identity))
        };
        !denied.is_empty() && all.intersection(denied).iter().any(changes) && !all.without(denied).iter().any(changes)
    }

    /// Whether all of some holders may do nothing of worth without a second factor.
    pub(super) fn holders_mfa(&self, holders: &[Holder], origin: Origin) -> Value {
        let (mut all, mut reason) = (Truth::True, None);
        for holder in holders {
            let (truth, _, unknown) = match holder.principal.and_then(|at| self.principals.get(at)) {
                Some(principal) => self.enforces_mfa(principal),
                None => (Truth::False, origin, None),
            };
            all = all.and(truth);
            reason = reason.or(unknown);
        }
        truth_value(all, origin, reason)
    }

    /// Whether a statement asks for a second factor: by its condition, or because all who hold its policy are denied
    /// without one.
    pub(super) fn statement_mfa(&self, statement: &Statement, policy: Option<usize>) -> Value {
        let origin = statement.value.origin;
        let own = match (statement.tests.iter().any(demands), &statement.more_tests) {
            (true, _) => Truth::True,
            (false, Some(_)) => Truth::Unknown,
            (false, None) => Truth::False,
        };
        let policy = policy.and_then(|at| self.policies.get(at));
        let holders = || policy.into_iter().flat_map(|policy| &policy.holders);
        let known: Vec<&Principal<'_>> =
            holders().filter_map(|holder| holder.principal.and_then(|at| self.principals.get(at))).collect();
        // Only what changes permissions is asked for by rules, of users and groups.
        let humans = known.iter().all(|one| matches!(&*one.instance.row.kind, "user" | "group"));
        if own == Truth::True || known.is_empty() || known.len() != holders().count() || !humans {
            return truth_value(own, origin, statement.more_tests.clone());
        }
        let (mut all, mut reason) = (Truth::True, statement.more_tests.clone());
        for one in known {
            let (truth, _, unknown) = match self.enforces_mfa(one) {
                (Truth::False | Truth::Unknown, place, _) if self.guards_permissions(statement, one) => {
                    (Truth::True, place, None)
                }
                answer => answer,
            };
            all = all.and(truth);
            reason = reason.or(unknown);
            if all == Truth::False {
                break;
            }
        }
        truth_value(own.or(all), origin, reason)
    }
}
