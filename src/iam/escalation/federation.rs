//! Roles that trust identity providers, which whoever writes the provider comes to.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::owner;
use super::worth::{Aim, One, is_whole};
use crate::iam::access::{Extent, Pattern, names_action};
use crate::iam::condition::{Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::principal::{Party, PartyKind, parties};
use crate::value::{Truth, Unknown, Why};

/// The way of whoever writes what a SAML provider vouches for.
pub(super) const SAML: &str = "iam-replace-saml-metadata";

/// That a role trusts a provider.
#[derive(Debug)]
pub(super) struct Federation {
    pub(super) role: usize,
    kind: PartyKind,
    /// The resource of the unit that the provider is, where a reference says so.
    address: Option<Arc<str>>,
    arn: Glob,
    /// Why it is not known whether it lets in whom the provider vouches for.
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Federation {
    pub(super) fn is_saml(&self) -> bool {
        self.kind == PartyKind::Saml
    }
}

/// The kind of provider that an action changes.
pub(super) fn changes(action: &str) -> Option<PartyKind> {
    match action {
        "iam:updatesamlprovider" => Some(PartyKind::Saml),
        "iam:addclientidtoopenidconnectprovider" => Some(PartyKind::Oidc),
        _ => None,
    }
}

/// The providers that a role trusts.
pub(super) fn federations(identity: &Identity<'_>, role: usize, document: &Document) -> Vec<Federation> {
    let mut all = Vec::new();
    for statement in document.granting() {
        let Some(principal) = &statement.principal else { continue };
        let (found, _) = parties(principal, identity.own_accounts);
        for party in found.iter().filter(|party| matches!(party.kind, PartyKind::Saml | PartyKind::Oidc)) {
            let action =
                if party.kind == PartyKind::Saml { "sts:assumerolewithsaml" } else { "sts:assumerolewithwebidentity" };
            let names = names_action(statement, action);
            let Some((address, arn)) = provider(identity, party).filter(|_| names != Truth::False) else { continue };
            let denied = document
                .statements
                .iter()
                .any(|denial| denial.denies() != Truth::False && names_action(denial, action) != Truth::False);
            let unknown = match party.kind {
                PartyKind::Saml => doubt(statement, denied || names == Truth::Unknown),
                // Which of the tokens of its issuer were for a client that is added is nowhere said.
                _ if !is_open_to_clients(statement) => continue,
                _ => Some(Arc::new(Unknown::new(Why::NotInTree, "whom the issuer gives tokens", party.value.origin))),
            };
            all.push(Federation { role, kind: party.kind, address, arn, unknown });
        }
    }
    all
}

/// Where a provider is in the unit, and its ARN.
fn provider(identity: &Identity<'_>, party: &Party) -> Option<(Option<Arc<str>>, Glob)> {
    let pattern = Pattern::of(&party.value, false)?;
    let Some(address) = pattern.refers else { return Some((None, pattern.glob)) };
    let arn = arn_of(identity, &address).unwrap_or(pattern.glob);
    Some((Some(address), arn))
}

/// The ARN of a SAML provider of the unit, by its name.
fn arn_of(identity: &Identity<'_>, address: &str) -> Option<Glob> {
    let resource = identity.unit.resources.get(identity.relations.at(address)?)?;
    let name = ["name", "Name"].iter().find_map(|name| resource.attributes.get(name)?.as_str())?;
    Some(Glob::pattern(&format!("arn:*:iam::*:saml-provider/{name}")))
}

/// Why it is not known whether a statement lets in whomever a SAML provider vouches for: what it asks of an assertion is up to
/// the provider.
fn doubt(statement: &Statement, is_open: bool) -> Option<Arc<Unknown>> {
    let is_said = |test: &&Test| test.key.starts_with("saml:") || is_harmless(&test.key);
    let other = statement.tests.iter().find(|test| !is_said(test));
    let asked = other.map(|test| Arc::new(Unknown::new(Why::Condition, test.written.clone(), test.origin)));
    let effect = || statement.effect.first_unknown().cloned();
    let why = || Arc::new(Unknown::new(Why::Condition, "what the trust policy denies", statement.value.origin));
    asked.or_else(|| statement.more_tests.clone()).or_else(effect).or_else(|| is_open.then(why))
}

/// Whether a statement asks neither for which client a token is nor of whom.
fn is_open_to_clients(statement: &Statement) -> bool {
    let is_claim = |test: &Test| test.key.rsplit_once(':').is_some_and(|(issuer, _)| issuer.contains('.'));
    !statement.tests.iter().any(is_claim) && statement.more_tests.is_none()
}

impl One<'_, '_, '_> {
    /// What the patterns are good for by the roles that trust the providers that they mean.
    pub(super) fn federated(&self, patterns: &[&Pattern]) -> Aim {
        let denied = self.denied();
        let found = self.world.federations.iter().filter(|one| one.unknown.is_none() && self.is_of_kind(one));
        let meant = found.filter(|one| patterns.iter().any(|pattern| self.means(pattern, one)));
        let roles: BTreeSet<usize> = meant.map(|one| one.role).filter(|role| !denied.contains(role)).collect();
        if roles.is_empty() { Aim::Elsewhere } else { Aim::Some(roles.into_iter().collect()) }
    }

    /// The roles of which it is not known whether they let in whom a provider vouches for, with the reason.
    pub(super) fn perhaps_federated(&self) -> Vec<(usize, Arc<Unknown>)> {
        let denied = self.denied();
        let found = self.world.federations.iter().filter(|one| self.is_of_kind(one) && self.is_granted(one));
        let open = found.filter_map(|one| Some((one.role, one.unknown.clone()?)));
        open.filter(|(role, _)| !denied.contains(role)).collect()
    }

    /// The roles that trust only providers that are taken out of the grant.
    pub(super) fn federation_denied(&self) -> Vec<usize> {
        let always: Vec<Extent> =
            self.grant.exceptions.iter().filter(|denial| denial.always_denies()).map(|one| Extent::of(one)).collect();
        if always.is_empty() && !matches!(self.grant.extent, Extent::AllBut(..)) {
            return Vec::new();
        }
        let is_denied = |one: &Federation| {
            let named = |extent: &Extent| match extent {
                Extent::Among(patterns, _) => patterns.iter().any(|pattern| self.means(pattern, one)),
                Extent::AllBut(patterns, _) => !patterns.iter().any(|pattern| self.means(pattern, one)),
            };
            always.iter().any(named) || !self.is_granted(one)
        };
        let all = || self.world.federations.iter().filter(|one| self.is_of_kind(one));
        let left: BTreeSet<usize> = all().filter(|one| !is_denied(one)).map(|one| one.role).collect();
        all().map(|one| one.role).filter(|role| !left.contains(role)).collect()
    }

    fn is_of_kind(&self, one: &Federation) -> bool {
        changes(&self.wanted.name) == Some(one.kind)
    }

    fn is_granted(&self, one: &Federation) -> bool {
        match &self.grant.extent {
            Extent::Among(patterns, _) => patterns.iter().any(|pattern| self.means(pattern, one)),
            Extent::AllBut(patterns, _) => !patterns.iter().any(|pattern| self.means(pattern, one)),
        }
    }

    /// Whether a pattern means the provider that a role trusts.
    fn means(&self, pattern: &Pattern, one: &Federation) -> bool {
        if self.wanted.action.is_some_and(|action| is_whole(action, pattern)) {
            return true;
        }
        let own_accounts = self.access.identity.own_accounts;
        match &pattern.refers {
            Some(address) if one.address.is_some() => one.address.as_ref() == Some(address),
            Some(address) => arn_of(self.access.identity, address)
                .is_some_and(|arn| owner::meets(&arn, &one.arn, own_accounts) == Truth::True),
            None => owner::meets(&pattern.glob, &one.arn, own_accounts) == Truth::True,
        }
    }
}
