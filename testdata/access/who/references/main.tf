resource "aws_s3_bucket" "data" { bucket = "data" }
resource "aws_s3_bucket" "anon" { }
resource "aws_sqs_queue" "jobs" { name = "jobs" }
resource "aws_dynamodb_table" "t" { name = "orders" }
resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_policy" "ann" {
  user = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "${aws_s3_bucket.data.arn}/*" },
    { Effect = "Allow", Action = "s3:PutObject", Resource = "${aws_s3_bucket.anon.arn}/*" },
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = aws_sqs_queue.jobs.arn },
    { Effect = "Allow", Action = "dynamodb:GetItem", Resource = [aws_dynamodb_table.t.arn, "${aws_dynamodb_table.t.arn}/index/*"] },
  ] })
}
