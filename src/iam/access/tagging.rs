//! Who may change the tags that it is told apart by: what `aws:PrincipalTag` asks of them is up to them.

use std::collections::BTreeMap;

use super::Access;
use super::extent::{Extent, Pattern};
use super::grant::{Grant, Wanted};
use crate::iam::arn::arn_of_principal;
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Holding, Limit};
use crate::iam::own_tags::{Asked, Permit, SelfTagging};
use crate::iam::owner;
use crate::value::{Truth, Value};

/// What the keys of a principal's own tags begin with.
pub(super) const OF_PRINCIPAL: &str = "aws:principaltag/";

/// What sets the tags of a principal of a kind, and what removes them.
pub(super) fn changers(kind: &str) -> Option<[&'static str; 2]> {
    match kind {
        "user" => Some(["iam:taguser", "iam:untaguser"]),
        "role" => Some(["iam:tagrole", "iam:untagrole"]),
        _ => None,
    }
}

impl<'i> Access<'i, '_> {
    /// What a principal comes to hold by changing its own tags, where that is something else.
    pub(in crate::iam) fn once_retagged(&self, principal: usize) -> Option<&'i Holding> {
        self.facts.once_tagged.get(&principal)
    }

    /// By what a principal changes its own tags: the action, in lower case, and the grant.
    pub(in crate::iam) fn retags_by(&self, principal: usize) -> Option<(&'static str, Grant<'i>)> {
        let kind = &*self.identity.principals.get(principal)?.instance.row.kind;
        changers(kind)?.into_iter().find_map(|action| {
            let grants = self.grants_on_itself(principal, action).into_iter();
            Some((action, grants.min_by_key(|grant| grant.truth != Truth::True)?))
        })
    }

    /// The grants of an action of IAM that reach the principal itself.
    fn grants_on_itself(&self, principal: usize, action: &str) -> Vec<Grant<'i>> {
        self.reaching((principal, principal), &self.grants(principal, &Wanted::new(action), None).grants)
    }

    /// Of some grants of an action of IAM those that reach a principal, which somebody holds.
    pub(super) fn reaching(&self, (by, target): (usize, usize), grants: &[Grant<'i>]) -> Vec<Grant<'i>> {
        let Some(own) = arn_of_principal(self.identity, target).filter(|_| !grants.is_empty()) else {
            return Vec::new();
        };
        let address = self.identity.principals.get(target).map(|one| &one.instance.resource.address);
        let accounts = self.ids_of(target);
        let is_own = |pattern: &Pattern| match &pattern.refers {
            _ if pattern.of_caller => Truth::from(by == target),
            Some(refers) => Truth::from(Some(refers) == address),
            None => owner::meets(&pattern.glob, &own, accounts),
        };
        let reaches = |extent: &Extent| {
            let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = extent;
            let named = Truth::any(patterns.iter().map(is_own));
            let named = if extent.unknown().is_some() { named.or(Truth::Unknown) } else { named };
            if matches!(extent, Extent::AllBut(..)) { !named } else { named }
        };
        let reached = |grant: &Grant<'i>| {
            let left_out = grant.exceptions.iter().map(|denial| reaches(&Extent::of(denial)));
            let truth = grant.truth.and(reaches(&grant.extent)).and(!Truth::any(left_out));
            (truth != Truth::False).then(|| {
                let mut grant = Grant { truth, ..grant.clone() };
                grant.denials.retain(|denial| reaches(&Extent::of(denial)) != Truth::False);
                grant
            })
        };
        grants.iter().filter_map(reached).collect()
    }

    /// By principal what lets it change its own tags.
    pub(super) fn find_self_tagging(&self) -> Vec<SelfTagging> {
        let all = 0..self.identity.principals.len();
        all.map(|principal| self.self_tagging_of(principal).unwrap_or_default()).collect()
    }

    /// What lets those change more of their own tags, once they have changed some, who hold something else by then.
    pub(super) fn find_further_tagging(&self) -> BTreeMap<usize, SelfTagging> {
        let further = |(principal, holding): (&usize, &'i Holding)| {
            let now = self.identity.self_tagging.get()?.get(*principal)?;
            let then = self.as_if(*principal, holding).self_tagging_of(*principal)?;
            let is_more = then.sets.len() > now.sets.len() || then.removes.len() > now.removes.len();
            is_more.then_some((*principal, then))
        };
        self.facts.once_tagged.iter().filter_map(further).collect()
    }

    fn self_tagging_of(&self, principal: usize) -> Option<SelfTagging> {
        let kind = &*self.identity.principals.get(principal)?.instance.row.kind;
        let permits =
            |action: &str| -> Vec<Permit> { self.grants_on_itself(principal, action).iter().map(permit).collect() };
        let [sets, removes] = changers(kind)?.map(permits);
        let is_any = !sets.is_empty() || !removes.is_empty();
        let asked = if is_any { self.tags_asked(self.holding(principal)?) } else { BTreeMap::new() };
        Some(SelfTagging::of(sets, removes, asked))
    }

    /// The tags that the policies ask for which bear on somebody, and whether in several ways.
    pub(super) fn tags_asked(&self, holding: &Holding) -> BTreeMap<String, bool> {
        let (mut asked, mut first) = (BTreeMap::new(), BTreeMap::new());
        for statement in self.bearing_on(holding).flat_map(|document| &document.statements) {
            // Tags are changed by requests of their own, between which they may be others.
            let of_tagging = is_of_tagging(statement);
            for test in &statement.tests {
                let Some(name) = test.key.strip_prefix(OF_PRINCIPAL) else { continue };
                let values: Vec<_> = test.values.iter().map(Value::scalar_text).collect();
                let way = (statement.denies(), &test.operator, &test.qualifier, test.if_exists, values);
                let is_other = *first.entry((name, of_tagging)).or_insert_with(|| way.clone()) != way;
                *asked.entry(name.to_owned()).or_default() |= is_other;
            }
        }
        asked
    }

    /// The documents as they are written that bear on what somebody holds: its policies, its permissions boundary and those of
    /// the organization.
    fn bearing_on(&self, holding: &Holding) -> impl Iterator<Item = &Document> {
        let boundary = if let Limit::Document(boundary) = holding.boundary { Some(boundary) } else { None };
        let controls = &self.facts.controls;
        let lists = controls.lists_over(holding.account).flat_map(|list| &list.documents).copied();
        let controls = controls.over(holding.account).map(|control| control.document).chain(lists);
        let all = holding.held.iter().map(|held| held.document).chain(boundary).chain(controls);
        all.filter_map(|document| self.facts.document(self.identity, self.facts.written(document)))
    }
}

/// Whether a statement is about changing tags of users and roles alone.
fn is_of_tagging(statement: &Statement) -> bool {
    let changes = |item: &Value| {
        let action = item.as_str().map(str::to_ascii_lowercase);
        action.is_some_and(|action| ["iam:tag", "iam:untag"].iter().any(|head| action.starts_with(head)))
    };
    let actions = statement.actions.as_ref().filter(|actions| actions.rest.is_none());
    actions.is_some_and(|actions| actions.items.iter().all(changes))
}

pub(super) fn permit(grant: &Grant<'_>) -> Permit {
    permit_but_for(grant, grant.denials.iter().copied())
}

/// What a grant of changing tags lets, with those of its denials that are of account.
pub(in crate::iam) fn permit_but_for<'d>(grant: &Grant<'_>, denials: impl Iterator<Item = &'d Statement>) -> Permit {
    let asked = |statement: &Statement| Asked { tests: statement.tests.clone(), variables: statement.variables };
    Permit {
        truth: grant.truth,
        asked: Asked { tests: grant.tests.iter().copied().cloned().collect(), variables: grant.statement.variables },
        denials: denials.map(asked).collect(),
    }
}
