//! What the policies of keys leave to the policies of identities: nothing works on a key but by its own policy.

use std::sync::Arc;

use super::decide::Asked;
use super::grant::{Grant, Wanted};
use super::{Access, Extent, Pattern, Step};
use crate::iam::catalogue::Action;
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::exposure::Carrier;
use crate::iam::facts::Standing;
use crate::iam::glob::Glob;
use crate::iam::principal::{Account, PartyKind, parties};
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// What a key leaves to the account.
struct Delegation<'i> {
    truth: Truth,
    /// The tests that a request must pass.
    tests: Vec<&'i Test>,
    /// Where the key says so.
    origin: Origin,
}

impl Delegation<'_> {
    fn rank(&self) -> (u8, bool) {
        let truth = match self.truth {
            Truth::True => 0,
            Truth::Unknown => 1,
            Truth::False => 2,
        };
        (truth, !self.tests.is_empty())
    }
}

/// A statement of a principal that counts for nothing: it is on keys alone whose policies leave nothing of it to the account.
#[derive(Clone, Debug)]
pub struct WithoutEffect {
    /// The way to the statement, and to the policy of the key.
    pub because: Vec<Step>,
}

impl<'i> Access<'i, '_> {
    /// What a principal is granted that counts for nothing.
    pub fn without_effect(&self, principal: usize) -> Vec<WithoutEffect> {
        let mut all = Vec::new();
        let Some(holding) = self.facts.holdings.get(principal) else { return all };
        for held in &holding.held {
            let Some(document) = self.document(held.document) else { continue };
            for statement in document.statements.iter().filter(|statement| statement.allows() == Truth::True) {
                let Some((key, origin)) = self.closed_keys(principal, statement) else { continue };
                let mut because = self.way(principal, held);
                because.extend(self.says(statement, format!("which allows actions on `{key}`")));
                because.push(Step::new(format!("the policy of `{key}` leaves none of them to the account"), origin));
                all.push(WithoutEffect { because });
            }
        }
        all
    }

    /// The first of the keys that a statement is on, where none leaves any of its actions to the account.
    fn closed_keys(&self, principal: usize, statement: &Statement) -> Option<(Arc<str>, Origin)> {
        let Extent::Among(patterns, None) = Extent::of(statement) else { return None };
        let addresses: Option<Vec<Arc<str>>> = patterns.iter().map(|pattern| pattern.refers.clone()).collect();
        let addresses = addresses.filter(|addresses| {
            let is_key = |address: &Arc<str>| self.key(address).is_some();
            !addresses.is_empty() && addresses.iter().all(is_key)
        })?;
        let reached = &statement.actions_reached().possible;
        let on_keys = |action: &&'static Action| {
            action.service == "kms" && action.resource_types().any(|(kind, _)| kind.name == "key")
        };
        let actions: Vec<Wanted> = reached.iter().filter(on_keys).map(Wanted::of).collect();
        // A key that may be of the own account is not closed for certain.
        let widest = self.as_one_account();
        let closed = |address: &Arc<str>, wanted: &Wanted| {
            widest.key_delegates(principal, address, wanted, &[]).filter(|found| found.truth == Truth::False)
        };
        let first = closed(addresses.first()?, actions.first()?)?;
        let all = addresses.iter().all(|address| actions.iter().all(|wanted| closed(address, wanted).is_some()));
        all.then(|| addresses.first().map(|address| (address.clone(), first.origin))).flatten()
    }

    /// Takes away grants on keys whose policies leave nothing to policies of identities; says which one does so.
    pub(super) fn within_key_policies(
        &self,
        principal: usize,
        grants: &mut Vec<Grant<'i>>,
        asked: &Asked<'i>,
    ) -> Option<(Origin, &'static str)> {
        let is_on_keys = asked.wanted.action.is_some_and(|a| a.resource_types().any(|(kind, _)| kind.name == "key"));
        if !is_on_keys {
            return None;
        }
        let one_key = asked.resource.as_ref().filter(|resource| resource.is_literal()).map(|key| self.key_of_arn(key));
        let mut closed = None;
        grants.retain_mut(|grant| {
            let everything = [Pattern::text(Glob::pattern("*"))];
            let (patterns, left_out) = match &grant.extent {
                Extent::Among(patterns, _) => (patterns.as_slice(), &[][..]),
                Extent::AllBut(left_out, _) => (&everything[..], left_out.as_slice()),
            };
            let (mut open, mut doubt): (Vec<Delegation<'i>>, _) = (Vec::new(), None);
            for pattern in patterns {
                let is_named = pattern.refers.is_some() || pattern.glob.is_literal();
                let key = match (&one_key, &pattern.refers) {
                    (Some(key), None) => {
                        key.and_then(|key| self.key_delegates(principal, key, &asked.wanted, &grant.tests))
                    }
                    (_, Some(address)) => self.key_delegates(principal, address, &asked.wanted, &grant.tests),
                    (None, None) if is_named => {
                        let key = self.key_of_arn(&pattern.glob);
                        key.and_then(|key| self.key_delegates(principal, key, &asked.wanted, &grant.tests))
                    }
                    (None, None) => {
                        self.some_key_delegates(principal, pattern, left_out, (&asked.wanted, &grant.tests))
                    }
                };
                match key {
                    Some(key) if key.truth == Truth::False => closed = closed.or(Some(key.origin)),
                    Some(key) if key.truth == Truth::True => open.push(key),
                    _ => {
                        let subject = match (&asked.resource, is_named) {
                            (Some(resource), _) if one_key.is_some() => format!("the key policy of `{resource}`"),
                            (_, true) => format!("the key policy of `{}`", pattern.glob),
                            (_, false) => "the policy of a key elsewhere".to_owned(),
                        };
                        doubt = Some(Arc::new(Unknown::new(Why::NotInTree, subject, grant.statement.value.origin)));
                    }
                }
            }
            match (open.into_iter().min_by_key(Delegation::rank), doubt) {
                (Some(best), _) => grant.tests.extend(best.tests),
                (None, Some(doubt)) => grant.doubt(&doubt),
                (None, None) => return false,
            }
            true
        });
        closed.map(|origin| (origin, "not left to policies of identities by the key policy"))
    }

    /// A key of the unit that a pattern takes in for certain and whose policy leaves an action to the account.
    fn some_key_delegates(
        &self,
        principal: usize,
        pattern: &Pattern,
        left_out: &[Pattern],
        (wanted, asked): (&Wanted, &[&Test]),
    ) -> Option<Delegation<'i>> {
        let key_type = wanted.action?.resource_types().find(|(kind, _)| kind.name == "key")?.0;
        let is_whole = key_type.arns().iter().any(|arn| pattern.glob.covers(arn.glob_in_aws()) == Truth::True);
        // Of keys by their numbers it is not known which ones of the unit they are.
        let spares = |address: &str| left_out.iter().all(|one| one.refers.as_deref().is_some_and(|out| out != address));
        let resources = self.identity.unit.resources.iter().filter(|_| is_whole);
        let keys = resources.filter(|resource| spares(&resource.address));
        let found = keys.filter_map(|key| self.key_delegates(principal, &key.address, wanted, asked));
        found.filter(|found| found.truth == Truth::True).min_by_key(Delegation::rank)
    }

    /// The key of the unit at an address.
    fn key(&self, address: &str) -> Option<&'i Resource> {
        let identity = self.identity;
        let key = identity.relations.at(address).and_then(|at| identity.unit.resources.get(at))?;
        let kind = key.provider_type.to_ascii_lowercase();
        let is_key =
            matches!(&*kind, "aws_kms_key" | "aws_kms_external_key" | "aws::kms::key" | "aws::kms::replicakey")
                || kind.starts_with("aws_kms_replica");
        is_key.then_some(key)
    }

    /// The key of the unit that has an ARN, where its number is known.
    fn key_of_arn(&self, arn: &Glob) -> Option<&'i str> {
        let arn = arn.to_string();
        let is_it = |resource: &&Resource| {
            let known = |name: &str| resource.attributes.get(name).and_then(Value::as_str);
            self.key(&resource.address).is_some()
                && (known("arn") == Some(&arn)
                    || known("key_id").is_some_and(|id| arn.rsplit_once(":key/").is_some_and(|(_, own)| own == id)))
        };
        let identity = self.identity;
        identity.unit.resources.iter().find(is_it).map(|key| &*key.address)
    }

    /// What the policy of a key of the unit leaves of an action to the account, of requests that pass these tests; none of
    /// another key.
    fn key_delegates(
        &self,
        principal: usize,
        address: &str,
        wanted: &Wanted,
        asked: &[&Test],
    ) -> Option<Delegation<'i>> {
        let key = self.key(address)?;
        let policies = self.standing().iter().filter(|one| one.carrier == Carrier::Key && !one.is_grant);
        let mine: Vec<&'i Standing> = policies.filter(|one| one.on.as_deref() == Some(address)).collect();
        let Some(first) = mine.first() else {
            // AWS writes one that leaves everything to the account of the key.
            let account = self.identity.accounts.at(self.identity.relations.at(address)?);
            let truth = Truth::from(self.is_same_account(account, self.account_of(principal)));
            return Some(Delegation { truth, tests: Vec::new(), origin: key.origin });
        };
        let mut best = Delegation {
            truth: Truth::False,
            tests: Vec::new(),
            origin: first.document.statements.first().map_or(first.origin, |s| s.value.origin),
        };
        let alone = self.account_alone(&mine);
        for standing in mine {
            for statement in &standing.document.statements {
                let leaves = self.leaves(statement, alone.as_deref(), self.account_of(principal));
                let truth = statement.allows().and(standing.names(statement, wanted)).and(leaves);
                let (holds, _) = self.holds_for(statement, principal);
                let truth = truth.and(holds);
                let tests = self.conditions_for(statement, wanted.action, principal);
                let excluded = |tests: &Vec<&Test>| tests.iter().any(|test| asked.iter().any(|one| one.excludes(test)));
                let tests = tests.filter(|tests| truth != Truth::False && !excluded(tests));
                let Some(tests) = tests else { continue };
                let truth = if statement.more_tests.is_some() { truth.and(Truth::Unknown) } else { truth };
                let found = Delegation { truth, tests, origin: statement.value.origin };
                if found.rank() < best.rank() {
                    best = found;
                }
            }
            if standing.document.rest.is_some() {
                best.truth = best.truth.or(Truth::Unknown);
            }
        }
        Some(best)
    }

    /// The account of a key whose policies name no other one: one that its own account could not use would be refused.
    fn account_alone(&self, policies: &[&Standing]) -> Option<Arc<str>> {
        let mut alone: Option<Arc<str>> = None;
        for statement in policies.iter().flat_map(|standing| &standing.document.statements) {
            let Some(principal) = statement.principal.as_ref().filter(|_| statement.allows() != Truth::False) else {
                continue;
            };
            let (found, rest) = parties(principal, self.identity.accounts.all_ids());
            for party in &found {
                match &party.account {
                    Account::Id(id) if alone.as_ref().is_none_or(|before| before == id) => alone = Some(id.clone()),
                    Account::None => {}
                    Account::Id(_) | Account::Own | Account::Unknown(_) => return None,
                }
            }
            if rest.is_some() {
                return None;
            }
        }
        alone
    }

    /// Whether a statement of a key policy is for the whole account, where `alone` is the one that the policy names.
    fn leaves(&self, statement: &Statement, alone: Option<&str>, account: usize) -> Truth {
        let found = statement.principal.as_ref().map(|p| parties(p, self.identity.accounts.all_ids()));
        let (found, rest) = found.unwrap_or_default();
        let is_account = |kind: PartyKind, account: &Account| match (kind, account) {
            (PartyKind::Account, Account::Own) | (PartyKind::Any, _) => Truth::True,
            (PartyKind::Account, Account::Id(id)) if self.identity.accounts.all_ids().is_empty() => match alone {
                Some(alone) if alone == &**id => Truth::True,
                _ => Truth::Unknown,
            },
            (PartyKind::Account, Account::Unknown(_)) | (PartyKind::Unknown, _) => Truth::Unknown,
            _ => Truth::False,
        };
        let own = found.iter().filter(|party| self.is_of_account(party, account));
        let named = Truth::any(own.map(|party| is_account(party.kind, &party.account)));
        if rest.is_some() { named.or(Truth::Unknown) } else { named }
    }
}
