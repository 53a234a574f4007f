//! Who may assume a role, and whether a condition keeps others out.

use super::document::{Document, Statement};
use super::exposure::{Bound, Callers, Carrier, Guards, Known, Named, Remainder, is_confused};
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
    /// What is asked of them.
    pub(super) guards: Guards,
    /// The accounts besides the own one that a condition bounds everybody to.
    bounded_to: Vec<String>,
    /// The organizations besides the own one that a condition bounds everybody to.
    organizations: Vec<String>,
}

/// The accounts, and the organizations, besides the own ones that conditions and denials bound callers to by who they are.
fn bounded_to(statement: &Statement, document: &Document, known: Known<'_>) -> (Vec<String>, Vec<String>) {
    let remainders = document.remainder(statement, Callers::Signed);
    let smallest = |keys: [&str; 2], own: &[String]| {
        let foreign = |bounds: &Vec<Bound>| -> Option<Vec<String>> {
            bounds.iter().all(|bound| keys.contains(&bound.key.as_str())).then(|| {
                let names = bounds.iter().flat_map(|bound| &bound.names);
                let ids = names.filter_map(|name| match name {
                    Named::Id(id) if !own.contains(id) => Some(id.clone()),
                    _ => None,
                });
                let mut ids: Vec<String> = ids.collect();
                ids.sort();
                ids.dedup();
                ids
            })
        };
        let all = remainders.iter().filter_map(|remainder| match remainder {
            Remainder::Bound(bounds) => foreign(bounds),
            _ => None,
        });
        all.min_by_key(Vec::len).unwrap_or_default()
    };
    let accounts = smallest(["aws:principalaccount", "aws:principalarn"], known.own());
    // An organization that is named is the own one, where that is not known.
    let organizations = match known.organizations {
        [] => Vec::new(),
        own => smallest(["aws:principalorgid", "aws:principalorgpaths"], own),
    };
    (accounts, organizations)
}

/// `account A`, `accounts A, B and C`; none of none.
fn together(what: &str, ids: &[String]) -> Option<String> {
    let (last, others) = ids.split_last()?;
    let is_one = others.is_empty();
    Some(if is_one { format!("{what} {last}") } else { format!("{what}s {} and {last}", others.join(", ")) })
}

impl Trust {
    pub(super) fn of(statement: &Statement, document: &Document, carrier: Carrier, known: Known<'_>) -> Trust {
        let (mut found, rest) =
            statement.principal.as_ref().map(|principal| parties(principal, known.own())).unwrap_or_default();
        let is_trust = carrier == Carrier::Trust && statement.allows().is_true();
        if is_trust {
            // Whom AWS refuses, and whom the statement cannot let in, is trusted by nobody.
            found.retain(|party| statement.may_be_used_by(party));
        }
        if is_trust && statement.admits_nobody() {
            found.clear();
        } else if let Some(not) = &statement.not_principal {
            // Everybody but those: public, whoever is left out.
            found.push(Party { kind: PartyKind::Any, account: Account::None, value: not.clone() });
        }
        let everybody = found.iter().any(|party| party.kind == PartyKind::Any);
        let (bounded_to, organizations) =
            if everybody { bounded_to(statement, document, known) } else { (Vec::new(), Vec::new()) };
        Trust { parties: found, rest, guards: document.guards(statement, carrier, known), bounded_to, organizations }
    }

    /// The accounts and organizations that are not known to be the own ones, for people: `account A`, `accounts A and B`; null
    /// where there is none.
    pub(super) fn outsiders_value(&self, origin: Origin) -> Value {
        let mut named: Vec<String> = Vec::new();
        for party in &self.parties {
            if let Account::Id(id) = &party.account
                && !named.iter().any(|other| **other == **id)
            {
                named.push(id.to_string());
            }
        }
        let left = || together("account", &self.bounded_to).or_else(|| together("organization", &self.organizations));
        let text = together("account", &named)
            .or_else(|| left().map(|left| format!("everybody whom its condition leaves of {left}")));
        text.map_or_else(|| Value::null(origin), |text| Value::string(text, origin))
    }

    /// The parties as a value for rules.
    pub(super) fn principals_value(&self, origin: Origin, role: Option<&str>) -> Value {
        let one = |party: &Party| {
            let at = party.value.origin;
            let name = party.value.scalar_text().map(|text| Value::string(text.as_ref(), at));
            let ids = |ids: &[String]| Value::list(ids.iter().map(|id| Value::string(id.as_str(), at)).collect(), at);
            let outside = match &party.account {
                Account::Id(id) => ids(&[id.to_string()]),
                Account::Unknown(unknown) => Value::unknown(derived(unknown), at),
                Account::None if party.kind == PartyKind::Any && !self.bounded_to.is_empty() => ids(&self.bounded_to),
                Account::Own | Account::None => Value::null(at),
            };
            let deputy = match (party.kind, party.value.first_unknown()) {
                (PartyKind::Service, unknown) => match (is_confused(party), unknown) {
                    (Truth::Unknown, Some(unknown)) => Value::unknown(derived(unknown), at),
                    (truth, _) => Value::bool(truth.is_true(), at),
                },
                _ => Value::bool(false, at),
            };
            let fields = [
                ("type", Value::string(party.kind.name(), at)),
                ("outside", outside),
                ("account", party.account.to_value(at)),
                ("deputy", deputy),
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
