# Module calls within module calls, outputs passed up and down, a module as a whole.
module "outer" {
  source = "./outer"
  names  = { a = "alpha", b = "beta" }
}
module "copy" {
  source = "./outer"
  names  = module.outer.inner_names
}
output "whole" { value = module.outer }
output "inner" { value = module.copy.inner["A"].label }
resource "terraform_data" "labels" {
  for_each = module.outer.inner_names
  input    = each.value
}
