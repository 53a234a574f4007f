//! What a reference to a resource of the configuration certainly names: its ARN is of the form of its type, whatever its text
//! will be.

use super::extent::MAX_PATTERNS;
use crate::iam::catalogue::{self, Action, ArnFormat, ResourceType};
use crate::iam::document::Statement;
use crate::iam::glob::{Glob, Hole, Symbol};
use crate::value::{Piece, Reference, Truth, Unknown, Value};

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

/// Whether a statement has an effect for an action, whether or not it names it. As [`Statement::reaches_any`], with what it
/// names by reference taken for some resource of its type.
pub(super) fn reaches_some(statement: &Statement, action: &Action) -> Truth {
    match statement.reaches_any(action) {
        Truth::Unknown => Settled::of(statement).reaches(action),
        truth => truth,
    }
}

/// The resources of a statement with the forms of ARNs for references.
pub(super) struct Settled {
    patterns: Vec<Glob>,
    /// Something is not known even so.
    open: bool,
}

impl Settled {
    pub(super) fn of(statement: &Statement) -> Settled {
        let mut settled = Settled { patterns: Vec::new(), open: true };
        let Some(elements) = &statement.resources else { return settled };
        settled.open = elements.rest.is_some() || elements.items.len() > MAX_PATTERNS;
        for item in elements.items.iter().take(MAX_PATTERNS) {
            match forms(item, statement.variables) {
                Some(forms) => settled.patterns.extend(forms),
                None => settled.open = true,
            }
        }
        settled
    }

    /// Whether they take in some resource that an action works on.
    pub(super) fn reaches(&self, action: &Action) -> Truth {
        let meets = |kind: &ResourceType, glob: &Glob| Truth::any(kind.arns().iter().map(|arn| arn.meets(glob)));
        let star = Glob::literal("*");
        let one = |glob: &Glob| match action.has_resource_types() {
            true => Truth::any(action.resource_types().map(|(kind, _)| meets(kind, glob))),
            false => glob.covers(&star),
        };
        let known = Truth::any(self.patterns.iter().map(one));
        if self.open { known.or(Truth::Unknown) } else { known }
    }
}

/// The patterns that a resource element can be, one for each form of the ARN that it begins with; none where something in it may be anything.
fn forms(item: &Value, variables: bool) -> Option<Vec<Glob>> {
    let item = match item.as_unknown() {
        Some(unknown) if unknown.candidates.len() == 1 => unknown.candidates.first()?,
        _ => item,
    };
    let (mut heads, mut rest) = (vec![Vec::new()], Vec::new());
    for (at, piece) in item.to_pieces()?.into_iter().enumerate() {
        match piece {
            Piece::Known(text, _) if variables => rest.extend_from_slice(Glob::with_variables(&text).symbols()),
            Piece::Known(text, _) => rest.extend_from_slice(Glob::pattern(&text).symbols()),
            Piece::Hole(unknown, _) => match unknown.refers.as_ref().filter(|_| at == 0).and_then(arns) {
                Some(arns) => heads = arns,
                None => rest.extend(is_name(&unknown).then(some_name)?),
            },
        }
    }
    let whole = |head: Vec<Symbol>| Glob::of_symbols(head.into_iter().chain(rest.iter().cloned()));
    Some(heads.into_iter().map(whole).collect())
}

/// What stands for every name, region and account: nothing that a type of resource asks for.
fn some_name() -> impl Iterator<Item = Symbol> {
    "x0x".chars().map(Symbol::Char)
}

/// Whether it is some name in an ARN: what a resource of the configuration is called, or a fact of the deployment.
fn is_name(unknown: &Unknown) -> bool {
    let is_arn = |reference: &Reference| reference.attribute.to_ascii_lowercase().ends_with("arn");
    match &unknown.refers {
        Some(reference) => !is_arn(reference),
        None => Hole::of(unknown).fact.is_some(),
    }
}

/// The forms of the ARN that an attribute of a resource is; none where it is none, or its type is not known.
fn arns(reference: &Reference) -> Option<Vec<Vec<Symbol>>> {
    let attribute = reference.attribute.to_ascii_lowercase();
    let kind = type_of(&reference.provider_type)?;
    let kind = match (&*attribute, kind.service, kind.name) {
        ("arn", ..) => kind,
        ("id" | "ref", service, name) if BY_ARN.contains(&(service, name)) => kind,
        ("topicarn" | "functionarn", ..) => kind,
        ("stream_arn" | "streamarn", "dynamodb", "table") => find("dynamodb", |name| name == "stream")?,
        _ => return None,
    };
    let symbols = |symbol: &Symbol| match symbol {
        Symbol::Run(_) => some_name().collect(),
        other => vec![other.clone()],
    };
    // CloudFormation gives the ARN of a group with all of its streams.
    let is_logs = (kind.service, kind.name) == ("logs", "log-group");
    let tail = if is_logs && reference.provider_type.contains("::") { ":*" } else { "" };
    let tail = Glob::pattern(tail);
    let form = |arn: &ArnFormat| {
        let head = arn.glob.symbols().iter().flat_map(symbols);
        head.chain(tail.symbols().iter().cloned()).collect()
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
