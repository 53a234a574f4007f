variable "needed" {}
variable "optional" { default = 1 }
resource "terraform_data" "child" { input = var.optional }
