//! Which way of assuming a role is open to which sort of party.

use crate::iam::catalogue;
use crate::iam::document::Statement;
use crate::iam::principal::PartyKind;
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
