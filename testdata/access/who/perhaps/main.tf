# Policies that are attached perhaps, or to somebody who is not known.
variable "on" { type = bool }
variable "who" { type = string }
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user" "ben" { name = "ben" }
resource "aws_iam_user" "cat" { name = "cat" }
resource "aws_iam_user_policy" "ann" {
  count  = var.on ? 1 : 0
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:Get*", Resource = "*" }] })
}
resource "aws_iam_group" "sends" { name = "sends" }
resource "aws_iam_group_policy" "sends" {
  group  = aws_iam_group.sends.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "*" }] })
}
resource "aws_iam_user_group_membership" "ben" {
  count  = var.on ? 1 : 0
  user   = aws_iam_user.ben.name
  groups = [aws_iam_group.sends.name]
}
resource "aws_iam_user_policy" "some" {
  user   = var.who
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sns:Publish", Resource = "*" }] })
}
