variable "number" {
  type    = number
  default = "many" # says: the value of variable `number` is not of its type: a number is required
}
variable "object" {
  type    = object({ a = string })
  default = { b = "x" } # says: the value of variable `object` is not of its type: attribute `a` is required
}
variable "list" {
  type    = list(string)
  default = "x" # says: the value of variable `list` is not of its type: a list is required
}
resource "terraform_data" "all" { input = [var.number, var.object, var.list, "rest"] }
module "child" {
  source = "./child"
  flag   = "perhaps" # says: the value of variable `flag` is not of its type: a bool is required
}
