# Policies of the organization that are attached to some of the accounts.
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
  alias   = "open"
  region  = "eu-west-1"
  profile = "somebody"
}
locals {
  all = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:*", "sns:*", "sqs:*", "ec2:*", "ecr:*", "ecs:*"], Resource = "*" }] })
  denials = {
    prod  = ["s3:DeleteBucket", "222222222222"]
    home  = ["s3:CreateBucket", data.aws_caller_identity.home.account_id]
    far   = ["sns:DeleteTopic", data.aws_caller_identity.prod.account_id]
    unit  = ["ec2:RunInstances", "ou-ab12-12345678"]
    other = ["sqs:CreateQueue", "333333333333"]
    made  = ["sns:CreateTopic", aws_organizations_account.made.id]
    root  = ["ec2:CreateVpc", "r-ab12"]
  }
}
data "aws_caller_identity" "home" {}
data "aws_caller_identity" "prod" { provider = aws.prod }

resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = local.all
}
resource "aws_iam_user" "pat" {
  provider = aws.prod
  name     = "pat"
}
resource "aws_iam_user_policy" "pat" {
  provider = aws.prod
  user     = aws_iam_user.pat.name
  policy   = local.all
}
resource "aws_iam_user" "ola" {
  provider = aws.open
  name     = "ola"
}
resource "aws_iam_user_policy" "ola" {
  provider = aws.open
  user     = aws_iam_user.ola.name
  policy   = local.all
}

resource "aws_organizations_account" "made" {
  name  = "made"
  email = "made@example.org"
}
resource "aws_organizations_policy" "all" {
  for_each = local.denials
  name     = each.key
  content  = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = each.value[0], Resource = "*" }] })
}
resource "aws_organizations_policy_attachment" "all" {
  for_each  = local.denials
  policy_id = aws_organizations_policy.all[each.key].id
  target_id = each.value[1]
}
# In place of what AWS attaches itself, of which it is not known whether it is there.
resource "aws_organizations_policy" "list" {
  name    = "list"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", NotAction = "ecr:*", Resource = "*" }] })
}
resource "aws_organizations_policy_attachment" "list" {
  policy_id = aws_organizations_policy.list.id
  target_id = "222222222222"
}
resource "aws_organizations_policy" "service" {
  name    = "service"
  type    = "RESOURCE_CONTROL_POLICY"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "sqs:DeleteQueue", Resource = "*" }] })
}
resource "aws_organizations_policy_attachment" "service" {
  policy_id = aws_organizations_policy.service.id
  target_id = "222222222222"
}
