//! What the policies of keys leave to the policies of identities: nothing works on a key but by its own policy.

use std::sync::Arc;

use super::decide::Asked;
use super::grant::{Grant, Wanted};
use super::{Access, Extent, Pattern};
use crate::iam::document::Statement;
use crate::iam::exposure::Carrier;
use crate::iam::facts::Standing;
use crate::iam::glob::Glob;
use crate::iam::principal::{Account, PartyKind, parties};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

impl<'i> Access<'i, '_> {
    /// Takes away grants on keys whose policies leave nothing to policies of identities; says which one does so.
    pub(super) fn within_key_policies(
        &self,
        grants: &mut Vec<Grant<'i>>,
        asked: &Asked<'i>,
    ) -> Option<(Origin, &'static str)> {
        let is_on_keys = asked.wanted.action.is_some_and(|a| a.resource_types().any(|(kind, _)| kind.name == "key"));
        if !is_on_keys {
            return None;
        }
        let mut closed = None;
        grants.retain_mut(|grant| {
            let everything = [Pattern::text(Glob::pattern("*"))];
            let (patterns, left_out) = match &grant.extent {
                Extent::Among(patterns, _) => (patterns.as_slice(), &[][..]),
                Extent::AllBut(left_out, _) => (&everything[..], left_out.as_slice()),
            };
            let (mut open, mut doubt) = (Vec::new(), None);
            for pattern in patterns {
                let is_named = pattern.refers.is_some() || pattern.glob.is_literal();
                let key = match &pattern.refers {
                    Some(address) => self.key_delegates(address, &asked.wanted),
                    None if is_named => None,
                    None => self.some_key_delegates(pattern, left_out, &asked.wanted),
                };
                match key {
                    Some((Truth::False, origin)) => closed = closed.or(Some(origin)),
                    Some((Truth::True, _)) => open.push(Truth::True),
                    _ => {
                        open.push(Truth::Unknown);
                        let subject = match is_named {
                            true => format!("the key policy of `{}`", pattern.glob),
                            false => "the policy of a key elsewhere".to_owned(),
                        };
                        doubt = Some(Arc::new(Unknown::new(Why::NotInTree, subject, grant.statement.value.origin)));
                    }
                }
            }
            let stays = !open.is_empty();
            if let Some(doubt) = doubt.filter(|_| !open.contains(&Truth::True)) {
                grant.doubt(&doubt);
            }
            stays
        });
        closed.map(|origin| (origin, "not left to policies of identities by the key policy"))
    }

    /// A key of the unit that a pattern takes in for certain and whose policy leaves an action to the account.
    fn some_key_delegates(&self, pattern: &Pattern, left_out: &[Pattern], wanted: &Wanted) -> Option<(Truth, Origin)> {
        let key_type = wanted.action?.resource_types().find(|(kind, _)| kind.name == "key")?.0;
        let is_whole = key_type.arns().iter().any(|arn| pattern.glob.covers(arn.glob_in_aws()) == Truth::True);
        // Of keys by their numbers it is not known which ones of the unit they are.
        let spares = |address: &str| left_out.iter().all(|one| one.refers.as_deref().is_some_and(|out| out != address));
        let resources = self.identity.unit.resources.iter().filter(|_| is_whole);
        let mut keys = resources.filter(|resource| spares(&resource.address));
        keys.find_map(|key| self.key_delegates(&key.address, wanted).filter(|(truth, _)| *truth == Truth::True))
    }

    /// Whether the policy of a key of the unit leaves an action to the account, and where it says so; none of another key.
    fn key_delegates(&self, address: &str, wanted: &Wanted) -> Option<(Truth, Origin)> {
        let key = self.identity.relations.at(address).and_then(|at| self.identity.unit.resources.get(at))?;
        let kind = key.provider_type.to_ascii_lowercase();
        if !matches!(&*kind, "aws_kms_key" | "aws_kms_external_key" | "aws::kms::key" | "aws::kms::replicakey")
            && !kind.starts_with("aws_kms_replica")
        {
            return None;
        }
        let policies = self.standing().iter().filter(|one| one.carrier == Carrier::Key);
        let mine: Vec<&Standing> = policies.filter(|one| one.on.as_deref() == Some(address)).collect();
        let Some(first) = mine.first() else {
            // AWS writes one that leaves everything to the account.
            return Some((Truth::True, key.origin));
        };
        let one = |standing: &&Standing| {
            let delegates = |statement: &Statement| {
                let found = statement.principal.as_ref().map(|p| parties(p, self.identity.own_accounts));
                let (found, rest) = found.unwrap_or_default();
                let is_account = |kind: PartyKind, account: &Account| match (kind, account) {
                    (PartyKind::Account, Account::Own) | (PartyKind::Any, _) => Truth::True,
                    // A key that its own account could not use would be refused.
                    (PartyKind::Account, Account::Id(_)) if self.identity.own_accounts.is_empty() => Truth::True,
                    (PartyKind::Account, Account::Unknown(_)) | (PartyKind::Unknown, _) => Truth::Unknown,
                    _ => Truth::False,
                };
                let named = Truth::any(found.iter().map(|party| is_account(party.kind, &party.account)));
                let named = if rest.is_some() { named.or(Truth::Unknown) } else { named };
                statement.allows().and(standing.names(statement, wanted)).and(named)
            };
            let known = Truth::any(standing.document.statements.iter().map(delegates));
            if standing.document.rest.is_some() { known.or(Truth::Unknown) } else { known }
        };
        Some((
            Truth::any(mine.iter().map(one)),
            first.document.statements.first().map_or(first.origin, |s| s.value.origin),
        ))
    }
}
