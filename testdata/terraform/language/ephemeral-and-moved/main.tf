# Ephemeral variables, instances that move, and arguments that only exist on paper.
variable "token" {
  type      = string
  default   = "t"
  ephemeral = true
}
locals { length = length("fixed") }
module "new" {
  source = "./child"
  count  = 2
  nth    = count.index
  token  = var.token
}
moved {
  from = module.old
  to   = module.new[0]
}
resource "terraform_data" "r" {
  for_each = toset(["x"])
  input    = local.length
}
moved {
  from = terraform_data.r
  to   = terraform_data.r["x"]
}
output "names" { value = module.new[*].name }
