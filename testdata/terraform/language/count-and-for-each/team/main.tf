variable "name" { type = string }
variable "members" { type = list(string) }

resource "terraform_data" "member" {
  for_each = { for nth, member in var.members : member => nth }
  input    = "${var.name}/${each.key}/${each.value}"
}

module "badge" {
  source = "./badge"
  count  = length(var.members)
  text   = upper(var.members[count.index])
}

output "members" { value = sort(var.members) }
output "first" { value = try(var.members[0], null) }
output "inputs" { value = { for key, one in terraform_data.member : key => one.input } }
