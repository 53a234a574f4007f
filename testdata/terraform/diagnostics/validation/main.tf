variable "size" {
  default = 3 # says: the value of variable `size` is refused: Six at least.
  validation {
    condition     = var.size > 5
    error_message = "Six at least."
  }
}
variable "name" {
  default = "fine"
  validation {
    condition     = can(regex("^[a-z]+$", var.name))
    error_message = "Letters only."
  }
}
resource "terraform_data" "rest" { input = var.name }
