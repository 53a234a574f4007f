variable "name" {
  type = string
}

variable "from" {
  type    = string
  default = "nowhere"
}

variable "size" {
  default = 1
}

resource "terraform_data" "it" {
  input = "${var.name}:${path.module}"
}

resource "terraform_data" "from" {
  count = var.size
  input = { from = var.from, at = count.index }
}

module "n" {
  source = "./n"
  value  = var.name
  with   = [for one in terraform_data.from : one.input.at]
}

output "name" {
  value = nonsensitive(var.name)
}

output "from" {
  value = var.from
}

output "inner" {
  value = nonsensitive(module.n.value)
}
