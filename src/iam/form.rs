//! What a policy document must and must not have, by what it is for.

use super::catalogue;
use super::document::{Document, Statement};
use super::principal::{PartyKind, parties};
use crate::source::Origin;
use crate::value::{Data, Value};

/// What a document is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Permissions of an identity: inline, managed, boundary, session, permission set.
    Identity,
    /// Who may assume a role.
    Trust,
    /// A resource.
    Resource,
    /// A resource whose service fills in the resource where it is left out: ECR, Lambda layers.
    ImpliedResource,
    /// A key.
    Key,
    /// What may go through an endpoint.
    Endpoint,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
}

/// What AWS would refuse, or take for something else than it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fault {
    /// There is no `Version`: the rules of 2008-10-17 hold.
    NoVersion,
    /// There is no `Version` of 2012-10-17, so that `${…}` is plain text.
    VariablesArePlainText,
    /// `Version` is none of the two.
    UnknownVersion,
    /// `Id` has no place here.
    IdForbidden,
    /// There is no statement.
    NoStatement,
    /// `Effect` is missing, or neither `Allow` nor `Deny`; case counts.
    BadEffect,
    /// There is neither `Action` nor `NotAction`.
    NoAction,
    /// There are both.
    TwoActions,
    /// There is neither `Resource` nor `NotResource`.
    NoResource,
    /// There are both.
    TwoResources,
    /// `Resource` has no place here.
    ResourceForbidden,
    /// Another resource than `*`, which is the key itself.
    OtherThanThisKey,
    /// There is no `Principal`.
    NoPrincipal,
    /// `Principal` has no place here.
    PrincipalForbidden,
    /// `NotPrincipal` has no place here.
    NotPrincipalForbidden,
    /// The bare `"*"`, or another principal than that where it must be.
    PrincipalRefused,
    /// A group or an instance profile, which can be no principal.
    NoSuchPrincipal,
    /// A `*` within a principal.
    WildcardInPrincipal,
    /// An action that a trust policy has no use for.
    ActionOutOfPlace,
    /// `Allow` where only `Deny` may stand.
    AllowForbidden,
    /// `NotAction` where only `Action` may stand.
    NotActionForbidden,
    /// An action of a service to which resource control policies do not apply.
    ServiceNotControlled,
}

/// The actions of trust policies, and one that does no harm there.
const OF_TRUST: [&str; 7] = [
    "sts:assumerole",
    "sts:assumerolewithsaml",
    "sts:assumerolewithwebidentity",
    "sts:tagsession",
    "sts:setsourceidentity",
    "sts:setcontext",
    "sts:getcalleridentity",
];

impl Document {
    /// What is wrong with the form of the document, with its place, in the document's order. What is not known is right.
    pub fn faults(&self, purpose: Purpose, place: Origin) -> Vec<(Fault, Origin)> {
        let mut faults = Vec::new();
        match self.version.as_ref().map(|version| (version.as_str(), version.origin)) {
            Some((Some("2012-10-17"), _) | (None, _)) => {}
            Some((Some("2008-10-17"), at)) => {
                faults.extend(self.plain_variables().then_some((Fault::VariablesArePlainText, at)))
            }
            Some((Some(_), at)) => faults.push((Fault::UnknownVersion, at)),
            None if self.rest.is_some() => {}
            None if self.plain_variables() => faults.push((Fault::VariablesArePlainText, place)),
            None => faults.push((Fault::NoVersion, place)),
        }
        if let Some(id) = self.id.as_ref().filter(|_| purpose == Purpose::Identity) {
            faults.push((Fault::IdForbidden, id.origin));
        }
        if self.statements.is_empty() && self.rest.is_none() {
            faults.push((Fault::NoStatement, place));
        }
        for statement in &self.statements {
            statement.collect_faults(purpose, &mut faults);
        }
        faults
    }

    /// Whether a text holds what would be a policy variable in a document of 2012-10-17.
    fn plain_variables(&self) -> bool {
        self.statements.iter().any(|statement| {
            let resources = statement.resources.iter().chain(&statement.not_resources).flat_map(|list| &list.items);
            let values = statement.tests.iter().flat_map(|test| &test.values);
            resources.chain(values).any(|value| value.as_str().is_some_and(|text| text.contains("${")))
        })
    }
}

impl Statement {
    fn collect_faults(&self, purpose: Purpose, faults: &mut Vec<(Fault, Origin)>) {
        let place = self.value.origin;
        // A statement of which a part is not known may have what seems to be missing.
        let complete = self.value.as_map().is_some_and(|map| map.rest.is_none());
        let mut add = |fault: Fault, at: Origin| faults.push((fault, at));
        match self.effect.as_str() {
            Some("Allow") if purpose == Purpose::ResourceControl => add(Fault::AllowForbidden, self.effect.origin),
            Some("Allow" | "Deny") => {}
            None if self.effect.first_unknown().is_some() || (self.effect.is_null() && !complete) => {}
            _ => add(Fault::BadEffect, self.effect.origin.or(place)),
        }
        match (&self.actions, &self.not_actions) {
            (Some(_), Some(second)) => add(Fault::TwoActions, second.origin),
            (None, Some(not)) if purpose == Purpose::ResourceControl => add(Fault::NotActionForbidden, not.origin),
            (None, None) if complete => add(Fault::NoAction, place),
            _ => {}
        }
        let resource = self.resources.as_ref().or(self.not_resources.as_ref());
        match (purpose, resource) {
            (Purpose::Trust, Some(found)) => add(Fault::ResourceForbidden, found.origin),
            (Purpose::Trust | Purpose::ImpliedResource, None) => {}
            (_, None) if complete => add(Fault::NoResource, place),
            _ => {}
        }
        if let (Some(_), Some(second)) = (&self.resources, &self.not_resources) {
            add(Fault::TwoResources, second.origin);
        }
        if let (Purpose::Key, Some(resources)) = (purpose, &self.resources) {
            let other = |item: &&Value| item.as_str().is_some_and(|text| text != "*");
            resources.items.iter().filter(other).for_each(|item| add(Fault::OtherThanThisKey, item.origin));
        }
        self.collect_principal_faults(purpose, complete, &mut add);
        if !matches!(purpose, Purpose::Trust | Purpose::ResourceControl) {
            return;
        }
        for action in self.actions.iter().flat_map(|list| &list.items) {
            let Some(text) = action.as_str() else { continue };
            let lower = text.to_ascii_lowercase();
            let service = lower.split(':').next().and_then(catalogue::service);
            let uncontrolled = service.is_some_and(|service| !service.supports_resource_control_policies());
            match purpose {
                Purpose::Trust if !OF_TRUST.iter().any(|known| super::pattern::matches(&lower, known)) => {
                    add(Fault::ActionOutOfPlace, action.origin);
                }
                Purpose::ResourceControl if uncontrolled => add(Fault::ServiceNotControlled, action.origin),
                _ => {}
            }
        }
    }

    fn collect_principal_faults(&self, purpose: Purpose, complete: bool, add: &mut dyn FnMut(Fault, Origin)) {
        let forbidden = matches!(purpose, Purpose::Identity | Purpose::ServiceControl);
        if let Some(not) = &self.not_principal
            && (forbidden || matches!(purpose, Purpose::Trust | Purpose::ResourceControl))
        {
            add(Fault::NotPrincipalForbidden, not.origin);
        }
        let Some(principal) = &self.principal else {
            if !forbidden && complete && self.not_principal.is_none() {
                add(Fault::NoPrincipal, self.value.origin);
            }
            return;
        };
        let is_bare = principal.as_str() == Some("*");
        match purpose {
            _ if forbidden => return add(Fault::PrincipalForbidden, principal.origin),
            Purpose::Trust if is_bare => add(Fault::PrincipalRefused, principal.origin),
            Purpose::ResourceControl if !is_bare && principal.first_unknown().is_none() => {
                add(Fault::PrincipalRefused, principal.origin);
            }
            _ => {}
        }
        for party in parties(principal, &[]).0 {
            let text = party.value.as_str().unwrap_or_default();
            let wildcard = text.contains(['*', '?']) && text != "*";
            if text.contains(":group/") || text.contains(":instance-profile/") {
                add(Fault::NoSuchPrincipal, party.value.origin);
            } else if wildcard || (text == "*" && party.kind != PartyKind::Any) {
                add(Fault::WildcardInPrincipal, party.value.origin);
            }
        }
        if !matches!(principal.data, Data::Map(_)) && !is_bare && principal.first_unknown().is_none() {
            add(Fault::PrincipalRefused, principal.origin);
        }
    }
}
