//! Whether what somebody holds lets it do anything of worth without a second factor.

use std::sync::Arc;

use super::truth_value;
use crate::iam::Identity;
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{AccessLevel, Action};
use crate::iam::condition::{Family, Test};
use crate::iam::document::Statement;
use crate::iam::identity::Principal;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

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

fn is_setting_up(action: &Action) -> bool {
    let name = action.full_name();
    let reads = matches!(action.level, AccessLevel::List | AccessLevel::Read);
    SETTING_UP.contains(&name.as_str()) || (action.service == "iam" && reads)
}

fn says(test: &Test, text: &str) -> bool {
    !test.values.is_empty() && test.values.iter().all(|value| value.scalar_text().is_some_and(|t| t == text))
}

/// Whether a test demands a second factor: `Bool` that it is there, or that it was used of late.
pub(super) fn demands(test: &Test) -> bool {
    let present = test.key == "aws:multifactorauthpresent" && test.operator == "bool" && says(test, "true");
    let recent = test.key == "aws:multifactorauthage" && test.operator.starts_with("numericless");
    (present || recent) && !test.if_exists
}

/// Whether a denial is for those without a second factor, and asks for nothing else.
fn denies_without(statement: &Statement) -> bool {
    let key = "aws:multifactorauthpresent";
    let about = |test: &Test| {
        let family = test.kind().map(|kind| kind.family);
        test.key == key
            && match family {
                Some(Family::Bool) => says(test, "false"),
                Some(Family::Null) => true,
                _ => false,
            }
    };
    statement.effect.as_str() == Some("Deny")
        && statement.more_tests.is_none()
        && !statement.tests.is_empty()
        && statement.tests.iter().all(about)
}

impl Identity<'_> {
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
        let open = || (Truth::Unknown, nowhere, holding.incomplete.clone());
        let guards = |statement: &&Statement| denies_without(statement) || statement.tests.iter().any(demands);
        let Some(first) = statements().find(guards) else {
            return if holding.incomplete.is_some() { open() } else { (Truth::False, nowhere, None) };
        };
        let (mut free, mut denied) = (ActionSet::empty(), ActionSet::empty());
        for statement in statements() {
            if statement.allows() != Truth::False && !statement.tests.iter().any(demands) {
                free.add(&statement.actions_reached().possible);
            }
            if denies_without(statement) && statement.on_every_resource().truth == Truth::True {
                denied.add(&statement.actions_reached().certain);
                // What the denial leaves out is what its author thinks it takes to set up a device.
                if let Some(not) = &statement.not_actions {
                    let literal = |item: &Value| item.as_str().is_some_and(|text| text.starts_with("iam:"));
                    for item in not.items.iter().filter(|item| literal(item)) {
                        denied.add(&ActionSet::matching(item.as_str().unwrap_or_default()));
                    }
                }
            }
        }
        let left = free.without(&denied);
        match left.iter().all(is_setting_up) {
            true => (Truth::True, first.value.origin, None),
            false if holding.incomplete.is_some() => open(),
            false => (Truth::False, nowhere, None),
        }
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
            let (truth, _, unknown) = self.enforces_mfa(one);
            all = all.and(truth);
            reason = reason.or(unknown);
            if all == Truth::False {
                break;
            }
        }
        truth_value(own.or(all), origin, reason)
    }
}
