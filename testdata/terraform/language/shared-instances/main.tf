# Instances of one module with equal text and other meaning: each must keep its own.
resource "terraform_data" "a" {
  input = "x"
}

resource "terraform_data" "b" {
  input = "x"
}

module "one" {
  source = "./m"
  name   = "same"
  from   = terraform_data.a.id
}

module "two" {
  source = "./m"
  name   = "same"
  from   = terraform_data.b.id
}

module "hidden" {
  source = "./m"
  name   = sensitive("same")
  from   = terraform_data.a.id
}

module "each" {
  source   = "./m"
  for_each = toset(["p", "q"])
  name     = "same"
  from     = each.key
}

module "counted" {
  source = "./m"
  count  = 2
  name   = "same"
  size   = 1 + count.index * 0
}

module "chained" {
  source = "./m"
  name   = module.one.name
  from   = module.two.from
}

output "one" {
  value = module.one
}

output "keys" {
  value = { for key, one in module.each : key => one.name }
}

output "counted" {
  value = module.counted[*].inner
}

output "are_equal" {
  value = module.each["p"] == module.each["q"]
}

output "hidden" {
  value     = module.hidden.name
  sensitive = true
}
