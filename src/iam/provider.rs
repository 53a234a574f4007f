//! Which identity provider a trust names where it refers to one, and which of its tests are about that.

use std::sync::Arc;

use super::condition::{OpenTest, Test};
use super::document::{Document, Statement};
use super::identity::Identity;
use super::principal::{OIDC_PROVIDER, Party, PartyKind, SHARED_ISSUERS, parties, shown};
use crate::model::Resource;
use crate::value::{Data, Entry, Piece, Unknown, Value};

/// The providers of tokens, with the attribute that holds the issuer, and the attributes that are the ARN.
const PROVIDERS: [(&str, &str, [&str; 2]); 2] =
    [("aws_iam_openid_connect_provider", "url", ["arn", "id"]), ("AWS::IAM::OIDCProvider", "Url", ["Arn", "Ref"])];

/// What the subject of every service account of Kubernetes begins with, and of nobody else.
const SERVICE_ACCOUNT: &str = "system:serviceaccount:";

/// A provider of tokens that the unit makes.
#[derive(Debug)]
pub(super) struct Listed<'u> {
    /// Its issuer in lower case, what is not known of it by its name.
    pub(super) issuer: String,
    /// The audiences that it takes; none where it says nothing of them.
    pub(super) audiences: Option<&'u Value>,
}

impl Identity<'_> {
    /// The providers of tokens that the unit makes.
    pub(super) fn listed_providers(&self) -> Vec<Listed<'_>> {
        const LISTS: [&str; 2] = ["client_id_list", "ClientIdList"];
        let mut found = Vec::new();
        for (provider_type, _, arns) in PROVIDERS {
            for resource in self.relations.of_type(provider_type).iter().filter_map(|at| self.unit.resources.get(*at)) {
                let Some(issuer) = issuer_of(resource, arns[0]) else { continue };
                let audiences = LISTS.iter().find_map(|name| resource.attributes.get(name));
                found.push(Listed { issuer: shown(&issuer).to_lowercase(), audiences });
            }
        }
        found
    }

    /// A trust policy, with the identity providers of the unit that it refers to by their issuers, and with the tests on
    /// the claims of an issuer that it names in the same words.
    pub(super) fn trust(&self, value: &Value) -> Document {
        let mut document = Document::read(value, self.sources);
        document.statements.iter_mut().for_each(|statement| self.name_providers(statement));
        document
    }

    fn name_providers(&self, statement: &mut Statement) {
        let Some(principal) = &statement.principal else { return };
        let Some(federated) = principal.get("Federated") else { return };
        let given = federated.elements();
        let named: Vec<Value> = given.iter().map(|one| self.named(statement, one)).collect();
        let mut found = Vec::new();
        for (given, named) in given.iter().zip(&named) {
            let principal = Value::fields([("Federated", named.clone())], named.origin);
            let party = parties(&principal, &[]).0.into_iter().find(|party| party.kind == PartyKind::Oidc);
            found.extend(party.and_then(|party| Some((party.issuer()?.to_lowercase(), Provider { party, given }))));
        }
        let (mut tests, mut open) = (Vec::new(), Vec::new());
        for test in &statement.open_tests {
            let claim = claim_of(&test.key);
            let of = claim.as_ref().and_then(|(issuer, _)| {
                let mut all = found.iter().filter(|(name, one)| one.is_called(name, issuer, statement));
                all.next().filter(|_| all.next().is_none())
            });
            match (of, claim) {
                (Some((name, _)), Some((_, claim))) => {
                    let key = format!("{name}:{claim}");
                    tests.push(Test { written: key.as_str().into(), key, ..test.test.clone() });
                }
                _ => open.push(test.clone()),
            }
        }
        let mut federated = federated.clone();
        match &mut federated.data {
            Data::List(list) => Arc::make_mut(list).items = named,
            _ => federated = named.into_iter().next().unwrap_or(federated),
        }
        let mut principal = principal.clone();
        if let Data::Map(map) = &mut principal.data {
            let key_origin = map.entry("Federated").map_or(federated.origin, |entry| entry.key_origin);
            Arc::make_mut(map).insert(Entry { key: "Federated".into(), key_origin, value: federated });
        }
        statement.principal = Some(principal);
        statement.tests.extend(tests);
        if open.is_empty() {
            statement.more_tests.clone_from(&statement.other_tests);
        }
        statement.open_tests = open;
    }

    /// A provider as far as its issuer is known: by the resource that it is, else by the claims that are asked for.
    fn named(&self, statement: &Statement, value: &Value) -> Value {
        let referred = self.by_issuer(value);
        let party = |value: &Value| {
            let principal = Value::fields([("Federated", value.clone())], value.origin);
            parties(&principal, &[]).0.into_iter().next()
        };
        let issuer = party(referred.as_ref().unwrap_or(value)).and_then(|party| party.issuer());
        if issuer.as_ref().is_some_and(|issuer| !issuer.contains("${")) {
            return referred.unwrap_or_else(|| value.clone());
        }
        statement.by_words(value, issuer.is_some()).or(referred).unwrap_or_else(|| value.clone())
    }

    /// The ARN of a provider of the unit, with its issuer.
    fn by_issuer(&self, value: &Value) -> Option<Value> {
        let Some(unknown) = value.as_unknown() else {
            return value.known_suffix().contains(OIDC_PROVIDER).then(|| value.clone());
        };
        let mut candidates = unknown.candidates.iter().filter(|candidate| !candidate.is_null());
        if let Some(first) = candidates.next() {
            // Whichever it is, it gives the same tokens; and where there is none, no policy either.
            let first = self.by_issuer(first)?;
            let text = |value: &Value| value.to_pieces().map(|pieces| issuer_text(&pieces));
            let same = candidates.all(|other| self.by_issuer(other).is_some_and(|one| text(&one) == text(&first)));
            return same.then(|| first.at(value.origin));
        }
        let reference = unknown.refers.as_ref()?;
        let resource = self.unit.resources.get(self.relations.at(&reference.address)?)?;
        let issuer = issuer_of(resource, &reference.attribute)?;
        Some(with_issuer(unknown, issuer, value))
    }
}

/// The issuer of a provider, without its scheme.
fn issuer_of(resource: &Resource, attribute: &str) -> Option<Vec<Piece>> {
    let is_of = |(provider_type, _, arns): &&(&str, &str, [&str; 2])| {
        *provider_type == &*resource.provider_type && arns.contains(&attribute)
    };
    let (_, url, _) = PROVIDERS.iter().find(is_of)?;
    let mut pieces = resource.attributes.get(url).filter(|url| !url.is_null())?.to_pieces()?;
    if let Some(Piece::Known(text, _)) = pieces.first_mut()
        && let Some((_, rest)) = text.split_once("://")
    {
        *text = rest.into();
    }
    Some(pieces)
}

/// An ARN of which only the issuer is known.
fn with_issuer(unknown: &Arc<Unknown>, issuer: Vec<Piece>, value: &Value) -> Value {
    let mut pieces = vec![Piece::Hole(unknown.clone(), value.origin), Piece::Known(OIDC_PROVIDER.into(), value.origin)];
    pieces.extend(issuer);
    Value::of_pieces(pieces, value.origin).marked(value.sensitive)
}

fn issuer_text(pieces: &[Piece]) -> String {
    let text = shown(pieces);
    text.split_once(OIDC_PROVIDER).map_or_else(|| text.clone(), |(_, issuer)| issuer.to_lowercase())
}

/// What stands before the claim in a key, with what is unknown by its name, and the claim.
fn claim_of(key: &Value) -> Option<(String, String)> {
    let suffix = key.known_suffix();
    let (_, claim) = suffix.rsplit_once(':')?;
    let text = shown(&key.to_pieces()?);
    let issuer = text.get(..text.len().checked_sub(claim.len() + 1)?)?;
    Some((issuer.to_lowercase(), claim.to_lowercase()))
}

/// A provider as the trust names it.
struct Provider<'v> {
    party: Party,
    given: &'v Value,
}

impl Provider<'_> {
    /// Whether a key that begins like this is about its tokens: it is made from the same value, from another attribute of
    /// the same provider, or asks for a service account where the issuer is that of some cluster.
    fn is_called(&self, name: &str, issuer: &str, statement: &Statement) -> bool {
        if name == issuer {
            return true;
        }
        let of_reference = |piece: &Piece| match piece {
            Piece::Hole(unknown, _) => unknown.subject.rsplit_once('.').map(|(owner, _)| owner.to_lowercase()),
            Piece::Known(..) => None,
        };
        let pieces = self.given.to_pieces().unwrap_or_default();
        let owner = pieces.first().filter(|_| pieces.len() == 1).and_then(of_reference);
        let inner = issuer.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        let is_same = owner.is_some_and(|owner| {
            let names_provider = owner.contains("openid_connect_provider.") || self.is_of_template();
            names_provider && inner.and_then(|inner| inner.rsplit_once('.')).is_some_and(|(other, _)| other == owner)
        });
        is_same || (name.contains("${") && statement.may_ask_for_service_account(issuer))
    }

    fn is_of_template(&self) -> bool {
        let refers = self.party.value.first_unknown().and_then(|unknown| unknown.refers.as_ref());
        refers.is_some_and(|reference| &*reference.provider_type == "AWS::IAM::OIDCProvider")
    }
}

impl Statement {
    /// A provider of which the issuer is not known, by the one whose claims are asked for: the tokens of no other have them.
    fn by_words(&self, value: &Value, is_named: bool) -> Option<Value> {
        let unknown = value.first_unknown()?;
        if unknown.refers.as_ref().is_some_and(|reference| reference.provider_type.to_lowercase().contains("saml")) {
            return None;
        }
        let asked = self.tests.iter().filter(|test| test.is_positive() && test.holds_when_absent() == Some(false));
        let issuers = asked.filter_map(|test| test.key.rsplit_once(':')).map(|(issuer, _)| issuer);
        let mut issuers: Vec<&str> = issuers.filter(|issuer| issuer.contains('.') && !issuer.contains(':')).collect();
        issuers.dedup();
        match issuers.as_slice() {
            [one] if SHARED_ISSUERS.contains(one) => return Some(Value::string(*one, value.origin)),
            [one] => return Some(with_issuer(unknown, vec![Piece::Known((*one).into(), value.origin)], value)),
            _ => {}
        }
        let open = self.open_tests.iter().filter_map(|test| claim_of(&test.key));
        let asks =
            open.filter(|(_, claim)| claim == "sub").any(|(issuer, _)| self.may_ask_for_service_account(&issuer));
        let issuer = || vec![Piece::Hole(unknown.clone(), value.origin)];
        (asks && !is_named).then(|| with_issuer(unknown, issuer(), value))
    }

    /// Whether it asks an issuer of this name, of which not all is known, for the service accounts of a cluster.
    fn may_ask_for_service_account(&self, issuer: &str) -> bool {
        let is_subject = |test: &OpenTest| {
            claim_of(&test.key).is_some_and(|(of, claim)| of == issuer && claim == "sub") && test.test.is_positive()
        };
        let begins = |value: &Value| value.known_prefix().starts_with(SERVICE_ACCOUNT);
        self.open_tests.iter().filter(|test| is_subject(test)).any(|test| test.test.values.iter().any(begins))
    }
}
