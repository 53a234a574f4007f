variable "plain" { default = "default" }
variable "strict" {
  default  = "default"
  nullable = false
}
variable "needed" { type = string }
variable "left_out" {
  type    = list(string)
  default = null
}
output "all" {
  value = {
    plain    = var.plain
    strict   = var.strict
    needed   = var.needed == null ? "null" : var.needed
    left_out = var.left_out == null
  }
}
resource "terraform_data" "child" { input = coalesce(var.plain, "nothing") }
