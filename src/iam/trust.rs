//! Who may assume a role, and whether a condition keeps others out.

use super::document::{Document, Statement};
use super::exposure::{Callers, Carrier, Guards, Known, Named, Verdict};
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
        if let Some(not) = &statement.not_principal {
            // Everybody but those: public, whoever is left out.
            found.push(Party { kind: PartyKind::Any, account: Account::None, value: not.clone() });
        }
        let everybody = found.iter().any(|party| party.kind == PartyKind::Any);
        let bounded_to = if everybody { bounded_to(statement, known) } else { Vec::new() };
        Trust { parties: found, rest, guards: document.guards(statement, carrier, known), bounded_to }
    }

    /// The parties as a value for rules.
    pub(super) fn principals_value(&self, origin: Origin, role: Option<&str>) -> Value {
        let one = |party: &Party| {
            let at = party.value.origin;
            let name = party.value.scalar_text().map(|text| Value::string(text.as_ref(), at));
            let ids = |ids: &[String]| Value::list(ids.iter().map(|id| Value::string(id.as_str(), at)).collect(), at);
            let (outside, whose) = match &party.account {
                Account::Id(id) => (ids(&[id.to_string()]), Value::string(format!("account {id}"), at)),
                Account::Unknown(unknown) => {
                    let open = Value::unknown(derived(unknown), at);
                    (open.clone(), open)
                }
                Account::None if party.kind == PartyKind::Any && !self.bounded_to.is_empty() => {
                    let whose = format!("whom its condition leaves of account {}", self.bounded_to.join(" and "));
                    (ids(&self.bounded_to), Value::string(whose, at))
                }
                Account::Own | Account::None => (Value::null(at), Value::null(at)),
            };
            let fields = [
                ("type", Value::string(party.kind.name(), at)),
                ("outside", outside),
                ("whose", whose),
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
