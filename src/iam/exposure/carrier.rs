//! What is particular about the services whose resources carry policies.

/// What a policy stands on, where that changes who it lets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    /// The trust policy of a role: callers are always known to AWS, or to the identity provider.
    Trust,
    /// A key: callers are always known to AWS.
    Key,
    /// A bucket or an access point: takes unsigned requests, and has public-access blocks.
    Bucket,
    /// A secret: has a block of its own.
    Secret,
    /// A file system: unsigned requests come only from inside of its network.
    FileSystem,
    /// A resource that takes unsigned requests.
    Unsigned,
    /// A policy of an endpoint: a filter of what goes through, which lets nobody in by itself.
    Endpoint,
    /// Any other resource: callers are always known to AWS.
    Other,
}

/// Services that take unsigned requests, by the beginning of their types in either language.
const UNSIGNED: [&str; 19] = [
    "aws_sqs_",
    "AWS::SQS::",
    "aws_sns_",
    "AWS::SNS::",
    "aws_api_gateway_",
    "AWS::ApiGateway::",
    "AWS::Serverless::Api",
    "aws_elasticsearch_",
    "AWS::Elasticsearch::",
    "aws_opensearch_",
    "AWS::OpenSearchService::",
    "aws_lambda_",
    "AWS::Lambda::",
    "aws_ecrpublic_",
    "AWS::ECR::PublicRepository",
    "aws_media_store_",
    "AWS::MediaStore::",
    "aws_vpclattice_auth_policy",
    "AWS::VpcLattice::AuthPolicy",
];

const BUCKETS: [&str; 9] = [
    "aws_s3_",
    "aws_s3control_bucket",
    "aws_s3control_access_point",
    "aws_s3control_multi_region",
    "aws_s3control_object_lambda",
    "AWS::S3::",
    "AWS::S3Express::",
    "AWS::S3ObjectLambda::",
    "AWS::S3Outposts::",
];

/// What a policy on a resource of this type stands on.
pub fn carrier_of(provider_type: &str) -> Carrier {
    let begins = |list: &[&str]| list.iter().any(|start| provider_type.starts_with(start));
    match provider_type {
        "aws_iam_role" | "AWS::IAM::Role" | "AWS::Serverless::Function" => Carrier::Trust,
        "aws_secretsmanager_secret" | "aws_secretsmanager_secret_policy" | "AWS::SecretsManager::ResourcePolicy" => {
            Carrier::Secret
        }
        "aws_efs_file_system_policy" | "AWS::EFS::FileSystem" => Carrier::FileSystem,
        // Layers are fetched by signed calls.
        "aws_lambda_layer_version_permission" | "AWS::Lambda::LayerVersionPermission" => Carrier::Other,
        // CloudSearch takes unsigned requests, and has no block.
        "aws_cloudsearch_domain_service_access_policy" => Carrier::Unsigned,
        "aws_vpc_endpoint"
        | "aws_vpc_endpoint_policy"
        | "AWS::EC2::VPCEndpoint"
        | "aws_odb_network"
        | "AWS::ODB::OdbNetwork" => Carrier::Endpoint,
        _ if begins(&["aws_kms_", "AWS::KMS::"]) => Carrier::Key,
        _ if begins(&BUCKETS) => Carrier::Bucket,
        _ if begins(&UNSIGNED) => Carrier::Unsigned,
        _ => Carrier::Other,
    }
}

/// Whether callers need not be known to AWS.
pub(super) fn takes_unsigned(carrier: Carrier) -> bool {
    matches!(carrier, Carrier::Bucket | Carrier::Unsigned | Carrier::FileSystem)
}

/// What a policy of which nobody knows where it stands is for, by the service of its actions.
pub fn carrier_of_service(prefix: &str) -> Carrier {
    match prefix {
        "s3" | "s3-object-lambda" => Carrier::Bucket,
        "kms" => Carrier::Key,
        "secretsmanager" => Carrier::Secret,
        "elasticfilesystem" => Carrier::FileSystem,
        "sqs" | "sns" | "execute-api" | "es" | "lambda" | "ecr-public" | "mediastore" | "vpc-lattice-svcs"
        | "cloudsearch" => Carrier::Unsigned,
        _ => Carrier::Other,
    }
}
