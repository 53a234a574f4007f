# What policies on resources are for: a secret by the ARN that it gets, an alias of a function, one session of a role.
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_iam_user_policy" "bob" {
  user = aws_iam_user.bob.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "secretsmanager:*", Resource = "*" },
  ] })
}
resource "aws_secretsmanager_secret" "db" { name = "db" }
resource "aws_secretsmanager_secret_policy" "db" {
  secret_arn = aws_secretsmanager_secret.db.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = aws_iam_user.ann.arn }, Action = "secretsmanager:GetSecretValue", Resource = "*" },
    { Effect = "Deny", Principal = { AWS = aws_iam_user.bob.arn }, Action = "secretsmanager:GetSecretValue", Resource = "*" },
  ] })
}
locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_role" "job" {
  name               = "job"
  assume_role_policy = local.trust
}
resource "aws_iam_role_policy" "job" {
  role = aws_iam_role.job.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], Resource = "*" },
  ] })
}
resource "aws_lambda_function" "f" {
  function_name = "f"
  role          = aws_iam_role.job.arn
  publish       = true
}
resource "aws_lambda_permission" "alias" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.f.function_name
  principal     = aws_iam_user.ann.arn
  qualifier     = "live"
}
resource "aws_lambda_permission" "plain" {
  action        = "lambda:InvokeFunction"
  function_name = "arn:aws:lambda:eu-west-1:111111111111:function:f"
  principal     = aws_iam_user.bob.arn
}
resource "aws_lambda_permission" "by-arn" {
  action        = "lambda:GetFunction"
  function_name = "arn:aws:lambda:eu-west-1:111111111111:function:f:live"
  principal     = "222222222222"
}
# The path of a role is a part of its ARN.
resource "aws_iam_role" "deep" {
  name               = "deep"
  path               = "/x/"
  assume_role_policy = local.trust
}
resource "aws_s3_bucket" "b" { bucket = "b" }
resource "aws_s3_bucket_policy" "b" {
  bucket = aws_s3_bucket.b.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Deny", Principal = { AWS = "arn:aws:sts::111111111111:assumed-role/job/one" }, Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*" },
    { Effect = "Deny", Principal = { AWS = ["arn:aws:sts::111111111111:assumed-role/job/one", aws_iam_role.job.arn] }, Action = "s3:PutObject", Resource = "arn:aws:s3:::b/*" },
    { Effect = "Deny", Principal = { AWS = "arn:aws:sts::111111111111:assumed-role/other/one" }, Action = "s3:DeleteObject", Resource = "arn:aws:s3:::b/*" },
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:role/deep" }, Action = "s3:GetObjectTagging", Resource = "arn:aws:s3:::b/*" },
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:role/x/deep" }, Action = "s3:PutObjectTagging", Resource = "arn:aws:s3:::b/*" },
    { Effect = "Allow", Principal = { AWS = aws_iam_role.deep.arn }, Action = "s3:GetObjectAcl", Resource = "arn:aws:s3:::b/*" },
  ] })
}

# A denial for all but a session of a role: the role itself must be named, by its whole ARN.
resource "aws_iam_role" "deep" {
  name               = "deep"
  path               = "/x/"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }] })
}
resource "aws_iam_role_policy" "deep" {
  role   = aws_iam_role.deep.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObjectVersionTagging", Resource = "*" }] })
}
resource "aws_s3_bucket" "sparing" {
  for_each = toset(["spares", "forgets"])
  bucket   = each.key
}
resource "aws_s3_bucket_policy" "sparing" {
  for_each = { spares = "arn:aws:iam::111111111111:role/x/deep", forgets = "arn:aws:iam::111111111111:role/deep" }
  bucket   = each.key
  policy = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect       = "Deny"
    NotPrincipal = { AWS = [each.value, "arn:aws:iam::111111111111:root", "arn:aws:sts::111111111111:assumed-role/deep/s"] }
    Action       = "s3:GetObjectVersionTagging"
    Resource     = "arn:aws:s3:::${each.key}/*"
  }] })
}
