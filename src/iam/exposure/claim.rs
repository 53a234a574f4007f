//! Whose tokens the claims that a condition asks for let in.

use std::sync::Arc;

use super::bound::Callers;
use super::deny::names_same;
use super::issuer::{Subject, subject_of};
use crate::iam::catalogue;
use crate::iam::condition::{Operator, Qualifier, Test};
use crate::iam::denial::{Loose, Verdict};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::principal::{Party, PartyKind, names_everybody, parties};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

/// Whose tokens a condition lets in.
#[derive(Clone, Debug)]
pub struct LetIn {
    /// The tests must all hold, so that this is what the narrowest one leaves; of its values, which any may have, the widest.
    pub subject: Subject,
    /// The value that decides, if one does; else the test that looks as if it did.
    pub place: Option<Origin>,
    /// The value that decides, if one does.
    pub value: Option<Value>,
    /// Why fewer may be let in.
    pub unknown: Option<Arc<Unknown>>,
}

impl Statement {
    /// The issuer of a provider's tokens, and where its name does not tell, that of the claims that must be there: a token of
    /// another one has none of them.
    pub(in crate::iam) fn issuer_for(&self, party: &Party) -> Option<String> {
        if let Some(issuer) = party.issuer() {
            return Some(issuer);
        }
        if !matches!(party.kind, PartyKind::Oidc | PartyKind::Unknown) {
            return None;
        }
        let strict = |test: &&Test| test.is_positive() && test.holds_when_absent() == Some(false);
        let host = |test: &Test| {
            let (host, _) = test.written.rsplit_once(':')?;
            host.contains('.').then(|| host.to_owned())
        };
        let mut hosts = self.tests.iter().filter(strict).filter_map(host);
        let first = hosts.next()?;
        hosts.all(|other| other.eq_ignore_ascii_case(&first)).then_some(first)
    }
}

impl Document {
    /// Whose tokens of a provider a statement lets in, after what the document denies to that provider's users or everybody.
    pub fn lets_in_of(&self, statement: &Statement, party: &Party) -> LetIn {
        let issuer = if party.kind == PartyKind::Saml { Some("saml".to_owned()) } else { statement.issuer_for(party) };
        let issuer = issuer.as_deref();
        let mut found = statement.lets_in(issuer);
        for deny in self.statements.iter().filter(|deny| deny.effect.as_str() == Some("Deny")) {
            if let Some((subject, place)) = deny.spares_of(party, issuer)
                && subject < found.subject
            {
                found.decided(subject, &place);
            }
        }
        found
    }
}

impl Statement {
    /// Whose tokens the condition lets in: by the claims of an issuer, and where that is not known by those of any.
    pub fn lets_in(&self, issuer: Option<&str>) -> LetIn {
        let mut found = LetIn { subject: Subject::Anyone, place: None, value: None, unknown: self.more_tests.clone() };
        let mut looks_so = None;
        for (test, verdict) in self.bounds(Callers::Federated) {
            let Some((host, claim)) = test.claim_of(issuer) else { continue };
            // Claims that say nothing of who it is, whatever their value.
            if matches!(subject_of(host, claim, &Glob::literal("x")), None | Some(Subject::Anyone)) {
                continue;
            }
            let loose = [Loose::Operator, Loose::PassesAbsent, Loose::Qualifier].map(Verdict::Not);
            if loose.contains(&verdict) {
                looks_so = looks_so.or(Some(test.origin));
                continue;
            }
            let subject = match verdict {
                Verdict::Nobody => Some((Subject::Nobody, Value::null(test.origin))),
                _ => test.subject(host, claim),
            };
            let Some((subject, place)) = subject else { continue };
            if subject == Subject::Unknown || test.rest.is_some() {
                let value = test.values.iter().find_map(|value| value.first_unknown().cloned());
                found.unknown = found.unknown.or_else(|| test.rest.clone()).or(value);
            } else if found.place.is_none() || subject < found.subject {
                found.decided(subject, &place);
            }
        }
        found.place = found.place.or(looks_so);
        found
    }

    /// Whose tokens a denial to a provider's users spares, where it denies to all others that they assume the role.
    fn spares_of(&self, party: &Party, issuer: Option<&str>) -> Option<(Subject, Value)> {
        let [test] = self.tests.as_slice() else { return None };
        let action = catalogue::action("sts:AssumeRoleWithWebIdentity")?;
        let is_same = |other: &Party| names_same(&other.value, &party.value);
        let principal = self.principal.as_ref()?;
        let to_them = names_everybody(principal) == Truth::True || parties(principal, &[]).0.iter().any(is_same);
        let plain = test.quantity() == Some(Qualifier::None) && test.rest.is_none() && self.more_tests.is_none();
        let negated = test.kind().is_some_and(|operator| operator.negated) && test.holds_when_absent() == Some(true);
        if !to_them || !plain || !negated || !self.actions_reached().certain.contains(action) {
            return None;
        }
        let (host, claim) = test.claim_of(issuer)?;
        test.subject(host, claim).filter(|(subject, _)| *subject != Subject::Unknown)
    }
}

impl Test {
    /// The issuer and the claim that it asks for, where it is one of this issuer; of any, where the issuer is not known.
    pub(in crate::iam) fn claim_of(&self, issuer: Option<&str>) -> Option<(&str, &str)> {
        let (host, claim) = self.key.rsplit_once(':')?;
        let fits = match issuer {
            // A slash at the end is part of the issuer's name to some, and not to others.
            Some(issuer) => host.trim_end_matches('/').eq_ignore_ascii_case(issuer.trim_end_matches('/')),
            None => host.contains('.') || host.contains('/'),
        };
        fits.then_some((host, claim))
    }

    /// The widest subject of its values, and the value of it.
    fn subject(&self, host: &str, claim: &str) -> Option<(Subject, Value)> {
        let has_wildcards = self.kind().is_some_and(Operator::has_wildcards);
        let never = self.literal_wildcards();
        let one = |value: &Value| {
            // Nobody's claim has a wildcard in it.
            if never.iter().any(|other| std::ptr::eq(*other, value)) {
                return Some((Subject::Nobody, value.clone()));
            }
            let glob = match (has_wildcards, value.as_str()) {
                (false, Some(text)) => Glob::literal(text),
                _ => Glob::of_value(value, true)?,
            };
            Some((subject_of(host, claim, &glob)?, value.clone()))
        };
        let widest =
            self.values.iter().filter_map(one).fold(None, |widest: Option<(Subject, Value)>, (subject, value)| {
                // Of several as wide the first one is pointed at.
                if widest.as_ref().is_some_and(|(other, _)| *other >= subject) {
                    widest
                } else {
                    Some((subject, value))
                }
            });
        widest.map(|(subject, value)| {
            let place = if value.origin.is_some() { value.origin } else { self.origin };
            (subject, value.at(place))
        })
    }
}

impl LetIn {
    fn decided(&mut self, subject: Subject, value: &Value) {
        self.subject = subject;
        self.place = Some(value.origin);
        self.value = Some(value.clone()).filter(|value| !value.is_null());
    }
}
