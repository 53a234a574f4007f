//! Who is let in from outside of the unit by policies on its resources: other accounts, services, everybody.

use super::called::{condition_of, name_of};
use super::decide::{Asked, Decision, Said};
use super::grant::conditions;
use super::part::in_all;
use super::{Access, Step};
use crate::iam::condition::{Context, Test};
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
        let whole = self.others_at_once(&asked);
        let Some(pattern) = asked.resource.as_ref().filter(|resource| !resource.is_literal()) else { return whole };
        let Some(parts) = self.parts(&asked.wanted, pattern, &[], &asked.near) else { return whole };
        let each: Vec<Vec<Outsider>> = parts
            .into_iter()
            .map(|part| self.others_at_once(&self.asked_about(asked.wanted.clone(), Some(part))))
            .collect();
        let mut all: Vec<Outsider> = Vec::new();
        for other in whole.iter().chain(each.iter().flatten()) {
            let same = |one: &&Outsider| one.name == other.name && one.address == other.address;
            if all.iter().any(|one| same(&one)) {
                continue;
            }
            let of = |part: &Vec<Outsider>| {
                part.iter().find(same).map_or_else(|| Decision::nobody(None), |found| found.decision.clone())
            };
            let decision = in_all(of(&whole), each.iter().map(of).collect());
            all.push(Outsider { decision, ..other.clone() });
        }
        all
    }

    fn others_at_once(&self, asked: &Asked<'i>) -> Vec<Outsider> {
        let mut all: Vec<Outsider> = Vec::new();
        for said in asked.said.iter().filter(|said| said.statement.allows() != Truth::False) {
            let parties = self.parties_of(said.statement).into_iter();
            for party in parties.flat_map(|party| self.as_conditions_have_it(said.statement, party)) {
                if self.is_inside(said, &party) || !fits(said, &party, asked) {
                    continue;
                }
                let Some(outsider) = self.outsider(said, &party, asked) else { continue };
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
        let own = self.identity.accounts.all_ids();
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

    /// Everybody is the accounts that a condition asks for.
    fn as_conditions_have_it(&self, statement: &Statement, party: Party) -> Vec<Party> {
        let accounts = |test: &Test| {
            let asks = test.is_positive() && test.holds_when_absent() == Some(false) && test.rest.is_none();
            let of = |value: &Value| match test.key.as_str() {
                "aws:principalaccount" | "kms:calleraccount" => Some(value.clone()),
                "aws:principalarn" => {
                    let id = value.as_str()?.split(':').nth(4)?;
                    Some(Value::string(id, value.origin))
                }
                _ => None,
            };
            let found: Option<Vec<Value>> = test.values.iter().map(of).collect();
            let found = found.filter(|found| asks && !found.is_empty())?;
            let parties = parties(&Value::list(found, party.value.origin), self.identity.accounts.all_ids()).0;
            let known = |party: &Party| party.kind == PartyKind::Account;
            parties.iter().all(known).then_some(parties)
        };
        if party.kind != PartyKind::Any {
            return vec![party];
        }
        let found = statement.tests.iter().find_map(accounts);
        found.unwrap_or_else(|| vec![party])
    }

    /// Whether a test holds for whatever a party asks for: it is about who asks.
    fn settled_outside(statement: &Statement, test: &Test, party: &Party) -> Truth {
        let is_known = !matches!(party.kind, PartyKind::Any | PartyKind::Unknown | PartyKind::Other);
        let holds = |text: &str| test.holds(&Context::default().with(&test.key, [text]), statement.variables);
        match (test.key.as_str(), &party.account) {
            ("aws:principalaccount" | "kms:calleraccount", Account::Id(id)) => holds(id),
            ("aws:principalisawsservice", _) if is_known => {
                holds(if party.kind == PartyKind::Service { "true" } else { "false" })
            }
            ("aws:principalarn", Account::Id(_)) if matches!(party.kind, PartyKind::User | PartyKind::Role) => {
                let arn = party.value.as_str().filter(|arn| !arn.contains(":assumed-role/"));
                arn.map_or(Truth::Unknown, holds)
            }
            _ => Truth::Unknown,
        }
    }

    /// The tests of a statement that a party does not fulfil whatever it asks for; none where it fulfils one never.
    fn beyond_party<'t>(tests: Vec<&'t Test>, statement: &Statement, party: &Party) -> Option<Vec<&'t Test>> {
        let settled: Vec<Truth> = tests.iter().map(|test| Self::settled_outside(statement, test, party)).collect();
        if settled.contains(&Truth::False) {
            return None;
        }
        Some(tests.into_iter().zip(settled).filter(|(_, truth)| *truth != Truth::True).map(|(test, _)| test).collect())
    }

    /// Whether a party is of the unit, or the own account, which is told of by its principals; or nobody at all.
    fn is_inside(&self, said: &Said<'_>, party: &Party) -> bool {
        let own = matches!(party.account, Account::Own);
        match party.kind {
            PartyKind::Account => own,
            PartyKind::Dead => true,
            PartyKind::User | PartyKind::Role => {
                let kind = if party.kind == PartyKind::User { "user" } else { "role" };
                let elsewhere = matches!(party.account, Account::Id(_)) && !self.identity.accounts.all_ids().is_empty();
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
        let tests = Self::beyond_party(conditions(said.statement, asked.wanted.action)?, said.statement, party)?;
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
            let tests = conditions(denial.statement, asked.wanted.action);
            let tests = tests.and_then(|tests| Self::beyond_party(tests, denial.statement, party));
            let Some(tests) = tests else { continue };
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
            let tests = Self::beyond_party(denial.tests.clone(), denial.statement, party);
            let Some(tests) = tests else { continue };
            let conditional = !tests.is_empty() || denial.statement.more_tests.is_some();
            match (denial.truth, conditional) {
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
            via: None,
        };
        let own = matches!(party.account, Account::Own);
        Some(Outsider { kind: party.kind, own, name, address: said.standing.address.clone(), decision })
    }

    /// Whether a denial is for a party as a whole.
    fn denies(&self, denial: &Statement, party: &Party) -> bool {
        if let Some(not) = &denial.not_principal {
            let spared = parties(not, self.identity.accounts.all_ids()).0;
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
