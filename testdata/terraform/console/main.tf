# The names that the expressions of `cases.jsonl` use.

variable "empty" {
  type    = list(string)
  default = []
}

variable "letters" {
  type    = list(string)
  default = ["a", "b"]
}

variable "object" {
  type = object({
    name  = string
    count = optional(number, 3)
    tags  = optional(map(string), { a = 1 })
    inner = optional(object({ on = optional(bool, true), off = optional(string) }), {})
    many  = optional(list(object({ port = number, open = optional(bool, false) })), [])
  })
  default = { name = 1, many = [{ port = "80" }, { port = 443, open = "true" }], extra = true }
}

variable "objects" {
  type    = map(object({ a = optional(string, "x"), b = optional(list(number)) }))
  default = { one = {}, two = { a = null, b = ["1"] }, three = { a = 5 } }
}

variable "mixed" {
  type    = set(string)
  default = [3, "a", true, "a"]
}

variable "any_list" {
  type    = list(any)
  default = [1, "a", null]
}

variable "any_map" {
  type    = map(any)
  default = { a = 1, b = true, c = "x" }
}

variable "any_lists" {
  type    = map(list(any))
  default = { a = [1, "b"], c = [] }
}

variable "pair" {
  type    = tuple([string, number])
  default = [1, "2"]
}

variable "numbers" {
  type    = list(number)
  default = ["1", 2, "3.50"]
}

variable "flags" {
  type    = list(bool)
  default = ["true", false, "0"]
}

variable "nothing" {
  type    = string
  default = null
}

variable "no_list" {
  type    = list(string)
  default = null
}

variable "kept" {
  type     = string
  nullable = false
  default  = "kept"
}

variable "secret" {
  default   = "s3cret"
  sensitive = true
}

variable "untyped" {
  default = { a = [1, "x"], b = null }
}

variable "account" {
  type    = string
  default = "001234567890"
}

variable "from_number" {
  type    = string
  default = 001234567890
}

variable "short" {
  type    = map
  default = { a = 1, b = "x" }
}
