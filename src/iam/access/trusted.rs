//! Whom a role lets in, as its trust policy names them.

use super::Access;
use super::called::condition_of;
use crate::iam::document::Document;
use crate::iam::exposure::Carrier;
use crate::iam::principal::{Account, PartyKind};
use crate::iam::trust::Trust;
use crate::source::Origin;
use crate::value::Truth;

/// A party that the trust policy of a role lets in.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// What sort of party it is.
    pub kind: PartyKind,
    /// It belongs to the account that is deployed to.
    pub own: bool,
    /// What it is called: an account's id, the name of a service, an ARN; of a principal of the unit its name.
    pub name: String,
    /// The number of the principal of the unit that it is.
    pub principal: Option<usize>,
    /// Whether a condition keeps some of them out.
    pub restricted: Truth,
    /// The conditions, as operator and key.
    pub conditions: Vec<String>,
    /// The statement's principal.
    pub origin: Origin,
}

impl Access<'_, '_> {
    /// The parties that may assume a role by its trust policy.
    pub fn trusted(&self, role: usize) -> Vec<Trusted> {
        let Some(principal) = self.identity.principals.get(role) else { return Vec::new() };
        if &*principal.instance.row.kind != "role" {
            return Vec::new();
        }
        let document = Document::read(&self.identity.field(&principal.instance, "trust"), self.identity.sources);
        let mut all = Vec::new();
        for statement in document.statements.iter().filter(|statement| statement.allows() == Truth::True) {
            let trust = Trust::of(statement, &document, Carrier::Trust, self.identity.known());
            let conditions: Vec<String> = statement.tests.iter().map(condition_of).collect();
            all.extend(trust.parties.into_iter().map(|party| {
                let called = self.called(&party, principal.instance.index);
                Trusted {
                    kind: party.kind,
                    own: matches!(party.account, Account::Own),
                    name: called.name,
                    principal: called.principal,
                    restricted: trust.guards.restricted.0,
                    conditions: conditions.clone(),
                    origin: party.value.origin,
                }
            }));
        }
        all
    }
}
