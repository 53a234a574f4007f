# What requests of each principal carry stands for policy variables in resources, as AWS fills them in.
variable "tags" {}
variable "team" {}

locals {
  team = "arn:aws:s3:::x/$${aws:PrincipalTag/team}/*"
  statements = {
    allow    = { Effect = "Allow", Action = "s3:GetObject", Resource = local.team }
    default  = { Effect = "Allow", Action = "s3:GetObjectAcl", Resource = "arn:aws:s3:::x/$${aws:PrincipalTag/team, 'shared'}/*" }
    account  = { Effect = "Allow", Action = "s3:ListBucket", Resource = "arn:aws:s3:::$${aws:PrincipalAccount}-logs" }
    put      = { Effect = "Allow", Action = "s3:PutObject", Resource = "*" }
    not_put  = { Effect = "Deny", Action = "s3:PutObject", Resource = local.team }
    delete   = { Effect = "Allow", Action = "s3:DeleteObject", Resource = "*" }
    not_else = { Effect = "Deny", Action = "s3:DeleteObject", NotResource = local.team }
    bounded  = { Effect = "Allow", Action = "s3:PutObjectAcl", Resource = "*" }
    by_name  = { Effect = "Allow", Action = "s3:GetObjectTagging", Resource = "arn:aws:s3:::x/$${aws:username}/*" }
    else     = { Effect = "Allow", Action = "s3:GetObjectVersion", Resource = "arn:aws:s3:::x/$${aws:SourceVpc}/*" }
  }
  policy = jsonencode({ Version = "2012-10-17", Statement = values(local.statements) })
  trust = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" },
  ] })
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", NotAction = "s3:PutObjectAcl", Resource = "*" },
    { Effect = "Allow", Action = "s3:PutObjectAcl", Resource = [local.team, "arn:aws:s3:::x/$${aws:username}/*"] },
  ] })
}

resource "aws_iam_user" "tagged" {
  name                 = "tagged"
  tags                 = { Team = "eng" }
  permissions_boundary = aws_iam_policy.boundary.arn
}
resource "aws_iam_user_policy" "tagged" {
  user   = aws_iam_user.tagged.name
  policy = local.policy
}

resource "aws_iam_user" "bare" {
  name                 = "bare"
  permissions_boundary = aws_iam_policy.boundary.arn
}
resource "aws_iam_user_policy" "bare" {
  user   = aws_iam_user.bare.name
  policy = local.policy
}

# A wildcard in a tag is none.
resource "aws_iam_user" "star" {
  name = "star"
  tags = { team = "*" }
}
resource "aws_iam_user_policy" "star" {
  user   = aws_iam_user.star.name
  policy = local.policy
}

resource "aws_iam_user" "open" {
  name = "open"
  tags = { team = var.team }
}
resource "aws_iam_user_policy" "open" {
  user   = aws_iam_user.open.name
  policy = local.policy
}

# Of version 2008-10-17 there are no variables.
resource "aws_iam_user" "old" {
  name = "old"
  tags = { team = "eng" }
}
resource "aws_iam_user_policy" "old" {
  user   = aws_iam_user.old.name
  policy = jsonencode({ Version = "2008-10-17", Statement = [local.statements.allow] })
}

resource "aws_iam_group" "all" { name = "all" }
resource "aws_iam_group_policy" "all" {
  group  = aws_iam_group.all.name
  policy = local.policy
}
resource "aws_iam_user" "member" {
  name = "member"
  tags = { team = "eng" }
}
resource "aws_iam_user_group_membership" "member" {
  user   = aws_iam_user.member.name
  groups = [aws_iam_group.all.name]
}

resource "aws_iam_role" "tagged" {
  name               = "role"
  assume_role_policy = local.trust
  tags               = { team = "eng" }
}
resource "aws_iam_role_policy" "tagged" {
  role   = aws_iam_role.tagged.name
  policy = local.policy
}

# Whoever assumes it brings tags.
resource "aws_iam_role" "session" {
  name = "session"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:root" }, Action = ["sts:AssumeRole", "sts:TagSession"] },
  ] })
}
resource "aws_iam_role_policy" "session" {
  role   = aws_iam_role.session.name
  policy = local.policy
}
