//! Connectors: what one resource of the template may do to another.

use std::collections::HashMap;

use super::super::evaluator::Evaluator;
use super::super::reference::attribute;
use super::document::{document, text};
use super::event::entries;
use super::profile::{Makes, Profile, profiles};
use super::{PERMISSION, ROLE, generated, own};
use crate::diagnostic::Diagnostic;
use crate::model::Resource;
use crate::source::Origin;
use crate::syntax::node::Node;
use crate::value::{Data, Value};

/// The types behind serverless ones.
const PLAIN: &[(&str, &str)] = &[
    ("AWS::Serverless::Api", "AWS::ApiGateway::RestApi"),
    ("AWS::Serverless::Function", "AWS::Lambda::Function"),
    ("AWS::Serverless::GraphQLApi", "AWS::AppSync::GraphQLApi"),
    ("AWS::Serverless::HttpApi", "AWS::ApiGatewayV2::Api"),
    ("AWS::Serverless::SimpleTable", "AWS::DynamoDB::Table"),
    ("AWS::Serverless::StateMachine", "AWS::StepFunctions::StateMachine"),
];

/// The types whose `Ref` is their ARN.
const ARN_BY_REF: &[&str] =
    &["AWS::AppSync::DataSource", "AWS::AppSync::GraphQLApi", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"];

/// The types that act by a role, with the property that names it; a rule names one for each target.
const ROLES: &[(&str, &str)] = &[
    ("AWS::AppSync::DataSource", "ServiceRoleArn"),
    ("AWS::Events::Rule", "Targets"),
    ("AWS::Lambda::Function", "Role"),
    ("AWS::StepFunctions::StateMachine", "RoleArn"),
];

/// One end of a connector.
struct End {
    /// The type, a plain one.
    kind: String,
    arn: Option<Value>,
    role: Option<Value>,
    queue_url: Option<Value>,
    resource_id: Option<Value>,
    name: Option<Value>,
    qualifier: Option<Value>,
}

impl<'t> Evaluator<'t> {
    /// What an `AWS::Serverless::Connector` makes.
    pub(super) fn connector(&mut self, id: &str, connector: &Resource) -> Vec<Resource> {
        let Some(source) = own(connector, "Source") else { return Vec::new() };
        self.connect(id, source, &connector.attributes, connector, connector.origin)
    }

    /// What the `Connectors` of a resource make.
    pub(super) fn embedded_connectors(&mut self, id: &str, connectors: &'t Node, cause: &Resource) -> Vec<Resource> {
        let mut resources = Vec::new();
        let Some(connectors) = self.evaluate(connectors) else { return resources };
        for entry in entries(&connectors) {
            let place = entry.key_origin;
            let Some(properties) = entry.value.get("Properties") else { continue };
            let mut fields = vec![("Id", text(id, place))];
            let reference = properties.get("SourceReference");
            fields.extend(reference.and_then(|one| one.get("Qualifier")).map(|one| ("Qualifier", one.clone())));
            let source = Value::fields(fields, place);
            resources.extend(self.connect(&format!("{id}{}", entry.key), &source, properties, cause, place));
        }
        resources
    }

    fn connect(
        &mut self,
        id: &str,
        source: &Value,
        properties: &Value,
        cause: &Resource,
        place: Origin,
    ) -> Vec<Resource> {
        let mut resources = Vec::new();
        let Some(destination) = properties.get("Destination") else { return resources };
        let is_list = matches!(destination.data, Data::List(_));
        for (nth, one) in destination.elements().iter().enumerate() {
            let suffix = if is_list { format!("Destination{nth}") } else { String::new() };
            let ends = (self.end(source, one), self.end(one, source));
            let (Some(from), Some(to)) = ends else { continue };
            let found = profiles(&from.kind, &to.kind);
            if found.is_empty() {
                let message = format!("there is no connector from `{}` to `{}`", from.kind, to.kind);
                self.tell(Diagnostic::warning("sam-connector", message).at(place, ""));
                continue;
            }
            let permissions = properties.get("Permissions").map(Value::elements).unwrap_or_default();
            let wanted = |profile: &&Profile| permissions.iter().any(|one| one.as_str() == Some(profile.access));
            let granted: Vec<&Profile> = found.iter().filter(wanted).collect();
            for permission in permissions.iter().filter(|one| one.as_unknown().is_none()) {
                if !found.iter().any(|profile| permission.as_str() == Some(profile.access)) {
                    let message = format!("a connector from `{}` to `{}` has no such access", from.kind, to.kind);
                    self.tell(Diagnostic::warning("sam-connector", message).at(permission.origin, ""));
                }
            }
            let made = self.grants(&granted, &from, &to, (id, &suffix), place);
            let cause_id = cause.address.to_string();
            resources.extend(made.into_iter().map(|(address, provider_type, attributes)| {
                generated(cause, &cause_id, address, provider_type, attributes, place)
            }));
        }
        resources
    }

    /// The resources for what is granted: their addresses, types and attributes.
    fn grants(
        &mut self,
        granted: &[&Profile],
        from: &End,
        to: &End,
        (id, suffix): (&str, &str),
        place: Origin,
    ) -> Vec<(String, &'static str, Value)> {
        let mut made = Vec::new();
        let Some(makes) = granted.first().map(|profile| profile.makes) else { return made };
        let mut variables = HashMap::new();
        for (end, prefix) in [(from, "Source"), (to, "Destination")] {
            let parts = [
                ("Arn", &end.arn),
                ("ResourceId", &end.resource_id),
                ("Name", &end.name),
                ("Qualifier", &end.qualifier),
            ];
            for (name, value) in parts {
                if let Some(value) = value {
                    variables.insert(format!("{prefix}{name}"), value.clone());
                }
            }
        }
        let variables: HashMap<&str, Value> = variables.iter().map(|(name, value)| (&**name, value.clone())).collect();
        if makes == Makes::Permission {
            let Some(function) = &to.arn else { return made };
            for profile in granted {
                let Some(line) = profile.lines.first() else { continue };
                let Ok(json) = serde_json::from_str::<serde_json::Value>(line) else { continue };
                let properties = self.profile_json(&json, &variables, place);
                let mut fields = vec![("FunctionName".to_owned(), function.clone())];
                fields.extend(entries(&properties).iter().map(|one| (one.key.to_string(), one.value.clone())));
                let address = format!("{id}{}LambdaPermission{suffix}", profile.access);
                made.push((address, PERMISSION, Value::fields(fields, place)));
            }
            return made;
        }
        let lines = granted.iter().flat_map(|profile| &profile.lines);
        let mut statements: Vec<Value> = lines.map(|line| self.profile_statement(line, &variables, place)).collect();
        if makes == Makes::ManagedPolicy {
            let holder = if ROLES.iter().any(|(kind, _)| *kind == from.kind) { from } else { to };
            let Some(role) = &holder.role else {
                let message = format!("the connector finds no role of the template to give its policy `{id}Policy` to");
                self.tell(Diagnostic::warning("sam-connector", message).at(place, ""));
                return made;
            };
            let roles = Value::list(vec![role.clone()], place);
            let fields = [("PolicyDocument", document(statements, place)), ("Roles", roles)];
            made.push((format!("{id}Policy{suffix}"), "AWS::IAM::ManagedPolicy", Value::fields(fields, place)));
            return made;
        }
        let service = if from.kind == "AWS::SNS::Topic" { "sns.amazonaws.com" } else { "events.amazonaws.com" };
        let principal = super::document::service(service, place);
        for statement in &mut statements {
            if let Data::Map(map) = &mut statement.data {
                let entry =
                    crate::value::Entry { key: "Principal".into(), key_origin: place, value: principal.clone() };
                std::sync::Arc::make_mut(map).insert(entry);
            }
        }
        let (field, target, provider_type, name) = match makes {
            Makes::TopicPolicy => ("Topics", &to.arn, "AWS::SNS::TopicPolicy", "TopicPolicy"),
            _ => ("Queues", &to.queue_url, "AWS::SQS::QueuePolicy", "QueuePolicy"),
        };
        let targets = Value::list(target.iter().cloned().collect(), place);
        let fields = [("PolicyDocument", document(statements, place)), (field, targets)];
        made.push((format!("{id}{name}{suffix}"), provider_type, Value::fields(fields, place)));
        made
    }

    /// What is known of an end of a connector: a resource of the template, or what is said of one elsewhere.
    fn end(&mut self, value: &Value, other: &Value) -> Option<End> {
        let place = value.origin;
        let given = |name: &str| value.get(name).filter(|part| !part.is_null()).cloned();
        let Some(id) = value.get("Id") else {
            let kind = value.get("Type").and_then(Value::as_str)?;
            return Some(End {
                kind: plain_type(kind).to_owned(),
                arn: given("Arn"),
                role: given("RoleName"),
                queue_url: given("QueueUrl"),
                resource_id: given("ResourceId"),
                name: given("Name"),
                qualifier: given("Qualifier"),
            });
        };
        let declaration = id.as_str().and_then(|id| self.template.resources.get(id).copied());
        let Some(declaration) = declaration else {
            let message = format!("there is no resource `{}` to connect", id.as_str().unwrap_or("…"));
            self.tell(Diagnostic::warning("sam-connector", message).at(id.origin, ""));
            return None;
        };
        let (id, provider_type) = (declaration.id, declaration.provider_type);
        let kind = plain_type(provider_type);
        let part = |name: &str| Some(attribute(id, provider_type, name, place));
        let is_api = matches!(kind, "AWS::ApiGateway::RestApi" | "AWS::ApiGatewayV2::Api");
        Some(End {
            arn: part(if ARN_BY_REF.contains(&kind) { "Ref" } else { "Arn" }),
            role: self.role_of(id, kind, declaration.value, other, place),
            queue_url: (kind == "AWS::SQS::Queue").then(|| part("Ref")).flatten(),
            resource_id: match kind {
                "AWS::AppSync::GraphQLApi" => part("ApiId"),
                _ => is_api.then(|| part("Ref")).flatten(),
            },
            name: (kind == "AWS::StepFunctions::StateMachine").then(|| part("Name")).flatten(),
            qualifier: given("Qualifier").or_else(|| is_api.then(|| text("*", place))),
            kind: kind.to_owned(),
        })
    }

    /// The name of the role that a resource acts by.
    fn role_of(&mut self, id: &str, kind: &str, node: &'t Node, other: &Value, place: Origin) -> Option<Value> {
        let (_, property) = ROLES.iter().find(|(holder, _)| *holder == kind)?;
        let is_serverless =
            node.get("Type").and_then(Node::as_str).is_some_and(|name| name.starts_with("AWS::Serverless::"));
        let property = if is_serverless { "Role" } else { property };
        let value = node.get("Properties").and_then(|properties| properties.get(property));
        let value = value.and_then(|value| self.evaluate(value)).filter(|value| !value.is_null());
        let arn = match value {
            None if is_serverless => return Some(attribute(&format!("{id}Role"), ROLE, "Ref", place)),
            None => return None,
            Some(targets) if property == "Targets" => {
                let wanted = other.get("Id").and_then(Value::as_str);
                let leads_there = |target: &&Value| {
                    let arn = target.get("Arn");
                    let named = arn.and_then(Value::as_unknown).and_then(|arn| arn.refers.as_ref());
                    let is_other = arn.zip(other.get("Arn")).is_some_and(|(arn, other)| arn.equals(other).is_true());
                    is_other || named.is_some_and(|named| Some(&*named.address) == wanted)
                };
                targets.elements().iter().find(leads_there)?.get("RoleArn")?.clone()
            }
            Some(arn) => arn,
        };
        let role = arn.as_unknown()?.refers.as_ref()?.address.to_string();
        self.reference(&role, place)
    }
}

fn plain_type(provider_type: &str) -> &str {
    PLAIN.iter().find(|(serverless, _)| *serverless == provider_type).map_or(provider_type, |(_, plain)| plain)
}
