# Policies as configurations build them: statements in loops, conditions left out, documents in files.
variable "buckets" {
  type    = map(object({ writers = optional(list(string), []), public = optional(bool) }))
  default = { logs = { writers = ["ann", "bob"] }, site = { public = true } }
}
locals {
  statements = flatten([
    for name, bucket in var.buckets : concat(
      [{ Sid = "Read${title(name)}", Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:aws:s3:::${name}/*" }],
      length(bucket.writers) == 0 ? [] : [{
        Sid       = "Write${title(name)}"
        Effect    = "Allow"
        Action    = ["s3:PutObject", "s3:DeleteObject"]
        Resource  = "arn:aws:s3:::${name}/*"
        Condition = { StringEquals = { "aws:username" = bucket.writers } }
      }],
    )
  ])
  policies = {
    for name, bucket in var.buckets : name => merge(
      { Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }] },
      coalesce(bucket.public, false) ? { Id = "public" } : {},
    )
  }
}
resource "terraform_data" "policy" {
  input = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
resource "terraform_data" "each" {
  for_each = local.policies
  input    = jsonencode(each.value)
}
resource "terraform_data" "file" {
  input = templatefile("policy.json.tftpl", { account = "123456789012", users = ["ann", "bob"] })
}
output "actions" { value = distinct(flatten([for one in local.statements : one.Action])) }
output "back" { value = jsondecode(terraform_data.file.input).Statement[0].Resource }
output "minified" { value = jsonencode(jsondecode(file("${path.module}/plain.json"))) }
