variable "name" {
  type = string
}

variable "members" {
  type = list(string)
}

variable "policy_arn" {
  type = string
}

resource "aws_iam_group" "this" {
  name = var.name
}

resource "aws_iam_user" "member" {
  for_each = toset(var.members)
  name     = each.value
}

resource "aws_iam_group_membership" "this" {
  name  = var.name
  group = aws_iam_group.this.name
  users = [for user in aws_iam_user.member : user.name]
}

resource "aws_iam_group_policy_attachment" "this" {
  group      = aws_iam_group.this.name
  policy_arn = var.policy_arn
}
