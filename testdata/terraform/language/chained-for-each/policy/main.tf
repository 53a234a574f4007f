variable "path" {
  type = string
  validation {
    condition     = startswith(var.path, "/") && endswith(var.path, "/")
    error_message = "A path starts and ends with a slash."
  }
}
resource "terraform_data" "policy" { input = trimsuffix(var.path, "/") }
output "path" { value = terraform_data.policy.input }
