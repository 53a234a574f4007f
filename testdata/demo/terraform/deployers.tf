# Left over from the old build server.
resource "aws_iam_user" "deployer" {
  for_each = var.deployers
  name     = each.key
}

resource "aws_iam_access_key" "deployer" {
  for_each = var.deployers
  user     = aws_iam_user.deployer[each.key].name
}

resource "aws_iam_user_policy" "deployer" {
  for_each = var.deployers
  name     = "deploy"
  user     = aws_iam_user.deployer[each.key].name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["lambda:UpdateFunctionCode", "iam:PassRole"]
      Resource = "*"
    }]
  })
}
