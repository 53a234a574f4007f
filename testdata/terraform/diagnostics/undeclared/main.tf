# Each line that Terraform refuses says what is told of it; nothing else is told, and the rest is evaluated.
variable "known" { default = "k" }
locals {
  known  = var.known
  unused = var.missing # says: there is no variable named `missing`
}
resource "terraform_data" "never" {
  count = 0
  input = local.missing # says: there is no local value named `missing`
}
resource "terraform_data" "tried" {
  input = try(terraform_data.missing.id, "x") # says: there is no resource `terraform_data.missing`
}
resource "terraform_data" "fine" {
  input = [for var in [var.known] : "bound ${var}"]
  lifecycle {
    ignore_changes = [input]
  }
}
output "data" {
  value = var.known == "k" ? "x" : data.aws_region.missing.name # says: there is no resource `data.aws_region.missing`
}
output "module" {
  value = module.missing.out # says: there is no module call named `missing`
}
output "output" {
  value = module.child.missing # says: the module has no output named `missing`
}
module "child" {
  source = "./child"
}
resource "aws_security_group" "dynamic" {
  dynamic "ingress" {
    for_each = [80]
    iterator = port
    content {
      from_port = port.value
      to_port   = ingress.value # says: there is no resource `ingress.value`
    }
  }
}
