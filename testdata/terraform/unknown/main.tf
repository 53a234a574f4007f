# What is not known before the deployment: the id of a resource is some string, its output may be anything.

resource "terraform_data" "it" {}

resource "terraform_data" "that" {
  input = jsondecode(terraform_data.it.id)
}

locals {
  u    = terraform_data.it.id
  d    = terraform_data.that.output
  list = ["a", terraform_data.it.id]
  map  = { a = terraform_data.it.id, b = 2 }
}
