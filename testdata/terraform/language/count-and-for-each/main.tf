# count and for_each on resources and on modules, nested, with keys that need escapes.
variable "teams" {
  type    = map(list(string))
  default = { ops = ["ann", "bob"], dev = ["cid"], "a \"quoted\" key" = [] }
}

resource "terraform_data" "numbered" {
  count = length(var.teams)
  input = { index = count.index, name = keys(var.teams)[count.index] }
}

resource "terraform_data" "none" {
  count = length(var.teams) > 100 ? 1 : 0
  input = "never"
}

resource "terraform_data" "keyed" {
  for_each = var.teams
  input    = "${each.key}: ${join(", ", each.value)}"
}

resource "terraform_data" "of_set" {
  for_each = toset(flatten(values(var.teams)))
  input    = { key = each.key, same = each.key == each.value }
}

module "team" {
  source   = "./team"
  for_each = var.teams
  name     = each.key
  members  = each.value
}

module "pair" {
  source  = "./team"
  count   = 2
  name    = "pair-${count.index}"
  members = count.index == 0 ? [] : ["x", "y"]
}

output "members" { value = { for name, team in module.team : name => team.members } }
output "first_of_pairs" { value = module.pair[*].first }
output "splat" { value = terraform_data.numbered[*].input.name }
output "inner" { value = module.team["ops"].inputs["ann"] }
