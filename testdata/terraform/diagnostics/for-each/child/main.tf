variable "name" {}
resource "terraform_data" "child" { input = var.name }
