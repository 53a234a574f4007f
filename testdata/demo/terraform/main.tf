terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  region = var.region
}

data "aws_caller_identity" "current" {}

locals {
  administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
}

module "developers" {
  source = "./modules/team"

  name       = "developers"
  members    = ["alice", "bob"]
  policy_arn = aws_iam_policy.developers.arn
}

module "operators" {
  source = "./modules/team"

  name       = "operators"
  members    = ["carol"]
  policy_arn = local.administrator
}

module "auditor" {
  source = "./modules/partner"

  name       = "auditor"
  account_id = "210987654321"
}

module "backup" {
  source = "./modules/partner"

  name        = "backup"
  account_id  = "310987654321"
  external_id = "acme-backup-7f3a91"
}

# The policy of the developers: their own project's bucket and queue.
resource "aws_iam_policy" "developers" {
  name   = "developers"
  policy = data.aws_iam_policy_document.developers.json
}

data "aws_iam_policy_document" "developers" {
  statement {
    sid       = "Project"
    actions   = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]
    resources = ["arn:aws:s3:::acme-project/*", "arn:aws:sqs:${var.region}:${data.aws_caller_identity.current.account_id}:project"]
  }
}
