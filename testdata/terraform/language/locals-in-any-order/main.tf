# Locals that refer to each other, in any order and over several blocks.
locals {
  last  = "${local.middle}-last"
  names = [for name in local.sorted : "${local.prefix}${name}"]
}
output "names" { value = local.names }
locals {
  middle = "${local.first}-middle"
  sorted = sort(local.raw)
  raw    = ["c", "a", "b"]
}
resource "terraform_data" "last" { input = local.last }
locals {
  first  = "first"
  prefix = substr(local.last, 0, 1)
  deep   = { a = { b = [local.first, { c = local.middle }] } }
}
output "deep" { value = local.deep.a.b[1].c }
output "legacy" { value = local.deep.a.b.0 }
