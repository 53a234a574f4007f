//! Which types of resource are identified by a name that the configuration can choose: what `id` of Terraform or `Ref` of
//! CloudFormation gives is then known before anything is made.

/// The resource types of which `id` or `Ref` is the value of one of their own arguments, with that argument.
const IDENTIFIED: [(&str, &str); 51] = [
    ("AWS::Athena::WorkGroup", "Name"),
    ("AWS::Backup::BackupVault", "BackupVaultName"),
    ("AWS::CloudWatch::Alarm", "AlarmName"),
    ("AWS::CodeBuild::Project", "Name"),
    ("AWS::CodePipeline::Pipeline", "Name"),
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::ECS::Cluster", "ClusterName"),
    ("AWS::EKS::Cluster", "Name"),
    ("AWS::Events::EventBus", "Name"),
    ("AWS::Glue::Crawler", "Name"),
    ("AWS::Glue::Job", "Name"),
    ("AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "InstanceProfileName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::User", "UserName"),
    ("AWS::KMS::Alias", "AliasName"),
    ("AWS::Kinesis::Stream", "Name"),
    ("AWS::KinesisFirehose::DeliveryStream", "DeliveryStreamName"),
    ("AWS::Lambda::Function", "FunctionName"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::OpenSearchService::Domain", "DomainName"),
    ("AWS::S3::Bucket", "BucketName"),
    ("AWS::S3Express::DirectoryBucket", "BucketName"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::Serverless::Function", "FunctionName"),
    ("AWS::Serverless::SimpleTable", "TableName"),
    ("aws_athena_workgroup", "name"),
    ("aws_autoscaling_group", "name"),
    ("aws_backup_vault", "name"),
    ("aws_cloudwatch_event_bus", "name"),
    ("aws_cloudwatch_log_group", "name"),
    ("aws_cloudwatch_metric_alarm", "alarm_name"),
    ("aws_codecommit_repository", "repository_name"),
    ("aws_codepipeline", "name"),
    ("aws_dynamodb_table", "name"),
    ("aws_ecr_repository", "name"),
    ("aws_eks_cluster", "name"),
    ("aws_glue_crawler", "name"),
    ("aws_glue_job", "name"),
    ("aws_iam_group", "name"),
    ("aws_iam_instance_profile", "name"),
    ("aws_iam_role", "name"),
    ("aws_iam_user", "name"),
    ("aws_kms_alias", "name"),
    ("aws_lambda_function", "function_name"),
    ("aws_rds_cluster", "cluster_identifier"),
    ("aws_redshift_cluster", "cluster_identifier"),
    ("aws_s3_bucket", "bucket"),
    ("aws_s3_directory_bucket", "bucket"),
    ("aws_ssm_parameter", "name"),
];

/// The argument whose value `id` or `Ref` gives, where that is one and the resource sets it.
pub fn identified_by(provider_type: &str) -> Option<&'static str> {
    let at = IDENTIFIED.binary_search_by(|(known, _)| (*known).cmp(provider_type)).ok()?;
    IDENTIFIED.get(at).map(|(_, argument)| *argument)
}

#[cfg(test)]
mod tests {
    use super::{IDENTIFIED, identified_by};

    #[test]
    fn every_type_is_found() {
        assert!(IDENTIFIED.iter().all(|(provider_type, argument)| identified_by(provider_type) == Some(argument)));
    }

    #[test]
    fn what_the_service_makes_up_or_an_arn_is_no_name() {
        for provider_type in
            ["AWS::SQS::Queue", "aws_iam_policy", "aws_kinesis_stream", "aws_sqs_queue", "aws_sns_topic"]
        {
            assert_eq!(identified_by(provider_type), None, "{provider_type}");
        }
    }
}
