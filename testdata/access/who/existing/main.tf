# Users, groups and roles that are made elsewhere: by name, by data source, by one whose name is not known.
variable "team_role" { type = string }

resource "aws_iam_user" "ann" { name = "ann" }
resource "aws_iam_user_group_membership" "ann" {
  user   = aws_iam_user.ann.name
  groups = ["readers"]
}
resource "aws_iam_group_policy" "readers" {
  group = "readers"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/*" },
  ] })
}

# By data source: a name of its own, and one without.
data "aws_iam_role" "ops" { name = "ops" }
resource "aws_iam_role_policy_attachment" "ops" {
  role       = data.aws_iam_role.ops.name
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
}
data "aws_iam_user" "old" { user_name = "old" }
resource "aws_iam_user_policy" "old" {
  user = data.aws_iam_user.old.user_name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "s3:GetObject", Resource = "arn:aws:s3:::home/$${aws:username}/*" },
    { Effect = "Allow", Action = "sqs:SendMessage", Resource = "*", Condition = { StringEquals = { "aws:PrincipalTag/team" = "a" } } },
  ] })
}

# Who is trusted by a role that is only looked up, is not known.
resource "aws_iam_user_policy" "ann" {
  user = aws_iam_user.ann.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "sts:AssumeRole", Resource = data.aws_iam_role.ops.arn },
  ] })
}

# Somebody named twice is one, and a denial that is given to it counts.
resource "aws_iam_user_policy_attachment" "bob" {
  user       = "bob"
  policy_arn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
}
resource "aws_iam_user_policy" "bob" {
  user = "bob"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Deny", Action = "s3:GetObject", Resource = "arn:aws:s3:::data/secret/*" },
  ] })
}
resource "aws_sns_topic" "t" { name = "t" }
resource "aws_sns_topic_policy" "t" {
  arn = aws_sns_topic.t.arn
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:user/bob" }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn },
    { Effect = "Allow", Principal = { AWS = data.aws_iam_role.ops.arn }, Action = "sns:Publish", Resource = aws_sns_topic.t.arn },
  ] })
}

resource "aws_iam_role_policy" "team" {
  role = var.team_role
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "dynamodb:GetItem", Resource = "*" },
  ] })
}

# A role that is only read, or passed on, is given nothing.
data "aws_iam_role" "read" { name = "read" }
