# Sensitive values travel, and what is not sensitive stays readable.
variable "password" {
  default   = "hunter2"
  sensitive = true
}
resource "terraform_data" "secret" { input = { user = "ann", password = var.password } }
resource "terraform_data" "plain" { input = "user ann" }
output "secret" {
  value     = "pw=${var.password}"
  sensitive = true
}
output "shown" { value = nonsensitive(length(var.password)) }
output "is" { value = [issensitive(var.password), issensitive("x")] }
