variable "flag" { type = bool }
resource "terraform_data" "flag" { input = var.flag }
