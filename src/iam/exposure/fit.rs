//! Which way of assuming a role is open to which sort of party.

use crate::iam::catalogue;
use crate::iam::condition::{Family, Operator, Test};
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::principal::{Party, PartyKind};
use crate::value::{Truth, Value};

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
        self.never_matches(None)
            || self.tests.iter().any(Test::asks_for_literal_wildcards)
            || self.contradiction().is_some()
    }

    /// A test that asks a key for a text that another one keeps it from being.
    pub(in crate::iam) fn contradiction(&self) -> Option<&Test> {
        /// Of longer conditions, which AWS does not take, it is not asked.
        const MAX: usize = 20;
        let strict = |test: &&Test| {
            let family = test.kind().filter(|operator| !operator.negated).map(|operator| operator.family);
            let is_text = matches!(family, Some(Family::Text | Family::TextIgnoringCase | Family::Pattern));
            let few = !test.values.is_empty() && test.values.len() <= MAX && test.rest.is_none();
            is_text && few && test.qualifier.is_none() && test.holds_when_absent() == Some(false)
        };
        let tests: Vec<&Test> = self.tests.iter().take(MAX).filter(strict).collect();
        let globs = |test: &Test| -> Option<Vec<Glob>> {
            let ignores_case = test.kind().is_some_and(|operator| operator.family == Family::TextIgnoringCase);
            let has_wildcards = test.kind().is_some_and(Operator::has_wildcards);
            let one = |value: &Value| {
                let text = value.as_str().filter(|text| !ignores_case && !text.contains("${"))?;
                Some(if has_wildcards { Glob::pattern(text) } else { Glob::literal(text) })
            };
            test.values.iter().map(one).collect()
        };
        tests.iter().enumerate().find_map(|(at, test)| {
            let of_key = tests.iter().skip(at + 1).filter(|other| other.key == test.key);
            of_key.copied().find(|other| {
                let (Some(ours), Some(theirs)) = (globs(test), globs(other)) else { return false };
                ours.iter().all(|one| theirs.iter().all(|other| one.meets(other) == Truth::False))
            })
        })
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
