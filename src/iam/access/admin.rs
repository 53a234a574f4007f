//! Whether a principal may do everything by what it is granted.

use std::sync::Arc;

use super::grant::Wanted;
use super::{Access, Extent, Step};
use crate::iam::arn::arn_of_principal;
use crate::iam::condition::is_harmless;
use crate::iam::document::Statement;
use crate::iam::facts::Limit;
use crate::iam::pattern;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

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
        let holding = self.facts.holdings.get(principal)?;
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
        let Some(holding) = self.facts.holdings.get(principal) else { return (Truth::True, None) };
        let denies = |document: usize| {
            let document = self.facts.document(self.identity, document);
            document.is_some_and(|d| d.statements.iter().any(|s| s.allows() != Truth::True))
        };
        let limited = !matches!(holding.boundary, Limit::None) || !self.facts.controls.is_empty();
        if !limited && !holding.held.iter().any(|held| denies(held.document)) {
            return (Truth::True, None);
        }
        let itself = if self.is_bounded(principal) { &[][..] } else { &ITSELF[..] };
        let (mut answer, mut reason) = (Truth::False, None);
        for action in OTHERS.iter().chain(itself) {
            for grant in self.grants(principal, &Wanted::new(action), None).grants {
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

    /// Whether a permissions boundary holds the principal, and does not allow everything as it may be.
    pub(in crate::iam) fn is_bounded(&self, principal: usize) -> bool {
        self.facts.holdings.get(principal).is_some_and(|holding| match &holding.boundary {
            Limit::None => false,
            Limit::Unknown(_) => true,
            Limit::Document(document) => {
                let document = self.facts.document(self.identity, *document);
                !document.is_some_and(|d| d.granting().iter().any(|s| s.is_admin().truth != Truth::False))
            }
        })
    }

    /// Whether the principal may take its permissions boundary away.
    pub(in crate::iam) fn may_drop_boundary(&self, principal: usize) -> bool {
        let kind = self.identity.principals.get(principal).map(|p| &*p.instance.row.kind);
        let action = match kind {
            Some("role") => "iam:DeleteRolePermissionsBoundary",
            _ => "iam:DeleteUserPermissionsBoundary",
        };
        let grants = self.grants(principal, &Wanted::new(action), None).grants;
        grants.iter().any(|grant| {
            grant.truth == Truth::True && grant.tests.is_empty() && self.reaches_itself(principal, &grant.extent)
        })
    }

    /// Whether the principal is certainly among the resources of a grant on everything, less what is denied.
    pub(in crate::iam) fn reaches_itself(&self, principal: usize, extent: &Extent) -> bool {
        match extent {
            Extent::AllBut(patterns, None) => arn_of_principal(self.identity, principal)
                .is_some_and(|own| patterns.iter().all(|pattern| pattern.glob.meets(&own) == Truth::False)),
            extent => extent.is_everything(),
        }
    }
}
