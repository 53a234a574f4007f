//! Inputs of any size, the same at every run.

use std::fmt::Write as _;

/// The path of a file below the scanned folder, and its text.
pub(crate) type File = (String, String);

/// Terraform: every five files are a root module of its own with users, groups, roles, policies in the three spellings,
/// and attachments; a shared module is called by each.
pub(crate) fn terraform(files: usize) -> Vec<File> {
    let mut all = vec![("modules/team/main.tf".to_owned(), TEAM_MODULE.to_owned())];
    let mut nth = 0;
    while all.len() < files {
        let root = nth / 5;
        let name = ["users", "groups", "roles", "policies", "main"][nth % 5];
        all.push((format!("stack-{root:05}/{name}.tf"), terraform_file(name, root)));
        nth += 1;
    }
    all.truncate(files);
    all
}

const TEAM_MODULE: &str = r#"
variable "name" { type = string }
variable "members" {
  type    = map(object({ path = optional(string, "/people/"), key = optional(bool, false) }))
  default = {}
}

resource "aws_iam_group" "this" {
  name = var.name
}

resource "aws_iam_user" "this" {
  for_each = var.members
  name     = each.key
  path     = each.value.path
}

resource "aws_iam_user_group_membership" "this" {
  for_each = var.members
  user     = aws_iam_user.this[each.key].name
  groups   = [aws_iam_group.this.name]
}

output "group" { value = aws_iam_group.this.name }
"#;

fn terraform_file(name: &str, root: usize) -> String {
    let mut text = String::new();
    match name {
        "users" => {
            for nth in 0..6 {
                let _ = write!(
                    text,
                    r#"
resource "aws_iam_user" "u{nth}" {{
  name = "user-{root}-{nth}"
  path = "/people/"
  tags = {{
    Team  = "team-${{local.team}}"
    Stage = var.stage
  }}
}}

resource "aws_iam_user_group_membership" "u{nth}" {{
  user   = aws_iam_user.u{nth}.name
  groups = [aws_iam_group.g{}.name]
}}
"#,
                    nth % 3
                );
            }
            text.push_str("\nresource \"aws_iam_access_key\" \"u0\" {\n  user = aws_iam_user.u0.name\n}\n");
        }
        "groups" => {
            for nth in 0..3 {
                let _ = write!(
                    text,
                    r#"
resource "aws_iam_group" "g{nth}" {{
  name = "group-{root}-{nth}"
}}

resource "aws_iam_group_policy_attachment" "g{nth}" {{
  group      = aws_iam_group.g{nth}.name
  policy_arn = aws_iam_policy.p{nth}.arn
}}

resource "aws_iam_group_policy_attachment" "g{nth}-read" {{
  group      = aws_iam_group.g{nth}.name
  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
}}
"#
                );
            }
        }
        "roles" => {
            for nth in 0..4 {
                let _ = write!(
                    text,
                    r#"
resource "aws_iam_role" "r{nth}" {{
  name                 = "role-{root}-{nth}"
  max_session_duration = 3600
  assume_role_policy = jsonencode({{
    Version = "2012-10-17"
    Statement = [{{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = {{ AWS = "arn:aws:iam::${{var.partner}}:root" }}
      Condition = {{ StringEquals = {{ "sts:ExternalId" = "id-{root}-{nth}" }} }}
    }}]
  }})
}}

resource "aws_iam_role_policy" "r{nth}" {{
  name = "inline"
  role = aws_iam_role.r{nth}.id
  policy = <<-POLICY
    {{
      "Version": "2012-10-17",
      "Statement": [
        {{
          "Effect": "Allow",
          "Action": ["s3:GetObject", "s3:ListBucket"],
          "Resource": ["arn:aws:s3:::bucket-{root}-{nth}", "arn:aws:s3:::bucket-{root}-{nth}/*"]
        }}
      ]
    }}
  POLICY
}}
"#
                );
            }
        }
        "policies" => {
            for nth in 0..3 {
                let _ = write!(
                    text,
                    r#"
data "aws_iam_policy_document" "p{nth}" {{
  statement {{
    sid       = "Read"
    actions   = ["dynamodb:GetItem", "dynamodb:Query", "dynamodb:BatchGetItem"]
    resources = ["arn:aws:dynamodb:eu-west-1:${{data.aws_caller_identity.current.account_id}}:table/t-{nth}"]
  }}
  statement {{
    sid       = "Logs"
    effect    = "Allow"
    actions   = ["logs:*"]
    resources = ["*"]
    condition {{
      test     = "StringEquals"
      variable = "aws:RequestedRegion"
      values   = ["eu-west-1"]
    }}
  }}
}}

resource "aws_iam_policy" "p{nth}" {{
  name        = "policy-{root}-{nth}"
  description = "What group {nth} needs"
  policy      = data.aws_iam_policy_document.p{nth}.json
}}
"#
                );
            }
        }
        _ => {
            let _ = write!(
                text,
                r#"
terraform {{
  required_version = ">= 1.5"
}}

provider "aws" {{
  region = "eu-west-1"
}}

variable "stage" {{
  type    = string
  default = "test"
}}

variable "partner" {{
  type    = string
  default = "210987654321"
}}

locals {{
  team = "t{root}"
  people = {{
    for name in ["ana", "bo", "cy"] : "${{name}}-{root}" => {{ path = "/people/" }}
  }}
}}

data "aws_caller_identity" "current" {{}}

module "team" {{
  source  = "../modules/team"
  name    = "team-{root}"
  members = local.people
}}

output "team" {{
  value = module.team.group
}}
"#
            );
        }
    }
    text
}

/// CloudFormation templates in YAML, each with users, groups, a role, policies and a bucket policy.
pub(crate) fn cloudformation(files: usize) -> Vec<File> {
    let template = |nth: usize| (format!("templates-{:03}/stack-{nth:05}.yaml", nth / 100), cloudformation_file(nth));
    (0..files).map(template).collect()
}

fn cloudformation_file(nth: usize) -> String {
    let mut text = format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: stack {nth}
Parameters:
  Stage:
    Type: String
    Default: test
  Partner:
    Type: String
Conditions:
  IsProd: !Equals [!Ref Stage, prod]
Resources:
"#
    );
    for user in 0..4 {
        let _ = write!(
            text,
            r#"  User{user}:
    Type: AWS::IAM::User
    Properties:
      UserName: !Sub "${{Stage}}-user-{nth}-{user}"
      Groups:
        - !Ref Group{}
      Tags:
        - Key: Stage
          Value: !Ref Stage
"#,
            user % 2
        );
    }
    for group in 0..2 {
        let _ = write!(
            text,
            r#"  Group{group}:
    Type: AWS::IAM::Group
    Properties:
      GroupName: group-{nth}-{group}
      ManagedPolicyArns:
        - !Ref Policy
        - !Sub arn:${{AWS::Partition}}:iam::aws:policy/ReadOnlyAccess
"#
        );
    }
    let _ = write!(
        text,
        r#"  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: sts:AssumeRole
            Principal:
              AWS: !Sub arn:aws:iam::${{Partner}}:root
            Condition:
              StringEquals:
                sts:ExternalId: id-{nth}
      Policies:
        - PolicyName: inline
          PolicyDocument:
            Version: "2012-10-17"
            Statement:
              - Effect: Allow
                Action:
                  - s3:GetObject
                  - s3:ListBucket
                Resource: !If [IsProd, arn:aws:s3:::prod/*, arn:aws:s3:::test/*]
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Action: dynamodb:Query
            Resource: !Sub arn:aws:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/t
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: bucket-{nth}
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Deny
            Principal: "*"
            Action: s3:*
            Resource: arn:aws:s3:::bucket-{nth}/*
            Condition:
              Bool:
                aws:SecureTransport: "false"
"#
    );
    text
}

/// A plan of this many resources, as `terraform show -json` writes it on one line.
pub(crate) fn plan(resources: usize) -> String {
    let mut planned = String::new();
    let mut changes = String::new();
    let mut configuration = String::new();
    for nth in 0..resources {
        let comma = if nth == 0 { "" } else { "," };
        let (kind, values, expressions) = match nth % 5 {
            0 => ("aws_iam_user", format!(r#""name":"user-{nth}","path":"/people/","tags":null"#), String::new()),
            1 => (
                "aws_iam_user_group_membership",
                format!(r#""user":"user-{}","groups":["group-{}"]"#, nth - 1, nth + 1),
                format!(r#""user":{{"references":["aws_iam_user.r{0}.name","aws_iam_user.r{0}"]}}"#, nth - 1),
            ),
            2 => ("aws_iam_group", format!(r#""name":"group-{nth}","path":"/""#), String::new()),
            3 => (
                "aws_iam_group_policy_attachment",
                format!(r#""group":"group-{}","policy_arn":"arn:aws:iam::aws:policy/ReadOnlyAccess""#, nth - 1),
                format!(r#""group":{{"references":["aws_iam_group.r{0}.name","aws_iam_group.r{0}"]}}"#, nth - 1),
            ),
            _ => (
                "aws_iam_policy",
                format!(
                    r#""name":"policy-{nth}","policy":"{{\"Version\":\"2012-10-17\",\"Statement\":[{{\"Effect\":\"Allow\",\"Action\":[\"s3:GetObject\"],\"Resource\":\"arn:aws:s3:::b-{nth}/*\"}}]}}""#
                ),
                String::new(),
            ),
        };
        let _ = write!(
            planned,
            r#"{comma}{{"address":"{kind}.r{nth}","mode":"managed","type":"{kind}","name":"r{nth}","provider_name":"registry.terraform.io/hashicorp/aws","schema_version":0,"values":{{{values}}},"sensitive_values":{{}}}}"#
        );
        let _ = write!(
            changes,
            r#"{comma}{{"address":"{kind}.r{nth}","mode":"managed","type":"{kind}","name":"r{nth}","provider_name":"registry.terraform.io/hashicorp/aws","change":{{"actions":["create"],"before":null,"after":{{{values}}},"after_unknown":{{"id":true,"arn":true}},"before_sensitive":false,"after_sensitive":{{}}}}}}"#
        );
        let _ = write!(
            configuration,
            r#"{comma}{{"address":"{kind}.r{nth}","mode":"managed","type":"{kind}","name":"r{nth}","provider_config_key":"aws","expressions":{{{expressions}}},"schema_version":0}}"#
        );
    }
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{{"root_module":{{"resources":[{planned}]}}}},"resource_changes":[{changes}],"configuration":{{"root_module":{{"resources":[{configuration}]}}}}}}"#
    )
}

/// One root module with this many users, made by `for_each`, each with a membership and an attachment.
pub(crate) fn many_users_by_for_each(users: usize) -> Vec<File> {
    let mut text = String::from("locals {\n  people = {\n");
    for nth in 0..users {
        let _ = writeln!(text, "    \"user-{nth}\" = {{ group = \"g{}\" }}", nth % 10);
    }
    text.push_str("  }\n}\n");
    text.push_str(USERS_BY_FOR_EACH);
    text.push_str(SHARED_POLICY);
    vec![("main.tf".to_owned(), text)]
}

const USERS_BY_FOR_EACH: &str = r#"
resource "aws_iam_group" "g" {
  for_each = toset([for n in range(10) : "g${n}"])
  name     = each.key
}

resource "aws_iam_user" "u" {
  for_each = local.people
  name     = each.key
}

resource "aws_iam_user_group_membership" "u" {
  for_each = local.people
  user     = aws_iam_user.u[each.key].name
  groups   = [aws_iam_group.g[each.value.group].name]
}

resource "aws_iam_user_policy_attachment" "u" {
  for_each   = local.people
  user       = aws_iam_user.u[each.key].name
  policy_arn = aws_iam_policy.p.arn
}
"#;

const SHARED_POLICY: &str = r#"
resource "aws_iam_policy" "p" {
  name   = "shared"
  policy = jsonencode({ Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }] })
}
"#;

/// One root module with this many users, a block each, with membership and attachment blocks.
pub(crate) fn many_blocks(users: usize) -> Vec<File> {
    const PER_FILE: usize = 10_000;
    let mut text = String::from("resource \"aws_iam_group\" \"g\" {\n  name = \"g\"\n}\n");
    text.push_str(SHARED_POLICY);
    let mut files = Vec::new();
    for nth in 0..users {
        if nth % PER_FILE == PER_FILE - 1 {
            files.push((format!("users-{nth}.tf"), std::mem::take(&mut text)));
        }
        let _ = write!(
            text,
            r#"
resource "aws_iam_user" "u{nth}" {{
  name = "user-{nth}"
}}
resource "aws_iam_user_group_membership" "u{nth}" {{
  user   = aws_iam_user.u{nth}.name
  groups = [aws_iam_group.g.name]
}}
resource "aws_iam_user_policy_attachment" "u{nth}" {{
  user       = aws_iam_user.u{nth}.name
  policy_arn = aws_iam_policy.p.arn
}}
"#
        );
    }
    files.push(("main.tf".to_owned(), text));
    files
}

/// One root module that calls the same small module this many times.
pub(crate) fn many_calls(calls: usize) -> Vec<File> {
    let mut text = String::new();
    for nth in 0..calls {
        let _ = write!(
            text,
            r#"
module "m{nth}" {{
  source  = "./team"
  name    = "team-{nth}"
  members = {{ "user-{nth}" = {{}} }}
}}
output "m{nth}" {{ value = module.m{nth}.group }}
"#
        );
    }
    vec![("main.tf".to_owned(), text), ("team/main.tf".to_owned(), TEAM_MODULE.to_owned())]
}

/// Module calls eight deep, `10 * calls` in all, in which the innermost module has work to do; of the `calls` calls of the
/// root module `distinct` have arguments of their own, and all below pass on what they are given.
pub(crate) fn deep_calls(calls: usize, distinct: usize) -> Vec<File> {
    let call = |source: &str, count: usize, name: &str| {
        format!("module \"next\" {{\n  source = \"{source}\"\n  count  = {count}\n  name   = {name}\n}}\n")
    };
    let root = call("./level-1", calls, &format!("\"team-${{count.index % {distinct}}}\""));
    let mut files = vec![("main.tf".to_owned(), root)];
    for level in 1..8 {
        let count = if level == 7 { 3 } else { 1 };
        let text = "variable \"name\" { type = string }\n".to_owned()
            + &call(&format!("../level-{}", level + 1), count, "var.name");
        files.push((format!("level-{level}/main.tf"), text));
    }
    files.push(("level-8/main.tf".to_owned(), DEEP_MODULE.to_owned()));
    files
}

const DEEP_MODULE: &str = r#"
variable "name" { type = string }

locals {
  stages   = ["dev", "test", "prod"]
  prefixes = flatten([for stage in local.stages : [for nth in range(20) : "${var.name}/${stage}/${nth}"]])
  buckets  = { for prefix in local.prefixes : prefix => "arn:aws:s3:::${replace(prefix, "/", "-")}" }
}

data "aws_iam_policy_document" "this" {
  dynamic "statement" {
    for_each = local.stages
    content {
      sid       = title(statement.value)
      actions   = ["s3:GetObject", "s3:PutObject"]
      resources = [for prefix, arn in local.buckets : "${arn}/*" if strcontains(prefix, "/${statement.value}/")]
    }
  }
}

resource "aws_iam_policy" "this" {
  name   = "${var.name}-data"
  policy = data.aws_iam_policy_document.this.json
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = "${var.name}-worker"
  policy_arn = aws_iam_policy.this.arn
}
"#;

/// One template with this many users, in groups, with a policy and a key each.
pub(crate) fn large_template(users: usize) -> Vec<File> {
    let mut text = String::from(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Policy:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - { Effect: Allow, Action: "s3:Get*", Resource: "*" }
  Group:
    Type: AWS::IAM::Group
"#,
    );
    for nth in 0..users {
        let _ = write!(
            text,
            r#"  User{nth}:
    Type: AWS::IAM::User
    Properties:
      UserName: user-{nth}
      ManagedPolicyArns: [!Ref Policy]
  Membership{nth}:
    Type: AWS::IAM::UserToGroupAddition
    Properties:
      GroupName: !Ref Group
      Users: [!Ref User{nth}]
  Key{nth}:
    Type: AWS::IAM::AccessKey
    Properties:
      UserName: !Ref User{nth}
"#
        );
    }
    vec![("template.yaml".to_owned(), text)]
}
