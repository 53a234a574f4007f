# Objects with optional attributes, defaults in depth, conversions on the way in.
variable "service" {
  type = object({
    name  = string
    port  = optional(number, 8080)
    tags  = optional(map(string), {})
    owner = optional(string)
    log = optional(object({
      level  = optional(string, "info")
      sample = optional(number, 0.5)
    }), {})
    rules = optional(list(object({
      from  = number
      to    = optional(number)
      cidrs = optional(set(string), ["10.0.0.0/8"])
    })), [])
  })
  default = {
    name  = 42
    tags  = { a = 1, b = true }
    extra = "is dropped"
    rules = [{ from = "80" }, { from = 443, to = "444", cidrs = ["b", "a", "b"] }]
  }
}

variable "all_given" {
  type = object({ log = optional(object({ level = optional(string, "info") })) })
  default = { log = { level = null } }
}

variable "mixed" {
  type    = tuple([string, number, bool])
  default = [1, "2", "true"]
}

variable "anything" {
  type    = map(any)
  default = { a = 1, b = 2 }
}

variable "numbers" {
  type    = set(number)
  default = [3, 1, "2", 3]
}

resource "terraform_data" "service" { input = var.service }
resource "terraform_data" "all_given" { input = var.all_given }
resource "terraform_data" "mixed" { input = var.mixed }
resource "terraform_data" "anything" { input = var.anything }
output "service" { value = jsonencode(var.service) }
output "numbers" { value = [for n in var.numbers : n * 2] }
output "owner_is_null" { value = var.service.owner == null }
