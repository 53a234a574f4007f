//! Who may assume a role, and whether a condition keeps others out.

use super::document::{Document, Statement};
use super::exposure::{Callers, Carrier, Guards, Known, Named, Verdict, is_confused};
use super::principal::{Account, Party, PartyKind, parties};
use crate::source::Origin;
use crate::value::{List, Unknown, Value, derived};
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
}

/// The accounts that a condition bounds callers to by who they are; none where one of them is the own one.
fn bounded_to(statement: &Statement, known: Known<'_>) -> Vec<String> {
    const OF_CALLERS: [&str; 2] = ["aws:principalaccount", "aws:principalarn"];
    let mut smallest: Option<Vec<String>> = None;
    for (_, verdict) in statement.bounds(Callers::Signed) {
        let Verdict::Bounds(bound) = verdict else { continue };
        if !OF_CALLERS.contains(&bound.key.as_str()) {
            continue;
        }
        let foreign = bound.names.into_iter().filter_map(|name| match name {
            Named::Id(id) if !known.own().contains(&id) => Some(id),
            _ => None,
        });
        let foreign: Vec<String> = foreign.collect();
        if smallest.as_ref().is_none_or(|known| foreign.len() < known.len()) {
            smallest = Some(foreign);
        }
    }
    smallest.unwrap_or_default()
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
        let bounded_to = if everybody { bounded_to(statement, known) } else { Vec::new() };
        Trust { parties: found, rest, guards: document.guards(statement, carrier, known), bounded_to }
    }

    /// The accounts that are not known to be the own one, for people: `account A`, `accounts A and B`; null where none is.
    pub(super) fn outsiders_value(&self, origin: Origin) -> Value {
        let mut ids: Vec<&str> = Vec::new();
        for party in &self.parties {
            if let Account::Id(id) = &party.account
                && !ids.contains(&&**id)
            {
                ids.push(id);
            }
        }
        let left = ids.is_empty() && !self.bounded_to.is_empty();
        if left {
            ids.extend(self.bounded_to.iter().map(String::as_str));
        }
        let Some((last, others)) = ids.split_last() else { return Value::null(origin) };
        let names = if others.is_empty() {
            format!("account {last}")
        } else {
            format!("accounts {} and {last}", others.join(", "))
        };
        let text = if left { format!("everybody whom its condition leaves of {names}") } else { names };
        Value::string(text, origin)
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
            let fields = [
                ("type", Value::string(party.kind.name(), at)),
                ("outside", outside),
                ("account", party.account.to_value(at)),
                ("deputy", Value::bool(party.kind == PartyKind::Service && is_confused(party), at)),
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
