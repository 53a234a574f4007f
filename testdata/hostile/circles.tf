# Names that lead back to themselves, directly and through others.
locals {
  a = local.b
  b = [local.c]
  c = { d = local.a }
}

variable "v" {
  default = var.v
}

resource "aws_iam_policy" "p" {
  name   = aws_iam_policy.p.name
  policy = jsonencode(local.a)
}

data "aws_iam_policy_document" "d" {
  source_policy_documents = [data.aws_iam_policy_document.d.json]
}

output "o" {
  value = module.m.o
}

module "m" {
  source = "./"
  v      = module.m.o
}
