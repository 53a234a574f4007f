# Conditions on what only sessions carry: the name of the session, the identity provider, the role of a permission set.

variable "instance" {}

resource "aws_iam_role" "reader" {
  name = "reader"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:role/other" }, Action = "sts:AssumeRole" },
  ] })
}

resource "aws_iam_role_policy" "reader" {
  name = "reader"
  role = aws_iam_role.reader.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*", Condition = { StringLike = { "aws:userid" = "*:ana" } } },
    { Effect = "Allow", Action = "sqs:ReceiveMessage", Resource = "*" },
    { Effect = "Deny", Action = "sqs:ReceiveMessage", Resource = "*", Condition = { StringLike = { "aws:userid" = "*:ana" } } },
    { Effect = "Allow", Action = "sqs:PurgeQueue", Resource = "*", Condition = { StringLike = { "aws:userid" = "AROAEXAMPLEEXAMPLE000:*" } } },
  ] })
}

# Nobody chooses the names of its sessions but the service.
resource "aws_iam_role" "machine" {
  name = "machine"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
  ] })
}

resource "aws_iam_role_policy" "machine" {
  name = "machine"
  role = aws_iam_role.machine.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*", Condition = { StringLike = { "aws:userid" = "*:ana" } } },
    { Effect = "Allow", Action = "sqs:DeleteMessage", Resource = "*", Condition = { StringLike = { "aws:FederatedProvider" = "*" } } },
  ] })
}

resource "aws_iam_role" "ci" {
  name = "ci"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Principal = { Federated = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com" }
    Action    = "sts:AssumeRoleWithWebIdentity"
    Condition = { StringEquals = { "token.actions.githubusercontent.com:sub" = "repo:acme/app:ref:refs/heads/main" } }
  }] })
}

resource "aws_iam_role_policy" "ci" {
  name = "ci"
  role = aws_iam_role.ci.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sns:Publish", Resource = "*", Condition = { StringEquals = { "aws:FederatedProvider" = "arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com" } } },
    { Effect = "Allow", Action = "sns:Subscribe", Resource = "*", Condition = { StringEquals = { "aws:FederatedProvider" = "arn:aws:iam::111111111111:oidc-provider/gitlab.com" } } },
  ] })
}

# Two providers.
resource "aws_iam_role" "both" {
  name = "both"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect    = "Allow"
    Principal = { Federated = ["arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com", "arn:aws:iam::111111111111:oidc-provider/gitlab.com"] }
    Action    = "sts:AssumeRoleWithWebIdentity"
  }] })
}

resource "aws_iam_role_policy" "both" {
  name = "both"
  role = aws_iam_role.both.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sns:Publish", Resource = "*", Condition = { StringEquals = { "aws:FederatedProvider" = "arn:aws:iam::111111111111:oidc-provider/gitlab.com" } } },
  ] })
}

resource "aws_ssoadmin_permission_set" "ops" {
  name         = "ops"
  instance_arn = var.instance
}

resource "aws_ssoadmin_permission_set_inline_policy" "ops" {
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
  instance_arn       = var.instance
  inline_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "ecs:RunTask", Resource = "*", Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_ops_*" } } },
    { Effect = "Allow", Action = "ecs:StopTask", Resource = "*", Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*AWSReservedSSO_dev_*" } } },
    { Effect = "Allow", Action = "ecs:StartTask", Resource = "*" },
    { Effect = "Deny", Action = "ecs:StartTask", Resource = "*", Condition = { ArnNotLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_dev_*" } } },
    { Effect = "Allow", Action = "ecs:CreateCluster", Resource = "*", Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::*:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_ops_*" } } },
  ] })
}
