# Later files before earlier ones: terraform.tfvars, its JSON, then the automatic ones by name.
variable "a" { default = "default" }
variable "b" { default = "default" }
variable "c" { default = "default" }
variable "d" { default = "default" }
variable "e" { default = "default" }
variable "m" {
  type    = map(number)
  default = {}
}
resource "terraform_data" "all" { input = [var.a, var.b, var.c, var.d, var.e, var.m] }
