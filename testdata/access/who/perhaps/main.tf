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
# Policies on resources, and denials.
resource "aws_s3_bucket" "let" { bucket = "let-data" }
resource "aws_s3_bucket_policy" "let" {
  count  = var.on ? 1 : 0
  bucket = aws_s3_bucket.let.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Principal = { AWS = aws_iam_user.cat.arn }, Resource = "${aws_s3_bucket.let.arn}/*" }] })
}
resource "aws_iam_user" "dan" { name = "dan" }
resource "aws_iam_user_policy" "dan" {
  user   = aws_iam_user.dan.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "ecr:*", Resource = "*" }] })
}
resource "aws_iam_user_policy" "dan-not" {
  count  = var.on ? 1 : 0
  user   = aws_iam_user.dan.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "ecr:Delete*", Resource = "*" }] })
}
