//! SAM: what the serverless transform makes of a template's resources.
//!
//! Functions and state machines get roles, event sources get permissions, connectors get policies. What is made stands
//! where the property, event or connector stands that causes it.

mod api;
mod connector;
mod document;
mod event;
mod function;
mod globals;
mod machine;
mod policy;
mod profile;
mod role;
mod source;

pub(super) use event::implicit_apis;
pub(super) use function::DEPLOYMENT_ROLE;

use std::sync::Arc;

use super::evaluator::Evaluator;
use super::reference::attribute;
use super::template::Declaration;
use crate::model::{Resource, Step};
use crate::source::Origin;
use crate::value::{Data, Entry, Truth, Value};

/// The type of a generated role.
pub(super) const ROLE: &str = "AWS::IAM::Role";

/// The type of a generated permission.
const PERMISSION: &str = "AWS::Lambda::Permission";

/// The serverless resources that have a role of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Function,
    StateMachine,
}

impl Kind {
    fn of(provider_type: &str) -> Option<Kind> {
        match provider_type {
            "AWS::Serverless::Function" => Some(Kind::Function),
            "AWS::Serverless::StateMachine" => Some(Kind::StateMachine),
            _ => None,
        }
    }
}

/// The logical id of the role that the transform makes for a resource which names none.
pub(super) fn generated_role(declaration: &Declaration<'_>) -> Option<String> {
    Kind::of(declaration.provider_type).map(|_| format!("{}Role", declaration.id))
}

/// A property that is there.
fn own<'r>(resource: &'r Resource, key: &str) -> Option<&'r Value> {
    resource.attributes.get(key).filter(|value| !value.is_null())
}

/// A resource that the transform makes because of another one.
fn generated(
    cause: &Resource,
    id: &str,
    address: String,
    provider_type: &str,
    attributes: Value,
    place: Origin,
) -> Resource {
    let step = Step { name: id.into(), origin: cause.origin };
    Resource {
        address: address.into(),
        provider_type: provider_type.into(),
        attributes,
        origin: place,
        chain: cause.chain.iter().cloned().chain([step]).collect(),
        ..cause.clone()
    }
}

impl<'t> Evaluator<'t> {
    /// Merges the globals into a serverless resource, and gives what the transform makes because of it.
    pub(super) fn expand_serverless(&mut self, declaration: Declaration<'t>, resource: &mut Resource) -> Vec<Resource> {
        let mut made = Vec::new();
        if let Some(kind) = declaration.provider_type.strip_prefix("AWS::Serverless::") {
            let properties = std::mem::replace(&mut resource.attributes, Value::null(resource.origin));
            resource.attributes = self.with_globals(kind, declaration, properties);
            match kind {
                "Api" => {
                    self.spell_out_policy(resource);
                    made.extend(self.authorizer_permissions(declaration.id, false, resource));
                }
                "HttpApi" => made.extend(self.authorizer_permissions(declaration.id, true, resource)),
                "Connector" => made.extend(self.connector(declaration.id, resource)),
                _ => {}
            }
        }
        if let Some(kind) = Kind::of(declaration.provider_type) {
            self.expand_with_role(kind, declaration.id, resource, &mut made);
        }
        if self.template.is_serverless
            && let Some(connectors) = declaration.value.get("Connectors")
        {
            made.extend(self.embedded_connectors(declaration.id, connectors, resource));
        }
        made
    }

    fn expand_with_role(&mut self, kind: Kind, id: &str, resource: &mut Resource, made: &mut Vec<Resource>) {
        let address = format!("{id}Role");
        let (needed, why) = role::needs_role(resource.attributes.get("Role"));
        let mut parts = self.role_parts(kind, id, resource);
        match kind {
            Kind::Function => {
                made.extend(self.function_resources(id, resource));
                made.extend(self.function_events(id, resource, &mut parts));
            }
            Kind::StateMachine => made.extend(self.state_machine_events(id, resource)),
        }
        if needed == Truth::False {
            return;
        }
        if needed == Truth::True {
            let value = attribute(&address, ROLE, "Arn", resource.origin);
            if let Data::Map(map) = &mut resource.attributes.data {
                let entry = Entry { key: "Role".into(), key_origin: resource.origin, value };
                Arc::make_mut(map).insert(entry);
            }
        }
        let attributes = self.role_attributes(kind, resource, parts);
        let role = generated(resource, id, address, ROLE, attributes, resource.origin);
        let possible = role.possible.clone().or(why);
        made.insert(0, Resource { possible, ..role });
    }
}
