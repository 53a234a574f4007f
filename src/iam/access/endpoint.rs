//! The policies of endpoints in networks: one more filter of what goes through, which says nothing of what goes by.

use std::sync::Arc;

use super::{Access, Extent, Pattern, Wanted};
use crate::iam::document::Document;
use crate::iam::glob::Glob;
use crate::iam::principal::names_everybody;
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Truth, Value};

/// A policy that requests must pass, too, if they come by a certain way: whether they do is not known.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The address of the resource that holds the policy.
    pub address: Arc<str>,
    /// Where the policy stands.
    pub origin: Origin,
}

/// What holds the policy of an endpoint: type, the policy, the service or what has one.
const ENDPOINTS: [(&str, &str, &str); 3] = [
    ("aws_vpc_endpoint", "policy", "service_name"),
    ("aws_vpc_endpoint_policy", "policy", "vpc_endpoint_id"),
    ("AWS::EC2::VPCEndpoint", "PolicyDocument", "ServiceName"),
];

/// Names of services in the names of endpoints that are not those in actions.
const OTHERS: [(&str, &str); 5] = [
    ("monitoring", "cloudwatch"),
    ("email", "ses"),
    ("email-smtp", "ses"),
    ("ecs-agent", "ecs"),
    ("ecs-telemetry", "ecs"),
];

impl Access<'_, '_> {
    /// The endpoints whose policies do not let everybody do an action on a resource, where the endpoint is, or may be, of
    /// the service.
    pub fn filters(&self, action: &str, resource: Option<&str>) -> Vec<Filter> {
        let (wanted, resource) = (Wanted::new(action), resource.map(Glob::pattern));
        let mut found = Vec::new();
        for (kind, policy, service) in ENDPOINTS {
            for index in self.identity.relations.of_type(kind) {
                let Some(endpoint) = self.identity.unit.resources.get(*index) else { continue };
                let Some(policy) = endpoint.attributes.get(policy).filter(|policy| !policy.is_null()) else { continue };
                let of_service = endpoint.attributes.get(service).and_then(|value| self.service(value));
                if of_service.is_some_and(|name| !is_of(&name, &wanted)) {
                    continue;
                }
                let document = Document::read(policy, self.identity.sources);
                if !self.lets_all_through(&document, &wanted, resource.as_ref()) {
                    let origin = policy.origin.or(endpoint.origin);
                    found.push(Filter { address: endpoint.address.clone(), origin });
                }
            }
        }
        found
    }

    /// The last known part of the name of a service, of an endpoint itself or of the one that is referred to.
    fn service(&self, value: &Value) -> Option<String> {
        let of = |value: &Value| {
            let suffix = value.as_str().map_or_else(|| value.known_suffix(), str::to_owned);
            suffix.contains('.').then_some(suffix)
        };
        let referred = || {
            let reference = value.as_unknown()?.refers.as_ref()?;
            let endpoint: &Resource =
                self.identity.unit.resources.get(self.identity.relations.at(&reference.address)?)?;
            of(endpoint.attributes.get("service_name")?)
        };
        of(value).or_else(referred)
    }

    fn lets_all_through(&self, document: &Document, wanted: &Wanted, resource: Option<&Glob>) -> bool {
        let mut lets = false;
        for statement in &document.statements {
            let named = super::names_action(statement, &wanted.name);
            if statement.allows() != Truth::True {
                if named != Truth::False {
                    return false;
                }
                continue;
            }
            let extent = Extent::of(statement);
            let covers = |glob: &Glob| extent.covers(&Pattern::text(glob.clone()));
            let on = extent.is_everything() || resource.is_some_and(|glob| covers(glob) == Truth::True);
            let everybody = statement.principal.as_ref().map_or(Truth::False, names_everybody);
            lets |= named == Truth::True && on && everybody == Truth::True && statement.unconditional() == Truth::True;
        }
        lets && document.rest.is_none()
    }
}

/// Whether an endpoint of this name is one of the service of an action: `com.amazonaws.eu-west-1.ecr.api` is of `ecr`.
fn is_of(endpoint: &str, wanted: &Wanted) -> bool {
    let service = wanted.name.split(':').next().unwrap_or_default();
    endpoint.split('.').any(|part| {
        let part = part.strip_suffix("-fips").unwrap_or(part);
        let meant = OTHERS.iter().find(|(name, _)| *name == part).map_or(part, |(_, service)| service);
        meant == service
    })
}
