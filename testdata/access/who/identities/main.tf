# Users, roles and policies by reference are their ARNs: path and name are known before they exist.
variable "name" {}

locals {
  trust = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
  ] })
}
resource "aws_iam_user" "root" { name = "root" }
resource "aws_iam_role" "ci" {
  name               = "ci"
  path               = "/ops/"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "some" {
  name_prefix        = "some-"
  assume_role_policy = local.trust
}
resource "aws_iam_role" "any" {
  name               = var.name
  assume_role_policy = local.trust
}
resource "aws_iam_policy" "read" {
  name = "read"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::b/*" },
  ] })
}
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "iam:CreateAccessKey", Resource = aws_iam_user.root.arn },
    { Effect = "Allow", Action = "iam:CreatePolicyVersion", Resource = aws_iam_policy.read.arn },
    { Effect = "Allow", Action = "iam:PassRole", Resource = [aws_iam_role.ci.arn, aws_iam_role.some.arn, aws_iam_role.any.arn] },
    { Effect = "Allow", Action = "iam:GetRole", Resource = "*" },
    { Effect = "Deny", Action = "iam:GetRole", NotResource = aws_iam_role.ci.arn },
    { Effect = "Allow", Action = "iam:UpdateRole", Resource = "*" },
    { Effect = "Deny", Action = "iam:UpdateRole", Resource = aws_iam_role.ci.arn },
    { Effect = "Allow", Action = "iam:TagRole", Resource = "arn:aws:iam::111111111111:role/ops/${aws_iam_role.ci.name}" },
  ] })
}
