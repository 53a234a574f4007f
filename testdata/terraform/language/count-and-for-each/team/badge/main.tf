variable "text" {}
resource "terraform_data" "badge" { input = "[${var.text}]" }
