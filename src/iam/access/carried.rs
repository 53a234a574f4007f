//! Every policy that stands on a resource of the unit: documents, and grants that are written in attributes.

use std::sync::{Arc, OnceLock};

use super::acl::lists;
use crate::iam::catalogue;
use crate::iam::document::Document;
use crate::iam::exposure::{Carrier, PublicAccessBlock, carrier_of};
use crate::iam::facts::Standing;
use crate::iam::identity::Identity;
use crate::iam::step::Step;
use crate::model::{KindInstance, Resource};
use crate::value::{Truth, Value};

/// What tells on which resource a policy stands that is a resource of its own.
const SUBJECTS: [&str; 22] = [
    "bucket",
    "Bucket",
    "key_id",
    "queue_url",
    "Queues",
    "arn",
    "topic_arn",
    "Topics",
    "secret_arn",
    "SecretId",
    "repository",
    "repository_name",
    "function_name",
    "FunctionName",
    "file_system_id",
    "domain_name",
    "resource_arn",
    "ResourceArn",
    "backup_vault_name",
    "vault_name",
    "event_bus_name",
    "stream_arn",
];

const NAMES: [&str; 15] = [
    "bucket",
    "BucketName",
    "name",
    "Name",
    "QueueName",
    "TopicName",
    "function_name",
    "FunctionName",
    "RepositoryName",
    "domain_name",
    "DomainName",
    "TableName",
    "BackupVaultName",
    "KeyId",
    "key_id",
];

/// The prefix of the actions of what a type of resource belongs to, where its name does not say it.
pub(super) fn service_of(provider_type: &str) -> Option<&'static str> {
    let lower = provider_type.to_ascii_lowercase();
    let name = lower.strip_prefix("aws::").or_else(|| lower.strip_prefix("aws_"))?;
    const OTHERS: [(&str, &str); 12] = [
        ("s3control", "s3"),
        ("efs", "elasticfilesystem"),
        ("opensearch", "es"),
        ("elasticsearch", "es"),
        ("cloudwatch_event", "events"),
        ("cloudwatch_log", "logs"),
        ("api_gateway", "execute-api"),
        ("apigateway", "execute-api"),
        ("msk", "kafka"),
        ("oam", "oam"),
        ("opensearchservice", "es"),
        ("secretsmanager", "secretsmanager"),
    ];
    if let Some((_, prefix)) = OTHERS.iter().find(|(start, _)| name.starts_with(start)) {
        return Some(prefix);
    }
    let first = name.split(['_', ':']).next()?;
    catalogue::service(first).map(|service| service.prefix)
}

pub(super) fn last_part(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

/// Of the ARN of a function its name, with what qualifies it.
pub(super) fn function_of(arn: &str) -> &str {
    arn.rsplit_once("function:").map_or(arn, |(_, name)| name)
}

fn is_of_function(provider_type: &str) -> bool {
    const TYPES: [&str; 4] =
        ["aws_lambda_permission", "aws_lambda_function_url", "AWS::Lambda::Permission", "AWS::Lambda::Url"];
    TYPES.contains(&provider_type)
}

/// The name of the function that a grant is on, and the alias or version.
fn function_named(
    identity: &Identity<'_>,
    instance: &KindInstance<'_>,
    name: Option<String>,
) -> (Option<String>, Option<Value>) {
    let attributes = &instance.resource.attributes;
    let given = attributes.get("qualifier").or_else(|| attributes.get("Qualifier"));
    let given = given.filter(|value| !value.is_null() && value.as_str() != Some("")).cloned();
    let on = identity.field(instance, "on");
    match on.as_str().map(function_of) {
        Some(text) => match text.split_once(':') {
            Some((name, qualifier)) => {
                (Some(name.to_owned()), given.or_else(|| Some(Value::string(qualifier, on.origin))))
            }
            None => (Some(text.to_owned()), given),
        },
        None => (name, given),
    }
}

/// The policies that stand on resources of a unit, trusts of its roles among them.
pub(super) fn standing(identity: &Identity<'_>) -> Vec<Standing> {
    let mut all = Vec::new();
    for (index, principal) in identity.principals.iter().enumerate() {
        if &*principal.instance.row.kind == "role" {
            let document = identity.trust_of(&principal.instance);
            let address = principal.instance.resource.address.clone();
            let (role, service, on) = (Some(index), Some("sts"), Some(address));
            all.push(Standing { role, service, on, ..of_instance(&principal.instance, document, Carrier::Trust) });
        }
    }
    let surroundings = identity.surroundings();
    for instance in identity.of_kind("resource-policy") {
        let carrier = carrier_of(&instance.resource.provider_type);
        // What passes an endpoint must be allowed elsewhere: its policy lets nobody in.
        if carrier == Carrier::Endpoint {
            continue;
        }
        let (on, name) = subject_of(identity, instance);
        for document in identity.documents_of(instance) {
            let block = identity.block_of(&surroundings, instance);
            let blocked_by = block.because.into_iter().map(|(text, origin)| Step::new(text, origin)).collect();
            let public = document.is_public(carrier);
            let (on, name) = (on.clone(), name.clone());
            let plain = of_instance(instance, identity.settled(document, instance.index), carrier);
            all.push(Standing { on, name, public, block: block.block, blocked_by, ..plain });
        }
    }
    let grants = identity.ties("resource-grant", &["function"]);
    for instance in identity.of_kind("resource-grant") {
        let documents = [identity.document_of_grant(instance, &grants), retirement(identity, instance)];
        for document in documents.into_iter().flatten() {
            let (on, mut name) = stands_on(identity, &identity.field(instance, "on"));
            let mut qualifier = None;
            if is_of_function(&instance.resource.provider_type) {
                (name, qualifier) = function_named(identity, instance, name);
            }
            let carrier = carrier_of(&instance.resource.provider_type);
            all.push(Standing { on, name, qualifier, is_grant: true, ..of_instance(instance, document, carrier) });
        }
    }
    all.extend(lists(identity));
    all
}

/// A policy of a resource, of which no more is said.
pub(super) fn of_resource(resource: &Resource, index: usize, document: Document, carrier: Carrier) -> Standing {
    Standing {
        document,
        carrier,
        role: None,
        resource: index,
        address: resource.address.clone(),
        origin: resource.origin,
        service: service_of(&resource.provider_type),
        on: None,
        name: None,
        qualifier: None,
        is_grant: false,
        public: Truth::False,
        block: PublicAccessBlock::default(),
        blocked_by: Vec::new(),
        parties: OnceLock::new(),
    }
}

fn of_instance(instance: &KindInstance<'_>, document: Document, carrier: Carrier) -> Standing {
    Standing { origin: instance.origin(), ..of_resource(instance.resource, instance.index, document, carrier) }
}

/// Who may retire a grant on a key may do just that.
fn retirement(identity: &Identity<'_>, instance: &KindInstance<'_>) -> Option<Document> {
    let retiring = instance.has_field("retiring").then(|| identity.field(instance, "retiring"))?;
    if retiring.is_null() {
        return None;
    }
    let at = retiring.origin.or(instance.origin());
    let text = |text: &str| Value::string(text, at);
    let principal = Value::fields([("AWS", retiring)], at);
    let fields = [("Effect", text("Allow")), ("Principal", principal), ("Action", text("kms:RetireGrant"))];
    let statements = Value::list(vec![Value::fields(fields, at)], at);
    Some(Document::of_value(&Value::fields([("Version", text("2012-10-17")), ("Statement", statements)], at)))
}

/// The name of something that may carry a policy, as far as it is known.
pub(super) fn name_of_carrier(resource: &Resource) -> Option<&str> {
    NAMES.into_iter().find_map(|name| resource.attributes.get(name)?.as_str())
}

/// The address and the name of what a policy stands on, as far as they are known.
fn subject_of(identity: &Identity<'_>, instance: &KindInstance<'_>) -> (Option<Arc<str>>, Option<String>) {
    let resource = instance.resource;
    let subject = SUBJECTS.into_iter().find_map(|name| resource.attributes.get(name)).filter(|v| !v.is_null());
    let own = || name_of_carrier(resource);
    let is_own_policy = resource.provider_type.to_ascii_lowercase().ends_with("policy");
    match subject.filter(|_| is_own_policy) {
        Some(value) => stands_on(identity, value),
        None if is_own_policy => (None, None),
        None => (Some(resource.address.clone()), own().map(str::to_owned)),
    }
}

pub(super) fn stands_on(identity: &Identity<'_>, value: &Value) -> (Option<Arc<str>>, Option<String>) {
    let value = value.elements().first().unwrap_or(value);
    if let Some(text) = value.as_str() {
        return (None, Some(last_part(text).to_owned()));
    }
    let refers = value.first_unknown().and_then(|unknown| unknown.refers.clone());
    let Some(reference) = refers else { return (None, None) };
    let resource = identity.relations.at(&reference.address).and_then(|at| identity.unit.resources.get(at));
    let name = resource.and_then(name_of_carrier);
    (Some(reference.address.clone()), name.map(|name| last_part(name).to_owned()))
}
