# What is known only after apply, and what stays known around it.
resource "terraform_data" "source" { input = "s" }
resource "terraform_data" "made" {
  input = {
    id     = terraform_data.source.id
    suffix = "${terraform_data.source.id}-suffix"
    known  = "known"
    list   = ["a", terraform_data.source.id]
    both   = terraform_data.source.id == "" ? "same" : "same"
    length = length(["a", terraform_data.source.id])
    keys   = keys({ a = terraform_data.source.id, b = 1 })
  }
}
resource "terraform_data" "of_unknown" {
  count = length([terraform_data.source.id, "b"])
  input = count.index
}
output "list" { value = [1, terraform_data.source.id] }
output "first" { value = [1, terraform_data.source.id][0] }
output "element" { value = { a = terraform_data.source.id, b = "b" }["b"] }
output "tried" { value = try({ a = 1 }.b, "fallback") }
output "input" { value = terraform_data.source.input }
output "after" { value = terraform_data.source.output }
output "coalesced" { value = coalesce("first", terraform_data.source.id) }
output "merged" { value = merge({ a = terraform_data.source.id }, { b = 1 }).b }
