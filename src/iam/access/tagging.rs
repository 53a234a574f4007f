//! Who may set the tags that it is told apart by: what `aws:PrincipalTag` asks of them is up to them.

use std::collections::HashMap;
use std::sync::Arc;

use super::extent::{Extent, Pattern};
use super::named::{names_action, watch};
use crate::iam::arn::arn_of_principal;
use crate::iam::document::Statement;
use crate::iam::facts::{Facts, Holding, Limit};
use crate::iam::identity::Identity;
use crate::iam::own_tags::{OwnTags, SelfTagging};
use crate::value::Truth;

/// What sets the tags of a principal of a kind.
fn setter(kind: &str) -> Option<&'static str> {
    match kind {
        "user" => Some("iam:taguser"),
        "role" => Some("iam:tagrole"),
        _ => None,
    }
}

/// The statements on setting tags that have been found, by document and position: many principals share them.
type Known = HashMap<(usize, usize), Arc<OwnTags>>;

/// One principal whose own tags are asked about.
struct Tagged<'a, 'u> {
    facts: &'a Facts,
    identity: &'a Identity<'u>,
    action: &'static str,
    own: Pattern,
}

impl Facts {
    /// By principal under which conditions it may set its own tags.
    pub(super) fn find_self_tagging(&self, identity: &Identity<'_>) -> Vec<SelfTagging> {
        let mut known = Known::new();
        let mut of = |at: usize| {
            let kind = &*identity.principals.get(at)?.instance.row.kind;
            let (action, own) = (setter(kind)?, Pattern::text(arn_of_principal(identity, at)?));
            Some(Tagged { facts: self, identity, action, own }.find(self.holdings.get(at)?, &mut known))
        };
        (0..identity.principals.len()).map(|at| of(at).unwrap_or_default()).collect()
    }
}

impl Tagged<'_, '_> {
    fn find(&self, holding: &Holding, known: &mut Known) -> SelfTagging {
        let mut found = SelfTagging::default();
        for held in &holding.held {
            found.allowed.extend(self.statements(held.document, known, |one| self.may_allow(one)));
        }
        let boundary = if let Limit::Document(boundary) = holding.boundary { Some(boundary) } else { None };
        let is_left = |document: usize| self.all(document).any(|(_, one)| one.allows() != Truth::False);
        if found.allowed.is_empty() || !boundary.is_none_or(is_left) {
            return SelfTagging::default();
        }
        let controls = self.facts.controls.over(holding.account);
        let controls = controls.filter(|control| control.applies == Truth::True && !control.of_resources);
        let held = holding.held.iter().map(|held| held.document);
        for document in held.chain(boundary).chain(controls.map(|control| control.document)) {
            found.denied.extend(self.statements(document, known, |one| self.denies(one)));
        }
        found
    }

    /// The statements of a document that name the action.
    fn all(&self, document: usize) -> impl Iterator<Item = (usize, &Statement)> {
        let document = self.facts.document(self.identity, document);
        let statements = document.map_or(&[][..], |document| document.statements.as_slice());
        let bit = watch().bit(self.action);
        let names = move |one: &Statement| bit.is_none_or(|bit| watch().names(one).possible.has(bit));
        statements.iter().enumerate().filter(move |(_, one)| names(one))
    }

    fn statements(&self, document: usize, known: &mut Known, is_one: impl Fn(&Statement) -> bool) -> Vec<Arc<OwnTags>> {
        let asked = |one: &Statement| {
            Arc::new(OwnTags { tests: one.tests.clone(), variables: one.variables, is_open: one.more_tests.is_some() })
        };
        let some = self.all(document).filter(|(_, one)| is_one(one));
        some.map(|(at, one)| known.entry((document, at)).or_insert_with(|| asked(one)).clone()).collect()
    }

    fn may_allow(&self, statement: &Statement) -> bool {
        let reaches = || match Extent::of(statement) {
            Extent::Among(patterns, rest) => {
                rest.is_some()
                    || patterns.iter().any(|one| one.of_caller || one.glob.meets(&self.own.glob) != Truth::False)
            }
            Extent::AllBut(patterns, _) => !patterns.iter().any(|one| one.covers(&self.own) == Truth::True),
        };
        statement.allows() != Truth::False && reaches()
    }

    fn denies(&self, statement: &Statement) -> bool {
        statement.denies() == Truth::True
            && names_action(statement, self.action) == Truth::True
            && Extent::of(statement).covers(&self.own) == Truth::True
    }
}
