//! Who is let in from outside of the unit by policies on its resources: other accounts, services, everybody.

use super::called::{condition_of, name_of};
use super::decide::{Asked, Decision, Said};
use super::grant::conditions;
use super::{Access, Step};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::exposure::Carrier;
use crate::iam::facts::Holding;
use crate::iam::principal::{Account, Party, PartyKind, parties};
use crate::model::Resolution;
use crate::value::{Truth, Value};

/// Somebody who is not of the unit, and whom a policy on one of its resources names.
#[derive(Clone, Debug)]
pub struct Outsider {
    /// What sort of party it is.
    pub kind: PartyKind,
    /// It belongs to the account that is deployed to.
    pub own: bool,
    /// What it is called: an account's id, the name of a service, an ARN.
    pub name: String,
    /// The address of the resource that holds the policy.
    pub address: std::sync::Arc<str>,
    /// The answer as far as the own account has a say: in another account its own policies must allow it, too.
    pub decision: Decision,
}

impl<'i> Access<'i, '_> {
    /// All others that may do an action by the policy of a resource, or of whom it cannot be told; and with the answer no
    /// those whom one would let in that a block of public access keeps out.
    pub fn others_who_may(&self, action: &str, resource: Option<&str>) -> Vec<Outsider> {
        let asked = self.asked(action, resource);
        let mut all: Vec<Outsider> = Vec::new();
        for said in asked.said.iter().filter(|said| said.statement.allows() != Truth::False) {
            for party in self.parties_of(said.statement) {
                if self.is_inside(said, &party) || !fits(said, &party, &asked) {
                    continue;
                }
                let Some(outsider) = self.outsider(said, &party, &asked) else { continue };
                let same = |one: &&mut Outsider| one.name == outsider.name && one.address == outsider.address;
                match all.iter_mut().find(same) {
                    Some(known) if rank(&outsider.decision) < rank(&known.decision) => *known = outsider,
                    Some(_) => {}
                    None => all.push(outsider),
                }
            }
        }
        all
    }

    fn parties_of(&self, statement: &Statement) -> Vec<Party> {
        let own = self.identity.own_accounts;
        let everybody = |not: &Value| Party { kind: PartyKind::Any, account: Account::None, value: not.clone() };
        if let Some(not) = &statement.not_principal {
            return vec![everybody(not)];
        }
        let Some(principal) = &statement.principal else { return Vec::new() };
        let (mut found, rest) = parties(principal, own);
        if let Some(unknown) = rest {
            let value = Value::unknown(unknown.clone(), principal.origin);
            found.push(Party { kind: PartyKind::Unknown, account: Account::Unknown(unknown), value });
        }
        found
    }

    /// Whether a party is of the unit, or the own account, which is told of by its principals; or nobody at all.
    fn is_inside(&self, said: &Said<'_>, party: &Party) -> bool {
        let own = matches!(party.account, Account::Own);
        match party.kind {
            PartyKind::Account => own,
            PartyKind::Dead => true,
            PartyKind::User | PartyKind::Role => {
                let kind = if party.kind == PartyKind::User { "user" } else { "role" };
                let elsewhere = matches!(party.account, Account::Id(_)) && !self.identity.own_accounts.is_empty();
                let text = party.value.as_str().map_or_else(|| party.value.known_suffix(), str::to_owned);
                let value = match text.split_once(":assumed-role/") {
                    Some((_, session)) => {
                        Value::string(session.split('/').next().unwrap_or_default(), party.value.origin)
                    }
                    None => party.value.clone(),
                };
                let found = self.identity.relations.resolve(&value, kind, said.standing.resource);
                !elsewhere && matches!(found, Resolution::Resources(_))
            }
            _ => false,
        }
    }

    fn outsider(&self, said: &Said<'i>, party: &Party, asked: &Asked<'i>) -> Option<Outsider> {
        let tests = conditions(said.statement, asked.wanted.action)?;
        let open = if said.statement.more_tests.is_some() { Truth::Unknown } else { Truth::True };
        let mut truth = said.truth.and(said.statement.allows()).and(open);
        let mut unknown = said.unknown.clone();
        if party.kind == PartyKind::Unknown {
            truth = truth.and(Truth::Unknown);
            unknown = unknown.or_else(|| party.value.first_unknown().cloned());
        }
        let mut carved = false;
        for denial in asked.said.iter().filter(|one| one.statement.effect.as_str() == Some("Deny")) {
            if !std::ptr::eq(denial.standing, said.standing) || !self.denies(denial.statement, party) {
                continue;
            }
            let covers = || match (&said.statement.resources, &denial.statement.resources) {
                _ if asked.resource.is_some() || said.standing.role.is_some() => Truth::True,
                (Some(allowed), Some(denied)) => {
                    let covered = |item: &Value| Truth::any(denied.items.iter().map(|one| covers(one, item)));
                    Truth::all(allowed.items.iter().map(covered))
                }
                _ => Truth::True,
            };
            let Some(tests) = conditions(denial.statement, asked.wanted.action) else { continue };
            let conditional = !tests.is_empty() || denial.statement.more_tests.is_some();
            match (denial.truth.and(covers()), conditional) {
                (Truth::True, false) => return None,
                (Truth::Unknown, false) => {
                    truth = truth.and(Truth::Unknown);
                    unknown = unknown.or_else(|| denial.unknown.clone()).or_else(|| Some(denial.standing.doubt()));
                }
                (Truth::False, false) => {}
                (_, true) => carved = true,
            }
        }
        let of_resources = self.ceiling_denials(&Holding::default(), &asked.wanted, asked.resource.as_ref());
        for denial in of_resources.iter().filter(|denial| denial.kind == "denied by a resource control policy") {
            match (denial.truth, denial.conditional) {
                (Truth::True, false) if asked.resource.is_some() || denial.extent.is_everything() => return None,
                (_, true) => carved = true,
                _ => {
                    truth = truth.and(Truth::Unknown);
                    unknown = unknown.or_else(|| denial.unknown.clone()).or_else(|| Some(said.standing.doubt()));
                }
            }
        }
        let shut_out = shut_out(said, party);
        if shut_out != Truth::False {
            truth = truth.and(!shut_out);
            unknown = unknown.or_else(|| Some(said.standing.blocking_doubt()));
        }
        let name = self.called(party, said.standing.resource).name;
        let whom = if party.kind == PartyKind::Any { "everybody" } else { "it" };
        let mut because = vec![Step::new(said.standing.lets_in(whom), party.value.origin.or(said.standing.origin))];
        let full_name = asked.wanted.full_name();
        because.extend(self.says(said.statement, format!("which allows `{full_name}`")));
        if shut_out != Truth::False {
            because.extend(said.standing.blocked_by.iter().cloned());
        }
        let listed = said.standing.is_grant && said.standing.carrier == Carrier::Bucket;
        let condition = |test: &&Test| match listed {
            true => "signed by some account".to_owned(),
            false => condition_of(test),
        };
        let mut conditions: Vec<String> = tests.iter().map(condition).collect();
        let from_inside = said.standing.carrier == Carrier::FileSystem || said.standing.block.inside != Truth::False;
        if party.kind == PartyKind::Any && from_inside {
            conditions.push("from inside of its network".to_owned());
        }
        let decision = Decision {
            answer: truth,
            conditional: !conditions.is_empty() || carved,
            conditions,
            because,
            unknown: unknown.filter(|_| truth == Truth::Unknown),
            incomplete: None,
        };
        let own = matches!(party.account, Account::Own);
        Some(Outsider { kind: party.kind, own, name, address: said.standing.address.clone(), decision })
    }

    /// Whether a denial is for a party as a whole.
    fn denies(&self, denial: &Statement, party: &Party) -> bool {
        if let Some(not) = &denial.not_principal {
            let spared = parties(not, self.identity.own_accounts).0;
            return !spared
                .iter()
                .any(|one| one.kind == PartyKind::Any || name_of(&one.value) == name_of(&party.value));
        }
        let is_it = |one: &Party| one.kind == PartyKind::Any || name_of(&one.value) == name_of(&party.value);
        self.parties_of(denial).iter().any(is_it)
    }
}

fn covers(denied: &Value, allowed: &Value) -> Truth {
    let glob = |value: &Value| crate::iam::glob::Glob::of_value(value, true);
    match (glob(denied), glob(allowed)) {
        (Some(denied), Some(allowed)) => denied.covers(&allowed),
        _ => Truth::Unknown,
    }
}

/// Whether a party comes by the action that is asked for: an identity provider assumes a role by an action of its own.
fn fits(said: &Said<'_>, party: &Party, asked: &Asked<'_>) -> bool {
    let assumes = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];
    if said.standing.carrier != Carrier::Trust || !assumes.contains(&asked.wanted.name.as_str()) {
        return true;
    }
    party.kind.assumes_by().is_none_or(|by| by.eq_ignore_ascii_case(&asked.wanted.name))
}

/// Whether a block of public access keeps a party out.
fn shut_out(said: &Said<'_>, party: &Party) -> Truth {
    let restricted = match (party.kind, &party.account) {
        (PartyKind::Service, _) | (_, Account::Own) => Truth::False,
        // It may be of the own account, or what stands for a service.
        (PartyKind::Unknown | PartyKind::Other | PartyKind::Canonical, _) => {
            said.standing.restricted().and(Truth::Unknown)
        }
        _ => said.standing.restricted(),
    };
    said.standing.refused().or(restricted)
}

fn rank(decision: &Decision) -> (u8, bool) {
    let answer = match decision.answer {
        Truth::True => 0,
        Truth::Unknown => 1,
        Truth::False => 2,
    };
    (answer, decision.conditional)
}
