//! Whom a role lets in, as its trust policy names them.

use super::Access;
use crate::iam::document::Document;
use crate::iam::exposure::Carrier;
use crate::iam::principal::{Account, PartyKind};
use crate::iam::trust::Trust;
use crate::source::Origin;
use crate::value::{Piece, Truth, Value};

/// A party that the trust policy of a role lets in.
#[derive(Clone, Debug)]
pub struct Trusted {
    /// What sort of party it is.
    pub kind: PartyKind,
    /// It belongs to the account that is deployed to.
    pub own: bool,
    /// What it is called: an account's id, the name of a service, an ARN.
    pub name: String,
    /// Whether a condition keeps some of them out.
    pub restricted: Truth,
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
            all.extend(trust.parties.into_iter().map(|party| Trusted {
                kind: party.kind,
                own: matches!(party.account, Account::Own),
                name: match &party.account {
                    Account::Id(id) if party.kind == PartyKind::Account => id.to_string(),
                    _ => name_of(&party.value),
                },
                restricted: trust.guards.restricted.0,
                origin: party.value.origin,
            }));
        }
        all
    }
}

/// A name for people, with what is not known by what it is called in the configuration.
pub(super) fn name_of(value: &Value) -> String {
    if let Some(text) = value.scalar_text() {
        return text.into_owned();
    }
    if let Some(unknown) = value.as_unknown() {
        return unknown.subject.to_string();
    }
    let pieces = value.to_pieces().unwrap_or_default();
    let piece = |piece: &Piece| match piece {
        Piece::Known(text, _) => text.to_string(),
        Piece::Hole(unknown, _) => format!("${{{}}}", unknown.subject),
    };
    pieces.iter().map(piece).collect()
}
