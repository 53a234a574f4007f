//! What limits a principal, whatever it is granted.

use std::sync::Arc;

use super::Access;
use crate::iam::facts::{Limit, Source};
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// A policy beyond which nothing that a principal is granted counts.
#[derive(Clone, Debug)]
pub struct Ceiling {
    /// `permissions-boundary`, `service-control-policy`, `resource-control-policy`.
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// Where the principal says so, or where the policy stands.
    pub origin: Origin,
    /// Why it is not certain what it leaves.
    pub unknown: Option<Arc<Unknown>>,
}

impl Access<'_, '_> {
    /// What limits a principal: its permissions boundary, and the policies of the organization.
    pub fn ceilings(&self, principal: usize) -> Vec<Ceiling> {
        let mut all = Vec::new();
        let Some(holding) = self.facts.holdings.get(principal) else { return all };
        if let (Some(value), Some(actor)) = (self.boundary_value(principal), self.actor(principal)) {
            let (name, unknown) = match &holding.boundary {
                Limit::Document(document) => (self.document_name(*document), None),
                Limit::Unknown(unknown) => {
                    let text = value.scalar_text().map(|text| text.into_owned());
                    (text.unwrap_or_else(|| unknown.subject.to_string()), Some(unknown.clone()))
                }
                Limit::None => (value.scalar_text().unwrap_or_default().into_owned(), None),
            };
            all.push(Ceiling { kind: "permissions-boundary", name, origin: value.origin.or(actor.origin), unknown });
        }
        for control in self.facts.controls.over(holding.account) {
            let kind = if control.of_resources { "resource-control-policy" } else { "service-control-policy" };
            let unknown = control.unknown.clone().filter(|_| control.applies != Truth::True);
            let name = self.document_name(control.document);
            all.push(Ceiling { kind, name, origin: self.origin_of_control(control.document), unknown });
        }
        all
    }

    fn origin_of_control(&self, document: usize) -> Origin {
        match self.facts.source(document) {
            Some(Source::Control(at)) => self
                .identity
                .of_kind("organization-policy")
                .get(at)
                .map_or(Origin::NONE, |policy| policy.resource.origin),
            _ => Origin::NONE,
        }
    }
}
