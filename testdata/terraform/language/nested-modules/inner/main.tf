variable "label" {}
resource "terraform_data" "label" { input = { label = var.label, at = path.module } }
output "label" { value = "<${var.label}>" }
