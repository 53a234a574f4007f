//! Who may assume a role, and whether a condition keeps others out.

use super::document::Statement;
use super::principal::{Party, PartyKind, parties};
use crate::source::Origin;
use crate::value::{List, Truth, Unknown, Value};
use std::sync::Arc;

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
    pub(super) fn of(statement: &Statement, own_accounts: &[String]) -> Trust {
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
            (truth, unknown)
        };
        let secret = |key: &str| matches!(key, "sts:externalid" | "sts:sourceidentity" | "sts:rolesessionname");
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
    pub(super) fn principals_value(&self, origin: Origin) -> Value {
        let one = |party: &Party| {
            let at = party.value.origin;
            let name = party.value.scalar_text().map(|text| Value::string(text.as_ref(), at));
            let fields = [
                ("type", Value::string(party.kind.name(), at)),
                ("account", party.account.to_value(at)),
                ("name", name.unwrap_or_else(|| party.value.clone())),
            ];
            let mut value = Value::fields(fields, at);
            if party.kind == PartyKind::Unknown
                && let (crate::value::Data::Map(map), Some(unknown)) = (&value.data, party.value.first_unknown())
            {
                let mut map = (**map).clone();
                let kind = Value::unknown(unknown.clone(), at);
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
