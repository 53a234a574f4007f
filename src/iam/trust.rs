//! Who may assume a role, and whether a condition keeps others out.

use super::document::{Document, Statement};
use super::principal::{Account, Party, PartyKind, parties};
use crate::source::Origin;
use crate::value::{List, Truth, Unknown, Value, derived};
use std::sync::Arc;

/// Whether a party is the role of this name in the own account.
fn is_itself(party: &Party, role: Option<&str>) -> bool {
    let Some(role) = role.filter(|_| party.kind == PartyKind::Role && matches!(party.account, Account::Own)) else {
        return false;
    };
    let text = party.value.as_str().map_or_else(|| party.value.known_suffix(), str::to_owned);
    text.split_once(":role/").is_some_and(|(_, path)| path.rsplit('/').next() == Some(role))
}

/// What a statement of a trust or resource policy says about its parties.
#[derive(Debug)]
pub(super) struct Trust {
    pub(super) parties: Vec<Party>,
    pub(super) rest: Option<Arc<Unknown>>,
    /// A condition restricts who or how.
    pub(super) restricted: (Truth, Option<Arc<Unknown>>),
    /// A condition bounds the set of parties by identity or network.
    pub(super) bounded: (Truth, Option<Arc<Unknown>>),
    pub(super) external_id: (Truth, Option<Arc<Unknown>>),
    pub(super) own_organization: Truth,
    pub(super) mfa: Truth,
}

impl Trust {
    pub(super) fn of(statement: &Statement, document: &Document, own_accounts: &[String]) -> Trust {
        let (mut found, rest) =
            statement.principal.as_ref().map(|principal| parties(principal, own_accounts)).unwrap_or_default();
        if let Some(not) = &statement.not_principal {
            // Everybody but those: public, whoever is left out.
            let account = super::principal::Account::None;
            found.push(Party { kind: PartyKind::Any, account, value: not.clone() });
        }
        let about = |keep: &dyn Fn(&str) -> bool| {
            let mut truth = Truth::False;
            let mut unknown = None;
            for test in statement.tests.iter().filter(|test| keep(&test.key)) {
                let one = test.restricts_trust();
                if one == Truth::Unknown {
                    let values = test.values.iter().find_map(|value| value.first_unknown().cloned());
                    unknown = unknown.or(values).or_else(|| test.rest.clone());
                }
                truth = truth.or(one);
            }
            if truth == Truth::False && statement.more_tests.is_some() {
                return (Truth::Unknown, statement.more_tests.clone());
            }
            let denied = Truth::any(document.statements.iter().map(|other| other.denies_all_but(keep)));
            (truth.or(denied), unknown.filter(|_| !denied.is_true()))
        };
        let secret = |key: &str| key == "sts:externalid";
        Trust {
            parties: found,
            rest,
            restricted: about(&|_| true),
            bounded: about(&|key| !secret(key) && !key.starts_with("aws:multifactor")),
            external_id: about(&|key| key == "sts:externalid"),
            own_organization: about(&|key| key == "aws:principalorgid" || key == "aws:principalorgpaths").0,
            mfa: about(&|key| key.starts_with("aws:multifactor")).0,
        }
    }

    /// The parties as a value for rules.
    pub(super) fn principals_value(&self, origin: Origin, role: Option<&str>) -> Value {
        let one = |party: &Party| {
            let at = party.value.origin;
            let name = party.value.scalar_text().map(|text| Value::string(text.as_ref(), at));
            let fields = [
                ("type", Value::string(party.kind.name(), at)),
                ("account", party.account.to_value(at)),
                ("itself", Value::bool(is_itself(party, role), at)),
                ("name", name.unwrap_or_else(|| party.value.clone())),
            ];
            let mut value = Value::fields(fields, at);
            if party.kind == PartyKind::Unknown
                && let (crate::value::Data::Map(map), Some(unknown)) = (&value.data, party.value.first_unknown())
            {
                let mut map = (**map).clone();
                let kind = Value::unknown(derived(unknown), at);
                map.insert(crate::value::Entry { key: "type".into(), key_origin: at, value: kind });
                value.data = crate::value::Data::Map(Arc::new(map));
            }
            value
        };
        let items = self.parties.iter().map(one).collect();
        let list = List { items, rest: self.rest.clone(), is_set: false };
        Value::new(crate::value::Data::List(Arc::new(list)), origin)
    }
}

impl Statement {
    /// Whether this is a `Deny` for everybody that leaves only those whom fixed values of a key let through, or nobody:
    /// what other statements of the document allow is then restricted, too.
    fn denies_all_but(&self, keep: &dyn Fn(&str) -> bool) -> Truth {
        if self.effect.as_str() != Some("Deny") {
            return Truth::False;
        }
        let everybody = self.principal.as_ref().is_some_and(|principal| {
            let (found, _) = parties(principal, &[]);
            found.iter().any(|party| party.kind == PartyKind::Any)
        });
        let assumes = |action: &Value| {
            let covers = |text: &str| super::pattern::covers(&text.to_ascii_lowercase(), "sts:assumerole");
            Truth::from(action.as_str().is_some_and(covers))
        };
        let every_action = self.actions.as_ref().is_some_and(|actions| actions.find(assumes).0.is_true());
        if !everybody || !every_action || self.more_tests.is_some() {
            return Truth::False;
        }
        match self.tests.as_slice() {
            [] => Truth::True,
            // Several tests must all hold for the denial, so that each of them lets more through.
            [test] if keep(&test.key) => test.excludes_all_but_fixed(),
            _ => Truth::False,
        }
    }
}
