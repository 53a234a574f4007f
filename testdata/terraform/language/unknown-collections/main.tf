resource "terraform_data" "a" {
  input = ["x"]
}

locals {
  id    = terraform_data.a.id
  list  = ["a", local.id, "c"]
  map   = { a = "1", b = local.id }
  deep  = { l = [{ n = local.id }, { n = "y" }] }
  maybe = local.id == "x" ? ["a", "b"] : ["c", "d"]
}

output "values" {
  value = {
    length    = length(local.list)
    keys      = keys(local.map)
    lookup    = lookup(local.map, "a", "z")
    merged    = merge(local.map, { c = local.id, a = "2" })
    concat    = concat(local.list, ["d"])
    slice     = slice(local.list, 0, 1)
    reverse   = reverse(local.list)
    element   = element(local.list, 2)
    zip       = zipmap(["p", "q"], [local.id, "w"])
    splat     = local.deep.l[*].n
    legacy    = local.deep.l.*.n
    flat      = flatten([local.list, [local.id]])
    grouped   = { for k, v in local.map : k => v... }
    filtered  = [for k, v in local.map : k if k != "b"]
    coalesce  = coalesce("x", local.id)
    try       = try(local.map.nope, local.id, "z")
    can       = can(local.deep.l[5])
    type      = [for v in [local.id, 1, true] : "t-${v}"]
    object    = { (terraform_data.a.input[0]) = 1 }
    one       = one([local.id])
    contains  = contains(["a", "b"], "a")
    tolist    = tolist(["a", local.id])
    toset     = length(toset(["a", "a"]))
    setlen    = length(toset([local.id]))
    tuple     = [local.id, "b"][1]
    both      = length(local.maybe)
    startw    = startswith("arn:${local.id}", "arn:")
    notstart  = startswith("arn:${local.id}", "urn:")
    upper     = upper("a-${local.id}")
    json      = jsonencode({ a = "b" })
    jsonpart  = jsonencode({ a = local.id })
    format    = format("%s-%s", "a", local.id)
    formatl   = formatlist("%s-x", ["a", local.id])
    join      = join(",", ["a", "b"])
    split     = split(",", "a,b")
    range     = range(3)
    sum       = sum([1, 2])
    chunk     = chunklist(["a", local.id, "c"], 2)
    matchkeys = matchkeys(["a", "b"], ["x", "y"], ["x"])
    distinct  = distinct(["a", "a"])
    compact   = compact(["a", "", null])
    transpose = transpose({ a = ["x"] })
    condtype  = true ? 1 : "b"
    condlist  = [true ? ["a"] : [], false ? { a = 1 } : { a = 2 }]
    template  = "%{for v in ["a", "b"]}${v}%{if v == "a"},%{endif}%{endfor}"
    trimp     = trimprefix("arn:x", "arn:")
    sub       = substr("hello", 1, 3)
    num       = 10 / 4 * 3 - 0.1
    mod       = -7 % 3
    cmp       = "10" == 10
    int       = 12345678901234567890123 + 1
  }
}

resource "terraform_data" "for" {
  for_each = { for k, v in local.map : k => v }
  input    = each.value
}

resource "terraform_data" "count" {
  count = length(local.list)
  input = local.list[count.index]
}
