# The same estate as in template.yaml, template.json, sam.yaml and cdk: the test compares what is found for resources of the same name.
data "aws_caller_identity" "current" {}

resource "aws_iam_group" "operators" {
  name = "operators"
}

resource "aws_iam_group_policy_attachment" "operators" {
  group      = aws_iam_group.operators.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}

resource "aws_iam_user" "ana" {
  name = "ana"
}

resource "aws_iam_user_group_membership" "ana" {
  user   = aws_iam_user.ana.name
  groups = [aws_iam_group.operators.name]
}

resource "aws_iam_user" "bo" {
  name = "bo"
}

resource "aws_iam_user_policy" "bo" {
  name = "everything"
  user = aws_iam_user.bo.name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "*", Resource = "*" }]
  })
}

resource "aws_iam_access_key" "bo" {
  user    = aws_iam_user.bo.name
  pgp_key = "keybase:bo"
}

resource "aws_iam_access_key" "bosecond" {
  user    = aws_iam_user.bo.name
  pgp_key = "keybase:bo"
}

resource "aws_iam_role" "partner" {
  name = "partner"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::210987654321:root" }
    }]
  })
}

resource "aws_iam_role" "open" {
  name = "open"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "*" } }]
  })
}

resource "aws_iam_role" "internal" {
  name = "internal"
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { AWS = "arn:aws:iam::${data.aws_caller_identity.current.account_id}:root" }
    }]
  })
}

resource "aws_iam_policy" "deploy" {
  name = "deploy"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = ["iam:PassRole", "lambda:*"], Resource = "*" },
      { Effect = "Allow", NotAction = ["s3:*", "ec2:*", "rds:*", "sqs:*"], Resource = "*" },
    ]
  })
}

resource "aws_iam_server_certificate" "web" {
  name             = "web"
  certificate_body = "-"
  private_key      = "-"
}
