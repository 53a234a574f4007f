# for_each over resources and modules, conditions on instances, index by each.key.
variable "users" {
  type    = map(object({ groups = set(string), admin = optional(bool, false) }))
  default = { ann = { groups = ["b", "a"], admin = true }, bob = { groups = [] } }
}
resource "terraform_data" "user" {
  for_each = var.users
  input    = { name = each.key, path = each.value.admin ? "/admin/" : "/" }
}
resource "terraform_data" "key" {
  for_each = terraform_data.user
  input    = "${each.value.input.name}:${each.key}"
}
resource "terraform_data" "membership" {
  for_each = { for key, user in var.users : key => user.groups if length(user.groups) > 0 }
  input    = [for group in each.value : "${terraform_data.user[each.key].input.path}${group}"]
}
resource "terraform_data" "admin" {
  count = terraform_data.user["ann"].input.path == "/admin/" ? 1 : 0
  input = one(terraform_data.membership[*].ann.input)
}
locals {
  all = { for key, one in terraform_data.user : upper(key) => one.input.path }
}
module "policy" {
  source   = "./policy"
  for_each = { for key, path in local.all : key => path if path != "/" }
  path     = each.value
}
output "all" { value = local.all }
output "paths" { value = values(module.policy)[*].path }
output "keys" { value = keys(terraform_data.membership) }
output "missing" { value = lookup({ a = "x" }, "nobody", "none") }
output "contains" { value = contains(keys(module.policy), "ANN") }
output "tried" { value = try(terraform_data.user["nobody"].input, "no such user") }
output "sum" { value = sum([for user in var.users : length(user.groups)]) }
