# Sets are sorted and without duplicates; maps are sorted by key; conversions between them.
variable "set" {
  type    = set(string)
  default = ["b", "a", "b", "C"]
}
variable "map" {
  type    = map(number)
  default = { z = "1", a = 2 }
}
locals {
  nested = { for team, users in { ops = ["ann", "bob"], dev = ["ann"] } : team => toset(users) }
}
resource "terraform_data" "set" { input = var.set }
resource "terraform_data" "map" { input = var.map }
output "list" { value = tolist(var.set) }
output "sorted" { value = sort(["b", "a", "C", "_"]) }
output "operations" {
  value = {
    union    = setunion(var.set, ["d"])
    minus    = setsubtract(var.set, ["a"])
    common   = setintersection(var.set, ["a", "x"])
    distinct = distinct(["b", "a", "b"])
  }
}
output "mixed" { value = toset([1, "1", true]) }
output "keys" { value = keys(var.map) }
output "values" { value = values(var.map) }
output "transposed" { value = transpose({ ops = ["ann", "bob"], dev = ["ann"] }) }
output "nested" { value = { for team, users in local.nested : team => join(",", users) } }
output "equal" { value = [toset(["a", "b"]) == toset(["b", "a"]), tomap({ a = 1 }) == tomap({ a = 1 })] }
output "element" { value = [element(["a", "b"], 3), slice(["a", "b", "c"], 1, 3)] }
output "chunks" { value = chunklist(range(5), 2) }
output "zip" { value = zipmap(["b", "a"], [1, 2]) }
output "length" { value = [length(var.set), length(var.map), length("é")] }
output "merge_of_list" { value = merge([{ a = 1 }, { b = 2 }]...) }
output "one" { value = one(toset(["only"])) }
