# Policies on resources whose text, or whose principals, are not known.
variable "policy" { type = string }
variable "reader" { type = string }
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user   = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] })
}
resource "aws_iam_user" "ben" { name = "ben" }
resource "aws_iam_user" "cat" { name = "cat" }
resource "aws_iam_user_policy" "cat" {
  user   = aws_iam_user.cat.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }] })
}
resource "aws_s3_bucket" "text" { bucket = "text-data" }
resource "aws_s3_bucket_policy" "text" {
  bucket = aws_s3_bucket.text.id
  policy = var.policy
}
resource "aws_s3_bucket" "reader" { bucket = "reader-data" }
resource "aws_s3_bucket_policy" "reader" {
  bucket = aws_s3_bucket.reader.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Principal = { AWS = var.reader }, Resource = "${aws_s3_bucket.reader.arn}/*" }] })
}
# What AWS is asked for is no user of the configuration.
data "aws_elb_service_account" "logs" {}
resource "aws_s3_bucket" "logs" { bucket = "logs-data" }
resource "aws_s3_bucket_policy" "logs" {
  bucket = aws_s3_bucket.logs.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:PutObject", Principal = { AWS = data.aws_elb_service_account.logs.arn }, Resource = "${aws_s3_bucket.logs.arn}/*" }] })
}
resource "aws_s3_bucket" "none" { bucket = "none-data" }
