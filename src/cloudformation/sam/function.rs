//! What belongs to a function besides its role: the URL, destinations of asynchronous calls, the alias, deployments.

use super::super::evaluator::Evaluator;
use super::super::reference::attribute;
use super::document::{allow, text, trust_of};
use super::policy::managed_policy;
use super::role::inline;
use super::{generated, own};
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Piece, Unknown, Value};

/// The role by which CodeDeploy shifts the traffic of all functions of a template that name no other.
pub(in super::super) const DEPLOYMENT_ROLE: &str = "CodeDeployServiceRole";

impl<'t> Evaluator<'t> {
    /// The role that deployments of a function ask for, where it is the first one that does.
    fn deployment_role(&mut self, id: &str, function: &Resource) -> Option<Resource> {
        let preference = own(function, "DeploymentPreference").filter(|value| value.as_map().is_some())?;
        let says = |name: &str| preference.get(name).filter(|value| !value.is_null());
        let is_off = says("Enabled")
            .is_some_and(|value| value.as_bool() == Some(false) || matches!(value.as_str(), Some("false" | "False")));
        let is_own = says("Role").is_some() || own(function, "AutoPublishAlias").is_none();
        if is_off || is_own || self.has_deployment_role {
            return None;
        }
        self.has_deployment_role = true;
        let place = preference.origin;
        let managed = Value::list(vec![managed_policy("AWSCodeDeployRoleForLambda", place)], place);
        let trust = trust_of("codedeploy.amazonaws.com", place);
        let attributes = Value::fields([("AssumeRolePolicyDocument", trust), ("ManagedPolicyArns", managed)], place);
        let role = generated(function, id, DEPLOYMENT_ROLE.to_owned(), super::ROLE, attributes, place);
        // It is there whether or not the function is, unless the template says otherwise.
        let follows = says("PassthroughCondition").is_some_and(|value| value.as_bool() != Some(false));
        Some(Resource { possible: role.possible.clone().filter(|_| follows), ..role })
    }

    /// What events and permissions name: the function, or the alias that is published.
    pub(super) fn function_reference(&self, id: &str, function: &Resource, place: Origin) -> Value {
        match self.alias_id(id, function) {
            Some(alias) => attribute(&alias, "AWS::Lambda::Alias", "Ref", place),
            None => attribute(id, &function.provider_type, "Ref", place),
        }
    }

    /// The ARN of the function or of its alias.
    pub(super) fn function_arn(&self, id: &str, function: &Resource, place: Origin) -> Value {
        match self.alias_id(id, function) {
            Some(alias) => attribute(&alias, "AWS::Lambda::Alias", "Ref", place),
            None => attribute(id, &function.provider_type, "Arn", place),
        }
    }

    pub(super) fn alias_id(&self, id: &str, function: &Resource) -> Option<String> {
        let alias = own(function, "AutoPublishAlias")?;
        // A logical id has letters and digits only.
        let name = alias.as_str().unwrap_or("").replace('-', "D").replace('_', "U");
        Some(format!("{id}Alias{name}"))
    }

    /// The alias, the URL and the permissions of a function.
    pub(super) fn function_resources(&mut self, id: &str, function: &Resource) -> Vec<Resource> {
        let mut resources = Vec::new();
        if let (Some(alias), Some(address)) = (own(function, "AutoPublishAlias"), self.alias_id(id, function)) {
            let place = alias.origin;
            let target = attribute(id, &function.provider_type, "Ref", place);
            let attributes = Value::fields([("Name", alias.clone()), ("FunctionName", target)], place);
            resources.push(generated(function, id, address, "AWS::Lambda::Alias", attributes, place));
        }
        resources.extend(self.deployment_role(id, function));
        if let Some(url) = own(function, "FunctionUrlConfig") {
            self.add_url(id, function, url, &mut resources);
        }
        resources
    }

    fn add_url(&mut self, id: &str, function: &Resource, config: &Value, resources: &mut Vec<Resource>) {
        let Some(kind) = config.get("AuthType") else { return };
        let place = kind.origin;
        let target = self.function_reference(id, function, place);
        let mut fields = vec![("AuthType", kind.clone()), ("TargetFunctionArn", target)];
        for name in ["Cors", "InvokeMode"] {
            fields.extend(config.get(name).map(|value| (name, value.clone())));
        }
        let url = Value::fields(fields, config.origin);
        resources.push(generated(function, id, format!("{id}Url"), "AWS::Lambda::Url", url, config.origin));
        let possible = match (kind.as_str(), kind.as_unknown()) {
            (Some("NONE"), _) => None,
            (_, Some(unknown)) if unknown.candidates.iter().any(|one| one.as_str() == Some("NONE")) => {
                Some(unknown.clone())
            }
            _ => return,
        };
        let common = |action: &str| {
            vec![
                ("Action", text(action, place)),
                ("FunctionName", self.function_reference(id, function, place)),
                ("Principal", text("*", place)),
            ]
        };
        let mut for_url = common("lambda:InvokeFunctionUrl");
        for_url.push(("FunctionUrlAuthType", kind.clone()));
        let mut for_function = common("lambda:InvokeFunction");
        for_function.push(("InvokedViaFunctionUrl", Value::bool(true, place)));
        for (suffix, fields) in [("UrlPublicPermissions", for_url), ("URLInvokeAllowPublicAccess", for_function)] {
            let attributes = Value::fields(fields, place);
            let permission = generated(function, id, format!("{id}{suffix}"), super::PERMISSION, attributes, place);
            let possible = permission.possible.clone().or(possible.clone());
            resources.push(Resource { possible, ..permission });
        }
    }

    /// What a function may do to the destinations of its asynchronous calls.
    pub(super) fn destination_policies(&mut self, id: &str, function: &Resource) -> Vec<Value> {
        let config = own(function, "EventInvokeConfig").and_then(|config| config.get("DestinationConfig"));
        let Some(config) = config else { return Vec::new() };
        let mut policies = Vec::new();
        for name in ["OnSuccess", "OnFailure"] {
            let Some(end) = config.get(name) else { continue };
            let Some(kind) = end.get("Type").and_then(Value::as_str) else { continue };
            let prefix = format!("{id}EventInvokeConfig{name}");
            let made = match kind {
                "SQS" => Some(("Queue", "AWS::SQS::Queue", "Arn")),
                "SNS" => Some(("Topic", "AWS::SNS::Topic", "Ref")),
                _ => None,
            };
            let made = made.map(|(suffix, provider_type, name)| {
                attribute(&format!("{prefix}{suffix}"), provider_type, name, end.origin)
            });
            let target = match (end.get("Destination"), made) {
                (None, Some(made)) => made,
                // Where a condition takes the destination away, the transform makes one.
                (Some(given), Some(made)) => or_made(given, &made),
                (Some(given), None) => given.clone(),
                (None, None) => continue,
            };
            policies.extend(self.destination_policy(kind, target, &prefix, end.origin));
        }
        policies
    }

    /// The policy for sending to a destination.
    pub(super) fn destination_policy(
        &mut self,
        kind: &str,
        target: Value,
        prefix: &str,
        place: Origin,
    ) -> Option<Value> {
        let (action, suffix) = match kind {
            "SQS" => ("sqs:SendMessage", "SQSPolicy"),
            "SNS" => ("sns:publish", "SNSPolicy"),
            "EventBridge" => ("events:PutEvents", "EventBridgePolicy"),
            "Lambda" => ("lambda:InvokeFunction", "LambdaPolicy"),
            "S3" | "S3Bucket" => {
                let mut pieces = target.to_pieces()?;
                pieces.push(Piece::Known("/*".into(), place));
                let objects = self.assemble(pieces, target.origin);
                let statements =
                    vec![allow(&["s3:PutObject"], objects, place), allow(&["s3:ListBucket"], target, place)];
                return Some(inline(format!("{prefix}S3Policy"), statements, place));
            }
            _ => return None,
        };
        Some(inline(format!("{prefix}{suffix}"), vec![allow(&[action], target, place)], place))
    }
}

/// A destination that a condition may take away, with what is made in its place.
fn or_made(given: &Value, made: &Value) -> Value {
    let Some(unknown) = given.as_unknown() else { return given.clone() };
    if !unknown.candidates.iter().any(Value::is_null) {
        return given.clone();
    }
    let candidates = unknown.candidates.iter().map(|one| if one.is_null() { made.clone() } else { one.clone() });
    Value::unknown(Unknown { candidates: candidates.collect(), ..(**unknown).clone() }, given.origin)
}
