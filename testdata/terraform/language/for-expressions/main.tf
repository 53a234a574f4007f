# for over lists, sets, maps and strings' pieces; grouping, filters, objects, nesting.
locals {
  users = {
    ann = { team = "ops", admin = true, keys = ["k1", "k2"] }
    bob = { team = "dev", admin = false, keys = [] }
    cid = { team = "ops", admin = false, keys = ["k3"] }
  }
  by_team = { for name, user in local.users : user.team => name... }
  pairs   = flatten([for name, user in local.users : [for nth, key in user.keys : { name = name, key = key, nth = nth }]])
}
resource "terraform_data" "key" {
  for_each = { for pair in local.pairs : "${pair.name}.${pair.key}" => pair }
  input    = each.value
}
output "by_team" { value = local.by_team }
output "admins" { value = [for name, user in local.users : name if user.admin] }
output "splat" { value = values(local.users)[*].keys }
output "flat" { value = flatten(values(local.users)[*].keys) }
output "indexes" { value = [for i, c in split("", "abc") : "${i}${c}"] }
output "of_set" { value = [for s in toset(["z", "y"]) : s] }
output "scalar_splat" { value = local.users.ann[*].team }
output "null_splat" { value = null[*] }
output "inverted" { value = { for k, v in { a = "x", b = "y" } : v => upper(k) } }
output "shadowed" { value = [for local in ["shadow"] : local] }
