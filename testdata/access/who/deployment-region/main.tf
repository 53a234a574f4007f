provider "aws" { region = "eu-west-1" }

data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_iam_user" "ann" { name = "ann" }

resource "aws_iam_user_policy" "ann" {
  user = aws_iam_user.ann.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = "arn:aws:sqs:${data.aws_region.current.name}:${data.aws_caller_identity.current.account_id}:shop-*"
    }]
  })
}
