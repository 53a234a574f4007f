variable "nth" { type = number }
variable "token" { ephemeral = true }
moved {
  from = terraform_data.before
  to   = terraform_data.after
}
resource "terraform_data" "after" { input = "n${var.nth}" }
output "name" { value = terraform_data.after.input }
