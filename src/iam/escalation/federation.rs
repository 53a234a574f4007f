//! Roles that trust identity providers, which whoever writes the provider comes to.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::kind::is_whole;
use super::worth::{Aim, One};
use crate::iam::access::{Extent, Pattern, names_action};
use crate::iam::catalogue::Action;
use crate::iam::condition::{Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::owner;
use crate::iam::principal::{Party, PartyKind, parties};
use crate::value::{Truth, Unknown, Why};

/// The way of whoever writes what a SAML provider vouches for.
pub(super) const SAML: &str = "iam-replace-saml-metadata";

/// That a role trusts a provider.
#[derive(Debug)]
pub(super) struct Federation {
    role: usize,
    kind: PartyKind,
    /// The resource of the unit that the provider is, where a reference says so.
    address: Option<Arc<str>>,
    arn: Glob,
    /// Why it is not known whether it lets in whom the provider vouches for.
    unknown: Option<Arc<Unknown>>,
}

/// A provider that roles trust.
#[derive(Debug)]
struct Provider {
    kind: PartyKind,
    address: Option<Arc<str>>,
    /// Whether it can be one of the own account.
    is_own: Truth,
    arn: Glob,
    /// What the ARN says behind the account.
    name: Option<Glob>,
    /// The roles, with the reason where it is not known whether they let in whom it vouches for.
    roles: Vec<(usize, Option<Arc<Unknown>>)>,
}

/// All providers that roles trust.
#[derive(Debug, Default)]
pub(super) struct Providers {
    all: Vec<Provider>,
    by_address: HashMap<Arc<str>, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    /// Those without a name that is known.
    unnamed: Vec<usize>,
    /// The ids that the account may have that they are in.
    own_accounts: Vec<String>,
}

impl Providers {
    pub(super) fn of(federations: impl Iterator<Item = Federation>, own_accounts: &[String]) -> Providers {
        let mut providers = Providers { own_accounts: own_accounts.to_vec(), ..Providers::default() };
        let mut known: HashMap<(bool, Option<Arc<str>>, String), usize> = HashMap::new();
        for one in federations {
            let is_saml = one.kind == PartyKind::Saml;
            let at = *known.entry((is_saml, one.address.clone(), one.arn.to_string())).or_insert_with(|| {
                let at = providers.all.len();
                if let Some(address) = &one.address {
                    providers.by_address.entry(address.clone()).or_default().push(at);
                }
                match name_of(&one.arn) {
                    Some(name) => providers.by_name.entry(name).or_default().push(at),
                    None => providers.unnamed.push(at),
                }
                let is_own = owner::is_own(&one.arn, own_accounts);
                let (name, arn) = (owner::name(&one.arn), one.arn);
                providers.all.push(Provider {
                    kind: one.kind,
                    address: one.address,
                    is_own,
                    arn,
                    name,
                    roles: Vec::new(),
                });
                at
            });
            if let Some(provider) = providers.all.get_mut(at) {
                provider.roles.push((one.role, one.unknown));
            }
        }
        providers
    }

    /// The roles that let in whomever some SAML provider vouches for, in order.
    pub(super) fn roles_by_saml(&self) -> Vec<usize> {
        let of_saml = self.all.iter().filter(|provider| provider.kind == PartyKind::Saml).flat_map(|one| &one.roles);
        let roles: BTreeSet<usize> = of_saml.filter(|(_, unknown)| unknown.is_none()).map(|(role, _)| *role).collect();
        roles.into_iter().collect()
    }

    /// The providers of a kind that a pattern means.
    fn meant(
        &self,
        identity: &Identity<'_>,
        kind: PartyKind,
        action: Option<&Action>,
        pattern: &Pattern,
    ) -> Vec<usize> {
        let of_kind = |at: &usize| self.all.get(*at).is_some_and(|provider| provider.kind == kind);
        if action.is_some_and(|action| is_whole(action, pattern)) {
            return (0..self.all.len()).filter(of_kind).collect();
        }
        let named = pattern.refers.as_ref().and_then(|address| arn_of(identity, address));
        let glob = named.as_ref().unwrap_or(&pattern.glob);
        let by_address = pattern.refers.iter().filter_map(|address| self.by_address.get(address)).flatten().copied();
        let candidates: Vec<usize> = match name_of(glob) {
            Some(name) => self.by_name.get(&name).into_iter().flatten().chain(&self.unnamed).copied().collect(),
            None => (0..self.all.len()).collect(),
        };
        let is_own = if candidates.is_empty() { Truth::False } else { owner::is_own(glob, &self.own_accounts) };
        let name = owner::name(glob);
        let meets = |at: &usize| {
            let provider = self.all.get(*at).filter(|one| one.address.is_none() || pattern.refers.is_none());
            let met = |one: &Provider| match (&name, &one.name) {
                (Some(name), Some(own)) => name.meets(own),
                _ => glob.meets(&one.arn),
            };
            let met = |one: &Provider| one.is_own.and(met(one)) == Truth::True;
            is_own == Truth::True && provider.is_some_and(met)
        };
        let meant: BTreeSet<usize> = candidates.into_iter().filter(meets).chain(by_address).filter(of_kind).collect();
        meant.into_iter().collect()
    }
}

/// The name of a provider that an ARN says as a whole.
fn name_of(arn: &Glob) -> Option<String> {
    let fields = arn.fields();
    let name = fields.get(5).filter(|name| name.is_literal() && !name.has_holes())?.to_string();
    name.rsplit('/').next().map(str::to_owned)
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
        let meant: BTreeSet<usize> = patterns.iter().flat_map(|pattern| self.means(pattern)).collect();
        let roles = meant.iter().flat_map(|at| self.trusting(*at));
        let certain = roles.filter(|(_, unknown)| unknown.is_none()).map(|(role, _)| *role);
        let roles: BTreeSet<usize> = certain.filter(|role| !denied.contains(role)).collect();
        if roles.is_empty() { Aim::Elsewhere } else { Aim::Some(roles.into_iter().collect()) }
    }

    /// The roles of which it is not known whether they let in whom a provider vouches for, with the reason.
    pub(super) fn perhaps_federated(&self) -> Vec<(usize, Arc<Unknown>)> {
        let denied = self.denied();
        let granted = self.among_providers(&self.grant.extent);
        let open = granted.iter().flat_map(|at| self.trusting(*at));
        let open = open.filter_map(|(role, unknown)| Some((*role, unknown.clone()?)));
        open.filter(|(role, _)| !denied.contains(role)).collect()
    }

    /// The roles that trust only providers that are taken out of the grant.
    pub(super) fn federation_denied(&self) -> Vec<usize> {
        let always: Vec<Extent> =
            self.grant.exceptions.iter().filter(|denial| denial.always_denies()).map(|one| Extent::of(one)).collect();
        if always.is_empty() && !matches!(self.grant.extent, Extent::AllBut(..)) {
            return Vec::new();
        }
        let mut left = self.among_providers(&self.grant.extent);
        for denied in always.iter().map(|extent| self.among_providers(extent)) {
            left.retain(|at| !denied.contains(at));
        }
        let roles = |left: &BTreeSet<usize>| -> BTreeSet<usize> {
            left.iter().flat_map(|at| self.trusting(*at)).map(|(role, _)| *role).collect()
        };
        let all = self.among_providers(&Extent::AllBut(Vec::new(), None));
        roles(&all).difference(&roles(&left)).copied().collect()
    }

    fn trusting(&self, provider: usize) -> &[(usize, Option<Arc<Unknown>>)] {
        self.world.providers.all.get(provider).map_or(&[], |provider| &provider.roles)
    }

    /// The providers that the action works on by some resources.
    fn among_providers(&self, extent: &Extent) -> BTreeSet<usize> {
        let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = extent;
        let named: BTreeSet<usize> = patterns.iter().flat_map(|pattern| self.means(pattern)).collect();
        match extent {
            Extent::Among(..) => named,
            Extent::AllBut(..) => {
                let of_kind = |one: &Provider| changes(&self.wanted.name) == Some(one.kind);
                let all = self.world.providers.all.iter().enumerate().filter(|(_, one)| of_kind(one));
                all.map(|(at, _)| at).filter(|at| !named.contains(at)).collect()
            }
        }
    }

    fn means(&self, pattern: &Pattern) -> Vec<usize> {
        let Some(kind) = changes(&self.wanted.name) else { return Vec::new() };
        self.world.providers.meant(self.access.identity, kind, self.wanted.action, pattern)
    }
}
