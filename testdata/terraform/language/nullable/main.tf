# Null as an argument: the default only where the variable is not nullable.
module "given_null" {
  source  = "./child"
  plain   = null
  strict  = null
  needed  = null
}

module "given" {
  source = "./child"
  plain  = "p"
  strict = "s"
  needed = "n"
}

output "all" { value = [module.given_null.all, module.given.all] }
resource "terraform_data" "absent" {
  input            = null
  triggers_replace = [null, "x"]
}
output "coalesced" { value = coalesce(null, "", "found") }
