//! Whether a principal may do everything by what it is granted.

use std::sync::Arc;

use super::grant::Wanted;
use super::{Access, Extent, Step};
use crate::iam::catalogue;
use crate::iam::condition::is_harmless;
use crate::iam::document::Statement;
use crate::iam::facts::{Held, Holding, LOOSE, Limit, Source};
use crate::iam::pattern;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

/// The policy of AWS that allows everything.
const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// Who may do one of these on everything may do everything, also out of a permissions boundary.
const OTHERS: [&str; 5] = [
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:UpdateAssumeRolePolicy",
    "iam:AttachRolePolicy",
];

/// Who may do one of these on everything may do everything, unless a permissions boundary holds him.
const ITSELF: [&str; 4] = ["iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:PutRolePolicy", "iam:CreatePolicyVersion"];

impl Access<'_, '_> {
    /// Whether a statement grants everything and neither denials nor ceilings take away what makes an administrator.
    pub(in crate::iam) fn is_granted_administration(&self, principal: usize) -> Truth {
        self.identity.administration(principal).0
    }

    /// As [`Access::is_granted_administration`], with the steps and the reason.
    pub(in crate::iam) fn granted_administration(&self, principal: usize) -> (Truth, Vec<Step>, Option<Arc<Unknown>>) {
        let (truth, steps, unknown) = self.identity.administration(principal);
        let steps = steps.iter().map(|(text, origin)| Step::new(text.as_str(), *origin)).collect();
        (truth, steps, unknown)
    }

    /// The statement that leaves some actions out, where others that the principal holds allow just these: together they allow
    /// everything.
    pub(in crate::iam) fn allows_everything_together(&self, principal: usize) -> Option<Origin> {
        let holding = self.holding(principal)?;
        let documents = holding.held.iter().filter_map(|held| self.facts.document(self.identity, held.document));
        let free = |statement: &&Statement| {
            statement.allows() == Truth::True
                && statement.unconditional() == Truth::True
                && statement.on_every_resource().truth == Truth::True
        };
        let statements = documents.flat_map(|document| &document.statements);
        let open = |statement: &&Statement| statement.not_actions.as_ref().is_some_and(|not| not.rest.is_none());
        let mut rests = statements.clone().filter(open).filter(free).peekable();
        rests.peek()?;
        let named: Vec<String> = statements
            .filter(free)
            .filter_map(|statement| statement.actions.as_ref())
            .flat_map(|actions| &actions.items)
            .filter_map(|item| Some(item.as_str()?.to_ascii_lowercase()))
            .collect();
        let is_named = |item: &Value| {
            let left_out = item.as_str().map(str::to_ascii_lowercase);
            left_out.is_some_and(|left_out| named.iter().any(|wide| pattern::covers(wide, &left_out)))
        };
        let whole = |statement: &&Statement| {
            statement.not_actions.as_ref().is_some_and(|not| !not.items.is_empty() && not.items.iter().all(is_named))
        };
        rests.find(whole).map(|statement| statement.value.origin)
    }

    /// What denials and ceilings leave of an administrator.
    pub(in crate::iam) fn remains_administrator(&self, principal: usize) -> (Truth, Option<Arc<Unknown>>) {
        let Some(holding) = self.holding(principal) else { return (Truth::True, None) };
        let denies = |document: usize| {
            let document = self.facts.document(self.identity, document);
            document.is_some_and(|d| d.statements.iter().any(|s| s.allows() != Truth::True))
        };
        let limited = !matches!(holding.boundary, Limit::None) || !self.facts.controls.is_empty();
        let mut documents =
            holding.held.iter().map(|held| held.document).chain(holding.perhaps.iter().flatten().copied());
        if !limited && !documents.any(denies) {
            return (Truth::True, None);
        }
        self.remains_of(holding, self.is_bounded(principal))
    }

    /// What denials and ceilings would leave of a principal if it were granted everything.
    pub(in crate::iam) fn would_remain_administrator(&self, principal: usize) -> (Truth, Option<Arc<Unknown>>) {
        let (Some(holding), Some(everything)) = (self.holding(principal), catalogue::managed_policy(ADMINISTRATOR))
        else {
            return (Truth::True, None);
        };
        let mut holding = holding.clone();
        holding.held.push(Held { document: LOOSE, attachment: None, membership: None });
        self.with(everything.document()).remains_of(&holding, self.is_bounded(principal))
    }

    /// What the policies of the organization leave of a principal that is granted everything.
    pub(in crate::iam) fn remains_under_controls(&self, principal: usize) -> (Truth, Option<Arc<Unknown>>) {
        let (Some(holding), Some(everything)) = (self.holding(principal), catalogue::managed_policy(ADMINISTRATOR))
        else {
            return (Truth::True, None);
        };
        if self.facts.controls.is_empty() {
            return (Truth::True, None);
        }
        let held = vec![Held { document: LOOSE, attachment: None, membership: None }];
        let (principal, account, controls) = (holding.principal, holding.account, holding.controls.clone());
        let holding = Holding { principal, account, held, controls, ..Holding::default() };
        self.with(everything.document()).remains_of(&holding, false)
    }

    /// What is left of an administrator who holds this.
    fn remains_of(&self, holding: &Holding, is_bounded: bool) -> (Truth, Option<Arc<Unknown>>) {
        let itself = if is_bounded { &[][..] } else { &ITSELF[..] };
        let (mut answer, mut reason) = (Truth::False, None);
        for (at, action) in OTHERS.iter().chain(itself).enumerate() {
            // Whatever somebody writes for itself, the organization leaves the smaller part of it.
            if at == OTHERS.len() && !self.facts.controls.is_empty() && !self.controls_leave_the_most(holding) {
                break;
            }
            for grant in self.grants_of(holding, &Wanted::new(action), None).grants {
                let whole = match &grant.extent {
                    extent if extent.is_everything() => Truth::True,
                    // Somebody is spared, and others are there.
                    Extent::AllBut(..) => Truth::True,
                    Extent::Among(..) => Truth::False,
                };
                let free = grant.tests.iter().all(|test| is_harmless(&test.key));
                let one = grant.truth.and(whole).and(free.into());
                answer = answer.or(one);
                if one == Truth::Unknown {
                    reason = reason.or(grant.unknown);
                }
            }
            if answer == Truth::True {
                return (answer, None);
            }
        }
        (answer, reason.filter(|_| answer == Truth::Unknown))
    }

    /// Whether what a principal holds makes an administrator, within what limits it.
    pub(in crate::iam) fn holds_everything(&self, principal: usize) -> Truth {
        let Some(holding) = self.holding(principal) else { return Truth::False };
        let documents = holding.held.iter().filter_map(|held| self.facts.document(self.identity, held.document));
        let alone = Truth::any(documents.map(|document| self.identity.document_is_admin(document, Origin::NONE).0));
        let any = alone.or(self.allows_everything_together(principal).is_some().into());
        if any == Truth::False { any } else { any.and(self.remains_administrator(principal).0) }
    }

    /// Whether who may give itself anything is an administrator, within what limits it and what it is denied all the same.
    pub(in crate::iam) fn comes_to_everything(&self, principal: usize, holding: &Holding) -> Truth {
        let Some(everything) = catalogue::managed_policy(ADMINISTRATOR) else { return Truth::False };
        let mut given = holding.clone();
        given.held.push(Held { document: LOOSE, attachment: None, membership: None });
        Access { instead: Some((principal, &given)), loose: Some(everything.document()), ..*self }
            .remains_administrator(principal)
            .0
    }

    /// The policy of the unit that is the permissions boundary of a principal.
    pub(in crate::iam) fn boundary_policy(&self, principal: usize) -> Option<usize> {
        let Limit::Document(boundary) = self.holding(principal)?.boundary else { return None };
        match self.facts.source(boundary)? {
            Source::Own(policy) => Some(policy),
            _ => None,
        }
    }

    /// Whether a permissions boundary holds the principal, and does not allow everything as it may be.
    pub(in crate::iam) fn is_bounded(&self, principal: usize) -> bool {
        self.holding(principal).is_some_and(|holding| match &holding.boundary {
            Limit::None => false,
            Limit::Unknown(_) => true,
            Limit::Document(document) => self
                .facts
                .document(self.identity, *document)
                .is_none_or(|document| self.identity.document_is_admin(document, Origin::NONE).0 == Truth::False),
        })
    }
}
