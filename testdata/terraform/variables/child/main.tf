# Variables of many types; each output gives back what the variable became.

variable "text" {
  type    = string
  default = "default"
}

variable "kept" {
  type     = string
  default  = "kept"
  nullable = false
}

variable "required" {
  type = number
}

variable "texts" {
  type    = list(string)
  default = []
}

variable "distinct" {
  type    = set(number)
  default = []
}

variable "ports" {
  type = map(object({
    from     = number
    to       = optional(number)
    protocol = optional(string, "tcp")
    cidrs    = optional(set(string), ["10.0.0.0/8"])
    nested = optional(object({
      deep = optional(list(map(bool)), [{ on = true }])
    }), { deep = null })
  }))
  default = {}
}

variable "anything" {
  type    = any
  default = null
}

variable "any_set" {
  type    = set(any)
  default = []
}

variable "pair" {
  type    = tuple([string, list(number)])
  default = ["a", []]
}

variable "untyped" {
  default = "x"
}

variable "object_any" {
  type    = object({ a = any, b = optional(any, [1]) })
  default = { a = 1 }
}

output "all" {
  value = {
    text       = var.text
    kept       = var.kept
    required   = var.required
    texts      = var.texts
    distinct   = var.distinct
    ports      = var.ports
    anything   = var.anything
    any_set    = var.any_set
    pair       = var.pair
    untyped    = var.untyped
    object_any = var.object_any
    is_list    = var.texts == tolist(["1", "true"])
    is_tuple   = var.anything == ["1", true]
  }
}
