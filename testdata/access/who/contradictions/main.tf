# Conditions on one key that no request fulfils together: of grants, denials, permissions boundaries and policies of resources.
locals {
  office  = { IpAddress = { "aws:SourceIp" = "203.0.113.0/24" } }
  east    = { StringEquals = { "aws:RequestedRegion" = "us-east-1" } }
  age     = { "aws:MultiFactorAuthAge" = "10" }
  archive = "arn:aws:s3:::archive/*"
  rules = {
    # Nothing is left of what is allowed from one network where all but another is denied, or a wider one.
    elsewhere = [["Allow", "*", local.office], ["Deny", "*", { NotIpAddress = { "aws:SourceIp" = "198.51.100.0/24" } }]]
    wider     = [["Allow", "*", local.office], ["Deny", "*", { IpAddress = { "aws:SourceIp" = "203.0.0.0/16" } }]]
    region    = [["Allow", "*", local.east], ["Deny", "*", { StringNotLike = { "aws:RequestedRegion" = "eu-*" } }]]
    absent    = [["Allow", "*", local.east], ["Deny", "*", { Null = { "aws:RequestedRegion" = "false" } }]]
    case      = [["Allow", "*", { StringEquals = { "aws:UserAgent" = "Tool" } }], ["Deny", "*", { StringEqualsIgnoreCase = { "aws:UserAgent" = "TOOL" } }]]
    exists    = [["Allow", "*", { StringEqualsIfExists = { "aws:SourceVpce" = "vpce-0123456789abcdef0" } }], ["Deny", "*", { StringNotEqualsIfExists = { "aws:SourceVpce" = "vpce-0123456789abcdef1" } }]]
    missing   = [["Allow", "*", { StringEqualsIfExists = { "aws:SourceVpce" = "vpce-0123456789abcdef0" } }], ["Deny", "*", { StringEqualsIfExists = { "aws:SourceVpce" = "vpce-0123456789abcdef0" } }]]
    bounded   = [["Allow", "*", local.office]]
    itself    = [["Allow", "*", merge(local.office, { NotIpAddress = { "aws:SourceIp" = "203.0.0.0/16" } })]]
    both      = [["Allow", "*", { Bool = { "aws:SecureTransport" = "true" }, BoolIfExists = { "aws:SecureTransport" = "false" } }]]
    fewer     = [["Allow", "*", { NumericLessThan = { "aws:EpochTime" = "100" } }], ["Deny", "*", { NumericLessThan = { "aws:EpochTime" = "200" } }]]
    sooner    = [["Allow", "*", { DateLessThan = { "aws:TokenIssueTime" = "2030-01-01" } }], ["Deny", "*", { DateLessThanEquals = { "aws:TokenIssueTime" = "2030-01-01" } }]]
    none      = [["Allow", "*", { NumericGreaterThan = { "aws:MultiFactorAuthAge" = "9" } }], ["Deny", "*", { NumericGreaterThan = { "aws:MultiFactorAuthAge" = "9.0" } }]]
    exact     = [["Allow", "*", { NumericLessThanEquals = local.age, NumericGreaterThanEquals = local.age, NumericNotEquals = { "aws:MultiFactorAuthAge" = "10.0" } }]]
    ages      = [["Allow", "*", { NumericLessThanIfExists = local.age, NumericGreaterThanIfExists = { "aws:MultiFactorAuthAge" = "20" }, Null = { "aws:MultiFactorAuthAge" = "false" } }]]
    texts     = [["Allow", "*", { StringEqualsIfExists = { "aws:UserAgent" = "tool" }, StringLikeIfExists = { "aws:UserAgent" = "c*" }, Null = { "aws:UserAgent" = "false" } }]]
    words     = [["Allow", "*", { Bool = { "aws:SecureTransport" = "false" }, StringEquals = { "aws:SecureTransport" = "true" } }]]
    lists     = [["Allow", "*", { "ForAllValues:StringEquals" = { "aws:CalledVia" = "athena.amazonaws.com" }, "ForAnyValue:StringEquals" = { "aws:CalledVia" = "glue.amazonaws.com" } }]]
    halves    = [["Allow", "*", local.office], ["Deny", "*", { IpAddress = { "aws:SourceIp" = ["203.0.113.0/25", "203.0.113.128/25"] } }]]
    username  = [["Allow", "*", { StringEquals = { "aws:UserAgent" = "$${aws:username}" }, StringLike = { "aws:UserAgent" = "t*" } }]]
    # Something is.
    inexact   = [["Allow", "*", { NumericLessThanEquals = local.age, NumericGreaterThanEquals = local.age, NumericNotEquals = { "aws:MultiFactorAuthAge" = "11" } }]]
    ageless   = [["Allow", "*", { NumericLessThanIfExists = local.age, NumericGreaterThanIfExists = { "aws:MultiFactorAuthAge" = "20" } }]]
    word      = [["Allow", "*", { Bool = { "aws:SecureTransport" = "true" }, StringEquals = { "aws:SecureTransport" = "true" } }]]
    list      = [["Allow", "*", { "ForAllValues:StringEquals" = { "aws:CalledVia" = ["athena.amazonaws.com", "glue.amazonaws.com"] }, "ForAnyValue:StringEquals" = { "aws:CalledVia" = "glue.amazonaws.com" } }]]
    listless  = [["Allow", "*", { "ForAllValues:StringEquals" = { "aws:CalledVia" = "athena.amazonaws.com" }, "ForAnyValue:StringEqualsIfExists" = { "aws:CalledVia" = "glue.amazonaws.com" } }]]
    half      = [["Allow", "*", local.office], ["Deny", "*", { IpAddress = { "aws:SourceIp" = ["203.0.113.0/25", "203.0.114.128/25"] } }]]
    tom       = [["Allow", "*", { StringEquals = { "aws:UserAgent" = "$${aws:username}" }, StringLike = { "aws:UserAgent" = "t*" } }]]
    within    = [["Allow", "*", local.office], ["Deny", "*", { NotIpAddress = { "aws:SourceIp" = ["203.0.0.0/16", "198.51.100.0/24"] } }]]
    narrower  = [["Allow", "*", local.office], ["Deny", "*", { IpAddress = { "aws:SourceIp" = "203.0.113.0/28" } }]]
    regions   = [["Allow", "*", { StringLike = { "aws:RequestedRegion" = ["us-east-*", "eu-*"] } }], ["Deny", "*", { StringNotLike = { "aws:RequestedRegion" = "eu-*" } }]]
    several   = [["Allow", "*", { "ForAnyValue:StringEquals" = { "aws:CalledVia" = "athena.amazonaws.com" } }], ["Deny", "*", { "ForAllValues:StringNotEquals" = { "aws:CalledVia" = "glue.amazonaws.com" } }]]
    outer     = [["Allow", "*", { IpAddress = { "aws:SourceIp" = "203.0.0.0/16" }, NotIpAddress = { "aws:SourceIp" = "203.0.113.0/24" } }]]
    older     = [["Allow", "*", { NumericLessThan = { "aws:MultiFactorAuthAge" = "200" } }], ["Deny", "*", { NumericLessThan = { "aws:MultiFactorAuthAge" = "100" } }]]
    agent     = [["Allow", "*", { StringEquals = { "aws:UserAgent" = "tool" } }]]
    outside   = [["Allow", "arn:aws:iam::111111111111:role/outside", { StringEquals = { "sts:ExternalId" = "a" } }]]
    inside    = [["Allow", "arn:aws:iam::111111111111:role/outside", { StringLike = { "sts:ExternalId" = "b*" } }]]
  }
}
resource "aws_iam_user" "all" {
  for_each             = local.rules
  name                 = each.key
  permissions_boundary = each.key == "bounded" ? aws_iam_policy.bounded.arn : null
}
resource "aws_iam_user_policy" "all" {
  for_each = local.rules
  user     = aws_iam_user.all[each.key].name
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    for rule in each.value : { Effect = rule[0], Action = ["s3:GetObject", "sts:AssumeRole"], Resource = rule[1], Condition = rule[2] }
  ] })
}
resource "aws_iam_policy" "bounded" {
  name = "bounded"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "*", Resource = "*", Condition = { IpAddress = { "aws:SourceIp" = "198.51.100.0/24" } } },
    { Effect = "Allow", Action = "s3:GetObject", Resource = local.archive },
  ] })
}
resource "aws_s3_bucket" "vault" { bucket = "vault" }
resource "aws_s3_bucket_policy" "vault" {
  bucket = aws_s3_bucket.vault.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::vault/*", Condition = { StringNotLike = { "aws:UserAgent" = ["console*", "t??"] } } },
  ] })
}
resource "aws_iam_role" "outside" {
  name = "outside"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Principal = { AWS = "arn:aws:iam::111111111111:root" }, Action = "sts:AssumeRole", Condition = { StringEquals = { "sts:ExternalId" = "bc" } } },
  ] })
}
resource "aws_iam_role" "session" {
  name = "session"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = [
    {
      Effect = "Allow", Action = "sts:AssumeRole", Principal = { AWS = [aws_iam_user.all["tom"].arn, aws_iam_user.all["username"].arn] },
      Condition = { StringEquals = { "sts:RoleSessionName" = "$${aws:username}" }, StringNotLike = { "sts:RoleSessionName" = "u*" } }
    },
  ] })
}
