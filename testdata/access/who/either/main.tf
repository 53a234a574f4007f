variable "on" { type = bool }

resource "aws_iam_policy" "s3" {
  name   = "s3"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}

resource "aws_iam_policy" "sqs" {
  name   = "sqs"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}

locals {
  full = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
  read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
  attached = {
    "all-or-s3"    = var.on ? "arn:aws:iam::aws:policy/AdministratorAccess" : aws_iam_policy.s3.arn
    "s3-or-sqs"    = var.on ? aws_iam_policy.s3.arn : aws_iam_policy.sqs.arn
    "full-or-read" = var.on ? local.full : local.read
    "none-or-read" = var.on ? null : local.read
    "all-or-none"  = var.on ? "arn:aws:iam::aws:policy/AdministratorAccess" : "arn:aws:iam::aws:policy/AWSDenyAll"
  }
  get    = { Effect = "Allow", Action = "s3:GetObject", Resource = "*" }
  send   = { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }
  all    = { Effect = "Allow", Action = "*", Resource = "*" }
  delete = { Effect = "Deny", Action = "sqs:SendMessage", Resource = "*" }
  written = {
    "get-or-both"      = [[local.get], [local.get, local.send]]
    "get-or-send"      = [[local.get], [local.send]]
    "all-or-get"       = [[local.all], [local.get]]
    "all-but-or-get"   = [[local.all, local.delete], [local.get]]
    "all-but-or-none"  = [[local.all, local.delete], [local.delete]]
    "all-but-or-other" = [[local.all, local.delete], [local.delete, local.get]]
  }
}

resource "aws_iam_user" "attached" {
  for_each = local.attached
  name     = each.key
}

resource "aws_iam_user_policy_attachment" "attached" {
  for_each   = local.attached
  user       = aws_iam_user.attached[each.key].name
  policy_arn = each.value
}

resource "aws_iam_user" "written" {
  for_each = local.written
  name     = each.key
}

resource "aws_iam_user_policy" "written" {
  for_each = local.written
  user     = aws_iam_user.written[each.key].name
  policy = (
    var.on
    ? jsonencode({ Version = "2012-10-17", Statement = each.value[0] })
    : jsonencode({ Version = "2012-10-17", Statement = each.value[1] })
  )
}

resource "aws_iam_group" "either" { name = "either" }

resource "aws_iam_group_policy_attachment" "either" {
  group      = aws_iam_group.either.name
  policy_arn = var.on ? local.full : local.read
}

resource "aws_iam_user" "member" { name = "member" }

resource "aws_iam_user_group_membership" "member" {
  user   = aws_iam_user.member.name
  groups = [aws_iam_group.either.name]
}

resource "aws_iam_user_policy" "member" {
  user   = aws_iam_user.member.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:ListBucket", Resource = "*" }] })
}

resource "aws_iam_user" "bounded" {
  name                 = "bounded"
  permissions_boundary = var.on ? aws_iam_policy.s3.arn : local.read
}

resource "aws_iam_user_policy" "bounded" {
  user   = aws_iam_user.bounded.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [local.all] })
}
