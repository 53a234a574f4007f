//! APIs: the permission of their authorizers, and their own resource policy.

use std::collections::HashMap;

use super::super::evaluator::Evaluator;
use super::super::reference::attribute;
use super::super::substitute::Places;
use super::document::{text, texts};
use super::{PERMISSION, generated};
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Data, Entry, Map, Value};

/// What an authorizer's function may be called by: any authorizer of the API.
const AUTHORIZERS: &str = "execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*";

/// The lists of a resource policy's short form: what the policy tests, and whether the list is one of the admitted.
const LISTS: &[(&str, &str, bool)] = &[
    ("IpRangeBlacklist", "aws:SourceIp", false),
    ("IpRangeWhitelist", "aws:SourceIp", true),
    ("SourceVpcBlacklist", "aws:SourceVpc", false),
    ("SourceVpcWhitelist", "aws:SourceVpc", true),
    ("IntrinsicVpcBlacklist", "aws:SourceVpc", false),
    ("IntrinsicVpcWhitelist", "aws:SourceVpc", true),
    ("IntrinsicVpceBlacklist", "aws:SourceVpce", false),
    ("IntrinsicVpceWhitelist", "aws:SourceVpce", true),
];

impl<'t> Evaluator<'t> {
    /// The permissions for the authorizers of an API.
    pub(super) fn authorizer_permissions(&mut self, id: &str, is_http: bool, api: &Resource) -> Vec<Resource> {
        let authorizers = super::own(api, "Auth").and_then(|auth| auth.get("Authorizers"));
        let entries = authorizers.and_then(Value::as_map).map(Map::entries).unwrap_or_default();
        let mut resources = Vec::new();
        for Entry { key, key_origin, value } in entries {
            let Some(function) = value.get("FunctionArn").filter(|arn| !arn.is_null()) else { continue };
            let says = |name: &str| value.get(name).and_then(Value::as_bool) == Some(true);
            let is_permitted = if is_http {
                says("EnableFunctionDefaultPermissions")
            } else {
                !says("DisableFunctionDefaultPermissions")
            };
            if !is_permitted {
                continue;
            }
            let place = *key_origin;
            let api_id = attribute(id, &api.provider_type, "Ref", place);
            let variables = HashMap::from([("__ApiId__", api_id)]);
            let partition = if is_http { "${AWS::Partition}" } else { "aws" };
            let source = format!("arn:{partition}:{AUTHORIZERS}");
            let source = self.substitute(&source, &Places::whole(place), &variables, place);
            let fields = [
                ("Action", text("lambda:InvokeFunction", place)),
                ("FunctionName", function.clone()),
                ("Principal", text("apigateway.amazonaws.com", place)),
                ("SourceArn", source),
            ];
            let address = format!("{id}{key}AuthorizerPermission");
            resources.push(generated(api, id, address, PERMISSION, Value::fields(fields, place), place));
        }
        resources
    }

    /// Writes an API's `Auth.ResourcePolicy` out as its `Policy`.
    pub(super) fn spell_out_policy(&mut self, api: &mut Resource) {
        let Some(short) = super::own(api, "Auth").and_then(|auth| auth.get("ResourcePolicy")).cloned() else { return };
        let Some(map) = short.as_map() else { return };
        let mut statements = Vec::new();
        if let Some(custom) = map.get("CustomStatements") {
            statements.extend(custom.elements().iter().cloned());
        }
        for (list, effect) in [("AwsAccountWhitelist", "Allow"), ("AwsAccountBlacklist", "Deny")] {
            let Some(accounts) = map.get(list).filter(|accounts| !accounts.is_null()) else { continue };
            let of_account = |evaluator: &mut Self, account: &Value| {
                let variables = HashMap::from([("Account", account.clone())]);
                let arn = "arn:${AWS::Partition}:iam::${Account}:root";
                evaluator.substitute(arn, &Places::whole(account.origin), &variables, account.origin)
            };
            let principals = accounts.elements().iter().map(|account| of_account(self, account)).collect();
            let principal = Value::fields([("AWS", Value::list(principals, accounts.origin))], accounts.origin);
            statements.push(invoke(effect, principal, None, accounts.origin));
        }
        let mut is_open = false;
        for (list, key, admitted) in LISTS {
            let Some(values) = map.get(list).filter(|values| !values.is_null()) else { continue };
            let place = values.origin;
            if !is_open {
                is_open = true;
                statements.push(invoke("Allow", text("*", place), None, place));
            }
            let operator = match (*key, *admitted) {
                ("aws:SourceIp", true) => "NotIpAddress",
                ("aws:SourceIp", false) => "IpAddress",
                (_, true) => "StringNotEquals",
                (_, false) => "StringEquals",
            };
            let test = Value::fields([(*key, values.clone())], place);
            statements.push(invoke("Deny", text("*", place), Some((operator, test)), place));
        }
        let place = short.origin;
        let fields = [("Version", text("2012-10-17", place)), ("Statement", Value::list(statements, place))];
        let policy = Value::fields(fields, place);
        if let Data::Map(properties) = &mut api.attributes.data {
            let entry = Entry { key: "Policy".into(), key_origin: place, value: policy };
            std::sync::Arc::make_mut(properties).insert(entry);
        }
    }
}

/// A statement about calling every method of an API.
fn invoke(effect: &str, principal: Value, condition: Option<(&'static str, Value)>, place: Origin) -> Value {
    let mut fields = vec![
        ("Effect", text(effect, place)),
        ("Action", text("execute-api:Invoke", place)),
        ("Resource", texts(&["execute-api:/*"], place)),
        ("Principal", principal),
    ];
    fields.extend(condition.map(|(operator, test)| ("Condition", Value::fields([(operator, test)], place))));
    Value::fields(fields, place)
}
