//! The roles that the transform makes for functions and state machines.

use std::collections::HashSet;
use std::sync::Arc;

use super::super::evaluator::Evaluator;
use super::document::{allow, document, named, trust_of};
use super::policy::managed_policy;
use super::{Kind, own};
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Data, List, Truth, Unknown, Value};

/// The policies of a role in the making.
#[derive(Default)]
pub(super) struct RoleParts {
    pub(super) managed: List,
    pub(super) inline: List,
    /// The managed policies that are known.
    attached: HashSet<Arc<str>>,
}

/// Policies with which a further one is compared.
const MAX_COMPARED: usize = 100;

impl RoleParts {
    /// Adds a managed policy once.
    pub(super) fn attach(&mut self, policy: Value) {
        let is_new = match policy.as_str() {
            Some(arn) => self.attached.insert(arn.into()),
            None => !self.managed.items.iter().take(MAX_COMPARED).any(|known| known.equals(&policy).is_true()),
        };
        if is_new {
            self.managed.items.push(policy);
        }
    }

    /// Adds an inline policy, unless there is one that says the same.
    pub(super) fn grant(&mut self, policy: Value) {
        let says_the_same = |known: &Value| match (known.get("PolicyDocument"), policy.get("PolicyDocument")) {
            (Some(known), Some(new)) => known.equals(new).is_true(),
            _ => false,
        };
        if !self.inline.items.iter().take(MAX_COMPARED).any(says_the_same) {
            self.inline.items.push(policy);
        }
    }

    /// There may be further policies.
    pub(super) fn open(&mut self, why: &Arc<Unknown>) {
        self.managed.rest = Some(why.clone());
        self.inline.rest = Some(why.clone());
    }
}

impl<'t> Evaluator<'t> {
    /// What the role of a resource holds before its events are looked at.
    pub(super) fn role_parts(&mut self, kind: Kind, id: &str, resource: &Resource) -> RoleParts {
        let place = resource.origin;
        let mut parts = RoleParts::default();
        if kind == Kind::Function {
            let basic = match own(resource, "DurableConfig") {
                Some(_) => "AWSLambdaBasicDurableExecutionRolePolicy",
                None => "AWSLambdaBasicExecutionRole",
            };
            parts.attach(managed_policy(basic, place));
            if let Some(tracing) = own(resource, "Tracing")
                && tracing.as_str() != Some("Disabled")
            {
                parts.attach(managed_policy("AWSXrayWriteOnlyAccess", tracing.origin));
            }
            if let Some(network) = own(resource, "VpcConfig") {
                parts.attach(managed_policy("AWSLambdaVPCAccessExecutionRole", network.origin));
            }
            if let Some(queue) = own(resource, "DeadLetterQueue") {
                parts.inline.items.extend(dead_letter_policy(queue));
            }
            for policy in self.destination_policies(id, resource) {
                parts.inline.items.push(policy);
            }
        }
        if let Some(policies) = own(resource, "Policies") {
            self.add_policies(id, policies, &mut parts);
        }
        if kind == Kind::StateMachine
            && let Some(enabled) = own(resource, "Tracing").and_then(|tracing| tracing.get("Enabled"))
            && enabled.as_bool() == Some(true)
        {
            parts.attach(managed_policy("AWSXrayWriteOnlyAccess", enabled.origin));
        }
        parts
    }

    /// The attributes of a role with these policies.
    pub(super) fn role_attributes(&mut self, kind: Kind, resource: &Resource, parts: RoleParts) -> Value {
        let place = resource.origin;
        let service = if kind == Kind::Function { "lambda.amazonaws.com" } else { "states.amazonaws.com" };
        let given = own(resource, "AssumeRolePolicyDocument").filter(|_| kind == Kind::Function);
        let trust = given.cloned().unwrap_or_else(|| trust_of(service, place));
        let list = |list: List| {
            let last = list.items.last().map_or(place, |item| item.origin);
            let origin = own(resource, "Policies").map_or(last, |value| value.origin);
            Value::new(Data::List(Arc::new(list)), origin)
        };
        let RoleParts { managed, inline, .. } = parts;
        let mut fields = vec![("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", list(managed))];
        if !inline.items.is_empty() || inline.rest.is_some() {
            fields.push(("Policies", list(inline)));
        }
        for (field, property) in [("PermissionsBoundary", "PermissionsBoundary"), ("Path", "RolePath")] {
            fields.extend(own(resource, property).map(|value| (field, value.clone())));
        }
        Value::fields(fields, place)
    }
}

/// What a function with a dead letter queue may do to it.
fn dead_letter_policy(queue: &Value) -> Option<Value> {
    let place = queue.origin;
    let action = match queue.get("Type")?.as_str()? {
        "SQS" => "sqs:SendMessage",
        "SNS" => "sns:Publish",
        _ => return None,
    };
    let target = queue.get("TargetArn")?.clone();
    Some(named("DeadLetterQueuePolicy", document(vec![allow(&[action], target, place)], place)))
}

/// Whether a role is made for a resource with this `Role`: for certain, and else why it may be.
pub(super) fn needs_role(role: Option<&Value>) -> (Truth, Option<Arc<Unknown>>) {
    match role.map(|role| &role.data) {
        None | Some(Data::Null) => (Truth::True, None),
        Some(Data::Unknown(unknown)) if unknown.candidates.iter().any(Value::is_null) => {
            (Truth::Unknown, Some(unknown.clone()))
        }
        Some(_) => (Truth::False, None),
    }
}

/// An inline policy of a generated role.
pub(super) fn inline(name: String, statements: Vec<Value>, place: Origin) -> Value {
    named(&name, super::document::unversioned(statements, place))
}
