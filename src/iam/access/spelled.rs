//! What references in statements come to, where a question names a resource by its ARN: the resource of the unit that has the
//! name in it.

use std::sync::Arc;

use super::{Extent, Pattern};
use crate::iam::accounts::HOME;
use crate::iam::arn::{arn_of_policy, arn_of_principal};
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::identity::Identity;
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Fact, Piece, Unknown, Value, Why};

/// The ARNs of resources: type, service, whether the ARN has a region and an account, what stands before the name, the attributes
/// that have the name.
type Shape = (&'static str, &'static str, bool, &'static str, &'static [&'static str]);

const SHAPES: [Shape; 36] = [
    ("aws_s3_bucket", "s3", false, "", &["bucket"]),
    ("AWS::S3::Bucket", "s3", false, "", &["BucketName"]),
    ("aws_sqs_queue", "sqs", true, "", &["name"]),
    ("AWS::SQS::Queue", "sqs", true, "", &["QueueName"]),
    ("aws_sns_topic", "sns", true, "", &["name"]),
    ("AWS::SNS::Topic", "sns", true, "", &["TopicName"]),
    ("aws_dynamodb_table", "dynamodb", true, "table/", &["name"]),
    ("AWS::DynamoDB::Table", "dynamodb", true, "table/", &["TableName"]),
    ("AWS::DynamoDB::GlobalTable", "dynamodb", true, "table/", &["TableName"]),
    ("AWS::Serverless::SimpleTable", "dynamodb", true, "table/", &["TableName"]),
    ("aws_lambda_function", "lambda", true, "function:", &["function_name"]),
    ("AWS::Lambda::Function", "lambda", true, "function:", &["FunctionName"]),
    ("AWS::Serverless::Function", "lambda", true, "function:", &["FunctionName"]),
    ("aws_kinesis_stream", "kinesis", true, "stream/", &["name"]),
    ("AWS::Kinesis::Stream", "kinesis", true, "stream/", &["Name"]),
    ("aws_kinesis_firehose_delivery_stream", "firehose", true, "deliverystream/", &["name"]),
    ("AWS::KinesisFirehose::DeliveryStream", "firehose", true, "deliverystream/", &["DeliveryStreamName"]),
    ("aws_ecr_repository", "ecr", true, "repository/", &["name"]),
    ("AWS::ECR::Repository", "ecr", true, "repository/", &["RepositoryName"]),
    ("aws_ecs_cluster", "ecs", true, "cluster/", &["name"]),
    ("AWS::ECS::Cluster", "ecs", true, "cluster/", &["ClusterName"]),
    ("aws_eks_cluster", "eks", true, "cluster/", &["name"]),
    ("AWS::EKS::Cluster", "eks", true, "cluster/", &["Name"]),
    ("aws_cloudwatch_log_group", "logs", true, "log-group:", &["name"]),
    ("AWS::Logs::LogGroup", "logs", true, "log-group:", &["LogGroupName"]),
    ("aws_cloudwatch_event_bus", "events", true, "event-bus/", &["name"]),
    ("AWS::Events::EventBus", "events", true, "event-bus/", &["Name"]),
    ("aws_sfn_state_machine", "states", true, "stateMachine:", &["name"]),
    ("AWS::StepFunctions::StateMachine", "states", true, "stateMachine:", &["StateMachineName"]),
    ("aws_codebuild_project", "codebuild", true, "project/", &["name"]),
    ("AWS::CodeBuild::Project", "codebuild", true, "project/", &["Name"]),
    ("aws_codecommit_repository", "codecommit", true, "", &["repository_name"]),
    ("AWS::CodeCommit::Repository", "codecommit", true, "", &["RepositoryName"]),
    ("aws_backup_vault", "backup", true, "backup-vault:", &["name"]),
    ("AWS::Backup::BackupVault", "backup", true, "backup-vault:", &["BackupVaultName"]),
    ("aws_secretsmanager_secret", "secretsmanager", true, "secret:", &["name"]),
];

/// The fields of the ARN that is asked for; of a region or an account that it leaves open a statement means one, and not all.
struct Asked<'a> {
    partition: &'a str,
    region: Option<&'a str>,
    account: Option<&'a str>,
    /// The account as it is asked for.
    written: Option<&'a str>,
}

impl<'a> Asked<'a> {
    /// The same in the account that a resource is deployed to, where the unit deploys to several.
    fn in_account_of(&self, identity: &'a Identity<'_>, resource: usize) -> Asked<'a> {
        let accounts = &identity.accounts;
        let account = match accounts.ids(accounts.at(resource)) {
            _ if accounts.is_one() => self.account,
            [id] => Some(id.as_str()),
            _ => self.written,
        };
        Asked { account, ..*self }
    }
}

/// The resources of a statement, for a question about some that are named: references and what depends on the account are
/// spelled out as they are for these.
///
/// Policy variables are taken for what they are in the requests of somebody, of whom the name may be known.
pub(super) fn extent_for(
    identity: &Identity<'_>,
    statement: &Statement,
    asked: Option<&Glob>,
    user: Option<&str>,
) -> Extent {
    let mut extent = spelled_extent(identity, statement, asked);
    if let Some(name) = user {
        extent.name_caller(name);
    }
    if asked.is_some() {
        extent.open_variables();
    }
    extent
}

fn spelled_extent(identity: &Identity<'_>, statement: &Statement, asked: Option<&Glob>) -> Extent {
    let has_holes = |elements: &Elements| elements.items.iter().any(|item| item.first_unknown().is_some());
    let elements = statement.resources.as_ref().or(statement.not_resources.as_ref());
    let Some(asked) = asked.filter(|_| elements.is_some_and(has_holes)) else { return Extent::of(statement) };
    let fields = asked.fields();
    let field = |at: usize| {
        let known = fields.get(at).filter(|field| field.is_literal() && !field.has_holes());
        known.map(Glob::to_string).filter(|field| !field.is_empty())
    };
    let (partition, region, account) = (field(1), field(3), field(4));
    let (own, written) = (identity.accounts.ids(HOME), account.as_deref());
    let account = match account.as_deref() {
        Some(asked) if own.is_empty() || own.iter().any(|own| own == asked) => Some(asked),
        Some(_) | None => own.first().map(String::as_str),
    };
    // All of an account is in one partition.
    let asked = Asked { partition: partition.as_deref().unwrap_or("*"), region: region.as_deref(), account, written };
    let mut extent = Extent::of(statement);
    let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = &mut extent;
    let items = elements.map(|elements| elements.items.as_slice()).unwrap_or_default();
    let spelled: Vec<Option<Pattern>> = items
        .iter()
        .filter(|item| Pattern::of(item, statement.variables).is_some())
        .map(|item| {
            item.first_unknown()?;
            let value = Value::of_pieces(spelled_out(identity, item, &asked)?, item.origin);
            let glob = Glob::of_value(&value, statement.variables)?;
            Some(Pattern { unknown: value.first_unknown().cloned(), ..Pattern::text(glob) })
        })
        .collect();
    for (pattern, spelled) in patterns.iter_mut().zip(spelled) {
        if let Some(spelled) = spelled {
            *pattern = Pattern { of_caller: pattern.of_caller, ..spelled };
        }
    }
    extent
}

/// A value as text with its references spelled out; none where one is not known.
fn spelled_out(identity: &Identity<'_>, value: &Value, asked: &Asked<'_>) -> Option<Vec<Piece>> {
    let at = value.origin;
    let known = |text: &str| Piece::Known(text.into(), at);
    let fact = |unknown: &Arc<Unknown>| match unknown.why {
        _ if unknown.derived => None,
        Why::Environment(Fact::Partition) => Some(Some(asked.partition)),
        Why::Environment(Fact::Region) => Some(asked.region),
        Why::Environment(Fact::Account) => Some(asked.account),
        _ => None,
    };
    let hole = |unknown: &Arc<Unknown>| {
        if let Some(fact) = fact(unknown) {
            return Some(vec![fact.map_or_else(|| Piece::Hole(unknown.clone(), at), known)]);
        }
        let reference = unknown.refers.as_ref()?;
        let index = identity.relations.at(&reference.address)?;
        let resource = identity.unit.resources.get(index)?;
        let asked = &asked.in_account_of(identity, index);
        let is_arn = reference.attribute.eq_ignore_ascii_case("arn");
        let of_iam = || in_iam(identity, index, &reference.attribute, unknown, asked, at);
        of_iam().or_else(|| if is_arn { arn_of(resource, asked, at) } else { None })
    };
    let mut all = Vec::new();
    for piece in value.to_pieces()? {
        match &piece {
            Piece::Known(..) => all.push(piece),
            Piece::Hole(unknown, _) => all.extend(hole(unknown)?),
        }
    }
    Some(all)
}

/// What an attribute of a user, group, role or managed policy is: its ARN, or its name.
fn in_iam(
    identity: &Identity<'_>,
    index: usize,
    attribute: &str,
    unknown: &Arc<Unknown>,
    asked: &Asked<'_>,
    at: Origin,
) -> Option<Vec<Piece>> {
    let (arn, is_arn) = match identity.principal_at(index) {
        Some(principal) => (arn_of_principal(identity, principal)?, attribute.eq_ignore_ascii_case("arn")),
        None => {
            // That of a policy is its id, too.
            let is_arn = ["arn", "id", "ref", "policyarn"].contains(&&*attribute.to_ascii_lowercase());
            (arn_of_policy(identity, identity.policy_at(index)?)?, is_arn)
        }
    };
    let is_name = ["name", "id", "ref"].contains(&&*attribute.to_ascii_lowercase());
    let last = arn.fields().pop()?;
    let known = |text: String| Piece::Known(text.into(), at);
    let mut pieces = Vec::new();
    let mut text = String::new();
    let symbols = match (is_arn, is_name) {
        (true, _) => {
            pieces.push(known(format!("arn:{}:iam::", asked.partition)));
            pieces.push(asked.account.map_or_else(
                || {
                    let subject = format!("the account of `{}`", unknown.subject);
                    Piece::Hole(Arc::new(Unknown::new(Why::Environment(Fact::Account), subject, at)), at)
                },
                |account| known(account.to_owned()),
            ));
            pieces.push(known(":".to_owned()));
            last.symbols()
        }
        (false, true) => last.symbols().rsplit(|symbol| *symbol == Symbol::Char('/')).next().unwrap_or_default(),
        (false, false) => return None,
    };
    for symbol in symbols {
        match symbol {
            Symbol::Char(letter) => text.push(*letter),
            _ => {
                pieces.push(known(std::mem::take(&mut text)));
                pieces.push(Piece::Hole(unknown.clone(), at));
            }
        }
    }
    pieces.push(known(text));
    Some(pieces)
}

/// The ARN of a resource of the unit whose name is known.
fn arn_of(resource: &Resource, asked: &Asked<'_>, at: Origin) -> Option<Vec<Piece>> {
    let kind = &*resource.provider_type;
    let (_, service, is_regional, head, names) = SHAPES.iter().find(|(other, ..)| *other == kind)?;
    let name = names.iter().find_map(|name| resource.attributes.get(name)?.as_str())?;
    let tail = match kind {
        // AWS puts six letters after the name of a secret.
        "aws_secretsmanager_secret" => "-??????",
        // CloudFormation gives that of a log group with its streams; the Terraform provider without.
        "AWS::Logs::LogGroup" => ":*",
        _ => "",
    };
    let known = |text: String| Piece::Known(text.into(), at);
    let field = |text: Option<&str>, fact: Fact, what: &str| match text {
        Some(text) => known(text.to_owned()),
        None => {
            let subject = format!("the {what} of {}", resource.address);
            Piece::Hole(Arc::new(Unknown::new(Why::Environment(fact), subject, at)), at)
        }
    };
    let partition = asked.partition;
    Some(match is_regional {
        true => vec![
            known(format!("arn:{partition}:{service}:")),
            field(asked.region, Fact::Region, "region"),
            known(":".to_owned()),
            field(asked.account, Fact::Account, "account"),
            known(format!(":{head}{name}{tail}")),
        ],
        false => vec![known(format!("arn:{partition}:{service}:::{head}{name}{tail}"))],
    })
}
