//! Conditions that do not do what they look like.

use super::operator::{Family, Order};
use super::{Normal, Test};
use crate::iam::catalogue;
use crate::iam::document::Statement;

/// A condition that does not do what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Trap {
    /// `Deny` where `aws:MultiFactorAuthPresent` is false: requests with long-term keys lack the key and pass.
    MfaDenyMissesKeys,
    /// `Deny` where `aws:MultiFactorAuthAge` is high: requests with long-term keys lack the key and pass.
    MfaAgeMissesKeys,
    /// `Allow` with `BoolIfExists` of `aws:MultiFactorAuthPresent`: requests with long-term keys pass without MFA.
    MfaAllowAdmitsKeys,
    /// `Allow` with a negated test: who lacks the key passes, anonymous callers among them.
    NegatedAllowAdmitsAbsent,
    /// `Deny` on a key that no request of its actions carries: it denies nothing.
    DenyOnAbsentKey,
    /// `Allow` on a key that no request of its actions carries: it allows nothing.
    AllowOnAbsentKey,
    /// `Deny` outside of a network without an exception for AWS services: it blocks their calls.
    NetworkDenyBlocksServices,
    /// `Deny` outside of regions that does not leave out global services: it breaks them.
    RegionDenyBreaksGlobalServices,
    /// Several values are tested without `ForAnyValue:` or `ForAllValues:`.
    MissingQualifier,
    /// `ForAllValues:` with `Allow`: a request without the key passes.
    AllValuesAdmitsAbsent,
    /// A wildcard in the value of an operator that compares literally.
    LiteralWildcard,
    /// The test can hold for no request.
    NeverHolds,
}

impl Statement {
    /// The traps of the condition, each with its test, in their order.
    pub fn traps(&self) -> Vec<(Trap, &Test)> {
        let mut found = Vec::new();
        let (allows, denies) = (self.effect.as_str() == Some("Allow"), self.effect.as_str() == Some("Deny"));
        for test in &self.tests {
            let Some(operator) = test.kind() else { continue };
            let mut add = |trap: Trap| found.push((trap, test));
            let is_mfa = test.key == "aws:multifactorauthpresent" && operator.family == Family::Bool;
            if is_mfa && denies && test.says("false") && !test.if_exists && !self.wants_key(&test.key) {
                add(Trap::MfaDenyMissesKeys);
            }
            let is_old = matches!(operator.family, Family::Number(Order::Greater | Order::AtLeast))
                && test.key == "aws:multifactorauthage";
            let by_presence = || self.tests.iter().any(|test| test.key == "aws:multifactorauthpresent");
            if is_old && denies && !test.if_exists && !self.wants_key(&test.key) && !by_presence() {
                add(Trap::MfaAgeMissesKeys);
            }
            if is_mfa && allows && test.says("true") && test.if_exists && !self.wants_key(&test.key) {
                add(Trap::MfaAllowAdmitsKeys);
            }
            let says = test.normal() == Normal::Says;
            if allows && says && operator.negated && !self.wants_key(&test.key) && test.may_be_absent() {
                add(Trap::NegatedAllowAdmitsAbsent);
            }
            if allows
                && says
                && !operator.negated
                && test.qualifier.as_deref() == Some("forallvalues")
                && !self.wants_key(&test.key)
            {
                add(Trap::AllValuesAdmitsAbsent);
            }
            let many = catalogue::key(&test.key).is_some_and(|key| key.many);
            if many && test.qualifier.is_none() && operator.family != Family::Null {
                add(Trap::MissingQualifier);
            }
            if says && test.holds_when_absent() == Some(false) && self.never_carries(test) {
                add(if denies { Trap::DenyOnAbsentKey } else { Trap::AllowOnAbsentKey });
            }
            if !test.literal_wildcards().is_empty() {
                add(Trap::LiteralWildcard);
            } else if test.normal() == Normal::Never {
                add(Trap::NeverHolds);
            }
            let of_network = ["aws:sourcevpce", "aws:sourcevpc", "aws:sourceip"].contains(&test.key.as_str());
            if denies && operator.negated && of_network && !self.leaves_services_out() {
                add(Trap::NetworkDenyBlocksServices);
            }
            if denies && operator.negated && test.key == "aws:requestedregion" && self.names_global_services() {
                add(Trap::RegionDenyBreaksGlobalServices);
            }
        }
        found
    }

    /// Whether another test demands that a key be present.
    pub fn wants_key(&self, key: &str) -> bool {
        self.tests.iter().any(|test| test.key == key && test.operator == "null" && test.wants_absence() == Some(false))
    }

    fn leaves_services_out(&self) -> bool {
        let keys = [
            "aws:viaawsservice",
            "aws:principalisawsservice",
            "aws:calledvia",
            "aws:calledviafirst",
            "aws:principalservicename",
        ];
        self.tests.iter().any(|test| keys.contains(&test.key.as_str()))
            || self.tests.iter().any(|test| test.key == "aws:principalarn" && test.operator.contains("not"))
    }

    /// Whether no request of any of its actions carries the key of a test.
    fn never_carries(&self, test: &Test) -> bool {
        if !test.is_of_some_actions() {
            return false;
        }
        let actions = &self.actions_reached().possible;
        !actions.is_empty()
            && !actions.open_ended_over_services()
            && actions.iter().all(|action| !action.has_condition_key(&test.key))
    }

    fn names_global_services(&self) -> bool {
        const GLOBAL: [&str; 4] =
            ["iam:GetUser", "route53:ListHostedZones", "cloudfront:ListDistributions", "support:DescribeCases"];
        let actions = &self.actions_reached().certain;
        GLOBAL.iter().filter_map(|name| catalogue::action(name)).any(|action| actions.contains(action))
    }
}

impl Test {
    fn says(&self, wanted: &str) -> bool {
        self.values.iter().any(|value| value.scalar_text().is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
    }

    /// Whether some requests lack the key.
    fn may_be_absent(&self) -> bool {
        catalogue::key(&self.key).is_none_or(|key| key.presence != catalogue::Presence::Always)
    }
}
