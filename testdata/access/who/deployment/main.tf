variable "region" {}

data "aws_caller_identity" "current" {}
data "aws_caller_identity" "again" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_region" "east" { region = "us-east-1" }

data "aws_caller_identity" "prod" { provider = aws.prod }

provider "aws" {
  alias = "prod"
  assume_role { role_arn = "arn:aws:iam::222222222222:role/deploy" }
}

locals {
  account = data.aws_caller_identity.current.account_id
  here    = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.name}:${local.account}"
  grants = {
    exact = "${local.here}:shop-jobs"
    wide  = "${local.here}:shop-*"
    id    = "arn:aws:sqs:${data.aws_region.current.id}:111111111111:shop-jobs"
    east  = "arn:aws:sqs:${data.aws_region.east.region}:${local.account}:shop-jobs"
    prod  = "arn:aws:sqs:eu-west-1:${data.aws_caller_identity.prod.account_id}:shop-jobs"
    other = "${local.here}:other"
    given = "arn:aws:sqs:${var.region}:111111111111:shop-*"
  }
}

resource "aws_iam_user" "of" {
  for_each = local.grants
  name     = each.key
}

resource "aws_iam_user_policy" "of" {
  for_each = local.grants
  user     = aws_iam_user.of[each.key].name
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = each.value }]
  })
}

resource "aws_iam_user" "denied" { name = "denied" }

resource "aws_iam_user_policy" "denied" {
  user = aws_iam_user.denied.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" },
      {
        Effect   = "Deny", Action = "sqs:SendMessage",
        Resource = "arn:aws:sqs:*:${data.aws_caller_identity.again.account_id}:shop-*"
      },
    ]
  })
}
