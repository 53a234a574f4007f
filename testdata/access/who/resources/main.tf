resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user" "bob" { name = "bob" }
resource "aws_iam_role" "app" {
  name               = "app"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_iam_role" "ops" {
  name               = "ops"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ec2.amazonaws.com" } }] })
}
resource "aws_iam_role_policy_attachment" "ops" {
  role       = aws_iam_role.ops.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_user_policy_attachment" "bob" {
  user       = aws_iam_user.bob.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonSQSFullAccess"
}
resource "aws_sqs_queue" "notp" { name = "notp" }
resource "aws_sqs_queue_policy" "notp" {
  queue_url = aws_sqs_queue.notp.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Deny", NotPrincipal = { AWS = [aws_iam_role.ops.arn, "arn:aws:iam::111111111111:root"] }, Action = "sqs:*", Resource = "*" }] })
}
resource "aws_sqs_queue" "open" { name = "open" }
resource "aws_sqs_queue_policy" "open" {
  queue_url = aws_sqs_queue.open.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = "*", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:eu-west-1:111111111111:open", Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/ap*" } } },
    { Effect = "Allow", Principal = { Service = "sns.amazonaws.com" }, Action = "sqs:SendMessage", Resource = "*", Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:eu-west-1:111111111111:t" } } },
    { Effect = "Allow", Principal = { AWS = ["222222222222", "arn:aws:iam::333333333333:role/x"] }, Action = "sqs:*", Resource = "*" },
    { Effect = "Deny", Principal = { AWS = "222222222222" }, Action = "sqs:DeleteQueue", Resource = "*" },
    { Effect = "Deny", Principal = "*", Action = "sqs:*", Resource = "*", Condition = { Bool = { "aws:SecureTransport" = "false" } } }] })
}
resource "aws_s3_bucket" "data" { bucket = "data" }
resource "aws_s3_bucket_policy" "data" {
  bucket = aws_s3_bucket.data.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = aws_iam_user.ann.arn }, Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*" },
    { Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::data", "arn:aws:s3:::data/*"], Condition = { StringNotEquals = { "aws:PrincipalAccount" = "111111111111" } } },
    { Effect = "Allow", Principal = { AWS = "222222222222" }, Action = "s3:ListBucket", Resource = "arn:aws:s3:::data" }] })
}
resource "aws_kms_key" "k" {
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:root" }, Action = "kms:*", Resource = "*" },
    { Effect = "Allow", Principal = "*", Action = ["kms:Decrypt"], Resource = "*", Condition = { StringEquals = { "kms:CallerAccount" = "111111111111", "kms:ViaService" = "ebs.eu-west-1.amazonaws.com" } } },
    { Effect = "Allow", Principal = { AWS = "444444444444" }, Action = "kms:Decrypt", Resource = "*" }] })
}
resource "aws_kms_grant" "g" {
  key_id            = aws_kms_key.k.key_id
  grantee_principal = aws_iam_role.app.arn
  retiring_principal = aws_iam_user.ann.arn
  operations        = ["Encrypt", "GenerateDataKey"]
}
resource "aws_secretsmanager_secret" "s" { name = "s" }
resource "aws_secretsmanager_secret_policy" "s" {
  secret_arn = aws_secretsmanager_secret.s.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "*" }, Action = "secretsmanager:GetSecretValue", Resource = "*", Condition = { StringEquals = { "aws:PrincipalOrgID" = "o-abc1234567" } } }] })
}
resource "aws_lambda_permission" "p" {
  function_name = "f"
  action        = "lambda:InvokeFunction"
  principal     = "s3.amazonaws.com"
  source_arn    = "arn:aws:s3:::data"
}
resource "aws_lambda_permission" "acc" {
  function_name = "f"
  action        = "lambda:InvokeFunction"
  principal     = "555555555555"
}
