variable "names" { type = map(string) }
module "inner" {
  source   = "../inner"
  for_each = { for key, value in var.names : upper(key) => value }
  label    = each.value
}
output "inner_names" { value = { for key, one in module.inner : key => one.label } }
output "inner" { value = module.inner }
