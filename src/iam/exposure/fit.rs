//! Which way of assuming a role is open to which sort of party.

use crate::iam::catalogue;
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::principal::{Party, PartyKind};
use crate::value::Truth;

impl PartyKind {
    /// The action by which a party of this sort assumes a role; `None` where it is none, or any.
    pub fn assumes_by(self) -> Option<&'static str> {
        match self {
            PartyKind::Any
            | PartyKind::Account
            | PartyKind::User
            | PartyKind::Role
            | PartyKind::FederatedUser
            | PartyKind::Service => Some("sts:AssumeRole"),
            PartyKind::Oidc | PartyKind::SharedIssuer => Some("sts:AssumeRoleWithWebIdentity"),
            PartyKind::Saml => Some("sts:AssumeRoleWithSAML"),
            PartyKind::Canonical | PartyKind::Dead | PartyKind::Other | PartyKind::Unknown => None,
        }
    }
}

impl Statement {
    /// Whether a party that a trust policy names may assume the role by this statement, before the values of its condition are
    /// looked at: AWS takes it for a principal, the actions are those of its sort, and the claims those of its issuer.
    pub(in crate::iam) fn may_be_used_by(&self, party: &Party) -> bool {
        let has_actions = self.actions.is_some() || self.not_actions.is_some();
        let misfit = has_actions && party.kind.assumes_by().is_some() && self.fits(party.kind) == Truth::False;
        !misfit && party.refusal().is_none() && self.asks_for_claim_of_another(party).is_none()
    }

    /// The test that asks for a claim of another issuer, so that no token of this one passes.
    pub(in crate::iam) fn asks_for_claim_of_another(&self, party: &Party) -> Option<&Test> {
        // Of an issuer that is not known it is not known either.
        let issuer = party.issuer().filter(|issuer| !issuer.contains("${"))?;
        let is_claim = |test: &Test| test.key.rsplit_once(':').is_some_and(|(host, _)| host.contains('.'));
        self.tests.iter().find(|test| {
            let strict = test.is_positive() && test.holds_when_absent() == Some(false);
            strict && is_claim(test) && test.claim_of(Some(&issuer)).is_none()
        })
    }

    /// Whether no request fulfils its condition, as far as that can be read from it.
    pub(in crate::iam) fn admits_nobody(&self) -> bool {
        self.never_matches(None) || self.tests.iter().any(Test::asks_for_literal_wildcards)
    }

    /// Whether the actions of a trust policy's statement let a party of this sort assume the role.
    pub fn fits(&self, kind: PartyKind) -> Truth {
        let Some(action) = kind.assumes_by().and_then(catalogue::action) else { return Truth::Unknown };
        let actions = self.actions_reached();
        match (actions.certain.contains(action), actions.possible.contains(action)) {
            (true, _) => Truth::True,
            (false, true) => Truth::Unknown,
            (false, false) => Truth::False,
        }
    }
}
