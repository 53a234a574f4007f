# What conditions ask of credentials and of calls, for users and for roles that only services or only users come by.
locals {
  queue = "arn:aws:sqs:eu-west-1:111111111111:q"
  topic = "arn:aws:sns:eu-west-1:111111111111:t"
  holders = {
    ann     = "user"
    app     = "lambda.amazonaws.com"
    machine = "ec2.amazonaws.com"
    staff   = "arn:aws:iam::111111111111:root"
  }
  roles = { for name, who in local.holders : name => who if who != "user" }
  of_function = { ArnLike = { "lambda:SourceFunctionArn" = "arn:aws:lambda:*:*:function:f" } }
  of_machine  = { StringEquals = { "aws:Ec2InstanceSourceVpc" = "vpc-0123456789abcdef0" } }
  factor      = { Bool = { "aws:MultiFactorAuthPresent" = "true" } }
  statements = [
    { Effect = "Allow", Action = "s3:PutObject", Resource = "*", Condition = local.of_function },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "*", Condition = local.of_machine },
    { Effect = "Allow", Action = "s3:DeleteObject", Resource = "*", Condition = local.factor },
    { Effect = "Allow", Action = "s3:GetObjectAcl", Resource = "*" },
    { Effect = "Deny", Action = "s3:GetObjectAcl", Resource = "*", Condition = { BoolIfExists = { "aws:MultiFactorAuthPresent" = "false" } } },
    { Effect = "Allow", Action = "s3:PutObjectAcl", Resource = "*" },
    { Effect = "Deny", Action = "s3:PutObjectAcl", Resource = "*", Condition = { ArnNotLike = { "lambda:SourceFunctionArn" = "arn:aws:lambda:*:*:function:f" } } },
    { Effect = "Allow", Action = "s3:ListBucket", Resource = "*", Condition = { StringLike = { "s3:prefix" = "$${aws:username}/*" } } },
    { Effect = "Allow", Action = "s3:ListBucketVersions", Resource = "*", Condition = { StringLike = { "s3:prefix" = ["$${aws:username}/*", "shared/*"] } } },
    { Effect = "Allow", Action = "sqs:*", Resource = "*" },
    { Effect = "Deny", Action = "sqs:ReceiveMessage", Resource = "*", Condition = { Null = { "aws:SourceArn" = "true" } } },
    { Effect = "Deny", Action = "sqs:DeleteMessage", Resource = "*", Condition = { StringNotEqualsIfExists = { "aws:SourceAccount" = "222222222222" } } },
  ]
}
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
resource "aws_iam_role" "all" {
  for_each = local.roles
  name     = each.key
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { (startswith(each.value, "arn:") ? "AWS" : "Service") = each.value }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role_policy" "all" {
  for_each = local.roles
  role     = aws_iam_role.all[each.key].name
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_sqs_queue" "q" { name = "q" }
resource "aws_sqs_queue_policy" "q" {
  queue_url = aws_sqs_queue.q.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = "*", Action = "sqs:GetQueueUrl", Resource = local.queue, Condition = { ArnEquals = { "aws:SourceArn" = local.topic } } },
    { Effect = "Allow", Principal = "*", Action = "sqs:SetQueueAttributes", Resource = local.queue, Condition = { ArnEqualsIfExists = { "aws:SourceArn" = local.topic } } },
    { Effect = "Deny", Principal = "*", Action = "sqs:SendMessage", Resource = local.queue, Condition = { ArnNotEquals = { "aws:SourceArn" = local.topic } } },
  ] })
}
resource "aws_iam_role" "named" {
  name = "named"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    {
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:role/app"] }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:RoleSessionName" = "$${aws:username}" } }
    },
  ] })
}
resource "aws_iam_role" "kept" {
  name = "kept"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    {
      Effect    = "Allow"
      Principal = { AWS = ["arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:role/app"] }
      Action    = "sts:AssumeRole"
    },
    {
      Effect    = "Deny"
      Principal = { AWS = "*" }
      Action    = "sts:AssumeRole"
      Condition = { StringNotEquals = { "sts:RoleSessionName" = "$${aws:username}" } }
    },
  ] })
}
