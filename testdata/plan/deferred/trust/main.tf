variable "provider_arn" {
  type = string
}

variable "subject" {
  type = string
}

data "aws_iam_policy_document" "trust" {
  count = 1

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]
    principals {
      type        = "Federated"
      identifiers = [var.provider_arn]
    }
    condition {
      test     = "StringLike"
      variable = "token.actions.githubusercontent.com:sub"
      values   = [var.subject]
    }
    condition {
      test     = "StringEquals"
      variable = "token.actions.githubusercontent.com:aud"
      values   = ["sts.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name               = "module"
  assume_role_policy = data.aws_iam_policy_document.trust[0].json
}
