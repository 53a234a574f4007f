locals {
  a = local.b
  b = local.a # says: `local.a` refers to itself: local.a → local.b → local.a
}
resource "terraform_data" "self" {
  input = terraform_data.self.id # says: `terraform_data.self` refers to itself: terraform_data.self → terraform_data.self
}
resource "terraform_data" "rest" { input = "rest" }
output "a" { value = local.a }
