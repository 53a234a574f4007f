# Override files change what the others declare, attribute by attribute.
variable "size" { default = 1 }
variable "given" {
  type    = string
  default = "of main"
}
locals {
  a = "main"
  b = "main"
}
resource "terraform_data" "one" {
  input            = "main"
  triggers_replace = "main ${var.size}"
}
resource "terraform_data" "two" {
  count = 1
  input = "main"
}
module "child" {
  source = "./child"
  text   = "main"
}
output "locals" { value = "${local.a} ${local.b}" }
output "given" { value = var.given }
output "child" { value = module.child.text }
