resource "aws_ssoadmin_permission_set" "ops" {
  name         = "Ops"
  instance_arn = "arn:aws:sso:::instance/ssoins-1"
}
resource "aws_ssoadmin_managed_policy_attachment" "ops" {
  instance_arn       = "arn:aws:sso:::instance/ssoins-1"
  managed_policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
}
resource "aws_ssoadmin_permission_set_inline_policy" "ops" {
  instance_arn       = "arn:aws:sso:::instance/ssoins-1"
  permission_set_arn = aws_ssoadmin_permission_set.ops.arn
  inline_policy      = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::*:role/deploy" },
    { Effect = "Deny", Action = "s3:GetObject", Resource = "arn:aws:s3:::payroll/*" }] })
}
resource "aws_iam_role" "deploy" {
  name               = "deploy"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111111111111:root" }, Condition = { ArnLike = { "aws:PrincipalArn" = "arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Ops_*" } } }] })
}
resource "aws_iam_role_policy" "deploy" {
  role   = aws_iam_role.deploy.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Resource = "arn:aws:iam::222222222222:role/target" }, { Effect = "Allow", Action = "sts:AssumeRole", Resource = aws_iam_role.end.arn }] })
}
resource "aws_iam_role" "end" {
  name               = "end"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
     { Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = aws_iam_role.deploy.arn } },
     { Effect = "Deny", Action = "sts:AssumeRole", Principal = { AWS = "arn:aws:iam::111111111111:user/eve" } } ] })
}
resource "aws_iam_role_policy_attachment" "end" {
  role       = aws_iam_role.end.name
  policy_arn = "arn:aws:iam::aws:policy/AdministratorAccess"
}
resource "aws_iam_user" "eve" { name = "eve" }
resource "aws_iam_user_policy" "eve" {
  user   = aws_iam_user.eve.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "iam:*AccessKey*", Resource = "arn:aws:iam::*:user/$${aws:username}" },
    { Effect = "Allow", Action = "s3:*", Resource = "arn:aws:s3:::home/$${aws:username}/*" },
    { Effect = "Allow", Action = "ec2:StartInstances", Resource = "*", Condition = { StringEquals = { "aws:ResourceTag/owner" = "$${aws:username}" } } },
    { Effect = "Allow", NotAction = ["iam:*", "s3:*", "sts:*", "kms:*", "sqs:*", "ec2:*"], Resource = "*", Condition = { IpAddress = { "aws:SourceIp" = "10.0.0.0/8" } } },
    { Effect = "Allow", Action = "sts:AssumeRole", Resource = "*" }] })
}
resource "aws_iam_user" "fay" { name = "fay" }
resource "aws_iam_user_policy" "fay" {
  user   = aws_iam_user.fay.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:*", NotResource = "arn:aws:s3:::payroll/*" },
    { Effect = "Deny", NotAction = "s3:Get*", Resource = "arn:aws:s3:::logs/*" }] })
}
resource "aws_organizations_policy" "rcp" {
  name    = "rcp"
  type    = "RESOURCE_CONTROL_POLICY"
  content = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:*", Resource = "*", Condition = { StringNotEqualsIfExists = { "aws:PrincipalAccount" = "111111111111" }, BoolIfExists = { "aws:PrincipalIsAWSService" = "false" } } }] })
}
resource "aws_organizations_policy_attachment" "rcp" {
  policy_id = aws_organizations_policy.rcp.id
  target_id = "r-abcd"
}
resource "aws_s3_bucket_policy" "share" {
  bucket = "share"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::share/*", Principal = { AWS = ["222222222222", "111111111111"], Service = "logging.s3.amazonaws.com" } }] })
}
