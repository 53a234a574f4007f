//! What policies say of one request: the evaluator that every answer of a comparison is held against.

use std::sync::Arc;

use crate::iam::condition::{Context, resolve};
use crate::iam::document::{Document, Elements, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::pattern;
use crate::iam::principal::{Party, PartyKind, parties};
use crate::value::{Truth, Unknown, Value, Why};

/// Statements that are judged together: a denial in one document overrides what another allows.
#[derive(Clone, Debug, Default)]
pub struct Policy<'d> {
    /// The statements.
    pub statements: Vec<&'d Statement>,
    /// There may be further statements, for this reason.
    pub rest: Option<Arc<Unknown>>,
}

impl<'d> From<&'d Document> for Policy<'d> {
    fn from(document: &'d Document) -> Policy<'d> {
        Policy::from_iter([document])
    }
}

impl<'d> FromIterator<&'d Document> for Policy<'d> {
    fn from_iter<I: IntoIterator<Item = &'d Document>>(documents: I) -> Policy<'d> {
        let mut policy = Policy::default();
        for document in documents {
            policy.statements.extend(&document.statements);
            let invalid = |(_, origin): &(String, _)| Unknown::new(Why::Invalid, "the policy document", *origin).into();
            policy.rest = policy.rest.or_else(|| document.rest.clone()).or(document.invalid.as_ref().map(invalid));
        }
        policy
    }
}

/// Who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Whoever the policy is attached to.
    Holder,
    /// Somebody who does not sign.
    Anonymous,
    /// A principal of an account, by its ARN, which is empty where any that is not named elsewhere is meant.
    Principal {
        /// The ARN.
        arn: Glob,
        /// The account.
        account: Glob,
    },
    /// A service.
    Service(Glob),
    /// Somebody with a token of an issuer.
    Federated(Glob),
    /// A canonical user, or whatever else a policy names.
    Other(Glob),
}

impl std::fmt::Display for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Caller::Holder => write!(f, "whoever has the policy"),
            Caller::Anonymous => write!(f, "anybody, unsigned"),
            Caller::Principal { arn, account } if arn.symbols().is_empty() => {
                write!(f, "a principal of account {account}")
            }
            Caller::Principal { arn: name, .. }
            | Caller::Service(name)
            | Caller::Federated(name)
            | Caller::Other(name) => write!(f, "{name}"),
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Request {
    /// The action: `s3:GetObject`.
    pub action: String,
    /// The resource, as a pattern without wildcards: it may have parts that are not known.
    pub resource: Glob,
    /// Who asks.
    pub caller: Caller,
    /// The condition keys that it carries.
    pub context: Context,
}

impl Policy<'_> {
    /// Whether the statements together allow a request: one allows it, and none denies it.
    pub fn allows(&self, request: &Request) -> Truth {
        let deny = Value::string("Deny", crate::source::Origin::NONE);
        let of = |statement: &&Statement, effect: Truth| match effect {
            Truth::False => Truth::False,
            effect => effect.and(statement.applies_to(request)),
        };
        let allowed = Truth::any(self.statements.iter().map(|one| of(one, one.allows())));
        let denied = Truth::any(self.statements.iter().map(|one| of(one, one.effect.equals(&deny))));
        let known = allowed.and(!denied);
        match (&self.rest, denied) {
            (None, _) => known,
            (Some(_), Truth::True) => Truth::False,
            (Some(_), _) => Truth::Unknown,
        }
    }
}

impl Statement {
    /// Whether the statement, whatever its effect, is about a request.
    pub fn applies_to(&self, request: &Request) -> Truth {
        let action = match (&self.actions, &self.not_actions) {
            (Some(elements), _) => names_action(elements, &request.action),
            (None, Some(elements)) => !names_action(elements, &request.action),
            (None, None) => Truth::False,
        };
        if action == Truth::False {
            return Truth::False;
        }
        let resource = self.names_resource(&request.resource, &request.context);
        action.and(resource).and(self.names_caller(&request.caller)).and(self.condition_holds(&request.context))
    }

    /// Whether the resource elements take in a resource; a statement without them is about what it stands on.
    fn names_resource(&self, resource: &Glob, context: &Context) -> Truth {
        let any = |elements: &Elements| {
            let one = |item: &Value| match item.as_unknown() {
                Some(unknown) if !unknown.candidates.is_empty() => {
                    unknown.agree(|candidate| self.pattern_takes(candidate, resource, context))
                }
                _ => self.pattern_takes(item, resource, context),
            };
            elements.find(one).0
        };
        match (&self.resources, &self.not_resources) {
            (Some(elements), _) => any(elements),
            (None, Some(elements)) => !any(elements),
            (None, None) => Truth::True,
        }
    }

    fn pattern_takes(&self, item: &Value, resource: &Glob, context: &Context) -> Truth {
        let glob = Glob::of_value(item, self.variables).and_then(|glob| resolve(&glob, context));
        glob.map_or(Truth::False, |glob| glob.covers(resource))
    }

    /// Whether the principal elements take in a caller; a statement without them is about whoever has it.
    pub(super) fn names_caller(&self, caller: &Caller) -> Truth {
        let any = |principal: &Value| {
            let (found, rest) = parties(principal, &[]);
            let known = Truth::any(found.iter().map(|party| is_party(party, caller)));
            if rest.is_some() { known.or(Truth::Unknown) } else { known }
        };
        match (&self.principal, &self.not_principal) {
            (Some(principal), _) => any(principal),
            (None, Some(not)) => !any(not),
            (None, None) => Truth::True,
        }
    }
}

/// Whether action elements take in an action.
pub(super) fn names_action(elements: &Elements, action: &str) -> Truth {
    let one = |item: &Value| match item.as_str() {
        Some(text) => pattern::matches_ignoring_case(text, action).into(),
        None => match item.as_unknown() {
            Some(unknown) if !unknown.candidates.is_empty() => unknown.agree(|candidate| match candidate.as_str() {
                Some(text) => pattern::matches_ignoring_case(text, action).into(),
                None => Truth::Unknown,
            }),
            _ => match item.with_holes_as_wildcards() {
                Some(widest) if !pattern::matches_ignoring_case(&widest, action) => Truth::False,
                Some(_) => Truth::Unknown,
                None => Truth::False,
            },
        },
    };
    elements.find(one).0
}

/// A principal as written: it has no wildcards.
pub(super) fn literal(value: &Value) -> Glob {
    let glob = Glob::of_value(value, false).unwrap_or_default();
    Glob::of_symbols(glob.symbols().iter().map(|symbol| match symbol {
        Symbol::Run(_) => Symbol::Char('*'),
        Symbol::One => Symbol::Char('?'),
        other => other.clone(),
    }))
}

/// The account of an account's id, or of an ARN.
pub(super) fn account_of(name: &Glob) -> Glob {
    name.fields().into_iter().nth(4).unwrap_or_else(|| name.clone())
}

fn is_party(party: &Party, caller: &Caller) -> Truth {
    let mine = || literal(&party.value);
    let is_principal =
        !matches!(party.kind, PartyKind::Service | PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer);
    match (party.kind, caller) {
        (_, Caller::Holder) | (PartyKind::Any, _) => Truth::True,
        // What is not known may be everybody.
        (PartyKind::Unknown, Caller::Anonymous) => Truth::Unknown,
        (PartyKind::Account, Caller::Principal { account, .. }) => account_of(&mine()).covers(account),
        (PartyKind::Service, Caller::Service(name))
        | (PartyKind::Oidc | PartyKind::Saml | PartyKind::SharedIssuer | PartyKind::Unknown, Caller::Federated(name))
        | (PartyKind::Unknown, Caller::Service(name))
        | (PartyKind::Canonical | PartyKind::Dead | PartyKind::Other | PartyKind::Unknown, Caller::Other(name)) => {
            mine().covers(name)
        }
        (_, Caller::Principal { arn, .. }) if is_principal => {
            let name = mine();
            let same = name.covers(arn);
            match (same, role_of_session(&arn.to_string())) {
                (Truth::False, Some((account, role))) if is_role(&name.to_string(), &account, &role) => Truth::True,
                _ => same,
            }
        }
        _ => Truth::False,
    }
}

/// The account and the name of the role of a role's session.
fn role_of_session(arn: &str) -> Option<(String, String)> {
    let (head, name) = arn.split_once(":assumed-role/")?;
    Some((head.rsplit(':').next()?.to_owned(), name.split('/').next()?.to_owned()))
}

fn is_role(arn: &str, account: &str, role: &str) -> bool {
    arn.split_once(":role/")
        .is_some_and(|(head, name)| head.rsplit(':').next() == Some(account) && name.rsplit('/').next() == Some(role))
}
