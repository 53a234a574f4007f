//! What a reference to a resource of the configuration certainly names: its ARN is of the form of its type, whatever its text
//! will be, and neither that nor a name holds a wildcard.

use super::catalogue::{self, ArnFormat, ResourceType};
use super::glob::{Except, Glob, Hole, Symbol};
use crate::value::{Fact, Identity, Reference, Unknown};

/// Services that provider types call otherwise than actions do.
const SERVICES: [(&str, &str); 14] = [
    ("certificatemanager", "acm"),
    ("cognito", "cognito-idp"),
    ("db", "rds"),
    ("efs", "elasticfilesystem"),
    ("elasticloadbalancingv2", "elasticloadbalancing"),
    ("elasticsearch", "es"),
    ("kinesisfirehose", "firehose"),
    ("msk", "kafka"),
    ("opensearch", "es"),
    ("opensearchservice", "es"),
    ("bedrockagent", "bedrock"),
    ("eventbridge", "events"),
    ("sfn", "states"),
    ("stepfunctions", "states"),
];

/// Types that provider types call otherwise, by service and name without anything but letters and digits, with the service
/// and the name of the type.
const TYPES: [(&str, &str, &str, &str); 35] = [
    ("alb", "", "elasticloadbalancing", "loadbalancer"),
    ("backup", "plan", "backup", "backupPlan"),
    ("backup", "vault", "backup", "backupVault"),
    ("cloudwatch", "eventbus", "events", "event-bus"),
    ("cloudwatch", "eventrule", "events", "rule-on-default-event-bus"),
    ("cloudwatch", "loggroup", "logs", "log-group"),
    ("cloudwatch", "logstream", "logs", "log-stream"),
    ("cloudwatch", "metricalarm", "cloudwatch", "alarm"),
    ("codepipeline", "", "codepipeline", "pipeline"),
    ("ebs", "snapshot", "ec2", "snapshot"),
    ("ebs", "volume", "ec2", "volume"),
    ("ecr", "publicrepository", "ecr-public", "repository"),
    ("events", "rule", "events", "rule-on-default-event-bus"),
    ("glue", "catalogdatabase", "glue", "database"),
    ("glue", "catalogtable", "glue", "table"),
    ("iam", "managedpolicy", "iam", "policy"),
    ("iam", "oidcprovider", "iam", "oidc-provider"),
    ("iam", "openidconnectprovider", "iam", "oidc-provider"),
    ("kinesis", "firehosedeliverystream", "firehose", "deliverystream"),
    ("kms", "externalkey", "kms", "key"),
    ("kms", "replicaexternalkey", "kms", "key"),
    ("kms", "replicakey", "kms", "key"),
    ("lambda", "alias", "lambda", "function_alias"),
    ("lambda", "version", "lambda", "function_version"),
    ("lb", "", "elasticloadbalancing", "loadbalancer"),
    ("lb", "targetgroup", "elasticloadbalancing", "targetgroup"),
    ("rds", "dbcluster", "rds", "cluster"),
    ("rds", "dbinstance", "rds", "db"),
    ("rds", "dbproxy", "rds", "proxy"),
    ("rds", "instance", "rds", "db"),
    ("route53", "zone", "route53", "hostedzone"),
    ("s3", "directorybucket", "s3express", "bucket"),
    ("serverless", "function", "lambda", "function"),
    ("serverless", "simpletable", "dynamodb", "table"),
    ("serverless", "statemachine", "states", "statemachine"),
];

/// Types of which `id` or `Ref` is the ARN.
const BY_ARN: [(&str, &str); 10] = [
    ("acm", "certificate"),
    ("elasticloadbalancing", "loadbalancer"),
    ("elasticloadbalancing", "targetgroup"),
    ("iam", "policy"),
    ("lambda", "function_alias"),
    ("lambda", "function_version"),
    ("secretsmanager", "Secret"),
    ("sns", "topic"),
    ("states", "activity"),
    ("states", "statemachine"),
];

/// Types of which `id` or `Ref` is the name that their ARNs end in.
const BY_NAME: [(&str, &str); 5] =
    [("dynamodb", "table"), ("lambda", "function"), ("logs", "log-group"), ("s3", "bucket"), ("s3express", "bucket")];

/// What stands in a pattern for something that is not known; `is_first` where the pattern begins with it.
pub(super) fn symbols_of(unknown: &Unknown, is_first: bool) -> Vec<Symbol> {
    let hole = Hole::of(unknown);
    let Some(reference) = &unknown.refers else { return vec![Symbol::Hole(hole)] };
    let arn = if is_first { arn(reference) } else { None };
    arn.unwrap_or_else(|| vec![Symbol::Hole(Hole { except: never_in_name(reference), ..hole })])
}

/// The ARN that an attribute of a resource is, with holes for what is not known of it.
fn arn(reference: &Reference) -> Option<Vec<Symbol>> {
    let is_aws = ["aws_", "AWS::"].iter().any(|head| reference.provider_type.starts_with(head));
    let identity = Identity::Attribute(reference.clone());
    let hole = |part: &str, except: Except| {
        let same = Some(format!("{identity:?} {part}").into());
        Symbol::Hole(Hole { same, literal: true, fact: None, except, may_be_empty: false })
    };
    let fill = |part: usize, except: Except| match part {
        0 => vec![Symbol::Hole(Hole::of_fact(Fact::Partition))],
        part => vec![hole(&part.to_string(), except)],
    };
    let mut forms = forms_of_arn(reference, fill).unwrap_or_default();
    if forms.len() == 1 {
        return forms.pop();
    }
    // Of what form it is, is not known; that it is an ARN, is.
    let is_arn = is_aws && reference.attribute.eq_ignore_ascii_case("arn");
    let head = "arn:".chars().map(Symbol::Char);
    is_arn.then(|| head.chain([hole("arn", Except::Nothing)]).collect())
}

/// What the name of a resource never holds, as far as an attribute is a name.
fn never_in_name(reference: &Reference) -> Except {
    let attribute = reference.attribute.to_ascii_lowercase();
    let Some(kind) = type_of(&reference.provider_type) else { return Except::Nothing };
    let is_name = match &*attribute {
        "id" | "ref" => BY_NAME.contains(&(kind.service, kind.name)),
        "bucket" => true,
        attribute => attribute.ends_with("name"),
    };
    // One name follows the account: a type that is within another has the names of both.
    let format = kind.arns().first().filter(|_| is_name).map(|arn| arn.glob.fields());
    let names = format.iter().flat_map(|fields| fields.iter().skip(5)).flat_map(Glob::symbols);
    let mut names = names.filter_map(|symbol| if let Symbol::Run(except) = symbol { Some(*except) } else { None });
    match (names.next(), names.next()) {
        (Some(except), None) => except,
        _ => Except::Nothing,
    }
}

/// Whether an attribute is an ARN, by what it is called.
pub(super) fn ends_in_arn(reference: &Reference) -> bool {
    reference.attribute.to_ascii_lowercase().ends_with("arn")
}

/// The forms of the ARN that an attribute of a resource is; none where it is none, or its type is not known. What is not known
/// of a form is filled by what is given for it, which is told the part by its number, and what the part never holds.
pub(super) fn forms_of_arn(
    reference: &Reference,
    fill: impl Fn(usize, Except) -> Vec<Symbol>,
) -> Option<Vec<Vec<Symbol>>> {
    let attribute = reference.attribute.to_ascii_lowercase();
    let kind = type_of(&reference.provider_type)?;
    let kind = match (&*attribute, kind.service, kind.name) {
        ("arn", ..) => kind,
        ("id" | "ref", service, name) if BY_ARN.contains(&(service, name)) => kind,
        ("topicarn" | "functionarn", ..) => kind,
        ("stream_arn" | "streamarn", "dynamodb", "table") => find("dynamodb", |name| name == "stream")?,
        _ => return None,
    };
    // CloudFormation gives the ARN of a group with all of its streams.
    let is_logs = (kind.service, kind.name) == ("logs", "log-group");
    let tail = if is_logs && reference.provider_type.contains("::") { ":*" } else { "" };
    let tail = Glob::pattern(tail);
    let form = |arn: &ArnFormat| {
        let mut part = 0;
        let symbols = |symbol: &Symbol| match symbol {
            Symbol::Run(except) => {
                part += 1;
                fill(part - 1, *except)
            }
            other => vec![other.clone()],
        };
        let head: Vec<Symbol> = arn.glob.symbols().iter().flat_map(symbols).collect();
        head.into_iter().chain(tail.symbols().iter().cloned()).collect()
    };
    // What else AWS takes for such a resource is not what the attribute gives.
    let most = if is_logs || (kind.service, kind.name) == ("lambda", "function") { 1 } else { kind.arns().len() };
    Some(kind.arns().iter().take(most).map(form).collect())
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

fn find(service: &str, is_it: impl Fn(&str) -> bool) -> Option<&'static ResourceType> {
    let types = catalogue::service(service)?.resource_types();
    types.iter().find(|kind| kind.arn_service() == service && is_it(kind.name))
}

/// The type of the resources of a provider type, as IAM calls it.
fn type_of(provider_type: &str) -> Option<&'static ResourceType> {
    let lower = provider_type.to_ascii_lowercase();
    let (service, name, whole) = match lower.strip_prefix("aws_") {
        Some(rest) => {
            let (service, name) = rest.split_once('_').unwrap_or((rest, ""));
            (service, plain(name), Some(plain(rest)))
        }
        None => {
            let (service, name) = lower.strip_prefix("aws::")?.split_once("::")?;
            (service, plain(name), None)
        }
    };
    if let Some((.., service, name)) = TYPES.iter().find(|(s, n, ..)| *s == service && *n == name) {
        return find(service, |found| found == *name);
    }
    let service = SERVICES.iter().find(|(other, _)| *other == service).map_or(service, |(_, service)| service);
    let of_service = |service: &str, name: &str| find(service, |found| plain(found) == name);
    // Terraform names no service where it means EC2: `aws_instance`, `aws_security_group`.
    of_service(service, &name).or_else(|| of_service("ec2", &whole?))
}
