//! What each principal of a unit may really do: all that is attached to it, less what is denied, within its permissions
//! boundary and the service control policies of the unit.

mod account;
mod acl;
mod admin;
mod assume;
mod beside;
mod called;
mod carried;
mod ceiling;
mod choice;
mod control;
mod decide;
mod denied;
mod endpoint;
mod exhaust;
mod extent;
mod filled;
mod free;
mod grant;
mod hold;
mod joining;
mod key;
mod level;
mod more;
mod named;
mod outside;
mod part;
mod personal;
mod reference;
mod session;
mod settled;
mod somewhere;
mod spelled;
mod standing;
mod step;
mod tagged_by;
mod tagging;
mod trusted;

use std::sync::Arc;

pub use ceiling::Ceiling;
pub use control::is_gone;
pub use decide::Decision;
pub(in crate::iam) use decide::doubt_what_it_names;
pub use endpoint::Filter;
pub use key::WithoutEffect;
pub use level::LevelAccess;
pub use outside::Outsider;
pub use part::SOME;
pub use trusted::Trusted;

pub(super) use assume::Assuming;
pub(super) use control::under_resource_controls;
pub(super) use extent::{Extent, Pattern};
pub(super) use grant::{Grant, Grants, Wanted};
pub(super) use hold::named_of_aws;
pub(super) use named::{BESIDES, names_action, watched_names};
pub(super) use settled::role_tag;
pub(super) use tagging::permit_but_for;

use super::arn::arn_of_principal;
use super::document::Document;
use super::facts::{Facts, Holding, LOOSE};
use super::glob::Glob;
use super::identity::Identity;
use super::step::Step;
use crate::model::Mode;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// What the principals of a unit may do.
#[derive(Clone, Copy, Debug)]
pub struct Access<'i, 'u> {
    pub(super) identity: &'i Identity<'u>,
    pub(super) facts: &'i Facts,
    /// A document that is none of the unit's policies: what [`LOOSE`] stands for.
    loose: Option<&'i Document>,
    /// A principal that holds something else than it does.
    instead: Option<(usize, &'i Holding)>,
    /// Accounts of the unit that may be one and the same are taken for one, and not for different ones.
    are_one: bool,
    /// Whoever may set its own tags has those that policies on resources ask for.
    once_tagged: bool,
}

/// A user, group, role or permission set, as answers name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Its number: that of the other questions.
    pub index: usize,
    /// `user`, `group`, `role`, `permission-set`.
    pub kind: Arc<str>,
    /// Its name where it is known, else what its address calls it.
    pub name: String,
    /// The address of its resource.
    pub address: Arc<str>,
    /// Where it is declared.
    pub origin: Origin,
    /// It is not made here: the unit gives it something.
    pub existing: bool,
}

impl<'u> Identity<'u> {
    /// What the principals may do; put together at the first question.
    pub fn access(&self) -> Access<'_, 'u> {
        let facts = self.facts.get_or_init(|| Facts::of(self));
        Access::of(self, facts)
    }
}

impl<'i, 'u> Access<'i, 'u> {
    fn of(identity: &'i Identity<'u>, facts: &'i Facts) -> Access<'i, 'u> {
        Access { identity, facts, loose: None, instead: None, are_one: false, once_tagged: false }
    }

    /// As this, with a document that nobody in the unit holds as [`LOOSE`].
    pub(super) fn with(self, document: &'i Document) -> Self {
        Access { loose: Some(document), ..self }
    }

    /// As this, where a principal holds something else: what it comes to once it has changed its own permissions.
    pub(super) fn as_if(self, principal: usize, holding: &'i Holding) -> Self {
        Access { instead: Some((principal, holding)), ..self }
    }

    /// As this, once whoever may set its own tags has done so.
    pub(super) fn once_tagged(self) -> Self {
        Access { once_tagged: true, ..self }
    }

    /// Whether it is about what a principal would hold, and not what it holds.
    pub(super) fn is_instead(&self, principal: usize) -> bool {
        self.instead.is_some_and(|(instead, _)| instead == principal)
    }

    /// What a principal holds.
    pub(super) fn holding(&self, principal: usize) -> Option<&'i Holding> {
        match self.instead {
            Some((instead, holding)) if instead == principal => Some(holding),
            _ => self.facts.holdings.get(principal),
        }
    }

    /// A document by its number.
    pub(super) fn document(&self, document: usize) -> Option<&'i Document> {
        if document == LOOSE { self.loose } else { self.facts.document(self.identity, document) }
    }
}

impl Access<'_, '_> {
    /// The principals, in the order of the kinds and then of the unit.
    pub fn actors(&self) -> Vec<Actor> {
        (0..self.identity.principals.len()).filter_map(|index| self.actor(index)).collect()
    }

    /// The principal of a number.
    pub fn actor(&self, principal: usize) -> Option<Actor> {
        let found = self.identity.principals.get(principal)?;
        let name = self.identity.display_name(found).scalar_text().unwrap_or_default().into_owned();
        let kind = found.instance.row.kind.clone();
        let address = found.instance.resource.address.clone();
        let existing = found.instance.resource.mode == Mode::Existing;
        Some(Actor { index: principal, kind, name, address, origin: found.instance.origin(), existing })
    }

    /// The principals of a name or an ARN, or the one of an address.
    pub fn named(&self, called: &str) -> Vec<usize> {
        self.actors().into_iter().filter(|actor| self.is_called(actor, called)).map(|actor| actor.index).collect()
    }

    /// Whether a principal is called so: by its name, its address, or an ARN of the own account.
    pub fn is_called(&self, actor: &Actor, called: &str) -> bool {
        if actor.name == called || *actor.address == *called {
            return true;
        }
        let Some(account) = called.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3)) else { return false };
        let own = self.ids_of(actor.index);
        let is_own = own.is_empty() || own.iter().any(|own| own == account);
        let arn = arn_of_principal(self.identity, actor.index);
        is_own && arn.is_some_and(|arn| arn.covers(&Glob::literal(called)) == Truth::True)
    }

    /// The groups that a user is certainly a member of, with the place of the membership.
    pub fn groups_of(&self, principal: usize) -> Vec<(usize, Origin)> {
        let Some(user) = self.identity.principals.get(principal) else { return Vec::new() };
        if &*user.instance.row.kind != "user" {
            return Vec::new();
        }
        user.memberships.iter().filter_map(|m| Some((m.other?, m.value.origin))).collect()
    }

    /// Why a principal may have more than what is known: an attachment, a group or a document that could not be resolved.
    pub fn incomplete(&self, principal: usize) -> Option<&Arc<Unknown>> {
        self.facts.holdings.get(principal)?.incomplete.as_ref()
    }

    /// Where that is written: the attachment or membership that could not be resolved, else what is not known.
    pub fn incomplete_at(&self, principal: usize) -> Option<Origin> {
        let holding = self.facts.holdings.get(principal)?;
        holding.incomplete_at.or_else(|| holding.incomplete.as_ref().map(|unknown| unknown.origin))
    }
}
