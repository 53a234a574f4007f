# Two accounts: what is in the other one must be let by both sides, and nothing else of it is within reach.
provider "aws" {
  region              = "eu-west-1"
  allowed_account_ids = ["111111111111"]
}
provider "aws" {
  alias               = "prod"
  region              = "eu-west-1"
  allowed_account_ids = ["222222222222"]
}
provider "aws" {
  alias  = "us"
  region = "us-east-1"
}
provider "aws" {
  alias   = "open"
  region  = "eu-west-1"
  profile = "somebody"
}

resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "*" },
    { Effect = "Allow", Action = "sts:AssumeRole", Resource = "*" },
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" },
  ] })
}
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_iam_user" "prod" {
  provider = aws.prod
  name     = "cyn"
}

resource "aws_s3_bucket" "home" { bucket = "home" }
resource "aws_s3_bucket" "closed" {
  provider = aws.prod
  bucket   = "closed"
}
resource "aws_s3_bucket" "named" {
  provider = aws.prod
  bucket   = "named"
}
resource "aws_s3_bucket_policy" "named" {
  provider = aws.prod
  bucket   = aws_s3_bucket.named.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = [aws_iam_user.ann.arn, aws_iam_user.bob.arn, aws_iam_user.prod.arn] }, Action = "s3:GetObject", Resource = "arn:aws:s3:::named/*" },
  ] })
}
resource "aws_s3_bucket" "account" {
  provider = aws.prod
  bucket   = "account"
}
resource "aws_s3_bucket_policy" "account" {
  provider = aws.prod
  bucket   = aws_s3_bucket.account.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "111111111111" }, Action = "s3:GetObject", Resource = "arn:aws:s3:::account/*" },
    { Effect = "Deny", Principal = { AWS = "arn:aws:iam::111111111111:user/ann" }, Action = "s3:GetObject", Resource = "arn:aws:s3:::account/secret" },
  ] })
}
resource "aws_s3_bucket" "open" {
  provider = aws.open
  bucket   = "open"
}

resource "aws_iam_role" "named" {
  provider = aws.prod
  name     = "named"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = ["arn:aws:iam::111111111111:user/ann", "arn:aws:iam::111111111111:user/bob"] }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role" "own" {
  provider = aws.prod
  name     = "own"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::222222222222:root" }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role" "twin" {
  name = "twin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:user/bob" }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role" "twin_in_prod" {
  provider = aws.prod
  name     = "twin"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = aws_iam_user.prod.arn }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role" "us" {
  provider = aws.us
  name     = "us"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:user/bob" }, Action = "sts:AssumeRole" },
  ] })
}

# By the account of what is asked for.
resource "aws_iam_user" "dan" { name = "dan" }
resource "aws_iam_user_policy" "dan" {
  user = aws_iam_user.dan.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["s3:PutObject", "sns:Publish"], Resource = "*", Condition = { StringEquals = { "aws:ResourceAccount" = "$${aws:PrincipalAccount}" } } },
  ] })
}
resource "aws_iam_user" "eve" { name = "eve" }
resource "aws_iam_user_policy" "eve" {
  user = aws_iam_user.eve.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["s3:PutObject", "sns:Publish"], Resource = "*" },
    { Effect = "Deny", Action = ["s3:PutObject", "sns:Publish"], Resource = "*", Condition = { StringNotEquals = { "aws:ResourceAccount" = "222222222222" } } },
  ] })
}
resource "aws_sns_topic" "topic" {
  provider = aws.prod
  name     = "topic"
}

# Keys and queues of the other account, by reference.
resource "aws_kms_key" "far" {
  provider = aws.prod
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::222222222222:root" }, Action = "kms:*", Resource = "*" },
  ] })
}
resource "aws_kms_key" "plain" {
  provider = aws.prod
}
resource "aws_sqs_queue" "far" {
  provider = aws.prod
  name     = "far"
}
resource "aws_iam_user" "fay" {
  provider = aws.prod
  name     = "fay"
}
resource "aws_iam_user_policy" "fay" {
  provider = aws.prod
  user     = aws_iam_user.fay.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sqs:*", Resource = aws_sqs_queue.far.arn },
    { Effect = "Deny", Action = "sqs:PurgeQueue", Resource = aws_sqs_queue.far.arn },
    { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.far.arn },
    { Effect = "Allow", Action = "kms:Encrypt", Resource = aws_kms_key.plain.arn },
  ] })
}
resource "aws_iam_user" "gil" { name = "gil" }
resource "aws_iam_user_policy" "gil" {
  user = aws_iam_user.gil.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.far.arn },
    { Effect = "Allow", Action = "kms:Encrypt", Resource = aws_kms_key.plain.arn },
  ] })
}

# What a trust or a policy on a resource asks of its own account.
resource "aws_iam_role" "asks" {
  for_each = {
    asks-own  = { StringEquals = { "aws:ResourceAccount" = "222222222222" } }
    asks-home = { StringEquals = { "aws:ResourceAccount" = "111111111111" } }
    asks-same = { StringEquals = { "aws:ResourceAccount" = "$${aws:PrincipalAccount}" } }
    asks-data = { StringEquals = { "aws:ResourceAccount" = data.aws_caller_identity.prod.account_id } }
  }
  provider = aws.prod
  name     = each.key
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = ["111111111111", "222222222222"] }, Action = "sts:AssumeRole", Condition = each.value },
  ] })
}
data "aws_caller_identity" "prod" { provider = aws.prod }
resource "aws_iam_user" "kim" {
  provider = aws.prod
  name     = "kim"
}
resource "aws_iam_user_policy" "kim" {
  provider = aws.prod
  user     = aws_iam_user.kim.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::222222222222:role/asks-*" },
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::perimeter/*" },
  ] })
}
resource "aws_s3_bucket" "perimeter" {
  provider = aws.prod
  bucket   = "perimeter"
}
resource "aws_s3_bucket_policy" "perimeter" {
  provider = aws.prod
  bucket   = aws_s3_bucket.perimeter.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "111111111111" }, Action = "s3:GetObject", Resource = "arn:aws:s3:::perimeter/*" },
    { Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::perimeter/*", Condition = { StringNotEquals = { "aws:ResourceAccount" = "$${aws:PrincipalAccount}" } } },
  ] })
}
