//! The steps from a principal to the statement that decides.

use super::{Access, Actor};
use crate::iam::document::Statement;
use crate::iam::facts::{Held, Limit, Source};
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Value};

impl Access<'_, '_> {
    /// The way from a principal to a policy that it holds: group, then attachment.
    pub(in crate::iam) fn way(&self, principal: usize, held: &Held) -> Vec<Step> {
        let mut steps = Vec::new();
        let Some(owner) = self.actor(principal) else { return steps };
        if let Some(steps) = self.way_of_others(principal, held) {
            return steps;
        }
        let mut holder: Actor = owner.clone();
        if let Some(membership) = held.membership
            && let Some(found) = self.identity.principals.get(principal).and_then(|p| p.memberships.get(membership))
            && let Some(group) = found.other.and_then(|group| self.actor(group))
        {
            let text = format!("{} `{}` is a member of group `{}`", owner.kind, owner.name, group.name);
            steps.push(Step::new(text, found.value.origin.or(group.origin)));
            holder = group;
        }
        let name = self.document_name(held.document);
        let of = format!("{} `{}`", holder.kind, holder.name);
        match held.attachment.and_then(|at| self.identity.attachments.get(at)) {
            Some(attachment) => {
                let place = attachment.policy.origin.or(attachment.instance.origin());
                steps.push(Step::new(format!("policy `{name}` is attached to {of}"), place));
            }
            None => {
                let place = self.document_origin(held.document).unwrap_or(holder.origin);
                steps.push(Step::new(format!("inline policy `{name}` of {of}"), place));
            }
        }
        steps
    }

    /// The way to a policy that a principal comes to hold only: by what its permissions boundary allows, or by a group.
    fn way_of_others(&self, principal: usize, held: &Held) -> Option<Vec<Step>> {
        let (changed, _) = self.instead?;
        let own = self.facts.holdings.get(principal).filter(|_| changed == principal)?;
        if own.held.contains(held) {
            return None;
        }
        let is_boundary = matches!(own.boundary, Limit::Document(document) if document == held.document);
        if is_boundary && held.attachment.is_none() {
            return Some(self.bounded_by(principal).into_iter().collect());
        }
        let is_group = |at: &usize| {
            let kind = self.identity.principals.get(*at).map(|one| &*one.instance.row.kind);
            kind == Some("group") && self.facts.holdings.get(*at).is_some_and(|holding| holding.held.contains(held))
        };
        if let Some(group) = (0..self.identity.principals.len()).find(is_group) {
            return Some(Access { instead: None, ..*self }.way(group, held));
        }
        let (actor, name) = (self.actor(principal)?, self.document_name(held.document));
        let place = self.document_origin(held.document).unwrap_or(actor.origin);
        Some(vec![Step::new(format!("{} `{}` attaches `{name}`", actor.kind, actor.name), place)])
    }

    /// The policy by which a principal may do everything.
    pub(in crate::iam) fn everything_held_by(&self, principal: usize) -> Vec<Step> {
        let Some(holding) = self.holding(principal) else { return Vec::new() };
        for held in &holding.held {
            let Some(document) = self.facts.document(self.identity, held.document) else { continue };
            let (truth, origin, _) = self.identity.document_is_admin(document, Origin::NONE);
            if truth == Truth::True {
                let mut steps = self.way(principal, held);
                if origin.is_some() {
                    steps.push(Step::new("which allows everything", origin));
                }
                return steps;
            }
        }
        self.bounded_by(principal).into_iter().collect()
    }

    /// That a permissions boundary holds a principal, where one does.
    pub(in crate::iam) fn bounded_by(&self, principal: usize) -> Option<Step> {
        let (value, actor) = (self.boundary_value(principal)?, self.actor(principal)?);
        let name = match self.facts.holdings.get(principal)?.boundary {
            Limit::Document(document) => self.document_name(document),
            _ => value.scalar_text().unwrap_or_default().into_owned(),
        };
        let text = format!("policy `{name}` is the permissions boundary of {} `{}`", actor.kind, actor.name);
        Some(Step::new(text, value.origin.or(actor.origin)))
    }

    /// The permissions boundary of a principal as written; none where it has none.
    pub(in crate::iam) fn boundary_value(&self, principal: usize) -> Option<Value> {
        let found = self.identity.principals.get(principal)?;
        Some(self.identity.boundary_of(found)).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// The name of a policy document.
    pub(in crate::iam) fn document_name(&self, document: usize) -> String {
        match self.facts.source(document) {
            Some(Source::Own(at)) => self
                .identity
                .policies
                .get(at)
                .map(|policy| self.identity.policy_name(policy).scalar_text().unwrap_or_default().into_owned())
                .unwrap_or_default(),
            Some(Source::Managed(policy)) => policy.name.to_owned(),
            Some(Source::Loose(at)) => {
                let loose = self.identity.loose.get(at);
                loose.map(|(instance, _)| instance.resource.address.to_string()).unwrap_or_default()
            }
            Some(Source::Control(at)) => self
                .identity
                .of_kind("organization-policy")
                .get(at)
                .map(|policy| policy.resource.address.to_string())
                .unwrap_or_default(),
            None => String::new(),
        }
    }

    pub(in crate::iam) fn document_origin(&self, document: usize) -> Option<Origin> {
        match self.facts.source(document)? {
            Source::Own(at) => self.identity.policies.get(at).map(|policy| policy.instance.origin()),
            Source::Loose(_) | Source::Managed(_) | Source::Control(_) => None,
        }
    }

    /// The last step: the statement itself, where it stands in the unit.
    pub(in crate::iam) fn says(&self, statement: &Statement, text: impl Into<String>) -> Option<Step> {
        let origin = statement.value.origin;
        origin.is_some().then(|| Step::new(text, origin))
    }
}
