module "defaults" {
  source   = "./child"
  required = "12.50"
}

module "nulls" {
  source   = "./child"
  required = null
  text     = null
  kept     = null
  texts    = null
  ports    = null
  anything = null
  untyped  = null
}

module "converted" {
  source   = "./child"
  required = 1e3
  text     = 001
  kept     = true
  texts    = [1, true]
  distinct = ["2", 10, "1", 2]
  anything = ["1", true]
  any_set  = [1, "a", true]
  pair     = [1, ["2", 3]]
  untyped  = { a = [1], b = "x" }
  object_any = { a = { x = 1 }, b = null, c = "dropped" }
  ports = {
    a = { from = "1", to = null, protocol = null, cidrs = ["b", "a", "b"], extra = 1 }
    b = { from = 2, nested = { deep = [{ x = "true" }, {}] } }
    c = { from = 3, to = "4", nested = {} }
    d = { from = 4, nested = null }
  }
}

module "sets" {
  source   = "./child"
  required = "0x10" == "" ? 1 : "7"
  texts    = toset(["b", "a"])
  distinct = tolist(["3", "1"])
  anything = toset(["b", "a"])
  pair     = ["x", toset([2, 1])]
  untyped  = tolist([1])
}

output "defaults" {
  value = module.defaults.all
}

output "nulls" {
  value = module.nulls.all
}

output "converted" {
  value = module.converted.all
}

output "sets" {
  value = module.sets.all
}
