//! Which of the accounts that a unit deploys to its principals are in, and what policies in others must say of them.

use super::Access;
use super::carried::{last_part, name_of_carrier, service_of};
use super::decide::Asked;
use super::filled::has_variables;
use super::grant::{Wanted, conditions};
use super::personal::contradict_for;
use super::settled::RESOURCE_ACCOUNT;
use crate::iam::accounts::HOME;
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::facts::Holding;
use crate::iam::glob::Glob;
use crate::iam::principal::{Party, is_account_id};
use crate::iam::requester::Requester;
use crate::value::Truth;

/// Where what is asked for is, seen from a principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In its own account, or anywhere.
    Here,
    /// A resource of the unit, in another account.
    There,
    /// In another account, and none of the unit.
    Elsewhere,
}

impl<'i> Access<'i, '_> {
    /// As this, where accounts that may be one and the same are taken for one.
    pub(in crate::iam) fn as_one_account(self) -> Self {
        Access { are_one: true, ..self }
    }

    /// Whether accounts that may be one and the same are taken for one.
    pub(in crate::iam) fn is_one_account(&self) -> bool {
        self.are_one || self.identity.accounts.is_one()
    }

    /// The number of the account that a principal is in, or whoever would hold a policy.
    pub(in crate::iam) fn account_of(&self, principal: usize) -> usize {
        self.holding(principal).map_or(HOME, |holding| holding.account)
    }

    /// The ids that the account of a principal may have; none where that is not known.
    pub(in crate::iam) fn ids_of(&self, principal: usize) -> &'i [String] {
        self.identity.accounts.ids(self.account_of(principal))
    }

    /// Whether two accounts are one and the same.
    pub(in crate::iam) fn is_same_account(&self, one: usize, other: usize) -> bool {
        match self.identity.accounts.are_same(one, other) {
            Truth::True => true,
            Truth::Unknown => self.are_one,
            Truth::False => false,
        }
    }

    /// Whether a party of a policy is of an account.
    pub(in crate::iam) fn is_of_account(&self, party: &Party, account: usize) -> bool {
        let identity = self.identity;
        if identity.accounts.is_one() {
            return true;
        }
        let at = |address: &str| Some(identity.accounts.at(identity.relations.at(address)?));
        match identity.accounts.has(account, party, at) {
            Truth::True => true,
            Truth::Unknown => self.are_one,
            Truth::False => false,
        }
    }

    /// Where the resource that is asked for is, seen from a principal.
    pub(super) fn place_of(&self, principal: usize, asked: &Asked<'_>) -> Place {
        let accounts = &self.identity.accounts;
        let Some(resource) = &asked.resource else { return Place::Here };
        let text = resource.to_string();
        let mut fields = text.splitn(6, ':').skip(4);
        let (id, name) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let own = self.account_of(principal);
        if !is_account_id(id) {
            let bucket = self.bucket_called(name.split('/').next().unwrap_or_default());
            let is_there = bucket.is_some_and(|account| !self.is_same_account(own, account));
            return if is_there { Place::There } else { Place::Here };
        }
        if accounts.ids(own).is_empty() && accounts.is_one() {
            return Place::Here;
        }
        match accounts.has_id(own, id) {
            Truth::True => Place::Here,
            Truth::Unknown if self.are_one => Place::Here,
            _ if *asked.is_of_unit.get_or_init(|| self.has_called(&text, last_part(name), id)) => Place::There,
            _ => Place::Elsewhere,
        }
    }

    /// Whether something of the unit has a name in the account of this id, of the service of an ARN.
    fn has_called(&self, arn: &str, name: &str, id: &str) -> bool {
        let accounts = &self.identity.accounts;
        let service = arn.split(':').nth(2);
        let resources = self.identity.unit.resources.iter().enumerate();
        let mut there =
            resources.filter(|(at, _)| accounts.ids(accounts.at(*at)) == [id]).map(|(_, resource)| resource);
        there.any(|resource| name_of_carrier(resource) == Some(name) && service_of(&resource.provider_type) == service)
    }

    /// The conditions of a statement that somebody holds, for an action, without what is known of the account of the resource.
    pub(super) fn conditions_of<'f>(
        &self,
        holding: &Holding,
        statement: &'f Statement,
        wanted: &Wanted,
        resource: Option<&Glob>,
    ) -> Option<Vec<&'f Test>> {
        let mut tests = conditions(statement, wanted.action)?;
        let is_named = holding.user.is_some() && tests.len() > 1 && tests.iter().any(|test| has_variables(test));
        if is_named && contradict_for(&Requester::of(self.identity, holding.principal), statement, &tests) {
            return None;
        }
        if !tests.iter().any(|test| test.key == RESOURCE_ACCOUNT) {
            return Some(tests);
        }
        let text = resource.map(Glob::to_string).unwrap_or_default();
        let mut fields = text.splitn(6, ':').skip(4);
        let (id, name) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let of_bucket = self.bucket_of_unit(name.split('/').next().unwrap_or_default());
        let accounts = &self.identity.accounts;
        let own = holding.account;
        let account = match of_bucket {
            _ if is_account_id(id) => Some(Some(id)),
            Some(bucket) if bucket != own => accounts.ids(bucket).first().map(|id| Some(id.as_str())),
            None if !wanted.is_at_home() => None,
            Some(_) | None => Some(None),
        };
        let Some(id) = account else { return Some(tests) };
        let requester = Requester::of(self.identity, holding.principal);
        let mut never = false;
        tests.retain(|test| {
            let is_of_it = test.key == RESOURCE_ACCOUNT;
            let holds = is_of_it.then(|| requester.holds_of_account(test, statement.variables, id)).flatten();
            never |= holds == Some(Truth::False);
            holds != Some(Truth::True)
        });
        (!never).then_some(tests)
    }

    /// The account of the bucket of the unit that has a name; none where there is one account only.
    fn bucket_called(&self, name: &str) -> Option<usize> {
        if self.identity.accounts.is_one() { None } else { self.bucket_of_unit(name) }
    }

    fn bucket_of_unit(&self, name: &str) -> Option<usize> {
        let identity = self.identity;
        let find = |provider_type: &str, attribute: &str| {
            let is_called = |at: &&usize| {
                let resource = identity.unit.resources.get(**at);
                resource.and_then(|one| one.attributes.get(attribute)?.as_str()) == Some(name)
            };
            identity.relations.of_type(provider_type).iter().find(is_called).map(|at| identity.accounts.at(*at))
        };
        let found = || find("aws_s3_bucket", "bucket").or_else(|| find("AWS::S3::Bucket", "BucketName"));
        if name.is_empty() { None } else { found() }
    }
}
