# Types of conditionals, lists and maps meet each other.
variable "flag" { default = true }
locals {
  number_or_string = var.flag ? 1 : "one"
  list_or_empty    = var.flag ? ["a"] : []
  map_or_empty     = !var.flag ? { a = 1 } : {}
  null_or          = var.flag ? null : "x"
  nested           = var.flag ? { a = { b = 1 }, c = [1, "2"] } : { a = { b = "2" }, c = ["x", "y"] }
}
resource "terraform_data" "a" { input = local.number_or_string }
resource "terraform_data" "b" { input = local.list_or_empty }
resource "terraform_data" "c" { input = local.map_or_empty }
output "nested" { value = local.nested }
output "null_or" { value = local.null_or == null }
output "strings" { value = tolist([1, "a", true]) }
output "maps" { value = tomap({ a = 1, b = "x" }) }
output "sum" { value = "1" + 2 }
output "compared" { value = [1 == "1", "a" == "a", [] == tolist([]), 1.0 == 1, { a = 1 } == { a = 1 }] }
output "concat" { value = concat(["a"], [1], [true]) }
output "big" { value = [123456789012, 0.1 + 0.2, 1e3, 100000000000000000000000001, 10 / 4, 7 % 3, -7 % 3] }
